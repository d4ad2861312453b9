/* The table: a rank writes and pushes versions of two words; another reads whole versions, and never an older one. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "table.h"
#include "scenario.h"

enum { ROW = 2 };

struct table_rank {
  struct sacred_table table;
  uint64_t begun[RANKS], sent[RANKS], ended[RANKS], ticket[RANKS];
  tiny wrote, at, turn, bereft; /* turn: whose row to read next; bereft: it knows of a death, and ends */
  tiny seen[RANKS], pushes[RANKS];
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

enum { WRITE, PUSH, OWN, LOOK };
enum { ALL, SOME };

/* The first ranks write, as many as the scenario says, or the last one; all read what others write. */
enum { LAST = RANKS };

static bool writes(const struct scenario *s, unsigned rank)
{
  return s->strength == LAST ? rank == s->ranks - 1 : rank <= s->strength;
}

static bool reads(const struct scenario *s, unsigned rank)
{
  return s->strength == LAST ? rank != s->ranks - 1 : rank > 0 || s->strength > 0;
}

/* The next writer, from `turn` on and around, of whom the last version is not seen; rank itself: there is none. */
static unsigned unseen(const struct scenario *s, const struct table_rank *r, unsigned rank)
{
  for (unsigned k = 0; k < s->ranks; k++) {
    unsigned j = (r->turn + k) % s->ranks;
    if (j != rank && writes(s, j) && r->seen[j] < s->epochs)
      return j;
  }
  return rank;
}

/* The words of version v say v. */
static int write(struct table_rank *r)
{
  uint64_t row[ROW];
  for (unsigned k = 0; k < ROW; k++)
    row[k] = r->wrote + 1U;
  uint64_t version = r->table.version;
  call_begins();
  int status = sacred_table_write(&r->table, row);
  uint64_t result = (uint64_t)status;
  theorem("table_version_stands",
          (struct given[]){
              {"result", &result}, {"t_version", &r->table.version}, {"old_t_version", &version}, {"row", row}, {0}});
  call_ends();
  r->wrote += status == SACRED_OK;
  return status;
}

/* Until version `until`; a table that is only read does not wait, and takes what is there. */
static int read_row(const struct scenario *s, struct table_rank *r, unsigned writer, uint64_t *row, uint64_t *version)
{
  if (!s->waits)
    return sacred_table_read(&r->table, writer, row, version);
  int status = sacred_table_read_until(&r->table, writer, s->epochs, row, version, 1);
  if (status == SACRED_TIMEOUT)
    timed_out();
  if (status == SACRED_OK && *version < s->epochs)
    fails("table_in_time: what was read is older than what was asked for");
  return status;
}

/* In the world of the proofs. */
static void theorems(const struct scenario *s, const struct table_rank *r, uint64_t writer, const uint64_t *row,
                     uint64_t version)
{
  uint64_t result = SACRED_OK, before = r->seen[writer], there = observed(0), wanted = s->epochs;
  const struct given given[] = {{"result", &result},  {"rank", &writer}, {"row", row},          {"first", &before},
                                {"second", &version}, {"v", &there},     {"version", &version}, {0}};
  const struct given waited[] = {{"result", &result},  {"rank", &writer},  {"row", row},
                                 {"version", &wanted}, {"seen", &version}, {0}};
  theorem("table_whole", given);
  theorem("table_fresh", given);
  theorem(s->waits ? "table_in_time" : "table_arrives", s->waits ? waited : given);
}

static int look(const struct scenario *s, struct table_rank *r, unsigned rank, unsigned writer)
{
  uint64_t row[ROW], version;
  int status = read_row(s, r, writer, row, &version);
  if (status != SACRED_OK)
    return status;
  narrate("rank %u: reads version %u of rank %u: %u %u", rank, (unsigned)version, writer, (unsigned)row[0],
          (unsigned)row[1]);
  if (row[0] != version || row[1] != version)
    fails("table_whole: what was read is no version that was written");
  if (version > ARENA_OF(table_rank, writer)->wrote)
    fails("table_version_stands: what was read was not written yet");
  if (version < r->seen[writer])
    fails("table_fresh: what was read is older than what was read before");
  if (!s->waits && version < observed(0))
    fails("table_arrives: what was read is older than what was there when the read began");
  theorems(s, r, writer, row, version);
  r->seen[writer] = (tiny)version;
  return status;
}

/* As sacred_table_read_until() does it: an old version is a reason to ask for deaths. */
static int look_until(const struct scenario *s, struct table_rank *r, unsigned rank)
{
  unsigned writer = unseen(s, r, rank);
  if (writer == rank)
    return SACRED_OK;
  int status = look(s, r, rank, writer);
  if (s->ranks > 2)
    r->turn = (tiny)((writer + 1) % s->ranks);
  return status == SACRED_OK && r->seen[writer] < s->epochs ? wire_health(r->table.w) : status;
}

