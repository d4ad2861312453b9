/*
 * The parameters of LogGP, from times that were measured between two ranks.
 *
 * A. Alexandrov, M. Ionescu, K. Schauser, C. Scheiman, LogGP: incorporating long messages into the LogP model, 1995.
 * o by delays in which the answer comes, and g by a train whose last message alone is answered, after T. Hoefler, A. Lichei, W. Rehm,
 * Low-overhead LogGP parameter assessment for modern interconnection networks, 2007.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "loggp.h"
#include <stdlib.h>

const char *const loggp_names[LOGGP_PARAMETERS] = {"latency", "overhead", "gap", "gap_per_byte"};
const char *const loggp_letters[LOGGP_PARAMETERS] = {"L", "o", "g", "G"};

/* The second of two times, less the first: it may be the shorter one. */
static double difference(uint64_t first, uint64_t second)
{
  return (double)second - (double)first;
}

/*
 * A word takes o + 7 G + L + o; where a card sets the pace of a stream, one is g + 7 G behind the other. Where the
 * processor does the card's work, a post may go on when its word has left: then that rest is not o, but in g as all
 * that keeps the next word waiting is, and both o take no more than the way.
 */
void loggp_of(const struct loggp_times *t, uint64_t n, double figures[LOGGP_PARAMETERS])
{
  double round_trip = (double)t->round_trips / (double)n;
  double byte = difference(t->put, t->longer_put) / (LOGGP_LONGER - LOGGP_LONG), word = (LOGGP_WORD - 1) * byte;
  double way = round_trip / 2 - word, both = difference(t->delays, t->answers) / (double)n;
  both = both > way ? way : both;
  figures[LOGGP_LATENCY] = way - both;
  figures[LOGGP_OVERHEAD] = both / 2;
  figures[LOGGP_GAP] = ((double)t->stream - round_trip) / (double)(n - 1) - word;
  figures[LOGGP_BYTE] = byte;
}

static int compare(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

struct loggp_spread loggp_spread(double *figures, size_t n)
{
  qsort(figures, n, sizeof *figures, compare);
  return (struct loggp_spread){figures[(n - 1) / 4], figures[(n - 1) / 2], figures[(3 * n - 1) / 4]};
}
