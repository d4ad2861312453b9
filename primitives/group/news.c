/* Who of a sparse group is gone: found by those that have a queue pair to it, and told to all. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A rank probes the few that it has a queue pair to. Whom it finds to be gone, by the
 * wire, by the system or by the bootstrap, it adds to a set in its row, which all read:
 * where they share the control area, there; on a board, once it is told. What it only
 * has from others it does not add, so each finds to name is somebody's own.
 *
 * Who is cut off itself misses all others, and they miss it. So a rank is not believed
 * of which one tells that has less such quarrels than it has; and what is told is
 * believed only after a moment, within which the other side has found as much. Nobody
 * believes a rank that is gone, nor that one is gone which closes the group. Who reaches
 * none of those that an object has connected it to takes itself to be cut off, from all.
 */
#include "news.h"
#include "../wire/verbs.h"
#include "board.h"
#include <inttypes.h>
#include <stdlib.h>

#define LOOK_EVERY_NS UINT64_C(5000000)
#define BELIEVED_AFTER_NS UINT64_C(2000000000) /* as long as the wire may take to find it from the other side */
#define ON_BOARDS_NS UINT64_C(200000000)       /* who is cut off there cannot tell it */

struct news {
  uint64_t looked;
  uint32_t told; /* how many were lost to me when I looked last */
  struct news_of {
    uint64_t heard;   /* lost_told of its row, when it was looked at last */
    uint64_t since;   /* when that had changed */
    uint32_t hearsay; /* that it is gone I have from others */
  } of[];
};

static int has_told(const struct sacred_group *g, uint32_t i, uint32_t of)
{
  /* Relaxed is enough: count-then-set, or the order of datagrams, has the set there before the count that I read. */
  uint64_t set = __atomic_load_n(&g->control->rank[i].lost_set[of / 64], __ATOMIC_RELAXED);
  return (int)(set >> of % 64 & 1);
}

/* What I have found by myself. */
static void tell(struct sacred_group *g)
{
  struct control_rank *r = &g->control->rank[g->w.rank];
  int news = 0;
  for (uint32_t i = 0; i < g->w.size; i++) {
    uint32_t life = g->t.peers[i].life;
    if (i == g->w.rank || (life != PEER_DIED && life != PEER_UNREACHABLE) || g->news->of[i].hearsay ||
        has_told(g, g->w.rank, i) || control_closing(g->control, i))
      continue;
    __atomic_fetch_or(&r->lost_set[i / 64], UINT64_C(1) << i % 64, __ATOMIC_RELAXED);
    news = 1;
  }
  if (!news)
    return;
  /*
   * ORDER set-then-count.  A release store: the set is there before the count that says
   * that it has changed (rule ww).  Pairs with count-then-set.  Without it a rank could
   * look at the set too early, and never again.
   */
  __atomic_store_n(&r->lost_told, r->lost_told + 1, __ATOMIC_RELEASE);
  if (g->board)
    board_tell_all(g, BOARD_LOST);
}

/* Is none left of those that I am connected to, by an object and not by the ring alone? Then I miss all others as well. */
static void miss_all(struct sacred_group *g)
{
  const struct verbs *v = g->t.verbs;
  if (v->pairs <= 2)
    return;
  for (uint32_t i = 0; i < g->w.size; i++)
    if (v->peers[i].ready && g->t.peers[i].life != PEER_UNREACHABLE)
      return;
  for (uint32_t i = 0; i < g->w.size; i++) {
    if (i == g->w.rank || verbs_is_lost(&g->w, i))
      continue;
    g->news->of[i].hearsay = 1;
    verbs_doubt(&g->w, i,
                "rank %" PRIu32 " reaches none of those that it is connected to, so not rank %" PRIu32 " either",
                g->w.rank, i);
  }
}

/* How many ranks are in a quarrel with rank i: one tells of the other, or both do. */
static uint32_t quarrels(const struct sacred_group *g, uint32_t i)
{
  uint32_t n = 0;
  for (uint32_t k = 0; k < g->w.size; k++)
    n += k != i && (has_told(g, k, i) || has_told(g, i, k));
  return n;
}

/* Is it rather rank i that is cut off? */
static int is_cut_off(const struct sacred_group *g, uint32_t i)
{
  for (uint32_t k = 0; k < g->w.size; k++)
    if (k != i && has_told(g, k, i) && quarrels(g, k) < quarrels(g, i))
      return 1;
  return 0;
}

static void heed(struct sacred_group *g, uint32_t i)
{
  if (is_cut_off(g, i))
    return;
  for (uint32_t k = 0; k < g->w.size; k++) {
    if (k == g->w.rank || k == i || !has_told(g, i, k) || verbs_is_lost(&g->w, k) || control_closing(g->control, k))
      continue;
    g->news->of[k].hearsay = 1;
    verbs_doubt(&g->w, k,
                "rank %" PRIu32 " cannot be reached by rank %" PRIu32 ", which is connected to it and says so", k, i);
  }
}

void news_look(struct sacred_group *g, uint64_t now)
{
  struct news *n = g->news;
  if (g->t.lost != n->told) {
    n->told = g->t.lost;
    tell(g);
    miss_all(g);
  }
  if (now - n->looked < LOOK_EVERY_NS)
    return;
  n->looked = now;
  for (uint32_t i = 0; i < g->w.size; i++) {
    /*
     * ORDER count-then-set.  An acquire load (rule rr); pairs with set-then-count, which says the rest.
     */
    uint64_t told = __atomic_load_n(&g->control->rank[i].lost_told, __ATOMIC_ACQUIRE);
    if (told != n->of[i].heard) {
      n->of[i].heard = told;
      n->of[i].since = now;
    }
    if (n->of[i].since == 0 || i == g->w.rank || wire_peer_gone(&g->w, i) ||
        now - n->of[i].since < (g->board ? ON_BOARDS_NS : BELIEVED_AFTER_NS))
      continue;
    n->of[i].since = 0;
    heed(g, i);
  }
}

static void look(struct wire *w, uint64_t now)
{
  news_look(w->transport->owner, now);
}

int news_open(struct sacred_group *g)
{
  g->news = calloc(1, sizeof *g->news + g->w.size * sizeof *g->news->of);
  if (!g->news)
    return group_open_say(SACRED_ERR_MEMORY, "no memory for news of %u ranks", g->w.size);
  if (!g->t.look)
    g->t.look = look; /* else it is called from there */
  return SACRED_OK;
}

void news_free(struct sacred_group *g)
{
  free(g->news);
  g->news = NULL;
  g->t.look = NULL;
}
