/* The broadcast: calls of some chunks, the root changing or not; every buffer becomes the root's. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "broadcast.h"
#include "scaled.h"
#include "broadcast_chunk.h"
#include "scenario.h"
#include <string.h>

enum { LONGEST = 4, BYTES = LONGEST * BROADCAST_CHUNK }; /* chunks of a call */

struct broadcast_rank {
  uint64_t buffer[LONGEST]; /* first: where it is has to be a small number */
  struct sacred_broadcast broadcast;
  uint64_t taken[RANKS];
  tiny calls, begun, there, asks; /* there: who owed no thanks */
  tiny bereft;                    /* it knows of a death or of a mismatch, and ends */
};

/* Who is the root: rank 0; they take turns; rank 0, and rank 1 believes otherwise; or is wrong about the size. */
enum { ZERO, TURNS, RIVAL, SIZES };

/* Of a row only the counts, the first half of each header, where its bytes are, and the chunks are in use. */
static bool is_used(const struct scenario *s, unsigned off)
{
  if (off < BROADCAST_DATA)
    return off < BROADCAST_READY + 8 * BROADCAST_SLOTS || off == BROADCAST_TAKEN;
  unsigned in_slot = (off - BROADCAST_DATA) % BROADCAST_SLOT;
  return in_slot < (s->refers ? 40 : 32) || in_slot >= BROADCAST_HEAD;
}

static void start(const struct scenario *s)
{
  place_nothing(s->ranks);
  struct rows rows = place_rows("row", BROADCAST_ROW / 8);
  for (unsigned word = 0; word < extent.words; word++)
    extent.idle[word] = !is_used(s, word * 8 % BROADCAST_ROW);
  for (unsigned i = 0; i < s->ranks; i++) {
    struct broadcast_rank *r = ARENA_OF(broadcast_rank, i);
    r->broadcast = (struct sacred_broadcast){.w = &wires[i],
                                             .rows = rows,
                                             .taken = r->taken,
                                             .short_radix = s->radix ? s->radix : RANKS,
                                             .long_radix = s->radix ? s->radix : RANKS};
  }
}

/* The root of a call, as this rank has it. */
static unsigned root_of(const struct scenario *s, unsigned rank, unsigned call)
{
  if (s->strength == RIVAL && rank == 1)
    return 2;
  return s->strength == TURNS ? call % s->ranks : 0;
}

/* What the root of call c has in chunk k: no two are the same. */
static uint64_t word_of(unsigned call, unsigned k)
{
  return 10 * (call + 1) + k;
}

/* How many chunks there are, as this rank has it. */
static unsigned chunks(const struct scenario *s, unsigned rank)
{
  return s->length + (s->strength == SIZES && rank == 1);
}

/* -- what is to hold ------------------------------------------------------------------------ */

static void check_buffer(const struct scenario *s, const struct broadcast_rank *r, unsigned rank)
{
  bool is_root = root_of(s, rank, r->calls) == rank;
  for (unsigned k = 0; k < chunks(s, rank); k++)
    if (r->buffer[k] != word_of(r->calls, k))
      fails(is_root
                ? "broadcast_only_reads: the root's buffer has changed"
                : "broadcast_delivers, broadcast_agrees: a call is over, and the buffer is not what the root's was");
}

/* A word of the header of chunk p, from the rank's own row. */
static unsigned head(const struct broadcast_rank *r, unsigned rank, uint64_t p, unsigned word)
{
  const struct rows *rows = &r->broadcast.rows;
  return machine_load(machine_now(), rank, (unsigned)((rows->at + rank * rows->stride + slot(p)) / 8 + word));
}

/* The chunk in slot k of the rank's own row, 0: none. */
static uint64_t in_slot(const struct sacred_broadcast *b, unsigned k)
{
  bool is_filled = b->phase == BROADCAST_SEND && (b->chunks + 1) % BROADCAST_SLOTS == k; /* and not with all yet */
  return is_filled ? b->chunks + 1 : b->held[k];
}

