/* Wrong: a table whose words are written again while the NIC may still read them. */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Broken=table-2 */
/* Refused=table-2 */
#include "wire.h"

uint64_t mistaken_door(struct wire *w, uint32_t i);

uint64_t mistaken_door(struct wire *w, uint32_t i)
{
  (void)w, (void)i;
  return UINT64_MAX;
}
