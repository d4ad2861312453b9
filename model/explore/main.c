/* The command: explore what the primitives do under every schedule of the machine. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "walk.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct scenario *const catalogue[] = {flag_scenarios,          fence_scenarios,     barrier_scenarios,
                                                   table_scenarios,         broadcast_scenarios, region_scenarios,
                                                   dissemination_scenarios, local_scenarios};

/* The build that walks wide scenarios has no others. */
static const bool is_wide = sizeof(tiny) > 1;

struct command {
  uint32_t limit;
  uint64_t seed;
  unsigned walks;
  bool is_long, lists, broken;
  char **names;
  int count;
};

static const char usage[] =
    "usage: sacred-explore [OPTION]... [NAME]...\n"
    "Run the primitives, as they are compiled, under every schedule of the machine.\n"
    "  NAME            only this scenario, or those of this primitive\n"
    "  --long          the long scenarios too\n"
    "  --broken        what runs is wrong on purpose: a violation is what is expected, and 0 then\n"
    "  --list          name the scenarios, and run none\n"
    "  --unreduced     every step for itself, also those that nobody can notice\n"
    "  --max-states N  give up behind so many (default 20000000)\n"
    "  --walks N       random walks instead of every schedule: they are never complete\n"
    "  --seed N        of the walks\n"
    "Exit status: 0 all hold, 1 a violation, 2 bad input or a limit of the program, 3 incomplete.\n";

/* A scenario is PRIMITIVE-RANKS-..., and is named in full or by its primitive. */
static bool is_named(const struct scenario *s, const char *name)
{
  size_t length = strlen(name);
  bool begins = strncmp(s->name, name, length) == 0;
  return begins && (s->name[length] == 0 || (s->name[length] == '-' && !strchr(name, '-')));
}

/* Is this one that goes without saying? */
static bool is_common(const struct command *c, const struct scenario *s)
{
  return is_wide || ((c->is_long || !s->is_long) && (c->walks || !s->is_huge));
}

static bool is_meant(const struct command *c, const struct scenario *s)
{
  for (int k = 0; k < c->count; k++)
    if (is_named(s, c->names[k]))
      return is_common(c, s) || strcmp(s->name, c->names[k]) == 0;
  return c->count == 0 && is_common(c, s);
}

static void print(const struct command *c, const struct scenario *s, const struct result *r)
{
  static const char *const verdicts[] = {"COMPLETE", "VIOLATION", "INCOMPLETE: --max-states was reached"};
  if (c->walks)
    printf("%-28s %9u walks %10llu steps %8.0f steps/s %7.2f s  %s\n", s->name, c->walks, (unsigned long long)r->steps,
           (double)r->steps / (r->seconds + 1e-9), r->seconds, r->wrong ? "VIOLATION" : "nothing found");
  else
    printf("%-28s %9u states %5u of ranks %10llu steps %8.0f states/s %7.2f s  %s\n", s->name, r->states, r->calls,
           (unsigned long long)r->steps, r->states / (r->seconds + 1e-9), r->seconds, verdicts[r->verdict]);
  fflush(stdout);
}

static struct result run(const struct command *c, const struct scenario *s)
{
  if (!c->walks)
    s->start(s);
  struct result r = c->walks ? search_walks(s, c->seed, c->walks, true) : search_all(s, c->limit, true);
  print(c, s, &r);
  if (c->walks && r.wrong)
    printf("  again: %s ONLY=%s N=1 SEED=%llu\n", is_wide ? "make explore-wide" : "make explore-random", s->name,
           (unsigned long long)r.seed);
  return r;
}

/* What is incomplete has not passed: walks never have, whatever they did not find. */
static int worse(int status, const struct command *c, const struct result *r)
{
  if (c->broken)
    return r->verdict == VIOLATION ? status : 1;
  if (r->verdict == VIOLATION || status == 1)
    return 1;
  return r->verdict == INCOMPLETE ? 3 : status;
}

static int run_all(const struct command *c)
{
  int status = 0;
  for (unsigned f = 0; f < sizeof catalogue / sizeof catalogue[0]; f++)
    for (const struct scenario *s = catalogue[f]; s->name; s++) {
      if (!is_meant(c, s) || s->is_wide != is_wide)
        continue;
      if (c->lists) {
        puts(s->name);
        continue;
      }
      struct result r = run(c, s);
      status = worse(status, c, &r);
    }
  return status;
}

static bool is_known(const char *name)
{
  for (unsigned f = 0; f < sizeof catalogue / sizeof catalogue[0]; f++)
    for (const struct scenario *s = catalogue[f]; s->name; s++)
      if (is_named(s, name) && s->is_wide == is_wide)
        return true;
  return false;
}

/* Each name is one of a scenario or of a primitive. */
static void check_names(const struct command *c)
{
  for (int k = 0; k < c->count; k++)
    if (!is_known(c->names[k])) {
      fprintf(stderr, "sacred-explore: no scenario has the name %s; their names: --list\n", c->names[k]);
      exit(2);
    }
}

static uint64_t number(const char *text, uint64_t most)
{
  char *end;
  errno = 0;
  uint64_t v = strtoull(text, &end, 10);
  if (*text >= '0' && *text <= '9' && *end == 0 && errno == 0 && v <= most)
    return v;
  fprintf(stderr, "sacred-explore: %s is no number from 0 to %llu\n", text, (unsigned long long)most);
  exit(2);
}

int main(int argc, char **argv)
{
  static const struct option options[] = {{"long", 0, 0, 'l'},   {"list", 0, 0, 'n'},       {"unreduced", 0, 0, 'u'},
                                          {"broken", 0, 0, 'b'}, {"max-states", 1, 0, 'm'}, {"walks", 1, 0, 'w'},
                                          {"seed", 1, 0, 's'},   {"help", 0, 0, 'h'},       {0, 0, 0, 0}};
  struct command c = {.limit = 20000000, .seed = 1};
  for (int o; (o = getopt_long(argc, argv, "h", options, 0)) != -1;)
    switch (o) {
    case 'l':
      c.is_long = true;
      break;
    case 'n':
      c.lists = true;
      break;
    case 'b':
      c.broken = true;
      break;
    case 'u':
      unreduced = true;
      break;
    case 'm':
      c.limit = (uint32_t)number(optarg, UINT32_MAX - 1);
      break;
    case 'w':
      c.walks = (unsigned)number(optarg, UINT32_MAX);
      break;
    case 's':
      c.seed = number(optarg, UINT64_MAX);
      break;
    case 'h':
      fputs(usage, stdout);
      return 0;
    default:
      fputs(usage, stderr);
      return 2;
    }
  if (is_wide && !c.walks && !c.lists)
    give_up("this build only walks: --walks N");
  c.names = argv + optind;
  c.count = argc - optind;
  check_names(&c);
  return run_all(&c);
}
