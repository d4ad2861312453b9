/* The barrier: in every epoch a word of data to everybody, the barrier, and a look at what is there on leaving. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "barrier.h"
#include "dissemination.h"
#include "scenario.h"

/* One of the two: which, says the scenario's radix. */
struct barrier_rank {
  union {
    struct barrier barrier;
    struct dissemination ring;
  };
  struct fence_peer to[RANKS];
  tiny entered, left, next, at; /* next: the peer to post data to */
  tiny bereft, there, chosen;   /* bereft: it knows of a death; there: who was heard of; chosen: see ONE */
  tiny amidst;                  /* see AMIDST: it is posted */
};

static struct rows data, other;
static uint32_t distance[RANKS], first[RANKS];

/* -- the calls, of the one or the other ----------------------------------------------- */

static bool is_ring(const struct scenario *s)
{
  return s->radix != 0;
}

static struct wire *wire_of(const struct scenario *s, struct barrier_rank *r)
{
  return is_ring(s) ? r->ring.w : r->barrier.w;
}

static uint64_t epoch_of(const struct scenario *s, const struct barrier_rank *r)
{
  return is_ring(s) ? r->ring.epoch : r->barrier.epoch;
}

static uint32_t phase_of(const struct scenario *s, const struct barrier_rank *r)
{
  return is_ring(s) ? r->ring.phase : r->barrier.phase;
}

static bool flushes(const struct scenario *s, const struct barrier_rank *r)
{
  return phase_of(s, r) == (is_ring(s) ? (uint32_t)DISSEMINATION_FLUSH : (uint32_t)BARRIER_FLUSH);
}

static bool is_idle(const struct scenario *s, const struct barrier_rank *r)
{
  return phase_of(s, r) == (is_ring(s) ? (uint32_t)DISSEMINATION_IDLE : (uint32_t)BARRIER_IDLE);
}

static void make_ring(const struct scenario *s, struct rows rows, unsigned rank)
{
  struct barrier_rank *r = ARENA_OF(barrier_rank, rank);
  uint32_t slots = schedule_make(distance, first, RANKS, s->ranks, s->radix);
  r->ring = (struct dissemination){.w = &wires[rank],
                                   .rows = rows,
                                   .strength = s->strength,
                                   .slots = slots,
                                   .told = slots,
                                   .heard = slots,
                                   .distance = distance,
                                   .first = first};
  r->ring.fence = (struct sacred_fence){.w = &wires[rank], .to = r->to};
}

/* -- data ----------------------------------------------------------------------------- */

/*
 * Data, in every epoch: a word to everybody and, if the barrier is full, a store at home. ONE: a single one of these
 * in the whole run, which is chosen when it begins (README: why that says the same). DISTURBED: all, and behind
 * arriving a word of something else to everybody. AMIDST: all in the first epoch, in which, while it flushes, a word of something
 * else goes to everybody; that is to be placed when the next epoch is over, for which there is nothing.
 */
enum { ALL, ONE, DISTURBED, AMIDST };

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
  return k < targets(s) && (s->length != AMIDST || epoch == 1) &&
         (s->length != ONE || the_one() == ((epoch - 1) * s->ranks + from) * targets(s) + k);
}

/* So many words there are to choose from. A ring looks the same from everybody: there, those of rank 0 in the first epoch. */
static unsigned words(const struct scenario *s)
{
  return is_ring(s) ? targets(s) : s->epochs * s->ranks * targets(s);
}

