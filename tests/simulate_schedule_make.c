/* What must fail: a dissemination barrier of one round too few. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "schedule.h"
#include "simulate.h"
#include <stdlib.h>

uint32_t __real_schedule_make(uint32_t *distance, uint32_t *first, uint32_t room, uint32_t n, uint32_t k);
uint32_t __wrap_schedule_make(uint32_t *distance, uint32_t *first, uint32_t room, uint32_t n, uint32_t k);

uint32_t __wrap_schedule_make(uint32_t *distance, uint32_t *first, uint32_t room, uint32_t n, uint32_t k)
{
  uint32_t slots = __real_schedule_make(NULL, NULL, 0, n, k);
  uint32_t *distances = zeroed(slots + 1, sizeof *distances), *firsts = zeroed(slots + 1, sizeof *firsts);
  __real_schedule_make(distances, firsts, slots + 1, n, k);
  uint32_t fewer = firsts[slots - 1];
  free(distances);
  free(firsts);
  __real_schedule_make(distance, first, room, n, k);
  return fewer;
}
