/* Which steps a state of the machine can take: the premises and side conditions of the rules. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"
#include "mutants.h"
#include "state.h"

#define MUTANT(name) is_mutant(m->options.mutant, MUTANT_##name)

struct list {
  struct step *steps;
  unsigned count;
};

static void offer(struct list *l, enum rule rule, unsigned who, unsigned at)
{
  l->steps[l->count++] = (struct step){(uint8_t)rule, (uint8_t)who, (uint8_t)at};
}

/* -- buffers ----------------------------------------------------------------- */

static bool data_in_local(const uint8_t *s, const struct pair *p)
{
  for (unsigned i = 1; i <= s[p->local]; i++)
    if (s[p->local + i] != MACHINE_COMPLETION)
      return true;
  return false;
}

/* Has an atomic's write to this word, or with `node` to any word of its node, not reached memory yet? */
static bool is_locked(const struct machine *m, const uint8_t *s, unsigned word, bool node)
{
  for (const struct pair *p = m->pair; p < m->pair + m->pairs; p++)
    for (unsigned i = 1; i <= s[p->remote]; i++) {
      const struct copy *c = &m->copy[s[p->remote + i]];
      if (c->kind == COPY_WRITE &&
          (c->remote == word || (node && m->test->location[c->remote].node == m->test->location[word].node)))
        return true;
    }
  return false;
}

static bool remote_is_empty(const struct machine *m, const uint8_t *s, const struct pair *p)
{
  if (MUTANT(REMOTE_READ_PUSHES_ALL))
    for (const struct pair *q = m->pair; q < m->pair + m->pairs; q++)
      if (q->node == p->node && s[q->remote] > 0)
        return false;
  return s[p->remote] == 0;
}

/* -- the NIC ----------------------------------------------------------------- */

/* What the older entries of a pipe have not done yet. */
struct older {
  bool any, unread_put, unplaced_put, unexecuted_atomic, unread_get, fence;
};

static void offer_put(const struct machine *m, const uint8_t *s, const struct pair *p, unsigned index,
                      const struct older *older, struct list *l)
{
  const struct litmus_instruction *i = &m->test->code[index];
  bool late = !i->is_inline;
  bool read = (!older->unread_put || MUTANT(LOCAL_READ_FREE)) && (!older->fence || MUTANT(LOCAL_READ_PASSES_FENCE)) &&
              (!data_in_local(s, p) || MUTANT(LOCAL_READ_PASSES_LANDING)) &&
              !(MUTANT(LOCAL_READ_BEHIND_GET) && older->unread_get);
  bool write = (!older->unplaced_put || MUTANT(REMOTE_WRITE_FREE)) &&
               (!older->fence || MUTANT(REMOTE_WRITE_PASSES_FENCE)) &&
               (!older->unexecuted_atomic || MUTANT(REMOTE_WRITE_PASSES_ATOMIC)) &&
               !(MUTANT(REMOTE_WRITE_BEHIND_GET) && older->unread_get);
  unsigned first = m->first_copy[index];
  for (unsigned c = first; c < first + m->copies_of[index]; c++) {
    uint8_t stage = s[m->stages + c];
    if (stage == STAGE_POSTED && late && read)
      offer(l, RULE_READ, c, 0);
    if (stage == (late ? STAGE_READ : STAGE_POSTED) && write)
      offer(l, RULE_REMOTE_WRITE, c, 0);
    if (MUTANT(WORDS_IN_ORDER) && stage != STAGE_MOVED)
      break;
  }
}

static bool can_read(const struct machine *m, const uint8_t *s, const struct pair *p, const struct older *older)
{
  return (!older->unplaced_put || MUTANT(REMOTE_READ_PASSES_PUT)) &&
         (!older->fence || MUTANT(REMOTE_READ_PASSES_FENCE)) &&
         (!older->unexecuted_atomic || MUTANT(REMOTE_READ_PASSES_ATOMIC)) &&
         (remote_is_empty(m, s, p) || MUTANT(REMOTE_READ_PASSES_WRITES));
}

