/*
 * The dissemination barrier. In each slot of the schedule I signal to a rank
 * ahead of me in the ring, and hear of one as far behind; a signal of a later
 * round says that all have entered of whom its poster had heard before.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "dissemination.h"

int dissemination_arrive(struct dissemination *b)
{
  if (!b->w->open)
    return wire_refuse(b->w, SACRED_ERR_CLOSED, WIRE_CLOSED, 0, 0);
  if (b->phase != DISSEMINATION_IDLE)
    return wire_refuse(b->w, SACRED_ERR_STATE, WIRE_NOT_OVER, b->epoch, 0);
  if (b->epoch == UINT64_MAX)
    return wire_refuse(b->w, SACRED_ERR_RANGE, WIRE_USED_UP, b->epoch, UINT64_MAX);
  //@ ghost history_announce(b->epoch + 1);
  b->epoch++;
  b->told = 0;
  b->heard = 0;
  if (b->strength != SACRED_ARRIVE) {
    fence_begin(&b->fence);
    b->phase = DISSEMINATION_FLUSH;
    return SACRED_OK;
  }
  //@ ghost history_conclude(0, b->epoch);
  b->phase = DISSEMINATION_HEAR;
  return SACRED_OK;
}

/* Tell all that I may, by what I have heard, from where the last try stopped. */
/*@
  requires   valid:  Inv && DisseminationValid(b) && b->phase == DISSEMINATION_HEAR;
  terminates \true;
  exits      \false;
  assigns    W, b->told, b->fence.to[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  DisseminationValid(b);
  ensures    others: Quiet{Pre,Here};
  ensures    status: WaitStatus(\result);
  ensures    told:   \result == SACRED_OK ==> \forall integer s; Slot(s) && First(s) <= b->heard ==> s < b->told;
  ensures    next:   \result == SACRED_OK ==> b->told == SLOTS || b->heard < First(b->told);
  ensures    kept:   \old(b->told) <= b->told;
*/
static int tell(struct dissemination *b)
{
  /*@ loop invariant inv:   Inv;
      loop invariant valid: DisseminationValid(b) && b->phase == DISSEMINATION_HEAR && \at(b->told,Pre) <= b->told;
      loop invariant quiet: Quiet{Pre,Here};
      loop assigns W, b->told, b->fence.to[0 .. N - 1];
      loop variant SLOTS - b->told; */
  while (b->told < b->slots && b->first[b->told] <= b->heard) {
    uint32_t left = b->w->size - b->distance[b->told]; // until the ring is round
    uint32_t i = b->w->rank < left ? b->w->rank + b->distance[b->told] : b->w->rank - left;
    //@ assert peer: Pair(ME,i) && Peer(b->told,ME,i);
    /*
     * ORDER heard-then-told.  Posted once all slots before this round are heard:
     * the acquire loads of hear() are before it in program order, so who hears this
     * knows what I knew. Pairs with the acquire load in hear() at rank i. Without
     * it a rank could leave before one that I had not heard of has entered
     * (theorem dissemination_nobody_early).
     */
    if (wire_signal(b->w, i, &b->rows, WIRE_LINE * (uint64_t)b->told, b->epoch) != SACRED_OK)
      return wire_health(b->w);
    //@ assert told: \forall integer s, c; Slot(s) && Pair(ME,c) && Peer(s,ME,c) ==> pub(O,Line(s),ME,c) == (b->told < s ? b->epoch - 1 : b->epoch);
    if (b->strength != SACRED_ARRIVE)
      fence_spare(&b->fence, i);
    b->told++;
  }
  return SACRED_OK;
}

/* Everybody is heard of: the epoch is over. */
/*@
  requires   valid:  Inv && DisseminationValid(b) && b->phase == DISSEMINATION_HEAR && b->heard == SLOTS && b->told == SLOTS;
  terminates \true;
  exits      \false;
  assigns    b->phase;
  ensures    valid:  Inv && DisseminationValid(b) && b->phase == DISSEMINATION_IDLE;
  ensures    ok:     \result == SACRED_OK;
  ensures    all:    AllIn(b->epoch);
  ensures    ahead:  OneAhead(b->epoch);
  ensures    full:   Everywhere(b->epoch);
*/
static int leave(struct dissemination *b)
{
  //@ assert some:  1 <= b->epoch;
  //@ assert known: \forall integer j; Node(j) ==> b->epoch <= done(O,j,0);
  //@ assert mine:  \forall integer j; Node(j) ==> done(O,j,SLOTS) <= done(O,ME,0);
  //@ assert ready: FULL != 0 ==> \forall integer j; Node(j) ==> Ready(j,b->epoch);
  b->phase = DISSEMINATION_IDLE;
  return SACRED_OK;
}

