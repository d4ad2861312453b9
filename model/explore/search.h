/* The search: every state that can be reached, each once, breadth first; or random walks. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLORE_SEARCH_H
#define EXPLORE_SEARCH_H
#include "node.h"

enum verdict { COMPLETE, VIOLATION, INCOMPLETE };

struct result {
  enum verdict verdict;
  uint32_t states, calls; /* calls: states of single ranks between two calls, all ranks together */
  uint64_t steps;
  const char *wrong;
  double seconds;
};

/* Explore at most so many states. The shortest trace of a violation is printed if `tells`. */
struct result search_all(const struct scenario *s, uint32_t limit, bool tells);

/* So many random walks; says INCOMPLETE where nothing was found. */
struct result search_walks(const struct scenario *s, uint64_t seed, unsigned walks, bool tells);
#endif
