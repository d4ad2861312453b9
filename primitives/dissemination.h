/* The dissemination barrier: what I have heard I pass on, so that few signals tell everybody of everybody. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DISSEMINATION_H
#define DISSEMINATION_H
#include "fence.h"
#include "schedule.h"
#include <sacred/barrier.h>

enum dissemination_phase { DISSEMINATION_IDLE, DISSEMINATION_FLUSH, DISSEMINATION_HEAR };

struct dissemination {
  struct wire *w;
  struct rows rows;  /* one row for all, a line per slot: each has one rank that writes it */
  uint32_t strength; /* enum sacred_strength */
  uint32_t phase;    /* enum dissemination_phase */
  uint32_t slots;    /* see schedule.h */
  uint32_t *distance, *first;
  uint32_t told, heard;      /* slots of this epoch */
  uint64_t epoch;            /* epochs entered */
  struct sacred_fence fence; /* for all but SACRED_ARRIVE: who hears of me from others relies on it */
};

/*@
  predicate Table{L}(struct dissemination *b) = b->slots == SLOTS &&
    \valid_read(b->distance + (0 .. SLOTS)) && \valid_read(b->first + (0 .. SLOTS - 1)) &&
    (\forall integer s; 0 <= s <= SLOTS ==> b->distance[s] == Dist(s)) && \forall integer s; Slot(s) ==> b->first[s] == First(s);
  predicate DisseminationValid{L}(struct dissemination *b) =
    \valid(b) && Ctx(b->w,&b->rows) && FenceValid(&b->fence) && b->fence.w == b->w && Table(b) &&
    \separated(b, b->w, b->fence.to + (0 .. N - 1), b->distance + (0 .. SLOTS), b->first + (0 .. SLOTS - 1)) &&
    b->epoch == said(O,ME) && b->heard <= SLOTS && b->told <= SLOTS && (b->strength != SACRED_ARRIVE <==> FULL != 0) &&
    (b->phase == DISSEMINATION_IDLE || b->phase == DISSEMINATION_FLUSH || b->phase == DISSEMINATION_HEAR) &&
    (b->phase == DISSEMINATION_FLUSH <==> b->fence.phase != FENCE_IDLE) &&
    (b->phase == DISSEMINATION_FLUSH ==> FULL != 0 && b->told == 0 && b->heard == 0) &&
    (b->phase == DISSEMINATION_IDLE ? b->told == SLOTS && b->heard == SLOTS : 1 <= b->epoch) &&
    (\forall integer x; 0 <= x <= SLOTS ==>
      done(O,ME,x) == (b->phase == DISSEMINATION_FLUSH || b->heard < x ? b->epoch - 1 : b->epoch)) &&
    (\forall integer s; 0 <= s < b->told ==> First(s) <= b->heard) &&
    (\forall integer s, i; Slot(s) && Pair(ME,i) && Peer(s,ME,i) ==> pub(O,Line(s),ME,i) == (b->told <= s ? b->epoch - 1 : b->epoch));

  // nothing is lost: never a step back
  predicate Kept{A,B}(struct dissemination *b) = \at(b->phase,A) < \at(b->phase,B) ||
    \at(b->phase,A) == \at(b->phase,B) && \at(b->told,A) <= \at(b->told,B) && \at(b->heard,A) <= \at(b->heard,B);

  // what a barrier promises of epoch v
  predicate AllIn{L}(integer v)    = \forall integer j; Node(j) ==> v <= said(O,j);     // everybody has entered it
  predicate OneAhead{L}(integer v) = \forall integer j; Node(j) ==> said(O,j) <= v + 1; // nobody is two ahead
  predicate Everywhere{L}(integer v) = FULL != 0 ==> \forall integer j, i; Pair(j,i) ==> // what anybody had posted, but signals of this barrier, and stored, is there
    PlacedForeign(j,i,nput(j,i,when(O,j,v))) && when(O,j,v) <= out(j);
  predicate BarrierStatus(integer s) = FenceStatus(s);

  // a signal of slot s, from its one poster there, is here: so that, and who was known to it in that round, have entered
  predicate Heard{L}(integer s, integer v) = v <= cell(O,Line(s),ME,From(s,ME));
  predicate Covers(integer s, integer q) = Behind(q,From(s,ME)) < Dist(First(s));
*/