/* Who signals to me in slot s. */
/*@
  requires   valid:  CtxW(b->w) && Table(b) && \valid_read(b) && Slot(s);
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    peer:   Pair(\result,ME) && Peer(s,\result,ME);
*/
static uint32_t from(const struct dissemination *b, uint32_t s)
{
  uint32_t d = b->distance[s];
  return d <= b->w->rank ? b->w->rank - d : b->w->rank + (b->w->size - d);
}

/* Hear, and pass on, from where the last look stopped. */
/*@
  requires   valid:  Inv && DisseminationValid(b) && b->phase == DISSEMINATION_HEAR;
  terminates \true;
  exits      \false;
  assigns    W, b->told, b->heard, b->phase, b->fence.to[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  DisseminationValid(b);
  ensures    said:   SSaid{Pre,Here}(ME);
  ensures    status: WaitStatus(\result);
  ensures    all:    \result == SACRED_OK ==> b->phase == DISSEMINATION_IDLE && AllIn(b->epoch);
  ensures    ahead:  \result == SACRED_OK ==> OneAhead(b->epoch);
  ensures    full:   \result == SACRED_OK ==> Everywhere(b->epoch);
  ensures    kept:   \result != SACRED_OK ==> b->phase == DISSEMINATION_HEAR && \old(b->told) <= b->told && \old(b->heard) <= b->heard;
*/
static int hear(struct dissemination *b)
{
  /*@ loop invariant inv:   Inv;
      loop invariant valid: DisseminationValid(b) && b->phase == DISSEMINATION_HEAR && \at(b->told,Pre) <= b->told && \at(b->heard,Pre) <= b->heard;
      loop invariant said:  SSaid{Pre,Here}(ME);
      loop assigns W, b->told, b->heard, b->fence.to[0 .. N - 1];
      loop variant SLOTS - b->heard; */
  for (;;) {
    int status = tell(b);
    if (status != SACRED_OK)
      return status;
    if (b->heard == b->slots)
      return leave(b);
    /*
     * ORDER data-after-epoch.  An acquire load: what is read or posted after it is
     * as new.  Pairs with the post in tell(); theorems dissemination_nobody_early and
     * dissemination_full fail without it.
     */
    if (!wire_reached(b->w, &b->rows, WIRE_LINE * (uint64_t)b->heard, from(b, b->heard), b->epoch))
      return wire_health(b->w);
    //@ ghost history_conclude(b->heard + 1, b->epoch);
    //@ assert fence: FenceValid(&b->fence);
    //@ assert done: \forall integer x; 0 <= x <= SLOTS ==> done(O,ME,x) == (b->heard + 1 < x ? b->epoch - 1 : b->epoch);
    b->heard++;
  }
}

int dissemination_test(struct dissemination *b)
{
  if (!b->w->open)
    return wire_refuse(b->w, SACRED_ERR_CLOSED, WIRE_CLOSED, 0, 0);
  if (b->phase == DISSEMINATION_IDLE)
    return wire_refuse(b->w, SACRED_ERR_STATE, WIRE_NOT_BEGUN, b->epoch, 0);
  if (b->phase == DISSEMINATION_FLUSH) {
    /*
     * ORDER epoch-after-flush.  A get behind every put has returned before the
     * first signal is posted, so the puts are placed (rule nrR: wbR empty).
     * Pairs with nothing: whoever hears of me, directly or not, hears after it.
     * Without it a rank that hears of me from others could leave while my put
     * to it is in flight (theorem dissemination_full).
     */
    int status = sacred_fence_test(&b->fence);
    if (status != SACRED_OK)
      return status;
    //@ assert ready: Ready(ME,b->epoch);
    //@ ghost history_conclude(0, b->epoch);
    b->phase = DISSEMINATION_HEAR;
  }
  return hear(b);
}

