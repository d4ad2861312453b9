/* The groups within a group that barriers of hosts need: the ranks of my host, and the first ranks of all hosts. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PARTS_H
#define PARTS_H
#include "group.h"

/*
 * Made with the first barrier of hosts, by two splits, and for all of them until the
 * group is closed. `host` shares memory; `leads` has queue pairs of its own.
 */
struct parts {
  struct sacred_group *host, *leads; /* host: NULL where I am alone on mine; leads: at first ranks only */
  struct sacred_barrier *making;     /* a barrier that all have agreed on, and whose making has timed out; or NULL */
  int tried, status;                 /* its parts have been made, and how that went here */
  uint32_t local;                    /* ranks of my host */
  uint32_t *mine, *firsts;           /* [k]: rank k of host, of leads */
  uint32_t *place;                   /* [j]: where rank j is in the one of them that it is in with me */
};

/* Who is in the parts of a group on several hosts; NULL: no memory. */
struct parts *parts_of(struct sacred_group *g);

/* Make the two groups: SACRED_OK, or an error with words of g's. After SACRED_TIMEOUT the same call goes on. */
int parts_open(struct sacred_group *g, uint64_t deadline);

/* Close them, once all have come to close the group; waits until `deadline`, a second at most. */
void parts_close(struct sacred_group *g, uint64_t deadline);

/* What is wrong in a group other than g, in words of g's. Returns status. */
int parts_say(struct sacred_group *g, int status, const struct sacred_group *part);
#endif
