/* The making of objects: memory at the same offset on every rank, and everybody's word for it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../barrier.h"
#include "../broadcast.h"
#include "../flag.h"
#include "../region.h"
#include "../table.h"
#include "group.h"
#include <inttypes.h>
#include <stdio.h>

const char *object_name(uint32_t kind)
{
  static const char *const names[] = {"does nothing known", "makes a flag",      "makes a table",   "makes a barrier",
                                      "makes a broadcast",  "makes a fence",     "makes a region",  "closes the group"};
  return names[kind <= OBJECT_CLOSE ? kind : 0];
}

static int lacking(const struct sacred_group *g, uint32_t i)
{
  return exchange_lacks(&g->x, i);
}

static int lacking_and_gone(const struct sacred_group *g, uint32_t i)
{
  return peer_gone(&g->w, i) && exchange_lacks(&g->x, i);
}

static int any(const struct sacred_group *g, int (*is)(const struct sacred_group *g, uint32_t i))
{
  for (uint32_t i = 0; i < g->w.size; i++)
    if (is(g, i))
      return 1;
  return 0;
}

/* To close, wait for all that live; to make an object, give up with the first dead. */
static int hopeless(const struct sacred_group *g, uint32_t kind)
{
  if (!any(g, lacking_and_gone))
    return 0;
  for (uint32_t i = 0; kind == OBJECT_CLOSE && i < g->w.size; i++)
    if (lacking(g, i) && !peer_gone(&g->w, i))
      return 0;
  return 1;
}

int group_await(struct sacred_group *g, uint32_t kind, uint64_t deadline)
{
  struct wire_wait wait = {0, deadline};
  int late = deadline == 0;
  char who[256];
  while (!exchange_over(&g->x)) {
    if (wire_health(&g->w) != SACRED_AGAIN && hopeless(g, kind)) {
      /* Who had given before it died is heard; look once more behind the news of its death. */
      if (exchange_over(&g->x))
        break;
      return wire_say(&g->w, SACRED_ERR_DEAD, "%s is gone, and rank %u %s: restart the job, or split off the living ranks",
                      rank_list(who, sizeof who, g, lacking_and_gone), g->w.rank, object_name(kind));
    }
    if (late)
      return wire_say(&g->w, SACRED_TIMEOUT, "timed out: rank %u %s and waits for %s", g->w.rank, object_name(kind),
                      rank_list(who, sizeof who, g, lacking));
    late = wire_relax(&g->w, &wait);
  }
  return SACRED_OK;
}

/* What the argument of a making is called, and how it reads. */
static const char *argument_text(const struct making *m, char *text, size_t room)
{
  static const char *const strengths[] = {"arrive", "inbound", "full"};
  switch (m->kind) {
  case OBJECT_BARRIER: snprintf(text, room, "strength %s", m->argument < 3 ? strengths[m->argument] : "unknown"); break;
  case OBJECT_TABLE: snprintf(text, room, "%" PRIu64 " words", m->argument); break;
  case OBJECT_REGION: snprintf(text, room, "size %" PRIu64, m->argument); break;
  default: snprintf(text, room, "argument %" PRIu64, m->argument);
  }
  return text;
}

/* Compare what rank i gave with what rank 0 gave. */
static int compare(struct sacred_group *g, uint32_t i, const struct making *theirs, const struct making *first)
{
  char a[48], b[48];
  if (theirs->kind != first->kind)
    return wire_say(&g->w, SACRED_ERR_MISMATCH,
                    "rank %u %s where rank 0 %s: make the same objects in the same order on all ranks", i,
                    object_name(theirs->kind), object_name(first->kind));
  if (theirs->argument != first->argument)
    return wire_say(&g->w, SACRED_ERR_MISMATCH, "rank %u gave %s, rank 0 gave %s: give the same on all ranks", i,
                    argument_text(theirs, a, sizeof a), argument_text(first, b, sizeof b));
  if (theirs->status == SACRED_OK && first->status == SACRED_OK && theirs->at != first->at)
    return wire_say(&g->w, SACRED_ERR_MISMATCH,
                    "rank %u has its heap in use up to %" PRIu64 ", rank 0 up to %" PRIu64
                    ": make the same objects in the same order on all ranks", i, theirs->at, first->at);
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
    return g->making.status; /* in my own words */
  for (uint32_t i = 0; status == SACRED_OK && i < g->w.size; i++) {
    exchange_take(&g->x, i, &theirs, sizeof theirs);
    if (theirs.status != SACRED_OK)
      status = wire_say(&g->w, theirs.status, "rank %u has no %" PRIu64 " bytes for it: its sacred_group_error() says more",
                        i, theirs.bytes);
  }
  return status;
}