int dissemination_wait(struct dissemination *b, uint64_t deadline)
{
  struct wire_wait wait = {0, deadline};
  int late = deadline == 0;
  if (b->w->open && b->phase == DISSEMINATION_IDLE) {
    int status = dissemination_arrive(b);
    if (status != SACRED_OK)
      return status;
  }
  /*@ loop invariant Inv && DisseminationValid(b) && (b->w->open != 0 ==> b->phase != DISSEMINATION_IDLE);
      loop invariant b->w->open != 0 ==> b->epoch == \at(b->epoch,Pre) + (\at(b->phase,Pre) == DISSEMINATION_IDLE ? 1 : 0);
      loop assigns W, late, wait.looks, b->told, b->heard, b->phase, b->fence.next, b->fence.phase, b->fence.to[0 .. N - 1]; */
  for (;;) {
    int status = dissemination_test(b);
    if (status != SACRED_AGAIN)
      return status;
    if (late)
      return SACRED_TIMEOUT;
    late = wire_relax(b->w, &wait);
  }
}

/* How far is rank q behind rank j? */
/*@
  requires   ranks:  0 <= q < n && 0 <= j < n;
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    ring:   \result == (q <= j ? j - q : j + n - q) && \result < n;
*/
static uint32_t behind(uint32_t q, uint32_t j, uint32_t n)
{
  return q <= j ? j - q : j + (n - q);
}

/* Is the signal of slot s here, and speaks of rank q? */
/*@
  requires   valid:  Inv && DisseminationValid(b) && b->phase != DISSEMINATION_IDLE && Pair(q,ME) && Slot(s);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    inv:    Inv;
  ensures    valid:  DisseminationValid(b);
  ensures    others: Rely{Pre,Here};
  ensures    heard:  \result != 0 ==> b->epoch <= said(O,q);
  ensures    lacks:  \result == 0 && Covers(s,q) ==> !Heard{Pre}(s,b->epoch);
*/
static int speaks(const struct dissemination *b, uint32_t s, uint32_t q)
{
  uint32_t j = from(b, s);
  if (behind(q, j, b->w->size) >= b->distance[b->first[s]])
    return 0;
  //@ assert peer: Pair(j,ME) && Peer(s,j,ME) && Covers(s,q);
  uint64_t v = wire_load(b->w, &b->rows, WIRE_LINE * (uint64_t)s, j);
  //@ assert valid: DisseminationValid(b);
  //@ assert told: v <= pub(O,Line(s),j,ME);
  //@ assert knew: v <= done(O,j,First(s));
  return v >= b->epoch;
}

/* Does no signal that is here speak of rank q? */
/*@
  requires   valid:  Inv && DisseminationValid(b) && b->phase != DISSEMINATION_IDLE && Pair(q,ME);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    inv:    Inv;
  ensures    valid:  DisseminationValid(b);
  ensures    others: Rely{Pre,Here};
  ensures    heard:  \result == 0 ==> b->epoch <= said(O,q);
  ensures    lacks:  \result != 0 ==> \forall integer s; Slot(s) && Covers(s,q) ==> !Heard{Pre}(s,b->epoch);
*/
static int lacks(const struct dissemination *b, uint32_t q)
{
  /*@ loop invariant inv:   Inv;
      loop invariant valid: DisseminationValid(b) && 0 <= s <= SLOTS;
      loop invariant quiet: Rely{Pre,Here};
      loop invariant none:  \forall integer c; 0 <= c < s && Covers(c,q) ==> !Heard{Pre}(c,b->epoch);
      loop assigns W, s;
      loop variant SLOTS - s; */
  for (uint32_t s = 0; s < b->slots; s++)
    if (speaks(b, s, q))
      return 0;
  return 1;
}

uint32_t dissemination_missing(const struct dissemination *b, uint32_t *ranks)
{
  uint32_t n = 0;
  if (!b->w->open || b->phase == DISSEMINATION_IDLE)
    return 0;
  /*@ loop invariant inv:   Inv && 0 <= n <= j <= N;
      loop invariant quiet: Rely{Pre,Here};
      loop invariant valid: DisseminationValid(b);
      loop invariant sound: \forall integer k, s; 0 <= k < n && Slot(s) && Covers(s,ranks[k]) ==> !Heard{Pre}(s,b->epoch);
      loop invariant order: \forall integer k, l; 0 <= k < l < n ==> ranks[k] < ranks[l];
      loop invariant below: \forall integer k; 0 <= k < n ==> ranks[k] < j;
      loop invariant all:   \forall integer i; 0 <= i < j && i != ME && said(O,i) < b->epoch ==> \exists integer k; 0 <= k < n && ranks[k] == i;
      loop assigns W, j, n, ranks[0 .. N - 1];
      loop variant N - j; */
  for (uint32_t j = 0; j < b->w->size; j++)
    if (j != b->w->rank && lacks(b, j))
      ranks[n++] = j;
  return n;
}
