/* The barrier that a user has: which of the two that are proved it is, and each call's way to it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "barriers.h"
#include "group.h"
#include <stdlib.h>
#include <string.h>

/*
 * All to all is one round, and n - 1 signals a rank; dissemination by radix k is
 * log_k n rounds, and k - 1 signals a rank in each. Up to ALL_MAX ranks a round
 * costs more than the signals that it saves.
 */
enum { ALL_MAX = 16, RADIX = 4 };

int barrier_choose(uint32_t n, uint32_t *radix)
{
  static const char name[] = "dissemination";
  const char *text = getenv("SACRED_BARRIER");
  *radix = n <= ALL_MAX ? 0 : RADIX;
  if (!group_environment_has("SACRED_BARRIER"))
    return SACRED_OK;
  if (strcmp(text, "all-to-all") == 0) {
    *radix = 0;
    return SACRED_OK;
  }
  if (strncmp(text, name, sizeof name - 1) == 0) {
    const char *rest = text + sizeof name - 1;
    char *end = NULL;
    unsigned long k = *rest == ':' && rest[1] >= '0' && rest[1] <= '9' ? strtoul(rest + 1, &end, 10) : RADIX;
    if ((*rest == '\0' || (end && *end == '\0')) && k >= 2 && k <= UINT32_MAX) {
      *radix = (uint32_t)k;
      return SACRED_OK;
    }
  }
  return group_open_say(SACRED_ERR_ENVIRONMENT,
                        "SACRED_BARRIER=%s is no barrier: give all-to-all, dissemination, or dissemination:K with "
                        "a radix K of at least 2, or unset it",
                        text);
}

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