/* What a rank has sent, or passed on: each is of a later call than the one before, or further on in it, and of its root. */
static void check_stream(const struct scenario *s, const struct broadcast_rank *r, unsigned rank)
{
  uint64_t p = in_slot(&r->broadcast, 0), q = in_slot(&r->broadcast, 1);
  for (unsigned k = 0; k < BROADCAST_SLOTS; k++) {
    uint64_t chunk = in_slot(&r->broadcast, k);
    if (chunk > 0 && head(r, rank, chunk, 1) != root_of(s, rank, head(r, rank, chunk, 0) - 1))
      fails("broadcast: a chunk in a rank's row says that another is its root");
  }
  if (p == 0 || q == 0)
    return;
  uint64_t early = p < q ? p : q, late = p < q ? q : p;
  unsigned call = head(r, rank, early, 0), next = head(r, rank, late, 0);
  if (call > next || (call == next && head(r, rank, early, 3) >= head(r, rank, late, 3)))
    fails("broadcast_rises: two chunks of a rank say the same call and offset, or go back");
}

/* Rank 1 has other arguments than rank 0: it is told both. */
static void check_mismatch(const struct scenario *s, const struct broadcast_rank *r, unsigned rank)
{
  struct sacred_broadcast_call mine, theirs;
  if (rank != 1 || s->strength < RIVAL) {
    fails("broadcast: a mismatch, where all ranks make the same calls");
    return;
  }
  sacred_broadcast_mismatch(&r->broadcast, &mine, &theirs);
  narrate("rank 1: a mismatch with rank %u", (unsigned)theirs.rank);
  if (mine.rank != 1 || mine.call != 1 || mine.root != root_of(s, 1, 0) || mine.size != 8 * chunks(s, 1))
    fails("mismatch: what rank 1 gave is not what it is told that it gave");
  if (theirs.rank != 0 || theirs.call != 1 || theirs.root != 0 || theirs.size != 8 * chunks(s, 0) || theirs.offset != 0)
    fails("mismatch: what rank 0 gave is not what rank 1 is told that it gave");
}

/* Is it a child in the tree of this root? */
static bool is_child(const struct sacred_broadcast *b, uint32_t root, uint32_t radix, unsigned rank, unsigned i)
{
  uint32_t v = behind(b->w, root, i);
  return v > 0 && rank_at(b->w, root, tree_parent(radix, v)) == rank;
}

/* Does it wait for thanks: for what is in the slot of the chunk at hand; or, where that is sent to all, for that itself? */
static bool waits_for_thanks(const struct sacred_broadcast *b)
{
  return b->phase == BROADCAST_CREDIT || (b->phase == BROADCAST_SEND && child(b->w, b->root, b->radix, b->next) == 0);
}

/* The others that owe none. */
static tiny thanked(const struct scenario *s, const struct broadcast_rank *r, unsigned rank)
{
  const struct sacred_broadcast *b = &r->broadcast;
  unsigned k = (b->chunks + 1) % BROADCAST_SLOTS;
  bool is_sent = b->phase == BROADCAST_SEND;
  uint32_t root = is_sent ? b->root : b->held_root[k], radix = is_sent ? b->radix : b->held_radix[k];
  uint64_t last = is_sent ? b->chunks + 1 : b->held[k];
  tiny there = 0;
  for (unsigned i = 0; i < s->ranks; i++)
    if (i != rank && (!is_child(b, root, radix, rank, i) || peek(rank, &b->rows, BROADCAST_TAKEN, i) >= last))
      there |= (tiny)(1U << i);
  return there;
}

static void ask(const struct scenario *s, struct broadcast_rank *r, unsigned rank)
{
  uint32_t ranks[RANKS];
  const struct sacred_broadcast *b = &r->broadcast;
  uint32_t n = sacred_broadcast_missing(b, ranks);
  if (waits_for_thanks(b))
    check_missing(ranks_of(ranks, n), r->there, thanked(s, r, rank), rank);
  else if (b->phase == BROADCAST_SEND ? n != 1 || !is_child(b, b->root, b->radix, rank, ranks[0])
                                      : n != 1 || !is_child(b, b->root, b->radix, ranks[0], rank))
    fails("missing: who waits for a chunk misses its parent, and who waits for room the child that is to have one");
  r->there = 0;
  r->asks = 0;
}

/* -- what a rank does ------------------------------------------------------------------------ */

