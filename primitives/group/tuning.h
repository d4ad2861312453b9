/* Which algorithm a new object gets. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TUNING_H
#define TUNING_H
#include <sacred/barrier.h>
#include <stdint.h>

/* How many strengths there are, the radix of `dissemination` by itself, and room for what a barrier is called. */
enum { TUNING_STRENGTHS = 3, TUNING_RADIX = 4, TUNING_NAME = 32 };

/* An algorithm. */
struct tuning {
  uint32_t local; /* 1: a barrier of hosts, and the radix is that of their first ranks' */
  uint32_t radix; /* of the dissemination barrier; 0: all to all */
  int one_part;   /* a barrier of hosts was asked for, and has one part only: it is that part */
};

/*
 * The barrier for n ranks of so many hosts over a wire (enum wire_kind): what
 * SACRED_BARRIER says; else the first line that fits of the file that SACRED_TUNING
 * names; else of the table in tuning_table.c. Where all ranks are of one host, or each of
 * another, a barrier of hosts has one part only. SACRED_OK, or SACRED_ERR_ENVIRONMENT with
 * words in sacred_open_error().
 */
int tuning_barrier(uint32_t wire, enum sacred_strength strength, uint32_t n, uint32_t hosts, struct tuning *t);

/* A line of a table, or of a file: which barrier is taken where all of this fits. */
struct tuning_rule {
  uint32_t wire;     /* WIRE_SHM, WIRE_VERBS, 0: any */
  uint32_t strength; /* enum sacred_strength, or TUNING_STRENGTHS: any */
  uint32_t ranks;    /* up to so many */
  struct tuning t;   /* of `local` without a radix: 0, and it is chosen by the table */
};
int tuning_fits(const struct tuning_rule *r, uint32_t wire, uint32_t strength, uint32_t n);

/* The radix that the table of tuning_table.c has for n ranks; 0: all to all. */
uint32_t tuning_radix(uint32_t wire, enum sacred_strength strength, uint32_t n);

/*
 * How the broadcasts of a channel among n ranks go: by the tree of radix `few` (tree.h) up to
 * `brief` bytes, and by that of radix `many` above.
 */
struct tuning_trees {
  uint32_t few, many;
  uint64_t brief;
};

/* What SACRED_BROADCAST says: a radix, or 0 where it is not set. SACRED_OK or SACRED_ERR_ENVIRONMENT, as above. */
int tuning_broadcast(uint32_t *radix);

/* What that comes to. */
struct tuning_trees tuning_trees(uint32_t radix);
const char *tuning_broadcast_name(uint32_t radix, char text[TUNING_NAME]);

/* What a barrier and a strength are called, there and wherever they are printed. */
const char *tuning_barrier_name(struct tuning t, char text[TUNING_NAME]);
extern const char *const tuning_strengths[TUNING_STRENGTHS]; /* by enum sacred_strength */
#endif
