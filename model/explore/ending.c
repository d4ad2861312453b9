/* Which states the end can be reached from: the edges of the graph, looked at backwards. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "ending.h"
#include "machine.h"
#include <stdlib.h>

static void *got(void *p)
{
  if (!p)
    give_up("out of memory: --max-states N bounds it");
  return p;
}

void edges_add(struct edges *e, uint32_t from, uint32_t to)
{
  if (e->count == e->room) {
    e->room = e->room ? 2 * e->room : 1 << 12;
    e->edge = got(realloc(e->edge, e->room * sizeof *e->edge));
  }
  e->edge[e->count][0] = from;
  e->edge[e->count++][1] = to;
}

void edges_end(struct edges *e, uint32_t state)
{
  if (e->ends == e->ends_room) {
    e->ends_room = e->ends_room ? 2 * e->ends_room : 64;
    e->end = got(realloc(e->end, e->ends_room * sizeof *e->end));
  }
  e->end[e->ends++] = state;
}

void edges_close(struct edges *e)
{
  free(e->edge);
  free(e->end);
}

/* first[to] .. first[to + 1]: where in `from` the states are that lead to it. */
struct backward {
  uint64_t *first;
  uint32_t *from;
};

static struct backward turn(const struct edges *e, uint32_t states)
{
  struct backward b = {got(calloc((size_t)states + 2, sizeof *b.first)), got(malloc((e->count + 1) * sizeof *b.from))};
  for (uint64_t k = 0; k < e->count; k++)
    b.first[e->edge[k][1] + 2]++;
  for (uint32_t s = 1; s <= states; s++)
    b.first[s + 1] += b.first[s];
  for (uint64_t k = 0; k < e->count; k++)
    b.from[b.first[e->edge[k][1] + 1]++] = e->edge[k][0];
  return b;
}

uint32_t edges_stuck(const struct edges *e, uint32_t states)
{
  struct backward b = turn(e, states);
  uint8_t *ends = got(calloc(states, 1));
  uint32_t *queue = got(malloc(states * sizeof *queue)), count = 0, stuck = UINT32_MAX;
  for (uint32_t k = 0; k < e->ends; k++)
    ends[queue[count++] = e->end[k]] = 1;
  for (uint32_t k = 0; k < count; k++)
    for (uint64_t l = b.first[queue[k]]; l < b.first[queue[k] + 1]; l++)
      if (!ends[b.from[l]])
        ends[queue[count++] = b.from[l]] = 1;
  for (uint32_t s = 0; s < states; s++)
    if (!ends[s] && (stuck == UINT32_MAX || !ends[0]))
      stuck = s;
  free(b.first);
  free(b.from);
  free(ends);
  free(queue);
  return stuck;
}
