/* A barrier among many ranks, simulated: what is given, and what comes of it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIMULATE_H
#define SIMULATE_H
#include "group/tuning.h"
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
struct loggp {
  uint64_t latency;  /* L: of a hop */
  uint64_t overhead; /* o: of a processor, to post, or to observe what has come */
  uint64_t gap;      /* g: from the end of a message to the next */
  uint64_t byte;     /* G: for each byte of a message but the first */
};

struct setting {
  struct loggp network; /* g and G are those of a host's card, in each direction */
  struct loggp memory;  /* that the ranks of a host share: g and G are those of the rank that posts */
  uint32_t ports;       /* of a switch of the fat tree; 0: a flat network */
  uint32_t per_host;    /* ranks of a host; 0: all of them are on one */
  uint32_t cores;       /* processors of a host; 0: as many as ranks */
  uint64_t switching;   /* of a processor, to take up another rank, where there are fewer than ranks */
  uint64_t noise;       /* mean of what is added to each overhead, distributed exponentially */
  uint32_t stragglers;
  uint64_t late; /* a straggler enters each epoch so much later */
  uint64_t seed; /* of noise and stragglers */
  uint32_t epochs;
  enum sacred_strength strength;
  uint32_t puts; /* to so many ranks behind it in the ring each has put something, before it enters: what it flushes */
};

struct outcome {
  uint64_t mean, least, most; /* time of an epoch: from the first that enters to the last that leaves */
  uint64_t period;            /* of a loop of epochs: all the time that they took, by their number */
  double messages, words;     /* of a rank in an epoch, on average: by cards, and by memory that ranks share */
  uint32_t rounds;
  uint32_t pairs;  /* the most queue pairs that a rank has used */
  uint64_t bytes;  /* that are registered: what others write to by cards; the most of any rank */
  uint64_t steps;  /* of primitives */
  double seconds;  /* of a processor, that the simulation took */
  char wrong[256]; /* which check has failed; "": none */
};

/*
 * Run this barrier among `ranks` ranks, 2 to RANKS_MAX, all of them entering at time 0 and
 * each epoch as soon as the last one is over. It is one that can be run: see why_not().
 */
void simulate(const struct setting *setting, uint32_t ranks, struct tuning barrier, struct outcome *outcome);

/* Why there is nothing to run, or too much; NULL: it can be run. */
const char *why_not(const struct setting *setting, uint32_t ranks, struct tuning barrier);

/* Does each rank flush? */
int flushes(const struct setting *setting, struct tuning barrier);

/* How many hosts there are; the radix of the barrier of so many of them, and of that of a host's ranks, as the library chooses. */
uint32_t hosts_of(const struct setting *setting, uint32_t ranks);
uint32_t radix_across(const struct setting *setting, uint32_t hosts, struct tuning barrier);
uint32_t radix_within(uint32_t ranks);

/*
 * By arithmetic, and not by the schedule that runs: all messages by cards in all epochs, all words by memory that ranks share,
 * and rounds; of a barrier of hosts those of its two barriers, and one in which hosts are let go.
 */
uint64_t expected_messages(const struct setting *setting, uint32_t ranks, struct tuning barrier);
uint64_t expected_words(const struct setting *setting, uint32_t ranks, struct tuning barrier);
uint32_t expected_rounds(const struct setting *setting, uint32_t ranks, struct tuning barrier);

/* The memory, or the end of the program: a limit was reached. */
void *enough(void *memory);
void *zeroed(size_t count, size_t size);
#endif
