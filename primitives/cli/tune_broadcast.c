/* `sacred tune`, of broadcasts: along which tree, up to which size. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../group/group.h"
#include "run.h"
#include "statistics.h"
#include "tune.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { TREES = 4, SIZES = 5, CALLS_MAX = 1000 };

/* The shallowest first: of two that take as long, that one is taken. */
static const uint32_t trees[TREES] = {TUNING_FLAT, 4, 2, TUNING_CHAIN};
static const uint64_t sizes[SIZES] = {64, 4096, 32768, 262144, 2097152};

/* The channels of a group along each tree that differs there, and what is between calls. */
struct channels {
  sacred_broadcast *along[TREES];
  sacred_barrier *between;
  unsigned char *buffer;
};

/* Is it another tree than the flat one, among n ranks? By radix k the first k ranks behind the root are its children: a chain has 1. */
static int differs(uint32_t radix, uint32_t n)
{
  return radix == TUNING_FLAT || n - 1 > radix;
}

/* -- measuring ------------------------------------------------------------------------ */

/* A block's time of a call with the barrier behind it, without which the root would run ahead; in picoseconds. */
static int block(const struct tune *t, const struct channels *c, uint32_t tree, uint64_t size, uint64_t calls,
                 uint64_t *took)
{
  int status = sacred_barrier_wait(c->between, t->deadline);
  uint64_t begin = sacred_now();
  for (uint64_t k = 0; status == SACRED_OK && k < calls; k++) {
    status = sacred_broadcast_run(c->along[tree], 0, c->buffer, size, t->deadline);
    if (status == SACRED_OK)
      status = sacred_barrier_wait(c->between, t->deadline);
  }
  *took = (sacred_now() - begin) * 1000 / calls;
  return status;
}

/* As many calls as rank 0 says: about two milliseconds of them. */
static int choose_calls(const struct tune *t, const struct channels *c, uint64_t size, uint64_t *calls)
{
  uint64_t took;
  *calls = t->epochs < CALLS_MAX ? t->epochs : CALLS_MAX;
  if (t->epochs > 0)
    return SACRED_OK;
  int status = block(t, c, 0, size, 2, &took);
  uint64_t fit = UINT64_C(2000000000) / (took + 1);
  *calls = fit < 2 ? 2 : fit > CALLS_MAX ? CALLS_MAX : fit;
  return status == SACRED_OK ? sacred_broadcast_run(c->along[0], 0, calls, sizeof *calls, t->deadline) : status;
}

/* The median time along each tree at one size, in picoseconds; 0 where it is none of its own. */
static int measure_size(const struct tune *t, const struct channels *c, uint64_t size, uint64_t *median)
{
  uint64_t *took = calloc(TREES * t->blocks, sizeof *took), calls = 1;
  int status = took ? choose_calls(t, c, size, &calls) : SACRED_ERR_MEMORY;
  for (uint64_t i = 0; status == SACRED_OK && i < t->blocks; i++)
    for (uint32_t k = 0; status == SACRED_OK && k < TREES; k++)
      if (c->along[k])
        status = block(t, c, k, size, calls, &took[k * t->blocks + i]);
  for (uint32_t k = 0; status == SACRED_OK && k < TREES; k++)
    median[k] = c->along[k] ? statistics_of(&took[k * t->blocks], t->blocks).median : 0;
  free(took);
  return status;
}

static int open_channels(const struct tune *t, sacred_group *g, struct channels *c)
{
  char name[TUNING_NAME];
  *c = (struct channels){.buffer = calloc(1, sizes[SIZES - 1])};
  int status = c->buffer ? sacred_barrier_create(g, SACRED_ARRIVE, &c->between, t->deadline) : SACRED_ERR_MEMORY;
  for (uint32_t k = 0; status == SACRED_OK && k < TREES; k++)
    if (differs(trees[k], g->w.size)) {
      setenv("SACRED_BROADCAST", tuning_tree_name(trees[k], name), 1);
      status = sacred_broadcast_create(g, &c->along[k], t->deadline);
    }
  unsetenv("SACRED_BROADCAST");
  return status;
}

/* -- choosing -------------------------------------------------------------------------- */

/* How much longer than the quickest a tree takes in these sizes, added up, in thousandths. */
static uint64_t loss(uint64_t median[SIZES][TREES], uint32_t tree, uint32_t from, uint32_t to)
{
  uint64_t sum = 0;
  for (uint32_t s = from; s < to; s++) {
    uint64_t least = UINT64_MAX;
    for (uint32_t k = 0; k < TREES; k++)
      if (median[s][k] > 0 && median[s][k] < least)
        least = median[s][k];
    sum += median[s][tree] * 1000 / least - 1000;
  }
  return sum;
}

/* The tree that loses least in these sizes; of those that hardly lose more, the first. */
static uint32_t best(uint64_t median[SIZES][TREES], uint32_t from, uint32_t to)
{
  uint32_t found = 0;
  for (uint32_t k = 1; k < TREES; k++)
    if (median[0][k] > 0 && loss(median, k, from, to) + 10 * WORTH * (to - from) < loss(median, found, from, to))
      found = k;
  return found;
}

/* How many sizes, from the smallest on, are to go along a tree of their own; SIZES: one tree is as good for all. */
static uint32_t border(uint64_t median[SIZES][TREES])
{
  uint32_t found = SIZES;
  uint64_t least = loss(median, best(median, 0, SIZES), 0, SIZES);
  for (uint32_t b = 1; b < SIZES; b++) {
    uint64_t both = loss(median, best(median, 0, b), 0, b) + loss(median, best(median, b, SIZES), b, SIZES);
    if (both + 10 * WORTH < least) {
      found = b;
      least = both;
    }
  }
  return found;
}

static void show(const struct tune *t, const sacred_group *g, uint64_t median[SIZES][TREES])
{
  char name[TUNING_NAME];
  uint32_t n = g->w.size, b = border(median);
  printf("# broadcasts %5s", "ranks");
  for (uint32_t k = 0; k < TREES; k++)
    printf(" %15s", tuning_tree_name(trees[k], name));
  for (uint32_t s = 0; s < SIZES; s++) {
    printf("\n# %10" PRIu64 " %5" PRIu32 " ", sizes[s], n);
    for (uint32_t k = 0; k < TREES; k++)
      if (median[s][k] > 0)
        printf(" %15.3f", (double)median[s][k] / 1e6);
      else
        printf(" %15s", "");
  }
  if (b < SIZES)
    printf("\nbroadcast %-5s %7" PRIu64 " %5u  %s", tune_wire(g), sizes[b - 1], n,
           tuning_tree_name(trees[best(median, 0, b)], name));
  printf("\nbroadcast %-5s %7s %5u  %s\n", tune_wire(g), "any", n,
         tuning_tree_name(trees[best(median, b < SIZES ? b : 0, SIZES)], name));
  fflush(stdout);
  fprintf(stderr, "sacred tune: broadcasts of %u of %u ranks are measured\n", n, t->ranks);
}

int tune_broadcasts(const struct tune *t, sacred_group *g)
{
  uint64_t median[SIZES][TREES];
  struct channels c;
  int status = open_channels(t, g, &c);
  for (uint32_t s = 0; status == SACRED_OK && s < SIZES; s++)
    status = measure_size(t, &c, sizes[s], median[s]);
  free(c.buffer);
  if (status != SACRED_OK)
    return tune_say(t, g, "a broadcast", status);
  if (t->rank == 0)
    show(t, g, median);
  return EXIT_OK;
}
