/*
 * A broadcast at the other ranks: wait for READY, look whether the chunk is of the call
 * that I am in, copy it, and thank the root, who then may fill the slot again.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "broadcast_chunk.h"

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
  //@ assert there: \forall integer y; b->offset <= y < b->offset + n ==> cell(O,Off(p) + 64 + (y - b->offset),ME,b->root) == p;
  //@ assert byte:  \forall integer y; b->offset <= y < b->offset + n ==> b->buf[y] == val(O,Off(p) + 64 + (y - b->offset),b->root,p);
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

int broadcast_take(struct sacred_broadcast *b)
{
  if (b->phase == BROADCAST_TAKE) {
    int status = look(b);
    if (status != SACRED_OK)
      return status;
  }
  return thank(b);
}
