/* The region: bounds, then the wire. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REGION_H
#define REGION_H
#include "wire.h"
#include <sacred/region.h>

struct sacred_region {
  struct wire *w;
  uint64_t at, size; /* in the heap of every rank */
};
#endif
