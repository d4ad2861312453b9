/* Bounded refinement: every step of the machine is mapped to steps of the world that the proofs speak about. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REFINE_H
#define REFINE_H
#include "../scenario.h"

/* Worlds that are wrong on purpose. Each must be refused: the machine does what they cannot do. */
enum mistaken_world {
  RIGHT_WORLD,
  PUBLISHES_STORES, /* a store is in memory at once */
  READS_AT_POST,    /* the source of a put is read when it is posted, and never later */
  LANDS_IN_ORDER,   /* the units of a put land in ascending order */
  COMPLETES_PLACED, /* what is completed is placed */
  ONE_QUEUE,        /* what a rank has posted is placed in posting order, whoever it is posted to */
  LANDS_WHOLE       /* the units of a put land all at once */
};
extern enum mistaken_world mistaken_world;

/* Watch the next search of this scenario, which was started; and no more. */
void refine_begin(const struct scenario *s);
void refine_end(void);

/* How many machine steps were mapped, and to how many steps of the world; how often a theorem was evaluated. */
extern unsigned long long refine_machine_steps, refine_world_steps, refine_theorems;

/* Small programs that notice which world it is, and are no primitive's. */
extern const struct scenario program_scenarios[];
#endif
