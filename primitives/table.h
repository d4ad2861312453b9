/* The shared state table: a row between two version words, pushed in three ordered puts. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TABLE_H
#define TABLE_H
#include "wire.h"
#include <sacred/table.h>

enum { TABLE_BEGIN = 0, TABLE_END = 8, TABLE_DATA = 16 }; /* offsets in a row */

struct sacred_table {
  struct wire *w;
  struct rows rows; /* a row: BEGIN, END, then the words */
  uint32_t words;
  uint64_t version; /* of my own row */
  /* [i]: how far the push of my row to rank i is */
  uint64_t *begun, *sent, *ended; /* the version of the last put of BEGIN, of the words, of END */
  uint64_t *ticket;               /* operations posted to that rank, the last put of the words included */
};

/*@
  // what I hold of rank i: what I have put there, and behind which operation no source of mine is to be read
  predicate Late{L}(integer i, integer n) = \forall integer k; Entry(ME,i,k) && inl(ME,i,k) == 0 ==> k < n;
  predicate PushValid{L}(struct sacred_table *t, integer i) =
    t->begun[i] == pub(O,0,ME,i) && t->sent[i] == pub(O,16,ME,i) && t->ended[i] == pub(O,8,ME,i) && Late(i,t->ticket[i]);
  predicate TableStatic{L}(struct sacred_table *t) =
    \valid(t) && Ctx(t->w,&t->rows) && \valid(t->begun + (0 .. N - 1)) && \valid(t->sent + (0 .. N - 1)) &&
    \valid(t->ended + (0 .. N - 1)) && \valid(t->ticket + (0 .. N - 1)) &&
    \separated(t, t->w, t->begun + (0 .. N - 1), t->sent + (0 .. N - 1), t->ended + (0 .. N - 1), t->ticket + (0 .. N - 1));
  predicate TableValid{L}(struct sacred_table *t) =
    TableStatic(t) && t->words == WORDS && t->version == said(O,ME) && (\forall integer a; Data(a) ==> Own(a,ME) == t->version) &&
    \forall integer i; Node(i) && i != ME ==> PushValid(t,i);
  predicate Apart{L}(struct sacred_table *t, uint64_t *row, uint64_t *version) =
    \valid(row + (0 .. WORDS - 1)) && \valid(version) && \separated(row + (0 .. WORDS - 1), version, t, t->w,
      t->begun + (0 .. N - 1), t->sent + (0 .. N - 1), t->ended + (0 .. N - 1), t->ticket + (0 .. N - 1));

  // buf is version v of j's row
  predicate Row{L}(uint64_t *buf, integer j, integer v) = \forall integer w; 0 <= w < WORDS ==> buf[w] == val(O,16 + 8 * w,j,v);
  // I put and posted nothing to any rank but i
  predicate Only{A,B}(integer i) = \forall integer x; Pair(ME,x) && x != i ==> Post{B}(ME,x) == Post{A}(ME,x) &&
    \forall integer b; pub{B}(O,b,ME,x) == pub{A}(O,b,ME,x);
  // all of my newest version is posted to i
  predicate Pushed{L}(struct sacred_table *t, integer i) =
    pub(O,0,ME,i) == t->version && pub(O,16,ME,i) == t->version && pub(O,8,ME,i) == t->version;
  predicate TableStatus(integer s) = WaitStatus(s) || s == SACRED_ERR_CLOSED || s == SACRED_ERR_RANK;
  lemma flow_trans{A,B,C}: World{A} && World{B} && Flow{A,B} && Flow{B,C} ==> Flow{A,C};
  // what a rank holds of the version of j that it has read: it stays true
  predicate Has{L}(integer j, integer v) = v <= cell(O,8,ME,j);
*/

/* OK: row is the next version of mine. Else: nothing has changed. */
/*@
  requires   valid:  Inv && TableValid(t);
  requires   row:    \valid_read(row + (0 .. WORDS - 1)) && \separated(row + (0 .. WORDS - 1), t);
  terminates \true;
  exits      \false;
  assigns    W, t->version;
  ensures    inv:    Inv;
  ensures    valid:  TableValid(t);
  ensures    others: Flow{Pre,Here} && SPub{Pre,Here}(ME) && SPost{Pre,Here} && SDone{Pre,Here}(ME);
  ensures    status: TableStatus(\result) || \result == SACRED_ERR_RANGE;
  ensures    next:   \result == SACRED_OK ==> t->version == \old(t->version) + 1;
  ensures    row:    \result == SACRED_OK ==> Row(row,ME,t->version);
  ensures    kept:   \result != SACRED_OK ==> t->version == \old(t->version) && Rely{Pre,Here};
  ensures    free:   t->w->open != 0 && \old(t->version) < UINT64_MAX &&
                       (\forall integer i; Pair(ME,i) ==> t->ticket[i] <= comp{Pre}(ME,i)) ==> \result == SACRED_OK;
*/
int sacred_table_write(struct sacred_table *t, const uint64_t *row);

