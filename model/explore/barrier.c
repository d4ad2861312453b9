/* The barrier: in every epoch a word of data to everybody, the barrier, and a look at what is there on leaving. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "barrier.h"
#include "scenario.h"

struct barrier_rank {
  struct sacred_barrier barrier;
  uint64_t ticket[RANKS];
  tiny entered, left, next, at; /* next: the peer to post data to */
  tiny bereft, there, chosen;   /* bereft: it knows of a death; there: who was heard of; chosen: see ONE */
};

static struct rows data, other;

/*
 * Data, in every epoch: a word to everybody and, if the barrier is full, a store at home. ONE: a single one of these
 * in the whole run, which is chosen when it begins (README: why that says the same). DISTURBED: all, and behind
 * arriving a word of something else to everybody.
 */
enum { ALL, ONE, DISTURBED };

static unsigned the_one(void)
{
  return ARENA_OF(barrier_rank, 0)->chosen - 1U;
}

/* To how many a rank has data in an epoch: all others, in a full barrier itself too; of an arrival nothing is promised. */
static unsigned targets(const struct scenario *s)
{
  return s->strength == SACRED_FULL ? s->ranks : s->strength == SACRED_INBOUND ? s->ranks - 1 : 0;
}

/* Does `from` put a word to `to` in this epoch; or, if that is itself, store one? */
static bool has_data(const struct scenario *s, unsigned from, unsigned to, unsigned epoch)
{
  unsigned k = (to + s->ranks - from - 1) % s->ranks;
  return k < targets(s) && (s->length != ONE || the_one() == ((epoch - 1) * s->ranks + from) * targets(s) + k);
}

/* So many words there are to choose from. */
static unsigned words(const struct scenario *s)
{
  return s->epochs * s->ranks * targets(s);
}

static void start(const struct scenario *s)
{
  place_nothing(s->ranks);
  extent.polls = s->strength == SACRED_FULL;
  extent.looks_home = s->strength == SACRED_FULL;
  data = place_rows("data", 1);
  struct rows rows = place_rows("epoch", 1);
  if (s->length == DISTURBED)
    other = place_rows("other", 1);
  for (unsigned i = 0; i < s->ranks; i++) {
    struct barrier_rank *r = ARENA_OF(barrier_rank, i);
    r->barrier = (struct sacred_barrier){.w = &wires[i], .rows = rows, .strength = s->strength};
    r->barrier.fence = (struct sacred_fence){.w = &wires[i], .ticket = r->ticket};
  }
}

/* -- what is to hold ------------------------------------------------------------------- */

/* What was put in this epoch or before is there. */
static bool is_placed(const struct scenario *s, unsigned from, unsigned to, unsigned epoch)
{
  while (epoch > 0 && !has_data(s, from, to, epoch))
    epoch--;
  return peek(to, &data, 0, from) >= epoch;
}

/* On leaving, rank `to` has what everybody had posted to it on entering. */
static bool inbound_is_placed(const struct scenario *s, unsigned to, unsigned epoch)
{
  for (unsigned from = 0; from < s->ranks; from++)
    if (from != to && !is_placed(s, from, to, epoch))
      return false;
  return true;
}

