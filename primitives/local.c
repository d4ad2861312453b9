/*
 * The barrier of hosts. All ranks of a host meet in memory that they share; its
 * first rank then meets the first ranks of the other hosts, and lets its own host go.
 * Each of the three is an object that is proved by itself: what is here is the order
 * in which they are passed.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "local.h"

int local_arrive(struct local *b)
{
  if (!b->w->open)
    return wire_refuse(b->w, SACRED_ERR_CLOSED, WIRE_CLOSED, 0, 0);
  if (b->phase != LOCAL_IDLE)
    return wire_refuse(b->w, SACRED_ERR_STATE, WIRE_NOT_OVER, b->epoch, 0);
  if (b->epoch == UINT64_MAX)
    return wire_refuse(b->w, SACRED_ERR_RANGE, WIRE_USED_UP, b->epoch, UINT64_MAX);
  //@ ghost history_announce(b->epoch + 1);
  b->epoch++;
  if (b->strength != SACRED_ARRIVE) {
    fence_begin(&b->fence);
    b->phase = LOCAL_FLUSH;
    return SACRED_OK;
  }
  //@ ghost history_conclude(0, b->epoch);
  b->phase = LOCAL_MEET;
  return SACRED_OK;
}

/* Meet the ranks of my host. */
/*@
  requires   valid:  Inv && LocalValid(b) && b->phase == LOCAL_MEET;
  terminates \true;
  exits      \false;
  assigns    W, b->phase, b->inner.met, b->inner.meeting;
  ensures    inv:    Inv;
  ensures    valid:  LocalValid(b);
  ensures    said:   SSaid{Pre,Here}(ME);
  ensures    status: WaitStatus(\result);
  ensures    over:   \result == SACRED_OK ==> b->phase == LOCAL_CROSS || b->phase == LOCAL_FOLLOW;
  ensures    kept:   \result != SACRED_OK ==> b->phase == LOCAL_MEET;
*/
static int meet(struct local *b)
{
  /*
   * ORDER flush-then-meet.  I come to my host's barrier once I have flushed: the phases
   * are in this order, and what is posted and loaded for one is before what is for the
   * next.  Pairs with cross-then-let: between the two is all that happens elsewhere.  Without it
   * somebody could leave while my put is in flight (theorem local_full).
   */
  if (inner_meet(&b->inner) != SACRED_OK)
    return wire_health(b->w);
  //@ ghost history_conclude(1, b->epoch);
  b->phase = b->first[b->w->rank] == b->w->rank ? LOCAL_CROSS : LOCAL_FOLLOW;
  return SACRED_OK;
}

/* Meet the first ranks of the other hosts. */
/*@
  requires   valid:  Inv && LocalValid(b) && b->phase == LOCAL_CROSS;
  terminates \true;
  exits      \false;
  assigns    W, b->phase, b->inner.crossed, b->inner.crossing, b->inner.next;
  ensures    inv:    Inv;
  ensures    valid:  LocalValid(b);
  ensures    said:   SSaid{Pre,Here}(ME);
  ensures    status: WaitStatus(\result);
  ensures    over:   \result == SACRED_OK ==> b->phase == LOCAL_LEAD;
  ensures    kept:   \result != SACRED_OK ==> b->phase == LOCAL_CROSS;
*/
static int cross(struct local *b)
{
  if (inner_cross(&b->inner) != SACRED_OK)
    return wire_health(b->w);
  //@ ghost history_conclude(2, b->epoch);
  b->inner.next = 1;
  b->phase = LOCAL_LEAD;
  return SACRED_OK;
}

