/* A fence: when it is over, all that I have posted is placed at its target. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SACRED_FENCE_H
#define SACRED_FENCE_H
#include <sacred/group.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct sacred_fence sacred_fence;

/* A fence for my posts in this group. Collective; blocks until `deadline`. */
int sacred_fence_create(sacred_group *group, sacred_fence **fence, uint64_t deadline);

/* Begin: what I have posted so far is to be flushed. Never blocks. SACRED_ERR_STATE, SACRED_ERR_CLOSED. */
int sacred_fence_start(sacred_fence *fence);

/*
 * Go on, without waiting. SACRED_OK: all that I had posted at the start, to
 * anybody, is placed: a third rank that learns of it sees it. SACRED_AGAIN: not
 * yet. SACRED_ERR_STATE: not begun; SACRED_ERR_CLOSED, SACRED_ERR_DEAD, SACRED_ERR_UNREACHABLE.
 */
int sacred_fence_test(sacred_fence *fence);

/* Test until `deadline`, with SACRED_TIMEOUT for SACRED_AGAIN; where none is begun, begin one first. */
int sacred_fence_wait(sacred_fence *fence, uint64_t deadline);

/* The ranks whose flush is not back yet, in increasing order. As sacred_barrier_missing(). */
uint32_t sacred_fence_missing(const sacred_fence *fence, uint32_t *ranks);

#ifdef __cplusplus
}
#endif
#endif
