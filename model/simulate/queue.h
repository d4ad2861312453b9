/* What is to happen, in the order of its time; of one time, in the order in which it was pushed. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef QUEUE_H
#define QUEUE_H
#include <stdbool.h>
#include <stdint.h>

enum event_kind {
  ENTER,   /* the rank is to enter its next epoch: it wants a processor */
  STEP,    /* the rank has a processor, and goes on */
  SIGNAL,  /* a word, value, for a line of the rank's memory */
  REQUEST, /* a get that `from` has posted to the rank: value operations of its queue pair, this one included */
  REPLY    /* what it brings back: to the rank, from `from` */
};

struct event {
  uint64_t at; /* picoseconds */
  uint64_t value;
  uint32_t rank, from, line;
  uint8_t kind;    /* enum event_kind */
  uint8_t part;    /* of a message: enum part */
  uint16_t placed; /* and it has been through the card of the rank's host */
};

void queue_open(void);
void queue_close(void);

/* `event.at` is not before the time of the last one that was popped. */
void queue_push(struct event event);

/* The next one; false: there is none. */
bool queue_pop(struct event *event);
#endif
