/* The barrier that a user has: one of the three that are proved. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GROUP_BARRIERS_H
#define GROUP_BARRIERS_H
#include "../barrier.h"
#include "../dissemination.h"
#include "../local.h"
#include "tuning.h"

enum barrier_kind { BARRIER_ALL, BARRIER_RING, BARRIER_HOSTS };

struct sacred_barrier {
  uint32_t kind; /* enum barrier_kind */
  struct tuning algorithm;
  union {
    struct barrier all;
    struct dissemination ring;
    struct local hosts;
  };
};
#endif
