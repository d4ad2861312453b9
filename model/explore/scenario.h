/* A scenario: what each rank calls, one primitive call after another, and what is to hold in every state. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLORE_SCENARIO_H
#define EXPLORE_SCENARIO_H
#include "machine.h"
#include "wire.h"

#ifdef EXPLORE_WIDE
enum { ARENA = 1024 };
#else
enum { ARENA = 320 };
#endif

/* Where the objects' rows lie in every rank's memory, for the names of words. */
struct place {
  const char *name;
  struct rows rows;
  bool is_shared; /* one row for all */
};

struct scenario {
  const char *name;
  unsigned ranks, epochs;
  bool refusals;             /* may any post be refused, as by a full wire? */
  int mortal;                /* the rank that may die at any point, or -1 */
  bool is_long;              /* for make explore-long */
  bool is_huge;              /* too large for every schedule: for walks, or when it is named */
  bool is_wide;              /* for walks of many ranks: how many, who may die and the like are drawn */
  bool waits;                /* does it wait until a deadline, and not test? */
  bool asks;                 /* does it ask who is missing, whenever a call is not over? */
  bool refers;               /* of a broadcast: may others read a buffer where it is? */
  unsigned strength, length; /* what kind, and how long: the scenarios' own */
  unsigned radix;            /* of a dissemination barrier; of a broadcast, 0: flat */
  /* Lay out memory and the ranks' own structures, as a collective open would. */
  void (*start)(const struct scenario *s);
  /* Rank's next call: exactly one, and the same again from the same arena. */
  void (*act)(const struct scenario *s, unsigned rank);
  bool (*at_end)(const struct scenario *s, unsigned rank);
  /* NULL, or what is wrong. */
  const char *(*check)(const struct scenario *s, const struct machine *m);
};

/* Each ends with a scenario without a name. */
extern const struct scenario flag_scenarios[], fence_scenarios[], barrier_scenarios[], table_scenarios[],
    broadcast_scenarios[], region_scenarios[], dissemination_scenarios[], local_scenarios[];

/* A rank's structures and its ghosts, nothing else: a snapshot of it is where the rank is between two calls. */
extern _Alignas(64) unsigned char arena[RANKS][ARENA];
extern struct wire wires[RANKS];
extern struct place places[4];

/* Begin a layout: so many ranks, nothing in memory, nobody polls. */
void place_nothing(unsigned ranks);

/* Lay out another array of rows of so many words, in every rank's memory. */
struct rows place_rows(const char *name, unsigned words);

/* One row of so many cache lines, which every rank puts to and none stores to at home. */
struct rows place_lines(const char *name, unsigned lines);

/* The rows that a word lies in. */
const struct place *place_of(unsigned word);

/* What rank has in memory now, without looking as a CPU does. */
unsigned peek(unsigned rank, const struct rows *r, uint64_t off, unsigned row);

/* The rank's arena as this structure, which has to fit. */
#define ARENA_OF(type, rank)                                                                                           \
  ((struct type *)(void *)(arena[rank] + 0 * sizeof(char[sizeof(struct type) <= ARENA ? 1 : -1])))

/* A predicate that always holds. */
const char *nothing_wrong(const struct scenario *s, const struct machine *m);

/* A predicate does not hold: the state after this call is wrong. */
void fails(const char *what);

/*
 * The ranks of a list, as bits; it has to be in order. And that those who are listed are those who are missing:
 * nobody who was there before the question, and everybody who is not there behind it.
 */
tiny ranks_of(const uint32_t *ranks, unsigned n);
void check_missing(tiny listed, tiny before, tiny after, unsigned rank);

/* One of so many, each in a run of its own. The call is to do nothing else. */
unsigned any_of(unsigned many);

/* What the door answered first, second and so on in the call that runs. */
unsigned observed(unsigned k);

/* A call says that its deadline has passed: it has looked once more behind it, or this fails. */
void timed_out(void);

/*
 * What a theorem calls Pre is what this rank has done so far, until its call is over: it can be many of `act`, of
 * which the first begins with this. A clause that speaks of Pre is evaluated only in between.
 */
void call_begins(void);
void call_ends(void);

/*
 * A call has come to what this theorem of proofs/theorems ensures. Where the world of the proofs is carried along, its
 * text is evaluated there (make refine); what it speaks of is given by name, `b->epoch` as "b_epoch" and
 * `\old(b->epoch)` as "old_b_epoch", NULL behind.
 */
struct given {
  const char *name;
  const uint64_t *value; /* one, or of an array the first */
};
void theorem(const char *name, const struct given *given);

/* The machine as it is while a call runs. */
const struct machine *machine_now(void);
#endif
