/* The fence: data to rank 1, one word read late and one inline; the fence; then the last rank is told. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "fence.h"
#include "scenario.h"

struct fence_rank {
  struct sacred_fence fence;
  uint64_t ticket[RANKS];
  uint8_t says, heard, at;
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
    r->fence.ticket = r->ticket;
    r->says = 1;
  }
}

enum { FILL, LATE, INLINE, START, TEST, TELL };

static bool says(const struct scenario *s, unsigned rank)
{
  return rank == 0 || (s->strength && rank == 1);
}

static unsigned peer(unsigned rank)
{
  return rank == 0 ? 1 : 0;
}

static bool placed(const struct fence_rank *r, unsigned rank)
{
  return peek(peer(rank), &data, 0, rank) >= r->says && peek(peer(rank), &data, 8, rank) >= r->says;
}

static int do_next(struct fence_rank *r, unsigned rank, unsigned third)
{
  struct wire *w = r->fence.w;
  uint64_t word = r->says, at = data.at + rank * data.stride;
  switch (r->at) {
  case FILL: /* the fence of the last epoch was OK, so its source is read */
    wire_fill_words(w, &data, 0, &word, 1);
    return SACRED_OK;
  case LATE:
    return wire_put(w, peer(rank), &data, 0, 8);
  case INLINE:
    return wire_write_word(w, peer(rank), at + 8, word);
  case START:
    return sacred_fence_start(&r->fence);
  case TEST:
    return sacred_fence_test(&r->fence);
  default:
    return wire_write_word(w, third, told.at + rank * told.stride, word);
  }
}

static void say(struct fence_rank *r, unsigned rank, unsigned third)
{
  if (do_next(r, rank, third) != SACRED_OK)
    return;
  if (r->at == TEST)
    narrate("rank %u: its fence %u is over", rank, r->says);
  if (r->at == TEST && !placed(r, rank))
    fails("fence_places: the fence is over, and what was posted before it is not placed");
  if (r->at++ == TELL) {
    r->at = FILL;
    r->says++;
  }
}

/* The last rank hears from rank 0 where rank 0 has been. */
static void hear(struct fence_rank *r, unsigned rank)
{
  if (!wire_reached(r->fence.w, &told, 0, 0, r->heard + 1U))
    return;
  r->heard++;
  narrate("rank %u: was told %u", rank, r->heard);
  if (peek(1, &data, 0, 0) < r->heard || peek(1, &data, 8, 0) < r->heard)
    fails("fence_then_tell: a rank was told, and what was fenced before is not placed");
}

static void act(const struct scenario *s, unsigned rank)
{
  struct fence_rank *r = ARENA_OF(fence_rank, rank);
  if (says(s, rank) && r->says <= s->epochs)
    say(r, rank, rank == 0 ? s->ranks - 1 : 0);
  else
    hear(r, rank);
}

static bool at_end(const struct scenario *s, unsigned rank)
{
  struct fence_rank *r = ARENA_OF(fence_rank, rank);
  return (!says(s, rank) || r->says > s->epochs) && (rank != s->ranks - 1 || r->heard == s->epochs);
}

#define FENCE .start = start, .act = act, .at_end = at_end, .check = nothing_wrong, .mortal = -1
const struct scenario fence_scenarios[] = {
    {FENCE, .name = "fence-2", .ranks = 2, .epochs = 2, .refusals = true},
    {FENCE, .name = "fence-2-both", .ranks = 2, .epochs = 1, .strength = 1},
    {FENCE, .name = "fence-3", .ranks = 3, .epochs = 1, .refusals = true},
    {FENCE, .name = "fence-3-both", .ranks = 3, .epochs = 1, .strength = 1},
    {FENCE, .name = "fence-2-both-epochs-2", .ranks = 2, .epochs = 2, .strength = 1},
    {FENCE, .name = "fence-3-epochs-2", .ranks = 3, .epochs = 2},
    {.name = 0},
};