/* Everybody has entered: the epoch is over. */
/*@
  requires   valid:  Inv && LocalValid(b);
  requires   let:    b->phase == LOCAL_LEAD && b->inner.next == b->inner.size || b->phase == LOCAL_FOLLOW && b->epoch <= done(O,First(ME),2);
  terminates \true;
  exits      \false;
  assigns    W, b->phase;
  ensures    inv:    Inv;
  ensures    valid:  LocalValid(b) && b->phase == LOCAL_IDLE;
  ensures    said:   SSaid{Pre,Here}(ME);
  ensures    ok:     \result == SACRED_OK;
  ensures    all:    AllIn(b->epoch);
  ensures    ahead:  OneAhead(b->epoch);
  ensures    full:   Everywhere(b->epoch);
*/
static int leave(struct local *b)
{
  //@ ghost history_conclude(3, b->epoch);
  //@ assert lead:  Lead(First(ME)) && b->epoch <= done(O,First(ME),2);
  //@ assert met:   \forall integer h; Lead(h) ==> b->epoch <= done(O,h,1);
  //@ assert came:  \forall integer j; Node(j) ==> Lead(First(j)) && Same(First(j),j) && b->epoch <= done(O,j,0);
  //@ assert back:  \forall integer j; Node(j) ==> done(O,j,3) <= done(O,First(j),2) <= done(O,First(ME),1) <= done(O,ME,0);
  //@ assert ready: FULL != 0 && N > 1 ==> \forall integer j; Node(j) ==> Ready(j,b->epoch);
  b->phase = LOCAL_IDLE;
  return SACRED_OK;
}

/* Let the ranks of my host go, from where the last try stopped; or be let go. */
/*@
  requires   valid:  Inv && LocalValid(b) && (b->phase == LOCAL_LEAD || b->phase == LOCAL_FOLLOW);
  terminates \true;
  exits      \false;
  assigns    W, b->phase, b->inner.next;
  ensures    inv:    Inv;
  ensures    valid:  LocalValid(b);
  ensures    said:   SSaid{Pre,Here}(ME);
  ensures    status: WaitStatus(\result);
  ensures    over:   \result == SACRED_OK ==> b->phase == LOCAL_IDLE && AllIn(b->epoch);
  ensures    ahead:  \result == SACRED_OK ==> OneAhead(b->epoch);
  ensures    full:   \result == SACRED_OK ==> Everywhere(b->epoch);
  ensures    kept:   \result != SACRED_OK ==> b->phase == \old(b->phase) && \old(b->inner.next) <= b->inner.next;
*/
static int finish(struct local *b)
{
  if (b->phase == LOCAL_FOLLOW)
    return inner_let(&b->inner, b->epoch) == SACRED_OK ? leave(b) : wire_health(b->w);
  /*@ loop invariant inv:   Inv;
      loop invariant valid: LocalValid(b) && b->phase == LOCAL_LEAD && \at(b->inner.next,Pre) <= b->inner.next;
      loop invariant said:  SSaid{Pre,Here}(ME);
      loop assigns W, b->inner.next;
      loop variant b->inner.size - b->inner.next; */
  while (b->inner.next < b->inner.size) {
    /*
     * ORDER cross-then-let.  Raised once the crossing is over: its last load is
     * before this in program order.  Pairs with flush-then-meet.  Without it a rank of
     * my host could leave before another host has come (theorem local_nobody_early).
     */
    if (inner_let_go(&b->inner, b->epoch) != SACRED_OK)
      return wire_health(b->w);
  }
  return leave(b);
}

int local_test(struct local *b)
{
  int status;
  if (!b->w->open)
    return wire_refuse(b->w, SACRED_ERR_CLOSED, WIRE_CLOSED, 0, 0);
  if (b->phase == LOCAL_IDLE)
    return wire_refuse(b->w, SACRED_ERR_STATE, WIRE_NOT_BEGUN, b->epoch, 0);
  if (b->phase == LOCAL_FLUSH) {
    /*
     * ORDER epoch-after-flush.  A get behind every put has returned before I come to my
     * host's barrier, so the puts are placed (rule nrR: wbR empty), at every rank, and
     * not only at those that I meet.  Without it a rank that hears of me from others
     * could leave while my put to it is in flight (theorem local_full).
     */
    status = sacred_fence_test(&b->fence);
    if (status != SACRED_OK)
      return status;
    //@ assert ready: Ready(ME,b->epoch);
    //@ ghost history_conclude(0, b->epoch);
    b->phase = LOCAL_MEET;
  }
  if (b->phase == LOCAL_MEET) {
    status = meet(b);
    if (status != SACRED_OK)
      return status;
  }
  if (b->phase == LOCAL_CROSS) {
    status = cross(b);
    if (status != SACRED_OK)
      return status;
  }
  return finish(b);
}

