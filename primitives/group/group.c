/* A group's life: opened with a caller's allgather, asked about, closed. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../wire/trace.h"
#include "../wire/verbs.h"
#include "board.h"
#include "news.h"
#include "parts.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct callers {
  sacred_allgather allgather;
  void *arg;
};

static int gather_by_caller(void *arg, const void *mine, void *all, size_t size)
{
  const struct callers *c = arg;
  int error = c->allgather(c->arg, mine, all, size);
  return error == 0 ? SACRED_OK : group_open_say(SACRED_ERR_SYSTEM, "the allgather given returned %d, not 0", error);
}

static int open_with(sacred_group **group, uint32_t rank, uint32_t size, const struct sacred_verbs *verbs,
                     sacred_allgather allgather, void *arg)
{
  struct callers c = {allgather, arg};
  struct opening o = {.rank = rank, .size = size, .fd = -1, .verbs = verbs, .gather = gather_by_caller, .arg = &c};
  if (!allgather)
    return group_open_say(SACRED_ERR_ARGUMENT, "allgather is NULL: give a function, or use sacred_group_open()");
  if (size < 1 || size > CONTROL_RANKS_MAX)
    return group_open_say(SACRED_ERR_ARGUMENT, "size is %u: give 1 to %d ranks", size, CONTROL_RANKS_MAX);
  if (rank >= size)
    return group_open_say(SACRED_ERR_RANK, "rank is %u: give one below the size, %u", rank, size);
  return group_open(&o, group);
}

int sacred_group_open_with(sacred_group **group, uint32_t rank, uint32_t size, sacred_allgather allgather, void *arg,
                           uint64_t deadline)
{
  (void)deadline; /* all waiting here is the caller's allgather's */
  if (!group)
    return group_open_say(SACRED_ERR_ARGUMENT, "group is NULL: give the address of a handle");
  *group = NULL;
  return open_with(group, rank, size, NULL, allgather, arg);
}

int sacred_group_open_verbs(sacred_group **group, uint32_t rank, uint32_t size, const struct sacred_verbs *verbs,
                            sacred_allgather allgather, void *allgather_arg, uint64_t deadline)
{
  (void)deadline;
  if (!group)
    return group_open_say(SACRED_ERR_ARGUMENT, "group is NULL: give the address of a handle");
  *group = NULL;
  if (!verbs)
    return group_open_say(SACRED_ERR_ARGUMENT, "verbs is NULL: say what queue pairs and memory there are, or use "
                                               "sacred_group_open_with()");
  return open_with(group, rank, size, verbs, allgather, allgather_arg);
}

/* Release all but the handles: they answer SACRED_ERR_CLOSED from now on. */
static void release(struct sacred_group *g)
{
  g->w.open = 0;
  trace_close(&g->w);
  if (g->t.verbs)
    verbs_close(g->t.verbs);
  g->t.verbs = NULL;
  g->w.heap = NULL;
  g->t.control = NULL;
  if (!g->t.brought)
    munmap(g->t.heaps, g->w.size * g->t.heap_bytes);
  g->t.heaps = NULL;
  munmap(g->control, control_bytes(g->w.size));
  g->control = g->x.control = NULL;
  board_free(g);
  news_free(g);
  free(g->connecting.peers);
  g->connecting.peers = NULL;
  for (uint32_t i = 0; i < g->w.size; i++)
    if (g->t.peers[i].pidfd >= 0)
      close(g->t.peers[i].pidfd);
  if (g->fd >= 0)
    close(g->fd);
}

/*
 * Over several hosts: that I come is told behind all that I posted, and so placed
 * behind it. Who has heard that from all, and whose own word is placed everywhere,
 * is needed by nobody, and nobody writes to it any more.
 */
static int close_on_boards(struct sacred_group *g, uint64_t deadline)
{
  board_tell_all(g, BOARD_CLOSE);
  int status = group_await(g, OBJECT_CLOSE, deadline);
  parts_close(g, deadline);
  control_leave(g->control, g->w.rank);
  if (status != SACRED_OK) {
    board_tell_all(g, BOARD_CLOSE);
    board_settle(g, sacred_in(FAREWELL_NS));
  } else {
    board_linger(g, deadline);
  }
  return status;
}

int sacred_group_close(sacred_group *group, uint64_t deadline)
{
  if (!group)
    return SACRED_OK;
  if (!group->w.open)
    return SACRED_ERR_CLOSED;
  group_split_drop(group);
  /* Nothing of mine lands anywhere once I have said that I close. */
  if (group->t.late)
    shm_late_close(group->t.late, deadline);
  group->t.late = NULL;
  if (group->t.verbs)
    verbs_drain(&group->w, deadline);
  control_close(group->control, group->w.rank);
  int status = group->board ? close_on_boards(group, deadline) : group_await(group, OBJECT_CLOSE, deadline);
  control_leave(group->control, group->w.rank);
  release(group);
  return status;
}

void group_look(struct sacred_group *g)
{
  uint64_t now = sacred_now();
  wire_peers_look(&g->w);
  if (g->t.verbs)
    verbs_watch(&g->w, now);
  if (g->t.look)
    g->t.look(&g->w, now);
}

uint32_t sacred_rank(const sacred_group *group)
{
  return group->w.rank;
}

uint32_t sacred_size(const sacred_group *group)
{
  return group->w.size;
}

int sacred_set_wait_policy(sacred_group *group, const struct sacred_wait_policy *policy)
{
  if (!group || !policy)
    return SACRED_ERR_ARGUMENT;
  if (!group->w.open)
    return SACRED_ERR_CLOSED;
  if (policy->sleep_ns > WIRE_SLEEP_MAX)
    return wire_say(&group->w, SACRED_ERR_RANGE, "a sleep of %u ns: give at most %u", policy->sleep_ns,
                    (unsigned)WIRE_SLEEP_MAX);
  group->t.policy = *policy;
  return SACRED_OK;
}

int sacred_get_wait_policy(const sacred_group *group, struct sacred_wait_policy *policy)
{
  if (!group || !policy)
    return SACRED_ERR_ARGUMENT;
  *policy = group->t.policy;
  return SACRED_OK;
}

int sacred_group_dead(sacred_group *group, uint32_t *ranks, uint32_t room, uint32_t *n)
{
  if (!group || !n || (!ranks && room > 0))
    return SACRED_ERR_ARGUMENT;
  *n = 0;
  if (!group->w.open)
    return SACRED_ERR_CLOSED;
  group_look(group);
  for (uint32_t i = 0; i < group->w.size; i++)
    if (wire_peer_gone(&group->w, i)) {
      if (*n < room)
        ranks[*n] = i;
      ++*n;
    }
  return SACRED_OK;
}
