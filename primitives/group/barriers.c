/* The barrier that a user has: which of the three that are proved it is, and each call's way to it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "barriers.h"
#include "board.h"

int sacred_barrier_arrive(sacred_barrier *b)
{
  return b->kind == BARRIER_ALL    ? barrier_arrive(&b->all)
         : b->kind == BARRIER_RING ? dissemination_arrive(&b->ring)
                                   : local_arrive(&b->hosts);
}

int sacred_barrier_test(sacred_barrier *b)
{
  return b->kind == BARRIER_ALL    ? barrier_test(&b->all)
         : b->kind == BARRIER_RING ? dissemination_test(&b->ring)
                                   : local_test(&b->hosts);
}

/* Where I hear of most ranks from others: what the barrier goes by, and its epoch. */
struct hearsay {
  struct sacred_group *g;
  uint64_t at, epoch;
};

static struct hearsay hearsay_of(const struct sacred_barrier *b)
{
  if (b->kind == BARRIER_RING)
    return (struct hearsay){b->ring.w->transport->owner, b->ring.rows.at, b->ring.epoch};
  return (struct hearsay){b->hosts.w->transport->owner, b->hosts.at, b->hosts.epoch};
}

/*
 * By dissemination, and over hosts, I hear of most ranks from others, so a late one hides
 * some that have entered. Who has waited in vain, or asks who is missing, therefore
 * tells everybody that it has entered, which costs nothing while nobody is late.
 */
static void tell_that_i_wait(const struct sacred_barrier *b)
{
  struct hearsay h = hearsay_of(b);
  if (control_wait(h.g->control, h.g->w.rank, h.at, h.epoch) && h.g->board)
    board_tell_all(h.g, BOARD_WAITS);
}

/* Apart, so that the wait of the first kind has no frame. */
__attribute__((noinline)) static int wait_and_tell(struct sacred_barrier *b, uint64_t deadline)
{
  int status = b->kind == BARRIER_RING ? dissemination_wait(&b->ring, deadline) : local_wait(&b->hosts, deadline);
  if (status == SACRED_TIMEOUT && deadline > 0)
    tell_that_i_wait(b);
  return status;
}

int sacred_barrier_wait(sacred_barrier *b, uint64_t deadline)
{
  return b->kind == BARRIER_ALL ? barrier_wait(&b->all, deadline) : wait_and_tell(b, deadline);
}

uint32_t sacred_barrier_missing(const sacred_barrier *b, uint32_t *ranks)
{
  if (b->kind == BARRIER_ALL)
    return barrier_missing(&b->all, ranks);
  uint32_t n = b->kind == BARRIER_RING ? dissemination_missing(&b->ring, ranks) : local_missing(&b->hosts, ranks);
  struct hearsay h = hearsay_of(b);
  uint32_t missing = 0;
  if (n > 0)
    tell_that_i_wait(b);
  for (uint32_t k = 0; k < n; k++)
    if (!control_waits(h.g->control, ranks[k], h.at, h.epoch))
      ranks[missing++] = ranks[k];
  return missing;
}
