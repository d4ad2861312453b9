/* Which algorithm a new object gets. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TUNING_H
#define TUNING_H
#include <sacred/barrier.h>
#include <stdint.h>

/*
 * The barrier for n ranks over a wire (enum wire_kind): its radix, 0 for all to all.
 * What SACRED_BARRIER says; else the first line that fits of the file that
 * SACRED_TUNING names; else of the table in tuning.c. SACRED_OK, or
 * SACRED_ERR_ENVIRONMENT with words in sacred_open_error().
 */
int tuning_barrier(uint32_t wire, enum sacred_strength strength, uint32_t n, uint32_t *radix);

/* What a barrier and a strength are called, there and wherever they are printed. */
enum { TUNING_NAME = 32, TUNING_STRENGTHS = 3 };
const char *tuning_barrier_name(uint32_t radix, char text[TUNING_NAME]);
extern const char *const tuning_strengths[TUNING_STRENGTHS]; /* by enum sacred_strength */
#endif
