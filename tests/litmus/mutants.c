/*
 * Breaks the models on purpose, one rule at a time, and looks which test of the catalogue notices.
 *
 * Built with -DLITMUS_MUTANTS, which the program that ships is not. A mutant that no test notices is a failure,
 * unless it is listed here as one that nobody can notice.
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
  if (machine)
    operational(test, &options, &result);
  else
    declarative(test, &options, &result, NULL);
  enum litmus_verdict verdict = report_verdict(&(struct report){.test = test, .result = &result});
  outcomes_free(&result.outcomes);
  return verdict != LITMUS_UNKNOWN && verdict != report_expect(test, gets_ordered);
}

/* Was this test found at random, and is good for machines rather than for people? */
static bool is_found(const struct litmus *test)
{
  return strncmp(test->name, "cell-", 5) == 0;
}

/* Print up to three tests whose verdict the mutant flips, those for people first: how many there are. */
static unsigned killers(const struct catalogue *c, bool machine, unsigned mutant)
{
  unsigned count = 0;
  for (unsigned found = 0; found < 2; found++)
    for (unsigned i = 0; i < c->count && count < 3; i++)
      if (is_found(&c->test[i]) == found &&
          (notices(&c->test[i], machine, mutant, false) || notices(&c->test[i], machine, mutant, true)))
        printf("%s%s", count++ ? ", " : "", c->test[i].name);
  return count;
}

/* -- rules and parts of relations ------------------------------------------- */

struct mistake {
  unsigned number;
  const char *text;
};

/* Any order that has no cycle extends to one that is total: to drop a choice alone changes nothing that is seen. */
static const char total[] = "what is left can always be ordered so";

static const char *excuse(unsigned mutant)
{
  switch (mutant) {
  case MUTANT_MFENCE_KEEPS_POSTS:
    return "a post at the head of B(t) can always go on, and nothing sees that it has";
  case PART_IB_RAO:
  case PART_OB_RAO:
  case PART_NFO_REMOTE:
    return total;
  default:
    return NULL;
  }
}

/* End the line. A mutant that nobody notices needs an excuse, and one that somebody notices has none. */
static bool judge(unsigned count, const char *excuse)
{
  if (count > 0)
    printf("%s\n", excuse ? " BUT IT IS EXCUSED" : "");
  else
    printf("%s%s%s\n", excuse ? "(nobody: " : "NOBODY NOTICES", excuse ? excuse : "", excuse ? ")" : "");
  fflush(stdout);
  return (count > 0) == !excuse;
}

static bool rules(const struct catalogue *c)
{
#define RULE(name, text) {MUTANT_##name, text},
#define PART(name, text) {PART_##name, text},
  static const struct mistake machine[] = {MUTANTS(RULE)}, axioms[] = {PARTS(PART)};
  bool good = true;
  for (size_t i = 0; i < sizeof machine / sizeof *machine; i++) {
    printf("%-75s ", machine[i].text);
    good &= judge(killers(c, true, machine[i].number), excuse(machine[i].number));
  }
  puts("\nDeclarative, left out:");
  for (size_t i = 0; i < sizeof axioms / sizeof *axioms; i++) {
    printf("%-75s ", axioms[i].text);
    good &= judge(killers(c, false, axioms[i].number), excuse(axioms[i].number));
  }
  return good;
}

/* -- the tables -------------------------------------------------------------- */

/*
 * What is known of each cell, when it is the other way:
 *   .  a test notices
 *   =  oppo alone is mistaken, and ob has the pair all the same, by [Inst];ib
 *   -  no test notices, and none of several thousand random programs of `make litmus-seek` did: as a rule the pair is implied
 *      by other cells, as (nlR,nrW) is by (nlR,nrW) inside of one put and (nrW,nrW)
 * A cell with = or - that a test comes to notice is a failure too: then it is to have a dot.
 */
/* clang-format off */
static const char *const seen[2][CELL_KINDS] = {
    [CELL_IPPO] =
    {
        /*        lR lW CAS F P nlR nrW nrR nlW nF nAR nAW */
        [lR] = "...--...--.-",
        [lW] = "....-...--.-",
        [CAS] = "...--...--.-",
        [F] = ".-----------",
        [P] = "...--...--.-",
        [nlR] = "......------",
        [nrW] = "........--.-",
        [nrR] = "........--..",
        [nlW] = "............",
        [nF] = "........----",
        [nAR] = "........--.-",
        [nAW] = ".......---.-",
    },
    [CELL_OPPO] =
    {
        /*        lR lW CAS F P nlR nrW nrR nlW nF nAR nAW */
        [lR] = "============",
        [lW] = "........--.-",
        [CAS] = "============",
        [F] = "============",
        [P] = "============",
        [nlR] = ".....=======",
        [nrW] = ".......--..-",
        [nrR] = "........==..",
        [nlW] = "............",
        [nF] = ".....=======",
        [nAR] = "......======",
        [nAW] = ".......--..-",
    },
};
/* clang-format on */

static bool table(const struct catalogue *c, unsigned t)
{
  bool good = true;
  for (unsigned row = 0; row < CELL_KINDS; row++)
    for (unsigned column = 0; column < CELL_KINDS; column++) {
      unsigned number = CELL_FIRST + (t * CELL_KINDS + row) * CELL_KINDS + column;
      char known = seen[t][row][column];
      printf("%s %-3s %-3s  ", t == CELL_IPPO ? "ippo" : "oppo", kinds[row], kinds[column]);
      good &= judge(killers(c, false, number), known == '=' ? "[Inst];ib" : known == '-' ? "no program known" : NULL);
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
  puts("Operational:");
  bool good = rules(&c);
  puts("\nThe order tables, a cell the other way:");
  good &= table(&c, CELL_IPPO);
  good &= table(&c, CELL_OPPO);
  puts(good ? "every mutant is noticed, or cannot be" : "FAILED");
  free(c.test);
  return good ? 0 : 1;
}
