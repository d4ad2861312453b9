/* The flag: one word per ordered pair of ranks, inline, counting up. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FLAG_H
#define FLAG_H
#include "wire.h"
#include <sacred/flag.h>

struct sacred_flag {
  struct wire *w;
  struct rows rows; /* a row is one word: the epoch */
  uint64_t *raised; /* [i]: where my flag at rank i stands */
};
#endif
