/* Connecting the queue pairs that an object of a sparse group needs, when it is made. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whom a rank needs is the same everywhere but for where it stands in the ring: a
 * dissemination barrier those that it signals to and that signal to it, as far ahead
 * as behind; a broadcast along trees its parents and children, whoever is the root, which
 * are as far apart, and of whom alone it has rows (places.h); an object without memory nobody, as a fence, which flushes what
 * there is, or a barrier of hosts, which has groups of its own; any other object all. So
 * all ranks know whether something is missing, and all make their ends, tell the
 * numbers in exchanges, connect, and say how it went: who has heard that of all may
 * post. Where it went wrong anywhere, all give back what they made.
 */
#include "connect.h"
#include "../schedule.h"
#include "../wire/verbs.h"
#include "tuning.h"
#include <stdio.h>
#include <stdlib.h>

int group_is_ring(const struct making *m, uint32_t n)
{
  return m->radix != 0 && (m->kind != OBJECT_BROADCAST || (m->radix < n && m->many < n));
}

/*
 * How far apart ranks are that post to each other by this radix: fills distance[]; returns how many there are. A
 * dissemination barrier has a slot for each distance; in a k-nomial tree, seen from whatever root, a rank and its child
 * differ in one digit to base k, which makes the same distances; in a chain they are 1 apart.
 */
static uint32_t along(uint32_t n, uint32_t radix, uint32_t *distance)
{
  uint32_t first[CONTROL_RANKS_MAX];
  if (radix != TUNING_CHAIN)
    return schedule_make(distance, first, CONTROL_RANKS_MAX, n, radix);
  distance[0] = 1;
  return 1;
}

uint32_t group_distances(const struct making *m, uint32_t n, uint32_t distance[DISTANCES])
{
  uint32_t count = along(n, m->radix, distance);
  if (m->kind == OBJECT_BROADCAST && m->many != m->radix)
    count += along(n, m->many, distance + count);
  return count;
}

/* How many peers there are, or all: so many numbers all ranks tell, whether or not I have memory for mine. */
static uint32_t how_many(const struct sacred_group *g, const struct making *m)
{
  uint32_t distance[DISTANCES];
  return group_is_ring(m, g->w.size) ? 2 * group_distances(m, g->w.size, distance) : g->w.size;
}

/* For each distance who is ahead of me, and who is as far behind: of a broadcast for those of both its trees. */
static uint32_t *ring(const struct sacred_group *g, const struct making *m)
{
  uint32_t n = g->w.size, distance[DISTANCES], count = group_distances(m, n, distance);
  uint32_t *peers = malloc(2 * (size_t)count * sizeof *peers);
  for (uint32_t s = 0; peers && s < count; s++) {
    peers[2 * s] = (g->w.rank + distance[s]) % n;
    peers[2 * s + 1] = (g->w.rank + n - distance[s]) % n;
  }
  return peers;
}

static int is_all_there(const struct sacred_group *g, const struct connecting *c)
{
  for (uint32_t k = 0; k < c->count; k++)
    if (c->peers[k] != g->w.rank && !g->t.verbs->peers[c->peers[k]].ready)
      return 0;
  return 1;
}

int group_must_connect(struct sacred_group *g, const struct making *m, int32_t status)
{
  struct connecting *c = &g->connecting;
  if (!g->t.verbs || !g->t.verbs->sparse || m->bytes == 0 || g->t.verbs->pairs == g->w.size - 1)
    return 0;
  *c = (struct connecting){.status = status, .paired = group_is_ring(m, g->w.size), .count = how_many(g, m)};
  c->peers = c->paired ? ring(g, m) : verbs_all_ranks(g->t.verbs);
  if (!c->peers) {
    c->status = wire_say(&g->w, SACRED_ERR_MEMORY, "no memory for the queue pairs of %u ranks", g->w.size);
    return 1;
  }
  if (is_all_there(g, c)) {
    free(c->peers);
    c->peers = NULL;
    return 0;
  }
  if (c->status == SACRED_OK)
    c->status = verbs_make_pairs(g->t.verbs, c->peers, c->count);
  if (c->status != SACRED_OK && c->status != status)
    wire_say(&g->w, c->status, "%s", sacred_open_error());
  return 1;
}

