/* The options of the simulation. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"
#include "group/number.h"
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: sacred simulate barrier [--ranks N,...] [options]\n"
    "\n"
    "Run the barrier's compiled C, as it ships and is proved, for many ranks in one process over\n"
    "a network that is simulated: LogGP. No packet is posted, and every time printed is simulated.\n"
    "\n"
    "  --ranks N,...          how many, 2 to 1048576 (default 65536)\n"
    "  --algorithm A,...      all-to-all, dissemination:K, and of ranks that share hosts local, local:K\n"
    "                         (default all-to-all and dissemination by K = 2, 3, 4, 8, 16; with\n"
    "                         --ranks-per-host also local, and local by K = 2, 4, 8)\n"
    "  --strength S           arrive (the default), inbound, full: the last two flush, see below\n"
    "  --puts P               to so many ranks each has put something before an epoch, which is flushed\n"
    "                         where the strength asks for it, 0 to 4096 (1); the puts take no time here\n"
    "  --epochs N             how often the ranks meet, 1 to 1000 (5)\n"
    "  --plot FILE.svg        draw time against ranks, 2, 4, 8 ... up to N; needs gnuplot\n"
    "  --json                 JSON Lines\n"
    "\n"
    "The network; times in nanoseconds. The defaults are given, and not measured:\n"
    "  --latency T            L, of one hop (1000)\n"
    "  --overhead T           o, of a processor, to post, and to observe what has come (100)\n"
    "  --gap T                g, of a host's card between two messages, in each direction (20)\n"
    "  --gap-per-byte T       G, of a card for each further byte of a message (0.04)\n"
    "  --parameters FILE      these four from a file, as sacred bench loggp writes it\n"
    "  --fat-tree PORTS       switches of so many ports, and 2 hops a level of the tree that a message\n"
    "                         climbs; without it all is one hop\n"
    "  --ranks-per-host H     ranks of a host share its card (1), and by local its memory\n"
    "  --cores C              the ranks of a host share C processors, each giving its one up when it\n"
    "                         waits; without --ranks-per-host all ranks are then on one host\n"
    "  --switch T             what a processor takes to turn to another rank, where they share (1000)\n"
    "  --noise T              mean of a delay of each overhead, distributed exponentially (0)\n"
    "  --stragglers N         so many ranks, by the seed, enter every epoch late: by --late T\n"
    "  --seed N               of noise and stragglers (1)\n"
    "\n"
    "Local: words between ranks of a host go by memory that they share, which is another LogGP with g\n"
    "and G of the rank that posts; the other barriers post all by the card, as the library does. The\n"
    "defaults are what sacred bench loggp measured over shared memory of a virtual machine (Intel Xeon):\n"
    "  --local-latency T, --local-overhead T, --local-gap T, --local-gap-per-byte T\n"
    "                         L, o, g and G (66, 41, 12, 0.023)\n"
    "  --local-parameters FILE\n"
    "                         these four, as sacred bench loggp writes it where the wire is shm\n"
    "\n"
    "Not simulated: contention of links, acknowledgements, and the bytes of headers. All-to-all has n\n"
    "squared messages, and a flush looks at every rank for what was posted to it: up to 4096 ranks.\n"
    "\n"
    "Exit status: 0 ok, 1 a rank left before all had entered, or another check failed, 2 bad input,\n"
    "3 out of memory.\n";

enum { LOCAL = 256 }; /* with a letter: the parameter of memory that ranks share */

static const struct option long_options[] = {{"ranks", required_argument, NULL, 'n'},
                                             {"algorithm", required_argument, NULL, 'a'},
                                             {"strength", required_argument, NULL, 'x'},
                                             {"puts", required_argument, NULL, 'P'},
                                             {"epochs", required_argument, NULL, 'e'},
                                             {"plot", required_argument, NULL, 'p'},
                                             {"json", no_argument, NULL, 'j'},
                                             {"latency", required_argument, NULL, 'L'},
                                             {"overhead", required_argument, NULL, 'o'},
                                             {"gap", required_argument, NULL, 'g'},
                                             {"gap-per-byte", required_argument, NULL, 'G'},
                                             {"parameters", required_argument, NULL, 'f'},
                                             {"local-latency", required_argument, NULL, LOCAL + 'L'},
                                             {"local-overhead", required_argument, NULL, LOCAL + 'o'},
                                             {"local-gap", required_argument, NULL, LOCAL + 'g'},
                                             {"local-gap-per-byte", required_argument, NULL, LOCAL + 'G'},
                                             {"local-parameters", required_argument, NULL, LOCAL + 'f'},
                                             {"fat-tree", required_argument, NULL, 't'},
                                             {"ranks-per-host", required_argument, NULL, 'H'},
                                             {"cores", required_argument, NULL, 'c'},
                                             {"switch", required_argument, NULL, 'w'},
                                             {"noise", required_argument, NULL, 'N'},
                                             {"stragglers", required_argument, NULL, 'S'},
                                             {"late", required_argument, NULL, 'l'},
                                             {"seed", required_argument, NULL, 's'},
                                             {"help", no_argument, NULL, 'h'},
                                             {NULL, 0, NULL, 0}};

