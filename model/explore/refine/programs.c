/* Small programs, in the manner of litmus tests, that notice which world it is. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "refine.h"

struct program_rank {
  uint8_t at;
};

static struct rows data;

static void start(const struct scenario *s)
{
  place_nothing(s->ranks);
  data = place_rows("x", 1);
}

static void store(unsigned rank, uint64_t v)
{
  wire_fill_words(&wires[rank], &data, 0, &v, 1);
}

/*
 * Rank 0 puts x and writes x again. Its NIC may read the old x while the new one is in the store buffer, as another's
 * get may in SB-cpu-vs-put; or the new one.
 */
static void write_again(unsigned rank, unsigned at)
{
  if (at == 1)
    wire_put(&wires[rank], 1, &data, 0, 8);
  else
    store(rank, at == 0 ? 1 : 2);
}

/* Rank 0 puts x to rank 1, then to rank 2, where it may be placed first. */
static void put_twice(unsigned rank, unsigned at)
{
  if (at == 0)
    store(rank, 1);
  else
    wire_put(&wires[rank], at, &data, 0, 8);
}

static void act(const struct scenario *s, unsigned rank)
{
  struct program_rank *r = ARENA_OF(program_rank, rank);
  (s->ranks == 2 ? write_again : put_twice)(rank, r->at);
  r->at++;
}

static bool at_end(const struct scenario *s, unsigned rank)
{
  (void)s;
  return rank != 0 || ARENA_OF(program_rank, rank)->at == 3;
}

#define PROGRAM .start = start, .act = act, .at_end = at_end, .check = nothing_wrong, .mortal = -1
const struct scenario program_scenarios[] = {
    {PROGRAM, .name = "program-write-again", .ranks = 2},
    {PROGRAM, .name = "program-two-peers", .ranks = 3},
    {.name = 0},
};
