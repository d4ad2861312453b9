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
  uint64_t programs, too_large, not_full, states, candidates, finals, blocked;
};

struct answers {
  struct model_result full, reduced, axioms;
};

static void ask(const struct litmus *test, bool gets_ordered, struct answers *a)
{
  struct model_options options = {.gets_ordered = gets_ordered, .max_states = 100000};
  operational(test, &options, &a->full);
  options.reduce = true;
  options.max_states = 500000;
  operational(test, &options, &a->reduced);
  declarative(test, &options, &a->axioms, NULL);
}

/* The machine, reduced, against the axioms; and, where it is small enough to say, against the machine in full. */
static enum outcome judge(const struct answers *a)
{
  if (a->reduced.limit || a->axioms.limit)
    return TOO_LARGE;
  if (!outcomes_equal(&a->reduced.outcomes, &a->axioms.outcomes))
    return DISAGREE;
  if (a->full.limit)
    return AGREE;
  bool same = outcomes_equal(&a->reduced.outcomes, &a->full.outcomes) && a->reduced.blocked == a->full.blocked;
  return same ? AGREE : DISAGREE;
}

static void count(struct counts *counts, const struct answers *a)
{
  counts->states += a->full.explored + a->reduced.explored;
  counts->candidates += a->axioms.explored;
  counts->finals += a->axioms.outcomes.count;
  counts->blocked += a->reduced.blocked > 0;
  counts->not_full += a->full.limit != NULL;
}

/* One reading of question 1. */
static enum outcome compare(const struct litmus *test, bool gets_ordered, struct counts *counts)
{
  struct answers a;
  ask(test, gets_ordered, &a);
  enum outcome outcome = judge(&a);
  if (counts)
    count(counts, &a);
  outcomes_free(&a.full.outcomes);
  outcomes_free(&a.reduced.outcomes);
  outcomes_free(&a.axioms.outcomes);
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

static bool disagrees(const struct program *p, void *unused)
{
  (void)unused;
  return compare_program(p, NULL) == DISAGREE;
}

static int disagree(struct program *p, uint64_t seed, const char *path)
{
  char from[80], text[PROGRAM_TEXT];
  program_shrink(p, disagrees, NULL);
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
  printf("%" PRIu64 " programs under both readings, no disagreement. Too large to compare: %" PRIu64
         " programs; to compare "
         "without reduction: %" PRIu64 " of the runs.\n",
         counts.programs, counts.too_large, counts.not_full);
  printf("%" PRIu64 " final states, %" PRIu64 " runs that may block, %" PRIu64 " states, %" PRIu64 " candidates.\n",
         counts.finals, counts.blocked, counts.states, counts.candidates);
  return 0;
}
