/* What `sacred bench` is asked to do. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../group/group.h"
#include "bench.h"
#include "run.h"
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

const char bench_help[] = "usage: sacred bench barrier|broadcast|flag|put|loggp [options]\n"
                          "\n"
                          "Measure a primitive between the ranks of a job, on whatever wire they have; every\n"
                          "rank runs the same command, and rank 0 times and prints. As in\n"
                          "\n"
                          "  sacred run -n 4 --no-prefix sacred bench broadcast --sizes 8:1M\n"
                          "  mpirun -n 2 sacred bench barrier --pin --json\n"
                          "  mpirun -n 2 sacred bench loggp --pin --parameters here.json\n"
                          "\n"
                          "  -i, --iterations N   calls measured for each size, 1 to 16777216 (10000, and above\n"
                          "                       64K as many as move 640M, but at least 20)\n"
                          "  -w, --warmup N       calls before them that are not, 0 to 16777216 (a tenth, and one)\n"
                          "  -s, --sizes LIST     bytes, of broadcast and put: 8,1K,3M or 8:1M, which doubles from\n"
                          "                       8 up to 1M; K, M, G are suffixes; 1 to 4G (8:1M)\n"
                          "  --strength S         of a barrier: arrive, inbound or full (inbound)\n"
                          "  --window N           puts that are under way together, 1 to 4096 (1)\n"
                          "  --batch N            calls that a sample is the mean of, 1 to 4096 (16 for a barrier, of\n"
                          "                       which a rank leaves many at once where the others run ahead;\n"
                          "                       64 for loggp, whose trains are as long, 2 at least; 1)\n"
                          "  --pin                bind rank r to the r-th processor that it may use, modulo their\n"
                          "                       number\n"
                          "  --histogram          show how the times are spread, too\n"
                          "  --json               a line of JSON for each size; times are nanoseconds\n"
                          "  --plot FILE.svg      draw it with gnuplot\n"
                          "  --parameters FILE    of loggp: write what sacred simulate --parameters takes\n"
                          "  --timeout S          give up after S seconds, with exit status 3 (600)\n"
                          "  --help               this text\n"
                          "\n"
                          "What is timed, at rank 0, call by call, less what a reading of the clock takes:\n"
                          "  barrier    from one leaving of the barrier to the next\n"
                          "  flag       from rank 0 to rank 1 and back, halved; the other ranks sleep\n"
                          "  broadcast  of rank 0, and a barrier behind it: alone it would be over at the root\n"
                          "             before others have it, and a loop of them would time how far the root\n"
                          "             can run ahead. A barrier without a broadcast is timed in turn with it,\n"
                          "             and its median is taken off the median: that is the column `alone`.\n"
                          "  put        rank 0 puts to rank 1, raises a flag behind it, and gets one back. That\n"
                          "             pair of flags is timed in turn without a put; a flag there comes with the\n"
                          "             data, and so `alone` is the median less half of the flags' median.\n"
                          "  loggp      what sacred simulate takes, LogGP's parameters, in repetitions of N =\n"
                          "             --batch; of each the median over the repetitions, and quartiles:\n"
                          "             o  N times rank 0 posts a word, delays for two of the least round trips,\n"
                          "                and looks for a word back, which has come; less N delays without\n"
                          "                these; halved, as a post and a look are one o each. Where a post\n"
                          "                goes on when its word has left, as on devices of software, that\n"
                          "                rest is not in o but in g: L is then 0 and o half of the way\n"
                          "             g  N words at once and a flag back, less a flag's round trip, by\n"
                          "                N - 1; less 7 G. Where posts take longer than the card does, it is\n"
                          "                what they take, and of the card an upper bound\n"
                          "             G  a put of 256K less one of 64K, a byte\n"
                          "             L  half of a flag's round trip, less 2 o and 7 G\n"
                          "             After Alexandrov, Ionescu, Schauser, Scheiman, LogGP, 1995, and Hoefler,\n"
                          "             Lichei, Rehm, Low-Overhead LogGP Parameter Assessment for Modern\n"
                          "             Interconnection Networks, 2007. What is below 0 is lost in the noise:\n"
                          "             that is said, with exit status 1, and no file is written.\n"
                          "min, median, p99 and max are of the whole, and nothing is taken off them. Where\n"
                          "`alone` is not above 0 it is lost in the noise: more iterations, or larger sizes.\n"
                          "The bytes are looked at after each size.\n"
                          "\n"
                          "Exit status: 0 ok, 1 failed, 2 bad input, 3 --timeout was reached.\n";

static const char *const names[] = {"barrier", "broadcast", "flag", "put", "loggp"};

const char *bench_name(uint32_t what)
{
  return names[what];
}

/* Every rank of a job has the same options: where the environment says which I am, the first one speaks. */
static int speaks(void)
{
  const char *rank = getenv("SACRED_RANK");
  if (!rank)
    rank = getenv("PMIX_RANK");
  return !rank || !strcmp(rank, "0");
}

