/* The barrier that a user has: one of the two that are proved. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GROUP_BARRIERS_H
#define GROUP_BARRIERS_H
#include "../barrier.h"
#include "../dissemination.h"

struct sacred_barrier {
  uint32_t radix;            /* of the dissemination barrier; 0: all to all */
  struct barrier all;        /* that one, or */
  struct dissemination ring; /* this one */
};

/* What SACRED_BARRIER asks of a group of n ranks: the radix, 0 for all to all. SACRED_OK or SACRED_ERR_ENVIRONMENT. */
int barrier_choose(uint32_t n, uint32_t *radix);
#endif
