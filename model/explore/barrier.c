/* The barrier: in every epoch a word of data to everybody, the barrier, and a look at what is there on leaving. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "barrier.h"
#include "scenario.h"

struct barrier_rank {
  struct sacred_barrier barrier;
  uint64_t ticket[RANKS];
  uint8_t entered, left, next, at, bereft; /* next: the peer to post data to; bereft: it knows of a death, and ends */
};

static struct rows data;

/* Data: a word to everybody and a store at home; or, to explore less, no store; or a word to the next rank only. */
enum { ALL, ONLY_PUTS, ONLY_RING };

/* Does each rank store a word at home too, in every epoch? */
static bool stores_own(const struct scenario *s)
{
  return s->strength == SACRED_FULL && s->length == ALL;
}

static void start(const struct scenario *s)
{
  place_nothing(s->ranks);
  extent.polls = s->strength == SACRED_FULL;
  extent.looks_home = stores_own(s);
  data = place_rows("data", 1);
  struct rows rows = place_rows("epoch", 1);
  for (unsigned i = 0; i < s->ranks; i++) {
    struct barrier_rank *r = ARENA_OF(barrier_rank, i);
    r->barrier = (struct sacred_barrier){.w = &wires[i], .rows = rows, .strength = s->strength};
    r->barrier.fence = (struct sacred_fence){.w = &wires[i], .ticket = r->ticket};
  }
}

static bool has_data(const struct scenario *s, unsigned from, unsigned to)
{
  return from != to && (s->length != ONLY_RING || to == (from + 1) % s->ranks);
}

/* -- what is to hold ------------------------------------------------------------------- */

static bool posted_data_is_placed(const struct scenario *s, unsigned from, unsigned to, unsigned epoch)
{
  return !has_data(s, from, to) || peek(to, &data, 0, from) >= epoch;
}

/* On leaving, rank `to` has what everybody had posted to it on entering. */
static bool inbound_is_placed(const struct scenario *s, unsigned to, unsigned epoch)
{
  for (unsigned from = 0; from < s->ranks; from++)
    if (!posted_data_is_placed(s, from, to, epoch))
      return false;
  return true;
}

/* Everybody has, and what everybody had stored at home is out of its store buffer. */
static bool all_is_placed(const struct scenario *s, unsigned epoch)
{
  for (unsigned to = 0; to < s->ranks; to++)
    if (!inbound_is_placed(s, to, epoch) || (stores_own(s) && peek(to, &data, 0, to) < epoch))
      return false;
  return true;
}

static void leaves(const struct scenario *s, unsigned rank, unsigned epoch)
{
  if (!inbound_is_placed(s, rank, epoch))
    fails("barrier_inbound: a rank leaves, and what was posted to it before is not placed");
  if (s->strength == SACRED_FULL && !all_is_placed(s, epoch))
    fails("barrier_full: a rank leaves, and what was posted or stored before is not placed everywhere");
}

/* Nobody leaves before all have entered, and nobody is more than one epoch ahead. */
static const char *check(const struct scenario *s, const struct machine *m)
{
  (void)m;
  for (unsigned i = 0; i < s->ranks; i++)
    for (unsigned j = 0; j < s->ranks; j++) {
      const struct barrier_rank *r = ARENA_OF(barrier_rank, i), *q = ARENA_OF(barrier_rank, j);
      if (r->left > q->entered)
        return "barrier_nobody_early: a rank has left an epoch that not all have entered";
      if (r->entered + 1U < q->entered)
        return "barrier_one_ahead: a rank is two epochs ahead of another";
    }
  return 0;
}

/* -- what a rank does -------------------------------------------------------------------- */

enum { DATA, OWN, ARRIVE, TEST };

/* A word of data to the next peer. */
static void post_data(const struct scenario *s, struct barrier_rank *r, unsigned rank)
{
  struct wire *w = r->barrier.w;
  if (!has_data(s, rank, r->next) ||
      wire_write_word(w, r->next, data.at + rank * data.stride, r->entered + 1U) == SACRED_OK)
    r->next++;
  if (r->next == w->size)
    r->at = stores_own(s) ? OWN : ARRIVE;
}

