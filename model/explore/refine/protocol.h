/* A protocol of acsl/, to be evaluated in the world at hand: what `translate` writes. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REFINE_PROTOCOL_H
#define REFINE_PROTOCOL_H
#include <stdbool.h>
#include <stdint.h>

typedef int64_t integer;

/*
 * A conjunct of the invariant, or of Rely, which relates the world before a move to that behind it. A still one does
 * not hang on what the network changes, but on time lines alone. One of ME speaks of what nobody else touches.
 */
struct conjunct {
  const char *broken; /* what to say where it does not hold */
  bool (*holds)(void);
  bool is_still, of_me;
};

/*
 * What a theorem ensures when its call is over, of what is given to it: an array of a name each, NULL behind. One of
 * the call speaks also of what ME had done when that began.
 */
enum { GIVEN = 5 };
struct theorem {
  const char *name, *broken;
  const char *needs[GIVEN + 1];
  bool (*holds)(const uint64_t *const *given);
  bool of_call;
};

/* What it takes for granted of the settings, the invariant, and for each step of model/steps.h NULL or which of its `requires` does not hold. */
struct protocol {
  const struct conjunct *axioms, *conjuncts, *relations; /* each ends with one that says nothing */
  const struct theorem *theorems;                        /* ends with one without a name */
  const char *const *refusals;                           /* all that a step may say, NULL at the end */
  bool (*data)(integer a);
  const char *(*store)(integer o, integer l, integer h, integer j, integer v, integer x);
  const char *(*put)(integer o, integer l, integer h, integer j, integer i, integer inline_, integer v);
  const char *(*get)(integer j, integer i);
  const char *(*flush)(integer j);
  const char *(*read)(integer j, integer i, integer k, integer a);
  const char *(*land)(integer j, integer i, integer a);
  const char *(*place)(integer j, integer i);
  const char *(*complete)(integer j, integer i);
  const char *(*announce)(integer o, integer j, integer v);
  const char *(*conclude)(integer o, integer j, integer x, integer v);
};

extern const struct protocol flag_protocol, fence_protocol, barrier_protocol, dissemination_protocol, table_protocol,
    broadcast_protocol;

/* What the constants of acsl/ are, and what it leaves open of the slots of a dissemination barrier and of their lines. */
enum { MOST_SLOTS = 4 };
extern struct settings {
  integer N, ME, O, FULL, WORDS, SLOTS, Line;
  integer Dist[MOST_SLOTS + 1], First[MOST_SLOTS];
} settings;

/* How far the world is in use: outside of it everything is as in the beginning. */
extern struct bounds {
  integer ranks, objects, units, times, operations, numbers;
} bounds;

/* Stop: the exploration itself cannot go on. */
void give_up(const char *what) __attribute__((noreturn));
#endif
