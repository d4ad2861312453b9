/* Cycles: what is on one is what is left when all that nothing leads to is taken away, again and again. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "graph.h"
#include <stdlib.h>
#include <string.h>

enum { TRIES = 64 }; /* nodes from which a shortest cycle is sought */

void graph_add(struct graph *g, uint32_t from, uint32_t to, uint8_t why)
{
  if (g->edges == g->room) {
    uint64_t room = g->room ? 2 * g->room : 1024;
    struct graph_edge *more = realloc(g->edge, room * sizeof *more);
    if (!more) {
      g->full = true;
      return;
    }
    g->edge = more;
    g->room = room;
  }
  g->edge[g->edges++] = (struct graph_edge){from, to, why};
}

void graph_free(struct graph *g)
{
  free(g->edge);
  *g = (struct graph){0};
}

/* The edges from each node: those of n are at start[n] up to start[n + 1] of `out`, which are indices. */
struct rows {
  uint64_t *start, *out;
};

static bool make_rows(const struct graph *g, bool backward, struct rows *r)
{
  r->start = calloc((size_t)g->nodes + 2, sizeof *r->start);
  r->out = malloc((g->edges + 1) * sizeof *r->out);
  if (!r->start || !r->out)
    return false;
  for (uint64_t e = 0; e < g->edges; e++)
    r->start[(backward ? g->edge[e].to : g->edge[e].from) + 2]++;
  for (uint32_t n = 0; n < g->nodes; n++)
    r->start[n + 2] += r->start[n + 1];
  for (uint64_t e = 0; e < g->edges; e++)
    r->out[r->start[(backward ? g->edge[e].to : g->edge[e].from) + 1]++] = e;
  return true;
}

static uint32_t other_end(const struct graph *g, uint64_t e, bool backward)
{
  return backward ? g->edge[e].from : g->edge[e].to;
}

/* Take away, from those that are left, what none of these leads to (or from, backward). */
static void peel(const struct graph *g, const struct rows *r, bool backward, bool *left, uint32_t *degree,
                 uint32_t *queue)
{
  uint32_t head = 0, tail = 0;
  memset(degree, 0, g->nodes * sizeof *degree);
  for (uint64_t e = 0; e < g->edges; e++)
    if (left[g->edge[e].from] && left[g->edge[e].to])
      degree[other_end(g, e, backward)]++;
  for (uint32_t n = 0; n < g->nodes; n++)
    if (left[n] && degree[n] == 0)
      queue[tail++] = n;
  while (head < tail) {
    uint32_t n = queue[head++];
    left[n] = false;
    for (uint64_t k = r->start[n]; k < r->start[n + 1]; k++) {
      uint32_t to = other_end(g, r->out[k], backward);
      if (left[to] && --degree[to] == 0)
        queue[tail++] = to;
    }
  }
}

/*
 * The shortest way from `from` back to itself, by edges into `way` from its end; 0: there is none. `by` is the edge by
 * which a node was found, UINT64_MAX for all before and after.
 */
static uint64_t around(const struct graph *g, const struct rows *r, const bool *left, uint32_t from, uint64_t *by,
                       uint32_t *queue, uint64_t *way)
{
  uint32_t head = 0, tail = 0;
  uint64_t length = 0;
  queue[tail++] = from;
  while (head < tail && by[from] == UINT64_MAX) {
    uint32_t n = queue[head++];
    for (uint64_t k = r->start[n]; k < r->start[n + 1]; k++) {
      uint32_t to = g->edge[r->out[k]].to;
      if (!left[to] || by[to] != UINT64_MAX)
        continue;
      by[to] = r->out[k];
      if (to != from)
        queue[tail++] = to;
    }
  }
  for (uint32_t n = from; by[from] != UINT64_MAX && (length == 0 || n != from); n = g->edge[way[length - 1]].from)
    way[length++] = by[n];
  by[from] = UINT64_MAX;
  while (tail > 0)
    by[queue[--tail]] = UINT64_MAX;
  return length;
}

struct work {
  struct rows ahead, behind;
  bool *left;
  uint32_t *degree, *queue;
  uint64_t *by, *way, *best;
};

static bool start(const struct graph *g, struct work *w)
{
  size_t n = (size_t)g->nodes + 1;
  w->left = malloc(n * sizeof *w->left);
  w->degree = malloc(n * sizeof *w->degree);
  w->queue = malloc(n * sizeof *w->queue);
  w->by = malloc(n * sizeof *w->by);
  w->way = malloc(n * sizeof *w->way);
  w->best = malloc(n * sizeof *w->best);
  bool rows = make_rows(g, false, &w->ahead) && make_rows(g, true, &w->behind);
  return rows && w->left && w->degree && w->queue && w->by && w->way && w->best && !g->full;
}

static void finish(struct work *w)
{
  free(w->ahead.start);
  free(w->ahead.out);
  free(w->behind.start);
  free(w->behind.out);
  free(w->left);
  free(w->degree);
  free(w->queue);
  free(w->by);
  free(w->way);
  free(w->best);
}

/* Some node that is left, to which another leads that is left as well. */
static uint32_t next_left(const struct graph *g, const struct rows *r, const bool *left, uint32_t n)
{
  uint64_t k = r->start[n];
  while (!left[g->edge[r->out[k]].to])
    k++;
  return g->edge[r->out[k]].to;
}

/*
 * Each node that is left has a next one that is left: follow that from any until it repeats, and seek the shortest
 * cycle through each of the nodes that repeat.
 */
static struct graph_edge *shortest(const struct graph *g, struct work *w, uint64_t *length)
{
  uint32_t n = 0;
  uint64_t best = 0;
  while (!w->left[n])
    n++;
  memset(w->degree, 0, g->nodes * sizeof *w->degree);
  while (w->degree[n] == 0) {
    w->degree[n] = 1;
    n = next_left(g, &w->ahead, w->left, n);
  }
  for (uint32_t k = 0; k <= g->nodes; k++)
    w->by[k] = UINT64_MAX;
  for (int tries = 0; tries < TRIES && w->degree[n] == 1; tries++, n = next_left(g, &w->ahead, w->left, n)) {
    w->degree[n] = 2;
    uint64_t found = around(g, &w->ahead, w->left, n, w->by, w->queue, w->way);
    if (best != 0 && found >= best)
      continue;
    uint64_t *swap = w->best;
    w->best = w->way;
    w->way = swap;
    best = found;
  }
  struct graph_edge *cycle = malloc((best + 1) * sizeof *cycle);
  *length = cycle ? best : 1;
  for (uint64_t k = 0; cycle && k < best; k++)
    cycle[k] = g->edge[w->best[best - 1 - k]];
  return cycle;
}

struct graph_edge *graph_cycle(struct graph *g, uint64_t *length)
{
  struct work w = {0};
  struct graph_edge *cycle = NULL;
  bool any = false;
  *length = 1;
  if (start(g, &w)) {
    memset(w.left, true, g->nodes * sizeof *w.left);
    peel(g, &w.ahead, false, w.left, w.degree, w.queue);
    peel(g, &w.behind, true, w.left, w.degree, w.queue);
    for (uint32_t n = 0; n < g->nodes; n++)
      any |= w.left[n];
    *length = 0;
    if (any)
      cycle = shortest(g, &w, length);
  }
  finish(&w);
  return cycle;
}
