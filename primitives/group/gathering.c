/* Gather over a control area, before there is a group. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "group.h"
#include <sched.h>
#include <time.h>

enum { YIELDS = 200 };

void group_doze(uint64_t looks)
{
  struct timespec nap = {0, looks < 1000 ? 50000 : 500000};
  if (looks < YIELDS)
    sched_yield();
  else
    nanosleep(&nap, NULL);
}

int gathering_run(void *gathering, const void *mine, void *all, size_t size)
{
  struct gathering *g = gathering;
  exchange_give(&g->x, mine, size);
  for (uint64_t looks = 0; !exchange_over(&g->x); looks++) {
    int status = g->check(g);
    if (status != SACRED_OK)
      return status;
    if (g->deadline != SACRED_FOREVER && sacred_now() >= g->deadline && !exchange_over(&g->x))
      return group_open_say(SACRED_TIMEOUT, "timed out: rank %u of %u has not come to open the group", g->x.next,
                            g->x.size);
    group_doze(looks);
  }
  for (uint32_t i = 0; i < g->x.size; i++)
    exchange_take(&g->x, i, (unsigned char *)all + i * size, size);
  return SACRED_OK;
}
