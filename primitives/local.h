/* The barrier of hosts: ranks that share memory meet there first, and one of them crosses to the other hosts. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LOCAL_H
#define LOCAL_H
#include "fence.h"
#include "inner.h"
#include <sacred/barrier.h>

/* At a rank, in this order; CROSS and LEAD at the first rank of a host, FOLLOW at the others. */
enum local_phase { LOCAL_IDLE, LOCAL_FLUSH, LOCAL_MEET, LOCAL_CROSS, LOCAL_LEAD, LOCAL_FOLLOW };

struct local {
  struct wire *w;
  uint64_t at;               /* a line of the heap that is this barrier's alone, by which it is told from others */
  uint32_t strength;         /* enum sacred_strength */
  uint32_t phase;            /* enum local_phase */
  uint64_t epoch;            /* epochs entered */
  const uint32_t *first;     /* [j]: the first rank of rank j's host */
  struct inner inner;        /* what it is made of */
  struct sacred_fence fence; /* for all but SACRED_ARRIVE: who hears of me from others relies on it */
};

/*@
  predicate LocalValid{L}(struct local *b) =
    \valid(b) && CtxW(b->w) && b->at == O && FenceValid(&b->fence) && b->fence.w == b->w && InnerValid(&b->inner) &&
    \valid_read(b->first + (0 .. N - 1)) && (\forall integer j; Node(j) ==> b->first[j] == First(j)) &&
    \separated(b, b->w, b->fence.to + (0 .. N - 1), b->first + (0 .. N - 1)) &&
    b->epoch == said(O,ME) && (b->strength != SACRED_ARRIVE <==> FULL != 0) && 1 <= b->inner.size && b->inner.next <= b->inner.size &&
    (b->phase == LOCAL_IDLE || b->phase == LOCAL_FLUSH || b->phase == LOCAL_MEET || b->phase == LOCAL_CROSS ||
     b->phase == LOCAL_LEAD || b->phase == LOCAL_FOLLOW) &&
    (b->phase == LOCAL_FLUSH <==> b->fence.phase != FENCE_IDLE) && (b->phase == LOCAL_FLUSH ==> FULL != 0) &&
    (b->phase == LOCAL_CROSS || b->phase == LOCAL_LEAD ==> Lead(ME)) && (b->phase == LOCAL_FOLLOW ==> !Lead(ME)) &&
    (b->phase == LOCAL_LEAD ==> 1 <= b->inner.next) && (b->phase != LOCAL_IDLE ==> 1 <= b->epoch) &&
    (b->phase == LOCAL_IDLE && Lead(ME) && 1 <= b->epoch ==> b->inner.next == b->inner.size) &&
    b->inner.met == done(O,ME,1) && (Lead(ME) ==> b->inner.crossed == done(O,ME,2)) &&
    done(O,ME,0) == (b->phase == LOCAL_FLUSH ? b->epoch - 1 : b->epoch) &&
    done(O,ME,1) == (b->phase == LOCAL_FLUSH || b->phase == LOCAL_MEET ? b->epoch - 1 : b->epoch) &&
    (Lead(ME) ==> done(O,ME,2) == (b->phase == LOCAL_IDLE || b->phase == LOCAL_LEAD ? b->epoch : b->epoch - 1)) &&
    done(O,ME,3) == (b->phase == LOCAL_IDLE ? b->epoch : b->epoch - 1);

  // nothing is lost: never a step back
  predicate Kept{A,B}(struct local *b) =
    \at(b->phase,A) < \at(b->phase,B) || \at(b->phase,A) == \at(b->phase,B) && (\at(b->phase,A) == LOCAL_LEAD ==> \at(b->inner.next,A) <= \at(b->inner.next,B));

  // what a barrier promises of epoch v
  predicate AllIn{L}(integer v)    = \forall integer j; Node(j) ==> v <= said(O,j);     // everybody has entered it
  predicate OneAhead{L}(integer v) = \forall integer j; Node(j) ==> said(O,j) <= v + 1; // nobody is two ahead
  predicate Everywhere{L}(integer v) = FULL != 0 ==> \forall integer j, i; Pair(j,i) ==> // what anybody had posted, but signals of this barrier, and stored, is there
    PlacedForeign(j,i,nput(j,i,when(O,j,v))) && when(O,j,v) <= out(j);
  predicate BarrierStatus(integer s) = FenceStatus(s);
*/

