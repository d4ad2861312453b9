/* The flag: two words of data, read late by the NIC, then the raise; who sees the epoch sees both words. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "flag.h"
#include "scenario.h"

/* What a rank does with each of its peers, which is what it says to rank and hears of it. */
struct talk {
  uint8_t says, heard, at, bereft; /* bereft: it knows that the other is dead, and ends */
  uint64_t ticket;
};

struct flag_rank {
  struct sacred_flag flag;
  uint64_t raised[RANKS];
  struct talk talk;
};

static struct rows data;

static void start(const struct scenario *s)
{
  place_nothing(s->ranks);
  extent.polls = true;
  data = place_rows("data", 2);
  struct rows rows = place_rows("flag", 1);
  for (unsigned i = 0; i < s->ranks; i++) {
    struct flag_rank *r = ARENA_OF(flag_rank, i);
    r->flag = (struct sacred_flag){&wires[i], rows, r->raised};
    r->talk.says = 1;
  }
}

/* -- rank 0 says, and where both say, rank 1 too --------------------------------------- */

enum { REUSE, FILL, SEND, RAISE };

/* The NIC may read the source until the put is completed. */
static void reuse(struct flag_rank *r, unsigned peer)
{
  if (wire_completed(r->flag.w, peer) >= r->talk.ticket)
    r->talk.at = FILL;
}

static void fill(struct flag_rank *r)
{
  uint64_t words[2] = {r->talk.says, r->talk.says};
  wire_fill_words(r->flag.w, &data, 0, words, 2);
  r->talk.at = SEND;
}

static void send(struct flag_rank *r, unsigned peer)
{
  if (wire_put(r->flag.w, peer, &data, 0, 16) != SACRED_OK)
    return;
  r->talk.ticket = wire_posted(r->flag.w, peer);
  r->talk.at = RAISE;
}

static void raise(struct flag_rank *r, unsigned peer)
{
  if (sacred_flag_raise(&r->flag, peer, r->talk.says) != SACRED_OK)
    return;
  r->talk.says++;
  r->talk.at = REUSE;
}

static void say(struct flag_rank *r, unsigned peer)
{
  switch (r->talk.at) {
  case REUSE:
    reuse(r, peer);
    break;
  case FILL:
    fill(r);
    break;
  case SEND:
    send(r, peer);
    break;
  default:
    raise(r, peer);
  }
}

/* -- and the other hears ------------------------------------------------------------------ */

static void hear(struct flag_rank *r, unsigned rank, unsigned peer)
{
  int status = sacred_flag_test(&r->flag, peer, r->talk.heard + 1U);
  r->talk.bereft = status == SACRED_ERR_DEAD;
  if (status != SACRED_OK)
    return;
  r->talk.heard++;
  narrate("rank %u: the flag of rank %u is at %u or more", rank, peer, r->talk.heard);
  for (unsigned k = 0; k < 2; k++)
    if (peek(rank, &data, 8 * k, peer) < r->talk.heard)
      fails("flag_publishes: the epoch is seen, and data posted before it is not placed");
}

/* A rank says an epoch, then hears one; where only rank 0 says, rank 1 only hears. */
static void act(const struct scenario *s, unsigned rank)
{
  struct flag_rank *r = ARENA_OF(flag_rank, rank);
  bool says = (rank == 0 || s->strength) && r->talk.says <= s->epochs;
  bool hears = rank == 1 || s->strength;
  if (says && (!hears || r->talk.says <= r->talk.heard + 1))
    say(r, 1 - rank);
  else
    hear(r, rank, 1 - rank);
}

static bool at_end(const struct scenario *s, unsigned rank)
{
  struct flag_rank *r = ARENA_OF(flag_rank, rank);
  bool said = r->talk.says > s->epochs || (rank == 1 && !s->strength);
  return r->talk.bereft || (said && (r->talk.heard == s->epochs || (rank == 0 && !s->strength)));
}

#define FLAG .start = start, .act = act, .at_end = at_end, .check = nothing_wrong, .ranks = 2
const struct scenario flag_scenarios[] = {
    {FLAG, .name = "flag-2", .epochs = 2, .mortal = -1, .refusals = true},
    {FLAG, .name = "flag-2-epochs-3", .epochs = 3, .mortal = -1},
    {FLAG, .name = "flag-2-both", .epochs = 2, .mortal = -1, .strength = 1},
    {FLAG, .name = "flag-2-dies", .epochs = 2, .mortal = 0, .refusals = true},
    {.name = 0},
};
