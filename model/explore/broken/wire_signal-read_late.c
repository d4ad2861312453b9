/* Wrong: a signal whose word lies in one slot that is used again, and that the NIC reads when it likes. */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Broken=flag-2 barrier-2-inbound */
/* Refused=flag-2 barrier-2-inbound */
#include "wire.h"

int mistaken_door(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v);

int mistaken_door(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v)
{
  wire_fill_words(w, r, off, &v, 1);
  return wire_put(w, i, r, off, 8);
}
