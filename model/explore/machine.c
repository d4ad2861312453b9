/* The steps of store buffers and NICs, in the order of the rules of model/README.md. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"
#include <string.h>

struct extent extent;
bool unreduced;
enum mistaken_machine mistaken_machine;
const struct watcher *watcher;

/* -- what the CPU does ------------------------------------------------------ */

static struct buffered *append(struct machine *m, unsigned rank)
{
  if (m->buffered[rank] == BUFFER)
    give_up("a store buffer is longer than BUFFER");
  struct buffered *b = &m->buffer[rank][m->buffered[rank]++];
  memset(b, 0, sizeof *b);
  return b;
}

/* Of interest where a buffer is emptied before anybody sees it, and somebody asks. */
static void is_newest(struct machine *m, unsigned rank, unsigned what)
{
  if (extent.polls && !unreduced)
    m->newest[rank] = (tiny)what;
}

void machine_store(struct machine *m, unsigned rank, unsigned word, tiny value)
{
  struct buffered *b = append(m, rank);
  b->is_store = 1;
  b->to = (tiny)word;
  b->value = value;
  is_newest(m, rank, STORED);
}

void machine_post(struct machine *m, unsigned rank, unsigned pair, const struct operation *operation)
{
  struct buffered *b = append(m, rank);
  b->pair = (tiny)pair;
  b->operation = *operation;
  is_newest(m, rank, FOR + target(pair));
  if (++m->pair[pair].posted == MOST)
    give_up("more operations of a queue pair than are counted");
}

tiny machine_load(const struct machine *m, unsigned rank, unsigned word)
{
  for (unsigned k = m->buffered[rank]; k > 0; k--) {
    const struct buffered *b = &m->buffer[rank][k - 1];
    if (b->is_store && b->to == word)
      return b->value;
  }
  return m->memory[rank][word];
}

unsigned machine_finished(const struct machine *m, unsigned pair)
{
  unsigned waiting = m->pair[pair].length;
  for (unsigned k = 0; k < m->buffered[source(pair)]; k++) {
    const struct buffered *b = &m->buffer[source(pair)][k];
    waiting += !b->is_store && b->pair == pair;
  }
  return m->pair[pair].posted - waiting;
}

unsigned machine_completed(const struct machine *m, unsigned pair)
{
  return machine_finished(m, pair) - m->pair[pair].ripe;
}

void machine_tell(struct machine *m, unsigned pair, unsigned more)
{
  for (; more > 0; more--) {
    m->pair[pair].ripe--;
    narrate("NIC %u->%u: completed number %u", source(pair), target(pair), machine_completed(m, pair));
    if (watcher)
      watcher->tell(pair);
  }
}

void machine_seen(struct machine *m, unsigned rank, unsigned to)
{
  if (m->newest[rank] == FOR + to)
    m->newest[rank] = NOTHING;
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
  bool unread_put, unplaced_put;
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
  if (o->kind == GET)
    return;
  older->unread_put |= has(o, READ);
  older->unplaced_put |= has(o, ACCEPTED);
}

static bool is_flush(const struct operation *o)
{
  return o->kind == GET && o->words == 0;
}

static bool is_over(const struct operation *o)
{
  return is_flush(o) ? o->read : !has(o, ACCEPTED);
}

/* -- the steps ---------------------------------------------------------------- */

/* Steps as they are offered, either all of them or only those that can be noticed. */
struct list {
  struct step *steps;
  unsigned count;
};

static void offer(struct list *l, enum rule rule, unsigned who, unsigned operation, unsigned copy)
{
  if (l->count == STEPS)
    give_up("more steps in a state than STEPS");
  l->steps[l->count++] = (struct step){(tiny)rule, (tiny)who, (tiny)operation, (tiny)copy};
}

static void offer_put(const struct operation *o, unsigned who, unsigned k, const struct older *older, struct list *l)
{
  for (unsigned c = 0; c < o->words; c++) {
    if (o->copy[c].stage == POSTED && !older->unread_put)
      offer(l, NLR, who, k, c);
    if (o->copy[c].stage == READ && !older->unplaced_put)
      offer(l, NRW, who, k, c);
  }
}

/*
 * A get reads only when all before it is placed: that makes it a flush. Its words land from the head of the pipe,
 * straight into memory. The machine of the README has wbL between; but nothing can tell a get whose words are there
 * from one that is still in its pipe, save a younger put, which may not read its source meanwhile: here it can do so
 * before.
 */
static void offer_get(const struct pair *p, const struct operation *o, unsigned who, unsigned k,
                      const struct older *older, struct list *l)
{
  bool can_read = !older->unplaced_put && p->remote == 0;
  can_read |= mistaken_machine == READS_EARLY;
  if (is_flush(o) && !o->read && can_read)
    offer(l, NRR, who, k, 0);
  for (unsigned c = 0; c < o->words; c++) {
    if (o->copy[c].stage == POSTED && can_read)
      offer(l, NRR, who, k, c);
    if (o->copy[c].stage == READ && k == 0)
      offer(l, NLW, who, k, c);
  }
}

