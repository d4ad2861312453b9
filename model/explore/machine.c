/* The steps of store buffers and NICs, in the order of the rules of model/README.md. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"
#include <string.h>

struct extent extent;

static unsigned source(unsigned pair)
{
  return pair / LANES / RANKS;
}

static unsigned target(unsigned pair)
{
  return pair / LANES % RANKS;
}

/* -- what the CPU does ------------------------------------------------------ */

static struct buffered *append(struct machine *m, unsigned rank)
{
  if (m->buffered[rank] == BUFFER)
    give_up("a store buffer is longer than BUFFER");
  struct buffered *b = &m->buffer[rank][m->buffered[rank]++];
  memset(b, 0, sizeof *b);
  return b;
}

void machine_store(struct machine *m, unsigned rank, unsigned word, uint8_t value)
{
  struct buffered *b = append(m, rank);
  b->is_store = 1;
  b->to = (uint8_t)word;
  b->value = value;
}

void machine_post(struct machine *m, unsigned rank, unsigned pair, const struct operation *operation)
{
  struct buffered *b = append(m, rank);
  b->pair = (uint8_t)pair;
  b->operation = *operation;
  if (++m->pair[pair].posted == 255)
    give_up("more operations than a byte counts");
}

uint8_t machine_load(const struct machine *m, unsigned rank, unsigned word)
{
  for (unsigned k = m->buffered[rank]; k > 0; k--) {
    const struct buffered *b = &m->buffer[rank][k - 1];
    if (b->is_store && b->to == word)
      return b->value;
  }
  return m->memory[rank][word];
}

unsigned machine_completed(const struct machine *m, unsigned pair)
{
  unsigned waiting = m->pair[pair].length;
  for (unsigned k = 0; k < m->buffered[source(pair)]; k++) {
    const struct buffered *b = &m->buffer[source(pair)][k];
    waiting += !b->is_store && b->pair == pair;
  }
  return m->pair[pair].posted - waiting;
}

bool machine_is_quiet(const struct machine *m)
{
  for (unsigned i = 0; i < RANKS; i++)
    if (m->buffered[i] > 0)
      return false;
  for (const struct pair *p = m->pair; p < m->pair + PAIRS; p++)
    if (p->length > 0 || p->remote > 0)
      return false;
  return true;
}

/* -- what an operation waits for -------------------------------------------- */

/* What the older entries of a pipe have not done yet. */
struct older {
  bool unread_put, unplaced_put, unread_get;
};

static bool has(const struct operation *o, enum stage below)
{
  for (unsigned c = 0; c < o->words; c++)
    if (o->copy[c].stage < below)
      return true;
  return false;
}

static void note(struct older *older, const struct operation *o)
{
  older->unread_put |= has(o, READ);
  older->unplaced_put |= has(o, ACCEPTED);
  older->unread_get |= o->kind == GET && !o->read;
}

/* Can the NIC read what a get is behind? Only when all before it is placed: the flush. */
static bool can_read_remote(const struct pair *p, const struct operation *o, const struct older *older)
{
  return o->kind == GET && !o->read && !older->unplaced_put && p->remote == 0;
}

static bool is_over(const struct operation *o)
{
  return o->kind == GET ? o->read : !has(o, ACCEPTED);
}

/* -- the steps ---------------------------------------------------------------- */

static unsigned offer(struct step *steps, unsigned n, enum rule rule, unsigned who, unsigned operation, unsigned copy)
{
  if (n == STEPS)
    give_up("more steps in a state than STEPS");
  steps[n] = (struct step){(uint8_t)rule, (uint8_t)who, (uint8_t)operation, (uint8_t)copy};
  return n + 1;
}

static unsigned offer_pair(const struct machine *m, unsigned who, struct step *steps, unsigned n)
{
  const struct pair *p = &m->pair[who];
  struct older older = {0};
  for (unsigned k = 0; k < p->length; k++) {
    const struct operation *o = &p->pipe[k];
    for (unsigned c = 0; c < o->words; c++) {
      if (o->copy[c].stage == POSTED && !older.unread_put)
        n = offer(steps, n, NLR, who, k, c);
      if (o->copy[c].stage == READ && !older.unplaced_put)
        n = offer(steps, n, NRW, who, k, c);
    }
    note(&older, o);
  }
  if (p->remote > 0)
    n = offer(steps, n, PLACE, who, 0, 0);
  if (p->length > 0 && is_over(&p->pipe[0]))
    n = offer(steps, n, FINISH, who, 0, 0);
  return n;
}

unsigned machine_steps(const struct machine *m, struct step *steps)
{
  unsigned n = 0;
  for (unsigned i = 0; i < extent.ranks; i++)
    if (m->buffered[i] > 0 && m->buffer[i][0].is_store)
      n = offer(steps, n, STORE, i, 0, 0);
  for (unsigned who = 0; who < PAIRS; who++)
    n = offer_pair(m, who, steps, n);
  return n;
}