int options_bad(const char *what, const char *value, const char *remedy)
{
  fprintf(stderr, "sacred simulate: %s%s%s: %s\n", what, value ? " " : "", value ? value : "", remedy);
  return EXIT_INPUT;
}

/* The option's name as the user knows it. */
static const char *name_of(int c)
{
  static char text[32];
  for (const struct option *o = long_options; o->name; o++)
    if (o->val == c)
      snprintf(text, sizeof text, "--%s", o->name);
  return text;
}

static int read_number(int c, uint64_t least, uint64_t most, uint64_t *value)
{
  char words[NUMBER_WORDS];
  if (number_read(optarg, least, most, value, NULL) == NUMBER_READ)
    return EXIT_OK;
  return options_bad(name_of(c), optarg, number_remedy(least, most, words));
}

static int read_small(int c, uint32_t least, uint32_t most, uint32_t *value)
{
  uint64_t v;
  int status = read_number(c, least, most, &v);
  if (status == EXIT_OK)
    *value = (uint32_t)v;
  return status;
}

bool picoseconds(double ns, uint64_t *time)
{
  if (!(ns >= 0 && ns <= NANOSECONDS_MAX))
    return false;
  *time = (uint64_t)llround(ns * 1000);
  return true;
}

static int read_time(int c, uint64_t *time)
{
  char *end;
  double ns = strtod(optarg, &end);
  if (end != optarg && *end == '\0' && picoseconds(ns, time))
    return EXIT_OK;
  return options_bad(name_of(c), optarg, "give nanoseconds, from 0 to 1000000000, as in 2.5");
}

static int read_ranks(struct options *o)
{
  const char *end;
  uint64_t n;
  o->ranks_count = 0;
  for (const char *at = optarg;; at = end + 1) {
    if (o->ranks_count == LIST_MAX)
      return options_bad("--ranks", optarg, "give at most 64 numbers");
    if (number_read(at, 2, RANKS_MAX, &n, &end) != NUMBER_READ || (*end != ',' && *end != '\0'))
      return options_bad("--ranks", at, "give numbers from 2 to 1048576, as in --ranks 16,65536");
    o->ranks[o->ranks_count++] = (uint32_t)n;
    if (*end == '\0')
      return EXIT_OK;
  }
}

static bool is(const char *at, size_t n, const char *name)
{
  return strlen(name) == n && strncmp(at, name, n) == 0;
}

/* One name, up to a comma or the end; `end` is behind it. */
static bool read_algorithm(const char *at, struct tuning *t, const char **end)
{
  size_t n = strcspn(at, ":,");
  bool has_radix = at[n] == ':';
  uint64_t k = 0;
  *end = at + n;
  if (has_radix && number_read(at + n + 1, 2, RANKS_MAX, &k, end) != NUMBER_READ)
    return false;
  *t = (struct tuning){.local = is(at, n, "local"), .radix = (uint32_t)k};
  return (**end == ',' || **end == '\0') && (t->local || is(at, n, has_radix ? "dissemination" : "all-to-all"));
}

static int read_algorithms(struct options *o)
{
  const char *end;
  o->barriers = 0;
  for (const char *at = optarg;; at = end + 1) {
    if (o->barriers == LIST_MAX)
      return options_bad("--algorithm", optarg, "give at most 64 of them");
    if (!read_algorithm(at, &o->barrier[o->barriers], &end))
      return options_bad("--algorithm", at,
                         "give all-to-all, dissemination:K, local or local:K, with a radix K from 2 to 1048576");
    o->barriers++;
    if (*end == '\0')
      return EXIT_OK;
  }
}

static int read_strength(struct setting *s)
{
  static const char *const names[] = {"arrive", "inbound", "full"};
  for (unsigned k = 0; k < 3; k++)
    if (strcmp(optarg, names[k]) == 0) {
      s->strength = (enum sacred_strength)k;
      return EXIT_OK;
    }
  return options_bad("--strength", optarg, "give arrive, inbound or full");
}

static int read_ports(struct setting *s)
{
  int status = read_small('t', 4, PORTS_MAX, &s->ports);
  if (status == EXIT_OK && s->ports % 2 != 0)
    return options_bad("--fat-tree", optarg, "half of a switch's ports lead up: give an even number");
  return status;
}

static int read_parameter(int c, struct loggp *p, struct source *from)
{
  uint64_t *const time = c % LOCAL == 'L'   ? &p->latency
                         : c % LOCAL == 'o' ? &p->overhead
                         : c % LOCAL == 'g' ? &p->gap
                                            : &p->byte;
  from->given = true;
  return read_time(c, time);
}

