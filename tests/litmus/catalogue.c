/* Runs the catalogue in both models and under both readings, and compares all of it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "execution.h"
#include "explore.h"
#include "report.h"
#include <inttypes.h>
#include <string.h>

/* What both models say of a test under one reading of question 1. */
struct row {
  enum litmus_verdict expect, machine, axioms;
  bool same_states, blocked;
  uint64_t states, candidates;
};

static enum litmus_verdict verdict(const struct litmus *test, const struct model_result *result)
{
  return report_verdict(&(struct report){.test = test, .result = result});
}

static struct row run(const struct litmus *test, bool gets_ordered)
{
  struct model_options options = {.gets_ordered = gets_ordered, .reduce = true, .max_states = 10000000};
  struct model_result machine, axioms;
  operational(test, &options, &machine);
  declarative(test, &options, &axioms, NULL);
  struct row r = {report_expect(test, gets_ordered),
                  verdict(test, &machine),
                  verdict(test, &axioms),
                  outcomes_equal(&machine.outcomes, &axioms.outcomes),
                  machine.blocked > 0 && !test->blocked_allowed,
                  machine.explored,
                  axioms.explored};
  outcomes_free(&machine.outcomes);
  outcomes_free(&axioms.outcomes);
  return r;
}

/* Without an expectation a test tells nothing. */
static const char *judge(const struct row *r)
{
  if (r->expect == LITMUS_UNCHECKED)
    return "no Expect";
  if (r->machine == LITMUS_UNKNOWN || r->axioms == LITMUS_UNKNOWN)
    return "limit reached";
  if (!r->same_states)
    return "the models differ";
  if (r->blocked)
    return "some runs block";
  return r->machine == r->expect ? NULL : "not as expected";
}

static void show(const struct row *r)
{
  printf("  %-9s %-9s %-9s", report_verdict_name(r->expect), report_verdict_name(r->machine),
         report_verdict_name(r->axioms));
}

/* One line for a test. Is all of it as expected? */
static bool check(const struct litmus *test)
{
  struct row any = run(test, false), ordered = run(test, true);
  const char *wrong = judge(&any) ? judge(&any) : judge(&ordered);
  printf("%-28s", test->name);
  show(&any);
  show(&ordered);
  printf(" %7" PRIu64 " %5" PRIu64 "  %s\n", any.states, any.candidates, wrong ? wrong : "ok");
  return !wrong;
}

int main(int argc, char **argv)
{
  unsigned good = 0, bad = 0;
  printf("%-28s  %-29s  %-29s\n", "", "gets in any order", "gets in order");
  printf("%-28s  %-9s %-9s %-9s  %-9s %-9s %-9s %7s %5s\n", "test", "expected", "machine", "axioms", "expected",
         "machine", "axioms", "states", "cand.");
  for (int i = 1; i < argc; i++) {
    struct litmus test;
    struct litmus_error error;
    if (!litmus_read(argv[i], &test, &error)) {
      printf("%s:%u:%u: %s\n", argv[i], error.line, error.column, error.text);
      bad++;
      continue;
    }
    bool ok = check(&test);
    good += ok;
    bad += !ok;
  }
  printf("%u passed, %u failed\n", good, bad);
  return bad > 0;
}
