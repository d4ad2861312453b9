/* Connecting the queue pairs that an object of a sparse group needs, when it is made. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CONNECT_H
#define CONNECT_H
#include "group.h"

/* As many numbers of queue pairs as one exchange carries. */
enum { NUMBERS = CONTROL_MESSAGE / sizeof(uint32_t) };
struct numbers {
  uint32_t number[NUMBERS];
};

/* Does an object post along the distances of a radix alone? Else it may post to anybody. */
int group_is_ring(const struct making *m, uint32_t n);

/*
 * How far apart ranks are that such an object posts between, ahead as behind: fills distance[], and returns how many there
 * are. Of a broadcast those of both its trees, some of them twice.
 */
enum { DISTANCES = 2 * CONTROL_RANKS_MAX };
uint32_t group_distances(const struct making *m, uint32_t n, uint32_t distance[DISTANCES]);

/*
 * Does a new object need queue pairs that there are not yet? The same answer on all ranks, which then go on to
 * connect: `status` is how it goes so far here. group_connect: the same again goes on after SACRED_TIMEOUT. Blocks.
 * SACRED_OK: they are there, with all ranks; an error: none of them is, anywhere, in words.
 */
int group_must_connect(struct sacred_group *g, const struct making *m, int32_t status);
int group_connect(struct sacred_group *g, uint32_t kind, uint64_t deadline);
#endif
