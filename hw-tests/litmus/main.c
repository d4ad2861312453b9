/* Litmus tests on a device: what is seen, as litmus7 shows it, and judged by the machine with unordered gets. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "explore.h"
#include "report.h"
#include "run.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_INPUT = 2, STATUS_LIMIT = 3, STATUS_SKIP = 77, MAX_STATES = 3000000 };

static const char usage[] =
    "usage: litmus [options] FILE...\n"
    "\n"
    "  --runs N         of each test (the default: 10000)\n"
    "  --seed N         of the delays\n"
    "  --brief          a line for each test, not its histogram\n"
    "  --doctor swap    posts are swapped on their way: the judge has to notice\n"
    "  --doctor early   completions come too early: the judge has to notice\n"
    "  --no-device      operations are done by the thread that posts them: tests this program\n"
    "\n"
    "Nodes are the devices of SACRED_DEVICE in turn, or the best of this machine.\n"
    "Exit status: 0 nothing was seen that the machine forbids, 1 something was, or the device failed, 2 bad input,\n"
    "3 a limit of the judge was reached, 77 there is no device.\n";

struct command {
  struct run_options run;
  bool brief;
  int files;
};

static int wrong(const char *what, const char *argument)
{
  fprintf(stderr, "litmus: %s%s\n%s", what, argument, usage);
  return STATUS_INPUT;
}

static bool number(const char *text, uint64_t *n)
{
  char *end;
  errno = 0;
  *n = strtoull(text, &end, 10);
  return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

static bool set_option(struct command *c, const char *name, const char *value)
{
  if (strcmp(name, "--runs") == 0)
    return number(value, &c->run.runs) && c->run.runs > 0;
  if (strcmp(name, "--seed") == 0)
    return number(value, &c->run.seed);
  c->run.doctor = strcmp(value, "swap") == 0 ? DOCTOR_SWAP : strcmp(value, "early") == 0 ? DOCTOR_EARLY : DOCTOR_NONE;
  return c->run.doctor != DOCTOR_NONE;
}

/* -1: go on; else the status to exit with. */
static int parse(struct command *c, int argc, char **argv)
{
  *c = (struct command){.run = {.runs = 10000, .seed = 1}};
  for (c->files = 1; c->files < argc && strncmp(argv[c->files], "--", 2) == 0; c->files++) {
    const char *name = argv[c->files];
    if (strcmp(name, "--brief") == 0)
      c->brief = true;
    else if (strcmp(name, "--no-device") == 0)
      c->run.without_device = true;
    else if (strcmp(name, "--help") == 0) {
      fputs(usage, stdout);
      return STATUS_OK;
    } else if (strcmp(name, "--runs") && strcmp(name, "--seed") && strcmp(name, "--doctor"))
      return wrong("unknown option ", name);
    else if (c->files + 1 == argc)
      return wrong("a value is missing after ", name);
    else if (!set_option(c, name, argv[++c->files]))
      return wrong("this is not a value of the option before it: ", argv[c->files]);
  }
  return c->files == argc ? wrong("no file", "") : -1;
}

/* -- one test ---------------------------------------------------------------- */

/* The first state that was seen and that the machine does not have; NULL: there is none. */
static const uint64_t *forbidden(const struct outcomes *seen, const struct outcomes *machine)
{
  for (size_t k = 0; k < seen->count; k++)
    if (!outcomes_has(machine, outcomes_state(seen, k)))
      return outcomes_state(seen, k);
  return NULL;
}

static void tell_state(const struct litmus *test, const uint64_t *state)
{
  struct litmus_column columns[LITMUS_REGISTERS + LITMUS_LOCATIONS];
  unsigned n = litmus_columns(test, columns);
  for (unsigned k = 0; k < n; k++) {
    litmus_print_column(test, columns[k], stdout);
    printf("=%" PRIu64 ";%s", state[k], k + 1 < n ? " " : "\n");
  }
}

/* How often the proposition held. */
static uint64_t witnesses(const struct litmus *test, const struct outcomes *o)
{
  uint64_t n = 0;
  for (size_t k = 0; k < o->count; k++)
    n += litmus_holds(test, outcomes_state(o, k)) ? outcomes_times(o, k) : 0;
  return n;
}

