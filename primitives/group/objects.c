/* The making of objects: memory at the same offset on every rank, and everybody's word for it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../broadcast.h"
#include "../fence.h"
#include "../flag.h"
#include "../places.h"
#include "../region.h"
#include "../table.h"
#include "../wire/verbs.h"
#include "connect.h"
#include "parts.h"
#include "tuning.h"
#include <inttypes.h>
#include <stdio.h>

/* How the argument of a making reads. */
static const char *argument_text(const struct making *m, char *text, size_t room)
{
  if (m->kind == OBJECT_BARRIER && m->argument < TUNING_STRENGTHS)
    return tuning_strengths[m->argument];
  snprintf(text, room, "%" PRIu64, m->argument);
  return text;
}

static const char *algorithm_text(const struct making *m, char text[TUNING_TREES_NAME])
{
  if (m->kind == OBJECT_BROADCAST)
    return tuning_trees_name((struct tuning_trees){m->radix, m->many, m->brief}, text);
  return tuning_barrier_name((struct tuning){.local = m->local, .radix = m->radix}, text);
}

/* Do two makings of a kind take the same algorithm? */
static int is_alike(const struct making *a, const struct making *b)
{
  return a->local == b->local && a->radix == b->radix && a->many == b->many && a->brief == b->brief;
}

static const char *argument_name(uint32_t kind)
{
  return kind == OBJECT_BARRIER ? "strength" : kind == OBJECT_TABLE ? "words" : "size";
}

/* Compare what rank i gave with what rank 0 gave. */
static int compare(struct sacred_group *g, uint32_t i, const struct making *theirs, const struct making *first)
{
  char a[TUNING_TREES_NAME], b[TUNING_TREES_NAME];
  if (theirs->kind != first->kind)
    return wire_say(&g->w, SACRED_ERR_MISMATCH,
                    "rank %u %s where rank 0 %s: make the same objects in the same order on all ranks", i,
                    group_object_name(theirs->kind), group_object_name(first->kind));
  if (theirs->argument != first->argument)
    return wire_say(&g->w, SACRED_ERR_MISMATCH, "rank %u gave %s %s, rank 0 gave %s: give the same on all ranks", i,
                    argument_name(first->kind), argument_text(theirs, a, sizeof a), argument_text(first, b, sizeof b));
  if (!is_alike(theirs, first))
    return wire_say(&g->w, SACRED_ERR_MISMATCH,
                    "rank %u takes %s, rank 0 %s: give the same SACRED_%s and SACRED_TUNING to all ranks", i,
                    algorithm_text(theirs, a), algorithm_text(first, b),
                    first->kind == OBJECT_BROADCAST ? "BROADCAST" : "BARRIER");
  if (theirs->epoch != first->epoch)
    return wire_say(&g->w, SACRED_ERR_MISMATCH,
                    "rank %u has SACRED_TEST_EPOCH=%" PRIu64 ", rank 0 has %" PRIu64 ": give the same on all ranks", i,
                    theirs->epoch, first->epoch);
  if (theirs->status == SACRED_OK && first->status == SACRED_OK && theirs->at != first->at)
    return wire_say(&g->w, SACRED_ERR_MISMATCH,
                    "rank %u has its heap in use up to %" PRIu64 ", rank 0 up to %" PRIu64
                    ": make the same objects in the same order on all ranks",
                    i, theirs->at, first->at);
  return SACRED_OK;
}

/* All have given: do they agree, and could all of them? */
static int settle(struct sacred_group *g)
{
  struct making theirs, first;
  int status = SACRED_OK;
  exchange_take(&g->x, 0, &first, sizeof first);
  for (uint32_t i = 1; status == SACRED_OK && i < g->w.size; i++) {
    exchange_take(&g->x, i, &theirs, sizeof theirs);
    status = compare(g, i, &theirs, &first);
  }
  if (status == SACRED_OK && g->making.status != SACRED_OK)
    return wire_say(&g->w, g->making.status, "%s", g->unmade);
  for (uint32_t i = 0; status == SACRED_OK && i < g->w.size; i++) {
    exchange_take(&g->x, i, &theirs, sizeof theirs);
    if (theirs.status == SACRED_ERR_MEMORY)
      status = wire_say(&g->w, theirs.status,
                        "rank %u has no %" PRIu64 " bytes for it: its sacred_group_error() says more", i, theirs.bytes);
    else if (theirs.status != SACRED_OK)
      status = wire_say(&g->w, theirs.status, "rank %u cannot make it: %s; its sacred_group_error() says more", i,
                        sacred_strerror(theirs.status));
  }
  return status;
}

