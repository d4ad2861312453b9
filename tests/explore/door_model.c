/* Litmus tests on the machine of model/explore: threads take the place of the primitives. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "door_model.h"
#include "../../model/explore/node.h"
#include <string.h>

/* A node of the search: `snapshot` is where a thread is in its program, the log of rank 0 are all registers. */
struct search {
  const struct litmus *test;
  struct space space;
  struct node next;
};

static unsigned rank_of(uint32_t node)
{
  return node - 1;
}

/* -- what it can say ---------------------------------------------------------------------- */

static bool is_said(const struct litmus_instruction *i)
{
  bool cpu = i->kind == LITMUS_STORE || i->kind == LITMUS_LOAD || i->kind == LITMUS_POLL;
  bool nic = (i->kind == LITMUS_PUT || i->kind == LITMUS_GET) && i->words <= COPIES;
  return (cpu || nic) && (i->kind == LITMUS_STORE || i->kind == LITMUS_LOAD || i->node <= RANKS);
}

static bool is_small(const struct litmus_instruction *i)
{
  for (unsigned w = 0; w < LITMUS_WORDS; w++)
    if (!i->operand[w].is_register && i->operand[w].number >= MOST)
      return false;
  return true;
}

bool door_can_say(const struct litmus *test)
{
  unsigned nodes = 0;
  for (unsigned t = 0; t < test->threads; t++) {
    unsigned node = test->thread[t].node;
    if (node > RANKS || nodes >> node & 1)
      return false;
    nodes |= 1U << node;
  }
  for (unsigned l = 0; l < test->locations; l++)
    if (test->location[l].node > RANKS || test->location[l].initial >= MOST)
      return false;
  for (unsigned k = 0; k < test->instructions; k++)
    if (!is_said(&test->code[k]) || !is_small(&test->code[k]))
      return false;
  return test->registers <= LOG;
}

/* -- the beginning --------------------------------------------------------------------------- */

static bool is_among(const uint8_t *words, unsigned n, unsigned location)
{
  for (unsigned w = 0; w < n; w++)
    if (words[w] == location)
      return true;
  return false;
}

/* Does anybody but its own CPU and NIC access a word that is stored to? Or does a get land in one? */
static bool looks_home(const struct litmus *test)
{
  for (unsigned s = 0; s < test->instructions; s++)
    for (unsigned k = 0; k < test->instructions && test->code[s].kind == LITMUS_STORE; k++) {
      const struct litmus_instruction *i = &test->code[k];
      unsigned stored = test->code[s].local[0];
      bool remote = (i->kind == LITMUS_PUT || i->kind == LITMUS_GET) && is_among(i->remote, i->words, stored);
      if (remote || (i->kind == LITMUS_GET && is_among(i->local, i->words, stored)))
        return true;
    }
  return false;
}

static void begin(struct search *s)
{
  struct node *n = &s->next;
  extent =
      (struct extent){.ranks = RANKS, .words = s->test->locations, .polls = true, .looks_home = looks_home(s->test)};
  memset(n, 0, sizeof *n);
  n->log[0].length = (tiny)s->test->registers;
  for (unsigned l = 0; l < s->test->locations; l++)
    n->machine.memory[rank_of(s->test->location[l].node)][l] = (tiny)s->test->location[l].initial;
  strings_open(&s->space.states);
  space_add(&s->space, n, 0);
}

/* -- a thread's next instruction --------------------------------------------------------------- */

static tiny value(const struct search *s, const struct litmus_operand *e)
{
  return e->is_register ? s->next.log[0].answer[e->reg] : (tiny)e->number;
}

/* How many polls of this node the thread has behind it when it is at `at`. */
static unsigned polls_before(const struct search *s, const struct litmus_thread *t, unsigned at, uint32_t node)
{
  unsigned polls = 0;
  for (unsigned k = 0; k < at; k++)
    polls += s->test->code[t->code[k]].kind == LITMUS_POLL && s->test->code[t->code[k]].node == node;
  return polls;
}

/* A poll takes the next completion, and is told of no more than it needs. False: there is none. */
static bool poll(struct search *s, const struct litmus_thread *t, unsigned at, uint32_t node)
{
  struct machine *m = &s->next.machine;
  unsigned pair = pair_of(rank_of(t->node), rank_of(node), 0), wanted = polls_before(s, t, at, node) + 1;
  unsigned known = machine_completed(m, pair);
  if (known + m->pair[pair].ripe < wanted)
    return false;
  machine_tell(m, pair, known < wanted ? wanted - known : 0);
  return true;
}