/* Give to the next exchange, and wait for what all give. */
static int exchange(struct sacred_group *g, uint32_t kind, const void *mine, size_t size, uint64_t deadline)
{
  struct connecting *c = &g->connecting;
  if (!c->given)
    group_give(g, mine, size);
  c->given = 1;
  int status = group_await(g, kind, deadline);
  if (status == SACRED_OK)
    c->given = 0;
  return status;
}

/* That which rank i has told of its end, in this exchange. */
static void take_number(struct sacred_group *g, uint32_t i, uint32_t at)
{
  struct verbs_peer *p = &g->t.verbs->peers[i];
  struct numbers theirs;
  if (i == g->w.rank || p->ready)
    return;
  exchange_take(&g->x, i, &theirs, sizeof theirs);
  p->number = theirs.number[at];
}

/* The numbers of my ends, as many as an exchange carries; take those of the ones that lead to me. */
static int tell_numbers(struct sacred_group *g, uint32_t kind, uint64_t deadline)
{
  struct connecting *c = &g->connecting;
  const struct verbs_peer *peers = g->t.verbs->peers;
  struct numbers mine = {{0}};
  for (uint32_t k = 0; c->peers && k < NUMBERS && c->first + k < c->count; k++) {
    const struct verbs_peer *p = &peers[c->peers[c->first + k]];
    mine.number[k] = p->qp ? p->qp->qp_num : 0;
  }
  int status = exchange(g, kind, &mine, sizeof mine, deadline);
  if (status != SACRED_OK)
    return status;
  for (uint32_t k = 0; c->peers && c->paired && k < NUMBERS && c->first + k < c->count; k++)
    take_number(g, c->peers[c->first + k], k ^ 1);
  for (uint32_t i = 0; !c->paired && i < g->w.size && g->w.rank >= c->first && g->w.rank < c->first + NUMBERS; i++)
    take_number(g, i, g->w.rank - c->first);
  c->first += NUMBERS;
  return SACRED_OK;
}

/* My end of all that are new. */
static int join_all(struct sacred_group *g)
{
  struct verbs *v = g->t.verbs;
  int status = SACRED_OK;
  for (uint32_t i = 0; status == SACRED_OK && i < g->w.size; i++)
    if (v->peers[i].qp && !v->peers[i].ready)
      status = verbs_join(v, i, v->seed);
  return status == SACRED_OK ? status : wire_say(&g->w, status, "%s", sacred_open_error());
}

/* How it went, at all of them. */
static int conclude(struct sacred_group *g)
{
  const struct connecting *c = &g->connecting;
  int32_t theirs;
  if (c->status != SACRED_OK)
    return c->status; /* in my own words */
  for (uint32_t i = 0; i < g->w.size; i++) {
    exchange_take(&g->x, i, &theirs, sizeof theirs);
    if (theirs != SACRED_OK)
      return wire_say(&g->w, theirs, "rank %u could not connect its queue pairs: its sacred_group_error() says more",
                      i);
  }
  return SACRED_OK;
}

int group_connect(struct sacred_group *g, uint32_t kind, uint64_t deadline)
{
  struct connecting *c = &g->connecting;
  int status = SACRED_OK;
  while (status == SACRED_OK && c->first < c->count) {
    status = tell_numbers(g, kind, deadline);
    if (status == SACRED_OK && c->first >= c->count && c->status == SACRED_OK)
      c->status = join_all(g);
  }
  if (status == SACRED_OK)
    status = exchange(g, kind, &c->status, sizeof c->status, deadline);
  if (status != SACRED_OK)
    return status;
  g->pending = MAKING_NONE;
  status = conclude(g);
  free(c->peers);
  c->peers = NULL;
  if (status != SACRED_OK) {
    verbs_drop_pairs(g->t.verbs);
    return status;
  }
  verbs_use(g->t.verbs);
  if (group_environment_has("SACRED_LOG"))
    fprintf(stderr, "sacred: rank %u of %u: %u of %u queue pairs\n", g->w.rank, g->w.size, g->t.verbs->pairs,
            g->w.size - 1);
  return SACRED_OK;
}
