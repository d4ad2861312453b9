/* For a PMIx launcher: lists of ranks that gather, each as often as it likes, and never an older value. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../primitives/group/pmix.h"
#include <sacred/sacred.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANKS_MAX = 64 };

static void die(const char *what)
{
  fprintf(stderr, "lists: %s: %s\n", what, sacred_open_error());
  exit(1);
}

/* Gather once among these ranks: each gives its own rank, the list's first, and how often. */
static void gather(struct pmix_members *m, const uint32_t *ranks, uint32_t n, uint32_t me, uint32_t times)
{
  uint32_t mine[3] = {me, ranks[0], times}, all[RANKS_MAX][3];
  memset(all, 0, sizeof all);
  if (pmix_gather(m, mine, all, sizeof mine, sacred_in(20000000000u)) != SACRED_OK)
    die("a gathering");
  for (uint32_t k = 0; k < n; k++)
    if (all[k][0] != ranks[k] || all[k][1] != ranks[0] || all[k][2] != times) {
      fprintf(stderr, "lists: rank %u, gathering %u: rank %u gave %u %u %u\n", me, times, ranks[k], all[k][0],
              all[k][1], all[k][2]);
      exit(1);
    }
}

int main(void)
{
  struct bootstrap *job;
  if (pmix_begin(&job) != SACRED_OK)
    die("the job");
  uint32_t half[2][RANKS_MAX], n[2] = {0, 0}, all[RANKS_MAX];
  for (uint32_t i = 0; i < job->size; i++) {
    half[i % 2][n[i % 2]++] = i;
    all[i] = i;
  }
  uint32_t mine = job->rank % 2;
  struct pmix_members *some = pmix_members(job, half[mine], n[mine]), *whole = pmix_members(job, all, job->size);
  if (!some || !whole)
    die("a list");
  /* the odd ranks gather more often than the even ones, in between all do */
  for (uint32_t k = 1; k <= 10; k++) {
    for (uint32_t l = 0; l < 1 + 2 * mine; l++)
      gather(some, half[mine], n[mine], job->rank, (k - 1) * (1 + 2 * mine) + l);
    gather(whole, all, job->size, job->rank, k);
  }
  printf("rank %u of %u: lists are well\n", job->rank, job->size);
  return 0;
}
