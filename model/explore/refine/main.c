/* The command: explore the primitives, and map every step of the machine to the world that the proofs speak about. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../search.h"
#include "refine.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct scenario *const catalogue[] = {flag_scenarios,  fence_scenarios,     barrier_scenarios,
                                                   table_scenarios, broadcast_scenarios, program_scenarios};

/* What goes without saying: every primitive, and every way of its own that a step can take. */
static const char *const quick[] = {
    "flag-2",           "flag-2-epochs-3",   "flag-2-both",       "flag-2-dies",
    "fence-2",          "fence-2-both",      "fence-3",           "fence-3-both",
    "barrier-2-arrive", "barrier-2-inbound", "barrier-2-full",    "barrier-2-inbound-dies",
    "table-2",          "table-2-epochs-3",  "broadcast-2-roots-change", "program-write-again",
    "program-two-peers"};

static const char usage[] =
    "usage: sacred-refine [--max-states N] [NAME]...\n"
    "Run the primitives under every schedule of the machine, and map each of its steps to steps of the world that\n"
    "the proofs speak about. In every state the invariant of the proofs is evaluated.\n"
    "  NAME            only these scenarios (sacred-explore --list); none: the quick ones\n"
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

static enum verdict run(const struct scenario *s, uint32_t limit)
{
  static const char *const verdicts[] = {"COMPLETE", "VIOLATION", "INCOMPLETE"};
  refine_machine_steps = refine_world_steps = 0;
  s->start(s);
  refine_begin(s);
  struct result r = search_all(s, limit, true);
  refine_end();
  printf("%-28s %9u states %10llu steps %10llu of the world %7.2f s  %s\n", s->name, r.states, refine_machine_steps,
         refine_world_steps, r.seconds, verdicts[r.verdict]);
  fflush(stdout);
  return r.verdict;
}

/* What is incomplete has not passed. */
static int worse(int status, enum verdict verdict)
{
  if (verdict == VIOLATION || status == 1)
    return 1;
  return verdict == INCOMPLETE ? 3 : status;
}

int main(int argc, char **argv)
{
  uint32_t limit = 20000000;
  int status = 0, first = 1;
  if (argc > 1 && argv[1][0] == '-') {
    char *end = argv[1];
    bool limits = strcmp(argv[1], "--max-states") == 0 && argc > 2;
    limit = limits ? (uint32_t)strtoul(argv[2], &end, 10) : 0;
    if (!limits || *end != 0 || end == argv[2]) {
      bool asks = strcmp(argv[1], "--help") == 0;
      fputs(usage, asks ? stdout : stderr);
      return asks ? 0 : 2;
    }
    first = 3;
  }
  for (int k = first; k < argc; k++)
    status = worse(status, run(named(argv[k]), limit));
  for (unsigned k = 0; first == argc && k < sizeof quick / sizeof quick[0]; k++)
    status = worse(status, run(named(quick[k]), limit));
  return status;
}