/* A mistake: wbR has no order. */
static void offer_younger(const struct pair *p, unsigned who, struct list *l)
{
  for (unsigned c = 1; c < p->remote; c++)
    if (p->wbr[c].operation != p->wbr[0].operation)
      offer(l, PLACE, who, 0, c);
}

static void offer_pair(const struct machine *m, unsigned who, struct list *l)
{
  const struct pair *p = &m->pair[who];
  struct older older = {.unplaced_put = WAITS && p->remote == REMOTE};
  for (unsigned k = 0; k < p->length; k++) {
    const struct operation *o = &p->pipe[k];
    if (o->kind == PUT)
      offer_put(o, who, k, &older, l);
    else
      offer_get(p, o, who, k, &older, l);
    note(&older, o);
  }
  for (unsigned c = 0; c < p->remote && (c == 0 || !unreduced) && p->wbr[c].operation == p->wbr[0].operation; c++)
    offer(l, PLACE, who, 0, c);
  if (mistaken_machine == PLACES_ANY)
    offer_younger(p, who, l);
  if (p->length > 0 && is_over(&p->pipe[0]))
    offer(l, FINISH, who, 0, 0);
}

static void offer_buffer(const struct machine *m, unsigned rank, struct list *l)
{
  const struct buffered *b = &m->buffer[rank][0];
  if (m->buffered[rank] == 0 || (WAITS && !b->is_store && m->pair[b->pair].length == DEPTH))
    return;
  offer(l, b->is_store ? STORE : HAND, rank, 0, 0);
}

unsigned machine_steps(const struct machine *m, struct step *steps)
{
  struct list l = {.steps = steps};
  for (unsigned i = 0; i < extent.ranks; i++)
    offer_buffer(m, i, &l);
  for (unsigned who = 0; who < pair_of(extent.ranks, 0, 0); who++)
    if (m->pair[who].length > 0 || m->pair[who].remote > 0)
      offer_pair(m, who, &l);
  return l.count;
}

/* -- their effects ------------------------------------------------------------ */

static void shift(struct machine *m, unsigned rank)
{
  memmove(&m->buffer[rank][0], &m->buffer[rank][1], --m->buffered[rank] * sizeof m->buffer[rank][0]);
}

static void hand_over(struct machine *m, unsigned rank)
{
  struct pair *p = &m->pair[m->buffer[rank][0].pair];
  if (p->length == DEPTH)
    give_up("a pipe is longer than DEPTH");
  p->pipe[p->length++] = m->buffer[rank][0].operation;
  shift(m, rank);
}

static void store(struct machine *m, unsigned rank)
{
  const struct buffered *b = &m->buffer[rank][0];
  narrate("rank %u: its store %s := %u leaves the store buffer", rank, word_name(b->to), b->value);
  m->memory[rank][b->to] = b->value;
  shift(m, rank);
}

tiny machine_source(const struct machine *m, unsigned pair, const struct copy *c)
{
  if (mistaken_machine == READS_BUFFERED)
    return machine_load(m, source(pair), c->from);
  return m->memory[source(pair)][c->from];
}

static void read_source(struct machine *m, unsigned who, struct copy *c)
{
  c->value = machine_source(m, who, c);
  c->stage = READ;
  narrate("NIC %u->%u: read the source %s: %u", source(who), target(who), word_name(c->from), c->value);
  c->from = 0; /* of no interest any more: states that differ in it are one */
}

/*
 * Words of one operation go to wbR in any order, and nobody sees in which before they are placed: so they are kept
 * by address, and it is for placing them that the order is chosen.
 */
static void accept(struct machine *m, unsigned who, unsigned k, struct copy *c)
{
  struct pair *p = &m->pair[who];
  tiny number = (tiny)(machine_finished(m, who) + k);
  unsigned at = p->remote++;
  if (at == REMOTE)
    give_up("wbR is longer than REMOTE");
  for (; !unreduced && at > 0 && p->wbr[at - 1].operation == number && p->wbr[at - 1].to > c->to; at--)
    p->wbr[at] = p->wbr[at - 1];
  p->wbr[at] = (struct accepted){number, c->to, c->value};
  narrate("NIC %u->%u: wbR has %s := %u, not yet placed", source(who), target(who), word_name(c->to), c->value);
  *c = (struct copy){.stage = ACCEPTED};
}

static void read_remote(struct machine *m, unsigned who, struct operation *o, struct copy *c)
{
  if (is_flush(o)) {
    narrate("NIC %u->%u: the get behind all that reads, wbR being empty", source(who), target(who));
    o->read = 1;
    return;
  }
  c->value = m->memory[target(who)][c->from];
  c->stage = READ;
  narrate("NIC %u->%u: a get reads %s of rank %u: %u", source(who), target(who), word_name(c->from), target(who),
          c->value);
  c->from = 0;
}

/* Completions come before what lands behind them. */
static void land(struct machine *m, unsigned who, struct copy *c)
{
  machine_tell(m, who, m->pair[who].ripe);
  narrate("NIC %u->%u: landed %s := %u in rank %u's memory", source(who), target(who), word_name(c->to), c->value,
          source(who));
  m->memory[source(who)][c->to] = c->value;
  *c = (struct copy){.stage = ACCEPTED};
}

