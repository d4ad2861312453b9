/* What both models are asked, and what both answer. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MODEL_H
#define MODEL_H
#include "litmus.h"
#include "outcomes.h"

struct model_options {
  bool gets_ordered;   /* gets of one queue pair are read in order */
  bool reduce;         /* operational: take steps that no other step notices at once */
  uint64_t max_states; /* give up after so many distinct states, or candidate executions */
  unsigned mutant;     /* a deliberate mistake, see mutants.h; 0: none */
  /* NULL, or who is told now and then how many states or candidates there were so far. */
  void (*progress)(uint64_t explored);
};

struct model_result {
  struct outcomes outcomes; /* the final states, each once, sorted */
  uint64_t explored;        /* distinct states, or candidate executions */
  uint64_t blocked;         /* operational: states from which no step leads on, and which are not final */
  const char *limit;        /* NULL, or why the exploration is not complete */
};
#endif
