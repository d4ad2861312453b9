/* Gather over a control area, before there is a group. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "group.h"
#include <sched.h>
#include <time.h>

enum { YIELDS = 200, NAPS = 64, DOUBLINGS = 7, LOOKS_PER_CHECK = 8 };

void group_doze(uint64_t looks)
{
  /* 50 us, twice as long after each NAPS of them: a thousand ranks that wait for the last are not to hold it up. */
  uint64_t doublings = looks / NAPS < DOUBLINGS ? looks / NAPS : DOUBLINGS;
  struct timespec nap = {0, 50000L << doublings};
  if (looks < YIELDS)
    sched_yield();
  else
    nanosleep(&nap, NULL);
}

static int lacks(const void *exchange, uint32_t i)
{
  return exchange_lacks(exchange, i);
}

int gathering_run(void *gathering, const void *mine, void *all, size_t size)
{
  struct gathering *g = gathering;
  char who[GROUP_LIST];
  if (!g->given)
    exchange_give(&g->x, mine, size);
  g->given = 1;
  for (uint64_t looks = 0; !exchange_over(&g->x); looks++) {
    int status = looks % LOOKS_PER_CHECK == 0 ? g->check(g) : SACRED_OK;
    if (status != SACRED_OK)
      return status;
    if (g->deadline != SACRED_FOREVER && sacred_now() >= g->deadline && !exchange_over(&g->x))
      return group_open_say(SACRED_TIMEOUT, "timed out: %s of %u did not come in time to open the group: call again",
                            group_rank_list(who, g->x.size, lacks, &g->x), g->x.size);
    group_doze(looks);
  }
  for (uint32_t i = 0; i < g->x.size; i++)
    exchange_take(&g->x, i, (unsigned char *)all + i * size, size);
  g->given = 0;
  return SACRED_OK;
}
