/* The processors of a host, and the ranks that share them: who has nothing to do gives its one up. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "world.h"

static struct host *host_of(const struct rank *r)
{
  return &world.host[r->w.rank / world.per_host];
}

static void run(struct host *h, const struct rank *r)
{
  uint64_t switching = world.cores < world.per_host ? world.s->switching : 0;
  h->busy++;
  queue_push((struct event){.at = world.now + switching, .kind = STEP, .rank = r->w.rank});
}

void processor_take(struct rank *r)
{
  struct host *h = host_of(r);
  if (h->busy < world.cores) {
    run(h, r);
    return;
  }
  r->next = NOBODY;
  if (h->first == NOBODY)
    h->first = r->w.rank;
  else
    world.rank[h->last].next = r->w.rank;
  h->last = r->w.rank;
}

void processor_give_up(struct rank *r)
{
  struct host *h = host_of(r);
  h->busy--;
  if (h->first == NOBODY)
    return;
  struct rank *next = &world.rank[h->first];
  h->first = next->next;
  run(h, next);
}

uint64_t processor_overhead(uint64_t overhead)
{
  return overhead + (world.s->noise ? chance_wait(world.s->noise) : 0);
}
