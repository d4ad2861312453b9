/* Which algorithm a new object gets. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TUNING_H
#define TUNING_H
#include <sacred/barrier.h>
#include <stdint.h>
#include <stdio.h>

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

/* A line of a table, or of a file: what is taken where all of this fits. */
struct tuning_rule {
  int is_broadcast;  /* else it is of barriers */
  uint32_t wire;     /* WIRE_SHM, WIRE_VERBS, 0: any */
  uint32_t ranks;    /* up to so many */
  uint32_t strength; /* of a barrier: enum sacred_strength, or TUNING_STRENGTHS: any */
  struct tuning t;   /* of `local` without a radix: 0, and it is chosen by the table */
  uint64_t bytes;    /* of a broadcast: up to so many */
  uint32_t radix;    /* of its tree */
};
int tuning_fits(const struct tuning_rule *r, uint32_t wire, uint32_t strength, uint32_t n);

/* The radix that the table of tuning_table.c has for n ranks; 0: all to all. */
uint32_t tuning_radix(uint32_t wire, enum sacred_strength strength, uint32_t n);

/* The radices of the trees that are none: everybody to the next, and the root to everybody, of whom there are no more. */
enum { TUNING_CHAIN = 1 };
#define TUNING_FLAT UINT32_MAX

/*
 * How the broadcasts of a channel among n ranks go: by the tree of radix `few` (tree.h) up to
 * `brief` bytes, and by that of radix `many` above.
 */
struct tuning_trees {
  uint32_t few, many;
  uint64_t brief;
};

/*
 * The trees for n ranks over a wire: what SACRED_BROADCAST says; else the first line that fits of the file that
 * SACRED_TUNING names, and behind it of the table: and for more bytes than it is for, the next that fits those.
 * SACRED_OK or SACRED_ERR_ENVIRONMENT, as above.
 */
int tuning_broadcast(uint32_t wire, uint32_t n, struct tuning_trees *t);

/* Let a rule that fits add to what is chosen, which at first is all 0; and all of the table's. */
void tuning_consider(const struct tuning_rule *r, uint32_t wire, uint32_t n, struct tuning_trees *t);
void tuning_consider_table(uint32_t wire, uint32_t n, struct tuning_trees *t);

/* A tree by its name: 1 with its radix, or 0; and the name of a tree, and of what was chosen. */
int tuning_tree_read(const char *text, uint32_t *radix);
const char *tuning_tree_name(uint32_t radix, char text[TUNING_NAME]);
enum { TUNING_TREES_NAME = 2 * TUNING_NAME + 48 };
const char *tuning_trees_name(struct tuning_trees t, char text[TUNING_TREES_NAME]);

/* A barrier by its name: 1 with *t, or 0. */
int tuning_barrier_read(const char *text, struct tuning *t);

/* What a barrier and a strength are called, there and wherever they are printed. */
const char *tuning_barrier_name(struct tuning t, char text[TUNING_NAME]);
extern const char *const tuning_strengths[TUNING_STRENGTHS]; /* by enum sacred_strength */

/* A file of rules that is read: the next one, 1; 0 at its end, or an error in words, after which it is closed. */
struct tuning_file {
  const char *path;
  FILE *file;
  int line;
};
int tuning_file_open(struct tuning_file *f, const char *path);
int tuning_file_next(struct tuning_file *f, struct tuning_rule *r);
#endif
