/* The making of a barrier: which of the three it is, its memory, and the parts of a barrier of hosts. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../flag.h"
#include "barriers.h"
#include "parts.h"
#include <stdio.h>

/*
 * Which barrier; and with SACRED_TEST_EPOCH it starts as if so many epochs were over: for tests of the last
 * epochs only.
 */
static int settings(struct sacred_group *g, enum sacred_strength strength, struct tuning *t, uint64_t *epoch)
{
  char name[TUNING_NAME];
  int status = tuning_barrier(g->w.kind, strength, g->w.size, g->hosts, t);
  if (status == SACRED_OK)
    status = group_environment_number("SACRED_TEST_EPOCH", 0, UINT64_MAX, 0, epoch);
  if (status == SACRED_OK && t->one_part && g->w.size > 1 && g->w.rank == 0 && group_environment_has("SACRED_LOG"))
    fprintf(stderr, "sacred: a local barrier is asked for, and %s %u ranks %s host: taken is %s\n",
            g->hosts == 1 ? "all" : "each of", g->w.size, g->hosts == 1 ? "are of one" : "is of another",
            tuning_barrier_name(*t, name));
  return status == SACRED_OK ? status : wire_say(&g->w, status, "%s", sacred_open_error());
}

static enum barrier_kind kind_of(const struct making *m)
{
  return m->local ? BARRIER_HOSTS : m->radix ? BARRIER_RING : BARRIER_ALL;
}

static uint32_t count_slots(const struct sacred_group *g, const struct making *m)
{
  return kind_of(m) == BARRIER_RING ? schedule_make(NULL, NULL, 0, g->w.size, m->radix) : 0;
}

/* A barrier of one kind or another in one piece of memory: what its fence knows of each rank, and a schedule, behind it. */
static void lay_out(struct sacred_barrier *b, struct sacred_group *g, const struct making *m, uint32_t slots)
{
  struct fence_peer *to = (struct fence_peer *)(void *)(b + 1);
  struct wire *w = &g->w;
  struct sacred_fence fence = {.w = w, .to = to};
  uint32_t strength = (uint32_t)m->argument;
  b->kind = kind_of(m);
  b->algorithm = (struct tuning){.local = m->local, .radix = m->radix};
  if (b->kind == BARRIER_ALL) {
    b->all =
        (struct barrier){.w = w, .strength = strength, .rows.stride = WIRE_LINE, .epoch = m->epoch, .fence = fence};
    return;
  }
  if (b->kind == BARRIER_HOSTS) {
    b->hosts = (struct local){.w = w, .strength = strength, .first = g->first, .epoch = m->epoch, .fence = fence};
    b->hosts.inner = (struct inner){.met = m->epoch, .crossed = m->epoch, .group = g};
    return;
  }
  b->ring = (struct dissemination){
      .w = w, .strength = strength, .slots = slots, .told = slots, .heard = slots, .epoch = m->epoch, .fence = fence};
  b->ring.distance = (uint32_t *)(void *)(to + w->size);
  b->ring.first = b->ring.distance + slots + 1;
  schedule_make(b->ring.distance, b->ring.first, slots + 1, w->size, m->radix);
}

/* Memory for a barrier, as it is to be; otherwise NULL, and why. */
static struct sacred_barrier *prepare(struct sacred_group *g, const void *handle, const struct making *want,
                                      int *status)
{
  uint32_t ranks = g ? g->w.size : 0, slots = g ? count_slots(g, want) : 0;
  struct sacred_barrier *b;
  b = object_begin(g, handle, sizeof *b + ranks * sizeof *b->all.fence.to + 2 * (slots + 1) * sizeof *b->ring.first,
                   status);
  if (*status == SACRED_OK)
    lay_out(b, g, want, slots);
  return b;
}

/* Make a barrier that is no barrier of hosts. */
static int make_plain(struct sacred_group *g, struct making want, sacred_barrier **barrier, uint64_t deadline)
{
  int status;
  struct sacred_barrier *b = prepare(g, barrier, &want, &status);
  if (status != SACRED_OK)
    return status;
  want.bytes = (uint64_t)(want.radix ? count_slots(g, &want) : g->w.size) * WIRE_LINE;
  status = object_make(g, want, deadline, want.radix ? &b->ring.rows.at : &b->all.rows.at);
  if (status == SACRED_OK)
    *barrier = b;
  else
    group_unkeep(g, b);
  return status;
}

/* -- a barrier of hosts ------------------------------------------------------------ */