static int refuse(const char *what, const char *value, const char *remedy)
{
  if (speaks())
    fprintf(stderr, "sacred bench: %s%s%s: %s\n", what, value ? " " : "", value ? value : "", remedy);
  return EXIT_INPUT;
}

/* Which of n words is it? n: none. */
static uint32_t find(const char *const *words, uint32_t n, const char *text)
{
  uint32_t k = 0;
  while (k < n && strcmp(words[k], text) != 0)
    k++;
  return k;
}

static int read_number(const char *option, const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
  char words[NUMBER_WORDS];
  if (group_number(text, value) == NUMBER_READ && *value >= least && *value <= most)
    return EXIT_OK;
  return refuse(option, text, number_remedy(least, most, words));
}

static int read_small(const char *option, const char *text, uint32_t most, uint32_t *value)
{
  uint64_t n;
  int status = read_number(option, text, 1, most, &n);
  *value = status == EXIT_OK ? (uint32_t)n : 0;
  return status;
}

static int add_size(const char *list, uint64_t size, struct bench_plan *plan)
{
  if (plan->sizes == BENCH_SIZES_MAX)
    return refuse("--sizes", list, "more than 64 sizes: give fewer");
  plan->size[plan->sizes++] = size;
  return EXIT_OK;
}

/* One item of the list: a number, or a range that doubles. */
static int read_size(const char *list, char *item, struct bench_plan *plan)
{
  static const char remedy[] = "give bytes from 1 to 4G, as in 8,1K,3M or 8:1M";
  const uint64_t most = UINT64_C(4) << 30;
  char *colon = strchr(item, ':');
  uint64_t first, last;
  if (colon)
    *colon = '\0';
  if (group_number(item, &first) != NUMBER_READ)
    return refuse("--sizes", list, remedy);
  last = first;
  if (colon && group_number(colon + 1, &last) != NUMBER_READ)
    return refuse("--sizes", list, remedy);
  if (first < 1 || last > most || first > last)
    return refuse("--sizes", list, remedy);
  int status = EXIT_OK;
  for (uint64_t size = first; status == EXIT_OK && size <= last; size *= 2)
    status = add_size(list, size, plan);
  return status;
}

static int read_sizes(const char *list, struct bench_plan *plan)
{
  char *copy = strdup(list), *rest = copy, *item;
  int status = copy ? EXIT_OK : EXIT_FAILED;
  plan->sizes = 0;
  while (status == EXIT_OK && (item = strsep(&rest, ",")))
    status = read_size(list, item, plan);
  free(copy);
  return status;
}

static int read_strength(const char *text, uint32_t *strength)
{
  *strength = find(tuning_strengths, TUNING_STRENGTHS, text);
  return *strength < 3 ? EXIT_OK : refuse("--strength", text, "give arrive, inbound or full");
}

static int read_timeout(const char *text, double *seconds)
{
  char *end;
  *seconds = strtod(text, &end);
  if (end == text || *end != '\0' || !(*seconds > 0) || *seconds > 1e8)
    return refuse("--timeout", text, "give seconds, above 0 up to 100000000, as in 2.5");
  return EXIT_OK;
}

static int read_plot(const char *text, const char **file)
{
  size_t n = strlen(text);
  *file = text;
  return n > 4 && !strcmp(text + n - 4, ".svg") ? EXIT_OK : refuse("--plot", text, "give a file that ends in .svg");
}

enum { STRENGTH = 256, WINDOW, BATCH, PIN, HISTOGRAM, JSON, PLOT, PARAMETERS, TIMEOUT };

static const struct option long_options[] = {{"iterations", required_argument, NULL, 'i'},
                                             {"warmup", required_argument, NULL, 'w'},
                                             {"sizes", required_argument, NULL, 's'},
                                             {"strength", required_argument, NULL, STRENGTH},
                                             {"window", required_argument, NULL, WINDOW},
                                             {"batch", required_argument, NULL, BATCH},
                                             {"pin", no_argument, NULL, PIN},
                                             {"histogram", no_argument, NULL, HISTOGRAM},
                                             {"json", no_argument, NULL, JSON},
                                             {"plot", required_argument, NULL, PLOT},
                                             {"parameters", required_argument, NULL, PARAMETERS},
                                             {"timeout", required_argument, NULL, TIMEOUT},
                                             {"help", no_argument, NULL, 'h'},
                                             {NULL, 0, NULL, 0}};

