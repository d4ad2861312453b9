/* A split over several hosts: its ranks gather by the boards of the parent. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "board.h"
#include "split.h"
#include <string.h>

void split_tell(struct splitting *s, uint32_t parts)
{
  for (uint32_t k = 0; k < s->n; k++)
    if (k != s->me)
      board_tell(s->parent, s->ranks[k], parts);
}

/*
 * What I said in my last split may still be read by a rank that was in it and has
 * not come to its end: nothing of it is overwritten there before that rank says that
 * it is over. Nor is it overwritten here before it is placed everywhere.
 */
static int is_free(const struct splitting *s)
{
  const struct sacred_group *p = s->parent;
  for (uint32_t i = 0; i < p->w.size; i++)
    if (p->board->mail ? board_splits(p, i) : !board_has(p, i))
      return 0;
  for (uint32_t k = 0; k < s->n; k++) {
    uint32_t i = s->ranks[k];
    if (!board_has(p, i))
      return 0;
    uint64_t word = __atomic_load_n(&p->control->rank[i].split, __ATOMIC_RELAXED); /* enough: I only write behind it */
    if (k != s->me && word % 4 == SPLIT_ACTIVE && word / 4 <= p->heeded[i] && !wire_peer_gone(&p->w, i))
      return 0;
  }
  return 1;
}

int split_await_boards(struct splitting *s, uint64_t deadline)
{
  for (uint64_t looks = 0;; looks++) {
    group_look(s->parent);
    if (is_free(s))
      return SACRED_OK;
    if (deadline != SACRED_FOREVER && sacred_now() >= deadline)
      return SACRED_TIMEOUT;
    group_doze(looks);
  }
}

int split_lacks(struct splitting *s, uint32_t k)
{
  uint32_t i = s->ranks[k];
  struct mail m;
  if (k == s->me)
    return 0;
  if (s->number[k] == 0 && split_read_mail(s, i, &m) && m.word % 4 == SPLIT_ACTIVE &&
      m.word / 4 > s->parent->heeded[i] && m.same)
    s->number[k] = m.word / 4;
  uint64_t said = control_split_said(s->parent->control, i);
  return s->number[k] == 0 || said / 256 != s->number[k] || said % 256 < s->gatherings;
}

static int is_over(struct splitting *s)
{
  for (uint32_t k = 0; k < s->n; k++)
    if (split_lacks(s, k))
      return 0;
  return 1;
}

/* Has rank k come to this split, and left it? What it gave is then here: its state goes behind that. */
static int has_left(struct splitting *s, uint32_t k)
{
  /* ORDER state-then-said.  An acquire load (rule rr); pairs with gave-then-state, which says the rest. */
  uint64_t word = __atomic_load_n(&s->parent->control->rank[s->ranks[k]].split, __ATOMIC_ACQUIRE);
  return s->number[k] != 0 && word != s->number[k] * 4 + SPLIT_ACTIVE;
}

/*
 * Nobody gives to a gathering before it is over with the one before. So where one
 * before the last is not over here, and never will be, nobody comes to the end: and
 * I need not know whether a third rank has heard of the death sooner, has left, and
 * gives nothing any more (or never: I came late, and its mail is of another split).
 * In the last one, what a rank gave before it was gone counts, and may be here and
 * not elsewhere yet: then I have a group, with a rank in it that is gone, and another
 * has none. But who left and lacks will not come.
 */
int split_fails(struct splitting *s, uint32_t k)
{
  if (!s->opening.last)
    return !is_over(s);
  for (uint32_t j = 0; j < s->n; j++)
    if (j != s->me && has_left(s, j) && split_lacks(s, j))
      return 1;
  return split_lacks(s, k);
}

static void give(struct splitting *s, const void *mine, size_t size)
{
  struct control_rank *r = &s->parent->control->rank[s->parent->w.rank];
  s->gatherings++;
  s->given = 1;
  /* Two places are enough, as in an exchange: who gives to k + 2 is over with k + 1. */
  memcpy(r->split_message[s->gatherings % 2], mine, size);
  r->split_said = s->word / 4 * 256 + s->gatherings;
  split_tell(s, BOARD_SPLIT);
}

/* In the last gathering: have all heard me, so that I need not look after them any more? See group_settle(). */
static int is_settled(struct splitting *s)
{
  if (!s->opening.last || !s->parent->board->mail)
    return 1;
  if (s->over == 0)
    s->over = sacred_now();
  for (uint32_t k = 0; k < s->n; k++)
    if (!board_has(s->parent, s->ranks[k]))
      return sacred_now() >= s->over + LEFT_BY_NS;
  return 1;
}

int split_gather(void *splitting, const void *mine, void *all, size_t size)
{
  struct splitting *s = splitting;
  if (!s->given)
    give(s, mine, size);
  for (uint64_t looks = 0; !is_over(s) || !is_settled(s); looks++) {
    group_look(s->parent);
    int status = is_over(s) ? SACRED_OK : split_check(s);
    if (status != SACRED_OK)
      return status;
    if (s->gathering.deadline != SACRED_FOREVER && sacred_now() >= s->gathering.deadline &&
        !(is_over(s) && is_settled(s)))
      return SACRED_TIMEOUT; /* sacred_group_split() says who lacks */
    group_doze(looks);
  }
  for (uint32_t k = 0; k < s->n; k++)
    memcpy((unsigned char *)all + k * size, s->parent->control->rank[s->ranks[k]].split_message[s->gatherings % 2],
           size);
  s->given = 0;
  return SACRED_OK;
}
