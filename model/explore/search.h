/* The search: every state that can be reached, each once, breadth first. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLORE_SEARCH_H
#define EXPLORE_SEARCH_H
#include "node.h"

enum verdict { COMPLETE, VIOLATION, INCOMPLETE };

struct result {
  enum verdict verdict;
  uint32_t states, calls;       /* calls: states of single ranks between two calls, all ranks together */
  uint64_t steps, digest, seed; /* digest, seed: of walks; see walk.h */
  const char *wrong;
  double seconds;
};

/* Explore at most so many states. The shortest trace of a violation is printed if `tells`. */
struct result search_all(const struct scenario *s, uint32_t limit, bool tells);

/* Of the clock. */
double seconds(void);
#endif
