/* What all benchmarks share: pinning, the clock, and one line of output. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_H
#define BENCH_H
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static inline uint64_t bench_now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The same processors for everybody: rank r on processor r modulo their number. */
static inline void bench_pin(int rank)
{
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(rank % (int)sysconf(_SC_NPROCESSORS_ONLN), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0)
    perror("bench: not pinned");
}

static inline uint64_t bench_count(int argc, char **argv)
{
  return argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
}

static inline void bench_say(uint64_t begin, uint64_t count)
{
  printf("%.2f ns\n", (double)(bench_now() - begin) / (double)count);
  fflush(stdout);
}
#endif
