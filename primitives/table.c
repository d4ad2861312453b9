/*
 * The shared state table: a row between two version words, pushed in three
 * ordered puts. The reader takes END first and BEGIN last: where both are the
 * same version, so is all between them (L. Lamport, Concurrent Reading and
 * Writing, 1977; the table is that of Derecho, S. Jha et al., 2019).
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "table.h"

int sacred_table_write(struct sacred_table *t, const uint64_t *row)
{
  if (!t->w->open)
    return SACRED_ERR_CLOSED;
  if (t->version == UINT64_MAX)
    return wire_refuse(t->w, SACRED_ERR_RANGE, t->version, UINT64_MAX);
  /*@ loop invariant valid: Inv && TableValid(t) && Rely{Pre,Here} && 0 <= i <= N;
      loop invariant read:  \forall integer j; 0 <= j < i && j != ME ==> t->push[j].ticket <= comp(ME,j);
      loop assigns W, i;
      loop variant N - i; */
  for (uint32_t i = 0; i < t->w->size; i++)
    if (i != t->w->rank && wire_completed(t->w, i) < t->push[i].ticket)
      return wire_health(t->w);
  //@ ghost history_announce(t->version + 1);
  t->version++;
  wire_fill_words(t->w, &t->rows, TABLE_DATA, row, t->words);
  return SACRED_OK;
}

/* Push my row to rank i, from where the last try stopped. */
/*@
  requires   valid:  Inv && TableValid(t) && Pair(ME,i);
  terminates \true;
  exits      \false;
  assigns    W, t->push[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  TableValid(t);
  ensures    others: Quiet{Pre,Here};
  ensures    status: \result == SACRED_OK || \result == SACRED_AGAIN || \result == SACRED_ERR_DEAD || \result == SACRED_ERR_UNREACHABLE;
  ensures    posted: \result == SACRED_OK ==> pub(O,8,ME,i) == t->version;
*/
static int push(struct sacred_table *t, uint32_t i)
{
  struct table_push *p = &t->push[i];
  /*
   * ORDER begin-words-end.  Posted in this order on one queue pair, so placed in
   * this order (rule nrW); the words in any order among themselves. Pairs with
   * the loads in sacred_table_read(). Without it a reader could take two halves
   * of two versions for one (theorem table_whole).
   */
  if (p->begun < t->version) {
    if (wire_signal(t->w, i, &t->rows, TABLE_BEGIN, t->version) != SACRED_OK)
      return wire_health(t->w);
    p->begun = t->version;
  }
  if (p->sent < t->version) {
    if (wire_put(t->w, i, &t->rows, TABLE_DATA, 8 * (uint64_t)t->words) != SACRED_OK)
      return wire_health(t->w);
    p->sent = t->version;
    p->ticket = wire_posted(t->w, i);
  }
  if (p->ended < t->version) {
    if (wire_signal(t->w, i, &t->rows, TABLE_END, t->version) != SACRED_OK)
      return wire_health(t->w);
    p->ended = t->version;
  }
  return SACRED_OK;
}

int sacred_table_push(struct sacred_table *t, uint32_t rank)
{
  if (!t->w->open)
    return SACRED_ERR_CLOSED;
  if (rank >= t->w->size)
    return wire_refuse(t->w, SACRED_ERR_RANK, rank, t->w->size);
  return rank == t->w->rank ? SACRED_OK : push(t, rank);
}

int sacred_table_push_all(struct sacred_table *t)
{
  /*@ loop invariant valid: Inv && TableValid(t) && Quiet{Pre,Here} && 0 <= i <= N;
      loop invariant posted: \forall integer j; 0 <= j < i && j != ME ==> pub(O,8,ME,j) == t->version;
      loop assigns W, i, t->push[0 .. N - 1];
      loop variant N - i; */
  for (uint32_t i = 0; i < t->w->size; i++) {
    int status = sacred_table_push(t, i);
    if (status != SACRED_OK)
      return status;
  }
  return SACRED_OK;
}

int sacred_table_push_some(struct sacred_table *t, const uint32_t *ranks, uint32_t n)
{
  /*@ loop invariant valid: Inv && TableValid(t) && Quiet{Pre,Here} && 0 <= k <= n;
      loop invariant posted: \forall integer m; 0 <= m < k && ranks[m] != ME ==> ranks[m] < N && pub(O,8,ME,ranks[m]) == t->version;
      loop assigns W, k, t->push[0 .. N - 1];
      loop variant n - k; */
  for (uint32_t k = 0; k < n; k++) {
    int status = sacred_table_push(t, ranks[k]);
    if (status != SACRED_OK)
      return status;
  }
  return SACRED_OK;
}

int sacred_table_read(struct sacred_table *t, uint32_t rank, uint64_t *row, uint64_t *version)
{
  if (!t->w->open)
    return SACRED_ERR_CLOSED;
  if (rank >= t->w->size)
    return wire_refuse(t->w, SACRED_ERR_RANK, rank, t->w->size);
  if (rank == t->w->rank) {
    wire_copy_words(t->w, &t->rows, TABLE_DATA, rank, row, t->words);
    *version = t->version;
    return SACRED_OK;
  }
  /*
   * ORDER words-after-end, begin-after-words.  The three loads are performed in
   * this order: an acquire load, words that are copied after it and before the
   * next. Pairs with the three posts in push().  Without it the words could be
   * older than END or newer than BEGIN (theorem table_whole).
   */
  uint64_t end = wire_load(t->w, &t->rows, TABLE_END, rank);
  wire_copy_words(t->w, &t->rows, TABLE_DATA, rank, row, t->words);
  if (wire_load(t->w, &t->rows, TABLE_BEGIN, rank) != end)
    return wire_health(t->w);
  *version = end;
  return SACRED_OK;
}

int sacred_table_read_until(struct sacred_table *t, uint32_t rank, uint64_t version, uint64_t *row, uint64_t *seen,
                            uint64_t deadline)
{
  struct wire_wait wait = {0, deadline};
  int late = deadline == 0;
  /*@ loop invariant valid: Inv && TableValid(t) && Rely{Pre,Here};
      loop assigns W, late, wait.looks, row[0 .. WORDS - 1], *seen; */
  for (;;) {
    int status = sacred_table_read(t, rank, row, seen);
    if (status == SACRED_OK && *seen < version)
      status = wire_health(t->w);
    if (status != SACRED_AGAIN)
      return status;
    if (late)
      return SACRED_TIMEOUT;
    late = wire_relax(t->w, &wait);
  }
}
