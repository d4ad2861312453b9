/* A group: ranks that share memory by remote writes, and the objects on it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SACRED_GROUP_H
#define SACRED_GROUP_H
#include <sacred/status.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct sacred_group sacred_group;

/*
 * What holds for every call. Sizes and offsets are bytes, times nanoseconds.
 * Pointers are not NULL where it is not said that they may be. *Serial* calls
 * on a group and on its objects are for one thread at a time; different groups
 * need no lock between them. Order is promised inside a group, not between groups.
 * SACRED_ERR_UNREACHABLE comes from sacred_group_open(), and over verbs: a rank
 * did not answer, which is not to say that it is dead. Of ranks of other hosts no
 * more is known than that.
 *
 * All ranks of a group use one wire: verbs where they are on different hosts, else
 * shared memory; SACRED_WIRE=shm or verbs forces it, the same on all ranks.
 */

/*
 * A deadline is a point on the monotonic clock, in nanoseconds. 0: look once
 * and do not wait. SACRED_FOREVER: no deadline. After SACRED_TIMEOUT the same
 * call goes on where it was.
 */
#define SACRED_FOREVER UINT64_MAX

/* Now on the monotonic clock, in nanoseconds. Never blocks. Thread-safe. */
uint64_t sacred_now(void);

/* The deadline that is `nanoseconds` from now; saturates at SACRED_FOREVER. Never blocks. Thread-safe. */
uint64_t sacred_in(uint64_t nanoseconds);

/*
 * How a wait spends its time: `spins` bare looks, then `pauses` looks with the
 * processor's pause hint between them, then `yields` looks that give up the
 * processor, then looks that sleep for `sleep_ns` (at most 999999999; 0: go on
 * giving it up). Default: 2000, 20000, 200, 50000 where the ranks of this job can
 * have a processor each, 2, 0, 100000, 20000 where not; a split group has its parent's.
 * A look is at the word that is waited for, where it is one. So that most waits need no clock, over verbs the
 * deadline is looked at behind 16 yields, or behind fewer where these take more than a millisecond.
 */
struct sacred_wait_policy {
  uint32_t spins, pauses, yields, sleep_ns;
};

/*
 * A caller's own allgather: every rank gives `size` bytes at `mine`; on return
 * `all` holds size bytes of every rank, in rank order, on every rank. 0 is
 * success. It is called by sacred_group_open_with() only, in the same order on
 * every rank, and never after that returns.
 */
typedef int (*sacred_allgather)(void *arg, const void *mine, void *all, size_t size);

/*
 * Open the group of all ranks of this job, from the environment that `sacred run`,
 * a PMIx launcher, or you with SACRED_ROOT set. Collective; blocks until every rank
 * is there or `deadline`. Thread-safe. SACRED_OK; SACRED_TIMEOUT: sacred_open_error()
 * lists who is missing, where the launcher says; SACRED_ERR_ENVIRONMENT, _MISMATCH,
 * _MEMORY, _SYSTEM, _ARGUMENT; SACRED_ERR_DEAD: a rank ended before it came;
 * SACRED_ERR_UNREACHABLE: its connection was lost, or there is no way to it over
 * verbs. *group is NULL in each case, and sacred_open_error() says more.
 */
int sacred_group_open(sacred_group **group, uint64_t deadline);

/*
 * The same with the caller's own allgather; `rank` < `size` <= 1024. All waiting
 * is in `allgather`, so it keeps the deadline and `deadline` is
 * not looked at; what is not 0 of it is SACRED_ERR_SYSTEM. SACRED_ERR_RANK,
 * SACRED_ERR_ARGUMENT and the errors of open. Thread-safe where `allgather` is.
 */
int sacred_group_open_with(sacred_group **group, uint32_t rank, uint32_t size, sacred_allgather allgather, void *arg,
                           uint64_t deadline);