static void store_own(struct barrier_rank *r)
{
  uint64_t word = r->entered + 1U;
  wire_fill_words(r->barrier.w, &data, 0, &word, 1);
  r->at = ARRIVE;
}

static void arrive(struct barrier_rank *r, unsigned rank)
{
  sacred_barrier_arrive(&r->barrier);
  r->entered++;
  r->at = TEST;
  narrate("rank %u: enters epoch %u", rank, r->entered);
}

static void test(const struct scenario *s, struct barrier_rank *r, unsigned rank)
{
  int status = sacred_barrier_test(&r->barrier);
  r->bereft = status == SACRED_ERR_DEAD;
  if (status != SACRED_OK)
    return;
  r->left = r->entered;
  narrate("rank %u: leaves epoch %u", rank, r->left);
  leaves(s, rank, r->left);
  r->next = 0;
  r->at = DATA;
}

static void act(const struct scenario *s, unsigned rank)
{
  struct barrier_rank *r = ARENA_OF(barrier_rank, rank);
  switch (r->at) {
  case DATA:
    post_data(s, r, rank);
    break;
  case OWN:
    store_own(r);
    break;
  case ARRIVE:
    arrive(r, rank);
    break;
  default:
    test(s, r, rank);
  }
}

static bool at_end(const struct scenario *s, unsigned rank)
{
  const struct barrier_rank *r = ARENA_OF(barrier_rank, rank);
  return r->left == s->epochs || r->bereft;
}

#define BARRIER .start = start, .act = act, .at_end = at_end, .check = check
const struct scenario barrier_scenarios[] = {
    {BARRIER, .name = "barrier-2-arrive", .ranks = 2, .epochs = 2, .mortal = -1, .refusals = true,
     .strength = SACRED_ARRIVE},
    {BARRIER, .name = "barrier-2-inbound", .ranks = 2, .epochs = 3, .mortal = -1, .refusals = true,
     .strength = SACRED_INBOUND},
    {BARRIER, .name = "barrier-2-full", .ranks = 2, .epochs = 2, .mortal = -1, .refusals = true,
     .strength = SACRED_FULL},
    {BARRIER, .name = "barrier-2-full-epochs-3", .ranks = 2, .epochs = 3, .mortal = -1, .strength = SACRED_FULL},
    {BARRIER, .name = "barrier-2-inbound-dies", .ranks = 2, .epochs = 2, .mortal = 1, .refusals = true,
     .strength = SACRED_INBOUND},
    {BARRIER, .name = "barrier-2-full-dies", .ranks = 2, .epochs = 2, .mortal = 1, .strength = SACRED_FULL},
    {BARRIER, .name = "barrier-3-inbound", .ranks = 3, .epochs = 1, .mortal = -1, .strength = SACRED_INBOUND},
    {BARRIER, .name = "barrier-3-inbound-epochs-2", .ranks = 3, .epochs = 2, .mortal = -1, .strength = SACRED_INBOUND},
    {BARRIER, .name = "barrier-3-full", .ranks = 3, .epochs = 1, .mortal = -1, .strength = SACRED_FULL, .is_long = true,
     .is_huge = true},
    {BARRIER, .name = "barrier-3-inbound-dies", .ranks = 3, .epochs = 1, .mortal = 2, .strength = SACRED_INBOUND},
    {BARRIER, .name = "barrier-3-full-puts", .ranks = 3, .epochs = 1, .length = ONLY_PUTS, .mortal = -1,
     .strength = SACRED_FULL, .is_long = true},
    {BARRIER, .name = "barrier-3-full-ring", .ranks = 3, .epochs = 1, .length = ONLY_RING, .mortal = -1,
     .strength = SACRED_FULL, .is_long = true},
    {.name = 0},
};
