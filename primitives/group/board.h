/* The control area of a group over several hosts: each rank has a copy, and writes its row into all others. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BOARD_H
#define BOARD_H
#include "group.h"

/*
 * What ranks of one host find in memory that they share, these find in memory of
 * their own: row i of each copy is written by rank i, at home by stores, elsewhere
 * over the verbs wire, behind the message the word that says that it is there. So
 * all that reads a control area is the same for both. What is read of another rank
 * is old by the way from there, and a rank may know what a third one does not yet.
 */

/* Parts of my row, in the order in which they go: their bytes first, then the word that says so. */
enum board_part {
  BOARD_MAKING = 1, /* what I give to an exchange */
  BOARD_MAIL = 2,   /* the split that I begin, and its list */
  BOARD_SPLIT = 4,  /* what I give to a gathering of it */
  BOARD_STATE = 8,  /* what became of it */
  BOARD_WAITS = 16, /* in which epoch of which barrier I wait in vain */
  BOARD_CLOSE = 32  /* that I come to close, that I have left */
};

/* Make and register my copy, before its address is told in an opening. Words in sacred_open_error(). */
int board_open(struct sacred_group *g, const struct opening *o);

/* The device has let go of it. */
void board_free(struct sacred_group *g);

/* Rank i, all others, are to have these parts of my row. Never blocks; what finds no place goes while somebody waits. */
void board_tell(struct sacred_group *g, uint32_t i, uint32_t parts);
void board_tell_all(struct sacred_group *g, uint32_t parts);

/* Has rank i all that it is to have, or is it lost? */
int board_has(const struct sacred_group *g, uint32_t i);

/* Wait for that of all ranks, until `deadline`. */
void board_settle(struct sacred_group *g, uint64_t deadline);
#endif
