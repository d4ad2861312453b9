/* The barrier that a user has: which of the two that are proved it is, and each call's way to it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "barriers.h"
#include "board.h"

int sacred_barrier_arrive(sacred_barrier *b)
{
  return b->radix ? dissemination_arrive(&b->ring) : barrier_arrive(&b->all);
}

int sacred_barrier_test(sacred_barrier *b)
{
  return b->radix ? dissemination_test(&b->ring) : barrier_test(&b->all);
}

/*
 * By dissemination I hear of most ranks from others, so a late one hides some that
 * have entered. Who has waited in vain, or asks who is missing, therefore tells
 * everybody that it has entered, which costs nothing while nobody is late.
 */
static void tell_that_i_wait(const struct dissemination *ring)
{
  struct sacred_group *g = ring->w->transport->owner;
  if (control_wait(g->control, g->w.rank, ring->rows.at, ring->epoch) && g->board)
    board_tell_all(g, BOARD_WAITS);
}

/* Apart, so that the wait of the other kind has no frame. */
__attribute__((noinline)) static int wait_and_tell(struct dissemination *ring, uint64_t deadline)
{
  int status = dissemination_wait(ring, deadline);
  if (status == SACRED_TIMEOUT && deadline > 0)
    tell_that_i_wait(ring);
  return status;
}

int sacred_barrier_wait(sacred_barrier *b, uint64_t deadline)
{
  return b->radix ? wait_and_tell(&b->ring, deadline) : barrier_wait(&b->all, deadline);
}

uint32_t sacred_barrier_missing(const sacred_barrier *b, uint32_t *ranks)
{
  if (b->radix == 0)
    return barrier_missing(&b->all, ranks);
  uint32_t n = dissemination_missing(&b->ring, ranks), missing = 0;
  const struct sacred_group *g = b->ring.w->transport->owner;
  if (n > 0)
    tell_that_i_wait(&b->ring);
  for (uint32_t k = 0; k < n; k++)
    if (!control_waits(g->control, ranks[k], b->ring.rows.at, b->ring.epoch))
      ranks[missing++] = ranks[k];
  return missing;
}
