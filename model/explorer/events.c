/* The events of a test, and the orders between them that the program alone gives. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "execution.h"
#include "mutants.h"
#include "cells.h"
#include <string.h>

/* -- events ------------------------------------------------------------------ */

bool event_reads(const struct event *e)
{
  return e->kind == lR || e->kind == CAS || e->kind == nlR || e->kind == nrR || e->kind == nAR;
}

bool event_writes(const struct event *e)
{
  return e->kind == lW || e->kind == CAS || e->kind == nrW || e->kind == nlW || e->kind == nAW;
}

bool event_on_nic(const struct event *e)
{
  return e->kind >= nlR;
}

bool event_same_pair(const struct event *a, const struct event *b)
{
  return a->thread == b->thread && a->node == b->node;
}

struct place {
  unsigned thread, place, instruction;
};

/* Add an event, whose value comes from `partner` places before it. */
static bool add(struct execution *x, struct place at, enum event_kind kind, unsigned word, unsigned partner)
{
  const struct litmus_instruction *i = &x->test->code[at.instruction];
  bool remote = kind == nrW || kind == nrR || kind == nAR || kind == nAW;
  if (x->events == EVENTS)
    return false;
  x->event[x->events] = (struct event){.kind = kind,
                                       .thread = (uint8_t)at.thread,
                                       .place = (uint8_t)at.place,
                                       .instruction = (uint8_t)at.instruction,
                                       .word = (uint8_t)word,
                                       .location = remote ? i->remote[word] : i->local[word],
                                       .partner = (uint8_t)(x->events - partner),
                                       .node = i->node};
  x->events++;
  return true;
}

static bool add_word(struct execution *x, struct place at, unsigned w)
{
  const struct litmus_instruction *i = &x->test->code[at.instruction];
  switch (i->kind) {
  case LITMUS_PUT:
    return (i->is_inline || add(x, at, nlR, w, 0)) && add(x, at, nrW, w, !i->is_inline);
  case LITMUS_GET:
    return add(x, at, nrR, w, 0) && add(x, at, nlW, w, 1);
  default:
    return add(x, at, nAR, w, 0) && add(x, at, nAW, w, 1) && add(x, at, nlW, w, 2);
  }
}

static bool add_instruction(struct execution *x, struct place at)
{
  static const enum event_kind kinds[] = {
      [LITMUS_STORE] = lW, [LITMUS_LOAD] = lR, [LITMUS_CAS] = CAS,  [LITMUS_MFENCE] = F,
      [LITMUS_AWAIT] = lR, [LITMUS_POLL] = P,  [LITMUS_RFENCE] = nF};
  const struct litmus_instruction *i = &x->test->code[at.instruction];
  if (!litmus_is_operation(i->kind))
    return add(x, at, kinds[i->kind], 0, 0);
  for (unsigned w = 0; w < i->words; w++)
    if (!add_word(x, at, w))
      return false;
  return true;
}

bool execution_start(struct execution *x, const struct litmus *test, const struct model_options *options)
{
  memset(x, 0, sizeof *x);
  x->test = test;
  x->options = *options;
  for (unsigned thread = 0; thread < test->threads; thread++)
    for (unsigned place = 0; place < test->thread[thread].length; place++)
      if (!add_instruction(x, (struct place){thread, place, test->thread[thread].code[place]}))
        return false;
  return true;
}

/* -- the tables -------------------------------------------------------------- */

enum { NO, YES, S }; /* S: where both are of the same queue pair */