/* Over verbs: what opens the new object's memory at each rank. */
static int learn_keys(struct sacred_group *g)
{
  const struct making *m = &g->making;
  uint32_t keys[CONTROL_RANKS_MAX];
  struct making theirs;
  if (g->w.kind != WIRE_VERBS || m->bytes == 0)
    return SACRED_OK;
  for (uint32_t i = 0; i < g->w.size; i++) {
    exchange_take(&g->x, i, &theirs, sizeof theirs);
    keys[i] = theirs.key;
  }
  int status = verbs_learn(g->t.verbs, m->at, g->used, keys);
  return status == SACRED_OK ? status : wire_say(&g->w, status, "no memory for the keys of %u ranks", g->w.size);
}

static void preset(struct sacred_group *g, uint64_t at, uint64_t bytes, uint64_t epoch)
{
  for (uint64_t to = at; epoch > 0 && to < at + bytes; to += WIRE_LINE)
    *(uint64_t *)(void *)(g->w.heap + to) = epoch;
}

static int is_same(const struct making *a, const struct making *b)
{
  return a->kind == b->kind && a->argument == b->argument && is_alike(a, b);
}

/* All make it: what opens its memory, and whether queue pairs are to be connected for it, with all ranks. */
static int agreed(struct sacred_group *g)
{
  int status = learn_keys(g);
  if (!group_must_connect(g, &g->making, status))
    return status;
  g->pending = MAKING_CONNECTS;
  return SACRED_OK;
}

/* What is wanted is told to all. */
static void tell(struct sacred_group *g, const struct making *want)
{
  struct making *m = &g->making;
  *m = *want;
  if (m->status == SACRED_OK)
    m->status = group_heap_take(g, m->bytes, &m->at, &m->key);
  snprintf(g->unmade, sizeof g->unmade, "%s", m->status == SACRED_OK ? "" : sacred_group_error(g));
  if (m->status == SACRED_OK)
    preset(g, m->at, m->bytes, m->epoch);
  group_give(g, m, sizeof *m);
  g->pending = MAKING_TOLD;
}

/* How it ends, as far as it has come: g->pending is MAKING_SETTLES then, and g->result is it. Otherwise why it waits on. */
static int go_on(struct sacred_group *g, uint64_t deadline)
{
  int status = SACRED_OK;
  if (g->pending == MAKING_TOLD) {
    status = group_await(g, g->making.kind, deadline);
    if (status != SACRED_OK)
      return status;
    g->pending = MAKING_NONE;
    status = settle(g);
    if (status == SACRED_OK)
      status = agreed(g);
  }
  if (g->pending == MAKING_CONNECTS) {
    status = group_connect(g, g->making.kind, deadline);
    if (g->pending == MAKING_CONNECTS)
      return status;
  }
  if (g->pending == MAKING_SETTLES)
    return SACRED_OK;
  if (status != SACRED_OK && g->making.status == SACRED_OK)
    group_heap_give_back(g, g->making.at);
  g->pending = MAKING_SETTLES;
  g->result = status;
  g->settles = sacred_now();
  return SACRED_OK;
}

int object_make(struct sacred_group *g, struct making want, uint64_t deadline, uint64_t *at)
{
  struct making *m = &g->making;
  int other = (g->pending && !is_same(m, &want)) || (g->parts && g->parts->making && !want.local);
  if (other) {
    int status = g->pending ? group_await(g, m->kind, 0) : SACRED_OK;
    if (status != SACRED_OK && status != SACRED_TIMEOUT)
      return status;
    return wire_say(&g->w, SACRED_ERR_STATE, "rank %u %s while an earlier making has timed out: repeat that one first",
                    g->w.rank, group_object_name(want.kind));
  }
  if (g->pending == MAKING_NONE)
    tell(g, &want);
  int status = go_on(g, deadline);
  if (status != SACRED_OK)
    return status;
  if (!group_settle(g, deadline) && g->result == SACRED_OK)
    status = group_await(g, m->kind, 0); /* says who has not answered */
  if (status != SACRED_OK)
    return status;
  g->pending = MAKING_NONE;
  *at = m->at;
  return g->result;
}

