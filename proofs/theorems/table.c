/* What a user relies on of a shared state table. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/table.h"

/* A read is one version, whole, that its owner wrote and pushed to me. */
/*@
  requires  valid: Inv && TableValid(t) && Pair(rank,ME);
  requires  room:  Apart(t,row,version);
  terminates \true;
  exits     \false;
  assigns   W, row[0 .. WORDS - 1], *version;
  ensures   whole: \result == SACRED_OK ==> \forall integer w; 0 <= w < WORDS ==> row[w] == val(O,16 + 8 * w,rank,*version);
  ensures   owner: \result == SACRED_OK ==> *version <= pub(O,8,rank,ME) <= said(O,rank);
*/
int table_whole(struct sacred_table *t, uint32_t rank, uint64_t *row, uint64_t *version)
{
  return sacred_table_read(t, rank, row, version);
}

/* What the owner wrote as a version is what that version stands for, at every reader; version 0 is all zeros. */
/*@
  requires  valid: Inv && TableValid(t);
  requires  row:   \valid_read(row + (0 .. WORDS - 1)) && \separated(row + (0 .. WORDS - 1), t);
  terminates \true;
  exits     \false;
  assigns   W, t->version;
  ensures   stands: \result == SACRED_OK ==> \forall integer w; 0 <= w < WORDS ==> val(O,16 + 8 * w,ME,t->version) == row[w];
  ensures   before: \forall integer w, v; 0 <= w < WORDS && v <= \old(t->version) ==>
                      val(O,16 + 8 * w,ME,v) == val{Pre}(O,16 + 8 * w,ME,v);
  ensures   zeros:  \forall integer w, j; 0 <= w < WORDS && Node(j) ==> val(O,16 + 8 * w,j,0) == 0;
*/
int table_version_stands(struct sacred_table *t, const uint64_t *row)
{
  return sacred_table_write(t, row);
}

/* A read is at least as new as any read before, whatever I do with the table in between. */
/*@
  requires  valid: Inv && TableValid(t) && Pair(rank,ME);
  requires  room:  Apart(t,row,first) && Apart(t,row,second) && \separated(first,second);
  terminates \true;
  exits     \false;
  assigns   W, row[0 .. WORDS - 1], *first, *second, t->version,
            t->begun[0 .. N - 1], t->sent[0 .. N - 1], t->ended[0 .. N - 1], t->ticket[0 .. N - 1];
  ensures   fresh: \result == SACRED_OK ==> *first <= *second;
*/
int table_fresh(struct sacred_table *t, uint32_t rank, uint64_t *row, uint64_t *first, uint64_t *second)
{
  int status = sacred_table_read(t, rank, row, first);
  if (status != SACRED_OK)
    return status;
  //@ assert had: Has(rank,*first);
  sacred_table_write(t, row);
  //@ assert wrote: Has(rank,*first);
  sacred_table_push_all(t);
  //@ assert has: Has(rank,*first);
  return sacred_table_read(t, rank, row, second);
}

/* A version that its owner has pushed and whose END is placed with me is read, or a newer one. */
/*@
  requires  valid:  Inv && TableValid(t) && Pair(rank,ME);
  requires  pushed: 1 <= v <= pub(O,8,rank,ME) && at(O,8,rank,ME,v) < deliv(rank,ME);
  requires  room:   Apart(t,row,version);
  terminates \true;
  exits     \false;
  assigns   W, row[0 .. WORDS - 1], *version;
  ensures   arrives: \result == SACRED_OK ==> v <= *version;
*/
int table_arrives(struct sacred_table *t, uint32_t rank, uint64_t v, uint64_t *row, uint64_t *version)
{
  //@ assert posted: Entry(rank,ME,at(O,8,rank,ME,v)) && Block(8,16) && In(rank,ME,at(O,8,rank,ME,v),8);
  //@ assert placed: Has(rank,v);
  return sacred_table_read(t, rank, row, version);
}

/* What I have pushed to a rank is all posted, in an order that no reader can mistake: BEGIN, the words, END. */
/*@
  requires  valid: Inv && TableValid(t) && Pair(ME,rank) && 1 <= t->version;
  terminates \true;
  exits     \false;
  assigns   W, t->begun[0 .. N - 1], t->sent[0 .. N - 1], t->ended[0 .. N - 1], t->ticket[0 .. N - 1];
  ensures   posted: \result == SACRED_OK ==> pub(O,8,ME,rank) == t->version;
  ensures   order:  \result == SACRED_OK ==>
                      at(O,0,ME,rank,t->version) < at(O,16,ME,rank,t->version) < at(O,8,ME,rank,t->version) < Post(ME,rank);
  ensures   others: \forall integer i; Pair(ME,i) && i != rank ==> Post(ME,i) == Post{Pre}(ME,i);
*/
int table_pushes(struct sacred_table *t, uint32_t rank)
{
  int status = sacred_table_push(t, rank);
  //@ assert end: status == SACRED_OK ==> Entry(ME,rank,at(O,8,ME,rank,t->version)) && num(ME,rank,at(O,8,ME,rank,t->version)) == t->version;
  //@ assert words: status == SACRED_OK ==> Entry(ME,rank,at(O,16,ME,rank,t->version)) && num(ME,rank,at(O,16,ME,rank,t->version)) == t->version;
  return status;
}

/* What a timeout leaves: a table as good as before, to read from again. What is read in time is new enough. */
/*@
  requires  valid: Inv && TableValid(t);
  requires  room:  Apart(t,row,seen);
  exits     \false;
  assigns   W, row[0 .. WORDS - 1], *seen;
  ensures   valid:  Inv && TableValid(t);
  ensures   mine:   Rely{Pre,Here};
  ensures   enough: \result == SACRED_OK ==> version <= *seen;
  ensures   whole:  \result == SACRED_OK ==> \forall integer w; 0 <= w < WORDS ==> row[w] == val(O,16 + 8 * w,rank,*seen);
*/
int table_in_time(struct sacred_table *t, uint32_t rank, uint64_t version, uint64_t *row, uint64_t *seen,
                  uint64_t deadline)
{
  return sacred_table_read_until(t, rank, version, row, seen, deadline);
}
