/* sacred-litmus: runs litmus tests on a model of the machine. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../conform/conform.h"
#include "execution.h"
#include "explore.h"
#include "report.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_INPUT = 2, STATUS_LIMIT = 3 };

static const char usage[] =
    "usage: sacred-litmus [options] FILE...\n"
    "\n"
    "  --model operational   explore the abstract machine (the default)\n"
    "  --model declarative   enumerate candidate executions\n"
    "  --gets-ordered        gets of one queue pair are read in order\n"
    "  --json                one line of JSON for each file\n"
    "  --trace               the shortest schedule to a witness (operational)\n"
    "  --graph FILE.dot      draw a witness, or else some execution (found by the declarative model)\n"
    "  --reduce none|local   local: take steps that nothing else can notice at once (the default); none: do not\n"
    "  --max-states N        give up after N states, or candidates (the default: 10000000)\n"
    "  --check-trace         FILEs are the logs of SACRED_TRACE: allowed (0), forbidden (1), undecided (3);\n"
    "                        or FILE is a test, whose condition is what was observed\n"
    "  --help\n"
    "\n"
    "Exit status: 0 all as expected, 1 a check failed, 2 bad input, 3 a limit was reached.\n";

struct command {
  bool is_declarative, json, trace, checks_trace;
  const char *graph;
  struct model_options options;
  int files; /* where they start in argv */
};

static int wrong(const char *what, const char *argument)
{
  fprintf(stderr, "sacred-litmus: %s%s\n%s", what, argument, usage);
  return STATUS_INPUT;
}

/* -- progress ---------------------------------------------------------------- */

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A long run says every few seconds how far it is, on stderr: what is asked for goes to stdout. */
static const char *running;
static double last_told;

static void tell_progress(uint64_t explored)
{
  if (now() - last_told < 5)
    return;
  last_told = now();
  fprintf(stderr, "sacred-litmus: %s: %llu so far\n", running, (unsigned long long)explored);
}

/* -- options ----------------------------------------------------------------- */

static bool parse_count(const char *text, uint64_t *count)
{
  char *end;
  errno = 0;
  unsigned long long value = strtoull(text, &end, 10);
  *count = value;
  return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && value > 0;
}

static bool set_option(struct command *c, const char *name, const char *value)
{
  if (strcmp(name, "--model") == 0) {
    c->is_declarative = strcmp(value, "declarative") == 0;
    return c->is_declarative || strcmp(value, "operational") == 0;
  }
  if (strcmp(name, "--reduce") == 0) {
    c->options.reduce = strcmp(value, "local") == 0;
    return c->options.reduce || strcmp(value, "none") == 0;
  }
  if (strcmp(name, "--graph") == 0) {
    c->graph = value;
    return true;
  }
  return parse_count(value, &c->options.max_states);
}

static bool set_switch(struct command *c, const char *name)
{
  if (strcmp(name, "--gets-ordered") == 0)
    c->options.gets_ordered = true;
  else if (strcmp(name, "--json") == 0)
    c->json = true;
  else if (strcmp(name, "--trace") == 0)
    c->trace = true;
  else if (strcmp(name, "--check-trace") == 0)
    c->checks_trace = true;
  else
    return false;
  return true;
}

static bool has_value(const char *name)
{
  return strcmp(name, "--model") == 0 || strcmp(name, "--reduce") == 0 || strcmp(name, "--graph") == 0 ||
         strcmp(name, "--max-states") == 0;
}

/* -1: go on; else the status to exit with. */
static int parse_command(struct command *c, int argc, char **argv)
{
  *c = (struct command){.options = {.reduce = true, .max_states = 10000000, .progress = tell_progress}};
  for (c->files = 1; c->files < argc && strncmp(argv[c->files], "--", 2) == 0; c->files++) {
    const char *name = argv[c->files];
    if (strcmp(name, "--help") == 0) {
      fputs(usage, stdout);
      return STATUS_OK;
    }
    if (strcmp(name, "--") == 0) {
      c->files++;
      break;
    }
    if (has_value(name)) {
      if (c->files + 1 == argc)
        return wrong("a value is missing after ", name);
      if (!set_option(c, name, argv[++c->files]))
        return wrong("this is not a value of the option before it: ", argv[c->files]);
    } else if (!set_switch(c, name))
      return wrong("unknown option ", name);
  }
  if (c->files == argc)
    return wrong("no file", "");
  if (c->trace && c->is_declarative)
    return wrong("--trace is of the operational model", "");
  return c->graph && c->files + 1 < argc ? wrong("--graph is for one file", "") : -1;
}

/* -- one file ---------------------------------------------------------------- */

static int status_of(const struct report *r)
{
  if (r->result->limit)
    return STATUS_LIMIT;
  return report_is_expected(r) ? STATUS_OK : STATUS_FAILED;
}

