/*
 * The all-to-all barrier: I tell everybody my epoch, and hear of everybody's.
 * Every rank's word of a shared state table counts the epochs it has entered.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "barrier.h"

int barrier_arrive(struct barrier *b)
{
  if (!b->w->open)
    return wire_refuse(b->w, SACRED_ERR_CLOSED, WIRE_CLOSED, 0, 0);
  if (b->phase != BARRIER_IDLE)
    return wire_refuse(b->w, SACRED_ERR_STATE, WIRE_NOT_OVER, b->epoch, 0);
  if (b->epoch == UINT64_MAX)
    return wire_refuse(b->w, SACRED_ERR_RANGE, WIRE_USED_UP, b->epoch, UINT64_MAX);
  //@ ghost history_announce(b->epoch + 1);
  b->epoch++;
  b->next = 0;
  b->phase = BARRIER_TELL;
  if (b->strength == SACRED_FULL) {
    fence_begin(&b->fence);
    b->phase = BARRIER_FLUSH;
  }
  return SACRED_OK;
}

/* Tell every rank my epoch, from where the last try stopped. */
/*@
  requires   valid:  Inv && BarrierValid(b) && b->phase == BARRIER_TELL;
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->phase, b->fence.to[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  BarrierValid(b);
  ensures    others: Quiet{Pre,Here};
  ensures    status: WaitStatus(\result);
  ensures    over:   \result == SACRED_OK ==> b->phase == BARRIER_HEAR;
  ensures    kept:   \result != SACRED_OK ==> b->phase == BARRIER_TELL && \old(b->next) <= b->next;
*/
static int tell(struct barrier *b)
{
  /*@ loop invariant inv:   Inv;
      loop invariant valid: BarrierValid(b) && b->phase == BARRIER_TELL && \at(b->next,Pre) <= b->next;
      loop invariant quiet: Quiet{Pre,Here};
      loop assigns W, b->next, b->fence.to[0 .. N - 1];
      loop variant N - b->next; */
  while (b->next < b->w->size) {
    if (b->next != b->w->rank) {
      /*
       * ORDER epoch-after-data.  Posted behind all that I had posted to this rank
       * when I entered, so placed behind it (rule nrW, in order).  Pairs with the
       * acquire load in hear().  Without it a rank could leave while what I had
       * posted to it is in flight (theorem barrier_inbound).
       */
      if (wire_signal(b->w, b->next, &b->rows, 0, b->epoch) != SACRED_OK)
        return wire_health(b->w);
      if (b->strength == SACRED_FULL)
        fence_spare(&b->fence, b->next);
    }
    b->next++;
  }
  b->next = 0;
  b->phase = BARRIER_HEAR;
  return SACRED_OK;
}

/* Everybody is heard of: the epoch is over. */
/*@
  requires   valid:  Inv && BarrierValid(b) && b->phase == BARRIER_HEAR && b->next == N;
  terminates \true;
  exits      \false;
  assigns    W, b->phase;
  ensures    inv:    Inv;
  ensures    valid:  BarrierValid(b) && b->phase == BARRIER_IDLE;
  ensures    others: Flow{Pre,Here} && SSaid{Pre,Here}(ME);
  ensures    ok:     \result == SACRED_OK;
  ensures    all:    AllIn(b->epoch);
  ensures    ahead:  OneAhead(b->epoch);
  ensures    inbound:Inbound(b->epoch);
  ensures    full:   Everywhere(b->epoch);
*/
static int leave(struct barrier *b)
{
  //@ ghost history_conclude(0, b->epoch);
  //@ assert some:  1 <= b->epoch;
  //@ assert told:  \forall integer j; Node(j) && j != ME ==> b->epoch <= pub(O,0,j,ME);
  //@ assert ready: FULL != 0 ==> \forall integer j; Node(j) && j != ME ==> Ready(j,b->epoch);
  //@ assert mine:  FULL != 0 ==> \forall integer i; Pair(ME,i) ==> Ready(ME,b->epoch);
  b->phase = BARRIER_IDLE;
  return SACRED_OK;
}

