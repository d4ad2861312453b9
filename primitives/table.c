/*
 * The shared state table: a row between two version words, pushed in three
 * ordered puts. The reader takes END first and BEGIN last: where both are the
 * same version, so is all between them (L. Lamport, Concurrent Reading and
 * Writing, 1977; the table is that of Derecho, S. Jha et al., 2019).
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "table.h"

/* SACRED_OK: every put of my words is completed, and the NIC will not read them again. */
/*@
  requires   valid:  Inv && TableValid(t);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    inv:    Inv;
  ensures    valid:  TableValid(t);
  ensures    others: Rely{Pre,Here};
  ensures    status: WaitStatus(\result);
  ensures    idle:   \result == SACRED_OK ==> Idle(ME,16,DEnd);
  ensures    free:   (\forall integer i; Pair(ME,i) ==> t->ticket[i] <= comp{Pre}(ME,i)) ==> \result == SACRED_OK;
*/
static int unread(const struct sacred_table *t)
{
  /*@ loop invariant inv:   Inv;
      loop invariant valid: TableValid(t) && 0 <= i <= N;
      loop invariant quiet: Rely{Pre,Here};
      loop invariant read:  \forall integer j; 0 <= j < i && j != ME ==> t->ticket[j] <= comp(ME,j);
      loop assigns W, i;
      loop variant N - i; */
  for (uint32_t i = 0; i < t->w->size; i++)
    if (i != t->w->rank && wire_completed(t->w, i) < t->ticket[i])
      return wire_health(t->w);
  return SACRED_OK;
}

/* The next version of mine, here at home. */
/*@
  requires   valid:  Inv && TableValid(t) && t->version < UINT64_MAX && Idle(ME,16,DEnd);
  requires   row:    \valid_read(row + (0 .. WORDS - 1)) && \separated(row + (0 .. WORDS - 1), t);
  terminates \true;
  exits      \false;
  assigns    W, t->version;
  ensures    inv:    Inv;
  ensures    valid:  TableValid(t);
  ensures    others: Flow{Pre,Here} && SPub{Pre,Here}(ME) && SPost{Pre,Here} && SDone{Pre,Here}(ME);
  ensures    next:   t->version == \old(t->version) + 1;
  ensures    row:    Row(row,ME,t->version);
*/
static void store(struct sacred_table *t, const uint64_t *row)
{
  //@ ghost history_announce(t->version + 1);
  t->version++;
  //@ ghost Said: ;
  //@ assert said: Inv && Flow{Pre,Here} && SPub{Pre,Here}(ME) && SPost{Pre,Here} && SDone{Pre,Here}(ME);
  wire_fill_words(t->w, &t->rows, TABLE_DATA, row, t->words);
  //@ assert filled: Inv && Flow{Said,Here} && SPub{Said,Here}(ME) && SPost{Said,Here} && SDone{Said,Here}(ME);
}

int sacred_table_write(struct sacred_table *t, const uint64_t *row)
{
  if (!t->w->open)
    return wire_refuse(t->w, SACRED_ERR_CLOSED, WIRE_CLOSED, 0, 0);
  if (t->version == UINT64_MAX)
    return wire_refuse(t->w, SACRED_ERR_RANGE, WIRE_USED_UP, t->version, UINT64_MAX);
  int status = unread(t);
  if (status == SACRED_OK)
    store(t, row);
  return status;
}

/*
 * ORDER begin-words-end.  A push posts its three parts in this order on one queue
 * pair, so they are placed in this order (rule nrW); the words in any order among
 * themselves. Pairs with the loads in sacred_table_read(). Without it a reader
 * could take two halves of two versions for one (theorem table_whole).
 */

/* BEGIN to rank i. */
/*@
  requires   valid:  Inv && TableValid(t) && Pair(ME,i) && t->begun[i] < t->version;
  terminates \true;
  exits      \false;
  assigns    W, t->begun[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  TableValid(t);
  ensures    others: Quiet{Pre,Here};
  ensures    only:   Only{Pre,Here}(i);
  ensures    status: WaitStatus(\result);
  ensures    posted: \result == SACRED_OK ==> t->begun[i] == t->version;
*/
static int push_begin(struct sacred_table *t, uint32_t i)
{
  if (wire_signal(t->w, i, &t->rows, TABLE_BEGIN, t->version) != SACRED_OK)
    return wire_health(t->w);
  t->begun[i] = t->version;
  return SACRED_OK;
}

/* The words to rank i. Their source is not to be written until the put is completed: the ticket says when. */
/*@
  requires   valid:  Inv && TableValid(t) && Pair(ME,i) && t->sent[i] < t->version && t->begun[i] == t->version;
  terminates \true;
  exits      \false;
  assigns    W, t->sent[0 .. N - 1], t->ticket[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  TableValid(t);
  ensures    others: Quiet{Pre,Here};
  ensures    only:   Only{Pre,Here}(i);
  ensures    status: WaitStatus(\result);
  ensures    posted: \result == SACRED_OK ==> t->sent[i] == t->version;
*/
static int push_words(struct sacred_table *t, uint32_t i)
{
  if (wire_put(t->w, i, &t->rows, TABLE_DATA, 8 * (uint64_t)t->words) != SACRED_OK)
    return wire_health(t->w);
  t->sent[i] = t->version;
  t->ticket[i] = wire_posted(t->w, i);
  //@ assert mine: PushValid(t,i);
  //@ assert rest: \forall integer j; Pair(ME,j) && j != i ==> PushValid(t,j);
  return SACRED_OK;
}

