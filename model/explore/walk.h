/* Random walks: long schedules of many ranks, each with an adversary of its own, all drawn from one number. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLORE_WALK_H
#define EXPLORE_WALK_H
#include "search.h"

/*
 * So many walks, to their end each, the k-th drawn from seed + k. Says INCOMPLETE where nothing was found. What was
 * is told, its last steps at least, if `tells`; then `seed` of the result is the walk's own.
 */
struct result search_walks(const struct scenario *s, uint64_t seed, unsigned walks, bool tells);
#endif