/* With SACRED_TEST_EPOCH a barrier starts as if so many epochs were over: for tests of the last epochs only. */
static int test_epoch(struct sacred_group *g, uint64_t *epoch)
{
  int status = environment_number("SACRED_TEST_EPOCH", 0, UINT64_MAX, 0, epoch);
  return status == SACRED_OK ? status : wire_say(&g->w, status, "%s", sacred_open_error());
}

static void preset(struct sacred_group *g, uint64_t at, uint64_t epoch)
{
  for (uint32_t j = 0; epoch > 0 && j < g->w.size; j++)
    *(uint64_t *)(void *)(g->w.heap + at + (uint64_t)j * WIRE_LINE) = epoch;
}

/*
 * Make an object of `kind` with `bytes` of heap at *at, together with all ranks.
 * On SACRED_TIMEOUT the making stays told, and the same call goes on with it.
 */
static int make(struct sacred_group *g, uint32_t kind, uint64_t argument, uint64_t bytes, uint64_t deadline, uint64_t *at)
{
  struct making *m = &g->making;
  uint64_t epoch = 0;
  int status = kind == OBJECT_BARRIER ? test_epoch(g, &epoch) : SACRED_OK;
  if (status != SACRED_OK)
    return status;
  if (g->pending && (m->kind != kind || m->argument != argument))
    return wire_say(&g->w, SACRED_ERR_STATE, "rank %u %s while an earlier making has timed out: repeat that one first",
                    g->w.rank, object_name(kind));
  if (!g->pending) {
    *m = (struct making){.kind = kind, .argument = argument, .bytes = bytes};
    m->status = heap_take(g, bytes, &m->at);
    if (m->status == SACRED_OK)
      preset(g, m->at, epoch);
    exchange_give(&g->x, m, sizeof *m);
    g->pending = 1;
  }
  status = group_await(g, kind, deadline);
  if (status != SACRED_OK)
    return status;
  g->pending = 0;
  status = settle(g);
  if (status != SACRED_OK && m->status == SACRED_OK)
    heap_give_back(g, m->at);
  *at = m->at;
  return status;
}

/* Before a making: may this be called at all? */
static int may_make(struct sacred_group *g, void *handle, size_t bytes, void **object)
{
  *object = NULL;
  if (!g || !handle)
    return SACRED_ERR_ARGUMENT;
  if (!g->w.open)
    return SACRED_ERR_CLOSED;
  *object = group_keep(g, bytes);
  if (!*object)
    return wire_say(&g->w, SACRED_ERR_MEMORY, "no %zu bytes of memory for an object: use less", bytes);
  return SACRED_OK;
}

int sacred_flag_create(sacred_group *group, sacred_flag **flag, uint64_t deadline)
{
  struct sacred_flag *f;
  uint64_t ranks = group ? group->w.size : 0;
  if (flag)
    *flag = NULL;
  int status = may_make(group, flag, sizeof *f + ranks * sizeof *f->raised, (void **)&f);
  if (status != SACRED_OK)
    return status;
  f->w = &group->w;
  f->rows.stride = WIRE_LINE;
  f->raised = (uint64_t *)(void *)(f + 1);
  status = make(group, OBJECT_FLAG, 0, ranks * WIRE_LINE, deadline, &f->rows.at);
  if (status == SACRED_OK)
    *flag = f;
  else
    group_unkeep(group, f);
  return status;
}

