/* What is simulated: ranks, the hosts they are on, and the network between these. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_H
#define WORLD_H
#include "flag.h"
#include "group/barriers.h"
#include "queue.h"
#include "simulate.h"

/*
 * An operation of the door takes a rank the time that it takes, and has its
 * effect at the end of that: the first call finds that it is to be paid for, and
 * is answered as one that cannot be done yet; the second, when the time is over, does it.
 */
enum payment { NOTHING, PAYING, PAID };

/* What a wire joins: all ranks, those of a host, the first ranks of all hosts. The second have memory that they share. */
enum part { WHOLE, HOST, FIRSTS };

/* The wires of a part: rank i there is rank `base + i * step` of the world, and each has a word for each of its lines. */
struct transport {
  uint32_t part; /* enum part */
  uint32_t base, step, lines;
  uint64_t *words;
};

/* The schedule of a barrier among so many ranks; radix 0: all to all. */
struct plan {
  uint32_t ranks, radix, slots, lines; /* lines that signals come to */
  uint32_t *distance, *first;
};

/* Of all ranks; or of first ranks, of a host, and of the last host, where it has fewer. */
struct plans {
  struct plan all, firsts, host, rest;
};

struct rank {
  struct wire w;
  struct sacred_barrier b;
  const uint64_t *awaited; /* what is not there yet, and has to change before it goes on; or NULL */
  uint32_t entered;        /* epochs */
  uint32_t inside;         /* and the last of these is not over */
  uint32_t payment;        /* enum payment */
  uint32_t next;           /* the rank that is to have a processor after this one */
  uint64_t price;          /* of what it pays for */
  uint64_t late;           /* it enters so much later */
  uint64_t out;            /* its next word for shared memory leaves from this time on */
};

/* What a barrier of hosts is made of, at a rank: see inner.h. `across` at first ranks only. */
struct within {
  struct wire host, firsts;
  struct sacred_barrier here, across;
  struct sacred_flag flag;
};

struct host {
  uint64_t out, in;     /* the card is free for a message from here, to here, from this time on */
  uint32_t busy;        /* processors */
  uint32_t first, last; /* ranks that wait for one, linked; NOBODY: none */
  struct transport transport;
};

enum { NOBODY = UINT32_MAX };

/* Operations on the queue pair from one rank to another, kept where ranks ask for them. */
struct flow {
  uint64_t completed; /* the card knows */
  uint32_t told;      /* the rank knows */
  uint32_t posted;
};

struct epoch {
  uint64_t begin, end;
  uint32_t entered, left;
};

struct world {
  const struct setting *s;
  struct tuning barrier;
  uint32_t ranks, hosts, per_host, cores;
  uint64_t now;
  uint64_t messages, stores, steps;
  struct transport whole, firsts;
  struct plans plan;
  struct rank *rank;
  struct host *host;
  struct flow *flow; /* ranks * ranks, or NULL */
  struct epoch *epoch;
  struct within *within; /* or NULL */
  uint32_t *first;       /* [j]: the first rank of rank j's host; or NULL */
  uint64_t *raised;      /* [j]: the flag of that rank at rank j; or NULL */
  char *wrong;           /* which check failed first, "" at first */
};
extern struct world world;

/* Note that a check has failed: the simulation ends there. */
void fails(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* -- ranks ----------------------------------------------------------------------------- */

/* What the setting asks for, with all ranks before their first epoch. */
void world_open(const struct setting *s, uint32_t ranks, struct tuning barrier, char *wrong);
void world_close(void);

/* A line of rank i's memory, as it is numbered there. */
uint64_t *word_of(const struct transport *t, uint32_t i, uint32_t line);

/* That a message is for. */
uint64_t *word_for(struct event message);

/* -- the network ---------------------------------------------------------------------- */

const struct loggp *network_of(uint32_t part);

/* Hand a message to the card of `from`'s host, or a word to the memory that its ranks share. */
void network_post(struct event message);

/* It comes to the card of its rank's host: true where it is placed now, and not a little later. */
bool network_arrives(struct event message);

/* -- processors ----------------------------------------------------------------------- */

/* The rank wants a processor: a STEP follows, now or when one is free. It gives up the one that it has. */
void processor_take(struct rank *r);
void processor_give_up(struct rank *r);

/* How long an operation of so much takes it. */
uint64_t processor_overhead(uint64_t overhead);

/* -- chance ---------------------------------------------------------------------------- */

void chance_open(uint64_t seed);
uint64_t chance_below(uint64_t limit);

/* Distributed exponentially, by this mean. */
uint64_t chance_wait(uint64_t mean);

/* -- queue pairs that are used ---------------------------------------------------------- */

void pairs_open(uint32_t ranks);
void pairs_use(uint32_t part, uint32_t from, uint32_t to);

/* The most that one rank has used; frees what was opened. */
uint32_t pairs_close(void);
#endif
