/* The broadcast of one chunk: taken from the parent (broadcast_take.c), and given to the children (broadcast_give.c). */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BROADCAST_CHUNK_H
#define BROADCAST_CHUNK_H
#include "broadcast.h"

/* Where chunk p lies in a row. */
/*@
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    off:    \result == Off(p);
*/
static inline uint64_t slot(uint64_t p)
{
  return BROADCAST_DATA + p % BROADCAST_SLOTS * BROADCAST_SLOT;
}

/* Where the word is that says so. */
/*@
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    off:    \result == Says(p);
*/
static inline uint64_t ready(uint64_t p)
{
  return BROADCAST_READY + 8 * (p % BROADCAST_SLOTS);
}

/* The bytes of the chunk at hand. */
/*@
  requires   valid:  \valid_read(b) && b->offset <= b->size;
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    bytes:  \result == Chunk(b->size,b->offset) && 0 <= \result <= 65536;
*/
static inline uint64_t chunk(const struct sacred_broadcast *b)
{
  return b->size - b->offset < BROADCAST_CHUNK ? b->size - b->offset : BROADCAST_CHUNK;
}

/* How far rank i is behind the root, round the ring of ranks. */
/*@
  requires   valid:  CtxW(w) && Node(root) && Node(i);
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    rel:    \result == Rel(root,i) && Node(\result) && (\result == 0 <==> i == root);
*/
static inline uint32_t behind(const struct wire *w, uint32_t root, uint32_t i)
{
  return i >= root ? i - root : i + (w->size - root);
}

/* Who is v behind the root. */
/*@
  requires   valid:  CtxW(w) && Node(root) && Node(v);
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    abs:    \result == Abs(root,v) && Node(\result) && Rel(root,\result) == v;
*/
static inline uint32_t rank_at(const struct wire *w, uint32_t root, uint32_t v)
{
  return v < w->size - root ? root + v : v - (w->size - root);
}

/* My last child before `below` in the tree of root and radix, counted from the root; 0 where there is none. */
/*@
  requires   valid:  CtxW(w) && Node(root) && below <= N;
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    child:  \result != 0 ==> Rel(root,ME) < \result < below && Parent(radix,\result) == Rel(root,ME);
  ensures    last:   \forall integer x; Rel(root,ME) < x && \result < x < below ==> Parent(radix,x) != Rel(root,ME);
*/
static inline uint32_t child(const struct wire *w, uint32_t root, uint32_t radix, uint32_t below)
{
  return tree_child(radix, behind(w, root, w->rank), below);
}

/* The chunk at hand, which I have, to my children. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && Giving(b);
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->half, b->phase, b->offset, b->chunks, b->held[0 .. 3], b->held_root[0 .. 3], b->held_radix[0 .. 3];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result);
  ensures    kept:   \result != SACRED_OK ==> Giving(b) && b->offset == \old(b->offset);
  ensures    moved:  \result == SACRED_OK ==> b->offset == \old(b->offset) + Chunk(b->size,\old(b->offset)) &&
                       (b->offset == b->size ? b->phase == BROADCAST_IDLE : !Over(b));
  ensures    bytes:  \result == SACRED_OK && b->phase == BROADCAST_IDLE ==> Delivered(b);
  ensures    back:   \result == SACRED_OK && b->phase == BROADCAST_IDLE && b->place != 0 ==> Returned(b);
*/
int broadcast_give(struct sacred_broadcast *b);

/* The chunk at hand, from my parent to my buffer. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && Taking(b);
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->half, b->scan, b->word, b->phase, b->taken[0 .. N - 1], b->theirs, b->buf[0 .. b->size - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: WaitStatus(\result) || \result == SACRED_ERR_MISMATCH && b->phase == BROADCAST_BROKEN;
  ensures    kept:   \result != SACRED_OK && \result != SACRED_ERR_MISMATCH ==> Taking(b);
  ensures    taken:  \result == SACRED_OK ==> b->phase == BROADCAST_CREDIT;
*/
int broadcast_take(struct sacred_broadcast *b);
#endif
