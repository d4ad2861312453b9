/* What a user relies on of a fence. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/fence.h"

/* On return nothing of mine is in flight: all that I had posted is placed, and stays placed. */
/*@
  requires  valid: Inv && FenceValid(f) && f->epoch == said(O,ME) && f->phase == FENCE_IDLE;
  exits     \false;
  assigns   W, f->epoch, f->next, f->phase, f->to[0 .. N - 1];
  ensures   placed: \result == SACRED_OK ==> \forall integer i; Pair(ME,i) ==> Placed(ME,i,Post{Pre}(ME,i));
*/
int fence_places(struct sacred_fence *f, uint64_t deadline)
{
  return sacred_fence_wait(f, deadline);
}

/* So a third rank that learns of it by whatever I post afterwards sees it. */
/*@
  requires  valid: Inv && FenceValid(f) && f->epoch == said(O,ME) && f->phase == FENCE_IDLE;
  requires  third: Pair(ME,third) && Inside(to,8);
  exits     \false;
  assigns   W, f->epoch, f->next, f->phase, f->to[0 .. N - 1];
  ensures   seen:  \result == SACRED_OK ==> \forall integer i; Pair(ME,i) ==> Placed(ME,i,Post{Pre}(ME,i));
*/
int fence_then_tell(struct sacred_fence *f, uint32_t third, uint64_t to, uint64_t word, uint64_t deadline)
{
  int status = sacred_fence_wait(f, deadline);
  if (status != SACRED_OK)
    return status;
  return wire_write_word(f->w, third, to, word);
}
