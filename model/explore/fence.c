/* The fence: data to a peer, one word read late and one inline; the fence; then a third rank is told. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "fence.h"
#include "scenario.h"

/* Who has data for whom: rank 0 for rank 1; these two for each other; or each for the next. */
enum { ONE, TWO, EACH };

struct fence_rank {
  struct sacred_fence fence;
  struct fence_peer to[RANKS];
  tiny says, heard, at, there, bereft; /* there: of which ranks the flush was back; bereft: it knows of a death */
};

static struct rows data, told;

static void start(const struct scenario *s)
{
  place_nothing(s->ranks);
  extent.polls = true;
  data = place_rows("data", 2);
  told = place_rows("told", 1);
  for (unsigned i = 0; i < s->ranks; i++) {
    struct fence_rank *r = ARENA_OF(fence_rank, i);
    r->fence.w = &wires[i];
    r->fence.to = r->to;
    r->says = 1;
  }
}

enum { FILL, LATE, INLINE, START, TEST, ASK, TELL };

static bool says(const struct scenario *s, unsigned rank)
{
  return rank == 0 || s->strength == EACH || (s->strength == TWO && rank == 1);
}

static unsigned peer(const struct scenario *s, unsigned rank)
{
  return s->strength == EACH ? (rank + 1) % s->ranks : rank == 0 ? 1 : 0;
}

/* Rank 0 tells the last; where each tells, the one behind its peer. */
static unsigned third(const struct scenario *s, unsigned rank)
{
  return s->strength == EACH ? (rank + 2) % s->ranks : rank == 0 ? s->ranks - 1 : 0;
}

/* Whom the rank hears, or nobody. */
static unsigned told_by(const struct scenario *s, unsigned rank)
{
  if (s->strength == EACH)
    return (rank + s->ranks - 2) % s->ranks;
  return rank == s->ranks - 1 ? 0 : s->ranks;
}

static bool placed(const struct scenario *s, unsigned from, unsigned epoch)
{
  unsigned to = peer(s, from);
  return peek(to, &data, 0, from) >= epoch && peek(to, &data, 8, from) >= epoch;
}

/* -- who is missing ------------------------------------------------------------------------ */

/* Has all that there is to flush at rank i been asked? */
static bool is_asked(const struct fence_rank *r, unsigned rank, unsigned i)
{
  bool clean = machine_now()->pair[pair_of(rank, i, 0)].posted == r->to[i].clean;
  return r->fence.phase == FENCE_LAND || i < r->fence.next || clean;
}

/* The ranks whose flush is posted and completed, or that need none. */
static tiny back(const struct scenario *s, const struct fence_rank *r, unsigned rank)
{
  tiny there = 0;
  for (unsigned i = 0; i < s->ranks; i++)
    if (i != rank && is_asked(r, rank, i) && machine_completed(machine_now(), pair_of(rank, i, 0)) >= r->to[i].got)
      there |= (tiny)(1U << i);
  return there;
}

static void ask(const struct scenario *s, struct fence_rank *r, unsigned rank)
{
  uint32_t ranks[RANKS];
  tiny listed = ranks_of(ranks, sacred_fence_missing(&r->fence, ranks));
  check_missing(listed, r->there, back(s, r, rank), rank);
  r->there = 0;
  r->at = TEST;
}

/* -- what a rank does ---------------------------------------------------------------------- */

static int await(const struct scenario *s, struct fence_rank *r)
{
  if (!s->waits)
    return sacred_fence_test(&r->fence);
  int status = sacred_fence_wait(&r->fence, 1);
  if (status == SACRED_TIMEOUT)
    timed_out();
  return status;
}

static int do_next(const struct scenario *s, struct fence_rank *r, unsigned rank)
{
  struct wire *w = r->fence.w;
  uint64_t word = r->says, at = data.at + rank * data.stride;
  switch (r->at) {
  case FILL: /* the fence of the last epoch was OK, so its source is read */
    wire_fill_words(w, &data, 0, &word, 1);
    return SACRED_OK;
  case LATE:
    return wire_put(w, peer(s, rank), &data, 0, 8);
  case INLINE:
    return wire_write_word(w, peer(s, rank), at + 8, word);
  case START: /* a wait begins it itself */
    call_begins();
    return s->waits ? SACRED_OK : sacred_fence_start(&r->fence);
  case TEST:
    return await(s, r);
  default:
    return wire_write_word(w, third(s, rank), told.at + rank * told.stride, word);
  }
}

