/* Wrong: a barrier that counts one too few, and is content with the epoch before. */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Broken=barrier-2-arrive */
/* Refused=barrier-2-arrive dissemination-3-arrive */
#include "wire.h"

int mistaken_door(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t want);

int mistaken_door(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t want)
{
  return wire_reached(w, r, off, j, want - 1);
}
