/* The events of logs, and what is before what: `ib` and `ob` of the declarative machine as one graph. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CONFORM_ORDER_H
#define CONFORM_ORDER_H
#include "conform.h"
#include "graph.h"

enum event_kind {
  JOINT, /* no event: all before it, before all behind it */
  lR,
  lW,
  P,
  nlR,
  nrW,
  nrR,
  nlW
};

enum why {
  BY_PROGRAM,   /* program order: a CPU, and what it posts */
  BY_PAIR,      /* two operations of one queue pair */
  BY_OPERATION, /* within one operation */
  BY_READING,   /* rf */
  BY_OVERWRITE, /* rb */
  BY_WRITES,    /* mo */
  BY_POLL,      /* pf */
  BY_NAME       /* an event as `ib` sees it, and as `ob` does */
};

/* An event is node 2e of `ob` and node 2e + 1 of `ib`. */
struct event {
  uint8_t kind; /* enum event_kind */
  uint32_t log, line;
  uint64_t cell, value;
  bool has_value;
};

/* A word at a rank: who writes it, and its writes in their order. */
struct location {
  uint64_t cell;
  uint32_t rank;            /* at which it is */
  uint32_t writer, line;    /* log, and the line of the first write; writer UINT32_MAX: nobody yet */
  uint32_t first, last;     /* writes; NONE */
  uint32_t wild, last_wild; /* writes of which it is not known what they put */
  bool is_signal;
};

struct write {
  uint32_t event, location, next;
  uint64_t value;
  bool is_wild;
};

struct look {
  uint32_t event, location, line;
  bool is_home; /* of a rank at its own row */
};

enum { NONE = UINT32_MAX };

struct order {
  const struct log *logs;
  uint32_t n;
  uint64_t most;
  struct log_error *error;
  const char *limit;
  bool wrong; /* the logs contradict themselves: see the error */
  struct graph graph;
  struct event *event;
  struct location *location;
  struct write *write;
  struct look *look;
  uint32_t events, event_room, locations, location_room, writes, write_room, looks, look_room;
  uint32_t *place; /* open addressing: locations by rank and cell */
  uint64_t places;
};

/* Events and all orders that are there without asking who reads from whom. Give it back with order_free(). */
void order_start(struct order *o);
void order_free(struct order *o);

/* a before b in ib; in ob; in both. */
void order_ib(struct order *o, uint32_t a, uint32_t b, enum why why);
void order_ob(struct order *o, uint32_t a, uint32_t b, enum why why);
void order_both(struct order *o, uint32_t a, uint32_t b, enum why why);

/* One more in an array of n; NULL, and the limit is named, where there is no memory. */
void *order_more(struct order *o, void *array, uint32_t n, uint32_t *room, size_t size);
#endif
