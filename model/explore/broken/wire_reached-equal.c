/* Wrong: a barrier that waits for its epoch and no later one: who is ahead is never heard again. */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Broken=barrier-2-arrive dissemination-2-waits */
#include "wire.h"

int mistaken_door(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t want);

int mistaken_door(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t want)
{
  return wire_load(w, r, off, j) == want;
}