static bool can_execute(const struct machine *m, const uint8_t *s, const struct pair *p, const struct older *older,
                        unsigned word)
{
  return (!older->unplaced_put || MUTANT(ATOMIC_PASSES_PUT)) && (!older->fence || MUTANT(ATOMIC_PASSES_FENCE)) &&
         (!older->unexecuted_atomic || MUTANT(ATOMIC_PASSES_ATOMIC)) &&
         (remote_is_empty(m, s, p) || MUTANT(ATOMIC_PASSES_WRITES)) &&
         (!is_locked(m, s, word, MUTANT(ATOMIC_LOCKS_NODE)) || MUTANT(ATOMIC_WITHOUT_LOCK));
}

/* Gets, and atomics, of which one copy lands as a get does. */
static void offer_read(const struct machine *m, const uint8_t *s, const struct pair *p, unsigned index,
                       const struct older *older, struct list *l)
{
  const struct litmus_instruction *i = &m->test->code[index];
  bool ordered = (m->options.gets_ordered || MUTANT(GETS_ORDERED)) && !MUTANT(GETS_UNORDERED);
  bool read = !(ordered && older->unread_get) &&
              (i->kind == LITMUS_GET ? can_read(m, s, p, older) : can_execute(m, s, p, older, i->remote[0]));
  bool land = !older->any || MUTANT(LANDING_OVERTAKES);
  unsigned first = m->first_copy[index];
  for (unsigned c = first; c < first + i->words; c++) {
    uint8_t stage = s[m->stages + c];
    if (stage == STAGE_POSTED && read)
      offer(l, RULE_READ, c, 0);
    if (stage == STAGE_READ && land)
      offer(l, RULE_LAND, c, 0);
    if (MUTANT(WORDS_IN_ORDER) && stage != STAGE_MOVED)
      break;
  }
}

static bool fence_can_go(const struct machine *m, const uint8_t *s, const struct pair *p)
{
  return !(MUTANT(RFENCE_WAITS_WRITES) && s[p->remote] > 0) && !(MUTANT(RFENCE_WAITS_LANDING) && s[p->local] > 0);
}

static bool all_moved(const struct machine *m, const uint8_t *s, unsigned index)
{
  for (unsigned c = m->first_copy[index]; c < m->first_copy[index] + (unsigned)m->copies_of[index]; c++)
    if (s[m->stages + c] < STAGE_MOVED)
      return false;
  return true;
}

static void offer_remove(const struct machine *m, const uint8_t *s, const struct pair *p, unsigned place,
                         const struct older *older, struct list *l)
{
  unsigned index = p->code[place];
  unsigned who = (unsigned)(p - m->pair);
  if (m->test->code[index].kind == LITMUS_RFENCE) {
    if (!older->any && fence_can_go(m, s, p))
      offer(l, RULE_REMOVE, who, place);
  } else if ((!older->any || MUTANT(COMPLETION_OVERTAKES)) && all_moved(m, s, index) &&
             !(MUTANT(COMPLETION_IS_PLACED) && s[p->remote] > 0))
    offer(l, RULE_REMOVE, who, place);
}

/* One more entry that the ones after it are younger than. */
static void note_older(const struct machine *m, const uint8_t *s, unsigned index, struct older *older)
{
  const struct litmus_instruction *i = &m->test->code[index];
  older->any = true;
  older->fence |= i->kind == LITMUS_RFENCE && !MUTANT(RFENCE_FREE);
  for (unsigned c = m->first_copy[index]; c < m->first_copy[index] + i->words; c++) {
    uint8_t stage = s[m->stages + c];
    older->unread_put |= i->kind == LITMUS_PUT && !i->is_inline && stage == STAGE_POSTED;
    older->unplaced_put |= i->kind == LITMUS_PUT && stage != STAGE_MOVED;
    older->unread_get |= i->kind == LITMUS_GET && stage == STAGE_POSTED;
    older->unexecuted_atomic |= (i->kind == LITMUS_RCAS || i->kind == LITMUS_RFAA) && stage == STAGE_POSTED;
  }
}