/* What was observed is allowed where some run ends so, whatever the file expects. */
static int check_trace(const struct report *r)
{
  static const char *const answers[] = {
      [LITMUS_ALLOWED] = "allowed", [LITMUS_FORBIDDEN] = "forbidden", [LITMUS_UNKNOWN] = "undecided"};
  static const int statuses[] = {
      [LITMUS_ALLOWED] = STATUS_OK, [LITMUS_FORBIDDEN] = STATUS_FAILED, [LITMUS_UNKNOWN] = STATUS_LIMIT};
  enum litmus_verdict verdict = report_verdict(r);
  printf("%s: %s\n", r->test->name, answers[verdict]);
  return statuses[verdict];
}

static int answer(const struct command *c, const struct litmus *test, struct model_result *result, double seconds)
{
  struct report r = {.test = test,
                     .model = c->is_declarative ? "declarative" : "operational",
                     .result = result,
                     .expect = report_expect(test, c->options.gets_ordered),
                     .counts_blocked = !c->is_declarative,
                     .seconds = seconds};
  if (c->checks_trace)
    return check_trace(&r);
  (c->json ? report_json : report_text)(&r, stdout);
  return status_of(&r);
}

static int run_operational(const struct command *c, const struct litmus *test)
{
  struct exploration e;
  struct model_result result;
  double begin = now();
  explore(&e, test, &c->options, &result);
  int status = answer(c, test, &result, now() - begin);
  FILE *out = c->json ? stderr : stdout;
  if (c->trace && !explore_trace(&e, out))
    fprintf(out, "%s: no run found that satisfies the condition's proposition\n", test->name);
  if (c->trace)
    fputc('\n', out);
  outcomes_free(&result.outcomes);
  explore_free(&e);
  return status;
}

static int run_declarative(const struct command *c, const struct litmus *test)
{
  struct model_result result;
  double begin = now();
  declarative(test, &c->options, &result, NULL);
  int status = answer(c, test, &result, now() - begin);
  outcomes_free(&result.outcomes);
  return status;
}

static int draw(const struct command *c, const struct litmus *test)
{
  struct model_result result;
  struct execution *witness = malloc(sizeof *witness);
  FILE *out = fopen(c->graph, "w");
  int status = STATUS_OK;
  if (!witness || !out) {
    fprintf(stderr, "sacred-litmus: %s: %s\n", c->graph, strerror(errno));
    status = STATUS_INPUT;
  } else {
    declarative(test, &c->options, &result, witness);
    if (witness->events == 0)
      fprintf(stderr, "sacred-litmus: %s has no execution to draw\n", test->name);
    execution_draw(witness, out);
    outcomes_free(&result.outcomes);
  }
  if (out && fclose(out) != 0)
    status = STATUS_INPUT;
  free(witness);
  return status;
}

/* Bad input before a failed check before a limit. */
static int worse(int a, int b)
{
  static const int ranks[] = {[STATUS_OK] = 0, [STATUS_LIMIT] = 1, [STATUS_FAILED] = 2, [STATUS_INPUT] = 3};
  return ranks[a] >= ranks[b] ? a : b;
}

static int run_file(const struct command *c, const char *path)
{
  struct litmus test;
  struct litmus_error error;
  if (!litmus_read(path, &test, &error)) {
    if (error.line > 0)
      fprintf(stderr, "%s:%u:%u: %s\n", path, error.line, error.column, error.text);
    else
      fprintf(stderr, "%s: %s\n", path, error.text);
    return STATUS_INPUT;
  }
  running = test.name;
  last_told = now();
  int status = c->is_declarative ? run_declarative(c, &test) : run_operational(c, &test);
  return c->graph ? worse(status, draw(c, &test)) : status;
}

/* --check-trace: logs, which are judged together; or tests. */
static int are_logs(char **files, int n, bool *logs)
{
  *logs = conform_is_log(files[0]);
  for (int i = 1; i < n; i++)
    if (conform_is_log(files[i]) != *logs) {
      fprintf(stderr, "sacred-litmus: %s is %s, and %s is not: check logs and tests apart\n", files[*logs ? 0 : i],
              "a log", files[*logs ? i : 0]);
      return STATUS_INPUT;
    }
  return STATUS_OK;
}

int main(int argc, char **argv)
{
  bool logs = false;
  struct command c;
  int status = parse_command(&c, argc, argv);
  if (status >= 0)
    return status;
  status = c.checks_trace ? are_logs(&argv[c.files], argc - c.files, &logs) : STATUS_OK;
  if (status == STATUS_OK && logs)
    status = conform_files(&argv[c.files], argc - c.files, c.options.max_states);
  else if (status == STATUS_OK)
    for (int i = c.files; i < argc; i++)
      status = worse(status, run_file(&c, argv[i]));
  return fflush(stdout) == 0 ? status : STATUS_FAILED;
}