/* OK: BEGIN, the words and END of my newest version are posted to that rank. */
/*@
  requires   valid:  Inv && TableValid(t);
  terminates \true;
  exits      \false;
  assigns    W, t->begun[0 .. N - 1], t->sent[0 .. N - 1], t->ended[0 .. N - 1], t->ticket[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  TableValid(t);
  ensures    others: Quiet{Pre,Here};
  ensures    status: TableStatus(\result);
  ensures    posted: \result == SACRED_OK ==> rank < N && (rank != ME ==> Pushed(t,rank));
  ensures    only:   Only{Pre,Here}(rank);
  ensures    once:   rank < N && rank != ME && \old(t->ended[rank]) == t->version ==> Rely{Pre,Here};
*/
int sacred_table_push(struct sacred_table *t, uint32_t rank);

/*@
  requires   valid:  Inv && TableValid(t);
  terminates \true;
  exits      \false;
  assigns    W, t->begun[0 .. N - 1], t->sent[0 .. N - 1], t->ended[0 .. N - 1], t->ticket[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  TableValid(t);
  ensures    others: Quiet{Pre,Here};
  ensures    status: TableStatus(\result);
  ensures    posted: \result == SACRED_OK ==> \forall integer i; Pair(ME,i) ==> Pushed(t,i);
*/
int sacred_table_push_all(struct sacred_table *t);

/*@
  requires   valid:  Inv && TableValid(t);
  requires   ranks:  \valid_read(ranks + (0 .. n - 1)) && \separated(ranks + (0 .. n - 1), t->begun + (0 .. N - 1),
                       t->sent + (0 .. N - 1), t->ended + (0 .. N - 1), t->ticket + (0 .. N - 1));
  terminates \true;
  exits      \false;
  assigns    W, t->begun[0 .. N - 1], t->sent[0 .. N - 1], t->ended[0 .. N - 1], t->ticket[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  TableValid(t);
  ensures    others: Quiet{Pre,Here};
  ensures    status: TableStatus(\result);
  ensures    posted: \result == SACRED_OK ==> \forall integer k; 0 <= k < n && ranks[k] != ME ==> ranks[k] < N && Pushed(t,ranks[k]);
  ensures    only:   \forall integer i; Pair(ME,i) && (\forall integer k; 0 <= k < n ==> ranks[k] != i) ==>
                       Post(ME,i) == Post{Pre}(ME,i) && \forall integer b; pub(O,b,ME,i) == pub{Pre}(O,b,ME,i);
*/
int sacred_table_push_some(struct sacred_table *t, const uint32_t *ranks, uint32_t n);

/* OK: one whole version, which its owner wrote and pushed, and never older than one read before. */
/*@
  requires   valid:  Inv && TableValid(t);
  requires   room:   Apart(t,row,version);
  terminates \true;
  exits      \false;
  assigns    W, row[0 .. WORDS - 1], *version;
  ensures    inv:    Inv;
  ensures    valid:  TableValid(t);
  ensures    others: Rely{Pre,Here};
  ensures    status: TableStatus(\result);
  ensures    whole:  \result == SACRED_OK ==> rank < N && Row(row,rank,*version);
  ensures    pushed: \result == SACRED_OK && rank != ME ==> *version <= pub(O,8,rank,ME) <= said(O,rank);
  ensures    fresh:  \result == SACRED_OK && rank != ME ==> cell{Pre}(O,8,ME,rank) <= *version <= cell(O,8,ME,rank);
  ensures    mine:   \result == SACRED_OK && rank == ME ==> *version == t->version;
  ensures    still:  t->w->open != 0 && rank < N && (rank == ME || cell{Pre}(O,8,ME,rank) == cell(O,0,ME,rank)) ==> \result == SACRED_OK;
*/
int sacred_table_read(struct sacred_table *t, uint32_t rank, uint64_t *row, uint64_t *version);

/*@
  requires   valid:  Inv && TableValid(t);
  requires   room:   Apart(t,row,seen);
  exits      \false;
  assigns    W, row[0 .. WORDS - 1], *seen;
  ensures    inv:    Inv;
  ensures    valid:  TableValid(t);
  ensures    others: Rely{Pre,Here};
  ensures    status: \result == SACRED_TIMEOUT || TableStatus(\result) && \result != SACRED_AGAIN;
  ensures    whole:  \result == SACRED_OK ==> rank < N && Row(row,rank,*seen);
  ensures    pushed: \result == SACRED_OK && rank != ME ==> *seen <= pub(O,8,rank,ME) <= said(O,rank);
  ensures    fresh:  \result == SACRED_OK && rank != ME ==> cell{Pre}(O,8,ME,rank) <= *seen <= cell(O,8,ME,rank);
  ensures    mine:   \result == SACRED_OK && rank == ME ==> *seen == t->version;
  ensures    enough: \result == SACRED_OK ==> version <= *seen;
  ensures    there:  t->w->open != 0 && rank < N && (rank == ME ? version <= t->version :
                       version <= cell{Pre}(O,8,ME,rank) && cell{Pre}(O,8,ME,rank) == cell(O,0,ME,rank)) ==> \result == SACRED_OK;
*/
int sacred_table_read_until(struct sacred_table *t, uint32_t rank, uint64_t version, uint64_t *row, uint64_t *seen,
                            uint64_t deadline);
#endif