static void post(struct search *s, unsigned rank, const struct litmus_instruction *i)
{
  struct operation o = {.kind = i->kind == LITMUS_PUT ? PUT : GET, .words = i->words};
  for (unsigned w = 0; w < i->words; w++)
    if (i->kind == LITMUS_GET)
      o.copy[w] = (struct copy){i->local[w], i->remote[w], 0, POSTED};
    else if (i->is_inline)
      o.copy[w] = (struct copy){i->remote[w], 0, value(s, &i->operand[w]), READ};
    else
      o.copy[w] = (struct copy){i->remote[w], i->local[w], 0, POSTED};
  machine_post(&s->next.machine, rank, pair_of(rank, rank_of(i->node), 0), &o);
}

/* The next instruction of the thread, or NULL. */
static const struct litmus_instruction *next(const struct search *s, const struct litmus_thread *t)
{
  unsigned at = s->next.snapshot[rank_of(t->node)];
  return at < t->length ? &s->test->code[t->code[at]] : NULL;
}

static bool observes(const struct litmus_instruction *i)
{
  return i->kind == LITMUS_LOAD || i->kind == LITMUS_POLL;
}

/* False: it cannot go on now. */
static bool execute_one(struct search *s, const struct litmus_thread *t)
{
  const struct litmus_instruction *i = next(s, t);
  unsigned rank = rank_of(t->node);
  if (!i || (i->kind == LITMUS_POLL && !poll(s, t, s->next.snapshot[rank], i->node)))
    return false;
  if (i->kind == LITMUS_STORE)
    machine_store(&s->next.machine, rank, i->local[0], value(s, &i->operand[0]));
  else if (i->kind == LITMUS_LOAD)
    s->next.log[0].answer[i->reg] = machine_load(&s->next.machine, rank, i->local[0]);
  else if (i->kind != LITMUS_POLL)
    post(s, rank, i);
  s->next.snapshot[rank]++;
  return true;
}

/* As a call of a primitive: what it stores and posts behind the first operation is the same step (cpu.h). */
static bool execute(struct search *s, const struct litmus_thread *t)
{
  bool led = execute_one(s, t);
  while (led && !unreduced && next(s, t) && !observes(next(s, t)))
    execute_one(s, t);
  machine_settle(&s->next.machine);
  return led;
}

/* -- all of it ------------------------------------------------------------------------------------ */

static bool is_final(const struct search *s, const struct node *n)
{
  for (unsigned t = 0; t < s->test->threads; t++)
    if (n->snapshot[rank_of(s->test->thread[t].node)] < s->test->thread[t].length)
      return false;
  return machine_is_quiet(&n->machine);
}

static void add_outcome(const struct search *s, const struct node *n, struct outcomes *o)
{
  struct litmus_column columns[LITMUS_REGISTERS + LITMUS_LOCATIONS];
  uint64_t row[LITMUS_REGISTERS + LITMUS_LOCATIONS];
  unsigned count = litmus_columns(s->test, columns);
  for (unsigned k = 0; k < count; k++) {
    unsigned x = columns[k].index;
    row[k] = columns[k].is_register ? n->log[0].answer[x] : n->machine.memory[rank_of(s->test->location[x].node)][x];
  }
  outcomes_add(o, row, 1);
}

/* Everything that a state leads to. False: nothing. */
static bool expand(struct search *s, const struct node *n)
{
  struct step steps[STEPS];
  unsigned count = machine_steps(&n->machine, steps), led = count;
  for (unsigned k = 0; k < count; k++) {
    s->next = *n;
    machine_take(&s->next.machine, steps[k]);
    space_add(&s->space, &s->next, 0);
  }
  for (unsigned t = 0; t < s->test->threads; t++) {
    s->next = *n;
    if (execute(s, &s->test->thread[t])) {
      space_add(&s->space, &s->next, 0);
      led++;
    }
  }
  return led > 0;
}

void door_model(const struct litmus *test, const struct model_options *options, struct model_result *result)
{
  static struct search s;
  static struct node n;
  struct litmus_column columns[LITMUS_REGISTERS + LITMUS_LOCATIONS];
  s.test = test;
  unreduced = !options->reduce;
  *result = (struct model_result){0};
  outcomes_start(&result->outcomes, litmus_columns(test, columns));
  begin(&s);
  for (uint32_t at = 0; at < s.space.states.count && !result->limit; at++) {
    space_get(&s.space, at, &n);
    bool led = expand(&s, &n);
    if (is_final(&s, &n))
      add_outcome(&s, &n, &result->outcomes);
    else if (!led)
      result->blocked++;
    if (s.space.states.count > options->max_states)
      result->limit = "more states than --max-states";
  }
  outcomes_sort(&result->outcomes);
  result->explored = s.space.states.count;
  strings_close(&s.space.states);
}
