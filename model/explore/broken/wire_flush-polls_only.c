/* Wrong: a fence that only polls. A completion says that the source was read, not that the word is placed. */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Broken=fence-2 barrier-2-full dissemination-4-inbound-one */
/* Refused=barrier-2-full dissemination-2-inbound */
#include "wire.h"

int mistaken_door(struct wire *w, uint32_t i);

int mistaken_door(struct wire *w, uint32_t i)
{
  (void)w, (void)i;
  return SACRED_OK;
}
