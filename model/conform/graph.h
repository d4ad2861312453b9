/* A graph that only grows, and a short cycle in it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CONFORM_GRAPH_H
#define CONFORM_GRAPH_H
#include <stdbool.h>
#include <stdint.h>

/* An edge, and in the words of who made it, why. */
struct graph_edge {
  uint32_t from, to;
  uint8_t why;
};

struct graph {
  uint32_t nodes;
  struct graph_edge *edge;
  uint64_t edges, room;
  bool full; /* there was no memory for an edge */
};

void graph_add(struct graph *g, uint32_t from, uint32_t to, uint8_t why);

/*
 * A cycle, as *length edges of memory that the caller frees; it is short, and of all that one node is on the shortest.
 * NULL and 0: there is none. NULL and 1: there was no memory. Time and memory in proportion to nodes and edges.
 */
struct graph_edge *graph_cycle(struct graph *g, uint64_t *length);

void graph_free(struct graph *g);
#endif
