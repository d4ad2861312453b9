/*
 * A broadcast at all but its root: wait for READY from the parent, look whether the chunk is of the
 * call that I am in, copy it, and thank the parent, who then may fill the slot again.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "broadcast_chunk.h"

/* Note that rank j says otherwise of the chunk at hand, or sends to me what it should not. */
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
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  //@ assert slots:   Slots(b);
  return wire_refuse(b->w, SACRED_ERR_MISMATCH, WIRE_DISAGREE, j, b->call);
}

/* Chunk p of rank j, which has sent it to me and should not have. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_TAKE && Pair(ME,j) && 1 <= p;
  terminates \true;
  exits      \false;
  assigns    W, b->theirs, b->phase;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    broken: \result == SACRED_ERR_MISMATCH && b->phase == BROADCAST_BROKEN;
*/
static int stranger(struct sacred_broadcast *b, uint32_t j, uint64_t p)
{
  uint64_t head[4];
  wire_borrow_words(b->w, &b->rows, slot(p), j, head, 4);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  //@ assert slots:   Slots(b);
  return broken(b, j, head);
}

/* Nothing from the parent yet: has the next of all ranks sent to me what was not for me, up to the chunk at hand? */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_TAKE && up == Up(b);
  terminates \true;
  exits      \false;
  assigns    W, b->scan, b->word, b->theirs, b->phase;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result) && \result != SACRED_OK && b->phase == BROADCAST_TAKE ||
                       \result == SACRED_ERR_MISMATCH && b->phase == BROADCAST_BROKEN;
*/
static int scan(struct sacred_broadcast *b, uint32_t up)
{
  uint32_t j = b->scan;
  uint64_t p = b->chunks + 1, off = BROADCAST_READY + 8 * b->word;
  b->scan = j + 1 < b->w->size ? j + 1 : 0;
  if (b->scan == 0)
    b->word = (b->word + 1) % BROADCAST_SLOTS;
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  //@ assert slots:   Slots(b);
  if (j == b->w->rank)
    return wire_health(b->w);
  uint64_t there = wire_load(b->w, &b->rows, off, j);
  //@ assert still_streams: Streams(b);
  //@ assert still_calling: Calling(b);
  //@ assert still_so_far:  SoFar(b);
  //@ assert still_at_hand: AtHand(b);
  //@ assert still_slots:   Slots(b);
  if (there <= b->taken[j] || there > p || (j == up && there == p))
    return wire_health(b->w);
  return stranger(b, j, there);
}

/* The header of the parent's chunk at hand, p, which is READY. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_TAKE && Pair(ME,up) && p == b->chunks + 1 && Arrived(ME,up,p);
  requires   room:   \valid(head + (0 .. 4)) && \separated(head + (0 .. 4), b, b->w, b->taken + (0 .. N - 1));
  terminates \true;
  exits      \false;
  assigns    W, head[0 .. 4];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    ready:  Arrived(ME,up,p);
  ensures    head:   Carried(up,Off(p),p,head[0]) && Carried(up,Off(p) + 8,p,head[1]) &&
                       Carried(up,Off(p) + 16,p,head[2]) && Carried(up,Off(p) + 24,p,head[3]) && Carried(up,Off(p) + 32,p,head[4]);
*/
static void take_head(const struct sacred_broadcast *b, uint32_t up, uint64_t p, uint64_t *head)
{
  uint64_t off = slot(p);
  //@ ghost lemma_here(up, p);
  //@ assert same:  off == Off(p);
  //@ assert here:  \forall integer a; off <= a < off + 64 ==> Lent(up,a,p);
  //@ ghost Head: ;
  wire_borrow_words(b->w, &b->rows, off, up, head, 5);
  //@ assert ready: Arrived(ME,up,p);
  //@ ghost lemma_here(up, p);
  //@ assert still: \forall integer a; off <= a < off + 64 ==> Lent(up,a,p);
  //@ assert stays: \forall integer a; off <= a < off + 64 ==> Stays{Head,Here}(up,a) && cell(O,a,ME,up) == p;
  //@ assert words: \forall integer k; 0 <= k < 5 ==> head[k] == val(O,off + 8 * k,up,p);
  //@ assert w0: head[0] == val(O,off + 8 * 0,up,p);
  //@ assert w1: head[1] == val(O,off + 8 * 1,up,p);
  //@ assert w2: head[2] == val(O,off + 8 * 2,up,p);
  //@ assert w3: head[3] == val(O,off + 8 * 3,up,p);
  //@ assert w4: head[4] == val(O,off + 8 * 4,up,p);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  //@ assert slots:   Slots(b);
}

