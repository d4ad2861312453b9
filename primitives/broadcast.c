/*
 * The broadcast: every rank's stream of chunks to every other, over slots that
 * are used again once all took them.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "broadcast.h"

/* Where chunk p of a stream lies in a row. */
/*@
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    off:    \result == Off(p);
*/
static uint64_t slot(uint64_t p)
{
  return BROADCAST_DATA + p % BROADCAST_SLOTS * BROADCAST_SLOT;
}

/* The bytes of the chunk at hand. */
/*@
  requires   valid:  \valid_read(b) && b->offset <= b->size;
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    bytes:  \result == Chunk(b->size,b->offset) && 0 <= \result <= 32768;
*/
static uint64_t chunk(const struct sacred_broadcast *b)
{
  return b->size - b->offset < BROADCAST_CHUNK ? b->size - b->offset : BROADCAST_CHUNK;
}

int broadcast_start(struct sacred_broadcast *b, uint32_t root, unsigned char *buf, uint64_t size)
{
  if (!b->w->open)
    return wire_refuse(b->w, SACRED_ERR_CLOSED, WIRE_CLOSED, 0, 0);
  if (root >= b->w->size)
    return wire_refuse(b->w, SACRED_ERR_RANK, WIRE_NO_RANK, root, b->w->size);
  if (!buf && size > 0)
    return wire_refuse(b->w, SACRED_ERR_ARGUMENT, WIRE_NO_BUFFER, 0, size);
  if (b->phase == BROADCAST_BROKEN)
    return wire_refuse(b->w, SACRED_ERR_MISMATCH, WIRE_DISAGREE, b->theirs.rank, b->call);
  if (b->phase != BROADCAST_IDLE)
    return wire_refuse(b->w, SACRED_ERR_STATE, WIRE_NOT_OVER, b->call, 0);
  uint64_t first = root == b->w->rank ? b->sent : b->taken[root];
  if (b->call == UINT64_MAX || first > UINT64_MAX - (size / BROADCAST_CHUNK + 1))
    return wire_refuse(b->w, SACRED_ERR_RANGE, WIRE_USED_UP, first, UINT64_MAX);
  b->call++;
  b->root = root;
  b->buf = buf;
  b->size = size;
  b->first = first;
  b->offset = 0;
  b->next = 0;
  b->half = 0;
  b->scan = 0;
  b->phase = root == b->w->rank ? BROADCAST_CREDIT : BROADCAST_TAKE;
  //@ assert static:  BroadcastStatic(b);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert past:    Past(b->call,b->root,b->first,b->sent);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  return SACRED_OK;
}

/* Root: has rank i taken the chunk that was in the slot of chunk p? */
/*@
  requires   valid:  Inv && BroadcastStatic(b) && Pair(ME,i) && 1 <= p && (4 < p ==> p - 4 <= pub(O,0,ME,i));
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    inv:    Inv;
  ensures    others: Rely{Pre,Here};
  ensures    taken:  \result != 0 ==> p <= cell(O,64,ME,i) + 4;
*/
static int left(const struct sacred_broadcast *b, uint32_t i, uint64_t p)
{
  //@ ghost lemma_counts();
  return p <= BROADCAST_SLOTS || wire_reached(b->w, &b->rows, BROADCAST_TAKEN, i, p - BROADCAST_SLOTS);
}

/* Root: has rank `next` taken it? */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_CREDIT && Pair(ME,b->next);
  terminates \true;
  exits      \false;
  assigns    W, b->next;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result);
  ensures    taken:  \result == SACRED_OK ==> b->next == \old(b->next) + 1;
*/
static int credit_one(struct sacred_broadcast *b)
{
  if (!left(b, b->next, b->sent + 1)) {
    //@ assert still_streams: Streams(b);
    //@ assert still_calling: Calling(b);
    //@ assert still_so_far:  SoFar(b);
    //@ assert still_at_hand: AtHand(b);
    return wire_health(b->w);
  }
  b->next++;
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  return SACRED_OK;
}

/* Root: wait until everybody took the chunk that was in the slot. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_CREDIT;
  terminates \true;
  exits      \false;
  assigns    W, b->next;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result);
  ensures    all:    \result == SACRED_OK ==> b->next == N;
*/
static int credit(struct sacred_broadcast *b)
{
  /*@ loop invariant inv:   Inv;
      loop invariant valid: BroadcastValid(b) && b->next <= N;
      loop assigns W, b->next;
      loop variant N - b->next; */
  while (b->next < b->w->size) {
    if (b->next == b->w->rank) {
      b->next++;
      //@ assert streams: Streams(b);
      //@ assert calling: Calling(b);
      //@ assert so_far:  SoFar(b);
      //@ assert at_hand: AtHand(b);
      continue;
    }
    int status = credit_one(b);
    if (status != SACRED_OK)
      return status;
  }
  return SACRED_OK;
}

