/* A group on queue pairs, a completion queue and memory that are yours. Not part of sacred.h. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SACRED_VERBS_H
#define SACRED_VERBS_H
#include <sacred/group.h>
#ifdef __cplusplus
extern "C" {
#endif

struct ibv_mr;
struct ibv_qp;
struct ibv_wc;

/* Every work request of Sacred's has this bit in its wr_id, and none of yours may. */
#define SACRED_VERBS_WR_ID (UINT64_C(1) << 63)

/*
 * What you bring. It stays yours: Sacred changes no state of it, destroys and
 * deregisters none of it, and needs it until the group is closed.
 *
 * `qps` has `size` of them, by rank, NULL at mine: RC, in the state RTS, connected
 * to the queue pair that that rank gives for me; remote writes and reads allowed,
 * max_rd_atomic and max_dest_rd_atomic at least 1, a timeout that is not 0 and (on
 * Soft-RoCE) a retry count below 7, or a rank that is gone would never be reported.
 * All have one send_cq, and the domain of `mr`. Each is one of this group alone.
 *
 * [memory, memory + bytes) is within `mr`, registered by ibv_reg_mr() at its own
 * address: the heap that objects and regions are made in, in place of SACRED_HEAP
 * bytes of Sacred's own. Aligned to 64 bytes, `bytes` a multiple of 64, the same on
 * all ranks. What of it is an object's is zeroed when that is made, and from then on
 * nobody writes there but by Sacred; a region's memory is for all. `access` are the
 * flags that `mr` was registered with, which no device tells: local write, remote
 * write and remote read, and no relaxed ordering and no on-demand paging, with
 * which the order that Sacred promises would be void.
 *
 * The send_cq is polled by calls on the group, and by nobody else. You may go on to
 * post to these queue pairs, by the thread that calls Sacred or with a lock: what
 * you post is ordered with what Sacred posts there, so that a flag, a barrier or a
 * fence is good for your data as well. `kept` work requests on each are then for you,
 * and as many completions on the queue; Sacred leaves them free, and hands your
 * completions to `completed`, which may post and must not call Sacred. NULL: they
 * are dropped. Of a rank that is lost, those come too that were flushed.
 *
 * Asynchronous events of your device are yours: an error of a queue pair shows in
 * its completions. Besides, Sacred registers a few pages of its own in that domain,
 * and gives them back at the close. A split of the group gets queue pairs of
 * Sacred's own, or none, as SACRED_WIRE says.
 */
struct sacred_verbs {
  struct ibv_qp *const *qps;
  struct ibv_mr *mr;
  void *memory;
  uint64_t bytes;
  int access;    /* IBV_ACCESS_* */
  uint32_t kept; /* 0 where you post nothing */
  void (*completed)(void *arg, const struct ibv_wc *wc);
  void *arg; /* of `completed` */
};

/*
 * Open a group of `size` ranks on what each brings, as sacred_group_open_with() does
 * on a wire of Sacred's own. *verbs and qps are looked at in this call only. Of the
 * environment SACRED_QP_DEPTH, SACRED_INLINE and SACRED_LOG count. SACRED_ERR_ARGUMENT,
 * _MISMATCH (queue pairs that do not lead to each other; another size of memory; a
 * rank that opens otherwise), _SYSTEM, _MEMORY: sacred_open_error() says what is
 * wrong with which queue pair, the limit and the remedy. Else as open_with: blocks
 * until the deadline at most. Thread-safe where `allgather` is.
 *
 * sacred_group_close() completes all that Sacred has posted, if every rank lives.
 * Behind another status than SACRED_OK some of it may still be under way: then move
 * the queue pairs to the error state before you deregister, and overlook completions
 * whose wr_id has SACRED_VERBS_WR_ID.
 */
int sacred_group_open_verbs(sacred_group **group, uint32_t rank, uint32_t size, const struct sacred_verbs *verbs,
                            sacred_allgather allgather, void *allgather_arg, uint64_t deadline);

#ifdef __cplusplus
}
#endif
#endif
