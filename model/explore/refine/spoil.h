/* Worlds spoiled at random: to see that no conjunct and no guard holds by itself. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REFINE_SPOIL_H
#define REFINE_SPOIL_H
#include <stdbool.h>
#include <stdint.h>

enum { SPOILED = 64 };

/* What was to fail, and whether it ever did. */
struct spoiled {
  unsigned count;
  const char *name[SPOILED];
  bool failed[SPOILED];
};

/* Add what failed in another world; the same is known by its name. */
void spoiled_add(struct spoiled *s, struct spoiled more);

/* Change some of the settings, again and again from what they were, and evaluate each axiom. */
struct spoiled spoil_axioms(unsigned times, uint64_t seed);

/* Change the world at hand in some places, again and again from where it was, and evaluate each conjunct. */
struct spoiled spoil_conjuncts(unsigned times, uint64_t seed);

/* The same of the relations between a world and that before. */
struct spoiled spoil_relations(unsigned times, uint64_t seed);

struct spoiled spoil_theorems(unsigned times, uint64_t seed);

/* Ask for steps at random, in worlds spoiled like that. */
struct spoiled spoil_guards(unsigned times, uint64_t seed);

/* Wrong on purpose: steps are taken whatever they require. The invariant is to notice. */
extern bool world_unguarded;
#endif