/* Root: announce the chunk at hand, and its header into its slot, which nobody reads any more. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_CREDIT && b->next == N && p == b->sent + 1;
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    inv:    Inv;
  ensures    filling:Filling(b,p);
  ensures    number: \forall integer a; Off(p) <= a < Off(p) + 64 ==> Own(a,ME) == p;
  ensures    free:   \forall integer a; Off(p) + 64 <= a < Off(p) + 32832 ==> Own(a,ME) < p;
  ensures    head:   Heads(b->call,b->root,b->size,b->first,p + 1);
*/
static void fill_head(struct sacred_broadcast *b, uint64_t p)
{
  uint64_t head[8] = {b->call, b->root, b->size, b->offset, 0, 0, 0, 0};
  //@ ghost lemma_counts();
  //@ ghost history_announce(p);
  //@ assert filling: Filling(b,p) && Free(p);
  //@ ghost lemma_idle(p);
  wire_fill_words(b->w, &b->rows, slot(p), head, 8);
  //@ assert still: Filling(b,p);
  //@ assert words: \forall integer k; 0 <= k < 8 ==> val(O,Off(p) + 8 * k,ME,p) == head[k];
  //@ assert w0: val(O,Off(p) + 8 * 0,ME,p) == head[0];
  //@ assert w1: val(O,Off(p) + 8 * 1,ME,p) == head[1];
  //@ assert w2: val(O,Off(p) + 8 * 2,ME,p) == head[2];
  //@ assert w3: val(O,Off(p) + 8 * 3,ME,p) == head[3];
  //@ assert head: Head(b->call,b->root,b->size,b->first,p);
}

/* Root: the n bytes of the chunk at hand, p, behind its header. */
/*@
  requires   valid:  Inv && Filling(b,p) && 1 <= n == Chunk(b->size,b->offset);
  requires   number: \forall integer a; Off(p) <= a < Off(p) + 64 ==> Own(a,ME) == p;
  requires   free:   \forall integer a; Off(p) + 64 <= a < Off(p) + 32832 ==> Own(a,ME) < p;
  requires   head:   Heads(b->call,b->root,b->size,b->first,p + 1);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    inv:    Inv;
  ensures    filling:Filling(b,p);
  ensures    stored: Stored(p,n);
  ensures    head:   Heads(b->call,b->root,b->size,b->first,p + 1);
  ensures    body:   Got(b->root,b->first,b->buf,b->offset + n);
*/
static void fill_body(struct sacred_broadcast *b, uint64_t p, uint64_t n)
{
  //@ ghost lemma_idle(p);
  wire_fill_bytes(b->w, &b->rows, slot(p) + BROADCAST_HEAD, b->buf, b->offset, n);
  //@ assert still: Filling(b,p);
  //@ assert body:  \forall integer y; b->offset <= y < b->offset + n ==> Carried(ME,Off(p) + 64 + (y - b->offset),p,b->buf[y]);
  //@ assert place: \forall integer y; b->offset <= y < b->offset + n ==> ChunkOf(b->first,y) == p && UnitOf(b->first,y) == Off(p) + 64 + (y - b->offset);
}

/* Root: the chunk at hand, p, is in its slot: send it. */
/*@
  requires   valid:  Filling(b,p) && b->phase == BROADCAST_CREDIT && Stored(p,Chunk(b->size,b->offset));
  requires   past:   Past(b->call,b->root,b->first,b->sent);
  requires   data:   Heads(b->call,b->root,b->size,b->first,p + 1) && Got(b->root,b->first,b->buf,b->offset + Chunk(b->size,b->offset));
  terminates \true;
  exits      \false;
  assigns    b->next, b->half, b->phase;
  ensures    valid:  BroadcastValid(b) && b->phase == BROADCAST_SEND;
*/
static void filled(struct sacred_broadcast *b, uint64_t p)
{
  (void)p;
  b->next = 0;
  b->half = 0;
  b->phase = BROADCAST_SEND;
  //@ assert static:  BroadcastStatic(b);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
}

/* Root: the chunk at hand into its slot. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_CREDIT && b->next == N;
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->half, b->phase;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b) && b->phase == BROADCAST_SEND;
*/
static void fill(struct sacred_broadcast *b)
{
  uint64_t p = b->sent + 1, n = chunk(b);
  fill_head(b, p);
  if (n > 0)
    fill_body(b, p, n);
  filled(b, p);
}

