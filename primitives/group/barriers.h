/* The barrier that a user has: one of the two that are proved. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GROUP_BARRIERS_H
#define GROUP_BARRIERS_H
#include "../barrier.h"
#include "../dissemination.h"

struct sacred_barrier {
  uint32_t radix; /* of the dissemination barrier; 0: all to all */
  union {
    struct barrier all;
    struct dissemination ring;
  };
};
#endif
