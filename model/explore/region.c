/* The region: puts and gets of data on one queue pair, and when their words may be used, at both ends. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "region.h"
#include "flag.h"
#include "scenario.h"

/*
 * Rank 1 stores a word at home and raises a flag. Rank 0, behind that, puts a word of its own beside it, gets both
 * words, and looks at what came: no older than the flag said, and what it put itself. The source of its put it spoils
 * in between. Values grow, as the numbers of the proofs' world do.
 */
struct region_rank {
  struct sacred_region region;
  struct sacred_flag flag;
  uint64_t raised[RANKS], put, got;
  tiny epoch, heard, at;
};

static struct rows words, landing;

/* What rank 0 puts in an epoch; one more is spoilt. */
static uint64_t word_of(unsigned epoch)
{
  return 2 * epoch - 1;
}

static void start(const struct scenario *s)
{
  place_nothing(s->ranks);
  extent.polls = true;
  extent.looks_home = true;
  words = place_rows("words", 1);
  landing = place_rows("landing", 2);
  struct rows rows = place_rows("flag", 1);
  for (unsigned i = 0; i < s->ranks; i++) {
    struct region_rank *r = ARENA_OF(region_rank, i);
    r->region = (struct sacred_region){.w = &wires[i], .at = 0, .size = 8 * (uint64_t)extent.words};
    r->flag = (struct sacred_flag){&wires[i], rows, r->raised};
    r->epoch = 1;
  }
}

enum { FILL, HEAR, PUT_OWN, GET_BOTH, REUSE, USE };

/* -- rank 1: a word at home, and who sees the flag may get it --------------------------- */

static void tell(struct region_rank *r)
{
  uint64_t word = r->epoch;
  if (r->at == FILL) {
    wire_fill_words(r->region.w, &words, 0, &word, 1);
    r->at = HEAR;
  } else if (sacred_flag_raise(&r->flag, 0, word) == SACRED_OK) {
    r->epoch++;
    r->at = FILL;
  }
}

/* -- rank 0 --------------------------------------------------------------------------------- */

static void hear(struct region_rank *r)
{
  r->at = PUT_OWN;
  if (r->heard < r->epoch && sacred_flag_test(&r->flag, 1, r->heard + 1U) == SACRED_OK)
    r->heard++;
}

static void use(struct region_rank *r, int status)
{
  if (status != SACRED_OK)
    return;
  unsigned own = peek(0, &landing, 0, 0), theirs = peek(0, &landing, 8, 0);
  narrate("rank 0: has got %u and %u", own, theirs);
  if (own != word_of(r->epoch))
    fails("region: a get is completed, and has not what was put before it");
  if (theirs < r->heard)
    fails("region: a get is completed, and has not what was stored before the flag that was seen before it");
  r->epoch++;
  r->at = FILL;
}

static int test(const struct scenario *s, struct region_rank *r, uint64_t ticket)
{
  if (!s->waits)
    return sacred_region_test(&r->region, 1, ticket);
  int status = sacred_region_wait(&r->region, 1, ticket, 1);
  if (status == SACRED_TIMEOUT)
    timed_out();
  return status;
}

/* The put is completed before the get: then its source is the rank's own again, and is spoilt at once. */
static void reuse(const struct scenario *s, struct region_rank *r)
{
  uint64_t spoilt = word_of(r->epoch) + 1;
  if (test(s, r, r->put) != SACRED_OK)
    return;
  wire_fill_words(r->region.w, &words, 0, &spoilt, 1);
  r->at = USE;
}

static void ask(const struct scenario *s, struct region_rank *r)
{
  uint64_t word = word_of(r->epoch), to = landing.at;
  switch (r->at) {
  case FILL:
    wire_fill_words(r->region.w, &words, 0, &word, 1);
    r->at = HEAR;
    break;
  case HEAR:
    hear(r);
    break;
  case PUT_OWN:
    r->at = sacred_region_put(&r->region, 1, words.at, words.at, 8, &r->put) == SACRED_OK ? GET_BOTH : PUT_OWN;
    break;
  case GET_BOTH:
    r->at = sacred_region_get(&r->region, 1, to, words.at, 16, &r->got) == SACRED_OK ? REUSE : GET_BOTH;
    break;
  case REUSE:
    reuse(s, r);
    break;
  default:
    use(r, test(s, r, r->got));
  }
}

static void act(const struct scenario *s, unsigned rank)
{
  struct region_rank *r = ARENA_OF(region_rank, rank);
  if (rank == 1)
    tell(r);
  else
    ask(s, r);
}

static bool at_end(const struct scenario *s, unsigned rank)
{
  const struct region_rank *r = ARENA_OF(region_rank, rank);
  return rank > 1 || r->epoch > s->epochs;
}

#define REGION .start = start, .act = act, .at_end = at_end, .check = nothing_wrong, .ranks = 2, .mortal = -1
const struct scenario region_scenarios[] = {
    {REGION, .name = "region-2", .epochs = 2, .refusals = true},
    {REGION, .name = "region-2-waits", .epochs = 2, .waits = true},
    {REGION, .name = "region-2-epochs-3", .epochs = 3},
    {.name = 0},
};