/* Everybody has, and what everybody had stored at home is out of its store buffer. */
static bool all_is_placed(const struct scenario *s, unsigned epoch)
{
  for (unsigned to = 0; to < s->ranks; to++)
    if (!inbound_is_placed(s, to, epoch) || !is_placed(s, to, to, epoch))
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

enum { CHOOSE, DATA, ARRIVE, DISTURB, TEST, ASK };

/* A word to the next peer, or at home. */
static int put_data(struct barrier_rank *r, unsigned rank)
{
  struct wire *w = r->barrier.w;
  uint64_t word = r->entered + 1U;
  if (r->next != rank)
    return wire_write_word(w, r->next, data.at + rank * data.stride, word);
  wire_fill_words(w, &data, 0, &word, 1);
  return SACRED_OK;
}

static void post_data(const struct scenario *s, struct barrier_rank *r, unsigned rank)
{
  while (r->next < s->ranks && !has_data(s, rank, r->next, r->entered + 1U))
    r->next++;
  if (r->next < s->ranks)
    r->next += put_data(r, rank) == SACRED_OK;
  else {
    r->at = ARRIVE;
    r->next = 0;
  }
}

/* Where it waits, the wait arrives itself. */
static void arrive(const struct scenario *s, struct barrier_rank *r, unsigned rank)
{
  if (!s->waits)
    sacred_barrier_arrive(&r->barrier);
  r->entered++;
  r->at = s->length == DISTURBED ? DISTURB : TEST;
  narrate("rank %u: enters epoch %u", rank, r->entered);
}

static void disturb(const struct scenario *s, struct barrier_rank *r, unsigned rank)
{
  if (r->next == rank ||
      wire_write_word(r->barrier.w, r->next, other.at + rank * other.stride, r->entered) == SACRED_OK)
    r->next++;
  if (r->next == s->ranks)
    r->at = TEST;
}

/* The ranks whose word has come. */
static tiny here(const struct scenario *s, const struct barrier_rank *r, unsigned rank)
{
  tiny there = 0;
  for (unsigned i = 0; i < s->ranks; i++)
    if (i != rank && peek(rank, &r->barrier.rows, 0, i) >= r->entered)
      there |= (tiny)(1U << i);
  return there;
}

static void ask(const struct scenario *s, struct barrier_rank *r, unsigned rank)
{
  uint32_t ranks[RANKS];
  tiny listed = ranks_of(ranks, sacred_barrier_missing(&r->barrier, ranks));
  check_missing(listed, r->there, here(s, r, rank), rank);
  r->there = 0;
  r->at = TEST;
}

static int await(const struct scenario *s, struct barrier_rank *r)
{
  if (!s->waits)
    return sacred_barrier_test(&r->barrier);
  int status = sacred_barrier_wait(&r->barrier, 1);
  if (status == SACRED_TIMEOUT)
    timed_out();
  return status;
}

/* In the world of the proofs. */
static void theorems(const struct scenario *s, const struct barrier_rank *r)
{
  uint64_t result = SACRED_OK;
  const struct given given[] = {{"result", &result}, {"b_epoch", &r->barrier.epoch}, {0}};
  theorem("barrier_nobody_early", given);
  theorem("barrier_one_ahead", given);
  theorem("barrier_inbound", given);
  theorem("barrier_full", given);
  theorem(s->length == DISTURBED ? "barrier_undisturbed" : "barrier_resumes", given);
}

static void leave(const struct scenario *s, struct barrier_rank *r, unsigned rank)
{
  r->left = r->entered;
  narrate("rank %u: leaves epoch %u", rank, r->left);
  leaves(s, rank, r->left);
  theorems(s, r);
  r->next = 0;
  r->at = DATA;
}

static void test(const struct scenario *s, struct barrier_rank *r, unsigned rank)
{
  int status = await(s, r);
  r->bereft = status == SACRED_ERR_DEAD;
  if (r->barrier.epoch != r->entered || (status == SACRED_OK) != (r->barrier.phase == BARRIER_IDLE))
    fails("barrier_resumes: a call that is not over is not that of the same epoch, or one that is over is not idle");
  if (status == SACRED_OK)
    leave(s, r, rank);
  else if (s->asks && !r->bereft) {
    r->there = here(s, r, rank);
    r->at = ASK;
  }
}

/* Before all else: which is the one word? */
static void choose(const struct scenario *s, struct barrier_rank *r, unsigned rank)
{
  if (s->length == ONE && rank == 0)
    r->chosen = (tiny)(1 + any_of(words(s)));
  if (s->length != ONE || ARENA_OF(barrier_rank, 0)->chosen)
    r->at = DATA;
}

static void act(const struct scenario *s, unsigned rank)
{
  struct barrier_rank *r = ARENA_OF(barrier_rank, rank);
  switch (r->at) {
  case CHOOSE:
    choose(s, r, rank);
    break;
  case DATA:
    post_data(s, r, rank);
    break;
  case ARRIVE:
    arrive(s, r, rank);
    break;
  case DISTURB:
    disturb(s, r, rank);
    break;
  case ASK:
    ask(s, r, rank);
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
#define TWO BARRIER, .ranks = 2
#define THREE BARRIER, .ranks = 3
const struct scenario barrier_scenarios[] = {
    {TWO, .name = "barrier-2-arrive", .epochs = 3, .mortal = -1, .refusals = true, .strength = SACRED_ARRIVE},
    {TWO, .name = "barrier-2-inbound", .epochs = 3, .mortal = -1, .refusals = true, .strength = SACRED_INBOUND},
    {TWO, .name = "barrier-2-full", .epochs = 2, .mortal = -1, .refusals = true, .strength = SACRED_FULL},
    {TWO, .name = "barrier-2-full-epochs-3", .epochs = 3, .mortal = -1, .strength = SACRED_FULL},
    {TWO, .name = "barrier-2-full-one", .epochs = 3, .mortal = -1, .strength = SACRED_FULL, .length = ONE},
    {TWO, .name = "barrier-2-inbound-dies", .epochs = 2, .mortal = 1, .refusals = true, .strength = SACRED_INBOUND},
    {TWO, .name = "barrier-2-full-dies", .epochs = 2, .mortal = 1, .strength = SACRED_FULL},
    {TWO, .name = "barrier-2-inbound-waits", .epochs = 2, .mortal = -1, .strength = SACRED_INBOUND, .waits = true},
    {TWO, .name = "barrier-2-full-waits", .epochs = 1, .mortal = -1, .strength = SACRED_FULL, .waits = true},
    {TWO, .name = "barrier-2-inbound-asks", .epochs = 2, .mortal = 1, .strength = SACRED_INBOUND, .asks = true},
    {TWO, .name = "barrier-2-disturbed", .epochs = 2, .mortal = -1, .strength = SACRED_INBOUND, .length = DISTURBED},
    {THREE, .name = "barrier-3-inbound", .epochs = 1, .mortal = -1, .strength = SACRED_INBOUND},
    {THREE, .name = "barrier-3-inbound-asks", .epochs = 1, .mortal = -1, .strength = SACRED_INBOUND, .asks = true,
     .is_long = true},
    {THREE, .name = "barrier-3-inbound-epochs-2", .epochs = 2, .mortal = -1, .strength = SACRED_INBOUND},
    {THREE, .name = "barrier-3-inbound-dies", .epochs = 1, .mortal = 2, .strength = SACRED_INBOUND},
    {THREE, .name = "barrier-3-arrive", .epochs = 2, .mortal = -1, .strength = SACRED_ARRIVE},
    {THREE, .name = "barrier-3-arrive-dies", .epochs = 2, .mortal = 2, .strength = SACRED_ARRIVE},
    {THREE, .name = "barrier-3-inbound-one", .epochs = 2, .mortal = -1, .strength = SACRED_INBOUND, .length = ONE},
    {THREE, .name = "barrier-3-full-one-epoch", .epochs = 1, .mortal = -1, .strength = SACRED_FULL, .length = ONE},
    {THREE, .name = "barrier-3-full-one", .epochs = 2, .mortal = -1, .strength = SACRED_FULL, .length = ONE,
     .is_long = true},
    {THREE, .name = "barrier-3-inbound-one-dies", .epochs = 2, .mortal = 2, .strength = SACRED_INBOUND, .length = ONE,
     .is_long = true},
    {THREE, .name = "barrier-3-full-one-dies", .epochs = 2, .mortal = 2, .strength = SACRED_FULL, .length = ONE,
     .is_long = true},
    {THREE, .name = "barrier-3-full", .epochs = 1, .mortal = -1, .strength = SACRED_FULL, .is_long = true},
    {BARRIER, .name = "barrier-wide-arrive", .epochs = 400, .strength = SACRED_ARRIVE, .is_wide = true},
    {BARRIER, .name = "barrier-wide-inbound", .epochs = 400, .strength = SACRED_INBOUND, .is_wide = true},
    {BARRIER, .name = "barrier-wide-full", .epochs = 240, .strength = SACRED_FULL, .is_wide = true},
    {.name = 0},
};
