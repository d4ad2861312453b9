/* The broadcast: calls of some chunks, the root changing or not; every buffer becomes the root's. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "broadcast.h"
#include "scaled.h"
#include "scenario.h"
#include <string.h>

enum { LONGEST = 4 }; /* chunks of a call */

struct broadcast_rank {
  struct sacred_broadcast broadcast;
  uint64_t taken[RANKS];
  uint64_t buffer[LONGEST];
  uint8_t calls, begun, bereft; /* bereft: it knows that the other is dead, and ends */
};

/* Of a row only the counts, the first half of each header, and the chunks are in use. */
static bool is_used(unsigned off)
{
  if (off < BROADCAST_DATA)
    return off == BROADCAST_READY || off == BROADCAST_TAKEN;
  unsigned in_slot = (off - BROADCAST_DATA) % BROADCAST_SLOT;
  return in_slot < 32 || in_slot >= BROADCAST_HEAD;
}

static void start(const struct scenario *s)
{
  place_nothing(s->ranks);
  struct rows rows = place_rows("row", BROADCAST_ROW / 8);
  for (unsigned word = 0; word < extent.words; word++)
    extent.idle[word] = !is_used(word * 8 % BROADCAST_ROW);
  for (unsigned i = 0; i < s->ranks; i++) {
    struct broadcast_rank *r = ARENA_OF(broadcast_rank, i);
    r->broadcast = (struct sacred_broadcast){.w = &wires[i], .rows = rows, .taken = r->taken};
  }
}

/* Call c is rank 0's, or the roots take turns. */
static unsigned root_of(const struct scenario *s, unsigned call)
{
  return s->strength ? call % s->ranks : 0;
}

/* What the root of call c has in chunk k: no two are the same. */
static uint64_t word_of(unsigned call, unsigned k)
{
  return 10 * (call + 1) + k;
}

static unsigned chunks(const struct scenario *s)
{
  return s->length;
}

static void begin(const struct scenario *s, struct broadcast_rank *r, unsigned root)
{
  for (unsigned k = 0; k < chunks(s); k++)
    r->buffer[k] = root == r->broadcast.w->rank ? word_of(r->calls, k) : 0;
  broadcast_start(&r->broadcast, root, (unsigned char *)r->buffer, 8 * chunks(s));
  r->begun = 1;
}

static void over(const struct scenario *s, struct broadcast_rank *r, unsigned rank)
{
  narrate("rank %u: call %u is over", rank, r->calls + 1U);
  for (unsigned k = 0; k < chunks(s); k++)
    if (r->buffer[k] != word_of(r->calls, k))
      fails("broadcast_delivers: a call is over, and the buffer is not what the root's was");
  memset(r->buffer, 0, sizeof r->buffer);
  r->calls++;
  r->begun = 0;
}

static void act(const struct scenario *s, unsigned rank)
{
  struct broadcast_rank *r = ARENA_OF(broadcast_rank, rank);
  if (!r->begun) {
    begin(s, r, root_of(s, r->calls));
    return;
  }
  int status = sacred_broadcast_test(&r->broadcast);
  if (status == SACRED_OK)
    over(s, r, rank);
  else if (status == SACRED_ERR_DEAD)
    r->bereft = 1;
  else if (status != SACRED_AGAIN)
    fails("broadcast: a mismatch, where all ranks make the same calls");
}

static bool at_end(const struct scenario *s, unsigned rank)
{
  const struct broadcast_rank *r = ARENA_OF(broadcast_rank, rank);
  return r->calls == s->epochs || r->bereft;
}

#define BROADCAST .start = start, .act = act, .at_end = at_end, .check = nothing_wrong
const struct scenario broadcast_scenarios[] = {
    {BROADCAST, .name = "broadcast-2-one-root", .ranks = 2, .epochs = 3, .length = 1, .mortal = -1},
    {BROADCAST, .name = "broadcast-2-roots-change", .ranks = 2, .epochs = 2, .length = 1, .mortal = -1, .strength = 1},
    {BROADCAST, .name = "broadcast-2-refusals", .ranks = 2, .epochs = 2, .length = 1, .mortal = -1, .refusals = true},
    {BROADCAST, .name = "broadcast-2-chunks", .ranks = 2, .epochs = 2, .length = 3, .mortal = -1, .strength = 1},
    {BROADCAST, .name = "broadcast-2-dies", .ranks = 2, .epochs = 2, .length = 1, .mortal = 0, .strength = 1},
    {BROADCAST, .name = "broadcast-2-chunks-dies", .ranks = 2, .epochs = 2, .length = 3, .mortal = 1, .strength = 1,
     .refusals = true, .is_long = true},
    {BROADCAST, .name = "broadcast-3-roots-change", .ranks = 3, .epochs = 1, .length = 1, .mortal = -1, .strength = 1,
     .is_long = true},
    {.name = 0},
};
