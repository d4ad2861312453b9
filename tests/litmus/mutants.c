/*
 * Breaks the models on purpose, one rule at a time, and looks which test of the catalogue notices.
 *
 * Built with -DLITMUS_MUTANTS, which the program that ships is not. A rule that no test pins is named, and
 * unless it is listed here with the reason why nobody could tell, that is a failure.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "cells.h"
#include "execution.h"
#include "explore.h"
#include "mutants.h"
#include "report.h"
#include <stdlib.h>
#include <string.h>

struct catalogue {
  unsigned count;
  struct litmus *test;
};

static const char *const kinds[] = {"lR", "lW", "CAS", "F", "P", "nlR", "nrW", "nrR", "nlW", "nF", "nAR", "nAW"};

/* -- one test ---------------------------------------------------------------- */

/* A mutant may have more states than the machine: what is too large for it counts as not noticed. */
static bool notices(const struct litmus *test, bool machine, unsigned mutant, bool gets_ordered)
{
  struct model_options options = {.gets_ordered = gets_ordered, .max_states = 60000, .mutant = mutant};
  struct model_result result;
  struct exploration e;
  if (machine) {
    explore(&e, test, &options, &result);
    explore_free(&e);
  } else
    declarative(test, &options, &result, NULL);
  enum litmus_verdict verdict = report_verdict(&(struct report){.test = test, .result = &result});
  outcomes_free(&result.outcomes);
  return verdict != LITMUS_UNKNOWN && verdict != report_expect(test, gets_ordered);
}

/* Print up to three tests whose verdict the mutant flips: how many there are. */
static unsigned killers(const struct catalogue *c, bool machine, unsigned mutant)
{
  unsigned count = 0;
  for (unsigned i = 0; i < c->count && count < 3; i++)
    if (notices(&c->test[i], machine, mutant, false) || notices(&c->test[i], machine, mutant, true))
      printf("%s%s", count++ ? ", " : "", c->test[i].name);
  return count;
}

/* -- the tables -------------------------------------------------------------- */

static bool report(const char *what, const char *text, unsigned count, const char *excuse)
{
  (void)what;
  (void)text;
  if (count > 0 || !excuse)
    printf("%s\n", count > 0 ? "" : "NOBODY NOTICES");
  else
    printf("cannot be seen: %s\n", excuse);
  fflush(stdout);
  return count > 0 || excuse;
}

static bool rules(const struct catalogue *c)
{
#define TEXT(name, text) {#name, text},
  static const struct {
    const char *name, *text;
  } rule[] = {{"", ""}, MUTANTS(TEXT)}, part[] = {{"", ""}, PARTS(TEXT)};
  bool good = true;
  for (unsigned i = 1; i < sizeof rule / sizeof *rule; i++) {
    printf("%s | ", rule[i].text);
    good &= report(rule[i].name, rule[i].text, killers(c, true, i), NULL);
  }
  for (unsigned i = 1; i < sizeof part / sizeof *part; i++) {
    printf("left out: %s | ", part[i].text);
    good &= report(part[i].name, part[i].text, killers(c, false, PART_NONE + i), NULL);
  }
  return good;
}

static bool cells(const struct catalogue *c)
{
  bool good = true;
  for (unsigned table = 0; table < 2; table++)
    for (unsigned row = 0; row < CELL_KINDS; row++)
      for (unsigned column = 0; column < CELL_KINDS; column++) {
        printf("%s %s %s | ", table == CELL_IPPO ? "ippo" : "oppo", kinds[row], kinds[column]);
        good &= report("", "", killers(c, false, CELL_FIRST + (table * CELL_KINDS + row) * CELL_KINDS + column), NULL);
      }
  return good;
}

int main(int argc, char **argv)
{
  struct catalogue c = {.test = calloc((size_t)argc, sizeof *c.test)};
  struct litmus_error error;
  for (int i = 1; c.test && i < argc; i++)
    if (!litmus_read(argv[i], &c.test[c.count], &error))
      fprintf(stderr, "%s: %s\n", argv[i], error.text);
    else
      c.count++;
  bool good = rules(&c);
  good &= cells(&c);
  free(c.test);
  return good ? 0 : 1;
}
