/* What a user relies on of a broadcast. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/broadcast_chunk.h"

/* clang-format off */
#define RUN requires valid: Inv && BroadcastValid(b); \
  requires room:  \valid(buf + (0 .. size - 1)) || buf == \null; \
  requires apart: \separated(buf + (0 .. size - 1), b, b->w, b->taken + (0 .. N - 1)); \
  exits \false; \
  assigns W, b->call, b->root, b->radix, b->buf, b->place, b->size, b->first, b->next, b->half, b->scan, b->word, b->phase, b->offset, \
          b->chunks, b->held[0 .. 3], b->held_root[0 .. 3], b->held_radix[0 .. 3], b->taken[0 .. N - 1], b->theirs, buf[0 .. size - 1];
/* clang-format on */

/*
 * When a call returns, the buffer is what the root has stored as this call: every chunk says the call, the
 * root, the size and its offset, and every byte is the byte of the chunk that says so, no older and no newer one.
 */
/*@ RUN ensures heads: \result == SACRED_OK ==> \forall integer q; b->first < q && (q == b->first + 1 || (q - b->first - 1) * 65536 < size) ==>
                         Head(b->call,root,size,b->first,q);
        ensures bytes: \result == SACRED_OK ==> \forall integer y; 0 <= y < size ==>
                         Carried(root,UnitOf(b->first,y),ChunkOf(b->first,y),buf[y]); */
int broadcast_delivers(struct sacred_broadcast *b, uint32_t root, unsigned char *buf, uint64_t size, uint64_t deadline)
{
  return broadcast_run(b, root, buf, size, deadline);
}

/* The root's buffer is read, and only read: what it holds when the call returns it held all along. */
/*@ RUN ensures kept: root == ME ==> \forall integer y; 0 <= y < size ==> buf[y] == \old(buf[y]); */
int broadcast_only_reads(struct sacred_broadcast *b, uint32_t root, unsigned char *buf, uint64_t size,
                         uint64_t deadline)
{
  return broadcast_run(b, root, buf, size, deadline);
}

/*
 * Where others read the buffer itself: once the call is over all to whom I gave have thanked for all that I ever gave
 * them, so nobody reads it any more, and it may be used again.
 */
/*@ RUN ensures back: \result == SACRED_OK && b->place != 0 ==>
                        \forall integer i; Pair(ME,i) && Child(root,b->radix,i) ==> said(O,ME) <= cell(O,64,ME,i); */
int broadcast_returns(struct sacred_broadcast *b, uint32_t root, unsigned char *buf, uint64_t size, uint64_t deadline)
{
  return broadcast_run(b, root, buf, size, deadline);
}

/* Whatever comes of a call, no two chunks that I gave as a root say the same call and offset. */
/*@ RUN ensures rising: Rising(ME,b->chunks);
        ensures whole:  \result == SACRED_OK ==> said(O,ME) <= b->chunks; */
int broadcast_rises(struct sacred_broadcast *b, uint32_t root, unsigned char *buf, uint64_t size, uint64_t deadline)
{
  return broadcast_run(b, root, buf, size, deadline);
}

/*
 * So the buffer of a call is the same everywhere: `theirs`, of `size` bytes behind chunk f, is
 * what the first theorem says of another rank, or of the root, where the same call returned.
 */
/*@
  requires  other: \valid_read(theirs + (0 .. size - 1)) && \separated(theirs + (0 .. size - 1), buf + (0 .. size - 1), b, b->w, b->taken + (0 .. N - 1));
  RUN
  ensures   agree: \result == SACRED_OK && 0 <= f && Rising(root,said(O,root)) && Head(b->call,root,size,f,f + 1) && Got(root,f,theirs,size) ==>
                     f == b->first && \forall integer y; 0 <= y < size ==> buf[y] == theirs[y];
*/
int broadcast_agrees(struct sacred_broadcast *b, uint32_t root, unsigned char *buf, uint64_t size, uint64_t deadline,
                     const unsigned char *theirs, uint64_t f)
{
  int status = broadcast_run(b, root, buf, size, deadline);
  //@ assert mine:  status == SACRED_OK ==> Head(b->call,root,size,b->first,b->first + 1);
  //@ assert own:   status == SACRED_OK ==> \forall integer a; Own(a,root) <= said(O,root);
  /*@ assert told:  status == SACRED_OK ==> \forall integer g; 0 <= g && Head(b->call,root,size,g,g + 1) ==>
                      Headed(root,g + 1) && g + 1 <= said(O,root) && val(O,Off(g + 1),root,g + 1) == b->call && val(O,Off(g + 1) + 24,root,g + 1) == 0; */
  //@ assert first: status == SACRED_OK && 0 <= f && Rising(root,said(O,root)) && Head(b->call,root,size,f,f + 1) ==> f == b->first;
  return status;
}

/* Whoever posts a chunk, its root or a rank that passes it on, posts what the root that it names has stored: along any tree. */
/*@ RUN ensures same: \forall integer j, i, k; Pair(j,i) && Entry(j,i,k) && 128 <= lo(j,i,k) ==>
                        Same(j,RootOf(j,num(j,i,k)),num(j,i,k),hi(j,i,k)); */
int broadcast_passes_on(struct sacred_broadcast *b, uint32_t root, unsigned char *buf, uint64_t size, uint64_t deadline)
{
  return broadcast_run(b, root, buf, size, deadline);
}

/* Who waits for a chunk waits for a rank that is nearer to the root, round the ring: so nobody waits for himself. */
/*@
  requires  valid:  Inv && BroadcastValid(b) && Taking(b);
  terminates\true;
  exits     \false;
  assigns   \nothing;
  ensures   up:     \result == Up(b);
  ensures   before: Rel(b->root,\result) < Rel(b->root,ME);
*/
uint32_t broadcast_waits_for_who_is_before(const struct sacred_broadcast *b)
{
  return rank_at(b->w, b->root, tree_parent(b->radix, behind(b->w, b->root, b->w->rank)));
}

/* A timeout loses nothing: the next call with the same arguments goes on. */
/*@ RUN ensures bytes: \result == SACRED_OK ==> Delivered(b);
        ensures valid: Inv && BroadcastValid(b);
        ensures never: \result == SACRED_TIMEOUT ==> !Over(b); */
int broadcast_resumes(struct sacred_broadcast *b, uint32_t root, unsigned char *buf, uint64_t size, uint64_t soon,
                      uint64_t later)
{
  int status = broadcast_run(b, root, buf, size, soon);
  if (status != SACRED_TIMEOUT)
    return status;
  return broadcast_run(b, root, buf, size, later);
}