/* One of its parts, of which nothing is asked but that all arrive: who comes to it has flushed. */
static int make_inner(struct sacred_group *g, struct sacred_group *part, uint32_t radix, uint64_t epoch,
                      sacred_barrier **barrier, uint64_t deadline)
{
  if (*barrier)
    return SACRED_OK;
  struct making want = {.kind = OBJECT_BARRIER, .argument = SACRED_ARRIVE, .radix = radix, .epoch = epoch};
  int status = make_plain(part, want, barrier, deadline);
  return status == SACRED_OK ? status : parts_say(g, status, part);
}

static int make_flag(struct sacred_group *g, struct inner *n, uint64_t deadline)
{
  if (n->flag)
    return SACRED_OK;
  int status = sacred_flag_create(g->parts->host, &n->flag, deadline);
  return status == SACRED_OK ? status : parts_say(g, status, g->parts->host);
}

static int make_parts(struct sacred_group *g, struct sacred_barrier *b, uint64_t deadline)
{
  struct inner *n = &b->hosts.inner;
  int status = parts_open(g, deadline);
  struct parts *p = g->parts;
  if (status == SACRED_OK && p->host)
    status = make_inner(g, p->host, tuning_radix(p->host->w.kind, SACRED_ARRIVE, p->local), n->met, &n->here, deadline);
  if (status == SACRED_OK && p->host)
    status = make_flag(g, n, deadline);
  if (status == SACRED_OK && p->leads)
    status = make_inner(g, p->leads, b->algorithm.radix, n->met, &n->across, deadline);
  if (status == SACRED_OK)
    n->size = n->next = p->local;
  return status;
}

/* Is the one that is being made another than the one that is wanted? */
static int is_another(const struct sacred_barrier *b, const struct making *want)
{
  return b->hosts.strength != want->argument || b->algorithm.radix != want->radix;
}

/* All ranks agree that it is to be one: then its making has begun. */
static int agree(struct sacred_group *g, const struct making *want, const void *handle, uint64_t deadline)
{
  int status;
  uint64_t at;
  struct sacred_barrier *b = prepare(g, handle, want, &status);
  if (status == SACRED_OK)
    status = object_make(g, *want, deadline, &at);
  if (status == SACRED_OK)
    g->parts->making = b;
  else if (b)
    group_unkeep(g, b);
  return status;
}

/*
 * All agree that it is to be a barrier of hosts, make its parts, and tell each other
 * how that went: so nobody has one that another has not. A line of the heap is what it
 * goes by.
 */
static int make_hosts(struct sacred_group *g, struct making want, sacred_barrier **barrier, uint64_t deadline)
{
  struct parts *p = parts_of(g);
  if (!p)
    return wire_say(&g->w, SACRED_ERR_MEMORY, "no memory for the hosts of %u ranks", g->w.size);
  if (p->making && is_another(p->making, &want))
    return wire_say(&g->w, SACRED_ERR_STATE,
                    "rank %u makes another barrier while the making of one of hosts has timed out: repeat that first",
                    g->w.rank);
  int status = p->making ? SACRED_OK : agree(g, &want, barrier, deadline);
  if (status != SACRED_OK)
    return status;
  if (!p->tried) {
    status = make_parts(g, p->making, deadline);
    if (status == SACRED_TIMEOUT || status == SACRED_ERR_STATE) /* to be called again */
      return status;
    p->tried = 1;
    p->status = status;
  }
  want.bytes = WIRE_LINE;
  want.status = p->status;
  status = object_make(g, want, deadline, &p->making->hosts.at);
  if (status == SACRED_TIMEOUT)
    return status;
  if (status == SACRED_OK)
    *barrier = p->making;
  else
    group_unkeep(g, p->making);
  p->making = NULL;
  p->tried = 0;
  return status;
}

int sacred_barrier_create(sacred_group *group, enum sacred_strength strength, sacred_barrier **barrier,
                          uint64_t deadline)
{
  struct making want = {.kind = OBJECT_BARRIER,
                        .argument = (unsigned)strength,
                        .status = object_allow((unsigned)strength <= SACRED_FULL)};
  struct tuning t;
  if (barrier)
    *barrier = NULL;
  if (!group || !barrier)
    return SACRED_ERR_ARGUMENT;
  if (!group->w.open)
    return SACRED_ERR_CLOSED;
  int status = settings(group, strength, &t, &want.epoch);
  if (status != SACRED_OK)
    return status;
  want.local = t.local;
  want.radix = t.radix;
  status = t.local ? make_hosts(group, want, barrier, deadline) : make_plain(group, want, barrier, deadline);
  if (status == SACRED_ERR_ARGUMENT)
    wire_say(&group->w, status, "strength %u: give SACRED_ARRIVE, SACRED_INBOUND or SACRED_FULL", (unsigned)strength);
  return status;
}
