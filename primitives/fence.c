/* The fence: a get behind the puts of every queue pair, and its completion. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "fence.h"

int sacred_fence_start(struct sacred_fence *f)
{
  if (!f->w->open)
    return SACRED_ERR_CLOSED;
  if (f->phase != FENCE_IDLE)
    return SACRED_ERR_STATE;
  f->next = 0;
  f->phase = FENCE_FLUSH;
  return SACRED_OK;
}

int sacred_fence_test(struct sacred_fence *f)
{
  if (!f->w->open)
    return SACRED_ERR_CLOSED;
  if (f->phase == FENCE_IDLE)
    return SACRED_ERR_STATE;
  if (f->phase == FENCE_FLUSH) {
    while (f->next < f->w->size) {
      if (f->next != f->w->rank) {
        if (wire_flush(f->w, f->next) != SACRED_OK)
          return wire_health(f->w);
        f->ticket[f->next] = wire_posted(f->w, f->next);
      }
      f->next++;
    }
    f->next = 0;
    f->phase = FENCE_LAND;
  }
  while (f->next < f->w->size) {
    if (f->next != f->w->rank && wire_completed(f->w, f->next) < f->ticket[f->next])
      return wire_health(f->w);
    f->next++;
  }
  f->phase = FENCE_IDLE;
  return SACRED_OK;
}

int sacred_fence_wait(struct sacred_fence *f, uint64_t deadline)
{
  struct wire_wait wait = {0, deadline};
  int late = deadline == 0;
  if (f->w->open && f->phase == FENCE_IDLE)
    sacred_fence_start(f);
  for (;;) {
    int status = sacred_fence_test(f);
    if (status != SACRED_AGAIN)
      return status;
    if (late)
      return SACRED_TIMEOUT;
    late = wire_relax(f->w, &wait);
  }
}

uint32_t sacred_fence_missing(const struct sacred_fence *f, uint32_t *ranks)
{
  uint32_t n = 0;
  if (!f->w->open || f->phase == FENCE_IDLE)
    return 0;
  for (uint32_t i = 0; i < f->w->size; i++)
    if (i != f->w->rank &&
        ((f->phase == FENCE_FLUSH && i >= f->next) || wire_completed(f->w, i) < f->ticket[i]))
      ranks[n++] = i;
  return n;
}
