/* `sacred tune`: measure the barriers and broadcasts there are in groups of many sizes, and print which to take where. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "tune.h"
#include "../group/group.h"
#include "../wire/wire_kind.h"
#include "run.h"
#include "statistics.h"
#include <getopt.h>
#include <inttypes.h>
#include <sacred/sacred.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  PLAIN = 5,
  CANDIDATES = 10,
  BLOCKS = 15,
  BLOCKS_MAX = 1000,
  EPOCHS_MAX = 1000000,
  WAIT_NS = 500000000,
  BROADCASTS = TUNING_STRENGTHS /* what is measured behind the three strengths */
};

static const char help[] =
    "usage: sacred run -n N sacred tune [options]       or under any other launcher\n"
    "\n"
    "Measures each barrier in groups of 2, 4, 8 ... N of these ranks, over the wire that they\n"
    "have, and the broadcast along each tree, and prints a file for SACRED_TUNING. Rank 0 measures,\n"
    "the candidates take turns. Where ranks of a group share hosts, of which there are several,\n"
    "barriers of hosts (local) are among them: what is printed then holds for jobs whose ranks are\n"
    "placed alike, hence the hosts. A broadcast may take one tree up to some size, and one above.\n"
    "Nothing is put between epochs: where you put to many, inbound and full flush by all but all-to-all.\n"
    "\n"
    "  --only WHAT   barriers or broadcasts (default: both)\n"
    "  --epochs E    epochs in a block (default: as many as take about a millisecond, at least 4)\n"
    "  --blocks B    blocks of each candidate, of which the median counts (default 15)\n"
    "  --timeout S   seconds for all of it (default 600)\n"
    "  --pin         each rank to a processor of its own, as far as there are\n";

/* The plain ones first, and fewest rounds first: of two that take as long, that one is taken. */
static const struct tuning candidates[CANDIDATES] = {{.radix = 0},
                                                     {.radix = 8},
                                                     {.radix = 4},
                                                     {.radix = 3},
                                                     {.radix = 2},
                                                     {.local = 1},
                                                     {.local = 1, .radix = 8},
                                                     {.local = 1, .radix = 4},
                                                     {.local = 1, .radix = 3},
                                                     {.local = 1, .radix = 2}};

/* -- options -------------------------------------------------------------------------- */

static int refuse(const char *option, const char *text, const char *want)
{
  fprintf(stderr, "sacred tune: %s%s%s: %s\n", option, text ? " " : "", text ? text : "", want);
  return EXIT_INPUT;
}

static int read_number(const char *option, const char *text, uint64_t most, uint64_t *value)
{
  char words[NUMBER_WORDS];
  if (number_read(text, 1, most, value, NULL) == NUMBER_READ)
    return EXIT_OK;
  return refuse(option, text, number_remedy(1, most, words));
}

static int read_what(const char *text, struct tune *t)
{
  t->barriers = strcmp(text, "barriers") == 0;
  t->broadcasts = strcmp(text, "broadcasts") == 0;
  return t->barriers || t->broadcasts ? EXIT_OK : refuse("--only", text, "give barriers or broadcasts");
}

static int read_options(int argc, char **argv, struct tune *t)
{
  static const struct option known[] = {{"only", required_argument, NULL, 'o'},
                                        {"epochs", required_argument, NULL, 'e'},
                                        {"blocks", required_argument, NULL, 'b'},
                                        {"timeout", required_argument, NULL, 't'},
                                        {"pin", no_argument, NULL, 'p'},
                                        {"help", no_argument, NULL, 'h'},
                                        {NULL, 0, NULL, 0}};
  uint64_t seconds = 600;
  int status = EXIT_OK, c;
  opterr = 0;
  while (status == EXIT_OK && (c = getopt_long(argc, argv, ":h", known, NULL)) != -1)
    if (c == 'e')
      status = read_number("--epochs", optarg, EPOCHS_MAX, &t->epochs);
    else if (c == 'b')
      status = read_number("--blocks", optarg, BLOCKS_MAX, &t->blocks);
    else if (c == 't')
      status = read_number("--timeout", optarg, 1000000, &seconds);
    else if (c == 'o')
      status = read_what(optarg, t);
    else if (c == 'p')
      t->pin = 1;
    else if (c == 'h')
      t->help = 1;
    else
      status = refuse(argv[optind - 1], NULL,
                      c == ':' ? "a value is missing; see sacred tune --help"
                               : "there is no such option; see sacred tune --help");
  if (status == EXIT_OK && optind < argc)
    status = refuse(argv[optind], NULL, "takes options only; see sacred tune --help");
  t->timeout = (double)seconds;
  return status;
}

/* -- one group ------------------------------------------------------------------------- */

int tune_say(const struct tune *t, const sacred_group *g, const char *what, int status)
{
  fprintf(stderr, "sacred tune: rank %u: %s: %s\n", t->rank, what,
          status == SACRED_TIMEOUT ? "not over by --timeout"
          : g                      ? sacred_group_error(g)
                                   : sacred_open_error());
  return status == SACRED_TIMEOUT ? EXIT_LIMIT : EXIT_FAILED;
}

