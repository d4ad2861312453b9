/* Wrong: a broadcast that fills a slot again without asking whether it was taken. */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Broken=broadcast-2-one-root broadcast-2-refers */
/* Refused=broadcast-2-one-root */
#include "broadcast.h"

int mistaken_door(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t want);

int mistaken_door(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t want)
{
  return off == BROADCAST_TAKEN || wire_reached(w, r, off, j, want);
}
