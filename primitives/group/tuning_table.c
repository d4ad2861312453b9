/* The table by which an algorithm is chosen where nobody says which, and what algorithms are called. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "tuning.h"
#include "../wire/wire_kind.h"
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
 * more than the signals that it saves.
 *
 * A flat broadcast is one step, and n - 1 posts of the root; in memory what is posted stays where it is, and all
 * copy it at once. Over a network the root sends each byte n - 1 times, along a chain once: there n - 2 more chunks
 * go by until the last rank has all, which is little where there are many. Between the two a k-nomial tree has
 * log_k n steps. Above 16 ranks neither needs more than the queue pairs of a dissemination barrier.
 * `sacred tune` measures such a table.
 */
static const struct tuning_rule table[] = {
    {.ranks = 16, .strength = TUNING_STRENGTHS, .t = {.radix = 0}},
    {.ranks = UINT32_MAX, .strength = TUNING_STRENGTHS, .t = {.radix = TUNING_RADIX}},
    {.is_broadcast = 1, .wire = WIRE_SHM, .ranks = UINT32_MAX, .bytes = UINT64_MAX, .radix = TUNING_FLAT},
    {.is_broadcast = 1, .ranks = 16, .bytes = 32768, .radix = TUNING_FLAT},
    {.is_broadcast = 1, .ranks = 16, .bytes = UINT64_MAX, .radix = TUNING_CHAIN},
    {.is_broadcast = 1, .ranks = 64, .bytes = 1048576, .radix = TUNING_RADIX},
    {.is_broadcast = 1, .ranks = 64, .bytes = UINT64_MAX, .radix = TUNING_CHAIN},
    {.is_broadcast = 1, .ranks = UINT32_MAX, .bytes = 4 * 1048576, .radix = TUNING_RADIX},
    {.is_broadcast = 1, .ranks = UINT32_MAX, .bytes = UINT64_MAX, .radix = TUNING_CHAIN}};
enum { RULES = sizeof table / sizeof *table };

/* Is the rule of such groups? */
static int is_of(const struct tuning_rule *r, uint32_t wire, uint32_t n)
{
  return (r->wire == 0 || r->wire == wire) && n <= r->ranks;
}

int tuning_fits(const struct tuning_rule *r, uint32_t wire, uint32_t strength, uint32_t n)
{
  return !r->is_broadcast && is_of(r, wire, n) && (r->strength == TUNING_STRENGTHS || r->strength == strength);
}

uint32_t tuning_radix(uint32_t wire, enum sacred_strength strength, uint32_t n)
{
  const struct tuning_rule *r = table;
  while (!tuning_fits(r, wire, strength, n)) /* the last one of barriers fits always */
    r++;
  return r->t.radix;
}

void tuning_consider(const struct tuning_rule *r, uint32_t wire, uint32_t n, struct tuning_trees *t)
{
  if (!r->is_broadcast || !is_of(r, wire, n))
    return;
  if (t->few == 0)
    *t = (struct tuning_trees){.few = r->radix, .brief = r->bytes};
  else if (t->many == 0 && r->bytes > t->brief)
    t->many = r->radix;
}

/* The last rule fits always: there is an answer for any size. */
void tuning_consider_table(uint32_t wire, uint32_t n, struct tuning_trees *t)
{
  for (uint32_t k = 0; k < RULES; k++)
    tuning_consider(&table[k], wire, n, t);
  if (t->many == 0)
    t->many = t->few;
}

const char *tuning_tree_name(uint32_t radix, char text[TUNING_NAME])
{
  if (radix == TUNING_FLAT || radix == TUNING_CHAIN)
    return radix == TUNING_FLAT ? "flat" : "chain";
  snprintf(text, TUNING_NAME, "tree:%" PRIu32, radix);
  return text;
}

const char *tuning_trees_name(struct tuning_trees t, char text[TUNING_TREES_NAME])
{
  char few[TUNING_NAME], many[TUNING_NAME];
  if (t.few == t.many)
    return tuning_tree_name(t.few, text);
  snprintf(text, TUNING_TREES_NAME, "%s up to %" PRIu64 " bytes, then %s", tuning_tree_name(t.few, few), t.brief,
           tuning_tree_name(t.many, many));
  return text;
}
