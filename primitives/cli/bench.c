/* `sacred bench`: the loops that are timed. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench_loops.h"
#include "../group/barriers.h"
#include "../group/group.h"
#include "../wire/wire_kind.h"
#include "loggp.h"
#include "run.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { CLOCK_READINGS = 10000 };

static int failed(int status)
{
  return status == SACRED_TIMEOUT ? EXIT_LIMIT : EXIT_FAILED;
}

int bench_say(const struct bench *b, const char *what, int status)
{
  uint32_t late[CONTROL_RANKS_MAX], n = 0;
  if (status != SACRED_TIMEOUT) {
    fprintf(stderr, "sacred bench: rank %u: %s: %s\n", b->rank, what, sacred_group_error(b->group));
    return failed(status);
  }
  if (b->barrier)
    n = sacred_barrier_missing(b->barrier, late);
  if (n == 0 && b->broadcast)
    n = sacred_broadcast_missing(b->broadcast, late);
  if (n == 0)
    n = sacred_group_missing(b->group, late);
  fprintf(stderr, "sacred bench: rank %u: %s: not over after %g seconds, the limit of --timeout%s", b->rank, what,
          b->o->timeout, n ? "; it waits for" : "");
  for (uint32_t k = 0; k < n; k++)
    fprintf(stderr, " %u", late[k]);
  fputc('\n', stderr);
  return failed(status);
}

/* The least that a reading of the clock takes: no interval that has one in it is shorter. */
static uint64_t clock_cost(void)
{
  uint64_t least = UINT64_MAX, last = sacred_now();
  for (int k = 0; k < CLOCK_READINGS; k++) {
    uint64_t now = sacred_now();
    if (now - last < least)
      least = now - last;
    last = now;
  }
  return least;
}

uint64_t bench_lap(struct bench *b)
{
  uint64_t now = sacred_now(), took = now - b->last;
  b->last = now;
  return took > b->clock ? took - b->clock : 0;
}

/* -- what is timed: each is one sample, and one of what is timed apart ---------------- */

static int step_barrier(struct bench *b, uint64_t *took)
{
  int status = sacred_barrier_wait(b->barrier, b->deadline);
  *took = bench_lap(b);
  return status;
}

static int step_broadcast(struct bench *b, uint64_t size, uint64_t *took, uint64_t *apart)
{
  int status = step_barrier(b, apart);
  if (status == SACRED_OK)
    status = sacred_broadcast_run(b->broadcast, 0, b->buffer, size, b->deadline);
  return status == SACRED_OK ? step_barrier(b, took) : status;
}

int bench_raise(struct bench *b)
{
  int status;
  do
    status = sacred_flag_raise(b->flag, 1 - b->rank, b->epoch);
  while (status == SACRED_AGAIN);
  return status;
}

int bench_answer(struct bench *b)
{
  int status = sacred_flag_wait(b->flag, 1 - b->rank, b->epoch, b->deadline);
  return status == SACRED_OK && b->rank == 1 ? bench_raise(b) : status;
}

int bench_flags(struct bench *b, uint64_t *took)
{
  int status = SACRED_OK;
  b->epoch++;
  if (b->rank == 0)
    status = bench_raise(b);
  if (status == SACRED_OK)
    status = bench_answer(b);
  *took = bench_lap(b);
  return status;
}

static int step_flag(struct bench *b, uint64_t *took)
{
  int status = bench_flags(b, took);
  *took /= 2;
  return status;
}

/* A window of puts from rank 0 to rank 1. */
static int post(struct bench *b, uint64_t size, uint64_t *ticket)
{
  int status = SACRED_OK;
  for (uint32_t k = 0; status == SACRED_OK && k < b->o->plan.window; k++)
    do
      status = sacred_region_put(b->region, 1, 0, 0, size, ticket);
    while (status == SACRED_AGAIN);
  return status;
}

int bench_put(struct bench *b, uint64_t size, uint64_t *took, uint64_t *apart)
{
  uint64_t ticket = 0, flags = 0;
  int status = bench_flags(b, apart);
  if (status == SACRED_OK && b->rank == 0)
    status = post(b, size, &ticket);
  if (status == SACRED_OK)
    status = bench_flags(b, &flags);
  if (status == SACRED_OK && b->rank == 0) { /* placed, as its flag was seen: so hardly a wait */
    status = sacred_region_wait(b->region, 1, ticket, b->deadline);
    flags += bench_lap(b);
  }
  *took = flags;
  return status;
}

static int step(struct bench *b, uint64_t size, uint64_t *took, uint64_t *apart)
{
  *apart = 0;
  switch (b->o->plan.what) {
  case BENCH_BARRIER:
    return step_barrier(b, took);
  case BENCH_BROADCAST:
    return step_broadcast(b, size, took, apart);
  case BENCH_FLAG:
    return step_flag(b, took);
  default:
    return bench_put(b, size, took, apart);
  }
}

/* -- the data -------------------------------------------------------------------- */

/* Is there a region that rank 0 puts to rank 1 from? */
static int puts_data(const struct bench *b)
{
  return b->o->plan.what == BENCH_PUT || b->o->plan.what == BENCH_LOGGP;
}