/* One option. */
static int take(int c, char **argv, struct bench_options *o, int *strong)
{
  struct bench_plan *plan = &o->plan;
  switch (c) {
  case 'i':
    return read_number("--iterations", optarg, 1, BENCH_ITERATIONS_MAX, &plan->iterations);
  case 'w':
    plan->warm = 1;
    return read_number("--warmup", optarg, 0, BENCH_ITERATIONS_MAX, &plan->warmup);
  case 's':
    return read_sizes(optarg, plan);
  case STRENGTH:
    *strong = 1;
    return read_strength(optarg, &plan->strength);
  case WINDOW:
    return read_small("--window", optarg, BENCH_WINDOW_MAX, &plan->window);
  case BATCH:
    return read_small("--batch", optarg, BENCH_BATCH_MAX, &plan->batch);
  case PLOT:
    return read_plot(optarg, &o->plot);
  case PARAMETERS:
    o->parameters = optarg;
    return EXIT_OK;
  case TIMEOUT:
    return read_timeout(optarg, &o->timeout);
  case PIN:
    o->pin = 1;
    return EXIT_OK;
  case HISTOGRAM:
    o->histogram = 1;
    return EXIT_OK;
  case JSON:
    o->json = 1;
    return EXIT_OK;
  case 'h':
    o->help = 1;
    return EXIT_OK;
  case ':':
    return refuse(argv[optind - 1], NULL, "a value is missing; see sacred bench --help");
  default:
    return refuse("option", argv[optind - 1],
                  "unknown, or with a value that it does not take; see sacred bench --help");
  }
}

/* What only loggp has, and what it has not. */
static int complete_loggp(const struct bench_options *o)
{
  const int loggp = o->plan.what == BENCH_LOGGP;
  if (o->parameters && !loggp)
    return refuse("--parameters", o->parameters, "only loggp writes them: leave it out, or bench loggp");
  if (loggp && (o->plot || o->histogram))
    return refuse(o->plot ? "--plot" : "--histogram", o->plot, "loggp has four figures and no curve: leave it out");
  if (loggp && o->plan.batch == 1)
    return refuse("--batch", "1", "a train of loggp has a first and a last message: give 2 to 4096");
  return EXIT_OK;
}

/* What one of them has and another has not; and what is left open. */
static int complete(struct bench_plan *plan, int strong)
{
  int sized = plan->what == BENCH_BROADCAST || plan->what == BENCH_PUT, chosen = plan->sizes > 0 || !sized;
  if (strong && plan->what != BENCH_BARRIER)
    return refuse("--strength", NULL, "only a barrier has one: leave it out, or bench barrier");
  if (plan->window > 0 && plan->what != BENCH_PUT)
    return refuse("--window", NULL, "only puts have one: leave it out, or bench put");
  if (plan->sizes > 0 && !sized)
    return refuse("--sizes", NULL, "only broadcasts and puts have them: leave it out, or bench broadcast or put");
  if (plan->window == 0)
    plan->window = 1;
  if (plan->batch == 0)
    plan->batch = plan->what == BENCH_BARRIER ? 16 : plan->what == BENCH_LOGGP ? 64 : 1;
  if (!sized)
    plan->sizes = 1;
  for (uint64_t size = 8; !chosen && size <= 1 << 20; size *= 2)
    plan->size[plan->sizes++] = size;
  return EXIT_OK;
}

int bench_read(int argc, char **argv, struct bench_options *options)
{
  *options = (struct bench_options){.plan.strength = SACRED_INBOUND, .timeout = 600};
  int status = EXIT_OK, c, strong = 0;
  opterr = 0;
  while (status == EXIT_OK && (c = getopt_long(argc, argv, ":i:w:s:h", long_options, NULL)) != -1)
    status = take(c, argv, options, &strong);
  if (status != EXIT_OK || options->help)
    return status;
  if (optind == argc)
    return refuse("benchmark", NULL, "missing: give barrier, broadcast, flag, put or loggp");
  options->plan.what = find(names, BENCH_KINDS, argv[optind]);
  if (options->plan.what == BENCH_KINDS)
    return refuse("benchmark", argv[optind], "unknown: give barrier, broadcast, flag, put or loggp");
  if (optind + 1 < argc)
    return refuse("argument", argv[optind + 1], "one benchmark at a time; see sacred bench --help");
  status = complete_loggp(options);
  return status == EXIT_OK ? complete(&options->plan, strong) : status;
}

/* How many calls of this size are measured. */
static uint64_t calls(const struct bench_plan *plan, uint64_t size)
{
  const uint64_t many = 10000, small = 65536, few = 20;
  if (plan->iterations > 0)
    return plan->iterations;
  if (size <= small)
    return many;
  return many * small / size > few ? many * small / size : few;
}

uint64_t bench_samples(const struct bench_plan *plan, uint64_t size)
{
  return (calls(plan, size) + plan->batch - 1) / plan->batch;
}

uint64_t bench_warmup(const struct bench_plan *plan, uint64_t size)
{
  return plan->warm ? plan->warmup : calls(plan, size) / 10 + 1;
}
