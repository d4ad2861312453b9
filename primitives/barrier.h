/* The all-to-all barrier: I tell everybody my epoch, and hear of everybody's. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BARRIER_H
#define BARRIER_H
#include "fence.h"
#include <sacred/barrier.h>

enum barrier_phase { BARRIER_IDLE, BARRIER_FLUSH, BARRIER_TELL, BARRIER_HEAR };

struct barrier {
  struct wire *w;
  struct rows rows;          /* a row is one word: the epoch its rank has entered */
  uint32_t strength;         /* enum sacred_strength */
  uint32_t phase;            /* enum barrier_phase */
  uint32_t next;             /* TELL: told all before it; HEAR: heard of all before it */
  uint64_t epoch;            /* epochs entered */
  struct sacred_fence fence; /* for SACRED_FULL */
};

/*@
  predicate BarrierValid{L}(struct barrier *b) =
    \valid(b) && Ctx(b->w,&b->rows) && FenceValid(&b->fence) && b->fence.w == b->w &&
    \separated(b, b->w, b->fence.to + (0 .. N - 1)) &&
    b->epoch == said(O,ME) && b->next <= N && (b->strength == SACRED_FULL <==> FULL != 0) &&
    (b->phase == BARRIER_IDLE || b->phase == BARRIER_FLUSH || b->phase == BARRIER_TELL || b->phase == BARRIER_HEAR) &&
    done(O,ME,0) == (b->phase == BARRIER_IDLE ? b->epoch : b->epoch - 1) &&
    (b->phase == BARRIER_FLUSH <==> b->fence.phase != FENCE_IDLE) && (b->phase == BARRIER_FLUSH ==> FULL != 0 && b->next == 0) &&
    (b->phase == BARRIER_TELL && FULL != 0 ==> Ready(ME,b->epoch)) &&
    (\forall integer i; Node(i) && i != ME ==> pub(O,0,ME,i) ==
      (b->phase == BARRIER_FLUSH || (b->phase == BARRIER_TELL && b->next <= i) ? b->epoch - 1 : b->epoch)) &&
    (b->phase == BARRIER_HEAR ==> \forall integer j; 0 <= j < b->next && j != ME ==> b->epoch <= cell(O,0,ME,j));

  // nothing is lost: never a step back
  predicate Kept{A,B}(struct barrier *b) =
    \at(b->phase,A) < \at(b->phase,B) || \at(b->phase,A) == \at(b->phase,B) && \at(b->next,A) <= \at(b->next,B);

  // what a barrier promises of epoch v
  predicate AllIn{L}(integer v)    = \forall integer j; Node(j) ==> v <= said(O,j);                      // everybody has entered it
  predicate OneAhead{L}(integer v) = \forall integer j; Node(j) ==> said(O,j) <= v + 1;                  // nobody is two ahead
  predicate Inbound{L}(integer v)  = \forall integer j; Pair(j,ME) ==> Placed(j,ME,nput(j,ME,when(O,j,v))); // what they had posted to me is here
  predicate Everywhere{L}(integer v) = FULL != 0 ==> \forall integer j, i; Pair(j,i) ==>                 // what anybody had posted, but signals of this barrier, and stored, is there
    PlacedForeign(j,i,nput(j,i,when(O,j,v))) && when(O,j,v) <= out(j);
  predicate BarrierStatus(integer s) = FenceStatus(s);
*/

/* Entered: what I have posted and stored so far counts for this epoch. */
/*@
  requires   valid:  Inv && BarrierValid(b);
  terminates \true;
  exits      \false;
  assigns    W, b->epoch, b->next, b->phase, b->fence.next, b->fence.phase;
  ensures    valid:  Inv && BarrierValid(b);
  ensures    others: Flow{Pre,Here} && SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SDone{Pre,Here}(ME);
  ensures    status: \result == SACRED_OK || \result == SACRED_ERR_CLOSED || \result == SACRED_ERR_STATE || \result == SACRED_ERR_RANGE;
  ensures    entered:\result == SACRED_OK ==> b->phase != BARRIER_IDLE && b->epoch == \old(b->epoch) + 1 && when(O,ME,b->epoch) == now{Pre}(ME);
  ensures    kept:   \result != SACRED_OK ==> b->epoch == \old(b->epoch) && b->phase == \old(b->phase) && b->next == \old(b->next);
*/
int barrier_arrive(struct barrier *b);

