/* What is simulated: ranks, the hosts they are on, and the network between these. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_H
#define WORLD_H
#include "barrier.h"
#include "dissemination.h"
#include "queue.h"
#include "simulate.h"

/*
 * An operation of the door takes a rank the time that it takes, and has its
 * effect at the end of that: the first call finds that it is to be paid for, and
 * is answered as one that cannot be done yet; the second, when the time is over, does it.
 */
enum payment { NOTHING, PAYING, PAID };

struct rank {
  struct wire w;
  union {
    struct barrier all;
    struct dissemination ring;
  };
  uint64_t *words;         /* its registered memory, a word for each line */
  const uint64_t *awaited; /* what is not there yet, and has to change before it goes on; or NULL */
  uint32_t entered;        /* epochs */
  uint32_t inside;         /* and the last of these is not over */
  uint32_t payment;        /* enum payment */
  uint32_t next;           /* the rank that is to have a processor after this one */
  uint64_t late;           /* it enters so much later */
};

struct host {
  uint64_t out, in;     /* the card is free for a message from here, to here, from this time on */
  uint32_t busy;        /* processors */
  uint32_t first, last; /* ranks that wait for one, linked; NOBODY: none */
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
  uint32_t ranks, radix, slots, lines, per_host, cores;
  uint64_t now;
  uint64_t messages, steps;
  struct rank *rank;
  struct host *host;
  struct flow *flow; /* ranks * ranks, or NULL */
  struct epoch *epoch;
  uint64_t *words;
  uint32_t *distance, *first;
  char *wrong; /* which check failed first, "" at first */
};
extern struct world world;

/* Note that a check has failed: the simulation ends there. */
void fails(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* -- the network ---------------------------------------------------------------------- */

/* Hand a message to the card of `from`'s host. */
void network_post(struct event message);

/* It comes to the card of its rank's host: true where it is placed now, and not a little later. */
bool network_arrives(struct event message);

/* -- processors ----------------------------------------------------------------------- */

/* The rank wants a processor: a STEP follows, now or when one is free. It gives up the one that it has. */
void processor_take(struct rank *r);
void processor_give_up(struct rank *r);

/* How long an operation takes it. */
uint64_t processor_overhead(void);

/* -- chance ---------------------------------------------------------------------------- */

void chance_open(uint64_t seed);
uint64_t chance_below(uint64_t limit);

/* Distributed exponentially, by this mean. */
uint64_t chance_wait(uint64_t mean);

/* -- queue pairs that are used ---------------------------------------------------------- */

void pairs_open(uint32_t ranks);
void pairs_use(uint32_t from, uint32_t to);

/* The most that one rank has used; frees what was opened. */
uint32_t pairs_close(void);
#endif
