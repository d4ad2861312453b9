/* Where the ranks of a job meet before they share memory: an allgather, and what is behind it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BOOTSTRAP_H
#define BOOTSTRAP_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * One of a process. A gathering is collective, in the same order on every rank, with
 * the same `size` on each; each rank gives `size` bytes at `mine`, and `all` holds those
 * of every rank, in rank order, behind SACRED_OK. It waits until `deadline`; after
 * SACRED_TIMEOUT the same call goes on. Each status but SACRED_OK has its words in
 * group_open_say(). A gathering is a barrier too, of 0 bytes as well: none leaves it
 * before all have come. The second one of an opening closes its set-up: nobody has a
 * group, and so posts to a peer, before every peer has said that it is ready. It is
 * used by opens alone: what an open group has to say goes by its memory or its
 * wire, so that threads may close one group while they open another.
 */
struct bootstrap {
  uint32_t rank, size;
  uint64_t deadline;
  int (*gather)(void *bootstrap, const void *mine, void *all, size_t size);
  int (*stays)(
      const struct bootstrap *b);     /* SACRED_OK: this process may use it; NULL: where the same process made it */
  pid_t pid;                          /* that made it */
  void (*whole)(struct bootstrap *b); /* its user has gathered all that belongs together, or NULL; never blocks */
  /*
   * Has the connection to rank i been lost since? Between gatherings; never blocks.
   * It may be dead, out of reach, or have ended in order. NULL: there are no connections.
   */
  int (*lost)(struct bootstrap *b, uint32_t i);
};

/* Each finds its ranks by environment variables, and keeps what it has: SACRED_OK and *b, or why not. */
int launched_begin(struct bootstrap **b);   /* SACRED_FD: sacred run */
int rendezvous_begin(struct bootstrap **b); /* SACRED_ROOT: TCP */
int pmix_begin(struct bootstrap **b);       /* PMIX_NAMESPACE: mpirun, srun --mpi=pmix */

/* Is one of them there, as far as the environment says? The one that is: as those above. Not thread-safe. */
int bootstrap_is_there(void);
int bootstrap_find(struct bootstrap **b);

/* Has this process's job lost rank i, as far as its bootstrap knows? Never blocks. Thread-safe. */
int bootstrap_lost(uint32_t i);

/* SACRED_RANK and SACRED_SIZE. */
int bootstrap_place(uint32_t *rank, uint32_t *size);
#endif
