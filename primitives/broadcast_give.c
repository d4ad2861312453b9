/*
 * A broadcast at whoever has a chunk, the root or who took it: wait until the slot is free in which it is to go
 * out, fill it, post it to every child, and behind it the word that says READY.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "broadcast_chunk.h"

/*@
  // of all slots but that of chunk p
  predicate Others{L}(struct sacred_broadcast *b, integer p) = \forall integer s; 0 <= s < 4 && s != p % 4 ==>
    Holds(s, b->held[s], b->held_root[s], b->held_radix[s]);
  // chunk p is announced, and on its way into its slot, where nobody has any more to read
  predicate Filling{L}(struct sacred_broadcast *b, integer p) =
    BroadcastStatic(b) && b->phase == BROADCAST_CREDIT && Call(b) && Room(b) && b->first < p == b->chunks + 1 == said(O,ME) <= UINT64_MAX &&
    Took(b->chunks + Taken(b), b->chunks + Thanked(b), b->chunks) && Past(b->call, b->first, b->chunks) &&
    (b->root == ME ? Heads(b->call,b->root,b->size,b->first,p) && Got(b->root,b->first,b->buf,b->offset)
                   : Heads(b->call,b->root,b->size,b->first,p + 1) && Got(b->root,b->first,b->buf,b->offset + Chunk(b->size,b->offset))) &&
    Free(p) && (\forall integer i; Pair(ME,i) ==> pub(O,Says(p),ME,i) < p && pub(O,Off(p),ME,i) < p) && Others(b,p);
  // my own header of chunk p, and n bytes behind it
  predicate OwnHead{L}(struct sacred_broadcast *b, integer p) = Carried(ME,Off(p),p,b->call) && Carried(ME,Off(p) + 8,p,b->root) &&
    Carried(ME,Off(p) + 16,p,b->size) && Carried(ME,Off(p) + 24,p,b->offset) && Carried(ME,Off(p) + 32,p,Where(b));
  predicate OwnBody{L}(struct sacred_broadcast *b, integer p, integer n) =
    \forall integer y; b->offset <= y < b->offset + n ==> Carried(ME,Off(p) + 64 + (y - b->offset),p,b->buf[y]);
*/

/* The child c, which is to have taken chunk u of slot s: has it? */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_CREDIT && s == (b->chunks + 1) % 4 && 1 <= b->held[s];
  requires   child:  Rel(b->held_root[s],ME) < c < b->next && Parent(b->held_radix[s],c) == Rel(b->held_root[s],ME);
  requires   last:   \forall integer x; c < x < b->next ==> Parent(b->held_radix[s],x) != Rel(b->held_root[s],ME);
  terminates \true;
  exits      \false;
  assigns    W, b->next;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result);
  ensures    taken:  \result == SACRED_OK ==> b->next == c;
  ensures    kept:   \result != SACRED_OK ==> b->next == \old(b->next);
*/
static int credit_one(struct sacred_broadcast *b, uint32_t s, uint32_t c)
{
  uint32_t i = rank_at(b->w, b->held_root[s], c);
  //@ assert holds: Holds(s, b->held[s], b->held_root[s], b->held_radix[s]);
  //@ assert owes:  Pair(ME,i) && Child(b->held_root[s],b->held_radix[s],i);
  //@ assert none:  \forall integer j; Pair(ME,j) && Child(b->held_root[s],b->held_radix[s],j) && c <= Rel(b->held_root[s],j) < b->next ==> j == i;
  //@ assert said:  Says(b->held[s]) == 8 * s && b->held[s] <= pub(O,8 * s,ME,i);
  /*
   * ORDER fill-after-thanks.  An acquire load: what I store into the slot is after
   * it.  Pairs with the signal in thank().  Without it the child could read bytes
   * of a later chunk (theorem broadcast_delivers).
   */
  if (!wire_reached(b->w, &b->rows, BROADCAST_TAKEN, i, b->held[s])) {
    //@ assert still_streams: Streams(b);
    //@ assert still_calling: Calling(b);
    //@ assert still_so_far:  SoFar(b);
    //@ assert still_at_hand: AtHand(b);
    //@ assert still_slots:   Slots(b);
    return wire_health(b->w);
  }
  //@ assert it: b->held[s] <= cell(O,64,ME,i);
  //@ assert credit: Credit(b->held_root[s], b->held_radix[s], b->held[s], c);
  b->next = c;
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  //@ assert slots:   Slots(b);
  return SACRED_OK;
}

