/* The operational model: every state that a test's machine can reach. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLORE_H
#define EXPLORE_H
#include "machine.h"

/* States in the order in which they were found, which is by their distance from the first one. */
struct exploration {
  struct machine machine;
  uint32_t count, room;
  uint8_t *states;   /* of machine.size bytes each */
  uint32_t *parents; /* the state from which each was found */
  uint64_t *table;   /* open addressing: hash in the upper half, index + 1 in the lower */
  uint64_t slots;    /* a power of two */
};

/*
 * Explore a test completely, or up to the limit, which `result` then names.
 *
 * Runs until it is over; needs memory in proportion to the states, at most about options->max_states times
 * a hundred bytes. Give back `result` with outcomes_free() and `e` with explore_free().
 */
void explore(struct exploration *e, const struct litmus *test, const struct model_options *options,
             struct model_result *result);
void explore_free(struct exploration *e);

/* The same where only the result is wanted, as declarative() gives it. */
void operational(const struct litmus *test, const struct model_options *options, struct model_result *result);

/*
 * Write the shortest schedule that ends in a final state where the condition's proposition holds, one step a line.
 * Blocks as stdio does. False, and nothing is written, where there is none.
 */
bool explore_trace(struct exploration *e, FILE *out);
#endif
