/* What the premises and the effects of the rules both look up in a state. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STATE_H
#define STATE_H
#include "machine.h"
#include "mutants.h"

enum { STAGE_GONE = STAGE_MOVED + 1 }; /* a put that has left its pipe */

static inline const struct litmus_instruction *next_instruction(const struct machine *m, const uint8_t *s,
                                                                unsigned thread)
{
  return &m->test->code[m->test->thread[thread].code[s[m->executed + thread]]];
}

/* Behind the newest entry of B(t). */
static inline unsigned buffer_end(const struct machine *m, const uint8_t *s, unsigned thread)
{
  return m->buffered_before[thread][s[m->executed + thread]];
}

static inline uint8_t operand(const struct machine *m, const uint8_t *s, unsigned index, unsigned w)
{
  const struct litmus_operand *e = &m->test->code[index].operand[w];
  return e->is_register ? s[m->registers + e->reg] : m->constant[index][w];
}

/* What a load of x returns: the thread's newest store in B(t), or memory. */
static inline uint8_t load(const struct machine *m, const uint8_t *s, unsigned thread, unsigned x)
{
  if (!is_mutant(m->options.mutant, MUTANT_LOAD_SKIPS_BUFFER))
    for (unsigned k = buffer_end(m, s, thread); k > s[m->flushed + thread]; k--) {
      unsigned index = m->buffered[thread][k - 1];
      if (m->test->code[index].kind == LITMUS_STORE && m->test->code[index].local[0] == x)
        return operand(m, s, index, 0);
    }
  return s[m->memory + x];
}

/* Has every word of this operation landed, or the put left? Never in a pipe, except for mutants. */
static inline bool is_gone(const struct machine *m, const uint8_t *s, unsigned index)
{
  const struct litmus_instruction *i = &m->test->code[index];
  for (unsigned c = m->first_copy[index]; c < m->first_copy[index] + (unsigned)i->words; c++)
    if (s[m->stages + c] != (i->kind == LITMUS_PUT ? STAGE_GONE : STAGE_MOVED))
      return false;
  return i->words > 0;
}
#endif