static void begin(const struct scenario *s, struct broadcast_rank *r, unsigned rank)
{
  unsigned root = root_of(s, rank, r->calls);
  for (unsigned k = 0; k < chunks(s, rank); k++)
    r->buffer[k] = root == rank ? word_of(r->calls, k) : 0;
  if (!s->waits)
    broadcast_start(&r->broadcast, root, (unsigned char *)r->buffer, 8 * chunks(s, rank));
  r->begun = 1;
}

/* Each byte of a buffer as a number of its own, as theorems have it. */
static void spread(uint64_t *bytes, const uint64_t *buffer)
{
  for (unsigned y = 0; y < BYTES; y++)
    bytes[y] = ((const unsigned char *)buffer)[y];
}

/* In the world of the proofs; of `before` is what was in the buffer when the call, or its last continuation, began. */
static void theorems(const struct scenario *s, const struct broadcast_rank *r, unsigned rank, const uint64_t *before)
{
  uint64_t result = SACRED_OK, root = root_of(s, rank, r->calls), size = 8 * chunks(s, rank), buf[BYTES], old[BYTES];
  spread(buf, r->buffer);
  spread(old, before);
  const struct sacred_broadcast *b = &r->broadcast;
  const struct given given[] = {
      {"result", &result},  {"root", &root},          {"size", &size},        {"buf", buf}, {"old_buf", old},
      {"b_call", &b->call}, {"b_chunks", &b->chunks}, {"b_first", &b->first}, {0}};
  theorem("broadcast_delivers", given);
  theorem("broadcast_only_reads", given);
  theorem("broadcast_rises", given);
  theorem("broadcast_passes_on", given);
}

static void over(const struct scenario *s, struct broadcast_rank *r, unsigned rank, const uint64_t *before)
{
  narrate("rank %u: call %u is over", rank, r->calls + 1U);
  if (rank == 1 && s->strength >= RIVAL)
    fails("broadcast_delivers: a call is over where nobody is its root, or where it has another size");
  check_buffer(s, r, rank);
  theorems(s, r, rank, before);
  memset(r->buffer, 0, sizeof r->buffer);
  r->calls++;
  r->begun = 0;
}

/* A wait begins the call, and goes on with it when it is called again. */
static int await(const struct scenario *s, struct broadcast_rank *r, unsigned rank)
{
  if (!s->waits)
    return sacred_broadcast_test(&r->broadcast);
  int status =
      broadcast_run(&r->broadcast, root_of(s, rank, r->calls), (unsigned char *)r->buffer, 8 * chunks(s, rank), 1);
  if (status == SACRED_TIMEOUT)
    timed_out();
  if (status == SACRED_TIMEOUT && r->broadcast.phase == BROADCAST_IDLE)
    fails("broadcast_resumes: a timeout, and the call does not go on");
  return status;
}

static void act(const struct scenario *s, unsigned rank)
{
  struct broadcast_rank *r = ARENA_OF(broadcast_rank, rank);
  if (!r->begun || r->asks) {
    (r->asks ? ask : begin)(s, r, rank);
    return;
  }
  uint64_t before[LONGEST];
  memcpy(before, r->buffer, sizeof before);
  int status = await(s, r, rank);
  check_stream(s, r, rank);
  if (root_of(s, rank, r->calls) == rank)
    check_buffer(s, r, rank);
  if (status == SACRED_OK)
    over(s, r, rank, before);
  else if (status == SACRED_ERR_MISMATCH)
    check_mismatch(s, r, rank);
  else if (s->asks && status == SACRED_AGAIN) {
    r->there = waits_for_thanks(&r->broadcast) ? thanked(s, r, rank) : 0;
    r->asks = 1;
  }
  r->bereft = status == SACRED_ERR_DEAD || status == SACRED_ERR_MISMATCH;
}

static bool at_end(const struct scenario *s, unsigned rank)
{
  const struct broadcast_rank *r = ARENA_OF(broadcast_rank, rank);
  return r->calls == s->epochs || r->bereft;
}