/* -- their effects ------------------------------------------------------------ */

static void shift(struct machine *m, unsigned rank)
{
  memmove(&m->buffer[rank][0], &m->buffer[rank][1], (BUFFER - 1) * sizeof m->buffer[rank][0]);
  m->buffered[rank]--;
}

static void store(struct machine *m, unsigned rank)
{
  const struct buffered *b = &m->buffer[rank][0];
  narrate("rank %u: its store %s := %u leaves the store buffer", rank, word_name(b->to), b->value);
  m->memory[rank][b->to] = b->value;
  shift(m, rank);
}

static void read_source(struct machine *m, unsigned who, struct copy *c)
{
  c->value = m->memory[source(who)][c->from];
  c->stage = READ;
  narrate("NIC %u->%u: read the source %s: %u", source(who), target(who), word_name(c->from), c->value);
  c->from = 0; /* of no interest any more: states that differ in it are one */
}

static void accept(struct machine *m, unsigned who, struct copy *c)
{
  struct pair *p = &m->pair[who];
  if (p->remote == REMOTE)
    give_up("wbR is longer than REMOTE");
  p->wbr[p->remote].to = c->to;
  p->wbr[p->remote++].value = c->value;
  narrate("NIC %u->%u: wbR has %s := %u, not yet placed", source(who), target(who), word_name(c->to), c->value);
  *c = (struct copy){.stage = ACCEPTED};
}

static void place(struct machine *m, unsigned who)
{
  struct pair *p = &m->pair[who];
  narrate("NIC %u->%u: placed %s := %u in rank %u's memory", source(who), target(who), word_name(p->wbr[0].to),
          p->wbr[0].value, target(who));
  m->memory[target(who)][p->wbr[0].to] = p->wbr[0].value;
  memmove(&p->wbr[0], &p->wbr[1], (REMOTE - 1) * sizeof p->wbr[0]);
  p->remote--;
}

static void complete(struct machine *m, unsigned who)
{
  struct pair *p = &m->pair[who];
  memmove(&p->pipe[0], &p->pipe[1], (DEPTH - 1) * sizeof p->pipe[0]);
  p->length--;
  narrate("NIC %u->%u: completed number %u", source(who), target(who), machine_completed(m, who));
}

void machine_take(struct machine *m, struct step step)
{
  struct copy *c = &m->pair[step.who % PAIRS].pipe[step.operation].copy[step.copy];
  switch (step.rule) {
  case STORE:
    store(m, step.who);
    break;
  case NLR:
    read_source(m, step.who, c);
    break;
  case NRW:
    accept(m, step.who, c);
    break;
  case PLACE:
    place(m, step.who);
    break;
  case FINISH:
    complete(m, step.who);
    break;
  default: /* DIE */
    narrate("rank %u dies", step.who);
    m->dead |= (uint8_t)(1U << step.who);
  }
  machine_settle(m);
}

/* -- the steps that nobody can notice ------------------------------------------- */

/* A post at the head of a store buffer goes into its pipe. */
static bool hand_over(struct machine *m, unsigned rank)
{
  struct buffered *b = &m->buffer[rank][0];
  if (m->buffered[rank] == 0 || b->is_store)
    return false;
  struct pair *p = &m->pair[b->pair];
  if (p->length == DEPTH)
    give_up("a pipe is longer than DEPTH");
  p->pipe[p->length++] = b->operation;
  shift(m, rank);
  return true;
}

/* The one copy of an operation that is not accepted yet: where it is alone, there is no order to choose. */
static struct copy *last_copy(struct operation *o)
{
  struct copy *found = 0;
  for (unsigned c = 0; c < o->words; c++)
    if (o->copy[c].stage < ACCEPTED) {
      if (found)
        return 0;
      found = &o->copy[c];
    }
  return found && found->stage == READ ? found : 0;
}

/*
 * The last word of an operation goes to wbR, where that holds no older get back; a get of no interest reads,
 * which only makes more possible; and without polls what is over is completed.
 */
static bool settle_pair(struct machine *m, unsigned who)
{
  struct pair *p = &m->pair[who];
  struct older older = {0};
  for (unsigned k = 0; k < p->length; k++) {
    struct operation *o = &p->pipe[k];
    if (can_read_remote(p, o, &older)) {
      narrate("NIC %u->%u: the get behind all that reads, wbR being empty", source(who), target(who));
      o->read = 1;
      return true;
    }
    struct copy *last = last_copy(o);
    if (last && !older.unplaced_put && !older.unread_get) {
      accept(m, who, last);
      return true;
    }
    note(&older, o);
  }
  if (extent.polls || p->length == 0 || !is_over(&p->pipe[0]))
    return false;
  complete(m, who);
  return true;
}

void machine_settle(struct machine *m)
{
  for (unsigned i = 0; i < extent.ranks; i++)
    while (hand_over(m, i))
      ;
  for (unsigned who = 0; who < PAIRS; who++)
    while (settle_pair(m, who))
      ;
}
