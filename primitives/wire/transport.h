/* What stands behind the door on one host: mapped heaps, counters, peers' lives, the last error. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TRANSPORT_H
#define TRANSPORT_H
#include "../wire.h"
#include "wire_kind.h"
#include <sys/types.h>

/* Bytes of an error in words: enough to list every rank that a group can have. */
enum { WIRE_WORDS = 8192 };

/* The longest that one sleep of a wait may take, in nanoseconds. */
enum { WIRE_SLEEP_MAX = 999999999 };

enum peer_life { PEER_LIVES, PEER_DIED, PEER_LEFT, PEER_UNREACHABLE };

/* What is lent: a header, one word of which says where the bytes behind it are at home, if not there; and at most so many. */
enum { WIRE_HEAD = 64, WIRE_WHERE = 32, WIRE_LEND_MAX = 1 << 17 };

/* A rank of the group, as this process sees it. */
struct peer {
  uint64_t posted, completed; /* operations; `completed` counts in eager mode only */
  pid_t pid;
  int pidfd;     /* -1: none to be had, ask with kill(pid, 0) */
  uint32_t life; /* enum peer_life, latched */
};

struct transport {
  struct awaited awaited; /* the first: see wire_reached() */
  unsigned char
      *heaps; /* of all ranks, heap_bytes each, in rank order; over verbs only mine has memory; NULL once closed */
  uint64_t heap_bytes, stride; /* stride: from one heap to the next; 0 where `heaps` is mine alone */
  int brought;                 /* my heap is the caller's memory: see sacred/verbs.h */
  struct peer *peers;
  struct shm_late *late;   /* WIRE_SHM_LATE only */
  struct verbs *verbs;     /* WIRE_VERBS only; see wire/verbs.h */
  struct trace *trace;     /* the log of SACRED_TRACE, or NULL; see wire/trace.h */
  void *owner;             /* the group */
  struct control *control; /* what the ranks tell each other outside the door; see group/control.h */
  void (*look)(struct wire *w,
               uint64_t now); /* what else is to go on while somebody waits, or NULL; see group/board.h */
  struct sacred_wait_policy policy;
  uint32_t lost; /* peers that do not live; of these, how many cannot be reached */
  uint32_t unreachable;
  uint32_t checks;       /* calls of wire_health since the last look at the clock */
  uint64_t checked;      /* when peers were last looked at */
  uint64_t clock, yield; /* when a wait that yields has last looked at the clock, and behind which yield */
  uint32_t halved;       /* how often it does: see is_turn_of_clock() */
  int status;            /* the last refusal, and its numbers */
  enum wire_refusal what;
  uint64_t value, limit;
  int worded; /* `words` describes `status` already */
  char words[WIRE_WORDS];
};

/* The place `at` in the heap of rank i, as mapped here. */
static inline unsigned char *shm_place(const struct transport *t, uint32_t i, uint64_t at)
{
  return t->heaps + i * t->stride + at;
}

/* Look now which peers live: sacred_group_dead() and the waits use it. */
void wire_peers_look(struct wire *w);

/* Has rank i said, or the system, or the wire, that it is gone? */
static inline int wire_peer_gone(const struct wire *w, uint32_t i)
{
  return w->transport->peers[i].life != PEER_LIVES;
}

/* Latch that it is, and how: the first news stays, but that an unreachable one has died, or left, is better news. */
void wire_peer_lose(struct wire *w, uint32_t i, enum peer_life life);

/* The default wait policy for `ranks` ranks on `processors` processors. */
struct sacred_wait_policy wire_policy_default(uint32_t ranks, uint32_t processors);

/* Note an error in words of my own. Returns status. */
int wire_say(struct wire *w, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* -- the late wire: queues of posts, and the thread that performs them -------- */

struct shm_late *shm_late_open(struct wire *w, uint64_t seed);

/* Perform what is posted, until `deadline`; then drop the rest. Frees it. */
void shm_late_close(struct shm_late *late, uint64_t deadline);

/* The wire_* functions of the same names. `to` and `from` are places as mapped here. */
int shm_late_word(struct shm_late *late, uint32_t i, unsigned char *to, uint64_t v);
int shm_late_put(struct shm_late *late, uint32_t i, unsigned char *to, const unsigned char *from, uint64_t len);
int shm_late_get(struct shm_late *late, uint32_t i, unsigned char *to, const unsigned char *from, uint64_t len);
int shm_late_flush(struct shm_late *late, uint32_t i);
uint64_t shm_late_completed(struct shm_late *late, uint32_t i);
#endif