/* Root: the chunk at hand to rank `next`. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_SEND && Pair(ME,b->next) && b->half == 0;
  terminates \true;
  exits      \false;
  assigns    W, b->half;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    others: Quiet{Pre,Here};
  ensures    status: WaitStatus(\result);
  ensures    posted: \result == SACRED_OK ==> b->half == 1;
*/
static int send_chunk(struct sacred_broadcast *b)
{
  uint64_t p = b->sent + 1, off = slot(p), len = BROADCAST_HEAD + chunk(b);
  //@ assert before: Heads(b->call,b->root,b->size,b->first,p + 1);
  //@ assert head:  Head(b->call,b->root,b->size,b->first,p);
  //@ assert bytes: Bytes(ME,p) == Chunk(b->size,b->offset);
  //@ assert told:  Told(ME,p);
  //@ assert block: Block(Off(p),Off(p) + 64 + Chunk(b->size,b->offset));
  //@ assert owes:  pub(O,Off(p),ME,b->next) < p <= cell(O,64,ME,b->next) + 4;
  //@ assert post:  MayPost(ME,b->next,Off(p),Off(p) + 64 + Chunk(b->size,b->offset),p);
  //@ assert same:  off == Off(p) && len == 64 + Chunk(b->size,b->offset) && said(O,ME) == p;
  //@ assert may:   !Signal(off) && MayPost(ME,b->next,off,off + len,said(O,ME));
  if (wire_put(b->w, b->next, &b->rows, off, len) != SACRED_OK) {
    //@ assert still_streams: Streams(b);
    //@ assert still_calling: Calling(b);
    //@ assert still_so_far:  SoFar(b);
    //@ assert still_at_hand: AtHand(b);
    return wire_health(b->w);
  }
  //@ assert said:   Said(1,b->next,b->sent);
  //@ assert took:   Took(0,b->root,b->taken);
  //@ assert past:   Past(b->call,b->root,b->first,b->sent);
  //@ assert heads:  Heads(b->call,b->root,b->size,b->first,p + 1);
  //@ assert got:    Got(b->root,b->first,b->buf,b->offset + Chunk(b->size,b->offset));
  //@ assert posted: Posted(p,b->next,1);
  //@ assert credit: Credit(p,N);
  //@ assert stored: Stored(p,Chunk(b->size,b->offset));
  b->half = 1;
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  return SACRED_OK;
}

/* Root: READY to rank `next`, which has the chunk. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_SEND && b->half != 0;
  terminates \true;
  exits      \false;
  assigns    W, b->half, b->next;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    others: Quiet{Pre,Here};
  ensures    status: WaitStatus(\result);
  ensures    posted: \result == SACRED_OK ==> b->half == 0 && b->next == \old(b->next) + 1;
  ensures    kept:   \result != SACRED_OK ==> b->half == \old(b->half) && b->next == \old(b->next);
*/
static int send_ready(struct sacred_broadcast *b)
{
  uint64_t p = b->sent + 1;
  /*
   * ORDER ready-after-chunk.  Posted behind the chunk on the same queue pair, so
   * placed behind it (rule nrW, in order).  Pairs with the acquire load in look().
   * Without it a rank could copy a chunk still in flight (theorem broadcast_delivers).
   */
  if (wire_signal(b->w, b->next, &b->rows, BROADCAST_READY, p) != SACRED_OK) {
    //@ assert still_streams: Streams(b);
    //@ assert still_calling: Calling(b);
    //@ assert still_so_far:  SoFar(b);
    //@ assert still_at_hand: AtHand(b);
    return wire_health(b->w);
  }
  //@ assert said:   Said(1,b->next + 1,b->sent);
  //@ assert took:   Took(0,b->root,b->taken);
  //@ assert posted: Posted(p,b->next + 1,0);
  //@ assert credit: Credit(p,N);
  //@ assert stored: Stored(p,Chunk(b->size,b->offset));
  //@ assert past:   Past(b->call,b->root,b->first,b->sent);
  //@ assert heads:  Heads(b->call,b->root,b->size,b->first,p + 1);
  //@ assert got:    Got(b->root,b->first,b->buf,b->offset + Chunk(b->size,b->offset));
  b->half = 0;
  b->next++;
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  return SACRED_OK;
}

/* Root: everybody has the chunk at hand and its signal: on to the next. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_SEND && b->next == N;
  terminates \true;
  exits      \false;
  assigns    b->next, b->phase, b->offset, b->sent;
  ensures    valid:  BroadcastValid(b);
  ensures    moved:  b->offset == \old(b->offset) + Chunk(b->size,\old(b->offset)) && b->phase == (b->offset == b->size ? BROADCAST_IDLE : BROADCAST_CREDIT);
  ensures    bytes:  b->phase == BROADCAST_IDLE ==> Delivered(b);
*/
static void sent(struct sacred_broadcast *b)
{
  b->offset += chunk(b);
  b->sent++;
  b->next = 0;
  b->phase = b->offset == b->size ? BROADCAST_IDLE : BROADCAST_CREDIT;
  //@ assert streams: Streams(b);
  //@ assert head:    Head(b->call,b->root,b->size,b->first,b->sent);
  //@ assert older:   Older(b->call,b->root,b->first,b->sent);
  //@ assert rising:  Rising(ME,b->sent);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
}

