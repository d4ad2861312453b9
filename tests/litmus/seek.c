/* Seeks a small program that tells a mistaken model from the right one: where a test for the catalogue comes from. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "cells.h"
#include "execution.h"
#include "explore.h"
#include "mutants.h"
#include "program.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "usage: seek N SEED MUTANT...     N programs; a number of mutants.h or cells.h each\n";

enum { MANY = 400 };

/* The final states of a model, mistaken or not. False: too many candidates. */
static bool states(const struct litmus *test, unsigned mutant, bool machine, bool gets_ordered, struct outcomes *o)
{
  struct model_options options = {.gets_ordered = gets_ordered, .max_states = 20000, .mutant = mutant};
  struct model_result result;
  if (machine)
    operational(test, &options, &result);
  else
    declarative(test, &options, &result, NULL);
  *o = result.outcomes;
  return !result.limit;
}

static bool draw_test(const struct program *p, struct litmus *test, const char *condition)
{
  struct litmus_error error;
  char text[PROGRAM_TEXT];
  program_write(p, "seek", "a random program", condition, text);
  return litmus_parse(text, strlen(text), test, &error);
}

static bool differs(const struct litmus *test, unsigned mutant)
{
  struct outcomes right, wrong;
  bool machine = mutant < CELL_FIRST;
  bool both = states(test, 0, machine, false, &right);
  both &= states(test, mutant, machine, false, &wrong);
  bool differ = both && !outcomes_equal(&right, &wrong);
  outcomes_free(&right);
  outcomes_free(&wrong);
  return differ;
}

static bool still_differs(const struct program *p, void *mutant)
{
  struct litmus test;
  return draw_test(p, &test, NULL) && differs(&test, *(const unsigned *)mutant);
}

/* A state that one of the sets has and the other has not, as a condition; says which. */
static bool tell_apart(const struct litmus *test, unsigned mutant, char condition[1024])
{
  struct outcomes right, wrong;
  states(test, 0, mutant < CELL_FIRST, false, &right);
  states(test, mutant, mutant < CELL_FIRST, false, &wrong);
  const uint64_t *state = NULL;
  bool allowed = false;
  for (size_t i = 0; i < wrong.count && !state; i++)
    if (!outcomes_has(&right, outcomes_state(&wrong, i)))
      state = outcomes_state(&wrong, i);
  for (size_t i = 0; i < right.count && !state; i++)
    if (!outcomes_has(&wrong, outcomes_state(&right, i))) {
      state = outcomes_state(&right, i);
      allowed = true;
    }
  struct litmus_column columns[LITMUS_REGISTERS + LITMUS_LOCATIONS];
  unsigned count = litmus_columns(test, columns);
  FILE *out = fmemopen(condition, 1024, "w");
  for (unsigned i = 0; out && i < count; i++) {
    fputs(i ? " /\\ " : "", out);
    litmus_print_column(test, columns[i], out);
    fprintf(out, " = %" PRIu64, state[i]);
  }
  if (out)
    fclose(out);
  outcomes_free(&right);
  outcomes_free(&wrong);
  return allowed;
}

static void found(struct program p, unsigned mutant, uint64_t seed)
{
  struct litmus test;
  char condition[1024], text[PROGRAM_TEXT], name[32];
  program_shrink(&p, still_differs, &mutant);
  draw_test(&p, &test, NULL);
  bool allowed = tell_apart(&test, mutant, condition);
  snprintf(name, sizeof name, "mutant-%u", mutant);
  program_write(&p, name, "seek", condition, text);
  printf("(* seed %" PRIu64 ": %s *)\n%s\n", seed, allowed ? "Allowed" : "Forbidden", text);
  fflush(stdout);
}

int main(int argc, char **argv)
{
  unsigned mutants[MANY], count = 0;
  if (argc < 4) {
    fputs(usage, stderr);
    return 2;
  }
  for (int i = 3; i < argc && count < MANY; i++)
    mutants[count++] = (unsigned)strtoul(argv[i], NULL, 10);
  uint64_t n = strtoull(argv[1], NULL, 10), seed = strtoull(argv[2], NULL, 10);
  for (uint64_t i = 0; i < n && count > 0; i++) {
    struct program p;
    struct litmus test;
    program_draw(&p, seed + i);
    if (!draw_test(&p, &test, NULL))
      continue;
    for (unsigned k = count; k-- > 0;)
      if (differs(&test, mutants[k])) {
        found(p, mutants[k], seed + i);
        mutants[k] = mutants[--count];
      }
  }
  printf("(* not found:");
  for (unsigned k = 0; k < count; k++)
    printf(" %u", mutants[k]);
  printf(" *)\n");
  return 0;
}