int32_t object_allow(int allowed)
{
  return allowed ? SACRED_OK : SACRED_ERR_ARGUMENT;
}

void *object_begin(struct sacred_group *g, const void *handle, size_t bytes, int *status)
{
  if (!g || !handle) {
    *status = SACRED_ERR_ARGUMENT;
    return NULL;
  }
  if (!g->w.open) {
    *status = SACRED_ERR_CLOSED;
    return NULL;
  }
  void *object = group_keep(g, bytes);
  *status =
      object ? SACRED_OK : wire_say(&g->w, SACRED_ERR_MEMORY, "no %zu bytes of memory for an object: use less", bytes);
  return object;
}

int sacred_flag_create(sacred_group *group, sacred_flag **flag, uint64_t deadline)
{
  uint64_t ranks = group ? group->w.size : 0;
  if (flag)
    *flag = NULL;
  int status;
  struct sacred_flag *f = object_begin(group, flag, sizeof *f + ranks * sizeof *f->raised, &status);
  if (status != SACRED_OK)
    return status;
  f->w = &group->w;
  f->rows.stride = WIRE_LINE;
  f->raised = (uint64_t *)(void *)(f + 1);
  status = object_make(group, (struct making){.kind = OBJECT_FLAG, .bytes = ranks * WIRE_LINE}, deadline, &f->rows.at);
  if (status == SACRED_OK)
    *flag = f;
  else
    group_unkeep(group, f);
  return status;
}

int sacred_table_create(sacred_group *group, uint32_t words, sacred_table **table, uint64_t deadline)
{
  uint64_t ranks = group ? group->w.size : 0;
  if (table)
    *table = NULL;
  int status;
  struct sacred_table *t = object_begin(group, table, sizeof *t + 4 * ranks * sizeof *t->begun, &status);
  if (status != SACRED_OK)
    return status;
  t->w = &group->w;
  t->rows.stride = (TABLE_DATA + 8 * (uint64_t)words + WIRE_LINE - 1) / WIRE_LINE * WIRE_LINE;
  t->words = words;
  t->begun = (uint64_t *)(void *)(t + 1);
  t->sent = t->begun + ranks;
  t->ended = t->sent + ranks;
  t->ticket = t->ended + ranks;
  status = object_make(group,
                       (struct making){.kind = OBJECT_TABLE,
                                       .argument = words,
                                       .bytes = ranks * t->rows.stride,
                                       .status = object_allow(words >= 1 && words <= SACRED_TABLE_WORDS_MAX)},
                       deadline, &t->rows.at);
  if (status == SACRED_OK)
    *table = t;
  else
    group_unkeep(group, t);
  if (status == SACRED_ERR_ARGUMENT)
    wire_say(&group->w, status, "a row of %u words: give 1 to %d", words, SACRED_TABLE_WORDS_MAX);
  return status;
}

_Static_assert((int)BROADCAST_HEAD == WIRE_HEAD && (int)BROADCAST_SLOT <= WIRE_LEND_MAX, "chunks are lent");
_Static_assert((int)BROADCAST_DATA == SPARSE_WORDS, "of who has no row only the words are looked at");

/* How many places the rows of a broadcast among n ranks may need, my own and one for each way that others are apart. */
static uint32_t most_places(const struct making *m, uint32_t n)
{
  uint32_t distance[DISTANCES];
  return group_is_ring(m, n) ? 1 + 2 * group_distances(m, n, distance) : 0;
}

/*
 * Along trees a rank has rows of those alone with whom it shares an edge, whoever is the root, if that are not all. Their
 * bytes; there is room for so many places.
 */