/* Wait until all to whom the slot of the chunk at hand was sent have taken what was in it. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_CREDIT;
  terminates \true;
  exits      \false;
  assigns    W, b->next;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result);
  ensures    all:    \result == SACRED_OK ==> Free(b->chunks + 1);
*/
static int credit(struct sacred_broadcast *b)
{
  uint32_t s = (uint32_t)((b->chunks + 1) % BROADCAST_SLOTS);
  //@ assert holds: Holds(s, b->held[s], b->held_root[s], b->held_radix[s]);
  //@ ghost lemma_counts();
  if (b->held[s] == 0)
    return SACRED_OK;
  /*@ loop invariant inv:   Inv;
      loop invariant valid: BroadcastValid(b) && b->phase == BROADCAST_CREDIT;
      loop assigns W, b->next;
      loop variant b->next; */
  for (;;) {
    uint32_t c = child(b->w, b->held_root[s], b->held_radix[s], b->next);
    if (c == 0)
      break;
    int status = credit_one(b, s, c);
    if (status != SACRED_OK)
      return status;
  }
  //@ assert now:    Holds(s, b->held[s], b->held_root[s], b->held_radix[s]);
  //@ assert credit: Credit(b->held_root[s],b->held_radix[s],b->held[s],0);
  return SACRED_OK;
}

/* Announce the chunk at hand, and its header into its slot, which nobody reads any more. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_CREDIT && Free(p) && p == b->chunks + 1;
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    inv:    Inv;
  ensures    filling:Filling(b,p);
  ensures    number: \forall integer a; Off(p) <= a < Off(p) + 64 ==> Own(a,ME) == p;
  ensures    free:   \forall integer a; Off(p) + 64 <= a < Off(p) + 65600 ==> Own(a,ME) < p;
  ensures    head:   OwnHead(b,p);
*/
static void fill_head(struct sacred_broadcast *b, uint64_t p)
{
  uint64_t where = b->place ? b->place + b->offset : 0;
  uint64_t head[8] = {b->call, b->root, b->size, b->offset, where, 0, 0, 0};
  //@ ghost lemma_counts();
  //@ ghost lemma_quit(p);
  //@ ghost history_announce(p);
  //@ assert others:  Others(b,p);
  //@ assert filling: Filling(b,p);
  //@ assert free:    \forall integer a; Off(p) <= a < Off(p) + 65600 ==> Own(a,ME) < p;
  //@ ghost lemma_idle(p);
  wire_fill_words(b->w, &b->rows, slot(p), head, 8);
  //@ assert still: Filling(b,p);
  //@ assert words: \forall integer k; 0 <= k < 8 ==> val(O,Off(p) + 8 * k,ME,p) == head[k];
  //@ assert w0: val(O,Off(p) + 8 * 0,ME,p) == head[0];
  //@ assert w1: val(O,Off(p) + 8 * 1,ME,p) == head[1];
  //@ assert w2: val(O,Off(p) + 8 * 2,ME,p) == head[2];
  //@ assert w3: val(O,Off(p) + 8 * 3,ME,p) == head[3];
  //@ assert w4: val(O,Off(p) + 8 * 4,ME,p) == head[4];
}

