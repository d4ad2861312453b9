/* The parameters of LogGP, from times that were measured between two ranks. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LOGGP_H
#define LOGGP_H
#include <stddef.h>
#include <stdint.h>

/* A word is what a barrier posts. Long puts are so long that what is once in each does not matter. */
enum { LOGGP_WORD = 8, LOGGP_LONG = 1 << 16, LOGGP_LONGER = 1 << 18 };

/* One repetition, at the rank that posts: nanoseconds. */
struct loggp_times {
  uint64_t round_trips;     /* n times a word there and one back */
  uint64_t delays;          /* n delays, each longer than such a round trip */
  uint64_t answers;         /* n times a post of a word, such a delay, and a look that finds one back */
  uint64_t stream;          /* n words at once, and one back */
  uint64_t put, longer_put; /* a put of LOGGP_LONG, LOGGP_LONGER bytes, a word behind it, and one back */
};

enum loggp_parameter { LOGGP_LATENCY, LOGGP_OVERHEAD, LOGGP_GAP, LOGGP_BYTE, LOGGP_PARAMETERS };

/* "latency", as sacred simulate --parameters has it; "L". */
extern const char *const loggp_names[LOGGP_PARAMETERS], *const loggp_letters[LOGGP_PARAMETERS];

/* What a repetition of n >= 2 says, in nanoseconds; a figure that is lost in the noise may be below 0. */
void loggp_of(const struct loggp_times *times, uint64_t n, double figures[LOGGP_PARAMETERS]);

/* Of a parameter, over all repetitions. */
struct loggp_spread {
  double low, median, high; /* quartiles: nearest rank, always figures that were measured */
};

/* Sort the n figures, n >= 1, and say what they are like. */
struct loggp_spread loggp_spread(double *figures, size_t n);
#endif
