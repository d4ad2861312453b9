/* `sacred bench loggp`: the parameters of the network, measured between two ranks for `sacred simulate`. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench_loops.h"
#include "loggp.h"
#include "run.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* What is measured: all repetitions of rank 0, and how that went. */
struct loggp_run {
  struct bench *b;
  uint64_t warmup, samples;
  double *figures[LOGGP_PARAMETERS];
  struct loggp_spread spread[LOGGP_PARAMETERS];
  char measured[256]; /* when, where, on which wire */
};

/* -- what is timed ----------------------------------------------------------------- */

/* Spins. */
static void delay(uint64_t ns)
{
  uint64_t begin = sacred_now();
  while (sacred_now() - begin < ns)
    ;
}

/* n words from rank 0 to rank 1, and behind the last one a word back. */
static int stream(struct bench *b, uint32_t n, uint64_t *all)
{
  int status = SACRED_OK;
  b->last = sacred_now();
  for (uint32_t k = 0; status == SACRED_OK && k < n; k++) {
    b->epoch++;
    if (b->rank == 0)
      status = bench_raise(b);
  }
  if (status == SACRED_OK)
    status = bench_answer(b);
  *all = bench_lap(b);
  return status;
}

/* n times a word there and one back, for which rank 0 looks after a delay, when it has come. */
static int answers(struct bench *b, uint32_t n, uint64_t ns, uint64_t *all)
{
  int status = SACRED_OK;
  b->last = sacred_now();
  for (uint32_t k = 0; status == SACRED_OK && k < n; k++) {
    b->epoch++;
    if (b->rank == 0) {
      status = bench_raise(b);
      delay(ns);
    }
    if (status == SACRED_OK)
      status = bench_answer(b);
  }
  *all = bench_lap(b);
  return status;
}

static int round_trips(struct bench *b, uint32_t n, uint64_t *all, uint64_t *least)
{
  uint64_t one;
  int status = SACRED_OK;
  *all = 0;
  *least = UINT64_MAX;
  b->last = sacred_now();
  for (uint32_t k = 0; status == SACRED_OK && k < n; k++) {
    status = bench_flags(b, &one);
    *all += one;
    *least = one < *least ? one : *least;
  }
  return status;
}

static uint64_t delays(struct bench *b, uint32_t n, uint64_t ns)
{
  b->last = sacred_now();
  for (uint32_t k = 0; k < n; k++)
    delay(ns);
  return bench_lap(b);
}

/* In twice the least round trip an answer has come; a rank that was kept waiting for a processor does not prolong it. */
static int repetition(struct bench *b, struct loggp_times *t)
{
  const uint32_t n = b->o->plan.batch;
  uint64_t least, apart;
  int status = round_trips(b, n, &t->round_trips, &least);
  t->delays = status == SACRED_OK && b->rank == 0 ? delays(b, n, 2 * least) : 0;
  if (status == SACRED_OK)
    status = answers(b, n, 2 * least, &t->answers);
  if (status == SACRED_OK)
    status = stream(b, n, &t->stream);
  if (status == SACRED_OK)
    status = bench_put(b, LOGGP_LONG, &t->put, &apart);
  return status == SACRED_OK ? bench_put(b, LOGGP_LONGER, &t->longer_put, &apart) : status;
}

static int repeat(struct loggp_run *r)
{
  int status = SACRED_OK;
  for (uint64_t k = 0; status == SACRED_OK && k < r->warmup + r->samples; k++) {
    struct loggp_times times;
    double figures[LOGGP_PARAMETERS];
    status = repetition(r->b, &times);
    if (status != SACRED_OK || k < r->warmup)
      continue;
    loggp_of(&times, r->b->o->plan.batch, figures);
    for (int p = 0; p < LOGGP_PARAMETERS; p++)
      r->figures[p][k - r->warmup] = figures[p];
  }
  return status;
}

/* Ranks 2 and above wait for the end, and sleep. */
static int measure(struct loggp_run *r)
{
  struct bench *b = r->b;
  bench_fill(b, LOGGP_LONGER);
  int status = sacred_barrier_wait(b->barrier, b->deadline);
  if (status == SACRED_OK && b->rank <= 1)
    status = repeat(r);
  if (status == SACRED_OK)
    status = sacred_barrier_wait(b->barrier, b->deadline);
  return status == SACRED_OK ? bench_look(b, LOGGP_LONGER) : bench_say(b, "loggp", status);
}

/* -- what is said ------------------------------------------------------------------- */

/* A name of this host that needs no quoting. */
static void keep_plain(char *name)
{
  for (; *name; name++)
    if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
      *name = '-';
}

static void say_where(struct loggp_run *r)
{
  struct utsname u;
  char date[32];
  time_t now = time(NULL);
  struct tm utc;
  uname(&u);
  keep_plain(u.nodename);
  keep_plain(u.release);
  strftime(date, sizeof date, "%Y-%m-%d %H:%M UTC", gmtime_r(&now, &utc));
  snprintf(r->measured, sizeof r->measured,
           "sacred bench loggp, %s, %.64s (%.16s, Linux %.48s, %ld processors), wire %s, %" PRIu64 " repetitions", date,
           u.nodename, u.machine, u.release, sysconf(_SC_NPROCESSORS_ONLN), bench_wire(r->b), r->samples);
}