/* The n bytes of the chunk at hand, p, behind its header. */
/*@
  requires   valid:  Inv && Filling(b,p) && 1 <= n == Chunk(b->size,b->offset);
  requires   number: \forall integer a; Off(p) <= a < Off(p) + 64 ==> Own(a,ME) == p;
  requires   free:   \forall integer a; Off(p) + 64 <= a < Off(p) + 65600 ==> Own(a,ME) < p;
  requires   head:   OwnHead(b,p);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    inv:    Inv;
  ensures    filling:Filling(b,p);
  ensures    stored: Stored(p,n);
  ensures    head:   OwnHead(b,p);
  ensures    body:   OwnBody(b,p,n);
*/
static void fill_body(struct sacred_broadcast *b, uint64_t p, uint64_t n)
{
  //@ ghost lemma_idle(p);
  uint64_t off = slot(p) + BROADCAST_HEAD;
  //@ assert where: val(O,off - 32,ME,p) == Where(b);
  if (b->place)
    wire_refer_bytes(b->w, &b->rows, off, b->buf, b->offset, n);
  else
    wire_fill_bytes(b->w, &b->rows, off, b->buf, b->offset, n);
  //@ assert still: Filling(b,p);
}

/* The chunk at hand, p, is in its slot: send it. What I store as its root is what all others are to have. */
/*@
  requires   valid:  Inv && Filling(b,p) && Stored(p,Chunk(b->size,b->offset)) && OwnHead(b,p) && OwnBody(b,p,Chunk(b->size,b->offset));
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->half, b->phase;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b) && b->phase == BROADCAST_SEND;
*/
static void filled(struct sacred_broadcast *b, uint64_t p)
{
  (void)p;
  //@ ghost if (b->root == b->w->rank) history_conclude(p, 1);
  //@ assert own:    \forall integer a; Own(a,ME) == Own{Pre}(a,ME);
  //@ assert stored: Stored(p,Chunk(b->size,b->offset));
  //@ assert words:  OwnHead(b,p);
  //@ assert body:   OwnBody(b,p,Chunk(b->size,b->offset));
  //@ assert took:   Took(b->chunks + (b->root == ME ? 0 : 1), b->chunks + (b->root == ME ? 0 : 1), b->chunks + (b->root == ME ? 1 : 0));
  //@ assert past:   Past(b->call,b->first,b->chunks);
  //@ assert place:  \forall integer y; b->offset <= y < b->offset + Chunk(b->size,b->offset) ==> ChunkOf(b->first,y) == p && UnitOf(b->first,y) == Off(p) + 64 + (y - b->offset);
  //@ assert heads:  Heads(b->call,b->root,b->size,b->first,p + 1);
  //@ assert left:   Got(b->root,b->first,b->buf,b->offset);
  //@ assert mine:   b->root == ME ==> \forall integer y; b->offset <= y < b->offset + Chunk(b->size,b->offset) ==> Carried(ME,UnitOf(b->first,y),ChunkOf(b->first,y),b->buf[y]);
  //@ assert theirs: b->root != ME ==> Got(b->root,b->first,b->buf,b->offset + Chunk(b->size,b->offset));
  //@ assert got:    Got(b->root,b->first,b->buf,b->offset + Chunk(b->size,b->offset));
  //@ assert head:   Head(b->call,b->root,b->size,b->first,p);
  //@ assert units:  \forall integer a; Off(p) + 64 <= a < Off(p) + 64 + Chunk(b->size,b->offset) ==> Carried(b->root,a,p,b->buf[b->offset + (a - Off(p) - 64)]);
  //@ assert ours:   \forall integer a; Off(p) + 64 <= a < Off(p) + 64 + Chunk(b->size,b->offset) ==> Carried(ME,a,p,b->buf[b->offset + (a - Off(p) - 64)]);
  //@ assert like:   \forall integer a; Off(p) + 64 <= a < Off(p) + 64 + Chunk(b->size,b->offset) ==> Like(ME,b->root,p,a);
  //@ assert same:   Same(ME,b->root,p,Off(p) + 64 + Chunk(b->size,b->offset));
  //@ assert copied: Copied(b->root,p,Chunk(b->size,b->offset));
  //@ assert free:   Free(p) && \forall integer i; Pair(ME,i) ==> pub(O,Says(p),ME,i) < p && pub(O,Off(p),ME,i) < p;
  //@ assert others: Others(b,p);
  b->next = b->w->size;
  b->half = 0;
  b->phase = BROADCAST_SEND;
  //@ assert static:  BroadcastStatic(b);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  //@ assert slots:   Slots(b);
}

