/* A barrier among many ranks, simulated: what is given, and what comes of it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIMULATE_H
#define SIMULATE_H
#include <sacred/barrier.h>
#include <stddef.h>
#include <stdint.h>

enum {
  RANKS_MAX = 1 << 20,
  SQUARE_MAX = 4096, /* ranks, where each has messages for all */
  EPOCHS_MAX = 1000,
  PORTS_MAX = 1 << 16,
  MESSAGE = 8 /* bytes: a word, or a get of one and what it brings back */
};

/* Times are in picoseconds. */
struct setting {
  uint64_t latency;   /* L: of a hop */
  uint64_t overhead;  /* o: of a processor, to post, or to observe what has come */
  uint64_t gap;       /* g: of a host's card, from the end of a message to the next, in each direction */
  uint64_t byte;      /* G: of a card, for each byte of a message but the first */
  uint32_t ports;     /* of a switch of the fat tree; 0: a flat network */
  uint32_t per_host;  /* ranks of a host; 0: all of them are on one */
  uint32_t cores;     /* processors of a host; 0: as many as ranks */
  uint64_t switching; /* of a processor, to take up another rank, where there are fewer than ranks */
  uint64_t noise;     /* mean of what is added to each overhead, distributed exponentially */
  uint32_t stragglers;
  uint64_t late; /* a straggler enters each epoch so much later */
  uint64_t seed; /* of noise and stragglers */
  uint32_t epochs;
  enum sacred_strength strength;
};

enum { ALL_TO_ALL = 0 }; /* in the place of a radix */

struct outcome {
  uint64_t mean, least, most; /* time of an epoch: from the first that enters to the last that leaves */
  uint64_t period;            /* of a loop of epochs: all the time that they took, by their number */
  double messages;            /* of a rank in an epoch, on average */
  uint32_t rounds;
  uint32_t pairs;  /* the most queue pairs that a rank has used */
  uint64_t bytes;  /* of a rank, that are registered: what others write to */
  uint64_t steps;  /* of primitives */
  double seconds;  /* of a processor, that the simulation took */
  char wrong[256]; /* which check has failed; "": none */
};

/*
 * Run the barrier of this radix among `ranks` ranks, 2 to RANKS_MAX, all of them
 * entering at time 0 and each epoch as soon as the last one is over.
 */
void simulate(const struct setting *setting, uint32_t ranks, uint32_t radix, struct outcome *outcome);

/* Does each rank flush? Are there messages between all pairs of ranks, or looks at them? */
int flushes(const struct setting *setting, uint32_t radix);
int is_square(const struct setting *setting, uint32_t radix);

/* Messages of a rank in all epochs, and rounds, by arithmetic and not by the schedule that runs. */
uint64_t expected_messages(const struct setting *setting, uint32_t ranks, uint32_t radix);
uint32_t expected_rounds(uint32_t ranks, uint32_t radix);

/* The memory, or the end of the program: a limit was reached. */
void *enough(void *memory);
void *zeroed(size_t count, size_t size);
#endif
