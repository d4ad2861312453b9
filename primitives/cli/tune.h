/* The parts of `sacred tune`. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TUNE_H
#define TUNE_H
#include "../group/tuning.h"
#include <sacred/sacred.h>

/* Per cent by which one has to be quicker than what comes before it. */
enum { WORTH = 3 };

struct tune {
  uint64_t epochs, blocks, deadline;
  double timeout;
  int pin, help;
  int barriers, broadcasts; /* which of them */
  sacred_group *all;
  sacred_barrier *turn; /* of all ranks: who is not in a group waits there */
  uint32_t rank, ranks, processors;
  struct sacred_wait_policy policy; /* of the job */
};

/* Say what went wrong; returns the exit status. */
int tune_say(const struct tune *t, const sacred_group *g, const char *what, int status);

/* The wire of a group, as rules have it. */
const char *tune_wire(const sacred_group *g);

/* Measure the broadcasts of a group, and print the lines that follow. Blocks. EXIT_OK, or what tune_say() returns. */
int tune_broadcasts(const struct tune *t, sacred_group *g);
#endif
