/* Wrong: a reader of a table that looks at END again where it should look at BEGIN. */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Broken=table-2 */
#include "table.h"

uint64_t mistaken_door(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j);

uint64_t mistaken_door(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j)
{
  return wire_load(w, r, off == TABLE_BEGIN ? TABLE_END : off, j);
}
