/* Enumerates candidate executions: rf, then mo, then nfo and rao, each step cut short by a cycle in ib or ob. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "cells.h"
#include "execution.h"
#include <stdlib.h>
#include <string.h>

#define BIT(e) ((uint64_t)1 << (e))
#define LEFT_OUT(part) is_part(s->x->options.mutant, PART_##part)

/* Two relations, each transitively closed. */
struct orders {
  relation ib, ob;
};

struct search {
  struct execution *x, *witness;
  struct model_result *result;
  bool has_witness, witness_holds;
  uint64_t known_read, known_written; /* events whose values follow from the part of rf chosen so far */
  uint64_t work;                      /* choices made so far, also those that led to no candidate */
  uint64_t instant;                   /* Inst: all events but lW, nlW, nrW, nAW */
};

/* -- relations --------------------------------------------------------------- */

/* Put a before b, and all that follows from that. False: that closes a cycle. */
static bool before(relation r, unsigned events, unsigned a, unsigned b)
{
  if (r[a] & BIT(b))
    return true;
  if (a == b || r[b] & BIT(a))
    return false;
  uint64_t more = r[b] | BIT(b);
  for (unsigned e = 0; e < events; e++)
    if (e == a || r[e] & BIT(a))
      r[e] |= more;
  return true;
}

static bool in_ib(struct search *s, struct orders *o, unsigned a, unsigned b)
{
  return before(o->ib, s->x->events, a, b);
}

static bool in_ob(struct search *s, struct orders *o, unsigned a, unsigned b)
{
  return before(o->ob, s->x->events, a, b);
}

/* Make ob hold [Inst];ib. */
static bool instants(struct search *s, struct orders *o)
{
  for (unsigned a = 0; a < s->x->events && !LEFT_OUT(OB_INST); a++)
    if (s->instant & BIT(a))
      for (uint64_t missing = o->ib[a] & ~o->ob[a]; missing; missing &= missing - 1)
        if (!in_ob(s, o, a, (unsigned)__builtin_ctzll(missing)))
          return false;
  return true;
}

/* ippo, oppo, pf and pfg between all events but those that are not there. */
static bool program_orders(struct search *s, struct orders *o, uint64_t absent)
{
  const struct execution *x = s->x;
  for (unsigned a = 0; a < x->events; a++)
    for (unsigned b = 0; b < x->events; b++) {
      if (absent & (BIT(a) | BIT(b)))
        continue;
      bool pf = execution_pf(x, a, b), pfg = LEFT_OUT(OB_PF) ? pf : execution_pfg(x, a, b);
      if ((execution_ippo(x, a, b) || (pf && !LEFT_OUT(IB_PF))) && !in_ib(s, o, a, b))
        return false;
      if ((execution_oppo(x, a, b) || (pfg && !LEFT_OUT(OB_PFG))) && !in_ob(s, o, a, b))
        return false;
    }
  return true;
}

/* One choice more. False: that were too many. */
static bool spend(struct search *s)
{
  enum { CHOICES_A_CANDIDATE = 256 };
  if (++s->work / CHOICES_A_CANDIDATE > s->x->options.max_states)
    s->result->limit = "256 choices for each of --max-states candidates were made";
  if (s->x->options.progress && s->work % (1 << 16) == 0)
    s->x->options.progress(s->result->explored);
  return !s->result->limit;
}

/* -- values ------------------------------------------------------------------ */

static bool assigns(const struct execution *x, unsigned e)
{
  enum litmus_kind kind = x->test->code[x->event[e].instruction].kind;
  return kind == LITMUS_LOAD || kind == LITMUS_CAS;
}

/* The value of an operand: a number, or what the load or cas that assigned the register has read. */
static bool operand(const struct search *s, unsigned instruction, unsigned w, uint64_t *value)
{
  const struct execution *x = s->x;
  const struct litmus_operand *e = &x->test->code[instruction].operand[w];
  *value = e->number;
  if (!e->is_register)
    return true;
  for (unsigned a = 0; a < x->events; a++) {
    if (assigns(x, a) && x->test->code[x->event[a].instruction].reg == e->reg) {
      *value = x->value_read[a];
      return s->known_read >> a & 1;
    }
  }
  return false;
}

/* Does a cas or rcas that has read `old` write? */
static bool compares(const struct search *s, unsigned instruction, uint64_t old, bool *writes)
{
  uint64_t expected;
  if (!operand(s, instruction, 0, &expected))
    return false;
  *writes = expected == old;
  return true;
}

enum knowledge { UNKNOWN, KNOWN, NOT_WRITTEN };

