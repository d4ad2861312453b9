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
  BOARD_CLOSE = 32, /* that I come to close, that I have left */
  BOARD_LOST = 64   /* whom I have found to be gone, in a sparse group */
};

/* What a rank is to have of my row, and over datagrams what it has answered: see board_datagrams.c. */
struct board_rank {
  uint32_t due;            /* enum board_part: what it is to have, and is not under way */
  uint32_t job;            /* its rank in the job that the bootstrap knows */
  uint32_t part;           /* under way, 0: none */
  uint32_t taken, carries; /* bytes of it that were answered, and in the datagram that is not answered yet */
  uint16_t tries;          /* how often that was sent */
  uint8_t whole;           /* it is the last one of its part */
  uint8_t owes, busy;      /* an answer is owed; there is something to do for this rank */
  uint8_t silent;          /* it is lost, and whatever it tells now is not heard */
  uint64_t number, heard;  /* of the last datagram of mine; of the last that I have heard of its */
  uint64_t word, state;    /* that ends the part under way; that of BOARD_STATE when it was told */
  uint64_t since, again;   /* when it was sent first; when it is to be sent again */
};

struct board {
  uint64_t asked;
  uint32_t waiting;             /* ranks for whom there is something to do */
  struct board_datagrams *mail; /* NULL: what is told goes by the queue pair of each rank */
  struct board_rank rank[];
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

/* So long a rank that does not wait for the others any more stays, so that they hear of it. */
#define FAREWELL_NS UINT64_C(100000000)

/* Wait for that of all ranks, until `deadline`. */
void board_settle(struct sacred_group *g, uint64_t deadline);

/* Is rank i to have more of a split of mine, so that no other one may be written over it? */
int board_splits(const struct sacred_group *g, uint32_t i);

/* All ranks close, and have answered me: answer them for a moment more. Blocks for that. */
void board_linger(struct sacred_group *g, uint64_t deadline);

/* -- what its two files have of each other ---------------------------------------- */

/* Write one part of my row for rank i, by whichever way: SACRED_AGAIN: there is no more room now. */
int board_write(struct sacred_group *g, uint32_t i, enum board_part part, uint64_t word);

/* The word that ends it, as it is now. */
uint64_t board_word(const struct sacred_group *g, uint32_t i, enum board_part part);

/* Note whether there is something to do for rank i. */
void board_count(struct board *b, uint32_t i);

/* -- by datagrams: board_datagrams.c ------------------------------------------------ */

/* Be ready to hear, before an address is told in an opening; the group has this number. Words in sacred_open_error(). */
int board_datagrams_open(struct sacred_group *g);
void board_datagrams_name(struct sacred_group *g, uint64_t group);
void board_datagrams_free(struct board *b);

/* Hear what has come, answer it, and send to all what they lack, or have not answered for a while. Never blocks. */
void board_datagrams_look(struct sacred_group *g, uint64_t now);

/* The same for rank i, of what is sent. */
void board_datagrams_go_on(struct sacred_group *g, uint32_t i, uint64_t now);

/* Is there room for these bytes at `at` of each copy, or for a word, in what is being written? */
int board_datagram_bytes(struct sacred_group *g, uint64_t at, uint64_t bytes);
int board_datagram_word(struct sacred_group *g, uint64_t at, uint64_t word);
#endif