/*
 * A new group of `n` ranks of `parent`, in the order given. Collective over those
 * ranks, which give the same list; the others do not call. Blocks until `deadline`.
 * Serial. SACRED_ERR_RANK, SACRED_ERR_ARGUMENT (a rank twice, or the caller not in
 * the list), SACRED_ERR_MISMATCH, SACRED_TIMEOUT, SACRED_ERR_STATE (another list
 * after a timeout), SACRED_ERR_CLOSED, and the errors of open. A dead rank ends it.
 * Over several hosts a rank that dies during the last exchange may leave some with
 * a group and others without: who has it learns of the death there.
 */
int sacred_group_split(sacred_group *parent, const uint32_t *ranks, uint32_t n, sacred_group **group,
                       uint64_t deadline);

/*
 * Close a group and every object on it, with no other call on them at the time.
 * Collective: blocks until every living rank closes too, or `deadline`; it is
 * closed on SACRED_TIMEOUT, SACRED_ERR_DEAD and SACRED_ERR_UNREACHABLE as well.
 * From then on it and its objects answer SACRED_ERR_CLOSED, a second close too,
 * and region memory is gone; the handles stay good. NULL is allowed.
 */
int sacred_group_close(sacred_group *group, uint64_t deadline);

/*
 * Making an object, sacred_NAME_create(): collective, in the same order on all
 * ranks; blocks until `deadline`. Serial. The handle is good to the process's end,
 * and NULL where it is not SACRED_OK: SACRED_TIMEOUT, see sacred_group_missing();
 * SACRED_ERR_STATE: another making has timed out, repeat that one first;
 * SACRED_ERR_MISMATCH: sacred_group_error() says which rank gave what;
 * SACRED_ERR_ARGUMENT, SACRED_ERR_MEMORY, SACRED_ERR_CLOSED, SACRED_ERR_DEAD. Over
 * verbs, with more than 16 ranks, it connects the queue pairs that the object needs and
 * that are not there yet: SACRED_ERR_SYSTEM, SACRED_ERR_UNREACHABLE where one cannot.
 */

/*
 * The ranks that have not come to the making of an object that has timed out,
 * in increasing order, at most sacred_size() of them to `ranks`; returns how
 * many, 0 where no making has timed out. Never blocks. Serial.
 */
uint32_t sacred_group_missing(const sacred_group *group, uint32_t *ranks);

/* This rank, and the number of ranks. Never block. Thread-safe. */
uint32_t sacred_rank(const sacred_group *group);
uint32_t sacred_size(const sacred_group *group);

/*
 * Set (get) how waits in this group spend their time. Never block. Serial.
 * SACRED_OK; SACRED_ERR_ARGUMENT: a NULL; SACRED_ERR_RANGE: sleep_ns is too much;
 * SACRED_ERR_CLOSED, of set only.
 */
int sacred_set_wait_policy(sacred_group *group, const struct sacred_wait_policy *policy);
int sacred_get_wait_policy(const sacred_group *group, struct sacred_wait_policy *policy);

/*
 * The ranks known to be dead, or unreachable, in increasing order: writes up to `room` of them
 * to `ranks` and the full number to `*n`. Never blocks. A stopped rank is not
 * dead. SACRED_OK; SACRED_ERR_ARGUMENT: a NULL; SACRED_ERR_CLOSED. Serial.
 */
int sacred_group_dead(sacred_group *group, uint32_t *ranks, uint32_t room, uint32_t *n);

/*
 * The last error of this group in words: the value, the limit, the remedy; never
 * NULL, good until the next call on the group. The SACRED_TIMEOUT of a wait, which
 * is no error, leaves it as it was: the list of missing ranks says more. After a
 * broadcast's SACRED_ERR_MISMATCH, sacred_broadcast_mismatch() says all that was
 * given. Never blocks. Serial.
 */
const char *sacred_group_error(const sacred_group *group);

/* The same for an open or split that gave no group. Per thread, so thread-safe. Never blocks. */
const char *sacred_open_error(void);

#ifdef __cplusplus
}
#endif
#endif