/* Entered: what I have posted and stored so far counts for this epoch. */
/*@
  requires   valid:  Inv && LocalValid(b);
  terminates \true;
  exits      \false;
  assigns    W, b->epoch, b->phase, b->fence.next, b->fence.phase;
  ensures    valid:  Inv && LocalValid(b);
  ensures    others: Flow{Pre,Here} && SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME);
  ensures    status: \result == SACRED_OK || \result == SACRED_ERR_CLOSED || \result == SACRED_ERR_STATE || \result == SACRED_ERR_RANGE;
  ensures    entered:\result == SACRED_OK ==> b->phase != LOCAL_IDLE && b->epoch == \old(b->epoch) + 1 && when(O,ME,b->epoch) == now{Pre}(ME);
  ensures    flush:  \result == SACRED_OK && b->phase == LOCAL_FLUSH ==> b->fence.next == 0;
  ensures    kept:   \result != SACRED_OK ==> b->epoch == \old(b->epoch) && b->phase == \old(b->phase);
*/
int local_arrive(struct local *b);

/*@
  requires   valid:  Inv && LocalValid(b);
  terminates \true;
  exits      \false;
  assigns    W, b->phase, b->inner.met, b->inner.meeting, b->inner.crossed, b->inner.crossing, b->inner.next,
             b->fence.next, b->fence.phase, b->fence.to[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  LocalValid(b);
  ensures    said:   SSaid{Pre,Here}(ME);
  ensures    status: BarrierStatus(\result);
  ensures    over:   \result == SACRED_OK ==> b->phase == LOCAL_IDLE && \old(b->phase) != LOCAL_IDLE;
  ensures    all:    \result == SACRED_OK ==> AllIn(b->epoch);
  ensures    ahead:  \result == SACRED_OK ==> OneAhead(b->epoch);
  ensures    full:   \result == SACRED_OK ==> Everywhere(b->epoch);
  ensures    owed:   \result == SACRED_OK && Lead(ME) ==> b->inner.next == b->inner.size && b->inner.crossed == b->epoch;
  ensures    closed: b->w->open == 0 ==> \result == SACRED_ERR_CLOSED;
  ensures    begun:  WaitStatus(\result) ==> \old(b->phase) != LOCAL_IDLE;
  ensures    kept:   \result != SACRED_OK ==> (b->phase == LOCAL_IDLE <==> \old(b->phase) == LOCAL_IDLE) && Kept{Pre,Here}(b);
*/
int local_test(struct local *b);

/*@
  requires   valid:  Inv && LocalValid(b);
  exits      \false;
  assigns    W, b->epoch, b->phase, b->inner.met, b->inner.meeting, b->inner.crossed, b->inner.crossing, b->inner.next,
             b->fence.next, b->fence.phase, b->fence.to[0 .. N - 1];
  ensures    valid:  Inv && LocalValid(b);
  ensures    status: BarrierStatus(\result) && \result != SACRED_AGAIN || \result == SACRED_TIMEOUT || \result == SACRED_ERR_RANGE;
  ensures    epoch:  \result == SACRED_OK || \result == SACRED_TIMEOUT ==> b->epoch == \old(b->epoch) + (\old(b->phase) == LOCAL_IDLE ? 1 : 0);
  ensures    over:   \result == SACRED_OK ==> b->phase == LOCAL_IDLE;
  ensures    all:    \result == SACRED_OK ==> AllIn(b->epoch);
  ensures    ahead:  \result == SACRED_OK ==> OneAhead(b->epoch);
  ensures    full:   \result == SACRED_OK ==> Everywhere(b->epoch);
  ensures    kept:   \result == SACRED_TIMEOUT ==> b->phase != LOCAL_IDLE;
*/
int local_wait(struct local *b, uint64_t deadline);

/*
 * The missing ranks: those that I do not know to have entered. Before its host has met a
 * rank knows of its host what that one's barrier has heard, and nothing of the others;
 * then it knows all of its host, and its first rank knows the hosts that the
 * crossing has heard of, and once that is over of everybody. The others move while I look:
 * not entered after the call => listed.
 */
/*@
  requires   valid:  Inv && LocalValid(b);
  requires   room:   \valid(ranks + (0 .. N - 1)) && \separated(ranks + (0 .. N - 1), b, b->w, b->fence.to + (0 .. N - 1), b->first + (0 .. N - 1));
  terminates \true;
  exits      \false;
  assigns    W, ranks[0 .. N - 1];
  ensures    valid:  Inv && LocalValid(b);
  ensures    others: Rely{Pre,Here};
  ensures    few:    \result <= N;
  ensures    order:  \forall integer k, l; 0 <= k < l < \result ==> ranks[k] < ranks[l];
  ensures    sound:  \forall integer k; 0 <= k < \result ==> Pair(ranks[k],ME) && b->phase != LOCAL_IDLE && b->phase != LOCAL_LEAD &&
                       (Same(ME,ranks[k]) ==> b->phase == LOCAL_FLUSH || b->phase == LOCAL_MEET);
  ensures    all:    b->w->open != 0 && b->phase != LOCAL_IDLE ==> \forall integer j; Pair(j,ME) && said(O,j) < b->epoch ==>
                       \exists integer k; 0 <= k < \result && ranks[k] == j;
*/
uint32_t local_missing(const struct local *b, uint32_t *ranks);
#endif
