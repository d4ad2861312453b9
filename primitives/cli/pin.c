/* Ranks that keep to a processor of their own. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "run.h"
#include <sched.h>

void pin_rank(uint32_t rank)
{
  cpu_set_t all, one;
  if (sched_getaffinity(0, sizeof all, &all) != 0)
    return;
  int which = (int)(rank % (uint32_t)CPU_COUNT(&all));
  for (int k = 0; k < CPU_SETSIZE; k++)
    if (CPU_ISSET(k, &all) && which-- == 0) {
      CPU_ZERO(&one);
      CPU_SET(k, &one);
      sched_setaffinity(0, sizeof one, &one);
    }
}