int local_wait(struct local *b, uint64_t deadline)
{
  struct wire_wait wait = {0, deadline};
  int late = deadline == 0;
  if (b->w->open && b->phase == LOCAL_IDLE) {
    int status = local_arrive(b);
    if (status != SACRED_OK)
      return status;
  }
  /*@ loop invariant Inv && LocalValid(b) && (b->w->open != 0 ==> b->phase != LOCAL_IDLE);
      loop invariant b->w->open != 0 ==> b->epoch == \at(b->epoch,Pre) + (\at(b->phase,Pre) == LOCAL_IDLE ? 1 : 0);
      loop assigns W, late, wait.looks, b->phase, b->inner.met, b->inner.meeting, b->inner.crossed, b->inner.crossing, b->inner.next,
                   b->fence.next, b->fence.phase, b->fence.to[0 .. N - 1]; */
  for (;;) {
    int status = local_test(b);
    if (status != SACRED_AGAIN)
      return status;
    if (late)
      return SACRED_TIMEOUT;
    late = wire_relax(b->w, &wait);
  }
}

/* Do I not know that rank j has entered? */
/*@
  requires   valid:  Inv && LocalValid(b) && b->phase != LOCAL_IDLE && Pair(j,ME);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    inv:    Inv;
  ensures    valid:  LocalValid(b);
  ensures    others: Rely{Pre,Here};
  ensures    known:  \result == 0 ==> b->epoch <= said(O,j);
  ensures    lead:   b->phase == LOCAL_LEAD ==> \result == 0;
  ensures    host:   \result != 0 && Same(ME,j) ==> b->phase == LOCAL_FLUSH || b->phase == LOCAL_MEET;
*/
static int lacks(const struct local *b, uint32_t j)
{
  //@ assert lead: Lead(First(j)) && Same(First(j),j) && Lead(First(ME));
  //@ assert met: Same(ME,j) && b->phase != LOCAL_FLUSH && b->phase != LOCAL_MEET ==> b->epoch <= done(O,j,0) <= said(O,j);
  if (b->first[j] == b->first[b->w->rank])
    return b->phase == LOCAL_FLUSH || (b->phase == LOCAL_MEET && inner_lacks(&b->inner, j));
  if (b->phase == LOCAL_CROSS)
    return inner_lacks_host(&b->inner, b->first[j]);
  //@ assert over: b->phase == LOCAL_LEAD ==> b->epoch <= done(O,First(j),1) <= done(O,j,0) <= said(O,j);
  return b->phase != LOCAL_LEAD;
}

uint32_t local_missing(const struct local *b, uint32_t *ranks)
{
  uint32_t n = 0;
  if (!b->w->open || b->phase == LOCAL_IDLE)
    return 0;
  /*@ loop invariant inv:   Inv && 0 <= n <= j <= N;
      loop invariant quiet: Rely{Pre,Here};
      loop invariant valid: LocalValid(b);
      loop invariant sound: \forall integer k; 0 <= k < n ==> ranks[k] < j && ranks[k] != ME && b->phase != LOCAL_LEAD &&
                              (Same(ME,ranks[k]) ==> b->phase == LOCAL_FLUSH || b->phase == LOCAL_MEET);
      loop invariant order: \forall integer k, l; 0 <= k < l < n ==> ranks[k] < ranks[l];
      loop invariant all:   \forall integer i; 0 <= i < j && i != ME && said(O,i) < b->epoch ==> \exists integer k; 0 <= k < n && ranks[k] == i;
      loop assigns W, j, n, ranks[0 .. N - 1];
      loop variant N - j; */
  for (uint32_t j = 0; j < b->w->size; j++)
    if (j != b->w->rank && lacks(b, j))
      ranks[n++] = j;
  return n;
}
