/* The fence: a get behind the puts of every queue pair, and its completion. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FENCE_H
#define FENCE_H
#include "wire.h"
#include <sacred/fence.h>

enum fence_phase { FENCE_IDLE, FENCE_FLUSH, FENCE_LAND };

struct sacred_fence {
  struct wire *w;
  uint64_t *ticket; /* [i]: operations posted to rank i, its get included */
  uint32_t phase;   /* enum fence_phase */
  uint32_t next;    /* FLUSH: got posted to all before it; LAND: back from all before it */
};
#endif