static unsigned char content(uint64_t size, uint64_t k)
{
  return (unsigned char)(size * 31 + k * 7 + k / 251);
}

void bench_fill(struct bench *b, uint64_t size)
{
  for (uint64_t k = 0; b->buffer && k < size; k++)
    b->buffer[k] = b->rank == 0 ? content(size, k) : (unsigned char)~content(size, k);
}

int bench_look(const struct bench *b, uint64_t size)
{
  int has = b->o->plan.what == BENCH_BROADCAST || (puts_data(b) && b->rank <= 1);
  for (uint64_t k = 0; has && k < size; k++)
    if (b->buffer[k] != content(size, k)) {
      fprintf(stderr, "sacred bench: rank %u: byte %" PRIu64 " of %" PRIu64 " is %u, not %u: a fault of Sacred's\n",
              b->rank, k, size, b->buffer[k], content(size, k));
      return EXIT_FAILED;
    }
  return EXIT_OK;
}

/* -- a row ------------------------------------------------------------------------- */

/* Does this rank take part, or wait for those that do? */
static int takes_part(const struct bench *b)
{
  return b->o->plan.what == BENCH_BARRIER || b->o->plan.what == BENCH_BROADCAST || b->rank <= 1;
}

static int warm_up(struct bench *b, uint64_t size, uint64_t n)
{
  uint64_t took, apart;
  int status = SACRED_OK;
  b->last = sacred_now();
  for (uint64_t k = 0; status == SACRED_OK && k < n; k++)
    status = step(b, size, &took, &apart);
  return status;
}

static int measure(struct bench *b, uint64_t size, uint64_t samples)
{
  const uint32_t batch = b->o->plan.batch;
  uint64_t took, apart;
  int status = SACRED_OK;
  for (uint64_t k = 0; k < samples; k++) {
    uint64_t all = 0, all_apart = 0;
    for (uint32_t i = 0; status == SACRED_OK && i < batch; i++) {
      status = step(b, size, &took, &apart);
      all += took;
      all_apart += apart;
    }
    if (status != SACRED_OK)
      return status;
    b->samples[k] = all / batch;
    b->apart[k] = all_apart / batch;
  }
  return SACRED_OK;
}

static void evaluate(const struct bench *b, struct bench_row *row)
{
  row->whole = statistics_of(b->samples, row->samples);
  row->apart = statistics_of(b->apart, row->samples).median;
  row->alone = (double)row->whole.median - (double)row->apart / (b->o->plan.what == BENCH_PUT ? 2 : 1);
  row->fullest = histogram_fill(row->histogram, b->samples, row->samples);
}

/* All ranks begin and end a row together. */
static int run_row(struct bench *b, uint64_t size, struct bench_row *row)
{
  *row = (struct bench_row){size, bench_samples(&b->o->plan, size), bench_warmup(&b->o->plan, size), .apart = 0};
  bench_fill(b, size);
  int status = sacred_barrier_wait(b->barrier, b->deadline);
  if (status == SACRED_OK && takes_part(b))
    status = warm_up(b, size, row->warmup);
  if (status == SACRED_OK && takes_part(b))
    status = measure(b, size, row->samples);
  if (status == SACRED_OK)
    status = sacred_barrier_wait(b->barrier, b->deadline);
  if (status != SACRED_OK)
    return bench_say(b, bench_name(b->o->plan.what), status);
  if (b->rank == 0)
    evaluate(b, row);
  return bench_look(b, size);
}

/* -- all of it --------------------------------------------------------------------- */

const char *bench_wire(const struct bench *b)
{
  enum wire_kind kind = b->group->w.kind;
  return kind == WIRE_VERBS ? "verbs" : kind == WIRE_SHM_LATE ? "shm, late on purpose" : "shm";
}

static struct bench_setting setting_of(const struct bench *b)
{
  char name[TUNING_NAME];
  struct bench_setting s = {.options = b->o, .ranks = b->ranks, .wire = bench_wire(b), .clock = b->clock};
  snprintf(s.barrier, sizeof s.barrier, "%s", tuning_barrier_name(b->barrier->algorithm, name));
  return s;
}

/* What rank 0 was asked, and whether it can do it: 0, or the status to exit with. */
struct agreement {
  struct bench_plan plan;
  int64_t status;
};

static int agree(struct bench *b, int status)
{
  struct agreement mine = {.plan = b->o->plan, .status = status}, first = mine;
  int sent = sacred_broadcast_run(b->broadcast, 0, &first, sizeof first, b->deadline);
  if (sent != SACRED_OK)
    return bench_say(b, "first words", sent);
  if (first.status != EXIT_OK)
    return (int)first.status;
  if (memcmp(&first.plan, &mine.plan, sizeof mine.plan) == 0)
    return EXIT_OK;
  fprintf(stderr, "sacred bench: rank %u was given other options than rank 0: give the same to all ranks\n", b->rank);
  return EXIT_INPUT;
}

