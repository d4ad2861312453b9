/* Under the protocol of a table nothing here may be provable: neither Inv nor a contract of the door is contradictory. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/table.h"
#include "proofs/probes/door.h"

/*@ requires Inv && TableValid(t) && \valid_read(row + (0 .. WORDS - 1)) && \separated(row + (0 .. WORDS - 1), t); ensures \result == SACRED_OK ==> \false; */
int p_write_row(struct sacred_table *t, const uint64_t *row)
{
  return sacred_table_write(t, row);
}

/*@ requires Inv && TableValid(t) && Pair(ME,rank) && Apart(t,row,version); ensures \result == SACRED_OK ==> \false; */
int p_read_row(struct sacred_table *t, uint32_t rank, uint64_t *row, uint64_t *version)
{
  return sacred_table_read(t, rank, row, version);
}

/*@ requires Inv && TableValid(t) && Pair(ME,rank); ensures \result == SACRED_OK ==> \false; */
int p_push_row(struct sacred_table *t, uint32_t rank)
{
  return sacred_table_push(t, rank);
}