/* END to rank i. */
/*@
  requires   valid:  Inv && TableValid(t) && Pair(ME,i) && t->ended[i] < t->version && t->sent[i] == t->version;
  terminates \true;
  exits      \false;
  assigns    W, t->ended[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  TableValid(t);
  ensures    others: Quiet{Pre,Here};
  ensures    only:   Only{Pre,Here}(i);
  ensures    status: WaitStatus(\result);
  ensures    posted: \result == SACRED_OK ==> t->ended[i] == t->version;
*/
static int push_end(struct sacred_table *t, uint32_t i)
{
  if (wire_signal(t->w, i, &t->rows, TABLE_END, t->version) != SACRED_OK)
    return wire_health(t->w);
  t->ended[i] = t->version;
  return SACRED_OK;
}

/* Push my row to rank i, from where the last try stopped. */
/*@
  requires   valid:  Inv && TableValid(t) && Pair(ME,i);
  terminates \true;
  exits      \false;
  assigns    W, t->begun[0 .. N - 1], t->sent[0 .. N - 1], t->ended[0 .. N - 1], t->ticket[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  TableValid(t);
  ensures    others: Quiet{Pre,Here};
  ensures    only:   Only{Pre,Here}(i);
  ensures    status: WaitStatus(\result);
  ensures    posted: \result == SACRED_OK ==> Pushed(t,i);
  ensures    once:   \old(t->ended[i]) == t->version ==> Rely{Pre,Here};
*/
static int push(struct sacred_table *t, uint32_t i)
{
  if (t->ended[i] == t->version) // all of it is posted
    return SACRED_OK;
  int status = SACRED_OK;
  if (t->begun[i] < t->version)
    status = push_begin(t, i);
  if (status == SACRED_OK && t->sent[i] < t->version)
    status = push_words(t, i);
  if (status == SACRED_OK && t->ended[i] < t->version)
    status = push_end(t, i);
  return status;
}

int sacred_table_push(struct sacred_table *t, uint32_t rank)
{
  if (!t->w->open)
    return wire_refuse(t->w, SACRED_ERR_CLOSED, WIRE_CLOSED, 0, 0);
  if (rank >= t->w->size)
    return wire_refuse(t->w, SACRED_ERR_RANK, WIRE_NO_RANK, rank, t->w->size);
  return rank == t->w->rank ? SACRED_OK : push(t, rank);
}

int sacred_table_push_all(struct sacred_table *t)
{
  /*@ loop invariant inv:   Inv;
      loop invariant valid: TableValid(t) && 0 <= i <= N;
      loop invariant quiet: Quiet{Pre,Here};
      loop invariant posted: \forall integer j; 0 <= j < i && j != ME ==> Pushed(t,j);
      loop assigns W, i, t->begun[0 .. N - 1], t->sent[0 .. N - 1], t->ended[0 .. N - 1], t->ticket[0 .. N - 1];
      loop variant N - i; */
  for (uint32_t i = 0; i < t->w->size; i++) {
    int status = sacred_table_push(t, i);
    if (status != SACRED_OK)
      return status;
    //@ assert kept: \forall integer j; 0 <= j < i && j != ME ==> Pushed(t,j);
    //@ assert mine: i != ME ==> Pushed(t,i);
  }
  return SACRED_OK;
}

int sacred_table_push_some(struct sacred_table *t, const uint32_t *ranks, uint32_t n)
{
  /*@ loop invariant inv:   Inv;
      loop invariant valid: TableValid(t) && 0 <= k <= n;
      loop invariant quiet: Quiet{Pre,Here};
      loop invariant posted: \forall integer m; 0 <= m < k && ranks[m] != ME ==> ranks[m] < N && Pushed(t,ranks[m]);
      loop invariant only:   \forall integer i; Pair(ME,i) && (\forall integer m; 0 <= m < k ==> ranks[m] != i) ==>
        Post(ME,i) == Post{Pre}(ME,i) && \forall integer b; pub(O,b,ME,i) == pub{Pre}(O,b,ME,i);
      loop assigns W, k, t->begun[0 .. N - 1], t->sent[0 .. N - 1], t->ended[0 .. N - 1], t->ticket[0 .. N - 1];
      loop variant n - k; */
  for (uint32_t k = 0; k < n; k++) {
    int status = sacred_table_push(t, ranks[k]);
    if (status != SACRED_OK)
      return status;
  }
  return SACRED_OK;
}