/* Root: the chunk at hand and its signal to every rank, from where the last try stopped. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_SEND;
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->half, b->phase, b->offset, b->sent;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result);
  ensures    kept:   \result != SACRED_OK ==> b->phase == BROADCAST_SEND && b->offset == \old(b->offset);
  ensures    moved:  \result == SACRED_OK ==> b->offset == \old(b->offset) + Chunk(b->size,\old(b->offset)) &&
                       b->phase == (b->offset == b->size ? BROADCAST_IDLE : BROADCAST_CREDIT);
  ensures    bytes:  \result == SACRED_OK && b->phase == BROADCAST_IDLE ==> Delivered(b);
*/
static int send(struct sacred_broadcast *b)
{
  /*@ loop invariant inv:   Inv;
      loop invariant valid: BroadcastValid(b) && b->phase == BROADCAST_SEND && b->next <= N;
      loop assigns W, b->next, b->half;
      loop variant N - b->next; */
  while (b->next < b->w->size) {
    if (b->next == b->w->rank) {
      b->next++;
      //@ assert streams: Streams(b);
      //@ assert calling: Calling(b);
      //@ assert so_far:  SoFar(b);
      //@ assert at_hand: AtHand(b);
      continue;
    }
    int status = b->half ? SACRED_OK : send_chunk(b);
    //@ assert chunk: BroadcastValid(b) && b->phase == BROADCAST_SEND && (status == SACRED_OK ==> b->half != 0);
    if (status == SACRED_OK)
      status = send_ready(b);
    //@ assert ready: BroadcastValid(b) && b->phase == BROADCAST_SEND && b->next <= N;
    if (status != SACRED_OK)
      return status;
  }
  sent(b);
  return SACRED_OK;
}

/* The root's chunk at hand, to everybody. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && Giving(b);
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->half, b->phase, b->offset, b->sent;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result);
  ensures    kept:   \result != SACRED_OK ==> Giving(b);
  ensures    moved:  \result == SACRED_OK ==> b->offset == \old(b->offset) + Chunk(b->size,\old(b->offset)) &&
                       b->phase == (b->offset == b->size ? BROADCAST_IDLE : BROADCAST_CREDIT);
  ensures    bytes:  \result == SACRED_OK && b->phase == BROADCAST_IDLE ==> Delivered(b);
*/
static int give(struct sacred_broadcast *b)
{
  if (b->phase == BROADCAST_CREDIT) {
    int status = credit(b);
    if (status != SACRED_OK)
      return status;
    fill(b);
  }
  return send(b);
}

/* Note that rank j says otherwise of chunk p of its stream. */
/*@
  requires   valid:  BroadcastValid(b) && b->phase == BROADCAST_TAKE && \valid_read(head + (0 .. 3)) && \separated(b, head + (0 .. 3));
  terminates \true;
  exits      \false;
  assigns    b->theirs, b->phase;
  ensures    valid:  BroadcastValid(b);
  ensures    broken: \result == SACRED_ERR_MISMATCH && b->phase == BROADCAST_BROKEN;
  ensures    theirs: b->theirs.rank == j && b->theirs.call == head[0] && b->theirs.root == head[1] && b->theirs.size == head[2] && b->theirs.offset == head[3];
*/
static int broken(struct sacred_broadcast *b, uint32_t j, const uint64_t *head)
{
  b->theirs.rank = j;
  b->theirs.call = head[0];
  b->theirs.root = head[1];
  b->theirs.size = head[2];
  b->theirs.offset = head[3];
  b->phase = BROADCAST_BROKEN;
  //@ assert static:  BroadcastStatic(b);
  //@ assert streams: Streams(b);
  return wire_refuse(b->w, SACRED_ERR_MISMATCH, WIRE_DISAGREE, j, b->call);
}

/* Rank j's stream goes on, where I wait for the root's: does it believe that it is the root of this call? */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_TAKE && Pair(ME,j) && b->taken[j] < UINT64_MAX;
  terminates \true;
  exits      \false;
  assigns    W, b->theirs, b->phase;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result) && \result != SACRED_OK && b->phase == BROADCAST_TAKE ||
                       \result == SACRED_ERR_MISMATCH && b->phase == BROADCAST_BROKEN;
*/
static int rival(struct sacred_broadcast *b, uint32_t j)
{
  uint64_t head[4];
  wire_copy_words(b->w, &b->rows, slot(b->taken[j] + 1), j, head, 4);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  return head[0] == b->call ? broken(b, j, head) : wire_health(b->w);
}

/* Nothing from the root yet: does the next of the others believe that it is the root of this call? */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_TAKE;
  terminates \true;
  exits      \false;
  assigns    W, b->scan, b->theirs, b->phase;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result) && \result != SACRED_OK && b->phase == BROADCAST_TAKE ||
                       \result == SACRED_ERR_MISMATCH && b->phase == BROADCAST_BROKEN;
