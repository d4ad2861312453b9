/* What a barrier is to cost in messages and rounds, by arithmetic. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "simulate.h"

int flushes(const struct setting *s, uint32_t k)
{
  return s->strength == SACRED_FULL || (s->strength == SACRED_INBOUND && k != ALL_TO_ALL);
}

int is_square(const struct setting *s, uint32_t k)
{
  return k == ALL_TO_ALL || flushes(s, k);
}

/* By radix k, r whole rounds make k^r ranks known; where that is not n, one round more, of as few as make up the rest. */
static uint32_t whole_rounds(uint32_t n, uint32_t k, uint64_t *known)
{
  uint32_t r = 0;
  for (*known = 1; *known * k <= n; *known *= k)
    r++;
  return r;
}

uint32_t expected_rounds(uint32_t n, uint32_t k)
{
  uint64_t known;
  if (k == ALL_TO_ALL)
    return 1;
  uint32_t whole = whole_rounds(n, k, &known);
  return whole + (known < n);
}

static uint64_t signals(uint32_t n, uint32_t k)
{
  uint64_t known;
  if (k == ALL_TO_ALL)
    return n - 1;
  uint32_t whole = whole_rounds(n, k, &known);
  return (uint64_t)whole * (k - 1) + (n + known - 1) / known - 1;
}

/*
 * A flush is a get, and its reply, of every rank that was signaled to in the epoch before; in
 * the first, where nothing was posted yet, of one.
 */
uint64_t expected_messages(const struct setting *s, uint32_t n, uint32_t k)
{
  uint64_t flushed = 1 + (s->epochs - 1) * signals(n, k);
  return s->epochs * signals(n, k) + (flushes(s, k) ? 2 * flushed : 0);
}