/* The chunk at hand into its slot. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_CREDIT && Free(b->chunks + 1);
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->half, b->phase;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b) && b->phase == BROADCAST_SEND;
*/
static void fill(struct sacred_broadcast *b)
{
  uint64_t p = b->chunks + 1, n = chunk(b);
  fill_head(b, p);
  if (n > 0)
    fill_body(b, p, n);
  filled(b, p);
}

/* The chunk at hand to the child c, the next one. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_SEND && b->half == 0;
  requires   child:  Rel(b->root,ME) < c < b->next && Parent(b->radix,c) == Rel(b->root,ME);
  requires   last:   \forall integer x; c < x < b->next ==> Parent(b->radix,x) != Rel(b->root,ME);
  terminates \true;
  exits      \false;
  assigns    W, b->half;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result);
  ensures    posted: \result == SACRED_OK ==> b->half == c;
  ensures    kept:   \result != SACRED_OK ==> b->half == \old(b->half);
*/
static int send_chunk(struct sacred_broadcast *b, uint32_t c)
{
  uint32_t i = rank_at(b->w, b->root, c);
  uint64_t p = b->chunks + 1, off = slot(p), len = BROADCAST_HEAD + chunk(b);
  //@ assert it:    Pair(ME,i) && Child(b->root,b->radix,i);
  //@ assert block: Block(Off(p),Off(p) + 64 + Chunk(b->size,b->offset));
  //@ assert owes:  pub(O,Off(p),ME,i) < p && pub(O,Off(p),ME,i) <= cell(O,64,ME,i);
  //@ assert root:  RootOf(ME,p) == b->root;
  //@ assert post:  MayPost(ME,i,Off(p),Off(p) + 64 + Chunk(b->size,b->offset),p);
  //@ assert same:  off == Off(p) && len == 64 + Chunk(b->size,b->offset) && said(O,ME) == p;
  //@ assert may:   !Signal(off) && MayPost(ME,i,off,off + len,said(O,ME));
  if (wire_lend(b->w, i, &b->rows, off, len) != SACRED_OK) {
    //@ assert still_streams: Streams(b);
    //@ assert still_calling: Calling(b);
    //@ assert still_so_far:  SoFar(b);
    //@ assert still_at_hand: AtHand(b);
    //@ assert still_slots:   Slots(b);
    return wire_health(b->w);
  }
  //@ assert took:   Took(b->chunks + Taken(b), b->chunks + Thanked(b), b->chunks + Given(b));
  //@ assert past:   Past(b->call,b->first,b->chunks);
  //@ assert heads:  Heads(b->call,b->root,b->size,b->first,p + 1);
  //@ assert got:    Got(b->root,b->first,b->buf,b->offset + Chunk(b->size,b->offset));
  //@ assert posted: Posted(b->root,b->radix,p,b->next,c);
  //@ assert signed: Signed(b->root,b->radix,p,b->next);
  //@ assert stored: Stored(p,Chunk(b->size,b->offset));
  //@ assert copied: Copied(b->root,p,Chunk(b->size,b->offset));
  b->half = c;
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  //@ assert slots:   Slots(b);
  return SACRED_OK;
}