*/
static int scan(struct sacred_broadcast *b)
{
  uint32_t j = b->scan;
  b->scan = j + 1 < b->w->size ? j + 1 : 0;
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  if (j == b->w->rank || j == b->root)
    return wire_health(b->w);
  uint64_t ready = wire_load(b->w, &b->rows, BROADCAST_READY, j);
  //@ assert still_streams: Streams(b);
  //@ assert still_calling: Calling(b);
  //@ assert still_so_far:  SoFar(b);
  //@ assert still_at_hand: AtHand(b);
  return ready > b->taken[j] ? rival(b, j) : wire_health(b->w);
}

/* The header of the root's chunk at hand, p, which is READY. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_TAKE && p == b->taken[b->root] + 1 <= cell(O,0,ME,b->root);
  requires   room:   \valid(head + (0 .. 3)) && \separated(head + (0 .. 3), b, b->w, b->taken + (0 .. N - 1));
  terminates \true;
  exits      \false;
  assigns    W, head[0 .. 3];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    ready:  p <= cell(O,0,ME,b->root);
  ensures    head:   Carried(b->root,Off(p),p,head[0]) && Carried(b->root,Off(p) + 8,p,head[1]) &&
                       Carried(b->root,Off(p) + 16,p,head[2]) && Carried(b->root,Off(p) + 24,p,head[3]);
*/
static void take_head(const struct sacred_broadcast *b, uint64_t p, uint64_t *head)
{
  uint64_t off = slot(p);
  //@ ghost lemma_here(b->root, p);
  //@ assert same:  off == Off(p);
  //@ assert here:  \forall integer a; off <= a < off + 64 ==> cell(O,a,ME,b->root) == p;
  wire_copy_words(b->w, &b->rows, off, b->root, head, 4);
  //@ ghost lemma_here(b->root, p);
  //@ assert still: \forall integer a; off <= a < off + 64 ==> cell(O,a,ME,b->root) == p;
  //@ assert copied: \forall integer k; 0 <= k < 4 ==> head[k] == val(O,off + 8 * k,b->root,cell(O,off + 8 * k,ME,b->root));
  //@ assert words: \forall integer k; 0 <= k < 4 ==> head[k] == val(O,off + 8 * k,b->root,p);
  //@ assert w0: head[0] == val(O,off + 8 * 0,b->root,p);
  //@ assert w1: head[1] == val(O,off + 8 * 1,b->root,p);
  //@ assert w2: head[2] == val(O,off + 8 * 2,b->root,p);
  //@ assert w3: head[3] == val(O,off + 8 * 3,b->root,p);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
}

/* The n bytes of the root's chunk at hand, p, whose header is as it should be. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_TAKE && p == b->taken[b->root] + 1 <= cell(O,0,ME,b->root);
  requires   chunk:  1 <= n == Chunk(b->size,b->offset) && Head(b->call,b->root,b->size,b->first,p);
  terminates \true;
  exits      \false;
  assigns    W, b->buf[b->offset .. b->offset + n - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    ready:  p <= cell(O,0,ME,b->root);
  ensures    head:   Head(b->call,b->root,b->size,b->first,p);
  ensures    got:    Got(b->root,b->first,b->buf,b->offset + n);
*/
static void take_body(struct sacred_broadcast *b, uint64_t p, uint64_t n)
{
  //@ assert bytes: Bytes(b->root,p) == n;
  //@ ghost lemma_here(b->root, p);
  //@ assert here:  \forall integer a; Off(p) <= a < Off(p) + 64 + n ==> cell(O,a,ME,b->root) == p;
  wire_copy_bytes(b->w, &b->rows, slot(p) + BROADCAST_HEAD, b->root, b->buf, b->offset, n);
  //@ assert head:  Head(b->call,b->root,b->size,b->first,p);
  //@ assert still: Bytes(b->root,p) == n;
  //@ ghost lemma_here(b->root, p);
  //@ assert body:  \forall integer y; b->offset <= y < b->offset + n ==> Carried(b->root,Off(p) + 64 + (y - b->offset),p,b->buf[y]);
  //@ assert left:  Got(b->root,b->first,b->buf,b->offset);
  //@ assert place: \forall integer y; b->offset <= y < b->offset + n ==> ChunkOf(b->first,y) == p && UnitOf(b->first,y) == Off(p) + 64 + (y - b->offset);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
}

/* The root's chunk at hand, p, counts as taken. */
/*@
  requires   valid:  BroadcastStatic(b) && b->phase == BROADCAST_TAKE && Calling(b) && p == b->taken[b->root] + 1;
  requires   streams:Said(0,b->next,b->sent) && Took(1,b->root,b->taken);
  requires   past:   Past(b->call,b->root,b->first,b->sent);
  requires   data:   Heads(b->call,b->root,b->size,b->first,p + 1) && Got(b->root,b->first,b->buf,b->offset + Chunk(b->size,b->offset));
  terminates \true;
  exits      \false;
  assigns    b->phase;
  ensures    valid:  BroadcastValid(b) && b->phase == BROADCAST_THANK;
*/
static void counts(struct sacred_broadcast *b, uint64_t p)
{
  (void)p;
  b->phase = BROADCAST_THANK;
  //@ assert static:  BroadcastStatic(b);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
}

