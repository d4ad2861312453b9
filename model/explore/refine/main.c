/* The command: explore the primitives, and map every step of the machine to the world that the proofs speak about. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../search.h"
#include "refine.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct scenario *const catalogue[] = {flag_scenarios,          fence_scenarios,  barrier_scenarios,
                                                   dissemination_scenarios, table_scenarios,  broadcast_scenarios,
                                                   region_scenarios,        program_scenarios};

struct command {
  uint32_t limit;
  bool is_long, broken;
};

static const char usage[] =
    "usage: sacred-refine [OPTION]... [NAME]...\n"
    "Run the primitives under every schedule of the machine, and map each of its steps to steps of the world that\n"
    "the proofs speak about. In every state the invariant of the proofs is evaluated.\n"
    "  NAME            only these scenarios (sacred-explore --list)\n"
    "  --long          the long scenarios too, and those of three ranks\n"
    "  --unreduced     every step for itself, also those that nobody can notice\n"
    "  --broken        what runs is wrong on purpose: that a step does not map is what is expected, and 0 then\n"
    "  --max-states N  give up behind so many (default 20000000)\n"
    "Exit status: 0 all map, 1 one does not, 2 bad input or a limit of the program, 3 incomplete.\n";

static const struct scenario *named(const char *name)
{
  for (unsigned f = 0; f < sizeof catalogue / sizeof catalogue[0]; f++)
    for (const struct scenario *s = catalogue[f]; s->name; s++)
      if (strcmp(s->name, name) == 0)
        return s;
  fprintf(stderr, "sacred-refine: no scenario %s; their names: sacred-explore --list\n", name);
  exit(2);
}

static struct result run(const struct scenario *s, uint32_t limit)
{
  static const char *const verdicts[] = {"COMPLETE", "VIOLATION", "INCOMPLETE: --max-states was reached"};
  refine_machine_steps = refine_world_steps = refine_theorems = 0;
  s->start(s);
  refine_begin(s);
  struct result r = search_all(s, limit, true);
  refine_end();
  printf("%-28s %9u states %10llu steps %10llu of the world %8llu theorems %7.2f s  %s\n", s->name, r.states,
         refine_machine_steps, refine_world_steps, refine_theorems, r.seconds, verdicts[r.verdict]);
  fflush(stdout);
  return r;
}

/* What is incomplete has not passed. Of a mistake it is the world that has to refuse it, and no theorem. */
static int worse(int status, const struct command *c, const struct result *r)
{
  if (c->broken)
    return r->wrong && strstr(r->wrong, "of the world") ? status : 1;
  if (r->verdict == VIOLATION || status == 1)
    return 1;
  return r->verdict == INCOMPLETE ? 3 : status;
}

/* What goes without saying: two ranks, and what of three is small. */
static bool is_quick(const struct scenario *s)
{
  static const char *const small[] = {"fence-3",
                                      "fence-3-both",
                                      "barrier-3-inbound",
                                      "dissemination-3-arrive",
                                      "dissemination-3-full-one",
                                      "dissemination-4-arrive",
                                      "program-two-peers"};
  for (unsigned k = 0; k < sizeof small / sizeof small[0]; k++)
    if (strcmp(s->name, small[k]) == 0)
      return true;
  return s->ranks == 2 && !s->is_long && !s->is_wide;
}

static int run_all(const struct command *c)
{
  int status = 0;
  for (unsigned f = 0; f < sizeof catalogue / sizeof catalogue[0]; f++)
    for (const struct scenario *s = catalogue[f]; s->name; s++)
      if (c->is_long ? !s->is_huge && !s->is_wide : is_quick(s)) {
        struct result r = run(s, c->limit);
        status = worse(status, c, &r);
      }
  return status;
}

static uint32_t number(const char *text)
{
  char *end;
  unsigned long long v = strtoull(text, &end, 10);
  if (*text >= '0' && *text <= '9' && *end == 0 && v < UINT32_MAX)
    return (uint32_t)v;
  fprintf(stderr, "sacred-refine: --max-states: %s is no number from 0 to %u\n", text, UINT32_MAX - 1);
  exit(2);
}

int main(int argc, char **argv)
{
  static const struct option options[] = {{"long", 0, 0, 'l'},       {"unreduced", 0, 0, 'u'}, {"broken", 0, 0, 'b'},
                                          {"max-states", 1, 0, 'm'}, {"help", 0, 0, 'h'},      {0, 0, 0, 0}};
  struct command c = {.limit = 20000000};
  for (int o; (o = getopt_long(argc, argv, "h", options, 0)) != -1;)
    switch (o) {
    case 'l':
      c.is_long = true;
      break;
    case 'u':
      unreduced = true;
      break;
    case 'b':
      c.broken = true;
      break;
    case 'm':
      c.limit = number(optarg);
      break;
    case 'h':
      fputs(usage, stdout);
      return 0;
    default:
      fputs(usage, stderr);
      return 2;
    }
  if (optind == argc)
    return run_all(&c);
  int status = 0;
  for (int k = optind; k < argc; k++) {
    struct result r = run(named(argv[k]), c.limit);
    status = worse(status, &c, &r);
  }
  return status;
}
