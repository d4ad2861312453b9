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
 * A deadline is a point on the monotonic clock, in nanoseconds. 0: look once
 * and do not wait. SACRED_FOREVER: no deadline.
 */
#define SACRED_FOREVER UINT64_MAX

/* Now on the monotonic clock, in nanoseconds. Thread-safe. */
uint64_t sacred_now(void);

/* The deadline that is `nanoseconds` from now; saturates at SACRED_FOREVER. Thread-safe. */
uint64_t sacred_in(uint64_t nanoseconds);

/*
 * How a wait spends its time: `spins` bare looks, then `pauses` looks with the
 * processor's pause hint between them, then `yields` looks that give up the
 * processor, then looks that sleep for `sleep_ns` nanoseconds. The default
 * depends on whether the ranks of this host outnumber its processors.
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
 * Open the group of all ranks of this job, from the environment that
 * `sacred run` sets. Collective; blocks until every rank is there or `deadline`.
 *
 * SACRED_OK; SACRED_TIMEOUT (open again with the same arguments is not
 * possible: the job is to be restarted); SACRED_ERR_ENVIRONMENT;
 * SACRED_ERR_MEMORY; SACRED_ERR_SYSTEM; SACRED_ERR_DEAD. On error *group is
 * NULL and sacred_open_error() has the details.
 */
int sacred_group_open(sacred_group **group, uint64_t deadline);

/* The same with the caller's own allgather; `rank` < `size`, all on one host. */
int sacred_group_open_with(sacred_group **group, uint32_t rank, uint32_t size, sacred_allgather allgather, void *arg,
                           uint64_t deadline);

/*
 * A new group of `n` ranks of `parent`, in the order given. Collective over
 * exactly those ranks, which give the same list; the others do not call.
 * SACRED_ERR_RANK, SACRED_ERR_ARGUMENT (a rank twice, or the caller not in the
 * list), SACRED_ERR_MISMATCH, SACRED_TIMEOUT and the errors of open.
 */
int sacred_group_split(sacred_group *parent, const uint32_t *ranks, uint32_t n, sacred_group **group,
                       uint64_t deadline);

/*
 * Close a group and every object on it. Collective: blocks until every living
 * rank closes too, or `deadline`; on SACRED_TIMEOUT and SACRED_ERR_DEAD the
 * group is closed all the same. A closed group and its objects answer
 * SACRED_ERR_CLOSED from then on; region memory is gone. NULL is allowed.
 */
int sacred_group_close(sacred_group *group, uint64_t deadline);

/* This rank, and the number of ranks. Thread-safe. */
uint32_t sacred_rank(const sacred_group *group);
uint32_t sacred_size(const sacred_group *group);

/* Set how waits in this group spend their time. Not while another thread waits. */
int sacred_set_wait_policy(sacred_group *group, const struct sacred_wait_policy *policy);
int sacred_get_wait_policy(const sacred_group *group, struct sacred_wait_policy *policy);

/*
 * The ranks known to be dead, in increasing order: writes up to `room` of them
 * to `ranks` and the full number to `*n`. Never blocks. A stopped rank is not dead.
 */
int sacred_group_dead(sacred_group *group, uint32_t *ranks, uint32_t room, uint32_t *n);

/*
 * The ranks that have not come to the making of an object that has timed out,
 * in increasing order, at most sacred_size() of them to `ranks`; returns how
 * many, 0 where no making has timed out. Never blocks.
 */
uint32_t sacred_group_missing(const sacred_group *group, uint32_t *ranks);

/*
 * The last error of this group in words: the value, the limit, the remedy.
 * Never NULL; good until the next call on the group.
 */
const char *sacred_group_error(const sacred_group *group);

/* The same for an open or split that gave no group. Per thread. */
const char *sacred_open_error(void);

#ifdef __cplusplus
}
#endif
#endif
