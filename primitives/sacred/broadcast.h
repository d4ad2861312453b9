/* A broadcast: the root's buffer becomes everybody's buffer. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SACRED_BROADCAST_H
#define SACRED_BROADCAST_H
#include <sacred/group.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct sacred_broadcast sacred_broadcast;

/*
 * A broadcast channel over all ranks of `group`: made as every object is, see group.h. A call goes along a tree of
 * ranks: flat, where the root gives to everybody; tree:K, the k-nomial tree; or chain, where everybody gives to the
 * next. Calls of few bytes may go along another one than calls of many. Which are taken, the same on all ranks, says
 *     SACRED_BROADCAST  flat, tree:K or chain, for all sizes; else
 *     SACRED_TUNING     a file of lines `broadcast wire bytes ranks tree`: wire shm, verbs or any; up to so many bytes
 *                       (K, M and G are allowed) and ranks, or any. The first line that fits, and for calls of more bytes
 *                       than it says the next that fits those, is taken: `sacred tune` writes one. Else
 *     the table         over shared memory flat. Over verbs up to 16 ranks flat, and chain above 32 KiB; with more
 *                       ranks tree:4, and chain above 1 MiB, with more than 64 above 4 MiB.
 * It takes 256 KiB of the heap for each rank of the group; where no tree is flat, for itself and those ranks alone that can
 * be its parent or child, which are O(K log_K n): by tree:4 and chain 4 MiB with 64 ranks, 7 MiB with 1024.
 * SACRED_ERR_ENVIRONMENT where that is not understood; SACRED_ERR_MISMATCH where ranks take different ones.
 */
int sacred_broadcast_create(sacred_group *group, sacred_broadcast **broadcast, uint64_t deadline);

/*
 * Begin the next call: `size` bytes at `buf`, at any alignment, from `root` to
 * all; every rank begins the same calls in the same order, and where the tree is not
 * flat goes on with each until it is over: others wait for what it passes on. `buf` is the call's
 * until it is over. If it lies in a region (sacred/region.h), it is read where it is: over shared memory from 8 KiB on
 * by those that it goes to, over verbs from 1 MiB on by the device; and then the call is over only once they have
 * their copy. Never blocks. SACRED_OK; SACRED_ERR_RANK; SACRED_ERR_STATE:
 * the call before is not over; SACRED_ERR_ARGUMENT: buf is NULL and size not 0;
 * SACRED_ERR_RANGE: calls are used up; SACRED_ERR_MISMATCH, SACRED_ERR_CLOSED. Serial.
 */
int sacred_broadcast_start(sacred_broadcast *broadcast, uint32_t root, void *buf, uint64_t size);

/*
 * Go on with the call. Never blocks. SACRED_OK: it is over, at the root `buf`
 * may be reused, elsewhere it holds the root's bytes. SACRED_AGAIN: not yet.
 * SACRED_ERR_MISMATCH: another rank has other arguments for this call, see
 * sacred_broadcast_mismatch(); the channel is of no more use. SACRED_ERR_STATE:
 * none is begun; SACRED_ERR_CLOSED, SACRED_ERR_DEAD, SACRED_ERR_UNREACHABLE. Serial.
 */
int sacred_broadcast_test(sacred_broadcast *broadcast);

/* Test until `deadline`: as sacred_broadcast_test(), with SACRED_TIMEOUT for SACRED_AGAIN. Serial. */
int sacred_broadcast_wait(sacred_broadcast *broadcast, uint64_t deadline);

/*
 * Begin a call and wait for it, until `deadline`. After SACRED_TIMEOUT the same
 * call with the same arguments goes on; other arguments are SACRED_ERR_STATE.
 * Else as start and wait. Serial.
 */
int sacred_broadcast_run(sacred_broadcast *broadcast, uint32_t root, void *buf, uint64_t size, uint64_t deadline);

/*
 * The ranks this call still waits for, in increasing order: for a chunk, my parent
 * in the tree, which where it is flat is the root; for a place to send from, those that
 * have not taken the chunk that I sent from there last; for a buffer that they read where it is, those that still do. At most sacred_size()
 * of them to `ranks`; returns how many, 0 where no call goes on. Never blocks. Serial.
 */
uint32_t sacred_broadcast_missing(const sacred_broadcast *broadcast, uint32_t *ranks);

/* What a rank said of a call. */
struct sacred_broadcast_call {
  uint32_t rank;                     /* who says so */
  uint64_t call, root, size, offset; /* calls count from 1; offset of the chunk, in bytes */
};

/* After SACRED_ERR_MISMATCH: what I gave and what the other rank gave; else SACRED_ERR_STATE. Never blocks. Serial. */
int sacred_broadcast_mismatch(const sacred_broadcast *broadcast, struct sacred_broadcast_call *mine,
                              struct sacred_broadcast_call *theirs);

#ifdef __cplusplus
}
#endif
#endif
