/* What `sacred bench` prints: a table for people, or lines of JSON. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"
#include <inttypes.h>
#include <string.h>

static int sized(const struct bench_setting *s)
{
  return s->options->plan.what == BENCH_BROADCAST || s->options->plan.what == BENCH_PUT;
}

double bench_rate(const struct bench_plan *plan, const struct bench_row *row)
{
  return row->alone > 0 ? (double)row->size * plan->window / row->alone * 1e9 : 0;
}

/* -- the table -------------------------------------------------------------------- */

static const char *timed(const struct bench_setting *s)
{
  switch (s->options->plan.what) {
  case BENCH_BARRIER:
    return "from one leaving to the next";
  case BENCH_FLAG:
    return "one way, half of there and back";
  case BENCH_BROADCAST:
    return "of a broadcast and the barrier behind it; alone: median less that of a barrier";
  default:
    return "of puts, a flag behind them and one back; alone: median less half of that of the flags";
  }
}

static void show_head(const struct bench_setting *s)
{
  const struct bench_plan *plan = &s->options->plan;
  printf("# sacred bench %s: ranks %u, wire %s, barrier %s %s", bench_name(plan->what), s->ranks, s->wire, s->barrier,
         tuning_strengths[plan->strength]);
  if (plan->what == BENCH_PUT)
    printf(", window %u", plan->window);
  printf("%s\n", s->options->pin ? ", pinned" : "");
  if (plan->batch > 1)
    printf("# a sample is the mean of %u calls\n", plan->batch);
  printf("# microseconds %s\n# each less a reading of the clock, %" PRIu64 " ns\n", timed(s), s->clock);
  if (sized(s))
    printf("%12s %11s %9s ", "bytes", "alone", "MB/s");
  printf("%11s %11s %11s %11s ", "median", "p99", "min", "max");
  if (sized(s))
    printf("%11s %10s\n", plan->what == BENCH_PUT ? "flags" : "barrier", "samples");
  else
    printf("%11s %10s\n", "mean", "samples");
}

static void show_row(const struct bench_setting *s, const struct bench_row *row)
{
  const struct statistics *w = &row->whole;
  double rate = bench_rate(&s->options->plan, row);
  if (sized(s)) {
    printf("%12" PRIu64 " %11.3f ", row->size, row->alone / 1e3);
    if (rate > 0)
      printf("%9.1f ", rate / 1e6);
    else
      printf("%9s ", "-");
  }
  printf("%11.3f %11.3f %11.3f %11.3f %11.3f %10" PRIu64 "\n", (double)w->median / 1e3, (double)w->p99 / 1e3,
         (double)w->min / 1e3, (double)w->max / 1e3, sized(s) ? (double)row->apart / 1e3 : w->mean / 1e3, row->samples);
}

static void show_histogram(const struct bench_row *row)
{
  static const char bar[] = "##################################################";
  const uint32_t width = sizeof bar - 1;
  for (uint32_t bin = 0; bin < HISTOGRAM_BINS; bin++)
    if (row->histogram[bin] > 0)
      printf("#   %11.3f to %11.3f: %10" PRIu64 " %.*s\n", (double)histogram_least(bin) / 1e3,
             (double)histogram_most(bin) / 1e3, row->histogram[bin],
             (int)((row->histogram[bin] * width + row->fullest - 1) / row->fullest), bar);
}

/* -- JSON -------------------------------------------------------------------------- */

static void json_histogram(const struct bench_row *row)
{
  const char *separator = "";
  printf(", \"histogram\": [");
  for (uint32_t bin = 0; bin < HISTOGRAM_BINS; bin++)
    if (row->histogram[bin] > 0) {
      printf("%s[%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]", separator, histogram_least(bin), histogram_most(bin),
             row->histogram[bin]);
      separator = ", ";
    }
  printf("]}\n");
}

static void json_row(const struct bench_setting *s, const struct bench_row *row)
{
  const struct bench_plan *plan = &s->options->plan;
  const struct statistics *w = &row->whole;
  double rate = bench_rate(plan, row);
  printf("{\"bench\": \"%s\", \"ranks\": %u, \"wire\": \"%s\", \"barrier\": \"%s\", \"strength\": \"%s\", ",
         bench_name(plan->what), s->ranks, s->wire, s->barrier, tuning_strengths[plan->strength]);
  printf("\"pinned\": %s, \"samples\": %" PRIu64 ", \"batch\": %u, \"warmup\": %" PRIu64
         ", \"unit\": \"ns\", \"clock\": %" PRIu64,
         s->options->pin ? "true" : "false", row->samples, plan->batch, row->warmup, s->clock);
  printf(", \"min\": %" PRIu64 ", \"median\": %" PRIu64 ", \"p99\": %" PRIu64 ", \"max\": %" PRIu64 ", \"mean\": %.1f",
         w->min, w->median, w->p99, w->max, w->mean);
  if (sized(s)) {
    printf(", \"size\": %" PRIu64 ", \"window\": %u, \"%s\": %" PRIu64 ", \"alone\": %.1f", row->size, plan->window,
           plan->what == BENCH_PUT ? "flags" : "barrier_alone", row->apart, row->alone);
    if (rate > 0)
      printf(", \"bytes_per_second\": %.0f", rate);
    else
      printf(", \"bytes_per_second\": null");
  }
  json_histogram(row);
}

void bench_show_head(const struct bench_setting *setting)
{
  if (!setting->options->json)
    show_head(setting);
  fflush(stdout);
}

void bench_show_row(const struct bench_setting *setting, const struct bench_row *row)
{
  if (setting->options->json)
    json_row(setting, row);
  else
    show_row(setting, row);
  if (setting->options->histogram && !setting->options->json)
    show_histogram(row);
  fflush(stdout);
}
