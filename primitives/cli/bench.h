/* `sacred bench`: what it was asked, what it measured, and how that is shown. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_H
#define BENCH_H
#include "../group/tuning.h"
#include "statistics.h"
#include <sacred/sacred.h>
#include <stdio.h>

enum bench_what { BENCH_BARRIER, BENCH_BROADCAST, BENCH_FLAG, BENCH_PUT, BENCH_LOGGP, BENCH_KINDS };
enum { BENCH_SIZES_MAX = 64, BENCH_ITERATIONS_MAX = 1 << 24, BENCH_WINDOW_MAX = 4096, BENCH_BATCH_MAX = 4096 };

/* What all ranks are to be given alike: numbers only. 0 where a number is not given. */
struct bench_plan {
  uint32_t what;     /* enum bench_what */
  uint32_t strength; /* enum sacred_strength, of a barrier */
  uint32_t window;   /* puts under way at a time */
  uint32_t sizes;    /* how many of them; 1 where there is none to choose */
  uint64_t size[BENCH_SIZES_MAX];
  uint64_t iterations, warmup;
  uint32_t batch; /* calls that a sample is the mean of */
  uint32_t warm;  /* a warm-up is given */
};

struct bench_options {
  struct bench_plan plan;
  double timeout; /* seconds for all of it */
  int pin, json, histogram, help;
  const char *plot, *parameters; /* files, or NULL */
};

/* Read them; argv[0] is "bench". EXIT_OK, or EXIT_INPUT and what is wrong has been said. */
int bench_read(int argc, char **argv, struct bench_options *options);

extern const char bench_help[];

/* How many samples are taken of calls of this size, each of plan->batch calls; and how many calls are made before. */
uint64_t bench_samples(const struct bench_plan *plan, uint64_t size);
uint64_t bench_warmup(const struct bench_plan *plan, uint64_t size);

/* Where a run took place. */
struct bench_setting {
  const struct bench_options *options;
  uint32_t ranks;
  const char *wire;
  char barrier[TUNING_NAME]; /* its algorithm */
  uint64_t clock;            /* ns a reading of the clock takes, which is taken off each time */
};

/* One size measured; times in nanoseconds. */
struct bench_row {
  uint64_t size, samples, warmup;
  struct statistics whole; /* of what was timed */
  uint64_t apart;          /* the median of what is in it besides, timed apart: a barrier, a flag there and back */
  double alone;            /* what is left of the median without it; not above 0 where it is lost in the noise */
  uint64_t histogram[HISTOGRAM_BINS], fullest;
};

/* The word of an option: "broadcast". */
const char *bench_name(uint32_t what);

/* Bytes a second, 0 where the time is lost in the noise. */
double bench_rate(const struct bench_plan *plan, const struct bench_row *row);

/* Print what comes before the rows, and a row as soon as it is measured. */
void bench_show_head(const struct bench_setting *setting);
void bench_show_row(const struct bench_setting *setting, const struct bench_row *row);

/*
 * Is gnuplot there, and can `file` be made? EXIT_OK, or EXIT_FAILED and what to do has been said.
 * Then, once all is measured, draw it.
 */
int bench_plot_check(const char *file);
int bench_plot(const struct bench_setting *setting, const struct bench_row *rows);
#endif
