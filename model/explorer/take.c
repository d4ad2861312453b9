/* What the steps of the machine do: the effects of the rules. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "state.h"
#include <string.h>

#define MUTANT(name) is_mutant(m->options.mutant, MUTANT_##name)

/* The index of a value that arithmetic has made. */
static uint8_t index_of(struct machine *m, uint64_t value)
{
  for (unsigned i = 0; i < m->values; i++)
    if (m->value[i] == value)
      return (uint8_t)i;
  if (m->values == MACHINE_VALUES) {
    m->values_full = true;
    return 0;
  }
  m->value[m->values] = value;
  return (uint8_t)m->values++;
}

static void append(uint8_t *buffer, unsigned entry)
{
  buffer[++buffer[0]] = (uint8_t)entry;
}

static unsigned pull(uint8_t *buffer, unsigned at)
{
  unsigned entry = buffer[at];
  memmove(buffer + at, buffer + at + 1, buffer[0] - at);
  buffer[buffer[0]--] = 0;
  return entry;
}

/* -- the CPU ----------------------------------------------------------------- */

static void enter(const struct machine *m, uint8_t *s, unsigned index)
{
  s[m->pair[m->pair_of[index]].entered]++;
  if (MUTANT(PUT_READS_AT_POST) && m->test->code[index].kind == LITMUS_PUT && !m->test->code[index].is_inline)
    for (unsigned c = m->first_copy[index]; c < m->first_copy[index] + (unsigned)m->copies_of[index]; c++) {
      s[m->stages + c] = STAGE_READ;
      s[m->copied + c] = s[m->memory + m->copy[c].local];
    }
}

static void flush(const struct machine *m, uint8_t *s, unsigned index)
{
  const struct litmus_instruction *i = &m->test->code[index];
  if (i->kind == LITMUS_STORE)
    s[m->memory + i->local[0]] = operand(m, s, index, 0);
  else
    enter(m, s, index);
}

static bool flushes_at_once(const struct machine *m, enum litmus_kind kind)
{
  return kind == LITMUS_STORE ? MUTANT(STORE_AT_ONCE) : MUTANT(POST_OVERTAKES_STORES);
}

static void take_cpu(const struct machine *m, uint8_t *s, unsigned thread)
{
  const struct litmus_instruction *i = next_instruction(m, s, thread);
  unsigned index = (unsigned)(i - m->test->code);
  switch (i->kind) {
  case LITMUS_LOAD:
    s[m->registers + i->reg] = load(m, s, thread, i->local[0]);
    break;
  case LITMUS_CAS: {
    uint8_t *x = &s[m->memory + i->local[0]], old = *x;
    if (old == operand(m, s, index, 0))
      *x = operand(m, s, index, 1);
    s[m->registers + i->reg] = old;
    break;
  }
  case LITMUS_POLL:
    s[m->pair[m->pair_of[index]].completions]--;
    break;
  case LITMUS_MFENCE:
  case LITMUS_AWAIT:
    break;
  default: /* into B(t), which the place in the program stands for */
    if (flushes_at_once(m, i->kind))
      flush(m, s, index);
  }
  s[m->executed + thread]++;
}

static void take_flush(const struct machine *m, uint8_t *s, unsigned thread)
{
  unsigned index = m->buffered[thread][s[m->flushed + thread]++];
  if (!flushes_at_once(m, m->test->code[index].kind))
    flush(m, s, index);
}

/* -- the NIC ----------------------------------------------------------------- */

/* A rcas or rfaa, all in one: the old value to land, and the new one to wbR, where it is the lock. */
static void execute(struct machine *m, uint8_t *s, unsigned c)
{
  unsigned index = m->copy[c].instruction, word = m->copy[c].remote;
  uint8_t old = s[m->memory + word], new = operand(m, s, index, 1);
  bool writes = true;
  if (m->test->code[index].kind == LITMUS_RFAA)
    new = index_of(m, m->value[old] + m->value[operand(m, s, index, 0)]);
  else
    writes = old == operand(m, s, index, 0);
  if (!writes && MUTANT(FAILED_RCAS_WRITES)) {
    new = old;
    writes = true;
  }
  s[m->copied + c] = old;
  if (writes && MUTANT(ATOMIC_IN_MEMORY))
    s[m->memory + word] = new;
  else if (writes) {
    s[m->copied + c + 1] = new;
    append(s + m->pair[m->pair_of[index]].remote, c + 1);
  }
}

