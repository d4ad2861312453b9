/* The table: a rank writes and pushes versions of two words; another reads whole versions, and never an older one. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "table.h"
#include "scenario.h"

enum { ROW = 2 };

struct table_rank {
  struct sacred_table table;
  uint64_t begun[RANKS], sent[RANKS], ended[RANKS], ticket[RANKS];
  uint8_t wrote, seen, at, bereft; /* bereft: it knows that the other is dead, and ends */
};

static void start(const struct scenario *s)
{
  place_nothing(s->ranks);
  extent.polls = true;
  struct rows rows = place_rows("row", TABLE_DATA / 8 + ROW);
  for (unsigned i = 0; i < s->ranks; i++) {
    struct table_rank *r = ARENA_OF(table_rank, i);
    r->table = (struct sacred_table){&wires[i], rows, ROW, 0, r->begun, r->sent, r->ended, r->ticket};
  }
}

enum { WRITE, PUSH, LOOK };

static bool writes(const struct scenario *s, unsigned rank)
{
  return rank == 0 || s->strength;
}

static bool reads(const struct scenario *s, unsigned rank)
{
  return rank == 1 || s->strength;
}

/* The words of version v say v. */
static int write(struct table_rank *r)
{
  uint64_t row[ROW];
  for (unsigned k = 0; k < ROW; k++)
    row[k] = r->wrote + 1U;
  int status = sacred_table_write(&r->table, row);
  r->wrote += status == SACRED_OK;
  return status;
}

static int look(struct table_rank *r, unsigned rank)
{
  uint64_t row[ROW], version;
  int status = sacred_table_read(&r->table, 1 - rank, row, &version);
  if (status != SACRED_OK)
    return status;
  narrate("rank %u: reads version %u: %u %u", rank, (unsigned)version, (unsigned)row[0], (unsigned)row[1]);
  if (row[0] != version || row[1] != version)
    fails("table_whole: what was read is no version that was written");
  if (version < r->seen)
    fails("table_never_back: what was read is older than what was read before");
  r->seen = (uint8_t)version;
  return status;
}

/* Until the last version is seen, and as sacred_table_read_until() does it: an old one is a reason to ask for deaths. */
static int look_until(struct table_rank *r, unsigned rank, unsigned last)
{
  int status = look(r, rank);
  return status == SACRED_OK && r->seen < last ? wire_health(r->table.w) : status;
}

/* Write, push, and where it reads too, one look between two versions; behind the last, looks until all is seen. */
static void act(const struct scenario *s, unsigned rank)
{
  struct table_rank *r = ARENA_OF(table_rank, rank);
  bool done = !writes(s, rank) || (r->wrote == s->epochs && r->at != PUSH);
  int status;
  if (done || r->at == LOOK) {
    status = look_until(r, rank, s->epochs);
    r->at = WRITE;
  } else if (r->at == WRITE) {
    status = write(r);
    r->at = status == SACRED_OK ? PUSH : WRITE;
  } else {
    status = sacred_table_push_all(&r->table);
    r->at = status != SACRED_OK ? PUSH : reads(s, rank) ? LOOK : WRITE;
  }
  r->bereft = status == SACRED_ERR_DEAD;
}

static bool at_end(const struct scenario *s, unsigned rank)
{
  const struct table_rank *r = ARENA_OF(table_rank, rank);
  bool wrote = !writes(s, rank) || (r->wrote == s->epochs && r->at != PUSH);
  return r->bereft || (wrote && (!reads(s, rank) || r->seen == s->epochs));
}

#define TABLE .start = start, .act = act, .at_end = at_end, .check = nothing_wrong, .ranks = 2
const struct scenario table_scenarios[] = {
    {TABLE, .name = "table-2", .epochs = 2, .mortal = -1, .refusals = true},
    {TABLE, .name = "table-2-epochs-3", .epochs = 3, .mortal = -1},
    {TABLE, .name = "table-2-dies", .epochs = 2, .mortal = 0, .refusals = true},
    {TABLE, .name = "table-2-both", .epochs = 2, .mortal = -1, .strength = 1, .is_long = true},
    {.name = 0},
};