static uint64_t lay_out(struct sacred_broadcast *b, const struct making *m, struct places *places, uint32_t room)
{
  uint32_t n = b->w->size, distance[DISTANCES];
  b->rows.stride = (BROADCAST_ROW + WIRE_LINE - 1) / WIRE_LINE * WIRE_LINE;
  places->count = room > 0 ? places_make(places->apart, room, distance, group_distances(m, n, distance), n) : n;
  if (places->count >= n || places->count > room)
    return n * b->rows.stride;
  b->rows.places = places;
  return places->count * b->rows.stride + SPARSE_WORDS;
}

int sacred_broadcast_create(sacred_group *group, sacred_broadcast **broadcast, uint64_t deadline)
{
  uint64_t ranks = group ? group->w.size : 0;
  if (broadcast)
    *broadcast = NULL;
  struct tuning_trees trees = {0};
  int status = group && broadcast && group->w.open ? tuning_broadcast(group->w.kind, group->w.size, &trees) : SACRED_OK;
  if (status != SACRED_OK)
    return wire_say(&group->w, status, "%s", sacred_open_error());
  struct making want = {.kind = OBJECT_BROADCAST, .radix = trees.few, .many = trees.many, .brief = trees.brief};
  uint32_t room = most_places(&want, (uint32_t)ranks);
  size_t lists = ranks * sizeof(uint64_t) + sizeof(struct places) + room * sizeof(uint32_t);
  struct sacred_broadcast *b = object_begin(group, broadcast, sizeof *b + lists, &status);
  if (status != SACRED_OK)
    return status;
  *b = (struct sacred_broadcast){.w = &group->w,
                                 .taken = (uint64_t *)(void *)(b + 1),
                                 .short_radix = trees.few,
                                 .long_radix = trees.many,
                                 .brief = trees.brief};
  want.bytes = lay_out(b, &want, (struct places *)(void *)(b->taken + ranks), room);
  status = object_make(group, want, deadline, &b->rows.at);
  if (status == SACRED_OK)
    *broadcast = b;
  else
    group_unkeep(group, b);
  return status;
}

/* A buffer of the user's has no type, and the proofs want one: bytes. */
int sacred_broadcast_start(sacred_broadcast *broadcast, uint32_t root, void *buf, uint64_t size)
{
  return broadcast_start(broadcast, root, buf, size);
}

int sacred_broadcast_run(sacred_broadcast *broadcast, uint32_t root, void *buf, uint64_t size, uint64_t deadline)
{
  return broadcast_run(broadcast, root, buf, size, deadline);
}

int sacred_fence_create(sacred_group *group, sacred_fence **fence, uint64_t deadline)
{
  uint64_t ranks = group ? group->w.size : 0, at;
  if (fence)
    *fence = NULL;
  int status;
  struct sacred_fence *f = object_begin(group, fence, sizeof *f + ranks * sizeof *f->to, &status);
  if (status != SACRED_OK)
    return status;
  f->w = &group->w;
  f->to = (struct fence_peer *)(void *)(f + 1);
  status = object_make(group, (struct making){.kind = OBJECT_FENCE}, deadline, &at);
  if (status == SACRED_OK)
    *fence = f;
  else
    group_unkeep(group, f);
  return status;
}

int sacred_region_create(sacred_group *group, uint64_t size, sacred_region **region, uint64_t deadline)
{
  if (region)
    *region = NULL;
  int status;
  struct sacred_region *r = object_begin(group, region, sizeof *r, &status);
  if (status != SACRED_OK)
    return status;
  r->w = &group->w;
  r->size = size;
  status = object_make(
      group, (struct making){.kind = OBJECT_REGION, .argument = size, .bytes = size, .status = object_allow(size > 0)},
      deadline, &r->at);
  if (status == SACRED_OK)
    *region = r;
  else
    group_unkeep(group, r);
  if (status == SACRED_ERR_ARGUMENT)
    wire_say(&group->w, status, "a region of 0 bytes: give at least 1");
  return status;
}

void *sacred_region_base(const sacred_region *region)
{
  return region->w->open ? region->w->heap + region->at : NULL;
}

uint64_t sacred_region_size(const sacred_region *region)
{
  return region->size;
}