static void take_read(struct machine *m, uint8_t *s, unsigned c)
{
  const struct copy *copy = &m->copy[c];
  const struct litmus_instruction *i = &m->test->code[copy->instruction];
  s[m->stages + c] = STAGE_READ;
  if (i->kind == LITMUS_PUT)
    s[m->copied + c] = s[m->memory + copy->local];
  else if (i->kind == LITMUS_GET)
    s[m->copied + c] = s[m->memory + copy->remote];
  else
    execute(m, s, c);
}

static void take_remote_write(const struct machine *m, uint8_t *s, unsigned c)
{
  const struct copy *copy = &m->copy[c];
  if (m->test->code[copy->instruction].is_inline)
    s[m->copied + c] = operand(m, s, copy->instruction, copy->word);
  s[m->stages + c] = STAGE_MOVED;
  append(s + m->pair[m->pair_of[copy->instruction]].remote, c);
}

/* What is over leaves the pipe: the oldest entry, and for mutants what was over before it. */
static void leave(const struct machine *m, uint8_t *s, const struct pair *p)
{
  while (s[p->removed] < s[p->entered] && is_gone(m, s, p->code[s[p->removed]]))
    s[p->removed]++;
}

static void take_land(const struct machine *m, uint8_t *s, unsigned c)
{
  unsigned index = m->copy[c].instruction;
  const struct pair *p = &m->pair[m->pair_of[index]];
  s[m->stages + c] = STAGE_MOVED;
  append(s + p->local, c);
  if (is_gone(m, s, index)) {
    append(s + p->local, MACHINE_COMPLETION);
    leave(m, s, p);
  }
}

static void take_remove(const struct machine *m, uint8_t *s, const struct pair *p, unsigned place)
{
  unsigned index = p->code[place];
  if (m->test->code[index].kind == LITMUS_PUT) {
    memset(s + m->stages + m->first_copy[index], STAGE_GONE, m->copies_of[index]);
    append(s + p->local, MACHINE_COMPLETION);
  } else
    s[p->removed]++; /* an rfence, the oldest entry */
  leave(m, s, p);
}

/* A value reaches memory, and is on its way no more. */
static void arrive(const struct machine *m, uint8_t *s, unsigned c, unsigned x)
{
  s[m->memory + x] = s[m->copied + c];
  s[m->copied + c] = 0;
}

static void take_drain_remote(const struct machine *m, uint8_t *s, const struct pair *p, unsigned at)
{
  unsigned c = pull(s + p->remote, at);
  arrive(m, s, c, m->copy[c].remote);
  while (MUTANT(WORDS_TOGETHER) && s[p->remote] > 0 &&
         m->copy[s[p->remote + 1]].instruction == m->copy[c].instruction) {
    c = pull(s + p->remote, 1);
    arrive(m, s, c, m->copy[c].remote);
  }
}

static void take_drain_local(const struct machine *m, uint8_t *s, const struct pair *p, unsigned at)
{
  unsigned entry = pull(s + p->local, at);
  if (entry == MACHINE_COMPLETION)
    s[p->completions]++;
  else
    arrive(m, s, entry, m->copy[entry].local);
}

void machine_take(struct machine *m, uint8_t *s, struct step step)
{
  switch (step.rule) {
  case RULE_CPU:
    take_cpu(m, s, step.who);
    break;
  case RULE_FLUSH:
    take_flush(m, s, step.who);
    break;
  case RULE_READ:
    take_read(m, s, step.who);
    break;
  case RULE_REMOTE_WRITE:
    take_remote_write(m, s, step.who);
    break;
  case RULE_LAND:
    take_land(m, s, step.who);
    break;
  case RULE_REMOVE:
    take_remove(m, s, &m->pair[step.who], step.at);
    break;
  case RULE_DRAIN_REMOTE:
    take_drain_remote(m, s, &m->pair[step.who], step.at);
    break;
  case RULE_DRAIN_LOCAL:
    take_drain_local(m, s, &m->pair[step.who], step.at);
    break;
  }
}

void machine_outcome(const struct machine *m, const uint8_t *s, uint64_t *state)
{
  struct litmus_column columns[LITMUS_REGISTERS + LITMUS_LOCATIONS];
  unsigned count = litmus_columns(m->test, columns);
  for (unsigned i = 0; i < count; i++)
    state[i] = m->value[s[(columns[i].is_register ? m->registers : m->memory) + columns[i].index]];
}
