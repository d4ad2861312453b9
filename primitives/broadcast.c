/*
 * The broadcast: chunks that go along a tree of ranks, over slots that are used
 * again once all took them. Here calls begin and go on, chunk by chunk; a chunk
 * is taken in broadcast_take.c, and given in broadcast_give.c.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "broadcast_chunk.h"

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
  if (b->call == UINT64_MAX || b->chunks > UINT64_MAX - (size / BROADCAST_CHUNK + 1))
    return wire_refuse(b->w, SACRED_ERR_RANGE, WIRE_USED_UP, b->chunks, UINT64_MAX);
  b->call++;
  b->root = root;
  b->radix = size <= b->brief ? b->short_radix : b->long_radix;
  b->buf = buf;
  b->place = size >= BROADCAST_REFER ? wire_place(b->w, buf, size) : 0;
  b->size = size;
  b->first = b->chunks;
  b->offset = 0;
  b->next = b->w->size;
  b->half = 0;
  b->scan = 0;
  b->word = 0;
  b->phase = root == b->w->rank ? BROADCAST_CREDIT : BROADCAST_TAKE;
  //@ assert static:  BroadcastStatic(b);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert past:    Past(b->call,b->first,b->chunks);
  //@ assert so_far:  SoFar(b);
  //@ assert at_hand: AtHand(b);
  //@ assert slots:   Slots(b);
  return SACRED_OK;
}

/* The chunk at hand, from my parent unless I am the root, and to my children. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && !Over(b);
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->half, b->scan, b->word, b->phase, b->offset, b->chunks, b->held[0 .. 3], b->held_root[0 .. 3], b->held_radix[0 .. 3], b->taken[0 .. N - 1], b->theirs, b->buf[0 .. b->size - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result) && (\result == SACRED_OK || !Over(b)) || \result == SACRED_ERR_MISMATCH && b->phase == BROADCAST_BROKEN;
  ensures    moved:  \result == SACRED_OK ==> b->offset == \old(b->offset) + Chunk(b->size,\old(b->offset)) && (b->offset == b->size ? b->phase == BROADCAST_IDLE : !Over(b));
  ensures    same:   SameCall{Pre,Here}(b);
  ensures    root:   OnlyRead{Pre,Here}(b);
  ensures    bytes:  \result == SACRED_OK && b->phase == BROADCAST_IDLE ==> Delivered(b);
  ensures    back:   \result == SACRED_OK && b->phase == BROADCAST_IDLE && b->place != 0 ==> Returned(b);
*/
static int step(struct sacred_broadcast *b)
{
  //@ assert static: BroadcastStatic(b);
  if (b->phase == BROADCAST_TAKE || b->phase == BROADCAST_THANK) {
    int status = broadcast_take(b);
    //@ assert took: SameCall{Pre,Here}(b);
    if (status != SACRED_OK)
      return status;
  }
  //@ assert same: SameCall{Pre,Here}(b);
  //@ assert has:  OnlyRead{Pre,Here}(b);
  int status = broadcast_give(b);
  //@ assert gave: SameCall{Pre,Here}(b);
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
      loop assigns W, b->next, b->half, b->scan, b->word, b->phase, b->offset, b->chunks, b->held[0 .. 3], b->held_root[0 .. 3], b->held_radix[0 .. 3], b->taken[0 .. N - 1], b->theirs, b->buf[0 .. b->size - 1];
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
      loop assigns W, late, wait.looks, b->next, b->half, b->scan, b->word, b->phase, b->offset, b->chunks, b->held[0 .. 3], b->held_root[0 .. 3], b->held_radix[0 .. 3], b->taken[0 .. N - 1], b->theirs,
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
  assigns    b->call, b->root, b->radix, b->buf, b->place, b->size, b->first, b->offset, b->next, b->half, b->scan, b->word, b->phase;
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

/* Has rank i, if it is my child in that tree, not thanked for chunk u? */
/*@
  requires   valid:  Inv && BroadcastValid(b) && Giving(b) && Node(i) && Node(root);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    others: Rely{Pre,Here};
  ensures    sound:  \result != 0 ==> Owed{Pre}(root,radix,u,i);
  ensures    all:    \result == 0 ==> !Owed(root,radix,u,i);
*/
static int lacks(const struct sacred_broadcast *b, uint32_t root, uint32_t radix, uint64_t u, uint32_t i)
{
  uint32_t me = behind(b->w, root, b->w->rank), v = behind(b->w, root, i);
  if (v <= me || tree_parent(radix, v) != me)
    return 0;
  uint64_t taken = wire_load(b->w, &b->rows, BROADCAST_TAKEN, i);
  //@ assert streams: Streams(b);
  //@ assert calling: Calling(b);
  //@ assert so_far:  SoFar(b);
  //@ assert credit:  b->phase == BROADCAST_CREDIT ==> AtHand(b);
  //@ assert send:    b->phase == BROADCAST_SEND ==> AtHand(b);
  //@ assert at_hand: AtHand(b);
  //@ assert slots:   Slots(b);
  return taken < u;
}

/* My children in that tree which have not thanked for chunk u. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && Giving(b) && Node(root);
  requires   room:   \valid(ranks + (0 .. N - 1)) && \separated(ranks + (0 .. N - 1), b, b->w, b->taken + (0 .. N - 1)) && \separated(ranks + (0 .. N - 1), b->buf + (0 .. b->size - 1));
  terminates \true;
  exits      \false;
  assigns    W, ranks[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    others: Rely{Pre,Here};
  ensures    few:    \result <= N;
  ensures    order:  \forall integer k, l; 0 <= k < l < \result ==> ranks[k] < ranks[l];
  ensures    sound:  \forall integer k; 0 <= k < \result ==> Owed{Pre}(root,radix,u,ranks[k]);
  ensures    all:    \forall integer i; Owed(root,radix,u,i) ==> \exists integer k; 0 <= k < \result && ranks[k] == i;
*/
static uint32_t owing(const struct sacred_broadcast *b, uint32_t root, uint32_t radix, uint64_t u, uint32_t *ranks)
{
  uint32_t n = 0;
  /*@ loop invariant inv:   Inv && 0 <= n <= i <= N;
      loop invariant quiet: Rely{Pre,Here};
      loop invariant valid: BroadcastValid(b);
      loop invariant sound: \forall integer k; 0 <= k < n ==> ranks[k] < i && Owed{Pre}(root,radix,u,ranks[k]);
      loop invariant order: \forall integer k, l; 0 <= k < l < n ==> ranks[k] < ranks[l];
      loop invariant all:   \forall integer j; 0 <= j < i && Owed(root,radix,u,j) ==> \exists integer k; 0 <= k < n && ranks[k] == j;
      loop assigns W, i, n, ranks[0 .. N - 1];
      loop variant N - i; */
  for (uint32_t i = 0; i < b->w->size; i++) {
    int owes = lacks(b, root, radix, u, i);
    //@ assert less:   \forall integer j; Owed(root,radix,u,j) ==> Owed{LoopCurrent}(root,radix,u,j);
    //@ assert before: \forall integer j; 0 <= j < i && Owed(root,radix,u,j) ==> \exists integer k; 0 <= k < n && ranks[k] == j;
    if (owes)
      ranks[n++] = i;
    //@ assert listed: \forall integer j; 0 <= j < i && Owed(root,radix,u,j) ==> \exists integer k; 0 <= k < n && ranks[k] == j;
    //@ assert mine:   Owed(root,radix,u,i) ==> 1 <= n && ranks[n - 1] == i;
  }
  return n;
}

uint32_t sacred_broadcast_missing(const struct sacred_broadcast *b, uint32_t *ranks)
{
  if (!b->w->open || b->phase == BROADCAST_IDLE || b->phase == BROADCAST_BROKEN)
    return 0;
  uint64_t p = b->chunks + 1;
  uint32_t s = (uint32_t)(p % BROADCAST_SLOTS);
  if (b->phase == BROADCAST_CREDIT) {
    //@ assert holds: Holds(s, b->held[s], b->held_root[s], b->held_radix[s]);
    return owing(b, b->held_root[s], b->held_radix[s], b->held[s], ranks);
  }
  if (b->phase == BROADCAST_SEND) {
    uint32_t v = child(b->w, b->root, b->radix, b->next);
    if (v == 0)
      return owing(b, b->root, b->radix, p, ranks);
    ranks[0] = rank_at(b->w, b->root, v);
  } else
    ranks[0] = rank_at(b->w, b->root, tree_parent(b->radix, behind(b->w, b->root, b->w->rank)));
  return 1;
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