/* Entered: what I have posted and stored so far counts for this epoch. */
/*@
  requires   valid:  Inv && DisseminationValid(b);
  terminates \true;
  exits      \false;
  assigns    W, b->epoch, b->told, b->heard, b->phase, b->fence.next, b->fence.phase;
  ensures    valid:  Inv && DisseminationValid(b);
  ensures    others: Flow{Pre,Here} && SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME);
  ensures    status: \result == SACRED_OK || \result == SACRED_ERR_CLOSED || \result == SACRED_ERR_STATE || \result == SACRED_ERR_RANGE;
  ensures    entered:\result == SACRED_OK ==> b->phase != DISSEMINATION_IDLE && b->epoch == \old(b->epoch) + 1 && when(O,ME,b->epoch) == now{Pre}(ME);
  ensures    flush:  \result == SACRED_OK && b->phase == DISSEMINATION_FLUSH ==> b->fence.next == 0;
  ensures    kept:   \result != SACRED_OK ==> b->epoch == \old(b->epoch) && b->phase == \old(b->phase) && b->told == \old(b->told) && b->heard == \old(b->heard);
*/
int dissemination_arrive(struct dissemination *b);

/*@
  requires   valid:  Inv && DisseminationValid(b);
  terminates \true;
  exits      \false;
  assigns    W, b->told, b->heard, b->phase, b->fence.next, b->fence.phase, b->fence.to[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  DisseminationValid(b);
  ensures    said:   SSaid{Pre,Here}(ME);
  ensures    status: BarrierStatus(\result);
  ensures    over:   \result == SACRED_OK ==> b->phase == DISSEMINATION_IDLE && \old(b->phase) != DISSEMINATION_IDLE;
  ensures    all:    \result == SACRED_OK ==> AllIn(b->epoch);
  ensures    ahead:  \result == SACRED_OK ==> OneAhead(b->epoch);
  ensures    full:   \result == SACRED_OK ==> Everywhere(b->epoch);
  ensures    owed:   \result == SACRED_OK ==> \forall integer s, i; Slot(s) && Pair(ME,i) ==>
                       pub(O,Line(s),ME,i) == (ME == From(s,i) ? b->epoch : 0);
  ensures    closed: b->w->open == 0 ==> \result == SACRED_ERR_CLOSED;
  ensures    begun:  WaitStatus(\result) ==> \old(b->phase) != DISSEMINATION_IDLE;
  ensures    kept:   \result != SACRED_OK ==> (b->phase == DISSEMINATION_IDLE <==> \old(b->phase) == DISSEMINATION_IDLE) && Kept{Pre,Here}(b);
*/
int dissemination_test(struct dissemination *b);

/*@
  requires   valid:  Inv && DisseminationValid(b);
  exits      \false;
  assigns    W, b->epoch, b->told, b->heard, b->phase, b->fence.next, b->fence.phase, b->fence.to[0 .. N - 1];
  ensures    valid:  Inv && DisseminationValid(b);
  ensures    status: BarrierStatus(\result) && \result != SACRED_AGAIN || \result == SACRED_TIMEOUT || \result == SACRED_ERR_RANGE;
  ensures    epoch:  \result == SACRED_OK || \result == SACRED_TIMEOUT ==> b->epoch == \old(b->epoch) + (\old(b->phase) == DISSEMINATION_IDLE ? 1 : 0);
  ensures    over:   \result == SACRED_OK ==> b->phase == DISSEMINATION_IDLE;
  ensures    all:    \result == SACRED_OK ==> AllIn(b->epoch);
  ensures    ahead:  \result == SACRED_OK ==> OneAhead(b->epoch);
  ensures    full:   \result == SACRED_OK ==> Everywhere(b->epoch);
  ensures    kept:   \result == SACRED_TIMEOUT ==> b->phase != DISSEMINATION_IDLE;
*/
int dissemination_wait(struct dissemination *b, uint64_t deadline);

/*
 * The missing ranks: those of whom no signal that is here speaks. Who is late
 * holds back those that wait for it, so besides the late ones there may be some
 * that have entered. The others move while I look, so exactness is a sandwich: not entered
 * after the call => listed => not spoken of before it.
 */
/*@
  requires   valid:  Inv && DisseminationValid(b);
  requires   room:   \valid(ranks + (0 .. N - 1)) && \separated(ranks + (0 .. N - 1), b, b->w, b->fence.to + (0 .. N - 1),
                       b->distance + (0 .. SLOTS), b->first + (0 .. SLOTS - 1));
  terminates \true;
  exits      \false;
  assigns    W, ranks[0 .. N - 1];
  ensures    valid:  Inv && DisseminationValid(b);
  ensures    others: Rely{Pre,Here};
  ensures    few:    \result <= N;
  ensures    order:  \forall integer k, l; 0 <= k < l < \result ==> ranks[k] < ranks[l];
  ensures    sound:  \forall integer k, s; 0 <= k < \result && Slot(s) && Covers(s,ranks[k]) ==> !Heard{Pre}(s,b->epoch);
  ensures    all:    b->w->open != 0 && b->phase != DISSEMINATION_IDLE ==> \forall integer j; Pair(j,ME) && said(O,j) < b->epoch ==>
                       \exists integer k; 0 <= k < \result && ranks[k] == j;
*/
uint32_t dissemination_missing(const struct dissemination *b, uint32_t *ranks);
#endif
