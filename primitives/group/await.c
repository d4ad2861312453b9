/* Waiting for all ranks of a group, outside the door. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "board.h"

const char *group_object_name(uint32_t kind)
{
  static const char *const names[] = {"does nothing known", "makes a flag",  "makes a table",  "makes a barrier",
                                      "makes a broadcast",  "makes a fence", "makes a region", "closes the group"};
  return names[kind <= OBJECT_CLOSE ? kind : 0];
}

void group_give(struct sacred_group *g, const void *mine, size_t size)
{
  exchange_give(&g->x, mine, size);
  if (g->board)
    board_tell_all(g, BOARD_MAKING);
}

/* Has rank i not heard yet what I gave? */
static int lacks_mine(const struct sacred_group *g, uint32_t i)
{
  return g->board && g->board->mail && !board_has(g, i);
}

/* Has rank i not come yet to what I wait for? */
static int lacks_making(const void *group, uint32_t i)
{
  const struct sacred_group *g = group;
  return exchange_lacks(&g->x, i) || (g->pending == MAKING_SETTLES && lacks_mine(g, i));
}

static int lacks_close(const void *group, uint32_t i)
{
  const struct sacred_group *g = group;
  return !control_closing(g->control, i) || (g->board && !board_has(g, i));
}

static int closing_instead(const void *group, uint32_t i)
{
  const struct sacred_group *g = group;
  /* What it gave, it gave before it came to close: so look at that second. */
  return control_closing(g->control, i) && exchange_lacks(&g->x, i);
}

static int gone_making(const void *group, uint32_t i)
{
  const struct sacred_group *g = group;
  return wire_peer_gone(&g->w, i) && lacks_making(g, i);
}

static int gone_close(const void *group, uint32_t i)
{
  const struct sacred_group *g = group;
  return wire_peer_gone(&g->w, i) && lacks_close(g, i);
}

static uint32_t count(const struct sacred_group *g, int (*is)(const void *group, uint32_t i))
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < g->w.size; i++)
    n += is(g, i) != 0;
  return n;
}

/* Has one of those that are gone died, or left, or can they only not be reached? Of others, that are not missed, nothing. */
static int why_gone(const struct sacred_group *g, int (*gone)(const void *group, uint32_t i))
{
  for (uint32_t i = 0; i < g->w.size; i++)
    if (gone(g, i) && g->t.peers[i].life != PEER_UNREACHABLE)
      return SACRED_ERR_DEAD;
  return SACRED_ERR_UNREACHABLE;
}

/* Is the wait over, or hopeless? SACRED_AGAIN: neither. */
static int look(struct sacred_group *g, uint32_t kind)
{
  int close = kind == OBJECT_CLOSE;
  int (*lacks)(const void *group, uint32_t i) = close ? lacks_close : lacks_making;
  int (*gone)(const void *group, uint32_t i) = close ? gone_close : gone_making;
  char who[GROUP_LIST];
  int lost = wire_health(&g->w) != SACRED_AGAIN;
  /* Behind the news of a death: who had come before it died, has come. */
  uint32_t lacking = count(g, lacks);
  if (lacking == 0)
    return SACRED_OK;
  uint32_t dead = lost ? count(g, gone) : 0;
  if (close ? dead == lacking : dead > 0) {
    group_rank_list(who, g->w.size, gone, g);
    if (count(g, gone) == 0) /* unreachable by the wire, and it came nevertheless */
      return SACRED_AGAIN;
    return wire_say(&g->w, why_gone(g, gone),
                    "%s is gone, and rank %u %s: restart the job, or split off the living ranks", who, g->w.rank,
                    group_object_name(kind));
  }
  if (!close && count(g, closing_instead) > 0)
    return wire_say(&g->w, SACRED_ERR_MISMATCH,
                    "%s closes the group where rank %u %s: close it on every rank, in one place",
                    group_rank_list(who, g->w.size, closing_instead, g), g->w.rank, group_object_name(kind));
  return SACRED_AGAIN;
}

int group_await(struct sacred_group *g, uint32_t kind, uint64_t deadline)
{
  struct wire_wait wait = {0, deadline};
  int late = deadline == 0;
  char who[GROUP_LIST];
  for (;;) {
    int status = look(g, kind);
    if (status != SACRED_AGAIN)
      return status;
    if (late)
      return wire_say(&g->w, SACRED_TIMEOUT, "timed out: rank %u %s and waits for %s", g->w.rank,
                      group_object_name(kind),
                      group_rank_list(who, g->w.size, kind == OBJECT_CLOSE ? lacks_close : lacks_making, g));
    late = wire_relax(&g->w, &wait);
  }
}

int group_settle(struct sacred_group *g, uint64_t deadline)
{
  struct wire_wait wait = {0, deadline};
  int late = deadline == 0;
  for (uint32_t i = 0;;) {
    while (i < g->w.size && !lacks_mine(g, i))
      i++;
    if (i == g->w.size || sacred_now() >= g->settles + LEFT_BY_NS)
      return 1;
    if (late)
      return 0;
    late = wire_relax(&g->w, &wait);
  }
}

uint32_t sacred_group_missing(const sacred_group *group, uint32_t *ranks)
{
  uint32_t n = 0;
  for (uint32_t i = 0; group->w.open && group->pending && i < group->w.size; i++)
    if (lacks_making(group, i))
      ranks[n++] = i;
  return n;
}
