/* The meeting under a launcher: `sacred run` leaves a control area where the ranks can gather. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "bootstrap.h"
#include "group.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The launcher's control area, where every open gathers in turn. */
struct launched {
  struct bootstrap b;
  struct gathering job;
};

/* A rank that has not come and that the launcher has seen end will not come. */
static int check_launched(struct gathering *g)
{
  for (uint32_t i = 0; i < g->x.size; i++)
    if (control_gone(g->x.control, i) && exchange_lacks(&g->x, i))
      return group_open_say(SACRED_ERR_DEAD, "rank %u ended before it opened the group: see what it printed", i);
  return SACRED_OK;
}

/*
 * Be this rank, which one process is at a time; go on where an earlier program of
 * it, as in a script that runs two, has stopped, unless that was in the middle of an
 * open: the others may be on their way through it.
 */
static int claim(struct exchange *x)
{
  uint32_t owner = control_claim(x->control, x->rank, (uint32_t)getpid());
  if (owner != (uint32_t)getpid())
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "rank %u is process %u already: start one process a rank, by sacred run -n %u", x->rank,
                          owner, x->size + 1);
  x->said = control_said(x->control, x->rank);
  if (x->said != x->control->rank[x->rank].whole)
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "an earlier program of rank %u ended while it opened the group: restart the job", x->rank);
  return SACRED_OK;
}

/* Map what SACRED_FD names. */
static int meet(struct launched *l)
{
  uint32_t rank, size;
  uint64_t fd;
  struct control head;
  int status = bootstrap_place(&rank, &size);
  if (status == SACRED_OK)
    status = group_environment_number("SACRED_FD", 0, 1 << 20, 0, &fd);
  if (status != SACRED_OK)
    return status;
  if (pread((int)fd, &head, offsetof(struct control, rank), 0) != (ssize_t)offsetof(struct control, rank) ||
      head.magic != CONTROL_MAGIC || head.size != size)
    return group_open_say(
        SACRED_ERR_ENVIRONMENT,
        "SACRED_FD=%d is not the launcher's file for %u ranks: start every rank directly under sacred run", (int)fd,
        size);
  void *p = mmap(NULL, control_bytes(size), PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
  if (p == MAP_FAILED)
    return group_open_say(SACRED_ERR_MEMORY, "cannot map the launcher's file: %s", strerror(errno));
  l->job.x = (struct exchange){.control = p, .rank = rank, .size = size};
  l->job.check = check_launched;
  l->b.rank = rank;
  l->b.size = size;
  status = claim(&l->job.x);
  if (status != SACRED_OK)
    munmap(p, control_bytes(size));
  return status;
}

/* A process that was forked from this one has the memory of its claim, and not the rank. */
static int claim_stays(const struct bootstrap *b)
{
  const struct exchange *x = &((const struct launched *)b)->job.x;
  uint32_t owner = control_owner(x->control, x->rank);
  return owner == (uint32_t)getpid() ? SACRED_OK
                                     : group_open_say(SACRED_ERR_ENVIRONMENT,
                                                      "rank %u is process %u: open the group there, or start one more "
                                                      "rank by sacred run -n %u",
                                                      x->rank, owner, x->size + 1);
}

/* Mine alone: who reads it is a later program of this rank. */
static void note_whole(struct bootstrap *b)
{
  const struct exchange *x = &((struct launched *)b)->job.x;
  x->control->rank[x->rank].whole = x->said;
}

static int gather(void *bootstrap, const void *mine, void *all, size_t size)
{
  struct launched *l = bootstrap;
  l->job.deadline = l->b.deadline;
  return gathering_run(&l->job, mine, all, size);
}

int launched_begin(struct bootstrap **b)
{
  struct launched *l = calloc(1, sizeof *l);
  if (!l)
    return group_open_say(SACRED_ERR_MEMORY, "no memory for a job");
  l->b.gather = gather;
  l->b.stays = claim_stays;
  l->b.whole = note_whole;
  int status = meet(l);
  if (status != SACRED_OK) {
    free(l);
    return status;
  }
  *b = &l->b;
  return SACRED_OK;
}
