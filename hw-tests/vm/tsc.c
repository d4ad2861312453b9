/* How fast this host's time stamp counter runs, in kHz: the interpreted guest reads the same one. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

enum { FOR_NS = 200000000 };

static uint64_t now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int main(void)
{
  uint64_t begin = now(), ticks = __rdtsc(), end;
  do
    end = now();
  while (end - begin < FOR_NS);
  ticks = __rdtsc() - ticks;
  printf("%llu\n", (unsigned long long)(ticks * 1000000u / (end - begin)));
  return 0;
}