/* Issue-preserved program order: row before column. */
static const uint8_t ippo_table[EVENT_KINDS][EVENT_KINDS] = {
    /*       lR   lW   CAS  F    P    nlR  nrW  nrR  nlW  nF   nAR  nAW */
    [lR] = {YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES},
    [lW] = {YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES},
    [CAS] = {YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES},
    [F] = {YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES},
    [P] = {YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES},
    [nlR] = {NO, NO, NO, NO, NO, S, S, S, S, S, S, S},
    [nrW] = {NO, NO, NO, NO, NO, NO, S, S, S, S, S, S},
    [nrR] = {NO, NO, NO, NO, NO, NO, NO, NO, S, S, NO, NO},
    [nlW] = {NO, NO, NO, NO, NO, NO, NO, NO, S, S, NO, NO},
    [nF] = {NO, NO, NO, NO, NO, S, S, S, S, S, S, S},
    [nAR] = {NO, NO, NO, NO, NO, NO, S, S, S, S, S, S},
    [nAW] = {NO, NO, NO, NO, NO, NO, S, S, S, S, S, S},
};

/* The mistake that a test may make here: CPU events are of no queue pair. */
static uint8_t flipped(uint8_t cell, enum event_kind row, enum event_kind column)
{
  if (cell != NO)
    return NO;
  return row <= P || column < P ? YES : S;
}

static uint8_t ippo_cell(const struct execution *x, enum event_kind a, enum event_kind b)
{
  uint8_t cell = ippo_table[a][b];
  if (a == nrR && (b == nrR || b == nAR) && x->options.gets_ordered)
    cell = S;
  return cell_is_flipped(x->options.mutant, CELL_IPPO, a, b) ? flipped(cell, a, b) : cell;
}

static uint8_t oppo_cell(const struct execution *x, enum event_kind a, enum event_kind b)
{
  uint8_t cell = ippo_cell(x, a, b);
  if ((a == lW && (b == lR || b == P)) || (b == nF && (a == nrW || a == nlW || a == nAW)))
    cell = NO;
  return cell_is_flipped(x->options.mutant, CELL_OPPO, a, b) ? flipped(cell, a, b) : cell;
}

static bool by_table(const struct event *a, const struct event *b, uint8_t cell)
{
  bool before = a->thread == b->thread && a->place < b->place;
  return before && (cell == YES || (cell == S && event_same_pair(a, b)));
}

/* Inside one operation a word is read before it is written, anywhere: nlR nrW, nrR nlW, nAR nAW, nAR nlW. */
static bool inside(const struct execution *x, unsigned a, unsigned b)
{
  return a != b && x->event[b].partner == a;
}

bool execution_ippo(const struct execution *x, unsigned a, unsigned b)
{
  const struct event *from = &x->event[a], *to = &x->event[b];
  return inside(x, a, b) || by_table(from, to, ippo_cell(x, from->kind, to->kind));
}

bool execution_oppo(const struct execution *x, unsigned a, unsigned b)
{
  const struct event *from = &x->event[a], *to = &x->event[b];
  return inside(x, a, b) || by_table(from, to, oppo_cell(x, from->kind, to->kind));
}

/* -- polls ------------------------------------------------------------------- */

/* How many instructions of a kind that `counts` the thread has on this queue pair before this event's. */
static unsigned count_before(const struct execution *x, const struct event *e, bool (*counts)(enum litmus_kind))
{
  const struct litmus_thread *t = &x->test->thread[e->thread];
  unsigned count = 0;
  for (unsigned place = 0; place < e->place; place++) {
    const struct litmus_instruction *i = &x->test->code[t->code[place]];
    count += counts(i->kind) && i->node == e->node;
  }
  return count;
}

static bool is_poll(enum litmus_kind kind)
{
  return kind == LITMUS_POLL;
}

/* Is this the last that the NIC does for a word before the completion: a put's nrW, else nlW? */
static bool completes(const struct execution *x, const struct event *e)
{
  return e->kind == nlW || (e->kind == nrW && x->test->code[e->instruction].kind == LITMUS_PUT);
}

bool execution_pf(const struct execution *x, unsigned a, unsigned b)
{
  const struct event *from = &x->event[a], *to = &x->event[b];
  return to->kind == P && completes(x, from) && event_same_pair(from, to) &&
         count_before(x, from, litmus_is_operation) == count_before(x, to, is_poll);
}

bool execution_pfg(const struct execution *x, unsigned a, unsigned b)
{
  return x->event[a].kind == nlW && execution_pf(x, a, b);
}