/* The root's chunk at hand, p, is here. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_TAKE && p == b->taken[b->root] + 1 <= cell(O,0,ME,b->root);
  requires   head:   Head(b->call,b->root,b->size,b->first,p);
  requires   got:    Got(b->root,b->first,b->buf,b->offset + Chunk(b->size,b->offset));
  terminates \true;
  exits      \false;
  assigns    W, b->phase;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b) && b->phase == BROADCAST_THANK;
*/
static void conclude(struct sacred_broadcast *b, uint64_t p)
{
  //@ assert before: Heads(b->call,b->root,b->size,b->first,p + 1);
  //@ ghost history_conclude(b->root, p);
  //@ assert past:   Past(b->call,b->root,b->first,b->sent);
  //@ assert heads:  Heads(b->call,b->root,b->size,b->first,p + 1);
  //@ assert got:    Got(b->root,b->first,b->buf,b->offset + Chunk(b->size,b->offset));
  //@ assert said:   Said(0,b->next,b->sent);
  //@ assert took:   Took(1,b->root,b->taken);
  counts(b, p);
}

/* Look for the root's chunk at hand, and take it. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_TAKE;
  terminates \true;
  exits      \false;
  assigns    W, b->scan, b->theirs, b->phase, b->buf[0 .. b->size - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: \result == SACRED_OK && b->phase == BROADCAST_THANK ||
                       WaitStatus(\result) && \result != SACRED_OK && b->phase == BROADCAST_TAKE ||
                       \result == SACRED_ERR_MISMATCH && b->phase == BROADCAST_BROKEN;
*/
static int look(struct sacred_broadcast *b)
{
  uint64_t p = b->taken[b->root] + 1, n = chunk(b), head[4];
  /*
   * ORDER chunk-after-ready.  An acquire load: the chunk is read after it.
   * Pairs with the signal in send_ready(); the same theorem fails without it.
   */
  if (!wire_reached(b->w, &b->rows, BROADCAST_READY, b->root, p))
    return scan(b);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  take_head(b, p, head);
  if (head[0] != b->call || head[1] != b->root || head[2] != b->size || head[3] != b->offset)
    return broken(b, b->root, head);
  if (n > 0)
    take_body(b, p, n);
  conclude(b, p);
  return SACRED_OK;
}

/* The chunk at hand is taken, and the root knows: on to the next. */
/*@
  requires   valid:  BroadcastStatic(b) && b->phase == BROADCAST_THANK && Call(b) && Room(b) && b->taken[b->root] < UINT64_MAX;
  requires   said:   Said(0,b->next,b->sent) && \forall integer i; Pair(ME,i) ==>
                       pub(O,64,ME,i) == done(O,ME,i) == b->taken[i] + (i == b->root ? 1 : 0);
  requires   past:   Past(b->call,b->root,b->first,b->sent);
  requires   data:   Heads(b->call, b->root, b->size, b->first, Before(b) + 2) && Got(b->root, b->first, b->buf, b->offset + Chunk(b->size,b->offset));
  terminates \true;
  exits      \false;
  assigns    b->next, b->phase, b->offset, b->taken[0 .. N - 1];
  ensures    valid:  BroadcastValid(b);
  ensures    moved:  b->offset == \old(b->offset) + Chunk(b->size,\old(b->offset)) && b->phase == (b->offset == b->size ? BROADCAST_IDLE : BROADCAST_TAKE);
  ensures    bytes:  b->phase == BROADCAST_IDLE ==> Delivered(b);
*/
static void taken(struct sacred_broadcast *b)
{
  b->offset += chunk(b);
  b->taken[b->root]++;
  b->next = 0;
  b->phase = b->offset == b->size ? BROADCAST_IDLE : BROADCAST_TAKE;
  //@ assert more:    b->offset < b->size ==> b->offset == \at(b->offset,Pre) + 32768;
  //@ assert before:  Before(b) == \at(b->taken[b->root],Pre) + 1;
  //@ assert chunks:  b->offset < b->size ==> (Before(b) - b->first) * 32768 == b->offset;
  //@ assert room:    Room(b);
  //@ assert call:    !Over(b) ==> Call(b);
  //@ assert static:  BroadcastStatic(b);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
}

