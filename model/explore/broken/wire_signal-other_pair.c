/* Wrong: data goes through one queue pair and the signal through another, which keep no order between them. */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Broken=barrier-2-inbound */
/* Refused=barrier-2-inbound dissemination-2-inbound */
#include "../cpu.h"

int mistaken_door(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v);

int mistaken_door(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v)
{
  return door_signal(i, 1, r->at + w->rank * r->stride + off, v);
}
