/*
 * The network: LogGP, with a card to each host. A message leaves the card when those before it
 * have left, and is on its way for a latency a hop. At the other card it waits in turn. Between
 * the cards nothing waits for anything: there is no contention of links. A word for memory that ranks share
 * meets no card: it leaves when those of its rank before it have left, and is placed when it is there.
 *
 * A. Alexandrov, M. Ionescu, K. Schauser, C. Scheiman, LogGP: incorporating long messages into the LogP model, 1995.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "world.h"

static uint64_t later(uint64_t a, uint64_t b)
{
  return a > b ? a : b;
}

const struct loggp *network_of(uint32_t part)
{
  return part == HOST ? &world.s->memory : &world.s->network;
}

static uint64_t transfer(const struct loggp *p)
{
  return (MESSAGE - 1) * p->byte;
}

/*
 * Up to the lowest switch that both hosts are under, and down again. Half of a switch's
 * ports lead down; of those at the top all do, so there the tree is twice as wide.
 */
static uint32_t level(uint32_t a, uint32_t b)
{
  uint64_t half = world.s->ports / 2, hosts = (world.ranks + world.per_host - 1) / world.per_host;
  uint32_t l = 1;
  for (uint64_t under = half; a / under != b / under && 2 * under < hosts; under *= half)
    l++;
  return l;
}

static uint32_t hops(uint32_t a, uint32_t b)
{
  return world.s->ports == 0 || a == b ? 1 : 2 * level(a, b);
}

void network_post(struct event message)
{
  const struct loggp *p = network_of(message.part);
  uint32_t a = message.from / world.per_host, b = message.rank / world.per_host;
  uint64_t *out = message.part == HOST ? &world.rank[message.from].out : &world.host[a].out;
  uint64_t left = later(world.now, *out) + transfer(p);
  *out = left + p->gap;
  message.at = left + hops(a, b) * p->latency;
  *(message.part == HOST ? &world.stores : &world.messages) += 1;
  queue_push(message);
}

bool network_arrives(struct event message)
{
  const struct loggp *p = &world.s->network;
  struct host *host = &world.host[message.rank / world.per_host];
  if (message.placed || message.part == HOST)
    return true;
  message.at = later(world.now, host->in);
  host->in = message.at + transfer(p) + p->gap;
  if (message.at == world.now)
    return true;
  message.placed = 1;
  queue_push(message);
  return false;
}
