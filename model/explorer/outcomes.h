/* A set of final states, each with the number of times that it was seen. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OUTCOMES_H
#define OUTCOMES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows of `width` values and, behind them, the times. Sorted and each once after outcomes_sort(). */
struct outcomes {
  unsigned width;
  size_t count, room, sorted;
  uint64_t *rows;
};

/* An empty set of states of `width` values. Allocates nothing. */
void outcomes_start(struct outcomes *o, unsigned width);

/* Count a state `times` times. Does not block. False where memory is short: the state is not counted. */
bool outcomes_add(struct outcomes *o, const uint64_t *state, uint64_t times);

/* Put the states into the order of their values, each once. Does not block. */
void outcomes_sort(struct outcomes *o);

/* The i-th state; how often it was seen. Do not block. */
const uint64_t *outcomes_state(const struct outcomes *o, size_t i);
uint64_t outcomes_times(const struct outcomes *o, size_t i);

/* Does the sorted set have this state? Does not block. */
bool outcomes_has(const struct outcomes *o, const uint64_t *state);

/* Are two sorted sets of the same width equal, times apart? Does not block. */
bool outcomes_equal(const struct outcomes *a, const struct outcomes *b);

/* Give the memory back. Does not block. */
void outcomes_free(struct outcomes *o);
#endif
