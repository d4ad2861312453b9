/* The ghost calls of the primitives, as calls: what a rank has announced and concluded. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REFINE_HISTORY_H
#define REFINE_HISTORY_H
#include <stdint.h>
void history_announce(uint64_t v);
void history_conclude(uint64_t x, uint64_t v);
#endif