/* Tell the root that its chunk at hand is taken. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_THANK;
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->phase, b->offset, b->taken[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result);
  ensures    kept:   \result != SACRED_OK ==> b->phase == BROADCAST_THANK && b->offset == \old(b->offset);
  ensures    moved:  \result == SACRED_OK ==> b->offset == \old(b->offset) + Chunk(b->size,\old(b->offset)) &&
                       b->phase == (b->offset == b->size ? BROADCAST_IDLE : BROADCAST_TAKE);
  ensures    bytes:  \result == SACRED_OK && b->phase == BROADCAST_IDLE ==> Delivered(b);
*/
static int thank(struct sacred_broadcast *b)
{
  /*
   * ORDER thank-after-copy.  Behind the acquire fence of the copy, so the chunk has
   * been read.  Pairs with the acquire load in left(), after which the root fills
   * the slot again.  Without it I could read bytes of a later chunk (the same theorem).
   */
  if (wire_signal(b->w, b->root, &b->rows, BROADCAST_TAKEN, b->taken[b->root] + 1) != SACRED_OK) {
    //@ assert still_streams: Streams(b);
    //@ assert still_calling: Calling(b);
    //@ assert still_so_far:  SoFar(b);
    //@ assert still_at_hand: AtHand(b);
    return wire_health(b->w);
  }
  taken(b);
  return SACRED_OK;
}

/* Another rank's chunk, from the root to me. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && Taking(b);
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->scan, b->phase, b->offset, b->taken[0 .. N - 1], b->theirs, b->buf[0 .. b->size - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result) || \result == SACRED_ERR_MISMATCH && b->phase == BROADCAST_BROKEN;
  ensures    kept:   \result != SACRED_OK && \result != SACRED_ERR_MISMATCH ==> Taking(b);
  ensures    moved:  \result == SACRED_OK ==> b->offset == \old(b->offset) + Chunk(b->size,\old(b->offset)) &&
                       b->phase == (b->offset == b->size ? BROADCAST_IDLE : BROADCAST_TAKE);
  ensures    bytes:  \result == SACRED_OK && b->phase == BROADCAST_IDLE ==> Delivered(b);
*/
static int take(struct sacred_broadcast *b)
{
  if (b->phase == BROADCAST_TAKE) {
    int status = look(b);
    if (status != SACRED_OK)
      return status;
  }
  return thank(b);
}

/* The chunk at hand, to everybody or to me. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && !Over(b);
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->half, b->scan, b->phase, b->offset, b->sent, b->taken[0 .. N - 1], b->theirs, b->buf[0 .. b->size - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result) && (\result == SACRED_OK || !Over(b)) || \result == SACRED_ERR_MISMATCH && b->phase == BROADCAST_BROKEN;
  ensures    moved:  \result == SACRED_OK ==> b->offset == \old(b->offset) + Chunk(b->size,\old(b->offset)) && (b->offset == b->size ? b->phase == BROADCAST_IDLE : !Over(b));
  ensures    same:   SameCall{Pre,Here}(b);
  ensures    root:   OnlyRead{Pre,Here}(b);
  ensures    bytes:  \result == SACRED_OK && b->phase == BROADCAST_IDLE ==> Delivered(b);
*/
static int step(struct sacred_broadcast *b)
{
  //@ assert static: BroadcastStatic(b);
  int status;
  if (b->root == b->w->rank) {
    status = give(b);
    //@ assert gave: SameCall{Pre,Here}(b);
  } else {
    status = take(b);
    //@ assert took: SameCall{Pre,Here}(b);
  }
  return status;
}

int sacred_broadcast_test(struct sacred_broadcast *b)
{
  if (!b->w->open)
    return wire_refuse(b->w, SACRED_ERR_CLOSED, WIRE_CLOSED, 0, 0);
  if (b->phase == BROADCAST_IDLE)
    return wire_refuse(b->w, SACRED_ERR_STATE, WIRE_NOT_BEGUN, b->call, 0);
  if (b->phase == BROADCAST_BROKEN)
    return wire_refuse(b->w, SACRED_ERR_MISMATCH, WIRE_DISAGREE, b->theirs.rank, b->call);
  /*@ loop invariant inv:   Inv;
      loop invariant valid: BroadcastValid(b) && !Over(b);
      loop invariant same:  SameCall{Pre,Here}(b);
      loop invariant root:  OnlyRead{Pre,Here}(b);
      loop assigns W, b->next, b->half, b->scan, b->phase, b->offset, b->sent, b->taken[0 .. N - 1], b->theirs, b->buf[0 .. b->size - 1];
      loop variant b->size - b->offset; */
  for (;;) {
    int status = step(b);
    //@ assert same: SameCall{Pre,Here}(b);
    //@ assert root: OnlyRead{Pre,Here}(b);
    if (status != SACRED_OK)
      return status;
    if (b->phase == BROADCAST_IDLE)
      return SACRED_OK;
  }
}

int sacred_broadcast_wait(struct sacred_broadcast *b, uint64_t deadline)
{
  struct wire_wait wait = {0, deadline};
  int late = deadline == 0;
  /*@ loop invariant valid: Inv && BroadcastValid(b);
      loop invariant root:  OnlyRead{Pre,Here}(b);
      loop assigns W, late, wait.looks, b->next, b->half, b->scan, b->phase, b->offset, b->sent, b->taken[0 .. N - 1], b->theirs,
        b->buf[0 .. b->size - 1]; */
  for (;;) {
    int status = sacred_broadcast_test(b);
    if (status != SACRED_AGAIN)
      return status;
    if (late)
      return SACRED_TIMEOUT;
    late = wire_relax(b->w, &wait);
  }
}

