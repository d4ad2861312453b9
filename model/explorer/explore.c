/* Breadth-first search of the machine's states, each visited once. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "explore.h"
#include <stdlib.h>
#include <string.h>

static uint64_t hash(const uint8_t *s, unsigned size)
{
  uint64_t h = size * 0x9e3779b97f4a7c15u;
  for (; size >= 8; s += 8, size -= 8) {
    uint64_t word;
    memcpy(&word, s, 8);
    h = (h ^ word) * 0xff51afd7ed558ccdu;
    h ^= h >> 32;
  }
  uint64_t tail = 0;
  memcpy(&tail, s, size);
  h = (h ^ tail) * 0xc4ceb9fe1a85ec53u;
  return h ^ h >> 29;
}

static uint8_t *state(const struct exploration *e, uint32_t index)
{
  return e->states + (size_t)index * e->machine.size;
}

/* -- the visited set --------------------------------------------------------- */

static bool grow_table(struct exploration *e)
{
  uint64_t slots = e->slots ? 2 * e->slots : 1 << 12, *table = calloc(slots, sizeof *table);
  if (!table)
    return false;
  for (uint64_t i = 0; i < e->slots; i++)
    if (e->table[i]) {
      uint64_t at = (e->table[i] >> 32) & (slots - 1);
      while (table[at])
        at = (at + 1) & (slots - 1);
      table[at] = e->table[i];
    }
  free(e->table);
  e->table = table;
  e->slots = slots;
  return true;
}

static bool grow_states(struct exploration *e)
{
  uint32_t room = e->room ? e->room + e->room / 2 : 1 << 10;
  uint8_t *states = realloc(e->states, (size_t)room * e->machine.size);
  if (states)
    e->states = states;
  uint32_t *parents = realloc(e->parents, (size_t)room * sizeof *parents);
  if (parents)
    e->parents = parents;
  if (!states || !parents)
    return false;
  e->room = room;
  return true;
}

/* The slot of a state that is known, or the free one where it belongs. */
static uint64_t find(const struct exploration *e, const uint8_t *s, uint64_t h)
{
  uint64_t at = (h >> 32) & (e->slots - 1);
  for (; e->table[at]; at = (at + 1) & (e->slots - 1))
    if (e->table[at] >> 32 == h >> 32 && memcmp(state(e, (uint32_t)e->table[at] - 1), s, e->machine.size) == 0)
      break;
  return at;
}

/* Add the state unless it is known. False: there is no room for it. */
static bool visit(struct exploration *e, const uint8_t *s, uint64_t h, uint32_t parent, const char **limit)
{
  uint64_t at = find(e, s, h);
  if (e->table[at])
    return true;
  if (e->count >= e->machine.options.max_states) {
    *limit = "--max-states was reached";
    return false;
  }
  if (e->count == e->room && !grow_states(e)) {
    *limit = "out of memory";
    return false;
  }
  memcpy(state(e, e->count), s, e->machine.size);
  e->parents[e->count] = parent;
  e->table[at] = (h >> 32) << 32 | ++e->count;
  if (e->count > e->slots / 2 && !grow_table(e)) {
    *limit = "out of memory";
    return false;
  }
  return true;
}

/* -- the search -------------------------------------------------------------- */

/* A state from which no step leads on. */
static bool end(struct exploration *e, const uint8_t *s, struct model_result *result)
{
  uint64_t outcome[LITMUS_REGISTERS + LITMUS_LOCATIONS];
  if (!machine_is_final(&e->machine, s)) {
    result->blocked++;
    return true;
  }
  machine_outcome(&e->machine, s, outcome);
  if (!outcomes_add(&result->outcomes, outcome, 1))
    result->limit = "out of memory";
  return !result->limit;
}

/* The states that one state leads to. Memory is slow: where they belong is asked for before it is needed. */
struct successors {
  uint8_t *states;
  uint64_t hashes[MACHINE_STEPS];
};

static void succeed(struct exploration *e, const uint8_t *s, const struct step *steps, unsigned count,
                    struct successors *next)
{
  unsigned size = e->machine.size;
  for (unsigned i = 0; i < count; i++) {
    memcpy(next->states + i * size, s, size);
    machine_take(&e->machine, next->states + i * size, steps[i]);
    next->hashes[i] = hash(next->states + i * size, size);
    __builtin_prefetch(&e->table[(next->hashes[i] >> 32) & (e->slots - 1)]);
  }
  for (unsigned i = 0; i < count; i++) {
    uint64_t entry = e->table[(next->hashes[i] >> 32) & (e->slots - 1)];
    if (entry)
      __builtin_prefetch(state(e, (uint32_t)entry - 1));
  }
}

static bool expand(struct exploration *e, uint32_t index, struct successors *next, struct model_result *result)
{
  struct step steps[MACHINE_STEPS];
  unsigned count = machine_steps(&e->machine, state(e, index), steps);
  if (count == 0)
    return end(e, state(e, index), result);
  succeed(e, state(e, index), steps, count, next);
  if (e->machine.values_full)
    result->limit = "more than 256 different values";
  for (unsigned i = 0; i < count && !result->limit; i++)
    visit(e, next->states + i * e->machine.size, next->hashes[i], index, &result->limit);
  return !result->limit;
}

/* Every so many states, somebody may want to know. */
static void tell_progress(const struct exploration *e, uint32_t index)
{
  if (e->machine.options.progress && index % (1 << 16) == (1 << 16) - 1)
    e->machine.options.progress(e->count);
}

static void search(struct exploration *e, struct model_result *result)
{
  struct successors next = {.states = malloc((size_t)MACHINE_STEPS * e->machine.size)};
  if (!next.states || !grow_table(e) || !grow_states(e)) {
    result->limit = "out of memory";
    free(next.states);
    return;
  }
  machine_first(&e->machine, next.states);
  if (visit(e, next.states, hash(next.states, e->machine.size), 0, &result->limit))
    for (uint32_t index = 0; index < e->count && expand(e, index, &next, result); index++)
      tell_progress(e, index);
  free(next.states);
}

void explore(struct exploration *e, const struct litmus *test, const struct model_options *options,
             struct model_result *result)
{
  struct litmus_column columns[LITMUS_REGISTERS + LITMUS_LOCATIONS];
  *e = (struct exploration){0};
  *result = (struct model_result){0};
  outcomes_start(&result->outcomes, litmus_columns(test, columns));
  if (!machine_start(&e->machine, test, options)) {
    result->limit = "more words or values than the machine has room for";
    return;
  }
  if (e->machine.options.max_states > UINT32_MAX - 1)
    e->machine.options.max_states = UINT32_MAX - 1;
  search(e, result);
  outcomes_sort(&result->outcomes);
  result->explored = e->count;
}

void explore_free(struct exploration *e)
{
  free(e->states);
  free(e->parents);
  free(e->table);
  *e = (struct exploration){0};
}

void operational(const struct litmus *test, const struct model_options *options, struct model_result *result)
{
  struct exploration e;
  explore(&e, test, options, result);
  explore_free(&e);
}
