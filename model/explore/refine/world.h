/* The world of the proofs, carried along an exploration: its steps, guarded as in model/steps.h, and its invariant. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world is the W of model/realize.h, its effects are the functions of model/realize.c. What a rank's CPU has
 * done, its line, is kept as the list of its steps, the rest as it is; both as numbered strings, so that a state
 * of the search carries a world in a few words.
 */
#ifndef REFINE_WORLD_H
#define REFINE_WORLD_H
#include "protocol.h"

enum { LINES = 4, NUMBERS = LINES + 1 }; /* of a state: a line for each rank, and what the network has */

/* The first state of a world with so many objects of so many units; settings say the rest. */
void world_open(const struct protocol *protocol, integer objects, integer units);
void world_close(void);

/* The protocol of the world that is open. */
const struct protocol *world_protocol(void);

/* Go to this state; and the numbers of the state that is reached. All 0 is the first one. */
void world_enter(const uint32_t *numbers);
void world_leave(uint32_t *numbers);

/*
 * NULL, or which conjunct of the invariant does not hold, or of Rely between the state that was entered and this one.
 * The mover is the rank whose CPU has moved, or -1: then it was the network, or a store buffer.
 */
const char *world_check(int mover);

/* Worlds whose steps do something else, to see that Rely notices. */
enum mistaken_effect {
  RIGHT_EFFECTS,
  REWRITES_HISTORY,    /* when a rank announced is told anew when it announces again */
  SPEAKS_FOR_ANOTHER,  /* what a rank announces is announced for another, too */
  COPY_GOES_BACK,      /* what is placed of another object resets the copy of the primitive's */
  FORGETS_COMPLETIONS, /* a completion behind others takes these back */
};
extern enum mistaken_effect mistaken_effect;

/* A call of j begins, and is over. In between the world keeps how far j's line was, for what theorems say of it. */
void world_call_begins(unsigned j);
void world_call_ends(unsigned j);
/* What j had done when its call began becomes W_begun. False: no call has begun. */
bool world_recall(unsigned j);

/* The steps: NULL, or why the world cannot take this one. It stays as it was then. */
const char *world_store(unsigned o, unsigned l, unsigned h, unsigned j, unsigned v, unsigned x);
const char *world_put(unsigned o, unsigned l, unsigned h, unsigned j, unsigned i, bool is_inline, unsigned v);
/* Units l to h of object o are where it lands: the world knows nothing of that, and the line keeps it for world_brings. */
const char *world_get(unsigned j, unsigned i, unsigned o, unsigned l, unsigned h);
const char *world_flush(unsigned j);
const char *world_read(unsigned j, unsigned i, unsigned k, unsigned a);
const char *world_land(unsigned j, unsigned i, unsigned a);
const char *world_place(unsigned j, unsigned i);
const char *world_complete(unsigned j, unsigned i);
const char *world_announce(unsigned o, unsigned j, unsigned v);
const char *world_conclude(unsigned o, unsigned j, unsigned x, unsigned v);

/* What is there, in the words of acsl/world.h. */
unsigned world_now(unsigned j);
unsigned world_out(unsigned j);
unsigned world_posted(unsigned j, unsigned i, unsigned t);
unsigned world_ver(unsigned o, unsigned a, unsigned j, unsigned t);
unsigned world_val(unsigned o, unsigned a, unsigned j, unsigned v);
unsigned world_said(unsigned o, unsigned j);
unsigned world_deliv(unsigned j, unsigned i);
unsigned world_comp(unsigned j, unsigned i);
unsigned world_fly(unsigned j, unsigned i, unsigned k, unsigned a);
unsigned world_cell(unsigned o, unsigned a, unsigned i, unsigned j);
/* Has j posted a get that lands in unit a of object o, of its own row? */
bool world_brings(unsigned j, unsigned o, unsigned a);
bool world_is_get(unsigned j, unsigned i, unsigned k);

/* The t-th item of j's time line: a store of unit l on of object o, or a post to rank i. */
struct item {
  uint8_t is_store, o, i;
  uint16_t l;
};
struct item world_item(unsigned j, unsigned t);
#endif