/* The n bytes of the parent's chunk at hand, p, whose header is as it should be: they are the root's. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_TAKE && Pair(ME,up) && p == b->chunks + 1 && Arrived(ME,up,p);
  requires   chunk:  1 <= n == Chunk(b->size,b->offset) == Bytes(up,p) && Told(up,p);
  requires   root:   Head(b->call,b->root,b->size,b->first,p) && RootOf(up,p) == b->root && p <= Own(Off(p) + 8,up);
  requires   where:  where == val(O,Off(p) + 32,up,p);
  terminates \true;
  exits      \false;
  assigns    W, b->buf[b->offset .. b->offset + n - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    ready:  Arrived(ME,up,p);
  ensures    head:   Head(b->call,b->root,b->size,b->first,p);
  ensures    got:    Got(b->root,b->first,b->buf,b->offset + n);
*/
static void take_body(struct sacred_broadcast *b, uint32_t up, uint64_t p, uint64_t where, uint64_t n)
{
  //@ ghost lemma_here(up, p);
  //@ assert here:  \forall integer a; Off(p) <= a < Off(p) + 64 + n ==> Lent(up,a,p);
  //@ ghost Body: ;
  wire_borrow_bytes(b->w, &b->rows, slot(p) + BROADCAST_HEAD, up, where, b->buf, b->offset, n);
  //@ assert head:  Head(b->call,b->root,b->size,b->first,p);
  //@ assert ready: Arrived(ME,up,p);
  //@ assert still: Bytes(up,p) == n && RootOf(up,p) == b->root;
  //@ ghost lemma_here(up, p);
  //@ assert there: \forall integer y; b->offset <= y < b->offset + n ==> Lent(up,Off(p) + 64 + (y - b->offset),p);
  //@ assert stays: \forall integer a; Off(p) <= a < Off(p) + 64 + n ==> Stays{Body,Here}(up,a) && cell(O,a,ME,up) == p;
  //@ assert byte:  \forall integer y; b->offset <= y < b->offset + n ==> b->buf[y] == val(O,Off(p) + 64 + (y - b->offset),up,p);
  //@ assert theirs: \forall integer y; b->offset <= y < b->offset + n ==> Carried(up,Off(p) + 64 + (y - b->offset),p,b->buf[y]);
  //@ assert like:  \forall integer a; Off(p) + 64 <= a < Off(p) + 64 + n ==> Like(up,b->root,p,a);
  //@ assert body:  \forall integer y; b->offset <= y < b->offset + n ==> Carried(b->root,Off(p) + 64 + (y - b->offset),p,b->buf[y]);
  //@ assert left:  Got(b->root,b->first,b->buf,b->offset);
  //@ assert place: \forall integer y; b->offset <= y < b->offset + n ==> ChunkOf(b->first,y) == p && UnitOf(b->first,y) == Off(p) + 64 + (y - b->offset);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  //@ assert slots:   Slots(b);
}

/* The parent's chunk at hand, p, is here. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_TAKE && up == Up(b) && Pair(ME,up) && p == b->chunks + 1 && Arrived(ME,up,p);
  requires   head:   Head(b->call,b->root,b->size,b->first,p);
  requires   got:    Got(b->root,b->first,b->buf,b->offset + Chunk(b->size,b->offset));
  terminates \true;
  exits      \false;
  assigns    W, b->phase;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b) && b->phase == BROADCAST_THANK;
*/
static void conclude(struct sacred_broadcast *b, uint32_t up, uint64_t p)
{
  (void)up, (void)p;
  //@ assert before: Heads(b->call,b->root,b->size,b->first,p + 1);
  //@ ghost history_conclude(0, p);
  //@ assert past:   Past(b->call,b->first,b->chunks);
  //@ assert heads:  Heads(b->call,b->root,b->size,b->first,p + 1);
  //@ assert got:    Got(b->root,b->first,b->buf,b->offset + Chunk(b->size,b->offset));
  //@ assert took:   Took(p,b->chunks,b->chunks);
  //@ assert ready:  Arrived(ME,up,p);
  //@ assert still:  Slots(b);
  b->phase = BROADCAST_THANK;
  //@ assert static:  BroadcastStatic(b);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  //@ assert slots:   Slots(b);
}

