/* The declarative model: events of a test, and executions, which are relations over them. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXECUTION_H
#define EXECUTION_H
#include "model.h"

enum {
  EVENTS = 64,   /* of one test: a row of a relation is a word */
  INITIAL = 255, /* where a read may read from, besides the events */
  CHOICES = 2048 /* of nfo and rao in one execution */
};

enum event_kind { lR, lW, CAS, F, P, nlR, nrW, nrR, nlW, nF, nAR, nAW, EVENT_KINDS };

struct event {
  enum event_kind kind;
  uint8_t thread, place;     /* program order */
  uint8_t instruction, word; /* what it belongs to */
  uint8_t location;          /* of what it reads or writes */
  uint8_t partner;           /* nrW, nlW, nAW: the read that gives the value; itself where there is none */
  uint32_t node;             /* NIC events, polls: the other end of the queue pair */
};

/* A relation: row a has bit b set where a is before b. */
typedef uint64_t relation[EVENTS];

/* A pair of nfo or rao: `first` or `second` is the order that was chosen. */
struct choice {
  bool is_rao;
  uint8_t first, second; /* nfo: nlR or nrR, and the write; rao: two nAR */
};

struct execution {
  const struct litmus *test;
  struct model_options options;
  unsigned events;
  struct event event[EVENTS];
  uint64_t unwritten; /* cas and nAW whose comparison fails */
  uint8_t reads_from[EVENTS];
  uint64_t value_read[EVENTS], value_written[EVENTS];
  uint8_t order[LITMUS_LOCATIONS][EVENTS]; /* mo */
  uint8_t writes[LITMUS_LOCATIONS];        /* how many of them there are in `order` */
  unsigned choices;
  struct choice choice[CHOICES];
  bool forward[CHOICES]; /* first before second */
};

/* List the events of a test. Does not block. False: there are more than EVENTS. */
bool execution_start(struct execution *x, const struct litmus *test, const struct model_options *options);

bool event_reads(const struct event *e);
bool event_writes(const struct event *e); /* cas, nAW: if the comparison holds */
bool event_on_nic(const struct event *e);
bool event_same_pair(const struct event *a, const struct event *b); /* of one thread, to one node */

/* Is a before b by ippo, or by oppo; by pf, or by pfg? Do not block. */
bool execution_ippo(const struct execution *x, unsigned a, unsigned b);
bool execution_oppo(const struct execution *x, unsigned a, unsigned b);
bool execution_pf(const struct execution *x, unsigned a, unsigned b);
bool execution_pfg(const struct execution *x, unsigned a, unsigned b);

/*
 * Enumerate the candidate executions of a test, and keep the final states of those where ib and ob are
 * irreflexive; up to the limit, which `result` then names.
 *
 * Runs until it is over; the memory is bounded but for the final states. Where `witness` is not NULL, it gets an
 * execution whose final state satisfies the proposition or, where there is none, any execution, and without any one
 * of no events. Give back `result` with outcomes_free().
 */
void declarative(const struct litmus *test, const struct model_options *options, struct model_result *result,
                 struct execution *witness);

/* Draw an execution in dot's language: a cluster for each thread and queue pair. Blocks as stdio does. */
void execution_draw(const struct execution *x, FILE *out);
#endif