/* A block's time of one epoch, in picoseconds; the first epoch, which waits for the slowest to come, does not count. */
static int block(const struct tune *t, sacred_barrier *b, uint64_t epochs, uint64_t *took)
{
  int status = sacred_barrier_wait(b, t->deadline);
  uint64_t begin = sacred_now();
  for (uint64_t e = 0; status == SACRED_OK && e < epochs; e++)
    status = sacred_barrier_wait(b, t->deadline);
  *took = (sacred_now() - begin) * 1000 / epochs;
  return status;
}

/* As many epochs as rank 0 says: about a millisecond of them. */
static int choose_epochs(const struct tune *t, sacred_group *g, sacred_barrier *b, uint64_t *epochs)
{
  sacred_broadcast *c;
  uint64_t took;
  *epochs = t->epochs;
  if (t->epochs > 0)
    return SACRED_OK;
  int status = block(t, b, 20, &took);
  *epochs = took < 1000 ? 1000000 : UINT64_C(1000000000) / took;
  *epochs = *epochs < 4 ? 4 : *epochs > 10000 ? 10000 : *epochs;
  if (status == SACRED_OK)
    status = sacred_broadcast_create(g, &c, t->deadline);
  return status == SACRED_OK ? sacred_broadcast_run(c, 0, epochs, sizeof *epochs, t->deadline) : status;
}

/* Are there several hosts, and ranks that share one? */
static int shares_hosts(const sacred_group *g)
{
  return g->hosts > 1 && g->hosts < g->w.size;
}

/*
 * The candidates that differ in a group: a radix of all ranks, or hosts, or more is all to all; and
 * without one hosts meet as so many ranks do, which is all to all or a candidate of its own.
 */
static int counts(struct tuning c, const sacred_group *g, enum sacred_strength strength)
{
  if (!c.local)
    return c.radix < g->w.size;
  return shares_hosts(g) && (c.radix ? c.radix < g->hosts : tuning_radix(g->w.kind, strength, g->hosts) == 0);
}

/* The median time of each candidate that counts, in picoseconds. */
static int measure(const struct tune *t, sacred_group *g, enum sacred_strength strength, uint64_t median[CANDIDATES])
{
  sacred_barrier *b[CANDIDATES] = {NULL};
  char name[TUNING_NAME];
  uint64_t *took = calloc(CANDIDATES * t->blocks, sizeof *took), epochs = 0;
  int status = took ? SACRED_OK : SACRED_ERR_MEMORY;
  for (uint32_t k = 0; status == SACRED_OK && k < CANDIDATES; k++)
    if (counts(candidates[k], g, strength)) {
      setenv("SACRED_BARRIER", tuning_barrier_name(candidates[k], name), 1);
      status = sacred_barrier_create(g, strength, &b[k], t->deadline);
    }
  if (status == SACRED_OK)
    status = choose_epochs(t, g, b[0], &epochs);
  for (uint64_t i = 0; status == SACRED_OK && i < t->blocks; i++)
    for (uint32_t k = 0; status == SACRED_OK && k < CANDIDATES; k++)
      if (b[k])
        status = block(t, b[k], epochs, &took[k * t->blocks + i]);
  for (uint32_t k = 0; status == SACRED_OK && k < CANDIDATES; k++)
    median[k] = b[k] ? statistics_of(&took[k * t->blocks], t->blocks).median : 0;
  free(took);
  return status;
}

/* The quickest; of those that are hardly slower, the first. */
static uint32_t quickest(const uint64_t median[CANDIDATES])
{
  uint64_t least = UINT64_MAX;
  for (uint32_t k = 0; k < CANDIDATES; k++)
    if (median[k] > 0 && median[k] < least)
      least = median[k];
  uint32_t k = 0;
  while (median[k] == 0 || median[k] * 100 > least * (100 + WORTH))
    k++;
  return k;
}

const char *tune_wire(const sacred_group *g)
{
  return g->w.kind == WIRE_VERBS ? "verbs" : "shm";
}

/* Of all ranks: no group of theirs shares more. */
static uint32_t columns(const struct tune *t)
{
  return shares_hosts(t->all) ? CANDIDATES : PLAIN;
}

/* What was measured, as a comment, and the line that follows from it. */
static void show(const struct tune *t, const sacred_group *g, uint32_t strength, const uint64_t median[CANDIDATES])
{
  char name[TUNING_NAME];
  uint32_t n = g->w.size;
  printf("# %-7s %5u %5u ", tuning_strengths[strength], n, g->hosts);
  for (uint32_t k = 0; k < columns(t); k++)
    if (median[k] > 0)
      printf(" %15.3f", (double)median[k] / 1e6);
    else
      printf(" %15s", "");
  printf("\nbarrier %-5s %-7s %5u  %s\n", tune_wire(g), tuning_strengths[strength], n,
         tuning_barrier_name(candidates[quickest(median)], name));
  fflush(stdout);
  fprintf(stderr, "sacred tune: %s of %u of %u ranks is measured\n", tuning_strengths[strength], n, t->ranks);
}

