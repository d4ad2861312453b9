/* What a list of measured times says: order statistics, and a histogram. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "statistics.h"
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

uint64_t statistics_quantile(const uint64_t *sorted, size_t n, double p)
{
  double wanted = p * (double)n;
  size_t rank = (size_t)wanted;
  rank += (double)rank < wanted; /* rounded up */
  return sorted[rank == 0 ? 0 : rank > n ? n - 1 : rank - 1];
}

struct statistics statistics_of(uint64_t *samples, size_t n)
{
  struct statistics s = {.mean = 0};
  qsort(samples, n, sizeof *samples, compare);
  for (size_t k = 0; k < n; k++)
    s.mean += (double)samples[k] / (double)n;
  s.min = samples[0];
  s.median = statistics_quantile(samples, n, 0.5);
  s.p99 = statistics_quantile(samples, n, 0.99);
  s.max = samples[n - 1];
  return s;
}

uint32_t histogram_bin(uint64_t value)
{
  if (value < 4)
    return (uint32_t)value;
  uint32_t power = 63 - (uint32_t)__builtin_clzll(value);
  return 4 * (power - 1) + (uint32_t)(value >> (power - 2) & 3);
}

uint64_t histogram_least(uint32_t bin)
{
  return bin < 4 ? bin : (uint64_t)(4 + bin % 4) << (bin / 4 - 1);
}

uint64_t histogram_most(uint32_t bin)
{
  return bin + 1 < HISTOGRAM_BINS ? histogram_least(bin + 1) - 1 : UINT64_MAX;
}

uint64_t histogram_fill(uint64_t counts[HISTOGRAM_BINS], const uint64_t *samples, size_t n)
{
  uint64_t fullest = 0;
  memset(counts, 0, HISTOGRAM_BINS * sizeof *counts);
  for (size_t k = 0; k < n; k++) {
    uint64_t *count = &counts[histogram_bin(samples[k])];
    if (++*count > fullest)
      fullest = *count;
  }
  return fullest;
}