/* Some push all but the last version to the next rank only: of those the theorem says that others are posted nothing. */
static int push(const struct scenario *s, struct table_rank *r, unsigned rank)
{
  uint32_t next = (rank + 1) % s->ranks;
  bool some = s->length == SOME && r->wrote < s->epochs;
  if (some)
    call_begins();
  int status = some ? sacred_table_push_some(&r->table, &next, 1) : sacred_table_push_all(&r->table);
  for (unsigned i = 0; i < s->ranks && status == SACRED_OK; i++) {
    r->pushes[i] += i != rank && (!some || i == next);
    uint64_t to = i, result = SACRED_OK;
    if (i != rank && (!some || i == next))
      theorem("table_pushes",
              (struct given[]){{"result", &result}, {"rank", &to}, {"t_version", &r->table.version}, {0}});
    if (machine_now()->pair[pair_of(rank, i, 0)].posted != 3 * r->pushes[i])
      fails("table_pushes: a version is not posted as BEGIN, words and END, once to each rank that it was pushed to");
  }
  call_ends();
  return status;
}

/* What a rank has written itself it reads at once. */
static int look_own(struct table_rank *r, unsigned rank)
{
  uint64_t row[ROW], version;
  int status = sacred_table_read(&r->table, rank, row, &version);
  if (version != r->wrote || row[0] != version || row[1] != version)
    fails("table_version_stands: my own row is not what I have written");
  return status;
}

/* Write, push, and where it reads too, one look between two versions; behind the last, looks until all is seen. */
static void act(const struct scenario *s, unsigned rank)
{
  struct table_rank *r = ARENA_OF(table_rank, rank);
  bool done = !writes(s, rank) || (r->wrote == s->epochs && r->at != PUSH && r->at != OWN);
  int status;
  if (done || r->at == LOOK) {
    status = look_until(s, r, rank);
    r->at = WRITE;
  } else if (r->at == WRITE) {
    status = write(r);
    r->at = status == SACRED_OK ? PUSH : WRITE;
  } else if (r->at == OWN) {
    status = look_own(r, rank);
    r->at = reads(s, rank) ? LOOK : WRITE;
  } else {
    status = push(s, r, rank);
    r->at = status != SACRED_OK ? PUSH : s->length == SOME ? OWN : reads(s, rank) ? LOOK : WRITE;
  }
  r->bereft = status == SACRED_ERR_DEAD;
}

static bool at_end(const struct scenario *s, unsigned rank)
{
  const struct table_rank *r = ARENA_OF(table_rank, rank);
  bool wrote = !writes(s, rank) || (r->wrote == s->epochs && r->at != PUSH && r->at != OWN);
  return r->bereft || (wrote && unseen(s, r, rank) == rank);
}

#define TABLE .start = start, .act = act, .at_end = at_end, .check = nothing_wrong
const struct scenario table_scenarios[] = {
    {TABLE, .name = "table-2", .ranks = 2, .epochs = 2, .mortal = -1, .refusals = true},
    {TABLE, .name = "table-2-epochs-3", .ranks = 2, .epochs = 3, .mortal = -1},
    {TABLE, .name = "table-2-dies", .ranks = 2, .epochs = 2, .mortal = 0, .refusals = true},
    {TABLE, .name = "table-2-waits", .ranks = 2, .epochs = 2, .mortal = -1, .waits = true},
    {TABLE, .name = "table-2-some", .ranks = 2, .epochs = 2, .mortal = -1, .length = SOME},
    {TABLE, .name = "table-2-other", .ranks = 2, .epochs = 2, .mortal = -1, .strength = LAST},
    {TABLE, .name = "table-2-both-once", .ranks = 2, .epochs = 1, .mortal = -1, .strength = 1},
    {TABLE, .name = "table-2-both", .ranks = 2, .epochs = 2, .mortal = -1, .strength = 1, .is_long = true},
    {TABLE, .name = "table-3", .ranks = 3, .epochs = 1, .mortal = -1},
    {TABLE, .name = "table-3-some", .ranks = 3, .epochs = 2, .mortal = -1, .length = SOME, .is_long = true},
    {TABLE, .name = "table-3-epochs-2", .ranks = 3, .epochs = 2, .mortal = -1, .is_long = true},
    {TABLE, .name = "table-3-dies", .ranks = 3, .epochs = 1, .mortal = 0, .is_long = true},
    {TABLE, .name = "table-wide-one", .epochs = 800, .is_wide = true},
    {TABLE, .name = "table-wide-each", .epochs = 240, .strength = RANKS - 1, .is_wide = true},
    {.name = 0},
};