/* Hear of every rank, from where the last look stopped. */
/*@
  requires   valid:  Inv && BarrierValid(b) && b->phase == BARRIER_HEAR;
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->phase;
  ensures    inv:    Inv;
  ensures    valid:  BarrierValid(b);
  ensures    said:   SSaid{Pre,Here}(ME);
  ensures    status: WaitStatus(\result);
  ensures    all:    \result == SACRED_OK ==> b->phase == BARRIER_IDLE && AllIn(b->epoch);
  ensures    ahead:  \result == SACRED_OK ==> OneAhead(b->epoch);
  ensures    inbound:\result == SACRED_OK ==> Inbound(b->epoch);
  ensures    full:   \result == SACRED_OK ==> Everywhere(b->epoch);
  ensures    kept:   \result != SACRED_OK ==> b->phase == BARRIER_HEAR && \old(b->next) <= b->next;
*/
static int hear(struct barrier *b)
{
  /*@ loop invariant inv:   Inv;
      loop invariant valid: BarrierValid(b) && b->phase == BARRIER_HEAR && \at(b->next,Pre) <= b->next;
      loop invariant quiet: Quiet{Pre,Here};
      loop assigns W, b->next;
      loop variant N - b->next; */
  while (b->next < b->w->size) {
    /*
     * ORDER data-after-epoch.  An acquire load: what is read after it is as new.
     * Pairs with the post in tell(); the same theorem fails without it.
     */
    if (b->next != b->w->rank && !wire_reached(b->w, &b->rows, 0, b->next, b->epoch))
      return wire_health(b->w);
    b->next++;
  }
  return leave(b);
}

int barrier_test(struct barrier *b)
{
  if (!b->w->open)
    return wire_refuse(b->w, SACRED_ERR_CLOSED, WIRE_CLOSED, 0, 0);
  if (b->phase == BARRIER_IDLE)
    return wire_refuse(b->w, SACRED_ERR_STATE, WIRE_NOT_BEGUN, b->epoch, 0);
  if (b->phase == BARRIER_FLUSH) {
    /*
     * ORDER epoch-after-flush.  A get behind every put has returned before the
     * first signal is posted, so the puts are placed (rule nrR: wbR empty).
     * Without it a third rank could leave while my put is in flight
     * (theorem barrier_full).
     */
    int status = sacred_fence_test(&b->fence);
    if (status != SACRED_OK)
      return status;
    //@ assert ready: Ready(ME,b->epoch);
    b->phase = BARRIER_TELL;
  }
  if (b->phase == BARRIER_TELL) {
    int status = tell(b);
    if (status != SACRED_OK)
      return status;
  }
  return hear(b);
}

int barrier_wait(struct barrier *b, uint64_t deadline)
{
  struct wire_wait wait = {0, deadline};
  int late = deadline == 0;
  if (b->w->open && b->phase == BARRIER_IDLE) {
    int status = barrier_arrive(b);
    if (status != SACRED_OK)
      return status;
  }
  /*@ loop invariant Inv && BarrierValid(b) && (b->w->open != 0 ==> b->phase != BARRIER_IDLE);
      loop invariant b->w->open != 0 ==> b->epoch == \at(b->epoch,Pre) + (\at(b->phase,Pre) == BARRIER_IDLE ? 1 : 0);
      loop assigns W, late, wait.looks, b->next, b->phase, b->fence.next, b->fence.phase, b->fence.to[0 .. N - 1]; */
  for (;;) {
    int status = barrier_test(b);
    if (status != SACRED_AGAIN)
      return status;
    if (late)
      return SACRED_TIMEOUT;
    late = wire_relax(b->w, &wait);
  }
}

/* Is rank j not yet heard of? */
/*@
  requires   valid:  Inv && BarrierValid(b) && Pair(ME,j);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    inv:    Inv;
  ensures    valid:  BarrierValid(b);
  ensures    others: Rely{Pre,Here};
  ensures    heard:  \result == 0 ==> b->epoch <= cell(O,0,ME,j);
  ensures    lacks:  \result != 0 ==> cell{Pre}(O,0,ME,j) < b->epoch;
*/
static int lacks(const struct barrier *b, uint32_t j)
{
  return wire_load(b->w, &b->rows, 0, j) < b->epoch;
}

uint32_t barrier_missing(const struct barrier *b, uint32_t *ranks)
{
  uint32_t n = 0;
  if (!b->w->open || b->phase == BARRIER_IDLE)
    return 0;
  /*@ loop invariant inv:   Inv && 0 <= n <= j <= N;
      loop invariant quiet: Rely{Pre,Here};
      loop invariant valid: BarrierValid(b);
      loop invariant sound: \forall integer k; 0 <= k < n ==> ranks[k] < j && ranks[k] != ME && cell{Pre}(O,0,ME,ranks[k]) < b->epoch;
      loop invariant order: \forall integer k, l; 0 <= k < l < n ==> ranks[k] < ranks[l];
      loop invariant all:   \forall integer i; 0 <= i < j && i != ME && cell(O,0,ME,i) < b->epoch ==> \exists integer k; 0 <= k < n && ranks[k] == i;
      loop assigns W, j, n, ranks[0 .. N - 1];
      loop variant N - j; */
  for (uint32_t j = 0; j < b->w->size; j++)
    if (j != b->w->rank && lacks(b, j))
      ranks[n++] = j;
  return n;
}
