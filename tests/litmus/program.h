/* A random litmus program as lines of text, so that lines can be left out again. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PROGRAM_H
#define PROGRAM_H
#include "litmus.h"
#include <stdbool.h>

enum { PROGRAM_THREADS = 3, PROGRAM_LINES = 8, PROGRAM_LINE = 96, PROGRAM_TEXT = 8192 };

struct program {
  unsigned nodes, threads;
  unsigned node[PROGRAM_THREADS];
  unsigned lines[PROGRAM_THREADS];
  char line[PROGRAM_THREADS][PROGRAM_LINES][PROGRAM_LINE];
};

/* Draw a program: few locations, distinct values, mostly remote operations on few queue pairs. Does not block. */
void program_draw(struct program *p, uint64_t seed);

/* The same in the words of the door: stores, loads, puts, gets and polls, with one thread a node. Does not block. */
void program_draw_door(struct program *p, uint64_t seed);

/*
 * The program as a litmus file: under a name, with a sentence on where it is from, with a condition (NULL: any).
 * Does not block.
 */
void program_write(const struct program *p, const char *name, const char *from, const char *condition,
                   char text[PROGRAM_TEXT]);

/* Leave out lines as long as `still(p, arg)` holds. Calls it once a line, and again from the start behind each success. */
void program_shrink(struct program *p, bool (*still)(const struct program *p, void *arg), void *arg);
#endif
