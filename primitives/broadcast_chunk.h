/* The broadcast of one chunk, by its root (broadcast_root.c) and by the others (broadcast_receiver.c). */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BROADCAST_CHUNK_H
#define BROADCAST_CHUNK_H
#include "broadcast.h"

/* Where chunk p of a stream lies in a row. */
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

/* The bytes of the chunk at hand. */
/*@
  requires   valid:  \valid_read(b) && b->offset <= b->size;
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    bytes:  \result == Chunk(b->size,b->offset) && 0 <= \result <= 32768;
*/
static inline uint64_t chunk(const struct sacred_broadcast *b)
{
  return b->size - b->offset < BROADCAST_CHUNK ? b->size - b->offset : BROADCAST_CHUNK;
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
int broadcast_give(struct sacred_broadcast *b);

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
int broadcast_take(struct sacred_broadcast *b);
#endif
