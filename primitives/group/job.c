/* The group of a whole job: which bootstrap its ranks have, and the opening over it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "bootstrap.h"
#include "group.h"
#include <pthread.h>
#include <unistd.h>

/* One a process, used by every open in turn; and the open that has timed out. */
static struct bootstrap *job;
static struct opening opening;
static pthread_mutex_t job_lock = PTHREAD_MUTEX_INITIALIZER;
static int job_failed;

static int number(const char *name, uint64_t least, uint64_t most, uint64_t *value)
{
  *value = 0;
  if (!group_environment_has(name))
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "%s is not set: start the program with: sacred run -n 4 program, or "
                          "set SACRED_ROOT, SACRED_RANK and SACRED_SIZE for each rank",
                          name);
  return group_environment_number(name, least, most, 0, value);
}

int bootstrap_place(uint32_t *rank, uint32_t *size)
{
  uint64_t n, r = 0;
  int status = number("SACRED_SIZE", 1, CONTROL_RANKS_MAX, &n);
  if (status == SACRED_OK)
    status = number("SACRED_RANK", 0, n - 1, &r);
  *rank = (uint32_t)r;
  *size = (uint32_t)n;
  return status;
}

int bootstrap_is_there(void)
{
  return group_environment_has("SACRED_FD") || group_environment_has("SACRED_ROOT") ||
         group_environment_has("PMIX_NAMESPACE");
}

/* What a user has set by hand goes before what a launcher has, and ours before another's. */
int bootstrap_find(struct bootstrap **b)
{
  if (group_environment_has("SACRED_FD"))
    return launched_begin(b);
  if (group_environment_has("SACRED_ROOT"))
    return rendezvous_begin(b);
  if (group_environment_has("PMIX_NAMESPACE"))
    return pmix_begin(b);
  return group_open_say(SACRED_ERR_ENVIRONMENT,
                        "no launcher has started this program: start it with sacred run -n 4 program, with mpirun or "
                        "srun --mpi=pmix, or set SACRED_ROOT=host:port, SACRED_RANK and SACRED_SIZE for each rank");
}

/* A process that was forked from this one has a copy of its connections, and not the rank. */
static int stays(const struct bootstrap *b)
{
  if (b->stays)
    return b->stays(b);
  return b->pid == getpid() ? SACRED_OK
                            : group_open_say(SACRED_ERR_ENVIRONMENT,
                                             "rank %u is process %d: open the group there, or start one more rank",
                                             b->rank, (int)b->pid);
}

static int open_job(struct sacred_group **group, uint64_t deadline)
{
  int status = job ? SACRED_OK : bootstrap_find(&job);
  if (status == SACRED_OK)
    status = stays(job);
  if (status == SACRED_OK && job_failed)
    status = group_open_say(SACRED_ERR_ENVIRONMENT, "an earlier open of this job failed: restart the job");
  if (status != SACRED_OK)
    return status;
  if (!opening.half)
    opening = (struct opening){
        .rank = job->rank, .size = job->size, .fd = -1, .of_job = 1, .gather = job->gather, .arg = job};
  job->deadline = deadline;
  status = group_open(&opening, group);
  if (opening.over && job->whole)
    job->whole(job);
  job_failed = status == SACRED_ERR_DEAD || status == SACRED_ERR_UNREACHABLE;
  return status;
}

int bootstrap_lost(uint32_t i)
{
  if (pthread_mutex_trylock(&job_lock) != 0) /* somebody opens a group: another time */
    return 0;
  int lost = job && job->lost && job->pid == getpid() && job->lost(job, i);
  pthread_mutex_unlock(&job_lock);
  return lost;
}

int sacred_group_open(sacred_group **group, uint64_t deadline)
{
  if (!group)
    return group_open_say(SACRED_ERR_ARGUMENT, "group is NULL: give the address of a handle");
  *group = NULL;
  pthread_mutex_lock(&job_lock);
  int status = open_job(group, deadline);
  pthread_mutex_unlock(&job_lock);
  return status;
}
