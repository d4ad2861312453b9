/* Which algorithm a new object gets. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TUNING_H
#define TUNING_H
#include <sacred/barrier.h>
#include <stdint.h>

/* An algorithm. */
struct tuning {
  uint32_t local; /* 1: a barrier of hosts, and the radix is that of their first ranks' */
  uint32_t radix; /* of the dissemination barrier; 0: all to all */
  int one_part;   /* a barrier of hosts was asked for, and has one part only: it is that part */
};

/*
 * The barrier for n ranks of so many hosts over a wire (enum wire_kind): what
 * SACRED_BARRIER says; else the first line that fits of the file that SACRED_TUNING
 * names; else of the table in tuning.c. Where all ranks are of one host, or each of
 * another, a barrier of hosts has one part only. SACRED_OK, or SACRED_ERR_ENVIRONMENT with
 * words in sacred_open_error().
 */
int tuning_barrier(uint32_t wire, enum sacred_strength strength, uint32_t n, uint32_t hosts, struct tuning *t);

/* The radix that the table of tuning.c has for n ranks; 0: all to all. */
uint32_t tuning_radix(uint32_t wire, enum sacred_strength strength, uint32_t n);

/* What a barrier and a strength are called, there and wherever they are printed. */
enum { TUNING_NAME = 32, TUNING_STRENGTHS = 3 };
const char *tuning_barrier_name(struct tuning t, char text[TUNING_NAME]);
extern const char *const tuning_strengths[TUNING_STRENGTHS]; /* by enum sacred_strength */
#endif
