/* The fence: a get behind the puts of every queue pair that has unplaced ones, and its completion. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FENCE_H
#define FENCE_H
#include "wire.h"
#include <sacred/fence.h>

enum fence_phase { FENCE_IDLE, FENCE_FLUSH, FENCE_LAND };

/* What a fence knows of a rank: operations that I have posted to it. */
struct fence_peer {
  uint64_t got;   /* up to the get that is under way, included; 0: none is */
  uint64_t clean; /* up to the last get, and what is behind it of the object's own signals: see fence_spare() */
};

struct sacred_fence {
  struct wire *w;
  struct fence_peer *to; /* [i]: of rank i */
  uint32_t phase;        /* enum fence_phase */
  uint64_t epoch;        /* fences begun, where it stands alone */
  uint32_t next;         /* FLUSH: got posted to all before it; LAND: back from all before it */
};

/*@
  // what the fence is for: all that I had posted when I said so
  logic integer Mark{L} = when(O,ME,said(O,ME));
  // of the first `clean` operations to i, those of others are placed, or before a get that is under way
  predicate Clean{L}(struct sacred_fence *f, integer i) = f->to[i].clean <= Post(ME,i) &&
    (f->to[i].got == 0 ? Foreign(ME,i,f->to[i].clean)
                       : f->to[i].got <= f->to[i].clean && get(ME,i,f->to[i].got - 1) != 0 &&
                         \forall integer k; f->to[i].got <= k < f->to[i].clean ==> Entry(ME,i,k));
  // an earlier fence has seen to it: its get is back
  predicate Settled{L}(struct sacred_fence *f, integer i) = Clean(f,i) && f->to[i].got == 0;
  // nothing of the fence is behind that, whichever fence posted the get
  predicate Behind{L}(struct sacred_fence *f, integer i) = Clean(f,i) && nput(ME,i,Mark) <= f->to[i].clean;
  predicate Flushed{L} = Mark <= out(ME) && \forall integer i; Pair(ME,i) ==> Foreign(ME,i,nput(ME,i,Mark));

  logic integer Asked{L}(struct sacred_fence *f) = f->phase == FENCE_IDLE ? 0 : f->phase == FENCE_FLUSH ? f->next : N;
  logic integer Back{L}(struct sacred_fence *f)  = f->phase == FENCE_LAND ? f->next : 0;

  predicate FenceValid{L}(struct sacred_fence *f) =
    \valid(f) && CtxW(f->w) && \valid(f->to + (0 .. N - 1)) && \separated(f, f->w, f->to + (0 .. N - 1)) &&
    f->next <= N && (f->phase == FENCE_IDLE || f->phase == FENCE_FLUSH || f->phase == FENCE_LAND) &&
    (f->phase != FENCE_IDLE ==> 0 <= Mark <= now(ME)) &&
    (\forall integer i; Pair(ME,i) && i < Asked(f) ==> Behind(f,i)) &&
    (\forall integer i; Pair(ME,i) && (Asked(f) <= i || i < Back(f)) ==> Settled(f,i)) &&
    (f->phase == FENCE_LAND ==> Mark <= out(ME));
  predicate FenceKept{A,B}(struct sacred_fence *f) =
    \at(f->phase,A) < \at(f->phase,B) || \at(f->phase,A) == \at(f->phase,B) && \at(f->next,A) <= \at(f->next,B);
  predicate FenceStatus(integer s) = WaitStatus(s) || s == SACRED_ERR_CLOSED || s == SACRED_ERR_STATE;
*/

/* Begin, for what I had posted at Mark. */
/*@
  requires   valid:  FenceValid(f) && f->phase == FENCE_IDLE && 0 <= Mark <= now(ME);
  terminates \true;
  exits      \false;
  assigns    f->next, f->phase;
  ensures    valid:  FenceValid(f) && f->phase == FENCE_FLUSH && f->next == 0;
*/
void fence_begin(struct sacred_fence *f);

