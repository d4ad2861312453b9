/* Which states the end can be reached from: the edges of the graph, looked at backwards. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLORE_ENDING_H
#define EXPLORE_ENDING_H
#include <stdint.h>

struct edges {
  uint32_t (*edge)[2];
  uint64_t count, room;
  uint32_t *end, ends, ends_room;
};

void edges_add(struct edges *e, uint32_t from, uint32_t to);

/* This state is an end. */
void edges_end(struct edges *e, uint32_t state);

/*
 * The first of so many states that no end can be reached from; where already the beginning is one, the last of them,
 * which is as far as runs go. UINT32_MAX: there is none.
 */
uint32_t edges_stuck(const struct edges *e, uint32_t states);

void edges_close(struct edges *e);
#endif
