/* What a user relies on of a barrier. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/barrier.h"

/* clang-format off */
#define WAIT requires valid: Inv && BarrierValid(b); exits \false; \
  assigns W, b->epoch, b->next, b->phase, b->fence.next, b->fence.phase, b->fence.to[0 .. N - 1];
/* clang-format on */

/* Nobody leaves an epoch before everybody has entered it. */
/*@ WAIT ensures early: \result == SACRED_OK ==> \forall integer j; Node(j) ==> b->epoch <= said(O,j); */
int barrier_nobody_early(struct barrier *b, uint64_t deadline)
{
  return barrier_wait(b, deadline);
}

/* Nobody is more than one epoch ahead. */
/*@ WAIT ensures ahead: \result == SACRED_OK ==> \forall integer j; Node(j) ==> said(O,j) <= b->epoch + 1; */
int barrier_one_ahead(struct barrier *b, uint64_t deadline)
{
  return barrier_wait(b, deadline);
}

/* What anybody had posted to me when it entered is placed. */
/*@ WAIT ensures inbound: \result == SACRED_OK ==> \forall integer j; Pair(j,ME) ==> Placed(j,ME,nput(j,ME,when(O,j,b->epoch))); */
int barrier_inbound(struct barrier *b, uint64_t deadline)
{
  return barrier_wait(b, deadline);
}

/* Full: what anybody had posted to anybody, but signals of this barrier, is placed, and what it had stored is out of its store buffer. */
/*@ WAIT ensures full: \result == SACRED_OK && FULL != 0 ==> \forall integer j, i; Pair(j,i) ==>
      PlacedForeign(j,i,nput(j,i,when(O,j,b->epoch))) && when(O,j,b->epoch) <= out(j); */
int barrier_full(struct barrier *b, uint64_t deadline)
{
  return barrier_wait(b, deadline);
}

/* A timeout loses nothing: the next call goes on with the same epoch. */
/*@ WAIT ensures same: \result == SACRED_OK ==> b->epoch == \old(b->epoch) + (\old(b->phase) == BARRIER_IDLE ? 1 : 0);
         ensures all: \result == SACRED_OK ==> \forall integer j; Node(j) ==> b->epoch <= said(O,j); */
int barrier_resumes(struct barrier *b, uint64_t soon, uint64_t later)
{
  int status = barrier_wait(b, soon);
  if (status != SACRED_TIMEOUT)
    return status;
  return barrier_wait(b, later);
}

/* Traffic of other objects between arriving and leaving disturbs nothing, and what came before arriving counts. */
/*@
  requires  valid: Inv && BarrierValid(b) && b->phase == BARRIER_IDLE && b->w->open != 0 && b->epoch < UINT64_MAX;
  requires  other: Pair(ME,i) && Inside(to,len);
  exits     \false;
  assigns   W, b->epoch, b->next, b->phase, b->fence.next, b->fence.phase, b->fence.to[0 .. N - 1];
  ensures   valid: Inv && BarrierValid(b);
  ensures   all:   \result == SACRED_OK ==> \forall integer j; Node(j) ==> b->epoch <= said(O,j);
*/
int barrier_undisturbed(struct barrier *b, uint32_t i, uint64_t to, uint64_t len, uint64_t deadline)
{
  int status = barrier_arrive(b);
  if (status != SACRED_OK)
    return status;
  wire_write(b->w, i, to, to, len);
  return barrier_wait(b, deadline);
}

/* No deadlock: where all that was posted is placed, a rank that is not ahead of me has my signal. */
/*@
  lemma barrier_told{L}: \forall integer j, i, k; Inv{L} && Pair(j,i) && 1 <= pub(O,0,j,i) && k == at(O,0,j,i,pub(O,0,j,i))
    && k < deliv(j,i) ==> pub(O,0,j,i) <= num(j,i,k) && In(j,i,k,0) && num(j,i,k) <= cell(O,0,i,j);
  lemma barrier_progress{L}: \forall integer j, i; Inv{L} && Pair(j,i) && pub(O,0,j,i) == said(O,j) && deliv(j,i) == Post(j,i)
    && said(O,i) <= said(O,j) && 1 <= said(O,i) ==> at(O,0,j,i,pub(O,0,j,i)) < deliv(j,i) && said(O,i) <= cell(O,0,i,j);
*/
