/* The fence: a get behind the puts of every queue pair that has unplaced ones, and its completion. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "fence.h"

void fence_begin(struct sacred_fence *f)
{
  f->next = 0;
  f->phase = FENCE_FLUSH;
}

int sacred_fence_start(struct sacred_fence *f)
{
  if (!f->w->open)
    return wire_refuse(f->w, SACRED_ERR_CLOSED, WIRE_CLOSED, 0, 0);
  if (f->phase != FENCE_IDLE)
    return wire_refuse(f->w, SACRED_ERR_STATE, WIRE_NOT_OVER, f->epoch, 0);
  if (f->epoch == UINT64_MAX)
    return wire_refuse(f->w, SACRED_ERR_RANGE, WIRE_USED_UP, f->epoch, UINT64_MAX);
  //@ ghost history_announce(f->epoch + 1);
  f->epoch++;
  fence_begin(f);
  return SACRED_OK;
}

void fence_spare(struct sacred_fence *f, uint32_t i)
{
  if (wire_posted(f->w, i) - 1 == f->to[i].clean)
    f->to[i].clean++;
}

/* Does rank i need a get? Not where nothing but signals of the object itself was posted behind the last one, which is back. */
/*@
  requires   valid:  Inv && FenceValid(f) && f->phase == FENCE_FLUSH && Pair(ME,i) && f->next <= i;
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    inv:    Inv;
  ensures    valid:  FenceValid(f);
  ensures    others: Rely{Pre,Here};
  ensures    clean:  \result == 0 ==> Behind(f,i);
*/
static int owes(const struct sacred_fence *f, uint32_t i)
{
  return wire_posted(f->w, i) != f->to[i].clean;
}

/* Post a get to every rank that needs one, from where the last try stopped; then what I had stored has to be out. */
/*@
  requires   valid:  Inv && FenceValid(f) && f->phase == FENCE_FLUSH;
  terminates \true;
  exits      \false;
  assigns    W, f->next, f->phase, f->to[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  FenceValid(f);
  ensures    others: Quiet{Pre,Here} && SPub{Pre,Here}(ME);
  ensures    status: WaitStatus(\result);
  ensures    over:   \result == SACRED_OK ==> f->phase == FENCE_LAND;
  ensures    kept:   \result != SACRED_OK ==> f->phase == FENCE_FLUSH && \old(f->next) <= f->next;
*/
static int flush(struct sacred_fence *f)
{
  /*@ loop invariant inv:   Inv;
      loop invariant valid: FenceValid(f) && f->phase == FENCE_FLUSH && \at(f->next,Pre) <= f->next;
      loop invariant quiet: Quiet{Pre,Here} && SPub{Pre,Here}(ME);
      loop assigns W, f->next, f->to[0 .. N - 1];
      loop variant N - f->next; */
  while (f->next < f->w->size) {
    if (f->next != f->w->rank && owes(f, f->next)) {
      if (wire_flush(f->w, f->next) != SACRED_OK)
        return wire_health(f->w);
      f->to[f->next].got = wire_posted(f->w, f->next);
      f->to[f->next].clean = f->to[f->next].got;
      //@ assert mine: Behind(f,f->next);
      //@ assert rest: \forall integer i; Pair(ME,i) && i < f->next ==> Behind(f,i);
    }
    //@ assert here: f->next != ME ==> Behind(f,f->next);
    //@ assert before: \forall integer i; Pair(ME,i) && i < f->next ==> Behind(f,i);
    //@ assert after: \forall integer i; Pair(ME,i) && f->next < i ==> Settled(f,i);
    //@ assert mark: 0 <= Mark <= now(ME);
    f->next++;
    //@ assert behind: \forall integer i; Pair(ME,i) && i < f->next ==> Behind(f,i);
  }
  //@ assert all: \forall integer i; Pair(ME,i) ==> Behind(f,i);
  if (!wire_drained(f->w))
    return wire_health(f->w);
  f->next = 0;
  f->phase = FENCE_LAND;
  return SACRED_OK;
}

