/* What a user relies on of a dissemination barrier, for any number of ranks and any schedule. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/dissemination.h"

/* clang-format off */
#define WAIT requires valid: Inv && DisseminationValid(b); exits \false; \
  assigns W, b->epoch, b->told, b->heard, b->phase, b->fence.next, b->fence.phase, b->fence.to[0 .. N - 1];
/* clang-format on */

/* Nobody leaves an epoch before everybody has entered it. */
/*@ WAIT ensures early: \result == SACRED_OK ==> \forall integer j; Node(j) ==> b->epoch <= said(O,j); */
int dissemination_nobody_early(struct dissemination *b, uint64_t deadline)
{
  return dissemination_wait(b, deadline);
}

/* Nobody is more than one epoch ahead. */
/*@ WAIT ensures ahead: \result == SACRED_OK ==> \forall integer j; Node(j) ==> said(O,j) <= b->epoch + 1; */
int dissemination_one_ahead(struct dissemination *b, uint64_t deadline)
{
  return dissemination_wait(b, deadline);
}

/* Inbound and full: what anybody had posted to anybody, but signals of this barrier, is placed, and what it had stored is out of its store buffer. */
/*@ WAIT ensures full: \result == SACRED_OK && FULL != 0 ==> \forall integer j, i; Pair(j,i) ==>
      PlacedForeign(j,i,nput(j,i,when(O,j,b->epoch))) && when(O,j,b->epoch) <= out(j); */
int dissemination_full(struct dissemination *b, uint64_t deadline)
{
  return dissemination_wait(b, deadline);
}

/* A timeout loses nothing: the next call goes on with the same epoch. */
/*@ WAIT ensures same: \result == SACRED_OK ==> b->epoch == \old(b->epoch) + (\old(b->phase) == DISSEMINATION_IDLE ? 1 : 0);
         ensures all: \result == SACRED_OK ==> \forall integer j; Node(j) ==> b->epoch <= said(O,j); */
int dissemination_resumes(struct dissemination *b, uint64_t soon, uint64_t later)
{
  int status = dissemination_wait(b, soon);
  if (status != SACRED_TIMEOUT)
    return status;
  return dissemination_wait(b, later);
}

/* Traffic of other objects between arriving and leaving disturbs nothing, and what came before arriving counts. */
/*@
  requires  valid: Inv && DisseminationValid(b) && b->phase == DISSEMINATION_IDLE && b->w->open != 0 && b->epoch < UINT64_MAX;
  requires  other: Pair(ME,i) && Inside(to,len);
  exits     \false;
  assigns   W, b->epoch, b->told, b->heard, b->phase, b->fence.next, b->fence.phase, b->fence.to[0 .. N - 1];
  ensures   valid: Inv && DisseminationValid(b);
  ensures   all:   \result == SACRED_OK ==> \forall integer j; Node(j) ==> b->epoch <= said(O,j);
*/
int dissemination_undisturbed(struct dissemination *b, uint32_t i, uint64_t to, uint64_t len, uint64_t deadline)
{
  int status = dissemination_arrive(b);
  if (status != SACRED_OK)
    return status;
  wire_write(b->w, i, to, to, len);
  return dissemination_wait(b, deadline);
}

/*
 * A slot has one writer: so one line serves it at each rank, whoever that writer is.
 *
 * No deadlock: where all that was posted is placed, a rank of which nobody is less
 * far has the signal that it waits for.
 */
/*@
  lemma dissemination_one_writer{L}: \forall integer j, k, i, s; Inv{L} && Pair(j,i) && Pair(k,i) && Slot(s) &&
    1 <= pub(O,Line(s),j,i) && 1 <= pub(O,Line(s),k,i) ==> j == k;
  lemma dissemination_told{L}: \forall integer j, i, s, k; Inv{L} && Pair(j,i) && Slot(s) && 1 <= pub(O,Line(s),j,i) &&
    k == at(O,Line(s),j,i,pub(O,Line(s),j,i)) && k < deliv(j,i) ==> pub(O,Line(s),j,i) <= num(j,i,k) && In(j,i,k,Line(s)) && num(j,i,k) <= cell(O,Line(s),i,j);
  lemma dissemination_progress{L}: \forall integer i, s, v; Inv{L} && Node(i) && Slot(s) && Pair(From(s,i),i) && 1 <= v &&
    (\forall integer j; Node(j) ==> v <= done(O,j,s)) &&
    pub(O,Line(s),From(s,i),i) == done(O,From(s,i),First(s)) && deliv(From(s,i),i) == Post(From(s,i),i) ==> v <= cell(O,Line(s),i,From(s,i));
*/
