/* The schedule to a witness, step by step: posted, read, placed, completed, observed. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "explore.h"
#include "state.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct line {
  const struct machine *m;
  const uint8_t *before, *after;
  FILE *out;
};

static void say_location(const struct line *l, unsigned x)
{
  litmus_print_column(l->m->test, (struct litmus_column){false, x}, l->out);
}

static void say_value(const struct line *l, uint8_t value)
{
  fprintf(l->out, "%" PRIu64, l->m->value[value]);
}

static void say_instruction(const struct line *l, unsigned index)
{
  litmus_print_instruction(l->m->test, &l->m->test->code[index], l->out);
}

/* `x = v`, with the value that x has in memory after the step. */
static void say_memory(const struct line *l, unsigned x)
{
  say_location(l, x);
  fputs(" = ", l->out);
  say_value(l, l->after[l->m->memory + x]);
}

static void say_who(const struct line *l, const struct pair *p, const char *word)
{
  char who[40];
  snprintf(who, sizeof who, "P%u -> %" PRIu32, p->thread, p->node);
  fprintf(l->out, "%-12s %-10s ", who, word);
}

static void say_thread(const struct line *l, unsigned thread, const char *word)
{
  fprintf(l->out, "P%-11u %-10s ", thread, word);
}

static void say_cpu(const struct line *l, unsigned thread)
{
  const struct litmus_instruction *i = next_instruction(l->m, l->before, thread);
  bool buffered = i->kind == LITMUS_STORE || litmus_is_posted(i->kind);
  bool loads = i->kind == LITMUS_LOAD || i->kind == LITMUS_AWAIT || i->kind == LITMUS_CAS;
  say_thread(l, thread, buffered ? "buffers" : loads ? "observed" : i->kind == LITMUS_POLL ? "polled" : "executes");
  say_instruction(l, (unsigned)(i - l->m->test->code));
  if (i->kind == LITMUS_LOAD || i->kind == LITMUS_CAS) {
    fprintf(l->out, ": %s = ", l->m->test->reg[i->reg].name);
    say_value(l, l->after[l->m->registers + i->reg]);
  }
}

static void say_flush(const struct line *l, unsigned thread)
{
  unsigned index = l->m->buffered[thread][l->before[l->m->flushed + thread]];
  const struct litmus_instruction *i = &l->m->test->code[index];
  if (i->kind == LITMUS_STORE) {
    say_thread(l, thread, "stored");
    say_memory(l, i->local[0]);
  } else {
    say_who(l, &l->m->pair[l->m->pair_of[index]], "posted");
    say_instruction(l, index);
  }
}

static void say_copy(const struct line *l, enum rule rule, unsigned c)
{
  const struct copy *copy = &l->m->copy[c];
  const struct pair *p = &l->m->pair[l->m->pair_of[copy->instruction]];
  bool puts = copy->kind == COPY_PUT;
  say_who(l, p, rule == RULE_READ ? "NIC read" : rule == RULE_REMOTE_WRITE ? "accepted" : "landing");
  say_location(l, (rule == RULE_READ) == puts ? copy->local : rule == RULE_LAND ? copy->local : copy->remote);
  fputs(" = ", l->out);
  say_value(l, l->after[l->m->copied + c]);
  fputs("   (", l->out);
  say_instruction(l, copy->instruction);
  fputc(')', l->out);
}

static void say_drain(const struct line *l, const struct pair *p, unsigned buffer, unsigned at, bool remote)
{
  unsigned entry = l->before[buffer + at];
  if (entry == MACHINE_COMPLETION) {
    say_who(l, p, "completed");
    fputs("one operation more can be polled", l->out);
    return;
  }
  say_who(l, p, remote ? "placed" : "landed");
  say_memory(l, remote ? l->m->copy[entry].remote : l->m->copy[entry].local);
}

static void say_remove(const struct line *l, const struct pair *p, unsigned place)
{
  bool fence = l->m->test->code[p->code[place]].kind == LITMUS_RFENCE;
  say_who(l, p, fence ? "fenced" : "acked");
  say_instruction(l, p->code[place]);
}

static void say_step(const struct line *l, struct step step)
{
  const struct pair *p = &l->m->pair[step.who];
  switch (step.rule) {
  case RULE_CPU:
    say_cpu(l, step.who);
    break;
  case RULE_FLUSH:
    say_flush(l, step.who);
    break;
  case RULE_READ:
  case RULE_REMOTE_WRITE:
  case RULE_LAND:
    say_copy(l, step.rule, step.who);
    break;
  case RULE_REMOVE:
    say_remove(l, p, step.at);
    break;
  case RULE_DRAIN_REMOTE:
    say_drain(l, p, p->remote, step.at, true);
    break;
  case RULE_DRAIN_LOCAL:
    say_drain(l, p, p->local, step.at, false);
    break;
  }
  fputc('\n', l->out);
}

/* The step from one state to the next: the first that leads there. */
static bool find_step(struct machine *m, const uint8_t *from, const uint8_t *to, uint8_t *scratch, struct step *step)
{
  struct step steps[MACHINE_STEPS];
  unsigned count = machine_steps(m, from, steps);
  for (unsigned i = 0; i < count; i++) {
    memcpy(scratch, from, m->size);
    machine_take(m, scratch, steps[i]);
    *step = steps[i];
    if (memcmp(scratch, to, m->size) == 0)
      return true;
  }
  return false;
}

static bool find_witness(const struct exploration *e, uint32_t *index)
{
  uint64_t outcome[LITMUS_REGISTERS + LITMUS_LOCATIONS];
  for (*index = 0; *index < e->count; ++*index) {
    const uint8_t *s = e->states + (size_t)*index * e->machine.size;
    if (!machine_is_final(&e->machine, s))
      continue;
    machine_outcome(&e->machine, s, outcome);
    if (litmus_holds(e->machine.test, outcome))
      return true;
  }
  return false;
}

/* Turn the way from a state back to the first one into the way to it, in e->parents' terms. */
static uint32_t *way_to(const struct exploration *e, uint32_t index, uint32_t *length)
{
  *length = 0;
  for (uint32_t i = index; i != 0; i = e->parents[i])
    ++*length;
  uint32_t *way = malloc((*length + 1u) * sizeof *way);
  if (!way)
    return NULL;
  for (uint32_t at = *length; at > 0; at--, index = e->parents[index])
    way[at] = index;
  way[0] = 0;
  return way;
}

bool explore_trace(struct exploration *e, FILE *out)
{
  uint32_t index, length;
  if (!find_witness(e, &index))
    return false;
  uint32_t *way = way_to(e, index, &length);
  uint8_t *scratch = malloc(e->machine.size);
  for (uint32_t at = 0; way && scratch && at < length; at++) {
    struct step step;
    struct line l = {&e->machine, e->states + (size_t)way[at] * e->machine.size,
                     e->states + (size_t)way[at + 1] * e->machine.size, out};
    if (find_step(&e->machine, l.before, l.after, scratch, &step)) {
      fprintf(out, "%5u  ", at + 1);
      say_step(&l, step);
    }
  }
  free(way);
  free(scratch);
  return true;
}
