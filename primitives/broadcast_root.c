/*
 * A broadcast at its root: wait for the slot of the next chunk to be free, fill it,
 * post it to every rank, and behind it the word that says READY.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "broadcast_chunk.h"

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

int broadcast_give(struct sacred_broadcast *b)
{
  if (b->phase == BROADCAST_CREDIT) {
    int status = credit(b);
    if (status != SACRED_OK)
      return status;
    fill(b);
  }
  return send(b);
}
