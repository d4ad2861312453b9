/* A barrier: nobody leaves before everybody has entered. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SACRED_BARRIER_H
#define SACRED_BARRIER_H
#include <sacred/group.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct sacred_barrier sacred_barrier;

/* What a barrier says of data, besides that everybody has entered. */
enum sacred_strength {
  SACRED_ARRIVE,  /* nothing */
  SACRED_INBOUND, /* what anybody posted to me before entering is visible to me */
  SACRED_FULL     /* what anybody posted to anybody, and stored, before entering is visible to all */
};

/*
 * A barrier over all ranks of `group`: made as every object is, see group.h.
 * SACRED_ERR_MISMATCH where ranks give different strengths, or take different algorithms;
 * SACRED_ERR_ENVIRONMENT where SACRED_BARRIER or SACRED_TUNING is not understood.
 *
 * Three algorithms, all proved for any number n of ranks; the same to a caller but for
 * what the missing ranks are:
 *   all-to-all       each rank signals to each: one round, n - 1 signals, n cache lines
 *   dissemination:K  each signals to K - 1 a round, log_K n rounds (rounded up), a cache
 *                    line per signal; but for SACRED_ARRIVE it flushes first, as what
 *                    is heard by way of a third rank says nothing of puts to me: the ranks to
 *                    which something but its own signals was posted since it last did.
 *   local, local:K   of ranks on several hosts: those of a host meet in memory that they
 *                    share, and of each host the first rank meets those of the others, by
 *                    dissemination:K, or as so many ranks do, then lets its own go. So a
 *                    host sends as much as one rank. Flushes as the second does. Where all
 *                    ranks are of one host, or each of another, one part is all of it. The
 *                    first one of a group makes groups within it, which are closed with it.
 * Up to 16 ranks the first, above the second by radix 4; SACRED_BARRIER forces one.
 * SACRED_TUNING names a file that says which, in lines like these, of which the
 * first that fits is taken (any wire, any strength, any number of ranks: any):
 *   barrier  shm    full  8    all-to-all         # groups of up to 8 ranks
 *   barrier  verbs  any   128  dissemination:3
 *   barrier  verbs  any   any  local
 */
int sacred_barrier_create(sacred_group *group, enum sacred_strength strength, sacred_barrier **barrier,
                          uint64_t deadline);

/*
 * Enter the next epoch. Never blocks, and posts nothing yet: the tests and
 * waits that follow do. SACRED_OK; SACRED_ERR_STATE: the epoch before is not
 * over; SACRED_ERR_RANGE: 2^64-1 epochs are over; SACRED_ERR_CLOSED. Serial.
 */
int sacred_barrier_arrive(sacred_barrier *barrier);

/*
 * Go on with the epoch entered. Never blocks. SACRED_OK: everybody has entered
 * it; SACRED_AGAIN: not yet; SACRED_ERR_STATE: none is entered;
 * SACRED_ERR_CLOSED; SACRED_ERR_DEAD, SACRED_ERR_UNREACHABLE: not yet, and some
 * rank is lost; to call it again is allowed. Serial.
 */
int sacred_barrier_test(sacred_barrier *barrier);

/*
 * Test until `deadline`; where no epoch is entered, enter one first. So this
 * alone is a blocking barrier. SACRED_TIMEOUT for SACRED_AGAIN: the epoch
 * stays entered, and calling it again goes on; else as arrive and test. Serial.
 */
int sacred_barrier_wait(sacred_barrier *barrier, uint64_t deadline);

/*
 * The ranks not yet heard of in the epoch entered, in increasing order, at
 * most sacred_size() of them to `ranks`; returns how many, 0 where no epoch is
 * entered or the group is closed. All that have not entered are among them. By
 * all-to-all there are no others; by dissemination also those that have entered, and
 * of which a late rank was to tell me, until they say so themselves: once a wait of
 * theirs has timed out, by a deadline other than 0, or they ask who is missing. So
 * once all that have entered have done so, only the others are left. The same of
 * `local`, where until then all ranks of other hosts are missing, but to a first rank
 * those of hosts that have met. Never blocks. Serial.
 */
uint32_t sacred_barrier_missing(const sacred_barrier *barrier, uint32_t *ranks);

#ifdef __cplusplus
}
#endif
#endif