/* My own row. */
/*@
  requires   valid:  Inv && TableValid(t);
  requires   room:   Apart(t,row,version);
  terminates \true;
  exits      \false;
  assigns    W, row[0 .. WORDS - 1], *version;
  ensures    inv:    Inv;
  ensures    valid:  TableValid(t);
  ensures    others: Rely{Pre,Here};
  ensures    whole:  Row(row,ME,*version);
  ensures    mine:   *version == t->version;
*/
static void read_mine(const struct sacred_table *t, uint64_t *row, uint64_t *version)
{
  wire_copy_words(t->w, &t->rows, TABLE_DATA, t->w->rank, row, t->words);
  //@ assert valid: TableValid(t);
  //@ assert words: Row(row,ME,t->version);
  *version = t->version;
}

/* END of that rank's row, then its words. */
/*@
  requires   valid:  Inv && TableValid(t) && Pair(rank,ME);
  requires   room:   Apart(t,row,version);
  terminates \true;
  exits      \false;
  assigns    W, row[0 .. WORDS - 1], *version;
  ensures    inv:    Inv;
  ensures    valid:  TableValid(t);
  ensures    others: Rely{Pre,Here};
  ensures    end:    cell{Pre}(O,8,ME,rank) <= *version <= cell(O,8,ME,rank);
  ensures    words:  cell(O,0,ME,rank) == *version ==> *version <= said(O,rank) && Row(row,rank,*version);
  ensures    under:  *version <= cell(O,0,ME,rank);
  ensures    known:  \forall integer a; Data(a) ==> *version <= Own(a,rank);
*/
static void copy(const struct sacred_table *t, uint32_t rank, uint64_t *row, uint64_t *version)
{
  uint64_t end = wire_load(t->w, &t->rows, TABLE_END, rank);
  //@ ghost Ended: ;
  //@ assert ended: TableValid(t) && end == cell(O,8,ME,rank);
  wire_copy_words(t->w, &t->rows, TABLE_DATA, rank, row, t->words);
  //@ assert between: \forall integer a; Data(a) ==> end <= cell{Ended}(O,a,ME,rank) <= cell(O,a,ME,rank) <= cell(O,0,ME,rank);
  //@ assert first: Data(16) && end <= cell(O,16,ME,rank) <= cell(O,0,ME,rank);
  //@ assert valid: TableValid(t);
  //@ assert words: cell(O,0,ME,rank) == end ==> Row(row,rank,end);
  *version = end;
}

int sacred_table_read(struct sacred_table *t, uint32_t rank, uint64_t *row, uint64_t *version)
{
  if (!t->w->open)
    return wire_refuse(t->w, SACRED_ERR_CLOSED, WIRE_CLOSED, 0, 0);
  if (rank >= t->w->size)
    return wire_refuse(t->w, SACRED_ERR_RANK, WIRE_NO_RANK, rank, t->w->size);
  if (rank == t->w->rank) {
    read_mine(t, row, version);
    return SACRED_OK;
  }
  /*
   * ORDER words-after-end, begin-after-words.  The three loads are performed in
   * this order: an acquire load, words that are copied after it and before the
   * next. Pairs with the three posts of push().  Without it the words could be
   * older than END or newer than BEGIN (theorem table_whole).
   */
  copy(t, rank, row, version);
  //@ ghost Copied: ;
  uint64_t begin = wire_load(t->w, &t->rows, TABLE_BEGIN, rank);
  //@ assert under: *version <= cell{Copied}(O,0,ME,rank) <= cell(O,0,ME,rank) == begin;
  //@ assert fresh: cell{Pre}(O,8,ME,rank) <= *version <= cell{Copied}(O,8,ME,rank) <= cell(O,8,ME,rank);
  if (begin != *version)
    return wire_health(t->w);
  //@ assert same: cell{Copied}(O,0,ME,rank) == *version;
  //@ assert block: Block(8,16) && cell(O,8,ME,rank) <= pub(O,8,rank,ME) <= said(O,rank);
  return SACRED_OK;
}

int sacred_table_read_until(struct sacred_table *t, uint32_t rank, uint64_t version, uint64_t *row, uint64_t *seen,
                            uint64_t deadline)
{
  struct wire_wait wait = {0, deadline};
  int late = deadline == 0;
  /*@ loop invariant valid: Inv && TableValid(t);
      loop invariant quiet: Rely{Pre,Here};
      loop assigns W, late, wait.looks, row[0 .. WORDS - 1], *seen; */
  for (;;) {
    //@ ghost Look: ;
    int status = sacred_table_read(t, rank, row, seen);
    //@ assert first: rank < N && rank != ME ==> Data(16) && cell{Look}(O,8,ME,rank) <= cell(O,8,ME,rank) <= cell(O,16,ME,rank) <= cell(O,0,ME,rank);
    //@ assert later: rank < N && rank != ME ==> cell{Pre}(O,8,ME,rank) <= cell{Look}(O,8,ME,rank);
    if (status == SACRED_OK && *seen < version)
      status = wire_health(t->w);
    if (status != SACRED_AGAIN)
      return status;
    if (late)
      return SACRED_TIMEOUT;
    late = wire_relax(t->w, &wait);
  }
}