/* Every get is back, from where the last look stopped. */
/*@
  requires   valid:  Inv && FenceValid(f) && f->phase == FENCE_LAND;
  terminates \true;
  exits      \false;
  assigns    W, f->next, f->phase, f->to[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  FenceValid(f);
  ensures    others: Quiet{Pre,Here} && SPub{Pre,Here}(ME);
  ensures    status: WaitStatus(\result);
  ensures    placed: \result == SACRED_OK ==> f->phase == FENCE_IDLE && Flushed;
  ensures    kept:   \result != SACRED_OK ==> f->phase == FENCE_LAND && \old(f->next) <= f->next;
*/
static int land(struct sacred_fence *f)
{
  /*@ loop invariant inv:   Inv;
      loop invariant valid: FenceValid(f) && f->phase == FENCE_LAND && \at(f->next,Pre) <= f->next;
      loop invariant quiet: Quiet{Pre,Here} && SPub{Pre,Here}(ME);
      loop assigns W, f->next, f->to[0 .. N - 1];
      loop variant N - f->next; */
  while (f->next < f->w->size) {
    if (f->to[f->next].got != 0 && f->next != f->w->rank) {
      if (wire_completed(f->w, f->next) < f->to[f->next].got)
        return wire_health(f->w);
      f->to[f->next].got = 0;
    }
    //@ assert back: f->next != ME ==> Settled(f,f->next);
    //@ assert mark: 0 <= Mark <= out(ME);
    //@ assert all: \forall integer i; Pair(ME,i) ==> Behind(f,i);
    //@ assert before: \forall integer i; Pair(ME,i) && i < f->next ==> Settled(f,i);
    f->next++;
  }
  f->phase = FENCE_IDLE;
  return SACRED_OK;
}

int sacred_fence_test(struct sacred_fence *f)
{
  if (!f->w->open)
    return wire_refuse(f->w, SACRED_ERR_CLOSED, WIRE_CLOSED, 0, 0);
  if (f->phase == FENCE_IDLE)
    return wire_refuse(f->w, SACRED_ERR_STATE, WIRE_NOT_BEGUN, f->epoch, 0);
  if (f->phase == FENCE_FLUSH) {
    int status = flush(f);
    if (status != SACRED_OK)
      return status;
  }
  return land(f);
}

int sacred_fence_wait(struct sacred_fence *f, uint64_t deadline)
{
  struct wire_wait wait = {0, deadline};
  int late = deadline == 0;
  if (f->w->open && f->phase == FENCE_IDLE) {
    int status = sacred_fence_start(f);
    if (status != SACRED_OK)
      return status;
  }
  /*@ loop invariant Inv && FenceValid(f) && f->epoch == said(O,ME) && (f->w->open != 0 ==> f->phase != FENCE_IDLE);
      loop invariant \at(f->phase,Pre) == FENCE_IDLE && f->w->open != 0 ==> \forall integer i; Pair(ME,i) ==> nput(ME,i,Mark) == Post{Pre}(ME,i);
      loop assigns W, late, wait.looks, f->next, f->phase, f->to[0 .. N - 1]; */
  for (;;) {
    int status = sacred_fence_test(f);
    //@ assert all: status == SACRED_OK ==> \forall integer i; Pair(ME,i) ==> nput(ME,i,Mark) <= deliv(ME,i);
    if (status != SACRED_AGAIN)
      return status;
    if (late)
      return SACRED_TIMEOUT;
    late = wire_relax(f->w, &wait);
  }
}

/* Is a flush of rank i wanted, or not back yet? */
/*@
  requires   valid:  Inv && FenceValid(f) && f->phase != FENCE_IDLE && Pair(ME,i);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    inv:    Inv;
  ensures    valid:  FenceValid(f);
  ensures    others: Rely{Pre,Here};
  ensures    back:   \result == 0 ==> f->to[i].got <= comp(ME,i);
*/
static int lacks(const struct sacred_fence *f, uint32_t i)
{
  if (f->phase == FENCE_FLUSH && i >= f->next && owes(f, i))
    return 1;
  return f->to[i].got != 0 && wire_completed(f->w, i) < f->to[i].got;
}

uint32_t sacred_fence_missing(const struct sacred_fence *f, uint32_t *ranks)
{
  uint32_t n = 0;
  if (!f->w->open || f->phase == FENCE_IDLE)
    return 0;
  /*@ loop invariant valid: Inv && FenceValid(f) && 0 <= n <= i <= N;
      loop invariant quiet: Rely{Pre,Here};
      loop invariant sound: \forall integer k; 0 <= k < n ==> ranks[k] < i && ranks[k] != ME;
      loop invariant order: \forall integer k, l; 0 <= k < l < n ==> ranks[k] < ranks[l];
      loop invariant all:   \forall integer j; 0 <= j < i && j != ME && comp(ME,j) < f->to[j].got ==>
        \exists integer k; 0 <= k < n && ranks[k] == j;
      loop assigns W, i, n, ranks[0 .. N - 1];
      loop variant N - i; */
  for (uint32_t i = 0; i < f->w->size; i++)
    if (i != f->w->rank && lacks(f, i))
      ranks[n++] = i;
  return n;
}