int sacred_table_create(sacred_group *group, uint32_t words, sacred_table **table, uint64_t deadline)
{
  struct sacred_table *t;
  uint64_t ranks = group ? group->w.size : 0;
  if (table)
    *table = NULL;
  if (group && (words < 1 || words > SACRED_TABLE_WORDS_MAX))
    return wire_say(&group->w, SACRED_ERR_ARGUMENT, "a row of %u words: give 1 to %d", words, SACRED_TABLE_WORDS_MAX);
  int status = may_make(group, table, sizeof *t + ranks * sizeof *t->push, (void **)&t);
  if (status != SACRED_OK)
    return status;
  t->w = &group->w;
  t->rows.stride = (TABLE_DATA + 8 * (uint64_t)words + WIRE_LINE - 1) / WIRE_LINE * WIRE_LINE;
  t->words = words;
  t->push = (struct table_push *)(void *)(t + 1);
  status = make(group, OBJECT_TABLE, words, ranks * t->rows.stride, deadline, &t->rows.at);
  if (status == SACRED_OK)
    *table = t;
  else
    group_unkeep(group, t);
  return status;
}

int sacred_barrier_create(sacred_group *group, enum sacred_strength strength, sacred_barrier **barrier, uint64_t deadline)
{
  struct sacred_barrier *b;
  uint64_t ranks = group ? group->w.size : 0;
  if (barrier)
    *barrier = NULL;
  if (group && (unsigned)strength > SACRED_FULL)
    return wire_say(&group->w, SACRED_ERR_ARGUMENT, "strength %u: give SACRED_ARRIVE, SACRED_INBOUND or SACRED_FULL",
                    (unsigned)strength);
  int status = may_make(group, barrier, sizeof *b + ranks * sizeof *b->fence.ticket, (void **)&b);
  if (status != SACRED_OK)
    return status;
  b->w = b->fence.w = &group->w;
  b->rows.stride = WIRE_LINE;
  b->strength = strength;
  b->fence.ticket = (uint64_t *)(void *)(b + 1);
  status = make(group, OBJECT_BARRIER, strength, ranks * WIRE_LINE, deadline, &b->rows.at);
  if (status == SACRED_OK)
    status = test_epoch(group, &b->epoch);
  if (status == SACRED_OK)
    *barrier = b;
  else
    group_unkeep(group, b);
  return status;
}

int sacred_broadcast_create(sacred_group *group, sacred_broadcast **broadcast, uint64_t deadline)
{
  struct sacred_broadcast *b;
  uint64_t ranks = group ? group->w.size : 0;
  if (broadcast)
    *broadcast = NULL;
  int status = may_make(group, broadcast, sizeof *b + ranks * sizeof *b->taken, (void **)&b);
  if (status != SACRED_OK)
    return status;
  b->w = &group->w;
  b->rows.stride = (BROADCAST_ROW + WIRE_LINE - 1) / WIRE_LINE * WIRE_LINE;
  b->taken = (uint64_t *)(void *)(b + 1);
  status = make(group, OBJECT_BROADCAST, 0, ranks * b->rows.stride, deadline, &b->rows.at);
  if (status == SACRED_OK)
    *broadcast = b;
  else
    group_unkeep(group, b);
  return status;
}

int sacred_fence_create(sacred_group *group, sacred_fence **fence, uint64_t deadline)
{
  struct sacred_fence *f;
  uint64_t ranks = group ? group->w.size : 0, at;
  if (fence)
    *fence = NULL;
  int status = may_make(group, fence, sizeof *f + ranks * sizeof *f->ticket, (void **)&f);
  if (status != SACRED_OK)
    return status;
  f->w = &group->w;
  f->ticket = (uint64_t *)(void *)(f + 1);
  status = make(group, OBJECT_FENCE, 0, 0, deadline, &at);
  if (status == SACRED_OK)
    *fence = f;
  else
    group_unkeep(group, f);
  return status;
}

int sacred_region_create(sacred_group *group, uint64_t size, sacred_region **region, uint64_t deadline)
{
  struct sacred_region *r;
  if (region)
    *region = NULL;
  if (group && size < 1)
    return wire_say(&group->w, SACRED_ERR_ARGUMENT, "a region of 0 bytes: give at least 1");
  int status = may_make(group, region, sizeof *r, (void **)&r);
  if (status != SACRED_OK)
    return status;
  r->w = &group->w;
  r->size = size;
  status = make(group, OBJECT_REGION, size, size, deadline, &r->at);
  if (status == SACRED_OK)
    *region = r;
  else
    group_unkeep(group, r);
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