static void tell_brief(const struct litmus *test, const struct command *c, const struct outcomes *machine,
                       const struct run_result *seen, double seconds)
{
  uint64_t times = witnesses(test, &seen->outcomes);
  printf("%-34s %4zu of %4zu states, %s, ", test->name, seen->outcomes.count, machine->count,
         witnesses(test, machine) > 0 ? "Allowed" : "Forbidden");
  if (times > 0)
    printf("seen %" PRIu64 " times", times);
  else
    printf("not seen");
  printf(" in %" PRIu64 " runs", c->run.runs);
  if (seen->blocked > 0)
    printf(", %" PRIu64 " blocked", seen->blocked);
  printf(", %.1f s\n", seconds);
}

static void tell(const struct litmus *test, const struct command *c, const struct outcomes *machine,
                 const struct run_result *seen, double seconds)
{
  struct model_result result = {.outcomes = seen->outcomes, .explored = c->run.runs, .blocked = seen->blocked};
  struct report r = {.test = test,
                     .model = "device",
                     .result = &result,
                     .expect = LITMUS_UNCHECKED,
                     .counts_blocked = true,
                     .shows_times = true,
                     .seconds = seconds};
  if (!c->brief)
    report_text(&r, stdout);
  tell_brief(test, c, machine, seen, seconds);
}

static double seconds_of(const struct timespec *t)
{
  return (double)t->tv_sec + (double)t->tv_nsec / 1e9;
}

static int judge(const struct litmus *test, const struct command *c, const struct model_result *machine)
{
  struct run_result seen;
  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  struct run_options options = c->run;
  options.machine = &machine->outcomes;
  int status = run_test(test, &options, &seen);
  clock_gettime(CLOCK_MONOTONIC, &end);
  const uint64_t *state = forbidden(&seen.outcomes, &machine->outcomes);
  if (status == STATUS_SKIP)
    printf("%-34s skipped: %s\n", test->name, seen.error);
  else if (status != STATUS_OK)
    printf("%-34s FAILED: %s\n", test->name, seen.error);
  else if (!state)
    tell(test, c, &machine->outcomes, &seen, seconds_of(&end) - seconds_of(&begin));
  if (state) {
    printf("%-34s FORBIDDEN by the machine, and seen: ", test->name);
    tell_state(test, state);
    status = STATUS_FAILED;
  }
  outcomes_free(&seen.outcomes);
  return status;
}

static int run_file(const struct command *c, const char *path)
{
  struct litmus test;
  struct litmus_error error;
  struct model_result machine;
  int status = STATUS_LIMIT;
  if (!litmus_read(path, &test, &error)) {
    fprintf(stderr, "%s:%u:%u: %s\n", path, error.line, error.column, error.text);
    return STATUS_INPUT;
  }
  operational(&test, &(struct model_options){.reduce = true, .max_states = MAX_STATES}, &machine);
  outcomes_sort(&machine.outcomes);
  if (machine.limit)
    printf("%-34s not run: the machine has more states than the judge looks at\n", test.name);
  else
    status = judge(&test, c, &machine);
  outcomes_free(&machine.outcomes);
  fflush(stdout);
  return status;
}

int main(int argc, char **argv)
{
  struct command c;
  unsigned ran = 0, skipped = 0;
  int status = parse(&c, argc, argv);
  if (status >= 0)
    return status;
  for (int i = c.files; i < argc; i++) {
    status = run_file(&c, argv[i]);
    ran += status == STATUS_OK;
    skipped += status == STATUS_SKIP || status == STATUS_LIMIT;
    if (status == STATUS_FAILED || status == STATUS_INPUT) {
      printf("litmus: stopped at the first failure, with %u tests before it\n", ran);
      return status;
    }
  }
  printf("litmus: %u tests, nothing was seen that the machine forbids; %u not run\n", ran, skipped);
  return ran > 0 ? STATUS_OK : STATUS_SKIP;
}
