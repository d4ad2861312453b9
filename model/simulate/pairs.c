/* The queue pairs that are used: a set of pairs of ranks, and for each rank how many it is in. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "world.h"
#include <stdlib.h>

static uint64_t *slots; /* an open hash table; 0: free */
static size_t size, used;
static uint32_t *count; /* of a rank */
static uint32_t most;

void pairs_open(uint32_t ranks)
{
  size = 1024;
  used = 0;
  most = 0;
  slots = zeroed(size, sizeof *slots);
  count = zeroed(ranks, sizeof *count);
}

/* Where the pair is, or would be. */
static uint64_t *seek(uint64_t pair)
{
  size_t at = (pair * 0x9e3779b97f4a7c15) >> 20 & (size - 1);
  while (slots[at] != 0 && slots[at] != pair)
    at = (at + 1) & (size - 1);
  return &slots[at];
}

static void grow(void)
{
  uint64_t *old = slots;
  size_t n = size;
  size *= 2;
  slots = zeroed(size, sizeof *slots);
  for (size_t k = 0; k < n; k++)
    if (old[k] != 0)
      *seek(old[k]) = old[k];
  free(old);
}

static void counts(uint32_t rank)
{
  if (++count[rank] > most)
    most = count[rank];
}

/* A queue pair serves both directions, and one group. */
void pairs_use(uint32_t part, uint32_t from, uint32_t to)
{
  uint64_t pair = (uint64_t)part << 60 | (from < to ? (uint64_t)from << 32 | to : (uint64_t)to << 32 | from);
  uint64_t *slot = seek(pair);
  if (*slot != 0)
    return;
  *slot = pair;
  counts(from);
  counts(to);
  if (2 * ++used > size)
    grow();
}

uint32_t pairs_close(void)
{
  free(slots);
  free(count);
  return most;
}