static enum knowledge written(const struct search *s, unsigned e, uint64_t *value)
{
  const struct execution *x = s->x;
  const struct event *event = &x->event[e];
  const struct litmus_instruction *i = &x->test->code[event->instruction];
  unsigned from = event->partner;
  bool has_read = s->known_read >> from & 1, writes;
  if (event->kind == lW || (event->kind == nrW && i->is_inline))
    return operand(s, event->instruction, event->word, value) ? KNOWN : UNKNOWN;
  if (!has_read)
    return UNKNOWN;
  *value = x->value_read[from];
  if (event->kind == nrW || event->kind == nlW)
    return KNOWN;
  if (i->kind == LITMUS_RFAA) {
    uint64_t old = *value;
    if (!operand(s, event->instruction, 0, value))
      return UNKNOWN;
    *value += old;
    return KNOWN;
  }
  if (!compares(s, event->instruction, *value, &writes))
    return UNKNOWN;
  if (!writes)
    return NOT_WRITTEN;
  return operand(s, event->instruction, 1, value) ? KNOWN : UNKNOWN;
}

/* An await reads the value that it waits for. */
static bool read_is_right(const struct search *s, unsigned e)
{
  uint64_t value;
  unsigned instruction = s->x->event[e].instruction;
  return s->x->test->code[instruction].kind != LITMUS_AWAIT || !operand(s, instruction, 0, &value) ||
         value == s->x->value_read[e];
}

static bool learn_read(struct search *s, unsigned e, uint64_t chosen)
{
  struct execution *x = s->x;
  unsigned from = x->reads_from[e];
  if (!(chosen >> e & 1) || s->known_read >> e & 1 || (from != INITIAL && !(s->known_written >> from & 1)))
    return false;
  x->value_read[e] = from == INITIAL ? x->test->location[x->event[e].location].initial : x->value_written[from];
  s->known_read |= BIT(e);
  return true;
}

static bool learn_write(struct search *s, unsigned e)
{
  struct execution *x = s->x;
  if ((s->known_written | x->unwritten) >> e & 1)
    return false;
  enum knowledge k = written(s, e, &x->value_written[e]);
  *(k == NOT_WRITTEN ? &x->unwritten : &s->known_written) |= k == UNKNOWN ? 0 : BIT(e);
  return k != UNKNOWN;
}

/* Does every await read what it waits for, and nobody from a cas that fails? */
static bool reads_are_right(const struct search *s, uint64_t chosen)
{
  const struct execution *x = s->x;
  for (unsigned e = 0; e < x->events; e++)
    if ((s->known_read >> e & 1 && !read_is_right(s, e)) ||
        (chosen >> e & 1 && x->reads_from[e] != INITIAL && x->unwritten >> x->reads_from[e] & 1))
      return false;
  return true;
}

/* Find all values that follow from the reads chosen so far. False: they contradict each other. */
static bool learn(struct search *s, uint64_t chosen)
{
  for (bool more = true; more;) {
    more = false;
    for (unsigned e = 0; e < s->x->events; e++) {
      more |= event_reads(&s->x->event[e]) && learn_read(s, e, chosen);
      more |= event_writes(&s->x->event[e]) && learn_write(s, e);
    }
  }
  return reads_are_right(s, chosen);
}

/* -- a final state ----------------------------------------------------------- */

static void final_state(const struct search *s, uint64_t *state)
{
  const struct execution *x = s->x;
  struct litmus_column columns[LITMUS_REGISTERS + LITMUS_LOCATIONS];
  uint64_t registers[LITMUS_REGISTERS] = {0};
  unsigned count = litmus_columns(x->test, columns);
  for (unsigned e = 0; e < x->events; e++)
    if (assigns(x, e))
      registers[x->test->code[x->event[e].instruction].reg] = x->value_read[e];
  for (unsigned i = 0; i < count; i++) {
    unsigned at = columns[i].index;
    state[i] = columns[i].is_register ? registers[at]
               : x->writes[at] > 0    ? x->value_written[x->order[at][x->writes[at] - 1]]
                                      : x->test->location[at].initial;
  }
}

static void keep(struct search *s, const uint64_t *state)
{
  if (!outcomes_add(&s->result->outcomes, state, 1))
    s->result->limit = "out of memory";
  outcomes_sort(&s->result->outcomes);
  bool holds = litmus_holds(s->x->test, state);
  if (s->witness && (!s->has_witness || (holds && !s->witness_holds))) {
    *s->witness = *s->x;
    s->has_witness = true;
    s->witness_holds = holds;
  }
}

/* -- nfo and rao: is there any choice without a cycle? ----------------------- */

