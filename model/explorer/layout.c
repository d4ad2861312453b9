/* Where a test's state has its parts, and what of them can be known before it runs. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"
#include <string.h>

static uint8_t intern(struct machine *m, uint64_t value)
{
  unsigned i = 0;
  while (i < m->values && m->value[i] != value)
    i++;
  if (i == m->values)
    m->value[m->values++] = value;
  return (uint8_t)i;
}

/* At most 64 instructions of 8 operands and 32 locations: some tests name too many values, and are refused. */
static bool room_for_values(const struct machine *m)
{
  return m->values + LITMUS_WORDS < MACHINE_VALUES;
}

static unsigned find_pair(struct machine *m, unsigned thread, uint32_t node)
{
  unsigned i = 0;
  while (i < m->pairs && (m->pair[i].thread != thread || m->pair[i].node != node))
    i++;
  if (i == m->pairs)
    m->pair[m->pairs++] = (struct pair){.thread = (uint8_t)thread, .node = node};
  return i;
}

static bool is_atomic(enum litmus_kind kind)
{
  return kind == LITMUS_RCAS || kind == LITMUS_RFAA;
}

static bool add_copies(struct machine *m, unsigned index)
{
  const struct litmus_instruction *i = &m->test->code[index];
  unsigned count = i->words + is_atomic(i->kind);
  if (m->copies + count > MACHINE_COPIES)
    return false;
  m->first_copy[index] = (uint8_t)m->copies;
  m->copies_of[index] = (uint8_t)count;
  for (unsigned w = 0; w < count; w++) {
    unsigned word = w < i->words ? w : 0;
    enum copy_kind kind = i->kind == LITMUS_PUT ? COPY_PUT : w < i->words ? COPY_GET : COPY_WRITE;
    m->copy[m->copies++] = (struct copy){kind, (uint8_t)index, (uint8_t)w, i->local[word], i->remote[word]};
  }
  return true;
}

static bool add_instruction(struct machine *m, unsigned thread, unsigned place)
{
  unsigned index = m->test->thread[thread].code[place];
  const struct litmus_instruction *i = &m->test->code[index];
  uint8_t before = m->buffered_before[thread][place];
  bool posted = litmus_is_posted(i->kind);
  if (posted || i->kind == LITMUS_STORE)
    m->buffered[thread][before++] = (uint8_t)index;
  m->buffered_before[thread][place + 1] = before;
  if (!room_for_values(m))
    return false;
  for (unsigned w = 0; w < LITMUS_WORDS; w++)
    if (!i->operand[w].is_register)
      m->constant[index][w] = intern(m, i->operand[w].number);
  if (!posted && i->kind != LITMUS_POLL)
    return true;
  m->pair_of[index] = (uint8_t)find_pair(m, thread, i->node);
  struct pair *pair = &m->pair[m->pair_of[index]];
  if (posted)
    pair->code[pair->length++] = (uint8_t)index;
  return !posted || add_copies(m, index);
}

/* Which locations are never written, and which are accessed by one write alone. */
static void count_accesses(struct machine *m)
{
  unsigned writes[LITMUS_LOCATIONS] = {0}, reads[LITMUS_LOCATIONS] = {0};
  for (unsigned i = 0; i < m->test->instructions; i++) {
    const struct litmus_instruction *x = &m->test->code[i];
    if (x->kind == LITMUS_STORE || x->kind == LITMUS_CAS)
      writes[x->local[0]]++;
    if (x->kind == LITMUS_LOAD || x->kind == LITMUS_AWAIT || x->kind == LITMUS_CAS)
      reads[x->local[0]]++;
  }
  for (unsigned c = 0; c < m->copies; c++) {
    const struct copy *copy = &m->copy[c];
    bool from_remote = copy->kind == COPY_GET;
    writes[from_remote ? copy->local : copy->remote]++;
    if (copy->kind != COPY_WRITE && !(copy->kind == COPY_PUT && m->test->code[copy->instruction].is_inline))
      reads[from_remote ? copy->remote : copy->local]++;
  }
  for (unsigned x = 0; x < m->test->locations; x++) {
    m->constant_location[x] = writes[x] == 0;
    m->private_location[x] = writes[x] == 1 && reads[x] == 0;
  }
}

static unsigned take(struct machine *m, unsigned bytes)
{
  m->size += bytes;
  return m->size - bytes;
}

static void lay_out(struct machine *m)
{
  const struct litmus *test = m->test;
  m->executed = take(m, test->threads);
  m->flushed = take(m, test->threads);
  m->memory = take(m, test->locations);
  m->registers = take(m, test->registers);
  m->stages = take(m, m->copies);
  m->copied = take(m, m->copies);
  for (struct pair *p = m->pair; p < m->pair + m->pairs; p++) {
    unsigned remote = 0, local = 0;
    for (unsigned k = 0; k < p->length; k++) {
      local += litmus_is_operation(test->code[p->code[k]].kind);
      for (unsigned c = 0; c < m->copies_of[p->code[k]]; c++)
        *(m->copy[m->first_copy[p->code[k]] + c].kind == COPY_GET ? &local : &remote) += 1;
    }
    p->entered = take(m, 1);
    p->removed = take(m, 1);
    p->completions = take(m, 1);
    p->remote = take(m, 1 + remote);
    p->local = take(m, 1 + local);
  }
}

bool machine_start(struct machine *m, const struct litmus *test, const struct model_options *options)
{
  memset(m, 0, sizeof *m);
  m->test = test;
  m->options = *options;
  m->value[m->values++] = 0;
  for (unsigned x = 0; x < test->locations; x++)
    intern(m, test->location[x].initial);
  for (unsigned thread = 0; thread < test->threads; thread++)
    for (unsigned place = 0; place < test->thread[thread].length; place++)
      if (!add_instruction(m, thread, place))
        return false;
  count_accesses(m);
  lay_out(m);
  return true;
}

void machine_first(const struct machine *m, uint8_t *s)
{
  memset(s, 0, m->size);
  for (unsigned x = 0; x < m->test->locations; x++)
    for (unsigned i = 0; i < m->values; i++)
      if (m->value[i] == m->test->location[x].initial)
        s[m->memory + x] = (uint8_t)i;
}
