/* A fence: when it is over, all that I have posted is placed at its target. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SACRED_FENCE_H
#define SACRED_FENCE_H
#include <sacred/group.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct sacred_fence sacred_fence;

/* A fence for my posts in this group: made as every object is, see group.h. */
int sacred_fence_create(sacred_group *group, sacred_fence **fence, uint64_t deadline);

/*
 * Begin: what I have posted so far is to be flushed. Never blocks. SACRED_OK;
 * SACRED_ERR_STATE: the one before is not over; SACRED_ERR_RANGE: 2^64-1 are
 * over; SACRED_ERR_CLOSED. Serial.
 */
int sacred_fence_start(sacred_fence *fence);

/*
 * Go on: a get goes to every rank to which something was posted behind the last get
 * of this fence; where there is none, nothing is posted. Never blocks. SACRED_OK: all
 * that I had posted at the start, to anybody, is placed: a third rank that learns of
 * it sees it. SACRED_AGAIN: not yet. SACRED_ERR_STATE: not begun; SACRED_ERR_CLOSED;
 * SACRED_ERR_DEAD, SACRED_ERR_UNREACHABLE: not yet, and some rank is lost. Serial.
 */
int sacred_fence_test(sacred_fence *fence);

/* Test until `deadline`, with SACRED_TIMEOUT for SACRED_AGAIN; where none is begun, begin one first. Serial. */
int sacred_fence_wait(sacred_fence *fence, uint64_t deadline);

/*
 * The ranks that it waits for: whose flush is to be posted, or not back yet. In
 * increasing order, at most sacred_size() of them to `ranks`; returns how many, 0
 * where none is begun. Never blocks. Serial.
 */
uint32_t sacred_fence_missing(const sacred_fence *fence, uint32_t *ranks);

#ifdef __cplusplus
}
#endif
#endif