/*@
  requires   valid:  Inv && FenceValid(f) && f->epoch == said(O,ME);
  terminates \true;
  exits      \false;
  assigns    W, f->epoch, f->next, f->phase;
  ensures    valid:  Inv && FenceValid(f) && f->epoch == said(O,ME);
  ensures    status: FenceStatus(\result) || \result == SACRED_ERR_RANGE;
  ensures    marked: \result == SACRED_OK ==> f->phase == FENCE_FLUSH && \forall integer i; Pair(ME,i) ==> nput(ME,i,Mark) == Post{Pre}(ME,i);
  ensures    kept:   \result != SACRED_OK ==> f->phase == \old(f->phase) && f->next == \old(f->next) && f->epoch == \old(f->epoch);
*/
int sacred_fence_start(struct sacred_fence *f);

/*
 * The signal that I have just posted to i is one of the object that the fence is part of, and says nothing of
 * what others put: where nothing else is behind the last get, no get is owed for it.
 */
/*@
  requires   valid:  Inv && FenceValid(f) && Pair(ME,i) && Entry(ME,i,Post(ME,i) - 1);
  terminates \true;
  exits      \false;
  assigns    W, f->to[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  FenceValid(f);
  ensures    others: Rely{Pre,Here};
*/
void fence_spare(struct sacred_fence *f, uint32_t i);

/* OK: all that I had posted at Mark, but signals of the object itself, is placed, and all that I had stored is out. */
/*@
  requires   valid:  Inv && FenceValid(f);
  terminates \true;
  exits      \false;
  assigns    W, f->next, f->phase, f->to[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  FenceValid(f);
  ensures    others: Quiet{Pre,Here} && SPub{Pre,Here}(ME);
  ensures    status: FenceStatus(\result);
  ensures    placed: \result == SACRED_OK ==> f->phase == FENCE_IDLE && Flushed;
  ensures    same:   \old(f->phase) != FENCE_IDLE ==> \forall integer i; Node(i) ==> nput(ME,i,Mark) == nput{Pre}(ME,i,\old(Mark));
  ensures    closed: f->w->open == 0 ==> \result == SACRED_ERR_CLOSED;
  ensures    begun:  WaitStatus(\result) ==> \old(f->phase) != FENCE_IDLE;
  ensures    kept:   \result != SACRED_OK ==> (f->phase == FENCE_IDLE <==> \old(f->phase) == FENCE_IDLE) && FenceKept{Pre,Here}(f);
*/
int sacred_fence_test(struct sacred_fence *f);

/*@
  requires   valid:  Inv && FenceValid(f) && f->epoch == said(O,ME);
  exits      \false;
  assigns    W, f->epoch, f->next, f->phase, f->to[0 .. N - 1];
  ensures    valid:  Inv && FenceValid(f) && f->epoch == said(O,ME);
  ensures    placed: \result == SACRED_OK ==> f->phase == FENCE_IDLE && Flushed;
  ensures    all:    \result == SACRED_OK && \old(f->phase) == FENCE_IDLE ==>
                       \forall integer i; Pair(ME,i) ==> Post{Pre}(ME,i) <= deliv(ME,i);
  ensures    kept:   \result == SACRED_TIMEOUT ==> f->phase != FENCE_IDLE;
*/
int sacred_fence_wait(struct sacred_fence *f, uint64_t deadline);

/*@
  requires   valid:  Inv && FenceValid(f);
  requires   room:   \valid(ranks + (0 .. N - 1)) && \separated(ranks + (0 .. N - 1), f, f->w, f->to + (0 .. N - 1));
  terminates \true;
  exits      \false;
  assigns    W, ranks[0 .. N - 1];
  ensures    valid:  Inv && FenceValid(f);
  ensures    others: Rely{Pre,Here};
  ensures    few:    \result <= N;
  ensures    order:  \forall integer k, l; 0 <= k < l < \result ==> ranks[k] < ranks[l];
  ensures    sound:  \forall integer k; 0 <= k < \result ==> ranks[k] < N && ranks[k] != ME;
  ensures    all:    f->w->open != 0 && f->phase != FENCE_IDLE ==> \forall integer i; Pair(ME,i) && comp(ME,i) < f->to[i].got ==>
                       \exists integer k; 0 <= k < \result && ranks[k] == i;
*/
uint32_t sacred_fence_missing(const struct sacred_fence *f, uint32_t *ranks);
#endif