/* The parent's chunk at hand, p, is READY: take it, if it is of this call. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_TAKE && up == Up(b) && Pair(ME,up) && p == b->chunks + 1 && Arrived(ME,up,p);
  terminates \true;
  exits      \false;
  assigns    W, b->theirs, b->phase, b->buf[0 .. b->size - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: \result == SACRED_OK && b->phase == BROADCAST_THANK || \result == SACRED_ERR_MISMATCH && b->phase == BROADCAST_BROKEN;
*/
static int take(struct sacred_broadcast *b, uint32_t up, uint64_t p)
{
  uint64_t n = chunk(b), head[5];
  take_head(b, up, p, head);
  if (head[0] != b->call || head[1] != b->root || head[2] != b->size || head[3] != b->offset)
    return broken(b, up, head);
  //@ ghost lemma_here(up, p);
  //@ assert bytes: Bytes(up,p) == n && Told(up,p);
  //@ assert root:  RootOf(up,p) == b->root;
  //@ assert same:  Same(up,b->root,p,Off(p) + 64 + n);
  //@ assert head:  Head(b->call,b->root,b->size,b->first,p);
  if (n > 0)
    take_body(b, up, p, head[4], n);
  conclude(b, up, p);
  return SACRED_OK;
}

/* Look for the parent's chunk at hand, and take it. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_TAKE && up == Up(b) && Pair(ME,up);
  terminates \true;
  exits      \false;
  assigns    W, b->scan, b->word, b->theirs, b->phase, b->buf[0 .. b->size - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: \result == SACRED_OK && b->phase == BROADCAST_THANK ||
                       WaitStatus(\result) && \result != SACRED_OK && b->phase == BROADCAST_TAKE ||
                       \result == SACRED_ERR_MISMATCH && b->phase == BROADCAST_BROKEN;
*/
static int look(struct sacred_broadcast *b, uint32_t up)
{
  uint64_t p = b->chunks + 1;
  /*
   * ORDER chunk-after-ready.  An acquire load: the chunk is read after it.
   * Pairs with the signal in send_ready(); the same theorem fails without it.
   */
  if (!wire_reached(b->w, &b->rows, ready(p), up, p))
    return scan(b, up);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  //@ assert slots:   Slots(b);
  uint64_t there = wire_load(b->w, &b->rows, ready(p), up);
  //@ assert still_streams: Streams(b);
  //@ assert still_calling: Calling(b);
  //@ assert still_so_far:  SoFar(b);
  //@ assert still_at_hand: AtHand(b);
  //@ assert still_slots:   Slots(b);
  if (there != p)
    return stranger(b, up, there);
  //@ ghost lemma_arrived(up, p);
  return take(b, up, p);
}

/* Tell the parent that its chunk at hand is taken. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_THANK && up == Up(b) && Pair(ME,up);
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->half, b->phase, b->taken[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result);
  ensures    kept:   \result != SACRED_OK ==> b->phase == BROADCAST_THANK;
  ensures    moved:  \result == SACRED_OK ==> b->phase == BROADCAST_CREDIT;
*/
static int thank(struct sacred_broadcast *b, uint32_t up)
{
  uint64_t p = b->chunks + 1;
  /*
   * ORDER thank-after-copy.  Behind the acquire fence of the copy, so the chunk has
   * been read.  Pairs with the acquire load in credit_one(), after which the parent
   * fills the slot again.  Without it I could read bytes of a later chunk (the same theorem).
   */
  if (wire_signal(b->w, up, &b->rows, BROADCAST_TAKEN, p) != SACRED_OK) {
    //@ assert still_streams: Streams(b);
    //@ assert still_calling: Calling(b);
    //@ assert still_so_far:  SoFar(b);
    //@ assert still_at_hand: AtHand(b);
    //@ assert still_slots:   Slots(b);
    return wire_health(b->w);
  }
  //@ assert took:   Took(p,p,b->chunks);
  //@ assert past:   Past(b->call,b->first,b->chunks);
  //@ assert heads:  Heads(b->call,b->root,b->size,b->first,p + 1);
  //@ assert got:    Got(b->root,b->first,b->buf,b->offset + Chunk(b->size,b->offset));
  //@ assert still:  Slots(b);
  b->next = b->w->size;
  b->half = 0;
  b->phase = BROADCAST_CREDIT;
  b->taken[up] = p;
  //@ assert static:  BroadcastStatic(b);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  //@ assert slots:   Slots(b);
  return SACRED_OK;
}

int broadcast_take(struct sacred_broadcast *b)
{
  uint32_t up = rank_at(b->w, b->root, tree_parent(b->radix, behind(b->w, b->root, b->w->rank)));
  if (b->phase == BROADCAST_TAKE) {
    int status = look(b, up);
    if (status != SACRED_OK)
      return status;
  }
  return thank(b, up);
}