static void start(const struct scenario *s)
{
  place_nothing(s->ranks);
  extent.polls = s->strength == SACRED_FULL || (is_ring(s) && s->strength == SACRED_INBOUND); // where it flushes
  extent.looks_home = s->strength == SACRED_FULL;
  data = place_rows("data", 1);
  struct rows rows =
      is_ring(s) ? place_lines("epoch", schedule_make(NULL, NULL, 0, s->ranks, s->radix)) : place_rows("epoch", 1);
  if (s->length == DISTURBED || s->length == AMIDST)
    other = place_rows("other", 1);
  for (unsigned i = 0; i < s->ranks; i++) {
    struct barrier_rank *r = ARENA_OF(barrier_rank, i);
    if (is_ring(s)) {
      make_ring(s, rows, i);
      continue;
    }
    r->barrier = (struct barrier){.w = &wires[i], .rows = rows, .strength = s->strength};
    r->barrier.fence = (struct sacred_fence){.w = &wires[i], .to = r->to};
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

/* What was put to this rank while its poster flushed for the first epoch. */
static bool amidst_is_placed(const struct scenario *s, unsigned to)
{
  for (unsigned from = 0; from < s->ranks; from++)
    if (from != to && ARENA_OF(barrier_rank, from)->amidst && peek(to, &other, 0, from) == 0)
      return false;
  return true;
}

static void leaves(const struct scenario *s, unsigned rank, unsigned epoch)
{
  for (unsigned to = 0; s->length == AMIDST && epoch > 1 && to < s->ranks; to++)
    if (!amidst_is_placed(s, to))
      fails("barrier_full, dissemination_full: a rank leaves, and what was posted in the epoch before is not placed");
  if (!inbound_is_placed(s, rank, epoch))
    fails("barrier_inbound, dissemination_full: a rank leaves, and what was posted to it before is not placed");
  if (s->strength == SACRED_FULL && !all_is_placed(s, epoch))
    fails("barrier_full, dissemination_full: a rank leaves, and what was posted or stored before is not placed "
          "everywhere");
}

/* Nobody leaves before all have entered, and nobody is more than one epoch ahead. */
static const char *check(const struct scenario *s, const struct machine *m)
{
  (void)m;
  for (unsigned i = 0; i < s->ranks; i++)
    for (unsigned j = 0; j < s->ranks; j++) {
      const struct barrier_rank *r = ARENA_OF(barrier_rank, i), *q = ARENA_OF(barrier_rank, j);
      if (r->left > q->entered)
        return "barrier_nobody_early, dissemination_nobody_early: a rank has left an epoch that not all have entered";
      if (r->entered + 1U < q->entered)
        return "barrier_one_ahead, dissemination_one_ahead: a rank is two epochs ahead of another";
    }
  return 0;
}

/* -- what a rank does -------------------------------------------------------------------- */

enum { CHOOSE, DATA, ARRIVE, DISTURB, TEST, ASK };

/* A word to the next peer, or at home. */
static int put_data(const struct scenario *s, struct barrier_rank *r, unsigned rank)
{
  struct wire *w = wire_of(s, r);
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
    r->next += put_data(s, r, rank) == SACRED_OK;
  else {
    r->at = ARRIVE;
    r->next = 0;
  }
}

/* Where it waits, the wait arrives itself. */
static void arrive(const struct scenario *s, struct barrier_rank *r, unsigned rank)
{
  if (!s->waits)
    is_ring(s) ? dissemination_arrive(&r->ring) : barrier_arrive(&r->barrier);
  r->entered++;
  r->at = s->length == DISTURBED ? DISTURB : TEST;
  narrate("rank %u: enters epoch %u", rank, r->entered);
}

static void disturb(const struct scenario *s, struct barrier_rank *r, unsigned rank)
{
  if (r->next == rank ||
      wire_write_word(wire_of(s, r), r->next, other.at + rank * other.stride, r->entered) == SACRED_OK)
    r->next++;
  if (r->next == s->ranks) {
    r->amidst = s->length == AMIDST;
    r->at = TEST;
  }
}

/* The ranks whose word has come; in a ring, those of whom a signal that has come speaks. */
static tiny here(const struct scenario *s, const struct barrier_rank *r, unsigned rank)
{
  tiny there = 0;
  for (unsigned k = 0; is_ring(s) && k < r->ring.slots; k++)
    for (unsigned d = 0; d < distance[first[k]]; d++)
      if (peek(rank, &r->ring.rows, 64 * k, 0) >= r->entered)
        there |= (tiny)(1U << ((rank + 2 * s->ranks - distance[k] - d) % s->ranks));
  if (is_ring(s))
    return (tiny)(there & ~(1U << rank));
  for (unsigned i = 0; i < s->ranks; i++)
    if (i != rank && peek(rank, &r->barrier.rows, 0, i) >= r->entered)
      there |= (tiny)(1U << i);
  return there;
}

static void ask(const struct scenario *s, struct barrier_rank *r, unsigned rank)
{
  uint32_t ranks[RANKS];
  uint32_t n = is_ring(s) ? dissemination_missing(&r->ring, ranks) : barrier_missing(&r->barrier, ranks);
  tiny listed = ranks_of(ranks, n);
  check_missing(listed, r->there, here(s, r, rank), rank);
  r->there = 0;
  r->at = TEST;
}

static int await(const struct scenario *s, struct barrier_rank *r)
{
  if (!s->waits)
    return is_ring(s) ? dissemination_test(&r->ring) : barrier_test(&r->barrier);
  int status = is_ring(s) ? dissemination_wait(&r->ring, 1) : barrier_wait(&r->barrier, 1);
  if (status == SACRED_TIMEOUT)
    timed_out();
  return status;
}

/* In the world of the proofs. */
static void ring_theorems(const struct scenario *s, const struct given *given)
{
  theorem("dissemination_nobody_early", given);
  theorem("dissemination_one_ahead", given);
  theorem("dissemination_full", given);
  theorem(s->length == DISTURBED ? "dissemination_undisturbed" : "dissemination_resumes", given);
}

static void theorems(const struct scenario *s, const struct barrier_rank *r, uint64_t old_epoch, uint64_t old_phase)
{
  uint64_t result = SACRED_OK, epoch = epoch_of(s, r);
  const struct given given[] = {
      {"result", &result}, {"b_epoch", &epoch}, {"old_b_epoch", &old_epoch}, {"old_b_phase", &old_phase}, {0}};
  if (is_ring(s)) {
    ring_theorems(s, given);
    return;
  }
  theorem("barrier_nobody_early", given);
  theorem("barrier_one_ahead", given);
  theorem("barrier_inbound", given);
  theorem("barrier_full", given);
  theorem(s->length == DISTURBED ? "barrier_undisturbed" : "barrier_resumes", given);
}

/* It had this epoch and phase when the call began. */
static void leave(const struct scenario *s, struct barrier_rank *r, unsigned rank, uint64_t epoch, uint64_t phase)
{
  r->left = r->entered;
  narrate("rank %u: leaves epoch %u", rank, r->left);
  leaves(s, rank, r->left);
  theorems(s, r, epoch, phase);
  r->next = 0;
  r->at = DATA;
}

static void test(const struct scenario *s, struct barrier_rank *r, unsigned rank)
{
  uint64_t epoch = epoch_of(s, r), phase = phase_of(s, r);
  int status = await(s, r);
  r->bereft = status == SACRED_ERR_DEAD;
  if (epoch_of(s, r) != r->entered || (status == SACRED_OK) != is_idle(s, r))
    fails("barrier_resumes, dissemination_resumes: a call that is not over is not that of the same epoch, or one that "
          "is over is not idle");
  if (status == SACRED_OK)
    leave(s, r, rank, epoch, phase);
  else if (s->asks && !r->bereft) {
    r->there = here(s, r, rank);
    r->at = ASK;
  } else if (s->length == AMIDST && r->entered == 1 && !r->amidst && flushes(s, r))
    r->at = DISTURB;
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
#define FOUR BARRIER, .ranks = 4, .radix = 2
#define RING BARRIER, .ranks = 3, .radix = 2
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
    {TWO, .name = "barrier-2-full-amidst", .epochs = 2, .mortal = -1, .strength = SACRED_FULL, .length = AMIDST},
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

/* By radix two: of three ranks each hears from each; of four, of one it hears by way of another. */
const struct scenario dissemination_scenarios[] = {
    {TWO, .name = "dissemination-2-inbound", .radix = 2, .epochs = 2, .mortal = -1, .refusals = true,
     .strength = SACRED_INBOUND},
    {TWO, .name = "dissemination-2-waits", .radix = 2, .epochs = 2, .mortal = -1, .strength = SACRED_ARRIVE,
     .waits = true},
    {TWO, .name = "dissemination-2-inbound-amidst", .radix = 2, .epochs = 2, .mortal = -1, .strength = SACRED_INBOUND,
     .length = AMIDST},
    {TWO, .name = "dissemination-2-full-dies", .radix = 2, .epochs = 2, .mortal = 1, .strength = SACRED_FULL},
    {RING, .name = "dissemination-3-disturbed", .epochs = 1, .mortal = -1, .strength = SACRED_ARRIVE,
     .length = DISTURBED},
    {RING, .name = "dissemination-3-arrive", .epochs = 2, .mortal = -1, .strength = SACRED_ARRIVE},
    {RING, .name = "dissemination-3-arrive-dies", .epochs = 2, .mortal = 2, .strength = SACRED_ARRIVE},
    {RING, .name = "dissemination-3-arrive-asks", .epochs = 2, .mortal = -1, .strength = SACRED_ARRIVE, .asks = true},
    {RING, .name = "dissemination-3-inbound-one", .epochs = 1, .mortal = -1, .strength = SACRED_INBOUND, .length = ONE},
    {RING, .name = "dissemination-3-full-one", .epochs = 1, .mortal = -1, .strength = SACRED_FULL, .length = ONE},
    {THREE, .name = "dissemination-3-one-round", .radix = 3, .epochs = 2, .mortal = -1, .strength = SACRED_ARRIVE},
    {FOUR, .name = "dissemination-4-arrive", .epochs = 1, .mortal = -1, .strength = SACRED_ARRIVE},
    {FOUR, .name = "dissemination-4-arrive-2", .epochs = 2, .mortal = -1, .strength = SACRED_ARRIVE, .is_long = true},
    {FOUR, .name = "dissemination-4-inbound-one", .epochs = 1, .mortal = -1, .strength = SACRED_INBOUND, .length = ONE,
     .is_long = true},
    {BARRIER, .name = "dissemination-wide-arrive", .radix = 2, .epochs = 400, .strength = SACRED_ARRIVE,
     .is_wide = true},
    {BARRIER, .name = "dissemination-wide-full", .radix = 3, .epochs = 240, .strength = SACRED_FULL, .is_wide = true},
    {.name = 0},
};