/* Begin the call, or go on with the same one. */
/*@
  requires   valid:  BroadcastValid(b) && b->phase != BROADCAST_BROKEN;
  requires   room:   \valid(buf + (0 .. size - 1)) || buf == \null;
  requires   apart:  \separated(buf + (0 .. size - 1), b, b->w, b->taken + (0 .. N - 1));
  terminates \true;
  exits      \false;
  assigns    b->call, b->root, b->buf, b->size, b->first, b->offset, b->next, b->half, b->scan, b->phase;
  ensures    valid:  BroadcastValid(b);
  ensures    begun:  \result == SACRED_OK ==> !Over(b) && Node(root) && b->root == root && b->buf == buf && b->size == size;
  ensures    never:  \result != SACRED_TIMEOUT;
*/
static int call(struct sacred_broadcast *b, uint32_t root, unsigned char *buf, uint64_t size)
{
  if (b->phase == BROADCAST_IDLE)
    return broadcast_start(b, root, buf, size);
  if (b->root == root && b->buf == buf && b->size == size)
    return SACRED_OK;
  return wire_refuse(b->w, SACRED_ERR_STATE, WIRE_OTHER_CALL, b->call, b->root);
}

int broadcast_run(struct sacred_broadcast *b, uint32_t root, unsigned char *buf, uint64_t size, uint64_t deadline)
{
  if (!b->w->open)
    return wire_refuse(b->w, SACRED_ERR_CLOSED, WIRE_CLOSED, 0, 0);
  if (b->phase == BROADCAST_BROKEN)
    return wire_refuse(b->w, SACRED_ERR_MISMATCH, WIRE_DISAGREE, b->theirs.rank, b->call);
  int status = call(b, root, buf, size);
  if (status != SACRED_OK)
    return status;
  //@ assert begun: BroadcastValid(b) && Node(root) && b->root == root && b->buf == buf && b->size == size;
  status = sacred_broadcast_wait(b, deadline);
  //@ assert valid: BroadcastValid(b);
  //@ assert same:  b->root == root && b->buf == buf && b->size == size;
  return status;
}

/* Root: has rank i not yet taken all that it was sent? */
/*@
  requires   valid:  Inv && BroadcastValid(b) && Giving(b) && Pair(ME,i);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    others: Rely{Pre,Here};
  ensures    sound:  \result != 0 ==> cell{Pre}(O,64,ME,i) < b->sent;
  ensures    all:    \result == 0 ==> b->sent <= cell(O,64,ME,i);
*/
static int lacks(const struct sacred_broadcast *b, uint32_t i)
{
  uint64_t taken = wire_load(b->w, &b->rows, BROADCAST_TAKEN, i);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  return taken < b->sent;
}

uint32_t sacred_broadcast_missing(const struct sacred_broadcast *b, uint32_t *ranks)
{
  uint32_t n = 0;
  if (!b->w->open || b->phase == BROADCAST_IDLE || b->phase == BROADCAST_BROKEN)
    return 0;
  if (b->root != b->w->rank) {
    ranks[n++] = b->root;
    return n;
  }
  /*@ loop invariant inv:   Inv && 0 <= n <= i <= N;
      loop invariant quiet: Rely{Pre,Here};
      loop invariant valid: BroadcastValid(b);
      loop invariant sound: \forall integer k; 0 <= k < n ==> ranks[k] < i && ranks[k] != ME && cell{Pre}(O,64,ME,ranks[k]) < b->sent;
      loop invariant order: \forall integer k, l; 0 <= k < l < n ==> ranks[k] < ranks[l];
      loop invariant all:   \forall integer j; 0 <= j < i && j != ME && cell(O,64,ME,j) < b->sent ==> \exists integer k; 0 <= k < n && ranks[k] == j;
      loop assigns W, i, n, ranks[0 .. N - 1];
      loop variant N - i; */
  for (uint32_t i = 0; i < b->w->size; i++)
    if (i != b->w->rank && lacks(b, i))
      ranks[n++] = i;
  return n;
}

int sacred_broadcast_mismatch(const struct sacred_broadcast *b, struct sacred_broadcast_call *mine,
                              struct sacred_broadcast_call *theirs)
{
  if (b->phase != BROADCAST_BROKEN)
    return wire_refuse(b->w, SACRED_ERR_STATE, WIRE_AGREE, b->call, 0);
  mine->rank = b->w->rank;
  mine->call = b->call;
  mine->root = b->root;
  mine->size = b->size;
  mine->offset = b->offset;
  theirs->rank = b->theirs.rank;
  theirs->call = b->theirs.call;
  theirs->root = b->theirs.root;
  theirs->size = b->theirs.size;
  theirs->offset = b->theirs.offset;
  return SACRED_OK;
}
