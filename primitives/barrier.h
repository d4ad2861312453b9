/* The all-to-all barrier: I tell everybody my epoch, and hear of everybody's. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BARRIER_H
#define BARRIER_H
#include "fence.h"
#include <sacred/barrier.h>

enum barrier_phase { BARRIER_IDLE, BARRIER_FLUSH, BARRIER_TELL, BARRIER_HEAR };

struct sacred_barrier {
  struct wire *w;
  struct rows rows;          /* a row is one word: the epoch its rank has entered */
  uint32_t strength;         /* enum sacred_strength */
  uint32_t phase;            /* enum barrier_phase */
  uint32_t next;             /* TELL: told all before it; HEAR: heard of all before it */
  uint64_t epoch;            /* epochs entered */
  struct sacred_fence fence; /* for SACRED_FULL */
};
#endif
