/* The broadcast: every rank's stream of chunks to every other, over slots that are used again once all took them. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BROADCAST_H
#define BROADCAST_H
#include "wire.h"
#include <sacred/broadcast.h>

enum {
  BROADCAST_SLOTS = 4,
  BROADCAST_CHUNK = 32768, /* bytes of the user's in a chunk */
  BROADCAST_HEAD = 64,     /* bytes of a chunk's header: call, root, size, offset */
  BROADCAST_SLOT = BROADCAST_HEAD + BROADCAST_CHUNK,
  /* offsets in a row */
  BROADCAST_READY = 0,     /* chunks of my stream that are there */
  BROADCAST_TAKEN = 64,    /* chunks of your stream that I have taken */
  BROADCAST_DATA = 128,
  BROADCAST_ROW = BROADCAST_DATA + BROADCAST_SLOTS * BROADCAST_SLOT
};

enum broadcast_phase {
  BROADCAST_IDLE,
  BROADCAST_CREDIT, /* root: until everybody took the chunk that was in the slot */
  BROADCAST_SEND,   /* root: chunk and signal, rank by rank */
  BROADCAST_TAKE,   /* others: until the next chunk is there */
  BROADCAST_THANK,  /* others: tell the root that it is taken */
  BROADCAST_BROKEN  /* two ranks disagree */
};

struct sacred_broadcast {
  struct wire *w;
  struct rows rows;
  uint32_t phase; /* enum broadcast_phase */
  uint32_t next;  /* CREDIT, SEND: done with all ranks before it */
  uint32_t half;  /* SEND: the chunk is posted to `next`, its signal is not */
  uint32_t scan;  /* TAKE: the rank to look at next for a root that should not be one */
  uint64_t call;  /* calls begun */
  uint32_t root;
  unsigned char *buf;
  uint64_t size, offset; /* of this call: all bytes, and those before the chunk at hand */
  uint64_t sent;         /* chunks of my stream posted to everybody */
  uint64_t *taken;       /* [j]: chunks of j's stream that I have taken */
  struct sacred_broadcast_call theirs; /* BROKEN: what the other rank said */
};
#endif