static void show_table(const struct loggp_run *r)
{
  static const char *const how[] = {"half a word's round trip, less 2 o and 7 G",
                                    "mean of a post and of a look that finds a word", "of a stream's words, less 7 G",
                                    "a byte, by long puts"};
  printf("# %s%s\n# by trains of %u; nanoseconds\n", r->measured, r->b->o->pin ? ", pinned" : "", r->b->o->plan.batch);
  printf("%1s %-13s %14s %14s %14s\n", "", "", "median", "quartiles from", "to");
  for (int p = 0; p < LOGGP_PARAMETERS; p++)
    printf("%1s %-13s %14.3f %14.3f %14.3f   # %s\n", loggp_letters[p], loggp_names[p], r->spread[p].median,
           r->spread[p].low, r->spread[p].high, how[p]);
}

static void show_json(const struct loggp_run *r)
{
  const struct bench *b = r->b;
  printf("{\"bench\": \"loggp\", \"ranks\": %u, \"wire\": \"%s\", \"pinned\": %s, \"samples\": %" PRIu64
         ", \"batch\": %u, \"warmup\": %" PRIu64 ", \"unit\": \"ns\", \"clock\": %" PRIu64 ", \"measured\": \"%s\"",
         b->ranks, bench_wire(b), b->o->pin ? "true" : "false", r->samples, b->o->plan.batch, r->warmup, b->clock,
         r->measured);
  for (int p = 0; p < LOGGP_PARAMETERS; p++)
    printf(", \"%s\": {\"median\": %.6f, \"low\": %.6f, \"high\": %.6f}", loggp_names[p], r->spread[p].median,
           r->spread[p].low, r->spread[p].high);
  printf("}\n");
}

/* No figure is negative in the world. */
static int check(const struct loggp_run *r)
{
  int status = EXIT_OK;
  for (int p = 0; p < LOGGP_PARAMETERS; p++)
    if (r->spread[p].median < 0) {
      fprintf(stderr,
              "sacred bench: loggp: %s is %g ns, below 0: lost in the noise; give more --iterations than %" PRIu64
              ", or a quieter machine\n",
              loggp_letters[p], r->spread[p].median, r->samples * r->b->o->plan.batch);
      status = EXIT_FAILED;
    }
  return status;
}

static int cannot_write(const char *file)
{
  fprintf(stderr, "sacred bench: --parameters %s: %s\n", file, strerror(errno));
  return EXIT_INPUT;
}

int bench_loggp_check(const char *file)
{
  FILE *made = fopen(file, "wx"), *there = made || errno != EEXIST ? made : fopen(file, "a");
  if (!there)
    return cannot_write(file);
  fclose(there);
  if (made)
    remove(file);
  return EXIT_OK;
}

static int write_file(const struct loggp_run *r, const char *file)
{
  FILE *out = fopen(file, "w");
  if (!out)
    return cannot_write(file);
  fprintf(out, "{\n  \"measured\": \"%s\"", r->measured);
  for (int p = 0; p < LOGGP_PARAMETERS; p++)
    fprintf(out, ",\n  \"%s\": %.6f", loggp_names[p], r->spread[p].median);
  fprintf(out, "\n}\n");
  int bad = ferror(out);
  return fclose(out) == 0 && !bad ? EXIT_OK : cannot_write(file);
}

/* Rank 0 has measured. */
static int conclude(struct loggp_run *r)
{
  const struct bench_options *o = r->b->o;
  for (int p = 0; p < LOGGP_PARAMETERS; p++)
    r->spread[p] = loggp_spread(r->figures[p], r->samples);
  say_where(r);
  (o->json ? show_json : show_table)(r);
  fflush(stdout);
  int status = check(r);
  return status == EXIT_OK && o->parameters ? write_file(r, o->parameters) : status;
}

int bench_loggp(struct bench *b)
{
  const struct bench_plan *plan = &b->o->plan;
  uint64_t samples = bench_samples(plan, LOGGP_WORD), before = bench_warmup(plan, LOGGP_WORD);
  struct loggp_run r = {.b = b, .samples = samples, .warmup = (before + plan->batch - 1) / plan->batch};
  int status = EXIT_OK;
  for (int p = 0; p < LOGGP_PARAMETERS; p++)
    if (!(r.figures[p] = calloc(samples, sizeof *r.figures[p])))
      status = EXIT_FAILED;
  if (status == EXIT_OK)
    status = measure(&r);
  else
    fprintf(stderr, "sacred bench: rank %u: no memory for %" PRIu64 " repetitions: ask for less\n", b->rank, samples);
  if (status == EXIT_OK && b->rank == 0)
    status = conclude(&r);
  for (int p = 0; p < LOGGP_PARAMETERS; p++)
    free(r.figures[p]);
  return status;
}
