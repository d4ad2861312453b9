/* Compares the two models on random programs, and shrinks the first one on which they disagree. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "execution.h"
#include "explore.h"
#include "program.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char usage[] =
    "usage: random N SEED FILE     N programs; where the models disagree, a test is written to FILE\n";

enum outcome { AGREE, DISAGREE, TOO_LARGE, NO_PROGRAM };

struct counts {
  uint64_t programs, too_large, states, candidates, finals, blocked;
};

/* One reading of question 1: the machine with and without reduction, and the declarative model. */
static enum outcome compare(const struct litmus *test, bool gets_ordered, struct counts *counts)
{
  struct model_options full = {.gets_ordered = gets_ordered, .max_states = 200000}, reduced = full;
  struct model_result machine, quick, axioms;
  struct exploration e;
  reduced.reduce = true;
  explore(&e, test, &full, &machine);
  explore_free(&e);
  explore(&e, test, &reduced, &quick);
  explore_free(&e);
  full.max_states = 2000000;
  declarative(test, &full, &axioms, NULL);
  enum outcome outcome = machine.limit || axioms.limit ? TOO_LARGE : AGREE;
  if (outcome == AGREE && (!outcomes_equal(&machine.outcomes, &axioms.outcomes) ||
                           !outcomes_equal(&machine.outcomes, &quick.outcomes) || !machine.blocked != !quick.blocked))
    outcome = DISAGREE;
  if (counts) {
    counts->states += machine.explored;
    counts->candidates += axioms.explored;
    counts->finals += machine.outcomes.count;
    counts->blocked += machine.blocked > 0;
  }
  outcomes_free(&machine.outcomes);
  outcomes_free(&quick.outcomes);
  outcomes_free(&axioms.outcomes);
  return outcome;
}

static enum outcome compare_program(const struct program *p, struct counts *counts)
{
  static struct litmus test;
  struct litmus_error error;
  char text[PROGRAM_TEXT];
  program_write(p, "random", "a random program", NULL, text);
  if (!litmus_parse(text, strlen(text), &test, &error))
    return NO_PROGRAM;
  enum outcome outcome = compare(&test, false, counts);
  return outcome == AGREE ? compare(&test, true, counts) : outcome;
}

/* Leave out lines as long as the models still disagree. */
static void shrink(struct program *p)
{
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (unsigned t = 0; t < p->threads && !smaller; t++)
      for (unsigned line = 0; line < p->lines[t] && !smaller; line++) {
        struct program less = *p;
        program_drop(&less, t, line);
        smaller = compare_program(&less, NULL) == DISAGREE;
        if (smaller)
          *p = less;
      }
  }
}

static int disagree(struct program *p, uint64_t seed, const char *path)
{
  char from[80], text[PROGRAM_TEXT];
  shrink(p);
  snprintf(from, sizeof from, "the random program of seed %" PRIu64 ", shrunk", seed);
  program_write(p, "disagreement", from, NULL, text);
  FILE *out = fopen(path, "w");
  if (out) {
    fputs(text, out);
    fclose(out);
  }
  printf("the models disagree; SEED=%" PRIu64 " N=1 draws it again; shrunk, in %s:\n%s", seed, path, text);
  return 1;
}

int main(int argc, char **argv)
{
  if (argc != 4) {
    fputs(usage, stderr);
    return 2;
  }
  struct counts counts = {0};
  struct program p;
  uint64_t n = strtoull(argv[1], NULL, 10), seed = strtoull(argv[2], NULL, 10);
  printf("SEED=%" PRIu64 "\n", seed);
  for (counts.programs = 0; counts.programs < n; counts.programs++) {
    program_draw(&p, seed + counts.programs);
    switch (compare_program(&p, &counts)) {
    case DISAGREE:
      return disagree(&p, seed + counts.programs, argv[3]);
    case TOO_LARGE:
      counts.too_large++;
      break;
    case NO_PROGRAM:
      printf("seed %" PRIu64 " draws a program that the parser refuses\n", seed + counts.programs);
      return 1;
    case AGREE:
      break;
    }
  }
  printf("%" PRIu64 " programs under both readings: no disagreement; %" PRIu64 " of them too large to compare; %" PRIu64
         " final states, %" PRIu64 " runs of the machine with blocked ones, %" PRIu64 " states, %" PRIu64
         " candidates\n",
         counts.programs, counts.too_large, counts.finals, counts.blocked, counts.states, counts.candidates);
  return 0;
}
