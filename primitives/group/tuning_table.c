/* The table by which an algorithm is chosen where nobody says which, and what algorithms are called. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "tuning.h"
#include <inttypes.h>
#include <stdio.h>

const char *const tuning_strengths[TUNING_STRENGTHS] = {"arrive", "inbound", "full"};

const char *tuning_barrier_name(struct tuning t, char text[TUNING_NAME])
{
  if (t.radix == 0)
    return t.local ? "local" : "all-to-all";
  snprintf(text, TUNING_NAME, "%s:%" PRIu32, t.local ? "local" : "dissemination", t.radix);
  return text;
}

/*
 * All to all is one round, and n - 1 signals a rank; dissemination by radix k is
 * log_k n rounds, and k - 1 signals a rank in each. Up to 16 ranks a round costs
 * more than the signals that it saves. `sacred tune` measures such a table.
 */
static const struct tuning_rule table[] = {{0, TUNING_STRENGTHS, 16, {.radix = 0}},
                                           {0, TUNING_STRENGTHS, UINT32_MAX, {.radix = TUNING_RADIX}}};

int tuning_fits(const struct tuning_rule *r, uint32_t wire, uint32_t strength, uint32_t n)
{
  return (r->wire == 0 || r->wire == wire) && (r->strength == TUNING_STRENGTHS || r->strength == strength) &&
         n <= r->ranks;
}

uint32_t tuning_radix(uint32_t wire, enum sacred_strength strength, uint32_t n)
{
  const struct tuning_rule *r = table;
  while (!tuning_fits(r, wire, strength, n)) /* the last one fits always */
    r++;
  return r->t.radix;
}
