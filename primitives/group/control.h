/* The control area of a group: what its ranks tell each other outside the door. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CONTROL_H
#define CONTROL_H
#include "../wire.h"
#include <stddef.h>

enum {
  CONTROL_MESSAGE = 256, /* bytes a rank can give in one exchange */
  CONTROL_RANKS_MAX = 1024
};
#define CONTROL_MAGIC UINT64_C(0x7361637265643036)

/*
 * What a rank says, in shared memory; it alone writes it, `gone` apart. Over several hosts each rank has a
 * copy of all, and writes its row to the others over the wire: see board.h.
 */
struct control_rank {
  _Alignas(64) uint64_t said; /* exchanges this rank has given its message to */
  uint32_t closing, left;     /* it has come to close the group; it has closed it, or given up to */
  uint32_t gone;              /* the launcher's: 1 + its exit status, once it has ended */
  uint32_t owner;             /* under a launcher: the process that is this rank, 0 at first */
  uint64_t whole;             /* under a launcher: exchanges of this rank up to the end of its last opening */
  _Alignas(64) unsigned char message[2][CONTROL_MESSAGE]; /* of exchange k, at k % 2 */
  _Alignas(64) uint64_t split; /* 4 * splits begun + enum split_state; the rest is of that split */
  uint64_t cookie;             /* of the leader's file */
  uint32_t n, pid, fd;         /* ranks listed, and where the leader's file is */
  uint32_t lost;               /* ranks that it knows to be gone */
  uint64_t split_said;         /* on a board: 256 * its number of the split + gatherings given to that */
  _Alignas(64) uint64_t waits; /* it waits in this epoch, or has asked who is missing; 0: in none */
  uint64_t waits_at;           /* of the barrier that is here in the heap */
  _Alignas(64) unsigned char split_message[2][CONTROL_MESSAGE]; /* on a board: of gathering k, at k % 2 */
  _Alignas(64) uint64_t lost_told;           /* of a sparse group: how often what follows has changed; see news.c */
  uint64_t lost_set[CONTROL_RANKS_MAX / 64]; /* bit i: it has found rank i to be gone */
};

struct control {
  uint64_t magic, cookie;
  uint32_t size;
  struct control_rank rank[];
  /* then, for each rank, the list of its split: `size` of uint32_t */
};

/* Bytes of the control area of `size` ranks, in whole pages. */
uint64_t control_bytes(uint32_t size);

/* What rank i said of a gathering of its split, on a board. */
uint64_t control_split_said(const struct control *c, uint32_t i);

/* The list of rank i's split. */
uint32_t *control_list(struct control *c, uint32_t i);

/* Say that I come to close the group; that I have closed it. */
void control_close(struct control *c, uint32_t rank);
void control_leave(struct control *c, uint32_t rank);

/* Has rank i said so? Has the launcher seen its end? */
int control_closing(const struct control *c, uint32_t i);
int control_left(const struct control *c, uint32_t i);
int control_gone(const struct control *c, uint32_t i);

/*
 * Say that I wait in this epoch, from 1 on, of the barrier at `at`; nonzero where that is news. Has rank i
 * said that it has entered this epoch of it, or a later one?
 */
int control_wait(struct control *c, uint32_t rank, uint64_t at, uint64_t epoch);
int control_waits(const struct control *c, uint32_t i, uint64_t at, uint64_t epoch);

/* Be rank `rank` by process `pid`: who is it now? Another, if that still lives. control_owner: who is it? */
uint32_t control_claim(struct control *c, uint32_t rank, uint32_t pid);
uint32_t control_owner(const struct control *c, uint32_t rank);

/* How many exchanges rank i has given to. */
uint64_t control_said(const struct control *c, uint32_t i);

/* An allgather of small messages over a control area. Split-phase, so that it survives a timeout. */
struct exchange {
  struct control *control;
  uint32_t rank, size;
  uint32_t next; /* heard of all before it */
  uint64_t said; /* exchanges begun */
};

/* Give `size` bytes (at most CONTROL_MESSAGE) to the next exchange. */
void exchange_give(struct exchange *x, const void *mine, size_t size);

/* Has everybody given? exchange_lacks: does rank i lack? exchange_take: what rank i gave. */
int exchange_over(struct exchange *x);
int exchange_lacks(const struct exchange *x, uint32_t i);
void exchange_take(const struct exchange *x, uint32_t i, void *theirs, size_t size);
#endif
