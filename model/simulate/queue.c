/*
 * The queue of events: a radix heap. Time never goes back, so events need to be
 * sorted only as far as they differ from the last one popped: bucket b has those
 * whose time differs from it first in bit b - 1, bucket 0 those of the same time.
 * An event moves to a lower bucket 64 times at most. Events of one time are always in
 * one bucket, and keep their order there.
 *
 * R. Ahuja, K. Mehlhorn, J. Orlin, R. Tarjan, Faster algorithms for the shortest path problem, 1990.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "queue.h"
#include "simulate.h"
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 65 };

struct bucket {
  struct event *events;
  size_t count, room;
};

static struct bucket buckets[BUCKETS];
static size_t popped; /* of bucket 0 */
static uint64_t last;

void queue_open(void)
{
  queue_close();
  popped = 0;
  last = 0;
}

void queue_close(void)
{
  for (unsigned b = 0; b < BUCKETS; b++)
    free(buckets[b].events);
  memset(buckets, 0, sizeof buckets);
}

void queue_push(struct event event)
{
  struct bucket *b = &buckets[event.at == last ? 0 : 64 - __builtin_clzll(event.at ^ last)];
  if (b->count == b->room) {
    b->room = b->room ? 2 * b->room : 64;
    b->events = enough(realloc(b->events, b->room * sizeof event));
  }
  b->events[b->count++] = event;
}

/* The first bucket that has events gives them to those before it: its earliest ones to bucket 0. */
static bool refill(void)
{
  struct bucket *b = buckets + 1;
  while (b < buckets + BUCKETS && b->count == 0)
    b++;
  if (b == buckets + BUCKETS)
    return false;
  last = b->events[0].at;
  for (size_t k = 1; k < b->count; k++)
    if (b->events[k].at < last)
      last = b->events[k].at;
  for (size_t k = 0; k < b->count; k++)
    queue_push(b->events[k]);
  b->count = 0;
  return true;
}

bool queue_pop(struct event *event)
{
  if (popped == buckets[0].count) {
    popped = buckets[0].count = 0;
    if (!refill())
      return false;
  }
  *event = buckets[0].events[popped++];
  return true;
}