/* As in a job of these ranks alone: the others sleep. Over verbs as in this job, whose hosts may be many. */
static void set_policy(const struct tune *t, sacred_group *g)
{
  int shm = g->w.kind != WIRE_VERBS;
  struct sacred_wait_policy policy = shm ? wire_policy_default(sacred_size(g), t->processors) : t->policy;
  sacred_set_wait_policy(g, &policy);
}

/* The barriers of this group, of one strength. */
static int tune_barriers(struct tune *t, sacred_group *g, uint32_t strength)
{
  uint64_t median[CANDIDATES];
  int status = measure(t, g, (enum sacred_strength)strength, median);
  if (status != SACRED_OK)
    return tune_say(t, g, "a barrier", status);
  if (t->rank == 0)
    show(t, g, strength, median);
  return EXIT_OK;
}

/* The group of the first n ranks: barriers of a strength, or broadcasts. */
static int tune_group(struct tune *t, uint32_t what, uint32_t n)
{
  uint32_t list[CONTROL_RANKS_MAX];
  sacred_group *g = NULL;
  for (uint32_t i = 0; i < n; i++)
    list[i] = i;
  int status = sacred_group_split(t->all, list, n, &g, t->deadline);
  if (status != SACRED_OK)
    return tune_say(t, NULL, "the group of the first ranks", status);
  set_policy(t, g);
  int result = what == BROADCASTS ? tune_broadcasts(t, g) : tune_barriers(t, g, what);
  if (result != EXIT_OK)
    return result;
  status = sacred_group_close(g, t->deadline);
  return status == SACRED_OK ? EXIT_OK : tune_say(t, g, "the close", status);
}

/* -- all of it --------------------------------------------------------------------------- */

static void show_head(const struct tune *t)
{
  char name[TUNING_NAME];
  printf("# Measured by sacred tune among %u ranks; a file for SACRED_TUNING, see sacred/barrier.h and broadcast.h.\n",
         t->ranks);
  if (!t->barriers)
    return;
  printf("# Microseconds an epoch: the median of %" PRIu64 " blocks. Where two differ by less than %d %%, the first.\n"
         "# %-7s %5s %5s ",
         t->blocks, WORTH, "", "ranks", "hosts");
  for (uint32_t k = 0; k < columns(t); k++)
    printf(" %15s", tuning_barrier_name(candidates[k], name));
  putchar('\n');
}

static int tune_all(struct tune *t)
{
  char name[TUNING_NAME];
  int status = EXIT_OK;
  unsetenv("SACRED_TUNING");
  unsetenv("SACRED_BROADCAST");
  setenv("SACRED_BARRIER", tuning_barrier_name(candidates[0], name), 1);
  int made = sacred_barrier_create(t->all, SACRED_ARRIVE, &t->turn, t->deadline);
  if (made != SACRED_OK)
    return tune_say(t, t->all, "making a barrier", made);
  if (t->rank == 0)
    show_head(t);
  /* who waits for its turn sleeps, and does not disturb */
  sacred_get_wait_policy(t->all, &t->policy);
  sacred_set_wait_policy(t->all, &(struct sacred_wait_policy){.sleep_ns = 1000000});
  uint32_t first = t->barriers ? SACRED_ARRIVE : BROADCASTS, end = t->broadcasts ? BROADCASTS + 1 : BROADCASTS;
  for (uint32_t s = first; s < end; s++)
    for (uint32_t n = 2, last = 0; status == EXIT_OK && last != t->ranks; n *= 2) {
      n = last = n < t->ranks ? n : t->ranks;
      if (t->rank < n)
        status = tune_group(t, s, n);
      if (status == EXIT_OK && (made = sacred_barrier_wait(t->turn, t->deadline)) != SACRED_OK)
        status = tune_say(t, t->all, "the turn of the next", made);
    }
  return status;
}

int tune_command(int argc, char **argv)
{
  struct tune t = {.blocks = BLOCKS, .barriers = 1, .broadcasts = 1};
  cpu_set_t processors;
  int result = read_options(argc, argv, &t);
  if (result != EXIT_OK)
    return result;
  if (t.help) {
    fputs(help, stdout);
    return EXIT_OK;
  }
  t.deadline = sacred_in((uint64_t)(t.timeout * 1e9));
  int status = sacred_group_open(&t.all, t.deadline);
  if (status != SACRED_OK)
    return tune_say(&t, NULL, "the opening", status);
  t.rank = sacred_rank(t.all);
  t.ranks = sacred_size(t.all);
  t.processors = sched_getaffinity(0, sizeof processors, &processors) == 0 ? (uint32_t)CPU_COUNT(&processors) : 1;
  if (t.pin)
    pin_rank(t.rank);
  if (t.ranks < 2 && t.rank == 0)
    result = refuse("1 rank", NULL, "there is nothing to choose: start 2 or more, as by sacred run -n 8 sacred tune");
  if (t.ranks >= 2)
    result = tune_all(&t);
  status = sacred_group_close(t.all, result == EXIT_OK ? t.deadline : sacred_in(WAIT_NS));
  return result == EXIT_OK && status != SACRED_OK ? tune_say(&t, t.all, "the close", status) : result;
}
