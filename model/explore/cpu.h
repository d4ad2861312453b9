/* One rank's CPU: a call is run again from its start, its door answered from a log, up to one operation more. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLORE_CPU_H
#define EXPLORE_CPU_H
#include "scenario.h"

#ifdef EXPLORE_WIDE
enum { LOG = 1000, CHOICES = 100 };
#else
enum { LOG = 64, CHOICES = 16 };
#endif
enum { UNREAD = MOST };

/* What the door has answered in the call at hand. */
struct log {
  tiny length, answer[LOG];
};

/* The choices that a step makes: given up to `length`, then each the first of its kind, or drawn where `random` is. */
struct script {
  uint64_t *random;
  unsigned at, length;
  uint8_t made[CHOICES], among[CHOICES];
};

/* The next choices, in the order of an odometer. False: there are none. */
bool script_next(struct script *s);

/* What became of a step. */
struct outcome {
  bool returned;       /* the call is over: the arena is what it has become */
  const char *failure; /* a predicate that does not hold, or NULL */
};

/*
 * Run rank's call from its arena. One observation at most, and only as the first operation of the step;
 * stores and posts go on behind it, since nobody notices them. Not returned: the arena is to be restored.
 */
struct outcome cpu_step(const struct scenario *s, struct machine *m, unsigned rank, struct log *log,
                        struct script *script);

/* -- for the door ------------------------------------------------------------- */

extern struct cpu {
  const struct scenario *scenario;
  struct machine *machine;
  unsigned rank, at, late; /* late: what was answered when the deadline had passed, or 0 */
  bool acted;              /* has this step done an operation? */
  struct log *log;
  struct script *script;
  const char *failure;
} cpu;

/* Is the answer to the next operation in the log? */
bool cpu_replays(void);
/* A new operation that nobody notices; and one that observes, which ends the step unless it is the first. */
void cpu_acts(void);
void cpu_observes(void);
/* Leave the call: the step is over. */
void cpu_stops(void) __attribute__((noreturn));
void cpu_logs(tiny answer);
unsigned cpu_chooses(unsigned among);

/* -- of the door ---------------------------------------------------------------- */

/* Post an inline put on one of the queue pairs to rank i: a door that is as it should be uses the first only. */
int door_signal(unsigned i, unsigned lane, uint64_t to, uint64_t v);
#endif
