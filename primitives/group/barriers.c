/* The barrier that a user has: which of the two that are proved it is, and each call's way to it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "barriers.h"

int sacred_barrier_arrive(sacred_barrier *b)
{
  return b->radix ? dissemination_arrive(&b->ring) : barrier_arrive(&b->all);
}

int sacred_barrier_test(sacred_barrier *b)
{
  return b->radix ? dissemination_test(&b->ring) : barrier_test(&b->all);
}

int sacred_barrier_wait(sacred_barrier *b, uint64_t deadline)
{
  return b->radix ? dissemination_wait(&b->ring, deadline) : barrier_wait(&b->all, deadline);
}

uint32_t sacred_barrier_missing(const sacred_barrier *b, uint32_t *ranks)
{
  return b->radix ? dissemination_missing(&b->ring, ranks) : barrier_missing(&b->all, ranks);
}
