/* A node of the search: the machine, and where each rank is; as bytes it is a state. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "node.h"
#include <stddef.h>
#include <string.h>

/* -- as bytes ---------------------------------------------------------------------- */

struct cursor {
  uint8_t *at;
  bool writes;
};

static void pass(struct cursor *c, void *p, unsigned n)
{
  if (c->writes)
    memcpy(c->at, p, n);
  else
    memcpy(p, c->at, n);
  c->at += n;
}

#define PASS(c, x) pass(c, &(x), sizeof(x))

static void pass_operation(struct cursor *c, struct operation *o)
{
  pass(c, o, offsetof(struct operation, copy));
  pass(c, o->copy, o->words * (unsigned)sizeof o->copy[0]);
}

static void pass_buffer(struct cursor *c, struct machine *m, unsigned rank)
{
  PASS(c, m->buffered[rank]);
  if (extent.polls)
    PASS(c, m->newest[rank]);
  for (unsigned k = 0; k < m->buffered[rank]; k++) {
    struct buffered *b = &m->buffer[rank][k];
    pass(c, b, offsetof(struct buffered, operation));
    if (!b->is_store)
      pass_operation(c, &b->operation);
  }
}

static void pass_pair(struct cursor *c, struct pair *p)
{
  PASS(c, p->posted);
  if (p->posted == 0)
    return;
  PASS(c, p->length);
  PASS(c, p->remote);
  PASS(c, p->ripe);
  for (unsigned k = 0; k < p->length; k++)
    pass_operation(c, &p->pipe[k]);
  pass(c, p->wbr, p->remote * (unsigned)sizeof p->wbr[0]);
}

static void pass_memory(struct cursor *c, tiny *memory)
{
  for (unsigned word = 0; word < extent.words; word++)
    if (!extent.idle[word])
      PASS(c, memory[word]);
}

static void pass_node(struct cursor *c, struct node *n)
{
  struct machine *m = &n->machine;
  PASS(c, m->dead);
  if (watcher)
    pass(c, n->world, sizeof n->world);
  for (unsigned i = 0; i < extent.ranks; i++) {
    PASS(c, n->snapshot[i]);
    PASS(c, n->log[i].length);
    pass(c, n->log[i].answer, n->log[i].length * (unsigned)sizeof n->log[i].answer[0]);
    pass_memory(c, m->memory[i]);
    pass_buffer(c, m, i);
    for (unsigned k = 0; k < extent.ranks * LANES; k++)
      pass_pair(c, &m->pair[pair_of(i, k / LANES, k % LANES)]);
  }
}

uint32_t space_add(struct space *space, const struct node *n, bool *is_new)
{
  static uint8_t bytes[sizeof(struct node)];
  struct cursor c = {bytes, true};
  pass_node(&c, (struct node *)n);
  return strings_add(&space->states, bytes, (uint32_t)(c.at - bytes), is_new);
}

void space_get(const struct space *space, uint32_t state, struct node *n)
{
  struct cursor c = {(uint8_t *)strings_get(&space->states, state), false};
  memset(n, 0, sizeof *n);
  pass_node(&c, n);
}

/* -- snapshots ------------------------------------------------------------------------- */

static void restore(const struct space *space, const struct node *n, unsigned rank)
{
  memcpy(arena[rank], strings_get(&space->snapshots, n->snapshot[rank]), ARENA);
}

void node_enter(const struct space *space, const struct node *n)
{
  for (unsigned i = 0; i < extent.ranks; i++)
    restore(space, n, i);
}

void space_open(struct space *space, const struct scenario *scenario, struct node *first)
{
  space->scenario = scenario;
  strings_open(&space->states);
  strings_open(&space->snapshots);
  memset(first, 0, sizeof *first);
  for (unsigned i = 0; i < extent.ranks; i++)
    first->snapshot[i] = strings_add(&space->snapshots, arena[i], ARENA, 0);
}

void space_close(struct space *space)
{
  strings_close(&space->states);
  strings_close(&space->snapshots);
}

/* -- moves -------------------------------------------------------------------------------- */

static const char *take_call(struct space *space, struct node *n, struct move *move)
{
  unsigned rank = move->step.who;
  struct outcome o = cpu_step(space->scenario, &n->machine, rank, &n->log[rank], &move->script);
  if (o.returned)
    n->snapshot[rank] = strings_add(&space->snapshots, arena[rank], ARENA, 0);
  else
    restore(space, n, rank);
  machine_settle(&n->machine);
  return o.failure;
}

const char *node_take(struct space *space, struct node *n, struct move *move)
{
  const char *wrong = 0, *unmapped = 0;
  if (watcher)
    watcher->enter(n->world);
  if (move->step.rule == CPU)
    wrong = take_call(space, n, move);
  else
    machine_take(&n->machine, move->step);
  if (watcher)
    unmapped = watcher->leave(n->world, &n->machine);
  const char *state = space->scenario->check(space->scenario, &n->machine);
  return unmapped ? unmapped : state ? state : wrong;
}

static bool is_over(const struct space *space, const struct node *n, unsigned rank)
{
  return n->machine.dead >> rank & 1 || space->scenario->at_end(space->scenario, rank);
}

bool node_is_final(const struct space *space, const struct node *n)
{
  for (unsigned i = 0; i < extent.ranks; i++)
    if (!is_over(space, n, i))
      return false;
  return machine_is_quiet(&n->machine);
}

/* All that one move can lead to, choice by choice. */
static bool expand_move(struct space *space, const struct node *n, struct step step, visit *visit, void *context)
{
  static struct node next;
  struct move move = {.step = step};
  do {
    next = *n;
    const char *wrong = node_take(space, &next, &move);
    bool goes_on = visit(space, &next, wrong, &move, context);
    if (step.rule == CPU)
      restore(space, n, step.who);
    if (!goes_on)
      return false;
  } while (step.rule == CPU && script_next(&move.script));
  return true;
}

void node_expand(struct space *space, const struct node *n, visit *visit, void *context)
{
  struct step steps[STEPS];
  unsigned count = machine_steps(&n->machine, steps);
  int mortal = space->scenario->mortal;
  node_enter(space, n);
  if (mortal >= 0 && !is_over(space, n, (unsigned)mortal) &&
      !expand_move(space, n, (struct step){DIE, (tiny)mortal, 0, 0}, visit, context))
    return;
  for (unsigned i = 0; i < extent.ranks; i++)
    if (!is_over(space, n, i) && !expand_move(space, n, (struct step){CPU, (tiny)i, 0, 0}, visit, context))
      return;
  for (unsigned k = 0; k < count; k++)
    if (!expand_move(space, n, steps[k], visit, context))
      return;
}
