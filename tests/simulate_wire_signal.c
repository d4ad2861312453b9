/* What must fail: a primitive that signals to the line behind the one that is to be signalled to. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire.h"

int __real_wire_signal(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v);
int __wrap_wire_signal(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v);

int __wrap_wire_signal(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v)
{
  return __real_wire_signal(w, i, r, off + WIRE_LINE, v);
}
