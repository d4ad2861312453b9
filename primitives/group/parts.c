/* The groups within a group that barriers of hosts need, and what is heard there of ranks that are lost. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "parts.h"
#include "../wire/verbs.h"
#include "barriers.h"
#include <sacred/flag.h>

#define PATIENCE_NS UINT64_C(1000000000)

/* -- their life ----------------------------------------------------------------- */

/* Who is in them. */
static struct parts *count(struct sacred_group *g)
{
  uint32_t n = g->w.size, leads = 0, me = g->w.rank;
  struct parts *p = group_keep(g, sizeof *p + 3 * n * sizeof *p->place);
  if (!p)
    return NULL;
  p->mine = (uint32_t *)(p + 1);
  p->firsts = p->mine + n;
  p->place = p->firsts + n;
  for (uint32_t j = 0; j < n; j++) {
    if (g->first[j] == g->first[me]) {
      p->place[j] = p->local;
      p->mine[p->local++] = j;
    }
    if (g->first[j] != j)
      continue;
    if (j != g->first[me])
      p->place[j] = leads;
    p->firsts[leads++] = j;
  }
  return p;
}

int parts_say(struct sacred_group *g, int status, const struct sacred_group *part)
{
  return wire_say(&g->w, status, "in the making of a barrier of hosts: %s", sacred_group_error(part));
}

struct parts *parts_of(struct sacred_group *g)
{
  if (!g->parts)
    g->parts = count(g);
  return g->parts;
}

int parts_open(struct sacred_group *g, uint64_t deadline)
{
  struct parts *p = g->parts;
  int status = SACRED_OK;
  if (p->local > 1 && !p->host)
    status = group_split(g, p->mine, p->local, WIRE_SHM, &p->host, deadline);
  if (status == SACRED_OK && g->first[g->w.rank] == g->w.rank && !p->leads)
    status = group_split(g, p->firsts, g->hosts, 0, &p->leads, deadline);
  return status == SACRED_OK ? status : parts_say(g, status, NULL);
}

/*
 * All have come to close the group, or that wait is over: so nobody needs these, and who
 * has none, because its making had timed out, is not waited for.
 */
void parts_close(struct sacred_group *g, uint64_t deadline)
{
  uint64_t until = sacred_in(PATIENCE_NS) < deadline ? sacred_in(PATIENCE_NS) : deadline;
  if (!g->parts)
    return;
  sacred_group_close(g->parts->leads, until);
  sacred_group_close(g->parts->host, until);
}

/* -- the three objects of a barrier of hosts: what they answer ------------------- */

/* Whom a part has lost its group has lost: rank[k] is what its rank k is there. */
static void lose(struct sacred_group *g, const struct sacred_group *part, const uint32_t *rank)
{
  for (uint32_t k = 0; k < part->w.size; k++) {
    if (!wire_peer_gone(&part->w, k))
      continue;
    if (part->t.peers[k].life == PEER_UNREACHABLE)
      verbs_doubt(&g->w, rank[k], "rank %u, the first of its host: %s", rank[k], part->t.verbs->said);
    else
      wire_peer_lose(&g->w, rank[k], (enum peer_life)part->t.peers[k].life);
  }
}

/* What the barrier around them is told: it is over, or not; and its group hears who is lost. */
static int answer(const struct inner *n, int status, const struct sacred_group *part, const uint32_t *rank)
{
  if (status == SACRED_OK)
    return status;
  if (status == SACRED_ERR_DEAD || status == SACRED_ERR_UNREACHABLE)
    lose(n->group, part, rank);
  return SACRED_AGAIN;
}

int inner_meet(struct inner *n)
{
  const struct parts *p = n->group->parts;
  n->meeting = 1;
  int status = n->here ? answer(n, sacred_barrier_wait(n->here, 0), p->host, p->mine) : SACRED_OK;
  n->meeting = status != SACRED_OK;
  n->met += status == SACRED_OK;
  return status;
}

int inner_cross(struct inner *n)
{
  const struct parts *p = n->group->parts;
  n->crossing = 1;
  int status = answer(n, sacred_barrier_wait(n->across, 0), p->leads, p->firsts);
  n->crossing = status != SACRED_OK;
  n->crossed += status == SACRED_OK;
  return status;
}

int inner_let_go(struct inner *n, uint64_t v)
{
  const struct parts *p = n->group->parts;
  int status = answer(n, sacred_flag_raise(n->flag, n->next, v), p->host, p->mine);
  n->next += status == SACRED_OK;
  return status;
}

int inner_let(const struct inner *n, uint64_t v)
{
  const struct parts *p = n->group->parts;
  return answer(n, sacred_flag_test(n->flag, 0, v), p->host, p->mine);
}

/* -- and whom they lack ------------------------------------------------------------ */

static int is_missing(const struct sacred_barrier *b, uint32_t j)
{
  uint32_t ranks[CONTROL_RANKS_MAX], n = sacred_barrier_missing(b, ranks), k = 0;
  while (k < n && ranks[k] != j)
    k++;
  return k < n;
}

int inner_lacks(const struct inner *n, uint32_t j)
{
  return !n->meeting || is_missing(n->here, n->group->parts->place[j]);
}

int inner_lacks_host(const struct inner *n, uint32_t j)
{
  return !n->crossing || is_missing(n->across, n->group->parts->place[j]);
}