/* READY to the child that has the chunk. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_SEND && b->half != 0;
  terminates \true;
  exits      \false;
  assigns    W, b->half, b->next;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result);
  ensures    posted: \result == SACRED_OK ==> b->half == 0 && b->next < \old(b->next);
  ensures    kept:   \result != SACRED_OK ==> b->half == \old(b->half) && b->next == \old(b->next);
*/
static int send_ready(struct sacred_broadcast *b)
{
  uint64_t p = b->chunks + 1;
  uint32_t i = rank_at(b->w, b->root, b->half);
  //@ assert it:   Pair(ME,i) && Child(b->root,b->radix,i) && pub(O,Off(p),ME,i) == p && pub(O,Says(p),ME,i) < p;
  //@ assert none: \forall integer j; Pair(ME,j) && Child(b->root,b->radix,j) && b->half <= Rel(b->root,j) < b->next ==> j == i;
  /*
   * ORDER ready-after-chunk.  Posted behind the chunk on the same queue pair, so
   * placed behind it (rule nrW, in order).  Pairs with the acquire load in look().
   * Without it a rank could copy a chunk still in flight (theorem broadcast_delivers).
   */
  if (wire_signal(b->w, i, &b->rows, ready(p), p) != SACRED_OK) {
    //@ assert still_streams: Streams(b);
    //@ assert still_calling: Calling(b);
    //@ assert still_so_far:  SoFar(b);
    //@ assert still_at_hand: AtHand(b);
    //@ assert still_slots:   Slots(b);
    return wire_health(b->w);
  }
  //@ assert took:   Took(b->chunks + Taken(b), b->chunks + Thanked(b), b->chunks + Given(b));
  //@ assert past:   Past(b->call,b->first,b->chunks);
  //@ assert heads:  Heads(b->call,b->root,b->size,b->first,p + 1);
  //@ assert got:    Got(b->root,b->first,b->buf,b->offset + Chunk(b->size,b->offset));
  //@ assert posted: Posted(b->root,b->radix,p,b->half,0);
  //@ assert signed: Signed(b->root,b->radix,p,b->half);
  //@ assert stored: Stored(p,Chunk(b->size,b->offset));
  //@ assert copied: Copied(b->root,p,Chunk(b->size,b->offset));
  b->next = b->half;
  b->half = 0;
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  //@ assert slots:   Slots(b);
  return SACRED_OK;
}

/* The chunk at hand is over: on to the next. */
/*@
  requires   valid:  BroadcastStatic(b) && !Over(b) && Call(b) && Room(b) && b->chunks < UINT64_MAX;
  requires   streams:Said(0,b->chunks + 1) && Took(b->chunks + 1,b->chunks + 1,b->chunks + 1);
  requires   past:   Past(b->call,b->first,b->chunks + 1) && b->first <= b->chunks;
  requires   data:   Heads(b->call,b->root,b->size,b->first,b->chunks + 2) && Got(b->root,b->first,b->buf,b->offset + Chunk(b->size,b->offset));
  requires   slots:  \forall integer s; 0 <= s < 4 ==> Holds(s, b->held[s], b->held_root[s], b->held_radix[s]);
  terminates \true;
  exits      \false;
  assigns    b->next, b->phase, b->offset, b->chunks;
  ensures    valid:  BroadcastValid(b);
  ensures    moved:  b->offset == \old(b->offset) + Chunk(b->size,\old(b->offset)) && (b->offset == b->size ? b->phase == BROADCAST_IDLE : !Over(b));
  ensures    bytes:  b->phase == BROADCAST_IDLE ==> Delivered(b);
*/
static void next_chunk(struct sacred_broadcast *b)
{
  b->offset += chunk(b);
  b->chunks++;
  b->next = b->w->size;
  if (b->offset == b->size)
    b->phase = BROADCAST_IDLE;
  else
    b->phase = b->root == b->w->rank ? BROADCAST_CREDIT : BROADCAST_TAKE;
  //@ assert more:    b->offset < b->size ==> b->offset == \at(b->offset,Pre) + 65536;
  //@ assert call:    !Over(b) ==> Call(b);
  //@ assert static:  BroadcastStatic(b);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  //@ assert slots:   Slots(b);
}