/*@
  requires   valid:  Inv && BarrierValid(b);
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->phase, b->fence.next, b->fence.phase, b->fence.to[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  BarrierValid(b);
  ensures    said:   SSaid{Pre,Here}(ME);
  ensures    status: BarrierStatus(\result);
  ensures    over:   \result == SACRED_OK ==> b->phase == BARRIER_IDLE && \old(b->phase) != BARRIER_IDLE;
  ensures    all:    \result == SACRED_OK ==> AllIn(b->epoch);
  ensures    ahead:  \result == SACRED_OK ==> OneAhead(b->epoch);
  ensures    inbound:\result == SACRED_OK ==> Inbound(b->epoch);
  ensures    full:   \result == SACRED_OK ==> Everywhere(b->epoch);
  ensures    owed:   \result == SACRED_OK ==> \forall integer i; Pair(ME,i) ==> pub(O,0,ME,i) == b->epoch;
  ensures    closed: b->w->open == 0 ==> \result == SACRED_ERR_CLOSED;
  ensures    begun:  WaitStatus(\result) ==> \old(b->phase) != BARRIER_IDLE;
  ensures    kept:   \result != SACRED_OK ==> (b->phase == BARRIER_IDLE <==> \old(b->phase) == BARRIER_IDLE) && Kept{Pre,Here}(b);
*/
int barrier_test(struct barrier *b);

/*@
  requires   valid:  Inv && BarrierValid(b);
  exits      \false;
  assigns    W, b->epoch, b->next, b->phase, b->fence.next, b->fence.phase, b->fence.to[0 .. N - 1];
  ensures    valid:  Inv && BarrierValid(b);
  ensures    status: BarrierStatus(\result) && \result != SACRED_AGAIN || \result == SACRED_TIMEOUT || \result == SACRED_ERR_RANGE;
  ensures    epoch:  \result == SACRED_OK || \result == SACRED_TIMEOUT ==> b->epoch == \old(b->epoch) + (\old(b->phase) == BARRIER_IDLE ? 1 : 0);
  ensures    over:   \result == SACRED_OK ==> b->phase == BARRIER_IDLE;
  ensures    all:    \result == SACRED_OK ==> AllIn(b->epoch);
  ensures    ahead:  \result == SACRED_OK ==> OneAhead(b->epoch);
  ensures    inbound:\result == SACRED_OK ==> Inbound(b->epoch);
  ensures    full:   \result == SACRED_OK ==> Everywhere(b->epoch);
  ensures    kept:   \result == SACRED_TIMEOUT ==> b->phase != BARRIER_IDLE;
*/
int barrier_wait(struct barrier *b, uint64_t deadline);

/*
 * The missing ranks. The others move while I look, so exactness is a sandwich:
 * missing after the call => listed => missing before it.
 */
/*@
  requires   valid:  Inv && BarrierValid(b);
  requires   room:   \valid(ranks + (0 .. N - 1)) && \separated(ranks + (0 .. N - 1), b, b->w, b->fence.to + (0 .. N - 1));
  terminates \true;
  exits      \false;
  assigns    W, ranks[0 .. N - 1];
  ensures    valid:  Inv && BarrierValid(b);
  ensures    others: Rely{Pre,Here};
  ensures    few:    \result <= N;
  ensures    order:  \forall integer k, l; 0 <= k < l < \result ==> ranks[k] < ranks[l];
  ensures    sound:  \forall integer k; 0 <= k < \result ==> Pair(ranks[k],ME) && cell{Pre}(O,0,ME,ranks[k]) < b->epoch;
  ensures    all:    b->w->open != 0 && b->phase != BARRIER_IDLE ==> \forall integer j; Pair(j,ME) && cell(O,0,ME,j) < b->epoch ==>
                       \exists integer k; 0 <= k < \result && ranks[k] == j;
*/
uint32_t barrier_missing(const struct barrier *b, uint32_t *ranks);
#endif
