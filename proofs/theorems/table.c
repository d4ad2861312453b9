/* What a user relies on of a shared state table. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/table.h"

/* A read is one version, whole, that its owner wrote and pushed to me. */
/*@
  requires  valid: Inv && TableValid(t) && Pair(rank,ME);
  requires  room:  \valid(row + (0 .. WORDS - 1)) && \valid(version) && \separated(row + (0 .. WORDS - 1), version, t, t->w, t->push + (0 .. N - 1));
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

/* What the owner wrote as a version is what that version stands for, at every reader. */
/*@
  requires  valid: Inv && TableValid(t);
  requires  row:   \valid_read(row + (0 .. WORDS - 1)) && \separated(row + (0 .. WORDS - 1), t);
  terminates \true;
  exits     \false;
  assigns   W, t->version;
  ensures   stands: \result == SACRED_OK ==> \forall integer w; 0 <= w < WORDS ==> val(O,16 + 8 * w,ME,t->version) == row[w];
*/
int table_version_stands(struct sacred_table *t, const uint64_t *row)
{
  return sacred_table_write(t, row);
}

/* A read is at least as new as any read before. */
/*@
  requires  valid: Inv && TableValid(t) && Pair(rank,ME);
  requires  room:  \valid(row + (0 .. WORDS - 1)) && \valid(first) && \valid(second) &&
                   \separated(row + (0 .. WORDS - 1), first, second, t, t->w, t->push + (0 .. N - 1));
  terminates \true;
  exits     \false;
  assigns   W, row[0 .. WORDS - 1], *first, *second;
  ensures   fresh: \result == SACRED_OK ==> *first <= *second;
*/
int table_fresh(struct sacred_table *t, uint32_t rank, uint64_t *row, uint64_t *first, uint64_t *second)
{
  int status = sacred_table_read(t, rank, row, first);
  return status != SACRED_OK ? status : sacred_table_read(t, rank, row, second);
}