static void offer_pipe(const struct machine *m, const uint8_t *s, const struct pair *p, struct list *l)
{
  struct older older = {0};
  for (unsigned place = s[p->removed]; place < s[p->entered]; place++) {
    unsigned index = p->code[place];
    enum litmus_kind kind = m->test->code[index].kind;
    if (is_gone(m, s, index))
      continue; /* a mutant's, that left before its elders */
    if (kind == LITMUS_PUT)
      offer_put(m, s, p, index, &older, l);
    else if (kind != LITMUS_RFENCE)
      offer_read(m, s, p, index, &older, l);
    if (kind == LITMUS_PUT || kind == LITMUS_RFENCE)
      offer_remove(m, s, p, place, &older, l);
    note_older(m, s, index, &older);
  }
}

static void offer_drains(const struct machine *m, const uint8_t *s, const struct pair *p, struct list *l)
{
  unsigned who = (unsigned)(p - m->pair);
  unsigned remote = MUTANT(WRITES_UNORDERED) ? s[p->remote] : s[p->remote] > 0;
  if (MUTANT(WORDS_TOGETHER) && remote && m->copy[s[p->remote + 1]].kind == COPY_PUT &&
      !all_moved(m, s, m->copy[s[p->remote + 1]].instruction))
    remote = 0;
  unsigned local = MUTANT(LANDINGS_UNORDERED) ? s[p->local] : s[p->local] > 0;
  for (unsigned at = 1; at <= remote; at++)
    offer(l, RULE_DRAIN_REMOTE, who, at);
  for (unsigned at = 1; at <= local; at++)
    offer(l, RULE_DRAIN_LOCAL, who, at);
  for (unsigned at = 2; MUTANT(COMPLETION_PASSES_DATA) && at <= s[p->local]; at++)
    if (s[p->local + at] == MACHINE_COMPLETION)
      offer(l, RULE_DRAIN_LOCAL, who, at);
}

/* -- the CPU ----------------------------------------------------------------- */

/* Are there stores in B(t), or with `posts` also posts? */
static bool buffer_holds(const struct machine *m, const uint8_t *s, unsigned thread, bool posts)
{
  unsigned end = buffer_end(m, s, thread);
  for (unsigned k = s[m->flushed + thread]; k < end; k++)
    if (posts || m->test->code[m->buffered[thread][k]].kind == LITMUS_STORE)
      return true;
  return false;
}

static bool cpu_can(const struct machine *m, const uint8_t *s, unsigned thread)
{
  const struct litmus_instruction *i = next_instruction(m, s, thread);
  unsigned index = (unsigned)(i - m->test->code);
  switch (i->kind) {
  case LITMUS_MFENCE:
    return MUTANT(MFENCE_KEEPS_BUFFER) || !buffer_holds(m, s, thread, !MUTANT(MFENCE_KEEPS_POSTS));
  case LITMUS_CAS:
    return (MUTANT(CAS_KEEPS_BUFFER) || !buffer_holds(m, s, thread, true)) &&
           !(MUTANT(ATOMIC_LOCKS_STORES) && is_locked(m, s, i->local[0], false));
  case LITMUS_AWAIT:
    return load(m, s, thread, i->local[0]) == operand(m, s, index, 0);
  case LITMUS_POLL:
    return MUTANT(POLL_FREE) || (s[m->pair[m->pair_of[index]].completions] > 0 &&
                                 !(MUTANT(POLL_WAITS_BUFFER) && buffer_holds(m, s, thread, true)));
  default:
    return true;
  }
}

static bool fence_in_a_pipe(const struct machine *m, const uint8_t *s, unsigned thread)
{
  for (const struct pair *p = m->pair; p < m->pair + m->pairs; p++)
    for (unsigned place = s[p->removed]; p->thread == thread && place < s[p->entered]; place++)
      if (m->test->code[p->code[place]].kind == LITMUS_RFENCE)
        return true;
  return false;
}

