/* The shared state table: a row between two version words, pushed in three ordered puts. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TABLE_H
#define TABLE_H
#include "wire.h"
#include <sacred/table.h>

enum { TABLE_BEGIN = 0, TABLE_END = 8, TABLE_DATA = 16 }; /* offsets in a row */

struct table_push {
  uint64_t begun, sent, ended; /* the version of the last put of BEGIN, of the words, of END */
  uint64_t ticket;             /* operations posted to that rank, the last put of the words included */
};

struct sacred_table {
  struct wire *w;
  struct rows rows; /* a row: BEGIN, END, then the words */
  uint32_t words;
  uint64_t version;        /* of my own row */
  struct table_push *push; /* [i]: how far my row's push to rank i is */
};

/*@
  predicate PushValid{L}(struct sacred_table *t, integer i) =
    t->push[i].begun == pub(O,0,ME,i) && t->push[i].sent == pub(O,16,ME,i) && t->push[i].ended == pub(O,8,ME,i) &&
    \forall integer k; Entry(ME,i,k) && inl(ME,i,k) == 0 ==> k < t->push[i].ticket;
  predicate TableValid{L}(struct sacred_table *t) =
    \valid(t) && Ctx(t->w,&t->rows) && \valid(t->push + (0 .. N - 1)) && \separated(t, t->w, t->push + (0 .. N - 1)) &&
    t->words == WORDS && t->version == said(O,ME) && (\forall integer a; Data(a) ==> Own(a,ME) == t->version) &&
    \forall integer i; Node(i) && i != ME ==> PushValid(t,i);

  // buf is version v of j's row
  predicate Row{L}(uint64_t *buf, integer j, integer v) = \forall integer w; 0 <= w < WORDS ==> buf[w] == val(O,16 + 8 * w,j,v);
  predicate TableStatus(integer s) = s == SACRED_OK || s == SACRED_AGAIN || s == SACRED_ERR_CLOSED || s == SACRED_ERR_RANK
    || s == SACRED_ERR_DEAD || s == SACRED_ERR_UNREACHABLE;
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
  ensures    status: TableStatus(\result) || \result == SACRED_ERR_RANGE;
  ensures    next:   \result == SACRED_OK ==> t->version == \old(t->version) + 1;
  ensures    row:    \result == SACRED_OK ==> Row(row,ME,t->version);
  ensures    kept:   \result != SACRED_OK ==> t->version == \old(t->version) && Rely{Pre,Here};
*/
int sacred_table_write(struct sacred_table *t, const uint64_t *row);

/* OK: BEGIN, the words and END of my newest version are posted to that rank. */
/*@
  requires   valid:  Inv && TableValid(t);
  terminates \true;
  exits      \false;
  assigns    W, t->push[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  TableValid(t);
  ensures    others: Quiet{Pre,Here};
  ensures    status: TableStatus(\result);
  ensures    posted: \result == SACRED_OK ==> rank < N && (rank != ME ==> pub(O,8,ME,rank) == t->version);
*/
int sacred_table_push(struct sacred_table *t, uint32_t rank);

/*@
  requires   valid:  Inv && TableValid(t);
  terminates \true;
  exits      \false;
  assigns    W, t->push[0 .. N - 1];
  ensures    valid:  Inv && TableValid(t);
  ensures    others: Quiet{Pre,Here};
  ensures    posted: \result == SACRED_OK ==> \forall integer i; Pair(ME,i) ==> pub(O,8,ME,i) == t->version;
*/
int sacred_table_push_all(struct sacred_table *t);

/*@
  requires   valid:  Inv && TableValid(t);
  requires   ranks:  \valid_read(ranks + (0 .. n - 1)) && \separated(ranks + (0 .. n - 1), t->push + (0 .. N - 1));
  terminates \true;
  exits      \false;
  assigns    W, t->push[0 .. N - 1];
  ensures    valid:  Inv && TableValid(t);
  ensures    others: Quiet{Pre,Here};
  ensures    posted: \result == SACRED_OK ==> \forall integer k; 0 <= k < n && ranks[k] != ME ==> ranks[k] < N && pub(O,8,ME,ranks[k]) == t->version;
*/
int sacred_table_push_some(struct sacred_table *t, const uint32_t *ranks, uint32_t n);

/* OK: one whole version, which its owner wrote and pushed, and never older than one read before. */
/*@
  requires   valid:  Inv && TableValid(t);
  requires   room:   \valid(row + (0 .. WORDS - 1)) && \valid(version) &&
                       \separated(row + (0 .. WORDS - 1), version, t, t->w, t->push + (0 .. N - 1));
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
*/
int sacred_table_read(struct sacred_table *t, uint32_t rank, uint64_t *row, uint64_t *version);

/*@
  requires   valid:  Inv && TableValid(t);
  requires   room:   \valid(row + (0 .. WORDS - 1)) && \valid(seen) &&
                       \separated(row + (0 .. WORDS - 1), seen, t, t->w, t->push + (0 .. N - 1));
  exits      \false;
  assigns    W, row[0 .. WORDS - 1], *seen;
  ensures    inv:    Inv;
  ensures    valid:  TableValid(t);
  ensures    others: Rely{Pre,Here};
  ensures    whole:  \result == SACRED_OK ==> rank < N && Row(row,rank,*seen);
  ensures    enough: \result == SACRED_OK ==> version <= *seen;
*/
int sacred_table_read_until(struct sacred_table *t, uint32_t rank, uint64_t version, uint64_t *row, uint64_t *seen,
                            uint64_t deadline);
#endif
