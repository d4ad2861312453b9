/* A split that is going on, over memory that its ranks share, or over the boards of several hosts. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPLIT_H
#define SPLIT_H
#include "group.h"

/* The low two bits of control_rank.split; the rest counts this rank's splits. */
enum split_state { SPLIT_IDLE, SPLIT_ACTIVE, SPLIT_REFUSED };

/* A split that is going on; kept by its parent over a timeout. */
struct splitting {
  struct gathering gathering; /* over the new group's control area, where ranks share one */
  struct opening opening;
  struct sacred_group *parent;
  uint32_t n, me; /* me: my rank in the new group */
  uint32_t wire;  /* see struct opening */
  int fd;         /* of the leader's file; -1: not there yet */
  uint64_t word;  /* of my mailbox, while active; 0: not told yet */

  /* where the parent has a board */
  uint32_t gatherings; /* that I gave to */
  int given;           /* and the last of them is not over */
  uint64_t over;       /* when I had heard the last one of all; 0: not yet */
  uint64_t *number;    /* [k]: rank k's number of this split; 0: it has not come */

  uint32_t ranks[];
};

/* What rank i of the parent says of its split. */
struct mail {
  uint64_t word, cookie;
  uint32_t n, pid, fd, lost;
  int same, mine; /* its list is mine; its list has me in it */
  int gone;       /* its list has a rank that is gone */
};

/* Read rank i's mailbox; 0 where it was changing. */
int split_read_mail(const struct splitting *s, uint32_t i, struct mail *m);

/* What can be wrong while I wait: SACRED_OK is nothing. */
int split_check(struct splitting *s);

/* -- over boards ---------------------------------------------------------------- */

/* My list is to hear of these parts of my row. */
void split_tell(struct splitting *s, uint32_t parts);

/* May I write on the boards of my list? SACRED_TIMEOUT: not by the deadline. */
int split_await_boards(struct splitting *s, uint64_t deadline);

/* A gathering of my list; see struct opening. */
int split_gather(void *splitting, const void *mine, void *all, size_t size);

/* Has rank k of my list not given to the gathering that I am in? */
int split_lacks(struct splitting *s, uint32_t k);

/* Rank k of my list is gone: can this split not come to its end? */
int split_fails(struct splitting *s, uint32_t k);
#endif