/* All children have the chunk at hand and its signal: what is in the slot waits for their thanks. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_SEND && b->half == 0;
  requires   all:    \forall integer x; Rel(b->root,ME) < x < b->next ==> Parent(b->radix,x) != Rel(b->root,ME);
  terminates \true;
  exits      \false;
  assigns    b->next, b->phase, b->offset, b->chunks, b->held[0 .. 3], b->held_root[0 .. 3], b->held_radix[0 .. 3];
  ensures    valid:  BroadcastValid(b);
  ensures    moved:  b->offset == \old(b->offset) + Chunk(b->size,\old(b->offset)) && (b->offset == b->size ? b->phase == BROADCAST_IDLE : !Over(b));
  ensures    bytes:  b->phase == BROADCAST_IDLE ==> Delivered(b);
*/
static void sent(struct sacred_broadcast *b)
{
  uint64_t p = b->chunks + 1, s = p % BROADCAST_SLOTS;
  //@ assert head:    Head(b->call,b->root,b->size,b->first,p);
  //@ assert older:   Older(b->call,b->first,p);
  //@ assert none:    b->root != ME ==> !Gave(ME,p);
  //@ assert past:    \forall integer q; 1 <= q <= b->first && Headed(ME,q) ==> val(O,Off(q),ME,q) < b->call;
  //@ assert heads:   Heads(b->call,b->root,b->size,b->first,p + 1);
  //@ assert mine:    b->root == ME ==> Heads(b->call,ME,b->size,b->first,p + 1);
  //@ assert this:    b->root == ME ==> \forall integer q; b->first < q <= p ==> val(O,Off(q),ME,q) == b->call;
  //@ assert at:      b->root == ME ==> \forall integer q; b->first < q <= p ==> val(O,Off(q) + 24,ME,q) == (q - b->first - 1) * 65536;
  //@ assert last:    \forall integer q; 1 <= q < p && Headed(ME,q) && Headed(ME,p) ==> val(O,Off(q),ME,q) < val(O,Off(p),ME,p) || val(O,Off(q),ME,q) == val(O,Off(p),ME,p) && val(O,Off(p) + 24,ME,p) == val(O,Off(q) + 24,ME,q) + (p - q) * 65536;
  //@ assert rising:  Rising(ME,p);
  //@ assert kids:    \forall integer i; Pair(ME,i) && Child(b->root,b->radix,i) ==> pub(O,Off(p),ME,i) == p && pub(O,Says(p),ME,i) == p;
  //@ assert holds:   Holds(s,p,b->root,b->radix);
  b->held[s] = p;
  b->held_root[s] = b->root;
  b->held_radix[s] = b->radix;
  //@ assert slots:   \forall integer t; 0 <= t < 4 ==> Holds(t, b->held[t], b->held_root[t], b->held_radix[t]);
  next_chunk(b);
}

/* Has every child, which all have the chunk at hand, thanked for it? Then nobody reads my buffer any more. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_SEND && b->half == 0 && AllHave(b);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result);
  ensures    back:   \result == SACRED_OK ==> Returned(b);
*/
static int returned(struct sacred_broadcast *b)
{
  uint64_t p = b->chunks + 1;
  uint32_t c = child(b->w, b->root, b->radix, b->w->size);
  /*@ loop invariant inv:   Inv && 0 <= c < N;
      loop invariant valid: BroadcastValid(b);
      loop invariant child: c != 0 ==> Rel(b->root,ME) < c && Parent(b->radix,c) == Rel(b->root,ME);
      loop invariant taken: \forall integer i; Pair(ME,i) && Child(b->root,b->radix,i) && c < Rel(b->root,i) ==> p <= cell(O,64,ME,i);
      loop assigns W, c;
      loop variant c; */
  while (c != 0) {
    uint32_t i = rank_at(b->w, b->root, c);
    //@ assert it:   Pair(ME,i) && Child(b->root,b->radix,i) && b->next <= c;
    //@ assert said: pub(O,Says(p),ME,i) == p;
    /*
     * ORDER return-after-thanks.  An acquire load: what the caller stores into his
     * buffer is after it.  Pairs with the signal in thank().  Without it the child could
     * read bytes that are stored after the call (theorem broadcast_returns).
     */
    int has = wire_reached(b->w, &b->rows, BROADCAST_TAKEN, i, p);
    //@ assert streams: Streams(b);
    //@ assert calling: Calling(b);
    //@ assert so_far:  SoFar(b);
    //@ assert at_hand: AtHand(b);
    //@ assert slots:   Slots(b);
    if (!has)
      return wire_health(b->w);
    //@ ghost Next: ;
    c = child(b->w, b->root, b->radix, c);
    //@ assert none: \forall integer j; Pair(ME,j) && Child(b->root,b->radix,j) && c < Rel(b->root,j) <= \at(c,Next) ==> j == i;
  }
  //@ assert all: said(O,ME) == p;
  return SACRED_OK;
}

