/* What a list of measured times says: order statistics, and a histogram. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STATISTICS_H
#define STATISTICS_H
#include <stddef.h>
#include <stdint.h>

struct statistics {
  uint64_t min, median, p99, max;
  double mean;
};

/*
 * The smallest of n sorted samples that at least a fraction p of them does not
 * exceed: nearest rank, always one that was measured. n >= 1, 0 <= p <= 1.
 */
uint64_t statistics_quantile(const uint64_t *sorted, size_t n, double p);

/* Sort the n samples, n >= 1, and say what they are like. */
struct statistics statistics_of(uint64_t *samples, size_t n);

/*
 * A histogram over all numbers of 64 bits: one bin a number below 4, from there on
 * four of the same width from each power of two to the next. So a bin is never
 * wider than a quarter of what it holds.
 */
enum { HISTOGRAM_BINS = 4 * 63 };

uint32_t histogram_bin(uint64_t value);

/* The least value of a bin, and the greatest. */
uint64_t histogram_least(uint32_t bin);
uint64_t histogram_most(uint32_t bin);

/* Count n samples; returns what the fullest bin holds. */
uint64_t histogram_fill(uint64_t counts[HISTOGRAM_BINS], const uint64_t *samples, size_t n);
#endif