#define BROADCAST .start = start, .act = act, .at_end = at_end, .check = nothing_wrong
const struct scenario broadcast_scenarios[] = {
    {BROADCAST, .name = "broadcast-2-one-root", .ranks = 2, .epochs = 3, .length = 1, .mortal = -1},
    {BROADCAST, .name = "broadcast-2-roots-change", .ranks = 2, .epochs = 2, .length = 1, .mortal = -1,
     .strength = TURNS},
    {BROADCAST, .name = "broadcast-2-refusals", .ranks = 2, .epochs = 2, .length = 1, .mortal = -1, .refusals = true},
    {BROADCAST, .name = "broadcast-2-chunks", .ranks = 2, .epochs = 2, .length = 3, .mortal = -1, .strength = TURNS},
    {BROADCAST, .name = "broadcast-2-chunks-4", .ranks = 2, .epochs = 1, .length = 4, .mortal = -1},
    {BROADCAST, .name = "broadcast-2-dies", .ranks = 2, .epochs = 2, .length = 1, .mortal = 0, .strength = TURNS},
    {BROADCAST, .name = "broadcast-2-waits", .ranks = 2, .epochs = 2, .length = 1, .mortal = -1, .waits = true},
    {BROADCAST, .name = "broadcast-2-asks", .ranks = 2, .epochs = 1, .length = 3, .mortal = -1, .asks = true},
    {BROADCAST, .name = "broadcast-2-asks-refusals", .ranks = 2, .epochs = 2, .length = 1, .mortal = -1,
     .refusals = true, .asks = true},
    {BROADCAST, .name = "broadcast-2-sizes", .ranks = 2, .epochs = 1, .length = 1, .mortal = -1, .strength = SIZES},
    {BROADCAST, .name = "broadcast-2-refers", .ranks = 2, .epochs = 2, .length = 1, .mortal = -1, .refers = true,
     .asks = true},
    {BROADCAST, .name = "broadcast-2-refers-chunks", .ranks = 2, .epochs = 1, .length = 3, .mortal = -1, .refers = true,
     .is_long = true},
    {BROADCAST, .name = "broadcast-2-refers-turns", .ranks = 2, .epochs = 2, .length = 1, .mortal = -1,
     .strength = TURNS, .refers = true, .refusals = true},
    {BROADCAST, .name = "broadcast-2-chunks-dies", .ranks = 2, .epochs = 2, .length = 3, .mortal = 1, .strength = TURNS,
     .refusals = true, .is_long = true},
    {BROADCAST, .name = "broadcast-3-roots-change", .ranks = 3, .epochs = 1, .length = 1, .mortal = -1,
     .strength = TURNS, .is_long = true},
    {BROADCAST, .name = "broadcast-3-rival-empty", .ranks = 3, .epochs = 1, .length = 0, .mortal = -1,
     .strength = RIVAL},
    {BROADCAST, .name = "broadcast-3-rival", .ranks = 3, .epochs = 1, .length = 1, .mortal = -1, .strength = RIVAL,
     .is_long = true},
    {BROADCAST, .name = "broadcast-3-chain", .ranks = 3, .epochs = 1, .length = 1, .mortal = -1, .radix = 1},
    {BROADCAST, .name = "broadcast-3-chain-chunks", .ranks = 3, .epochs = 1, .length = 3, .mortal = -1, .radix = 1,
     .is_long = true, .is_huge = true},
    {BROADCAST, .name = "broadcast-3-chain-turns", .ranks = 3, .epochs = 3, .length = 1, .mortal = -1, .radix = 1,
     .strength = TURNS, .is_long = true},
    {BROADCAST, .name = "broadcast-wide-chain", .epochs = 400, .length = 3, .strength = TURNS, .radix = 1,
     .is_wide = true},
    {BROADCAST, .name = "broadcast-wide-tree", .epochs = 400, .length = 2, .strength = TURNS, .radix = 2,
     .is_wide = true},
    {BROADCAST, .name = "broadcast-wide-one", .epochs = 400, .length = 3, .is_wide = true},
    {BROADCAST, .name = "broadcast-wide-asks", .epochs = 400, .length = 3, .asks = true, .is_wide = true},
    {BROADCAST, .name = "broadcast-wide-turns", .epochs = 400, .length = 2, .strength = TURNS, .is_wide = true},
    {.name = 0},
};
