/* Wrong: a barrier that never hears of the third epoch. Nothing is violated, but nobody comes to an end. */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Broken=barrier-2-inbound */
#include "wire.h"

int mistaken_door(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t want);

int mistaken_door(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t want)
{
  return want < 3 && wire_reached(w, r, off, j, want);
}