/* The memory, and what is made together. `most` bytes are the largest size. */
static int make(struct bench *b, uint64_t most, uint64_t samples)
{
  const struct bench_plan *plan = &b->o->plan;
  int status = sacred_barrier_create(b->group, plan->strength, &b->barrier, b->deadline);
  if (status == SACRED_OK)
    status = sacred_flag_create(b->group, &b->flag, b->deadline);
  if (status == SACRED_OK && puts_data(b))
    status = sacred_region_create(b->group, most, &b->region, b->deadline);
  if (status != SACRED_OK)
    return bench_say(b, "making the objects", status);
  b->buffer = b->region ? sacred_region_base(b->region) : most ? malloc(most) : NULL;
  b->samples = calloc(samples, sizeof *b->samples);
  b->apart = calloc(samples, sizeof *b->apart);
  if (b->samples && b->apart && (b->buffer || most == 0))
    return EXIT_OK;
  fprintf(stderr, "sacred bench: rank %u: no memory for %" PRIu64 " bytes and %" PRIu64 " times: ask for less\n",
          b->rank, most, samples);
  return EXIT_FAILED;
}

static int run_rows(struct bench *b, const struct bench_setting *setting, struct bench_row *rows)
{
  const struct bench_plan *plan = &b->o->plan;
  int status = EXIT_OK;
  if (b->rank == 0)
    bench_show_head(setting);
  for (uint32_t k = 0; status == EXIT_OK && k < plan->sizes; k++) {
    status = run_row(b, plan->size[k], &rows[k]);
    if (status == EXIT_OK && b->rank == 0)
      bench_show_row(setting, &rows[k]);
  }
  if (status == EXIT_OK && b->rank == 0 && b->o->plot)
    status = bench_plot(setting, rows);
  return status;
}

static int run_table(struct bench *b)
{
  struct bench_row *rows = calloc(b->o->plan.sizes, sizeof *rows);
  if (!rows)
    return EXIT_FAILED;
  struct bench_setting setting = setting_of(b);
  int status = run_rows(b, &setting, rows);
  free(rows);
  return status;
}

static int run_all(struct bench *b)
{
  const struct bench_plan *plan = &b->o->plan;
  uint64_t most = plan->what == BENCH_LOGGP ? LOGGP_LONGER : 0, samples = 1;
  for (uint32_t k = 0; k < plan->sizes; k++) {
    uint64_t n = bench_samples(plan, plan->size[k]);
    most = plan->size[k] > most ? plan->size[k] : most;
    samples = n > samples ? n : samples;
  }
  int status = make(b, most, samples);
  if (status != EXIT_OK)
    return status;
  /* Who only waits for the end of a row does not disturb it. */
  if (!takes_part(b))
    sacred_set_wait_policy(b->group, &(struct sacred_wait_policy){.sleep_ns = 1000000});
  b->clock = clock_cost();
  return plan->what == BENCH_LOGGP ? bench_loggp(b) : run_table(b);
}

/* Before anything is measured: is all there that it takes? */
static int prepare(struct bench *b)
{
  int status = sacred_broadcast_create(b->group, &b->broadcast, b->deadline), ready = EXIT_OK;
  if (status != SACRED_OK)
    return bench_say(b, "making the objects", status);
  uint32_t what = b->o->plan.what;
  if (b->rank == 0 && (what == BENCH_FLAG || puts_data(b)) && b->ranks < 2) {
    fprintf(stderr, "sacred bench: 1 rank: a %s is from one rank to another, start 2, as by sacred run -n 2\n",
            what == BENCH_LOGGP ? "message" : bench_name(what));
    ready = EXIT_INPUT;
  }
  if (b->rank == 0 && ready == EXIT_OK && b->o->plot)
    ready = bench_plot_check(b->o->plot);
  if (b->rank == 0 && ready == EXIT_OK && b->o->parameters)
    ready = bench_loggp_check(b->o->parameters);
  return agree(b, ready);
}

static int run_bench(const struct bench_options *options)
{
  struct bench b = {.o = options, .deadline = sacred_in((uint64_t)(options->timeout * 1e9))};
  int status = sacred_group_open(&b.group, b.deadline);
  if (status != SACRED_OK) {
    fprintf(stderr, "sacred bench: %s\n", sacred_open_error());
    return failed(status);
  }
  b.rank = sacred_rank(b.group);
  b.ranks = sacred_size(b.group);
  if (options->pin)
    pin_rank(b.rank);
  int result = prepare(&b);
  if (result == EXIT_OK)
    result = run_all(&b);
  int region = b.region != NULL;
  status = sacred_group_close(b.group, result == EXIT_OK ? b.deadline : sacred_in(1000000000));
  if (result == EXIT_OK && status != SACRED_OK) {
    fprintf(stderr, "sacred bench: rank %u: the close: %s\n", b.rank, sacred_strerror(status));
    result = failed(status);
  }
  if (!region)
    free(b.buffer);
  free(b.samples);
  free(b.apart);
  return result;
}

int bench_command(int argc, char **argv)
{
  struct bench_options options;
  int status = bench_read(argc, argv, &options);
  if (status != EXIT_OK)
    return status;
  if (options.help) {
    fputs(bench_help, stdout);
    return EXIT_OK;
  }
  return run_bench(&options);
}