static void place(struct machine *m, unsigned who, unsigned at)
{
  struct pair *p = &m->pair[who];
  struct accepted word = p->wbr[at];
  narrate("NIC %u->%u: placed %s := %u in rank %u's memory", source(who), target(who), word_name(word.to), word.value,
          target(who));
  m->memory[target(who)][word.to] = word.value;
  memmove(&p->wbr[at], &p->wbr[at + 1], (--p->remote - at) * sizeof p->wbr[0]);
}

static void finish(struct machine *m, unsigned who)
{
  struct pair *p = &m->pair[who];
  memmove(&p->pipe[0], &p->pipe[1], --p->length * sizeof p->pipe[0]);
  p->ripe++;
  if (unreduced || !extent.polls)
    machine_tell(m, who, 1);
}

static void take(struct machine *m, struct step step)
{
  struct operation *o = &m->pair[step.who].pipe[step.operation];
  if (watcher)
    watcher->step(m, step);
  switch (step.rule) {
  case HAND:
    hand_over(m, step.who);
    break;
  case STORE:
    store(m, step.who);
    break;
  case NLR:
    read_source(m, step.who, &o->copy[step.copy]);
    break;
  case NRW:
    accept(m, step.who, step.operation, &o->copy[step.copy]);
    break;
  case NRR:
    read_remote(m, step.who, o, &o->copy[step.copy]);
    break;
  case NLW:
    land(m, step.who, &o->copy[step.copy]);
    break;
  case PLACE:
    place(m, step.who, step.copy);
    break;
  case FINISH:
    finish(m, step.who);
    break;
  default: /* DIE */
    narrate("rank %u dies", step.who);
    m->dead |= (tiny)(1U << step.who);
  }
}

/* -- the steps that nobody can notice ------------------------------------------- */

/* Is there a get before this operation that is not read? A word in wbR would hold it back. */
static bool holds_back(const struct pair *p, unsigned k)
{
  while (k-- > 0)
    if (p->pipe[k].kind == GET && (is_flush(&p->pipe[k]) ? !p->pipe[k].read : has(&p->pipe[k], READ)))
      return true;
  return false;
}

/* Is there an operation whose source this word is, and that has not read it? */
static bool is_to_be_read(const struct machine *m, unsigned rank, unsigned word)
{
  for (const struct pair *p = &m->pair[pair_of(rank, 0, 0)]; p < &m->pair[pair_of(rank + 1, 0, 0)]; p++)
    for (unsigned k = 0; k < p->length; k++)
      for (unsigned c = 0; c < p->pipe[k].words; c++)
        if (p->pipe[k].kind == PUT && p->pipe[k].copy[c].stage == POSTED && p->pipe[k].copy[c].from == word)
          return true;
  return false;
}

/*
 * A store to an own row reaches memory, which only its rank's NIC reads, and no earlier operation; a post enters its pipe, and a word that is read goes to wbR: that only makes more possible, but for an older get.
 * So does a get of no interest when it reads. What is completed leaves its pipe, and is told when somebody looks.
 */
static bool is_unnoticed(const struct machine *m, struct step step)
{
  const struct operation *o = &m->pair[step.who].pipe[step.operation];
  switch (step.rule) {
  case HAND:
    return true;
  case NRR:
    return is_flush(o);
  case STORE:
    return !extent.looks_home && !is_to_be_read(m, step.who, m->buffer[step.who][0].to);
  case NRW:
    return !holds_back(&m->pair[step.who], step.operation);
  case FINISH:
    return true;
  default:
    return false;
  }
}

/* Take the first of those offered that nobody can notice. False: there is none. */
static bool take_unnoticed(struct machine *m, const struct list *l)
{
  for (unsigned k = 0; k < l->count; k++)
    if (is_unnoticed(m, l->steps[k])) {
      take(m, l->steps[k]);
      return true;
    }
  return false;
}

static bool settle_buffer(struct machine *m, unsigned rank)
{
  struct step steps[1];
  struct list l = {.steps = steps};
  offer_buffer(m, rank, &l);
  return take_unnoticed(m, &l);
}

static bool settle_pair(struct machine *m, unsigned who)
{
  struct step steps[STEPS];
  struct list l = {.steps = steps};
  offer_pair(m, who, &l);
  return take_unnoticed(m, &l);
}

/* One after the other, and again as long as there was one: what a pair has done may let a store go on. */
void machine_settle(struct machine *m)
{
  for (bool again = !unreduced; again;) {
    again = false;
    for (unsigned i = 0; i < extent.ranks; i++)
      while (settle_buffer(m, i))
        again = true;
    for (unsigned who = 0; who < pair_of(extent.ranks, 0, 0); who++)
      while (m->pair[who].length > 0 && settle_pair(m, who))
        again = true;
  }
}

void machine_take(struct machine *m, struct step step)
{
  take(m, step);
  machine_settle(m);
}