static bool can_flush(const struct machine *m, const uint8_t *s, unsigned thread)
{
  const struct litmus_instruction *i = &m->test->code[m->buffered[thread][s[m->flushed + thread]]];
  if (i->kind == LITMUS_STORE)
    return !(MUTANT(ATOMIC_LOCKS_STORES) && is_locked(m, s, i->local[0], false));
  return !(MUTANT(RFENCE_ALL_PAIRS) && fence_in_a_pipe(m, s, thread));
}

static void offer_thread(const struct machine *m, const uint8_t *s, unsigned thread, struct list *l)
{
  if (s[m->executed + thread] < m->test->thread[thread].length && cpu_can(m, s, thread))
    offer(l, RULE_CPU, thread, 0);
  if (s[m->flushed + thread] < buffer_end(m, s, thread) && can_flush(m, s, thread))
    offer(l, RULE_FLUSH, thread, 0);
}

/* -- all together ------------------------------------------------------------ */

/*
 * Is this a step that nobody else can notice: one that no other step disables, that disables none, and that
 * commutes with all? Then to take it first loses no final state and no blocked one.
 */
static bool is_unnoticed(const struct machine *m, const uint8_t *s, struct step step)
{
  const struct copy *c = &m->copy[step.who];
  switch (step.rule) {
  case RULE_CPU: {
    const struct litmus_instruction *i = next_instruction(m, s, step.who);
    return i->kind != LITMUS_CAS && i->kind != LITMUS_AWAIT &&
           (i->kind != LITMUS_LOAD || m->constant_location[i->local[0]]);
  }
  case RULE_FLUSH: {
    const struct litmus_instruction *i = &m->test->code[m->buffered[step.who][s[m->flushed + step.who]]];
    return i->kind != LITMUS_STORE || m->private_location[i->local[0]];
  }
  case RULE_READ: /* an atomic's word is written, by itself at least */
    return m->constant_location[c->kind == COPY_PUT ? c->local : c->remote] &&
           (c->kind == COPY_PUT || m->test->code[c->instruction].kind == LITMUS_GET);
  case RULE_REMOVE:
    return true;
  case RULE_DRAIN_REMOTE:
    return m->private_location[m->copy[s[m->pair[step.who].remote + step.at]].remote];
  case RULE_DRAIN_LOCAL: {
    unsigned entry = s[m->pair[step.who].local + step.at];
    return entry == MACHINE_COMPLETION || m->private_location[m->copy[entry].local];
  }
  default: /* nrW holds back older gets, and nlW younger puts */
    return false;
  }
}

static unsigned first_unnoticed(const struct machine *m, const uint8_t *s, struct step *steps, unsigned count)
{
  for (unsigned i = 0; i < count; i++)
    if (is_unnoticed(m, s, steps[i])) {
      steps[0] = steps[i];
      return 1;
    }
  return count;
}

unsigned machine_steps(const struct machine *m, const uint8_t *s, struct step *steps)
{
  struct list l = {.steps = steps};
  for (unsigned thread = 0; thread < m->test->threads; thread++)
    offer_thread(m, s, thread, &l);
  for (const struct pair *p = m->pair; p < m->pair + m->pairs; p++) {
    offer_pipe(m, s, p, &l);
    offer_drains(m, s, p, &l);
  }
  return m->options.reduce ? first_unnoticed(m, s, steps, l.count) : l.count;
}

bool machine_is_final(const struct machine *m, const uint8_t *s)
{
  for (unsigned thread = 0; thread < m->test->threads; thread++)
    if (s[m->executed + thread] < m->test->thread[thread].length || s[m->flushed + thread] < buffer_end(m, s, thread))
      return false;
  for (const struct pair *p = m->pair; p < m->pair + m->pairs; p++)
    if (s[p->removed] < s[p->entered] || s[p->remote] > 0 || s[p->local] > 0)
      return false;
  return true;
}
