/* The making of ranks and their barriers: the memory of each, and what a barrier of hosts is made of. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "schedule.h"
#include "world.h"
#include <stdlib.h>

/* -- words ------------------------------------------------------------------------------- */

uint64_t *word_of(const struct transport *t, uint32_t i, uint32_t line)
{
  return &t->words[(size_t)i * t->lines + line];
}

uint64_t *word_for(struct event e)
{
  const struct transport *t = e.part == WHOLE  ? &world.whole
                              : e.part == HOST ? &world.host[e.rank / world.per_host].transport
                                               : &world.firsts;
  return word_of(t, (e.rank - t->base) / t->step, e.line);
}

static struct transport join(enum part part, uint32_t base, uint32_t step, uint32_t ranks, uint32_t lines)
{
  return (struct transport){.part = part,
                            .base = base,
                            .step = step,
                            .lines = lines,
                            .words = zeroed((size_t)ranks * lines, sizeof(uint64_t))};
}

/* -- barriers ------------------------------------------------------------------------------ */

static struct plan plan_of(uint32_t ranks, uint32_t radix)
{
  struct plan p = {.ranks = ranks, .radix = radix, .lines = ranks};
  if (radix == 0 || ranks == 0)
    return p;
  p.lines = p.slots = schedule_make(NULL, NULL, 0, ranks, radix);
  p.distance = zeroed(p.slots + 1, sizeof *p.distance);
  p.first = zeroed(p.slots + 1, sizeof *p.first);
  schedule_make(p.distance, p.first, p.slots + 1, ranks, radix);
  return p;
}

static void forget(struct plan *p)
{
  free(p->distance);
  free(p->first);
}

/* Its schedule is the same for all ranks. */
static void lay_out(struct sacred_barrier *b, struct wire *w, const struct plan *p, uint32_t strength,
                    struct fence_peer *to)
{
  struct sacred_fence fence = {.w = w, .to = to};
  b->kind = p->radix ? BARRIER_RING : BARRIER_ALL;
  if (b->kind == BARRIER_ALL)
    b->all = (struct barrier){.w = w, .strength = strength, .rows.stride = WIRE_LINE, .fence = fence};
  else
    b->ring = (struct dissemination){.w = w,
                                     .strength = strength,
                                     .slots = p->slots,
                                     .told = p->slots,
                                     .heard = p->slots,
                                     .distance = p->distance,
                                     .first = p->first,
                                     .fence = fence};
}

static struct wire wire_to(struct transport *t, uint32_t rank, uint32_t size)
{
  return (struct wire){.rank = rank, .size = size, .open = 1, .transport = t};
}

/* -- a barrier of hosts ---------------------------------------------------------------------- */

/* Of its host, and where it is the first one, of the first ranks. The lines of the flag are behind those of the barrier. */
static void make_within(struct rank *r, uint32_t i)
{
  uint32_t h = i / world.per_host, first = world.first[i];
  uint32_t size = world.ranks - first < world.per_host ? world.ranks - first : world.per_host;
  const struct plan *p = size == world.per_host ? &world.plan.host : &world.plan.rest;
  struct within *in = &world.within[i];
  struct inner *n = &r->b.hosts.inner;
  in->host = wire_to(&world.host[h].transport, i - first, size);
  lay_out(&in->here, &in->host, p, SACRED_ARRIVE, NULL);
  in->flag = (struct sacred_flag){.w = &in->host, .rows = {.at = (uint64_t)p->lines * WIRE_LINE, .stride = WIRE_LINE}};
  in->flag.raised = &world.raised[first];
  *n = (struct inner){.size = size, .next = size, .flag = &in->flag, .here = size > 1 ? &in->here : NULL};
  if (i != first)
    return;
  in->firsts = wire_to(&world.firsts, h, world.hosts);
  lay_out(&in->across, &in->firsts, &world.plan.firsts, SACRED_ARRIVE, NULL);
  n->across = &in->across;
}

static void open_hosts(void)
{
  uint32_t n = world.ranks, size = world.per_host, rest = n % size;
  world.plan.firsts = plan_of(world.hosts, radix_across(world.s, world.hosts, world.barrier));
  world.plan.host = plan_of(size, radix_within(size));
  world.plan.rest = plan_of(rest, radix_within(rest));
  world.whole = join(WHOLE, 0, 1, 0, 0);
  world.firsts = join(FIRSTS, 0, size, world.hosts, world.plan.firsts.lines);
  for (uint32_t h = 0; h < world.hosts; h++) {
    const struct plan *p = n - h * size < size ? &world.plan.rest : &world.plan.host;
    world.host[h].transport = join(HOST, h * size, 1, p->ranks, p->lines + p->ranks);
  }
  world.within = zeroed(n, sizeof *world.within);
  world.raised = zeroed(n, sizeof *world.raised);
  world.first = zeroed(n, sizeof *world.first);
  for (uint32_t i = 0; i < n; i++)
    world.first[i] = i / size * size;
}

/* -- all of it --------------------------------------------------------------------------------- */

static void make_rank(uint32_t i)
{
  struct rank *r = &world.rank[i];
  struct fence_peer *to = world.flow ? zeroed(world.ranks, sizeof *to) : NULL;
  r->w = wire_to(&world.whole, i, world.ranks);
  if (!world.within) {
    lay_out(&r->b, &r->w, &world.plan.all, world.s->strength, to);
    return;
  }
  r->b.kind = BARRIER_HOSTS;
  r->b.hosts = (struct local){.w = &r->w, .strength = world.s->strength, .first = world.first};
  r->b.hosts.fence = (struct sacred_fence){.w = &r->w, .to = to};
  make_within(r, i);
}

static void free_rank(struct rank *r)
{
  free(r->b.kind == BARRIER_ALL    ? r->b.all.fence.to
       : r->b.kind == BARRIER_RING ? r->b.ring.fence.to
                                   : r->b.hosts.fence.to);
}

void world_open(const struct setting *s, uint32_t ranks, struct tuning barrier, char *wrong)
{
  uint32_t per_host = s->per_host ? s->per_host : ranks;
  wrong[0] = '\0';
  world = (struct world){.s = s, .ranks = ranks, .barrier = barrier, .per_host = per_host, .wrong = wrong};
  world.hosts = hosts_of(s, ranks);
  world.cores = s->cores ? s->cores : per_host;
  world.rank = zeroed(ranks, sizeof *world.rank);
  world.epoch = zeroed(s->epochs, sizeof *world.epoch);
  world.host = zeroed(world.hosts, sizeof *world.host);
  for (uint32_t h = 0; h < world.hosts; h++)
    world.host[h].first = NOBODY;
  if (flushes(s, barrier))
    world.flow = zeroed((size_t)ranks * ranks, sizeof *world.flow);
  if (barrier.local) {
    open_hosts();
  } else {
    world.plan.all = plan_of(ranks, barrier.radix);
    world.whole = join(WHOLE, 0, 1, ranks, world.plan.all.lines);
  }
  for (uint32_t i = 0; i < ranks; i++)
    make_rank(i);
}

void world_close(void)
{
  for (uint32_t i = 0; i < world.ranks; i++)
    free_rank(&world.rank[i]);
  for (uint32_t h = 0; h < world.hosts; h++)
    free(world.host[h].transport.words);
  forget(&world.plan.all);
  forget(&world.plan.firsts);
  forget(&world.plan.host);
  forget(&world.plan.rest);
  free(world.whole.words);
  free(world.firsts.words);
  free(world.rank);
  free(world.host);
  free(world.flow);
  free(world.epoch);
  free(world.within);
  free(world.first);
  free(world.raised);
}
