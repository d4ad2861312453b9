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
  struct rows rows;        /* a row: BEGIN, END, then the words */
  uint32_t words;
  uint64_t version;        /* of my own row */
  struct table_push *push; /* [i]: how far my row's push to rank i is */
};
#endif
