/* The opening under a launcher: `sacred run` leaves a control area where the ranks can meet. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "group.h"
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The job's control area: one a process, used by every open in turn; and the open that has timed out. */
static struct gathering job;
static struct opening opening;
static pthread_mutex_t job_lock = PTHREAD_MUTEX_INITIALIZER;
static int job_failed;

/* A rank that has not come and that the launcher has seen end will not come. */
static int check_launched(struct gathering *g)
{
  for (uint32_t i = 0; i < g->x.size; i++)
    if (control_gone(g->x.control, i) && exchange_lacks(&g->x, i))
      return group_open_say(SACRED_ERR_DEAD, "rank %u ended before it opened the group: see what it printed", i);
  return SACRED_OK;
}

static int number(const char *name, uint64_t least, uint64_t most, uint64_t *value)
{
  if (!group_environment_has(name))
    return group_open_say(SACRED_ERR_ENVIRONMENT, "%s is not set: start the program with: sacred run -n 4 program",
                          name);
  return group_environment_number(name, least, most, 0, value);
}

/*
 * Be this rank, which one process is at a time; go on where an earlier program of
 * it, as in a script that runs two, has stopped: an open is two exchanges.
 */
static int claim(struct exchange *x)
{
  uint32_t owner = control_claim(x->control, x->rank, (uint32_t)getpid());
  if (owner != (uint32_t)getpid())
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "rank %u is process %u already: start one process a rank, by sacred run -n %u", x->rank,
                          owner, x->size + 1);
  x->said = control_said(x->control, x->rank);
  if (x->said % 2 != 0)
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "an earlier program of rank %u ended while it opened the group: restart the job", x->rank);
  return SACRED_OK;
}

/* Map what SACRED_FD names. */
static int meet(void)
{
  uint64_t rank, size, fd;
  struct control head;
  int status = number("SACRED_SIZE", 1, CONTROL_RANKS_MAX, &size);
  if (status == SACRED_OK)
    status = number("SACRED_RANK", 0, size - 1, &rank);
  if (status == SACRED_OK)
    status = number("SACRED_FD", 0, 1 << 20, &fd);
  if (status != SACRED_OK)
    return status;
  if (pread((int)fd, &head, offsetof(struct control, rank), 0) != (ssize_t)offsetof(struct control, rank) ||
      head.magic != CONTROL_MAGIC || head.size != size)
    return group_open_say(
        SACRED_ERR_ENVIRONMENT,
        "SACRED_FD=%d is not the launcher's file for %u ranks: start every rank directly under sacred run", (int)fd,
        (unsigned)size);
  void *p = mmap(NULL, control_bytes((uint32_t)size), PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
  if (p == MAP_FAILED)
    return group_open_say(SACRED_ERR_MEMORY, "cannot map the launcher's file: %s", strerror(errno));
  job.x = (struct exchange){.control = p, .rank = (uint32_t)rank, .size = (uint32_t)size};
  job.check = check_launched;
  status = claim(&job.x);
  if (status != SACRED_OK) {
    munmap(p, control_bytes((uint32_t)size));
    job.x.control = NULL;
  }
  return status;
}

/* A process that was forked from this one has the memory of its claim, and not the rank. */
static int claim_stays(void)
{
  uint32_t owner = control_owner(job.x.control, job.x.rank);
  return owner == (uint32_t)getpid() ? SACRED_OK
                                     : group_open_say(SACRED_ERR_ENVIRONMENT,
                                                      "rank %u is process %u: open the group there, or start one more "
                                                      "rank by sacred run -n %u",
                                                      job.x.rank, owner, job.x.size + 1);
}

int sacred_group_open(sacred_group **group, uint64_t deadline)
{
  if (!group)
    return group_open_say(SACRED_ERR_ARGUMENT, "group is NULL: give the address of a handle");
  *group = NULL;
  pthread_mutex_lock(&job_lock);
  int status = job.x.control ? SACRED_OK : meet();
  if (status == SACRED_OK)
    status = claim_stays();
  if (status == SACRED_OK && job_failed)
    status = group_open_say(SACRED_ERR_ENVIRONMENT, "an earlier open of this job failed: restart the job");
  if (status == SACRED_OK) {
    if (!opening.half)
      opening =
          (struct opening){.rank = job.x.rank, .size = job.x.size, .fd = -1, .gather = gathering_run, .arg = &job};
    job.deadline = deadline;
    status = group_open(&opening, group);
    job_failed = status == SACRED_ERR_DEAD;
  }
  pthread_mutex_unlock(&job_lock);
  return status;
}