/* The chunk at hand and its signal to every child, from where the last try stopped. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_SEND;
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->half, b->phase, b->offset, b->chunks, b->held[0 .. 3], b->held_root[0 .. 3], b->held_radix[0 .. 3];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result);
  ensures    kept:   \result != SACRED_OK ==> b->phase == BROADCAST_SEND && b->offset == \old(b->offset);
  ensures    moved:  \result == SACRED_OK ==> b->offset == \old(b->offset) + Chunk(b->size,\old(b->offset)) &&
                       (b->offset == b->size ? b->phase == BROADCAST_IDLE : !Over(b));
  ensures    bytes:  \result == SACRED_OK && b->phase == BROADCAST_IDLE ==> Delivered(b);
  ensures    back:   \result == SACRED_OK && b->phase == BROADCAST_IDLE && b->place != 0 ==> Returned(b);
*/
static int send(struct sacred_broadcast *b)
{
  /*@ loop invariant inv:   Inv;
      loop invariant valid: BroadcastValid(b) && b->phase == BROADCAST_SEND;
      loop assigns W, b->next, b->half;
      loop variant b->next; */
  for (;;) {
    uint32_t c = child(b->w, b->root, b->radix, b->next);
    if (c == 0)
      break;
    int status = b->half ? SACRED_OK : send_chunk(b, c);
    //@ assert chunk: BroadcastValid(b) && b->phase == BROADCAST_SEND && (status == SACRED_OK ==> b->half != 0);
    if (status == SACRED_OK)
      status = send_ready(b);
    //@ assert ready: BroadcastValid(b) && b->phase == BROADCAST_SEND;
    if (status != SACRED_OK)
      return status;
  }
  if (b->place && b->size - b->offset <= BROADCAST_CHUNK) { /* the last one, lent like all before it */
    int status = returned(b);
    if (status != SACRED_OK)
      return status;
  }
  sent(b);
  return SACRED_OK;
}

/* Who took the chunk at hand and has no children is done with it. */
/*@
  requires   valid:  BroadcastValid(b) && b->phase == BROADCAST_CREDIT && b->root != ME;
  terminates \true;
  exits      \false;
  assigns    b->next, b->phase, b->offset, b->chunks;
  ensures    valid:  BroadcastValid(b);
  ensures    moved:  b->offset == \old(b->offset) + Chunk(b->size,\old(b->offset)) && (b->offset == b->size ? b->phase == BROADCAST_IDLE : !Over(b));
  ensures    bytes:  b->phase == BROADCAST_IDLE ==> Delivered(b);
*/
static void leave(struct sacred_broadcast *b)
{
  //@ assert none:    !Gave(ME,b->chunks + 1);
  //@ assert past:    Past(b->call,b->first,b->chunks + 1);
  next_chunk(b);
}

int broadcast_give(struct sacred_broadcast *b)
{
  if (b->phase == BROADCAST_CREDIT) {
    if (b->root != b->w->rank && child(b->w, b->root, b->radix, b->w->size) == 0) {
      //@ assert none: \forall integer i; Pair(ME,i) ==> !Child(b->root,b->radix,i);
      leave(b);
      return SACRED_OK;
    }
    int status = credit(b);
    if (status != SACRED_OK)
      return status;
    fill(b);
  }
  return send(b);
}
