/* The flag: one word per ordered pair of ranks, inline, counting up. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "flag.h"

int sacred_flag_raise(struct sacred_flag *f, uint32_t peer, uint64_t epoch)
{
  if (!f->w->open)
    return wire_refuse(f->w, SACRED_ERR_CLOSED, WIRE_CLOSED, 0, 0);
  if (peer >= f->w->size)
    return wire_refuse(f->w, SACRED_ERR_RANK, WIRE_NO_RANK, peer, f->w->size);
  if (epoch < f->raised[peer])
    return wire_refuse(f->w, SACRED_ERR_RANGE, WIRE_BACKWARD, epoch, f->raised[peer]);
  if (epoch == f->raised[peer])
    return SACRED_OK;
  if (peer != f->w->rank && wire_signal(f->w, peer, &f->rows, 0, epoch) != SACRED_OK)
    return wire_health(f->w);
  f->raised[peer] = epoch;
  return SACRED_OK;
}

int sacred_flag_test(struct sacred_flag *f, uint32_t peer, uint64_t epoch)
{
  if (!f->w->open)
    return wire_refuse(f->w, SACRED_ERR_CLOSED, WIRE_CLOSED, 0, 0);
  if (peer >= f->w->size)
    return wire_refuse(f->w, SACRED_ERR_RANK, WIRE_NO_RANK, peer, f->w->size);
  if (peer == f->w->rank)
    return f->raised[peer] >= epoch ? SACRED_OK : wire_health(f->w);
  return wire_reached(f->w, &f->rows, 0, peer, epoch) ? SACRED_OK : wire_health(f->w);
}

int sacred_flag_wait(struct sacred_flag *f, uint32_t peer, uint64_t epoch, uint64_t deadline)
{
  struct wire_wait wait = {0, deadline};
  int late = deadline == 0;
  /*@ loop invariant Inv && FlagValid(f) && Rely{Pre,Here};
      loop assigns W, late, wait.looks; */
  for (;;) {
    int status = sacred_flag_test(f, peer, epoch);
    if (status != SACRED_AGAIN)
      return status;
    if (late)
      return SACRED_TIMEOUT;
    late = wire_relax(f->w, &wait);
  }
}
