/* A shared state table: every rank owns a row, pushes it, and reads whole rows of the others. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SACRED_TABLE_H
#define SACRED_TABLE_H
#include <sacred/group.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct sacred_table sacred_table;

enum { SACRED_TABLE_WORDS_MAX = 4096 };

/*
 * A table of one row a rank, each of `words` 8-byte words (1 to
 * SACRED_TABLE_WORDS_MAX), all 0 at version 0: made as every object is, see
 * group.h. SACRED_ERR_MISMATCH where ranks give different `words`.
 */
int sacred_table_create(sacred_group *group, uint32_t words, sacred_table **table, uint64_t deadline);

/*
 * Make `row` (words words) the next version of my row. Never blocks, pushes
 * nothing. SACRED_OK; SACRED_AGAIN: the staging copy is still being read for an
 * earlier push, nothing was changed; SACRED_ERR_RANGE: 2^64-1 versions were
 * written; SACRED_ERR_CLOSED; SACRED_ERR_DEAD, SACRED_ERR_UNREACHABLE: as
 * SACRED_AGAIN, and some rank is lost. Serial.
 */
int sacred_table_write(sacred_table *table, const uint64_t *row);

/*
 * Push my row's newest version to `rank` (to every rank; to the `n` ranks
 * listed). Never blocks. SACRED_OK: all of it is posted. SACRED_AGAIN: the wire
 * is full; the same call goes on where it stopped. SACRED_ERR_RANK: of a list,
 * the ranks before are pushed to; SACRED_ERR_CLOSED; SACRED_ERR_DEAD,
 * SACRED_ERR_UNREACHABLE: as SACRED_AGAIN, and some rank is lost. Serial.
 */
int sacred_table_push(sacred_table *table, uint32_t rank);
int sacred_table_push_all(sacred_table *table);
int sacred_table_push_some(sacred_table *table, const uint32_t *ranks, uint32_t n);

/*
 * Read the row of `rank`, mine included: one pass, never blocks. SACRED_OK: `row`
 * holds one whole version that its owner has written, `*version` its number,
 * never less than that of an earlier read. SACRED_AGAIN: a push is landing just
 * now, `row` holds nothing of use. SACRED_ERR_RANK; SACRED_ERR_CLOSED;
 * SACRED_ERR_DEAD, SACRED_ERR_UNREACHABLE: as that, and some rank is lost. Serial.
 */
int sacred_table_read(sacred_table *table, uint32_t rank, uint64_t *row, uint64_t *version);

/*
 * Read until a version of at least `version` is there, or `deadline`. `*seen` is
 * the version read. SACRED_TIMEOUT for SACRED_AGAIN; SACRED_ERR_DEAD and
 * SACRED_ERR_UNREACHABLE also where an older version is there. Serial.
 */
int sacred_table_read_until(sacred_table *table, uint32_t rank, uint64_t version, uint64_t *row, uint64_t *seen,
                            uint64_t deadline);

#ifdef __cplusplus
}
#endif
#endif