static int read_network(struct options *o, int c)
{
  struct setting *s = &o->setting;
  switch (c) {
  case 'L':
  case 'o':
  case 'g':
  case 'G':
    return read_parameter(c, &s->network, &o->network);
  case LOCAL + 'L':
  case LOCAL + 'o':
  case LOCAL + 'g':
  case LOCAL + 'G':
    return read_parameter(c, &s->memory, &o->memory);
  case 'f':
    return parameters_read("--parameters", optarg, &s->network, &o->network);
  case LOCAL + 'f':
    return parameters_read("--local-parameters", optarg, &s->memory, &o->memory);
  case 't':
    return read_ports(s);
  case 'H':
    return read_small(c, 1, RANKS_MAX, &s->per_host);
  case 'c':
    return read_small(c, 1, RANKS_MAX, &s->cores);
  case 'w':
    return read_time(c, &s->switching);
  case 'N':
    return read_time(c, &s->noise);
  case 'S':
    return read_small(c, 1, RANKS_MAX, &s->stragglers);
  case 'l':
    return read_time(c, &s->late);
  default:
    return read_number(c, 0, UINT64_MAX, &s->seed);
  }
}

static int read_option(struct options *o, int c, char *const *argv)
{
  switch (c) {
  case 'n':
    return read_ranks(o);
  case 'a':
    return read_algorithms(o);
  case 'x':
    return read_strength(&o->setting);
  case 'P':
    return read_small(c, 0, SQUARE_MAX, &o->setting.puts);
  case 'e':
    return read_small(c, 1, EPOCHS_MAX, &o->setting.epochs);
  case 'p':
    o->plot = optarg;
    return EXIT_OK;
  case 'j':
    o->json = true;
    return EXIT_OK;
  case 'h':
    o->helped = true;
    fputs(usage, stdout);
    return EXIT_OK;
  case ':':
    return options_bad(argv[optind - 1], NULL, "a value is missing; see sacred simulate --help");
  case '?':
    return options_bad("option", argv[optind - 1],
                       "unknown, or with a value that it does not take; see sacred simulate --help");
  default:
    return read_network(o, c);
  }
}

/* What fits together, once all is read. */
static int check(struct options *o)
{
  struct setting *s = &o->setting;
  if (s->stragglers > 0 && s->late == 0)
    return options_bad("--stragglers", NULL, "by how much are they late? give --late too");
  if (s->late > 0 && s->stragglers == 0)
    return options_bad("--late", NULL, "who is late? give --stragglers too");
  for (unsigned k = 0; k < o->ranks_count; k++)
    if (s->stragglers > o->ranks[k])
      return options_bad("--stragglers", NULL, "more than --ranks: give fewer");
  if (s->per_host == 0 && s->cores == 0)
    s->per_host = 1;
  return o->plot ? plot_check(o->plot) : EXIT_OK;
}

/* What is run where nobody says what: where ranks share hosts barriers of hosts too. */
static void choose_barriers(struct options *o)
{
  static const struct tuning plain[] = {{.radix = 0}, {.radix = 2}, {.radix = 3},
                                        {.radix = 4}, {.radix = 8}, {.radix = 16}};
  static const struct tuning local[] = {
      {.local = 1}, {.local = 1, .radix = 2}, {.local = 1, .radix = 4}, {.local = 1, .radix = 8}};
  if (o->barriers > 0)
    return;
  memcpy(o->barrier, plain, sizeof plain);
  o->barriers = sizeof plain / sizeof plain[0];
  if (o->setting.per_host <= 1)
    return;
  memcpy(o->barrier + o->barriers, local, sizeof local);
  o->barriers += sizeof local / sizeof local[0];
}

/* A plot has all powers of two up to the most ranks that are named. */
static void spread(struct options *o)
{
  uint32_t most = 2;
  for (unsigned k = 0; k < o->ranks_count; k++)
    most = o->ranks[k] > most ? o->ranks[k] : most;
  o->ranks_count = 0;
  for (uint32_t n = 2; n <= most; n *= 2)
    o->ranks[o->ranks_count++] = n;
}

int options_read(struct options *o, int argc, char **argv)
{
  int status = EXIT_OK, c;
  *o = (struct options){.ranks = {65536}, .ranks_count = 1};
  o->setting = (struct setting){.network = {.latency = 1000000, .overhead = 100000, .gap = 20000, .byte = 40},
                                .memory = {.latency = 66000, .overhead = 41000, .gap = 12000, .byte = 23},
                                .switching = 1000000,
                                .seed = 1,
                                .epochs = 5,
                                .puts = 1,
                                .strength = SACRED_ARRIVE};
  opterr = 0;
  while (status == EXIT_OK && !o->helped && (c = getopt_long(argc, argv, ":h", long_options, NULL)) != -1)
    status = read_option(o, c, argv);
  if (status != EXIT_OK || o->helped)
    return status;
  if (optind == argc)
    return options_bad("what", NULL, "missing: what is to be simulated? as in sacred simulate barrier");
  if (strcmp(argv[optind], "barrier") != 0 || optind + 1 < argc)
    return options_bad("what", argv[argc - 1], "cannot be simulated: give one word, barrier");
  status = check(o);
  choose_barriers(o);
  if (status == EXIT_OK && o->plot)
    spread(o);
  return status;
}
