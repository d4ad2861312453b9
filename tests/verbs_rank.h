/* Rank 0 of three on the fake device, for the tests of the verbs wire. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VERBS_RANK_H
#define VERBS_RANK_H
#include "fake_verbs.h"
#include "wire/verbs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* after the above */
#include <cmocka.h>

enum { RANKS = 3, HEAP = 4 << 20, OBJECT = 2 << 20 };

/* The rank; its two peers are of the same kind. */
extern struct one {
  struct wire w;
  struct transport t;
  struct peer peers[RANKS];
  struct verbs *v;
} one;

extern unsigned char heap[HEAP];

/* Before each test: no setting, a good device, a heap of zeros. */
int set_up(void **state);
#define CASE(name) cmocka_unit_test_setup(name, set_up)

/* Be it, unopened. Connected, once it is opened, and with an object from 0 to OBJECT. */
void be_rank_0(void);
void connect_all(void);

/* Be it, and open it; and connect it, without an error; close it, and see that all was given back in order. */
int start(void);
void go(void);
void stop(void);

/* An open that is refused, and says both. */
void refused(int status, const char *first, const char *second);

/* The queue pair to rank i: 1, 2; what was posted to it last. */
struct fake_qp *to(uint32_t i);
struct fake_post *last(uint32_t i);

/* Long enough after an error for the wire to be sure: blocks for two seconds. */
int health_later(void);
#endif
