/* What a user relies on of a barrier of hosts, for any number of ranks on any number of hosts. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/local.h"

/* clang-format off */
#define WAIT requires valid: Inv && LocalValid(b); exits \false; \
  assigns W, b->epoch, b->phase, b->inner.met, b->inner.meeting, b->inner.crossed, b->inner.crossing, b->inner.next, \
          b->fence.next, b->fence.phase, b->fence.to[0 .. N - 1];
/* clang-format on */

/* Nobody leaves an epoch before everybody has entered it. */
/*@ WAIT ensures early: \result == SACRED_OK ==> \forall integer j; Node(j) ==> b->epoch <= said(O,j); */
int local_nobody_early(struct local *b, uint64_t deadline)
{
  return local_wait(b, deadline);
}

/* Nobody is more than one epoch ahead. */
/*@ WAIT ensures ahead: \result == SACRED_OK ==> \forall integer j; Node(j) ==> said(O,j) <= b->epoch + 1; */
int local_one_ahead(struct local *b, uint64_t deadline)
{
  return local_wait(b, deadline);
}

/* Inbound and full: what anybody had posted to anybody, but signals of this barrier, is placed, and what it had stored is out of its store buffer. */
/*@ WAIT ensures full: \result == SACRED_OK && FULL != 0 ==> \forall integer j, i; Pair(j,i) ==>
      PlacedForeign(j,i,nput(j,i,when(O,j,b->epoch))) && when(O,j,b->epoch) <= out(j); */
int local_full(struct local *b, uint64_t deadline)
{
  return local_wait(b, deadline);
}

/* A timeout loses nothing: the next call goes on with the same epoch. */
/*@ WAIT ensures same: \result == SACRED_OK ==> b->epoch == \old(b->epoch) + (\old(b->phase) == LOCAL_IDLE ? 1 : 0);
         ensures all: \result == SACRED_OK ==> \forall integer j; Node(j) ==> b->epoch <= said(O,j); */
int local_resumes(struct local *b, uint64_t soon, uint64_t later)
{
  int status = local_wait(b, soon);
  if (status != SACRED_TIMEOUT)
    return status;
  return local_wait(b, later);
}

/* Traffic of other objects between arriving and leaving disturbs nothing, and what came before arriving counts. */
/*@
  requires  valid: Inv && LocalValid(b) && b->phase == LOCAL_IDLE && b->w->open != 0 && b->epoch < UINT64_MAX;
  requires  other: Pair(ME,i) && Inside(to,len);
  exits     \false;
  assigns   W, b->epoch, b->phase, b->inner.met, b->inner.meeting, b->inner.crossed, b->inner.crossing, b->inner.next,
            b->fence.next, b->fence.phase, b->fence.to[0 .. N - 1];
  ensures   valid: Inv && LocalValid(b);
  ensures   all:   \result == SACRED_OK ==> \forall integer j; Node(j) ==> b->epoch <= said(O,j);
*/
int local_undisturbed(struct local *b, uint32_t i, uint64_t to, uint64_t len, uint64_t deadline)
{
  int status = local_arrive(b);
  if (status != SACRED_OK)
    return status;
  wire_write(b->w, i, to, to, len);
  return local_wait(b, deadline);
}

/*
 * Who has left knows of all, by way of its host's first rank and of each other one: in one state, whatever the others
 * do. And there is no deadlock: where all have come, of the three parts the first that is not over waits for nobody
 * outside of it (that each of them comes to an end is barrier_progress, and dissemination_progress).
 */
/*@
  lemma local_chain{L}: \forall integer j, i; Inv{L} && Node(j) && Node(i) ==> Lead(First(j)) && Lead(First(i)) &&
    done(O,j,3) <= done(O,First(j),2) <= done(O,First(i),1) <= done(O,i,0) <= said(O,i);
  lemma local_progress{L}: \forall integer v; Inv{L} && 1 <= v && (\forall integer j; Node(j) ==> said(O,j) == v && done(O,j,0) == v) ==>
    (\forall integer j; Node(j) && done(O,j,1) < v ==> MayConclude(j,1,v)) &&
    ((\forall integer j; Lead(j) ==> done(O,j,1) == v) ==> \forall integer j; Lead(j) && done(O,j,2) < v ==> MayConclude(j,2,v)) &&
    (\forall integer j; Node(j) && done(O,j,1) == v && done(O,First(j),2) == v && done(O,j,3) < v ==> MayConclude(j,3,v));
*/
