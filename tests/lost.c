/* For the rendezvous' tests: after a gathering one rank dies, and the others are to hear of it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../primitives/group/bootstrap.h"
#include <sacred/sacred.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
  static struct bootstrap *job; /* kept to the end, as by a library */
  uint32_t all[64], dead = (uint32_t)atoi(argv[argc - 1]), others = 0;
  if (rendezvous_begin(&job) != SACRED_OK || job->size > 64)
    return 1;
  job->deadline = sacred_in(30000000000u);
  int status = job->gather(job, &job->rank, all, sizeof job->rank);
  if (status == SACRED_OK)
    status = job->gather(job, NULL, NULL, 0); /* a barrier */
  for (uint32_t i = 0; status == SACRED_OK && i < job->size; i++)
    if (all[i] != i || job->lost(job, i))
      return 2;
  if (status != SACRED_OK) {
    printf("%s\n", sacred_open_error());
    return 3;
  }
  usleep(300000); /* all have looked once, and found nobody lost */
  if (job->rank == dead)
    raise(SIGKILL);
  while (!job->lost(job, dead) && sacred_now() < job->deadline)
    usleep(1000);
  for (uint32_t i = 0; i < job->size; i++)
    others += i != dead && job->lost(job, i);
  printf("rank %u: rank %u is %s, and %s else\n", job->rank, dead, job->lost(job, dead) ? "lost" : "there",
         others ? "somebody" : "nobody");
  fflush(stdout);
  usleep(1500000); /* so that nobody else is lost before all have said so */
  return 0;
}