static void over(const struct scenario *s, struct fence_rank *r, unsigned rank)
{
  narrate("rank %u: its fence %u is over", rank, r->says);
  if (!placed(s, rank, r->says))
    fails("fence_places: the fence is over, and what was posted before it is not placed");
  if (r->fence.epoch != r->says || r->fence.phase != FENCE_IDLE)
    fails("fence: it is over, and is not the one that was begun");
  uint64_t result = SACRED_OK;
  theorem("fence_places", (struct given[]){{"result", &result}, {0}});
  r->at = TELL;
}

static void say(const struct scenario *s, struct fence_rank *r, unsigned rank)
{
  if (r->at == ASK) {
    ask(s, r, rank);
    return;
  }
  int status = do_next(s, r, rank);
  r->bereft = status == SACRED_ERR_DEAD;
  if (status != SACRED_OK) {
    if (r->at == TEST && s->asks && !r->bereft) {
      r->there = back(s, r, rank);
      r->at = ASK;
    }
  } else if (r->at == TEST)
    over(s, r, rank);
  else if (r->at++ == TELL) {
    uint64_t result = SACRED_OK;
    theorem("fence_then_tell", (struct given[]){{"result", &result}, {0}});
    call_ends();
    r->at = FILL;
    r->says++;
  }
}

/* Who is told of a fence finds all that was before it, wherever it was put. */
static void hear(const struct scenario *s, struct fence_rank *r, unsigned rank)
{
  unsigned from = told_by(s, rank);
  if (from == s->ranks || r->heard == s->epochs)
    return;
  if (!wire_reached(r->fence.w, &told, 0, from, r->heard + 1U)) {
    r->bereft = wire_health(r->fence.w) == SACRED_ERR_DEAD;
    return;
  }
  r->heard++;
  narrate("rank %u: was told %u", rank, r->heard);
  if (!placed(s, from, r->heard))
    fails("fence_then_tell: a rank was told, and what was fenced before is not placed");
}

static void act(const struct scenario *s, unsigned rank)
{
  struct fence_rank *r = ARENA_OF(fence_rank, rank);
  if (says(s, rank) && r->says <= s->epochs)
    say(s, r, rank);
  else
    hear(s, r, rank);
}

static bool at_end(const struct scenario *s, unsigned rank)
{
  struct fence_rank *r = ARENA_OF(fence_rank, rank);
  bool said = !says(s, rank) || r->says > s->epochs;
  return r->bereft || (said && (told_by(s, rank) == s->ranks || r->heard == s->epochs));
}

#define FENCE .start = start, .act = act, .at_end = at_end, .check = nothing_wrong
const struct scenario fence_scenarios[] = {
    {FENCE, .name = "fence-2", .ranks = 2, .epochs = 2, .mortal = -1, .refusals = true},
    {FENCE, .name = "fence-2-both", .ranks = 2, .epochs = 1, .mortal = -1, .strength = TWO},
    {FENCE, .name = "fence-2-dies", .ranks = 2, .epochs = 2, .mortal = 0, .refusals = true},
    {FENCE, .name = "fence-2-waits", .ranks = 2, .epochs = 2, .mortal = -1, .waits = true},
    {FENCE, .name = "fence-2-asks", .ranks = 2, .epochs = 1, .mortal = -1, .strength = TWO, .asks = true},
    {FENCE, .name = "fence-3", .ranks = 3, .epochs = 1, .mortal = -1, .refusals = true},
    {FENCE, .name = "fence-3-both", .ranks = 3, .epochs = 1, .mortal = -1, .strength = TWO},
    {FENCE, .name = "fence-3-dies", .ranks = 3, .epochs = 1, .mortal = 0, .strength = TWO},
    {FENCE, .name = "fence-3-asks", .ranks = 3, .epochs = 1, .mortal = -1, .refusals = true, .asks = true},
    {FENCE, .name = "fence-2-both-epochs-2", .ranks = 2, .epochs = 2, .mortal = -1, .strength = TWO},
    {FENCE, .name = "fence-3-epochs-2", .ranks = 3, .epochs = 2, .mortal = -1},
    {FENCE, .name = "fence-wide", .epochs = 600, .strength = EACH, .is_wide = true},
    {.name = 0},
};