static bool nfo(struct search *s, struct orders *o, unsigned a, unsigned b)
{
  return (LEFT_OUT(IB_NFO) || in_ib(s, o, a, b)) && (LEFT_OUT(OB_NFO) || in_ob(s, o, a, b));
}

/* The event of a kind of the same operation, or -1 where it is not there. */
static int sibling(const struct execution *x, unsigned e, enum event_kind kind)
{
  for (unsigned a = 0; a < x->events; a++)
    if (x->event[a].kind == kind && x->event[a].instruction == x->event[e].instruction && !(x->unwritten >> a & 1))
      return (int)a;
  return -1;
}

static bool choose(struct search *s, struct orders *o, const struct choice *c, bool forward)
{
  unsigned a = forward ? c->first : c->second, b = forward ? c->second : c->first;
  if (c->is_rao) {
    int write = sibling(s->x, a, nAW);
    return (LEFT_OUT(IB_RAO) || in_ib(s, o, a, b)) && (LEFT_OUT(OB_RAO) || in_ob(s, o, a, b)) &&
           (write < 0 || LEFT_OUT(OB_LOCK) || in_ob(s, o, (unsigned)write, b));
  }
  /* nrR goes before all of an atomic, or after its write */
  if (forward && s->x->event[b].kind == nAW && !nfo(s, o, a, s->x->event[b].partner))
    return false;
  return nfo(s, o, a, b);
}

static bool choices(struct search *s, const struct orders *before, unsigned done)
{
  if (done == s->x->choices)
    return true;
  for (unsigned forward = 0; forward < 2 && spend(s); forward++) {
    struct orders o = *before;
    s->x->forward[done] = forward;
    if (choose(s, &o, &s->x->choice[done], forward) && instants(s, &o) && choices(s, &o, done + 1))
      return true;
  }
  return false;
}

/* Must nfo order these two events? `a` is a read. */
static bool needs_nfo(const struct search *s, const struct event *a, const struct event *b)
{
  if (!event_on_nic(a) || !event_on_nic(b) || !event_same_pair(a, b) || a->instruction == b->instruction)
    return false;
  return (a->kind == nlR && b->kind == nlW && !LEFT_OUT(NFO_LOCAL)) ||
         (a->kind == nrR && b->kind == nrW && !LEFT_OUT(NFO_REMOTE)) ||
         (a->kind == nrR && b->kind == nAW && !LEFT_OUT(NFO_ATOMIC));
}

static void list_choices(struct search *s)
{
  struct execution *x = s->x;
  x->choices = 0;
  for (unsigned a = 0; a < x->events; a++)
    for (unsigned b = 0; b < x->events; b++) {
      if ((x->unwritten >> b & 1 && x->event[b].kind == nAW) || x->choices == CHOICES)
        continue;
      bool rao =
          a < b && x->event[a].kind == nAR && x->event[b].kind == nAR && x->event[a].location == x->event[b].location;
      if (rao || needs_nfo(s, &x->event[a], &x->event[b]))
        x->choice[x->choices++] = (struct choice){rao, (uint8_t)a, (uint8_t)b};
    }
}

/* A candidate as far as rf and mo go. */
static void try_candidate(struct search *s, const struct orders *o)
{
  uint64_t state[LITMUS_REGISTERS + LITMUS_LOCATIONS];
  if (s->result->explored == s->x->options.max_states) {
    s->result->limit = "--max-states was reached";
    return;
  }
  s->result->explored++;
  final_state(s, state);
  bool wanted = s->witness && !s->witness_holds && litmus_holds(s->x->test, state);
  if ((wanted || !outcomes_has(&s->result->outcomes, state)) && choices(s, o, 0))
    keep(s, state);
}

/* -- mo ---------------------------------------------------------------------- */

/* Place write w behind the writes to its location that are placed already: mo, rb and rb_b. */
static bool place(struct search *s, struct orders *o, unsigned x, unsigned w, uint64_t placed)
{
  struct execution *e = s->x;
  for (unsigned i = 0; i < e->writes[x] && !LEFT_OUT(OB_MO); i++)
    if (!in_ob(s, o, e->order[x][i], w))
      return false;
  for (unsigned r = 0; r < e->events; r++) {
    bool reads_older = event_reads(&e->event[r]) && e->event[r].location == x && r != w &&
                       (e->reads_from[r] == INITIAL || placed >> e->reads_from[r] & 1);
    if (!reads_older)
      continue;
    if (!LEFT_OUT(OB_RB) && !in_ob(s, o, r, w))
      return false;
    bool internal = e->event[r].kind == lR && e->event[w].kind == lW && e->event[r].thread == e->event[w].thread;
    if (internal && !LEFT_OUT(IB_RB) && !in_ib(s, o, r, w))
      return false;
  }
  return instants(s, o);
}

