/* What a barrier is to cost in messages and rounds, by arithmetic; and whether it can be run. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "simulate.h"
#include "wire/wire_kind.h"

/* -- hosts ------------------------------------------------------------------------------ */

uint32_t hosts_of(const struct setting *s, uint32_t n)
{
  return s->per_host ? (n - 1) / s->per_host + 1 : 1;
}

uint32_t radix_across(const struct setting *s, uint32_t hosts, struct tuning t)
{
  return t.radix ? t.radix : tuning_radix(WIRE_VERBS, s->strength, hosts);
}

uint32_t radix_within(uint32_t n)
{
  return tuning_radix(WIRE_SHM, SACRED_ARRIVE, n);
}

/* -- what can be run --------------------------------------------------------------------- */

int flushes(const struct setting *s, struct tuning t)
{
  return s->strength == SACRED_FULL || (s->strength == SACRED_INBOUND && (t.local || t.radix != 0));
}

const char *why_not(const struct setting *s, uint32_t n, struct tuning t)
{
  if (t.local && hosts_of(s, n) == 1)
    return "all ranks are of one host";
  if (t.local && hosts_of(s, n) == n)
    return "each rank is of another host";
  if (n > SQUARE_MAX && !t.local && t.radix == 0)
    return "n^2 messages";
  return n > SQUARE_MAX && flushes(s, t) ? "n^2 looks of flushes" : NULL;
}

/* -- one barrier by itself ---------------------------------------------------------------- */

/* By radix k, r whole rounds make k^r ranks known; where that is not n, one round more, of as few as make up the rest. */
static uint32_t whole_rounds(uint32_t n, uint32_t k, uint64_t *known)
{
  uint32_t r = 0;
  for (*known = 1; *known * k <= n; *known *= k)
    r++;
  return r;
}

static uint32_t rounds(uint32_t n, uint32_t k)
{
  uint64_t known;
  if (k == 0)
    return 1;
  uint32_t whole = whole_rounds(n, k, &known);
  return whole + (known < n);
}

/* Of each rank. */
static uint64_t signals(uint32_t n, uint32_t k)
{
  uint64_t known;
  if (k == 0)
    return n - 1;
  uint32_t whole = whole_rounds(n, k, &known);
  return (uint64_t)whole * (k - 1) + (n + known - 1) / known - 1;
}

/* -- all of it ------------------------------------------------------------------------------ */

uint32_t expected_rounds(const struct setting *s, uint32_t n, struct tuning t)
{
  uint32_t hosts = hosts_of(s, n);
  return t.local ? rounds(s->per_host, radix_within(s->per_host)) + rounds(hosts, radix_across(s, hosts, t)) + 1
                 : rounds(n, t.radix);
}

/* A flush is a get, and its reply, of every rank to which something was put; signals of the barrier's own need none. */
uint64_t expected_messages(const struct setting *s, uint32_t n, struct tuning t)
{
  uint32_t hosts = hosts_of(s, n);
  uint64_t flushed = flushes(s, t) ? s->puts < n ? s->puts : n - 1 : 0;
  uint64_t signaled = t.local ? hosts * signals(hosts, radix_across(s, hosts, t)) : n * signals(n, t.radix);
  return s->epochs * (signaled + 2 * n * flushed);
}

/* Each rank of a host signals to others there, and the first one then lets each go. */
static uint64_t words_within(uint32_t n)
{
  return n * signals(n, radix_within(n)) + n - 1;
}

uint64_t expected_words(const struct setting *s, uint32_t n, struct tuning t)
{
  uint32_t whole = t.local ? n / s->per_host : 0, rest = t.local ? n % s->per_host : 0;
  return s->epochs * ((whole ? whole * words_within(s->per_host) : 0) + (rest ? words_within(rest) : 0));
}
