/* Ranks of a group of many on devices that are none, for the tests of sparse groups. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPARSE_RANKS_H
#define SPARSE_RANKS_H
#include "fake_verbs.h"
#include "group/board.h"
#include "group/news.h"
#include "wire/verbs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* after the above */
#include <cmocka.h>

enum { NODES = 3 };
#define GROUP UINT64_C(0x1234567890abcdef)
#define MS UINT64_C(1000000)

/* Ranks of one group in this process, each with a device of its own; what all told at the open. */
extern struct node {
  struct sacred_group g;
  struct fake_qp *datagrams;
} node[NODES];
extern struct verbs_card cards[CONTROL_RANKS_MAX];

/* Before each test: a good device, and the seed, which is printed. */
int set_up(void **state);
#define CASE(name) cmocka_unit_test_setup(name, set_up)

/* A random number below this one. */
uint64_t draw(uint64_t below);

/* All of them, connected. Or rank 0 of `size` alone: the others are only cards. */
void open_all(void);
void open_alone(uint32_t size);

/* Close the first n, and see that all was given back in order. */
void close_all(uint32_t n);

/* What rank 1 may send to rank 0 of 3, with one write, as it is laid out. */
struct told {
  uint64_t group;
  uint32_t from, bytes;
  uint64_t number, heard;
  uint32_t at, length;
  uint64_t word;
};

/* The word goes to where rank 1 says how many exchanges it gave to; what stands there. */
struct told tell_of_1(const struct sacred_group *g, uint64_t number, uint64_t word);
uint64_t said_by_1(const struct sacred_group *g);

/* A datagram comes to it, and it looks. */
void hear(struct node *n, uint32_t from, const void *text, uint32_t bytes);
#endif