static void order_writes(struct search *s, const struct orders *before, unsigned x, uint64_t placed)
{
  struct execution *e = s->x;
  uint64_t left = 0;
  for (; x < e->test->locations && !left; x += !left)
    for (unsigned w = 0; w < e->events; w++)
      if (event_writes(&e->event[w]) && e->event[w].location == x && !((placed | e->unwritten) >> w & 1))
        left |= BIT(w);
  if (!left) {
    try_candidate(s, before);
    return;
  }
  for (; left && spend(s); left &= left - 1) {
    struct orders o = *before;
    unsigned w = (unsigned)__builtin_ctzll(left);
    if (!place(s, &o, x, w, placed))
      continue;
    e->order[x][e->writes[x]++] = (uint8_t)w;
    order_writes(s, &o, x, placed | BIT(w));
    e->writes[x]--;
  }
}

/* -- rf ---------------------------------------------------------------------- */

static bool read_from(struct search *s, struct orders *o, unsigned r, unsigned w)
{
  const struct event *from = &s->x->event[w], *to = &s->x->event[r];
  bool internal = from->kind == lW && to->kind == lR && from->thread == to->thread;
  return (LEFT_OUT(IB_RF) || in_ib(s, o, w, r)) &&
         ((internal && !LEFT_OUT(OB_RF_INTERNAL)) || LEFT_OUT(OB_RF) || in_ob(s, o, w, r)) && instants(s, o);
}

/* All of rf is chosen: what a rcas that succeeds writes has its place in the program too. */
static void all_read(struct search *s, const struct orders *before, uint64_t chosen)
{
  struct orders o = *before;
  if (s->known_read != chosen)
    return; /* values that follow from each other in a circle */
  list_choices(s);
  uint64_t absent = 0;
  for (unsigned e = 0; e < s->x->events; e++)
    if (s->x->event[e].kind == nAW)
      absent |= s->x->unwritten & BIT(e);
  if (program_orders(s, &o, absent) && instants(s, &o))
    order_writes(s, &o, 0, 0);
}

static void reads(struct search *s, const struct orders *o, unsigned r, uint64_t chosen);

static void read_choice(struct search *s, const struct orders *before, unsigned r, unsigned from, uint64_t chosen)
{
  struct orders o = *before;
  uint64_t known_read = s->known_read, known_written = s->known_written, unwritten = s->x->unwritten;
  s->x->reads_from[r] = (uint8_t)from;
  if ((from == INITIAL || read_from(s, &o, r, from)) && learn(s, chosen | BIT(r)))
    reads(s, &o, r + 1, chosen | BIT(r));
  s->known_read = known_read;
  s->known_written = known_written;
  s->x->unwritten = unwritten;
}

static void reads(struct search *s, const struct orders *o, unsigned r, uint64_t chosen)
{
  const struct execution *x = s->x;
  while (r < x->events && !event_reads(&x->event[r]))
    r++;
  if (r == x->events) {
    all_read(s, o, chosen);
    return;
  }
  read_choice(s, o, r, INITIAL, chosen);
  for (unsigned w = 0; w < x->events && spend(s); w++)
    if (event_writes(&x->event[w]) && x->event[w].location == x->event[r].location && !(x->unwritten >> w & 1))
      read_choice(s, o, r, w, chosen);
}

/* -- all together ------------------------------------------------------------ */

static void search(struct search *s)
{
  struct orders o = {0};
  uint64_t doubtful = 0;
  for (unsigned e = 0; e < s->x->events; e++) {
    enum event_kind kind = s->x->event[e].kind;
    if (kind != lW && kind != nlW && kind != nrW && kind != nAW)
      s->instant |= BIT(e);
    if (kind == nAW && s->x->test->code[s->x->event[e].instruction].kind == LITMUS_RCAS)
      doubtful |= BIT(e);
  }
  if (program_orders(s, &o, doubtful) && instants(s, &o) && learn(s, 0))
    reads(s, &o, 0, 0);
}

void declarative(const struct litmus *test, const struct model_options *options, struct model_result *result,
                 struct execution *witness)
{
  struct litmus_column columns[LITMUS_REGISTERS + LITMUS_LOCATIONS];
  struct search s = {.x = calloc(1, sizeof *s.x), .witness = witness, .result = result};
  *result = (struct model_result){0};
  outcomes_start(&result->outcomes, litmus_columns(test, columns));
  if (!s.x)
    result->limit = "out of memory";
  else if (!execution_start(s.x, test, options))
    result->limit = "more than 64 events";
  else
    search(&s);
  if (witness && !s.has_witness)
    *witness = (struct execution){.test = test};
  free(s.x);
}
