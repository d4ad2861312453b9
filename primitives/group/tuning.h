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
#endif
