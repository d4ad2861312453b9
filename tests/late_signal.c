/*
 * A signal that is wrong on purpose: its word is stored in one slot that is used
 * again, and the NIC reads it from there whenever it likes. A primitive that is
 * compiled with it must be caught by the late wire: see tests/test_late.c.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../primitives/wire.h"

int late_signal(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v);

int late_signal(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v)
{
  wire_fill_words(w, r, off, &v, 1);
  return wire_put(w, i, r, off, 8);
}
