/* The protocol of a dissemination barrier: a rank signals onward what it has heard, slot by slot. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * done(O,j,0) is the epoch that j may tell of: it has entered it and, where that
 * is asked for, flushed. done(O,j,s) is the epoch of which j has heard all slots before s,
 * so done(O,j,SLOTS) is the one that it has left. Slot s is a line of its own, at Line(s).
 */
#ifndef ACSL_PROTOCOL_H
#define ACSL_PROTOCOL_H
#include "world.h"
#ifdef __FRAMAC__
/*@
  axiomatic Strength { logic integer FULL; } // any: does it flush before it tells

  // any schedule that obeys what primitives/schedule.h says of one; schedule_make() proves that there is one for each N
  axiomatic Slots {
    logic integer SLOTS;
    logic integer Dist(integer s);
    logic integer First(integer s);
    axiom slots: 0 <= SLOTS < N;
    axiom dist:  Dist(0) == 1 && Dist(SLOTS) == N && \forall integer s; 0 <= s < SLOTS ==> 1 <= Dist(s) < N;
    axiom round: \forall integer s; 0 <= s < SLOTS ==> 0 <= First(s) <= s && Dist(s + 1) <= Dist(s) + Dist(First(s));
    axiom turns: \forall integer c, s; 0 <= c <= s < SLOTS ==> First(c) <= First(s);
  }
  // where a slot is, and which slot is there
  axiomatic Lines {
    logic integer Line(integer s);
    logic integer SlotOf(integer b);
    axiom line:  \forall integer s; 0 <= s ==> Line(s) == 64 * s && SlotOf(Line(s)) == s;
  }
  predicate Slot(integer s) = 0 <= s < SLOTS;

  // the ring: how far q is behind j
  logic integer Behind(integer q, integer j) = q <= j ? j - q : j + N - q;
  // who signals to i in slot s
  logic integer From(integer s, integer i) = Dist(s) <= i ? i - Dist(s) : i + N - Dist(s);
  predicate Peer(integer s, integer j, integer i) = j == From(s,i);

  predicate Block(integer b, integer h) = Slot(SlotOf(b)) && b == Line(SlotOf(b)) && h == b + 8;
  predicate Signal(integer b) = \true;
  predicate Data(integer a) = \false;
  predicate Lends = \false;
  predicate Byte(integer a) = \false;
  predicate Place(integer l, integer h, integer v) = \false;

  predicate DDone{L}  = \forall integer j, x, y; Node(j) && 0 <= x <= y <= SLOTS ==> 0 <= done(O,j,y) <= done(O,j,x);
  predicate DEpoch{L} = \forall integer j; Node(j) ==> done(O,j,0) <= said(O,j) <= done(O,j,SLOTS) + 1 && said(O,j) <= UINT64_MAX;
  // one rank writes a slot of mine, and tells of what it had heard before that round
  predicate DTold{L}  = \forall integer j, i, s; Pair(j,i) && Slot(s) ==>
     pub(O,Line(s),j,i) <= done(O,j,First(s)) && (1 <= pub(O,Line(s),j,i) ==> Peer(s,j,i));
  predicate DCell{L}  = \forall integer j, i, s; Pair(j,i) && Slot(s) ==> cell(O,Line(s),i,j) <= pub(O,Line(s),j,i);
  // who has heard all slots before s knows of all that are less than Dist(s) behind it
  predicate DKnow{L}  = \forall integer j, q, s; Node(j) && Node(q) && 0 <= s <= SLOTS && Behind(q,j) < Dist(s) ==>
     done(O,j,s) <= done(O,q,0);
  predicate DWhen{L}  = \forall integer j, v; Node(j) && 1 <= v <= said(O,j) ==> 0 <= when(O,j,v) <= now(j);
  predicate Ready{L}(integer j, integer v) = when(O,j,v) <= out(j) && \forall integer i; Pair(j,i) ==> Foreign(j,i,nput(j,i,when(O,j,v)));
  predicate DFull{L}  = FULL != 0 ==> \forall integer j, v; Node(j) && 1 <= v <= done(O,j,0) ==> Ready(j,v);
  predicate Protocol{L} = DDone{L} && DEpoch{L} && DTold{L} && DCell{L} && DKnow{L} && DWhen{L} && DFull{L};

  predicate PostRule{L}(integer j, integer i, integer b, integer h, integer v) =
    Peer(SlotOf(b),j,i) && pub(O,b,j,i) + 1 == v == said(O,j) && v == done(O,j,First(SlotOf(b)));
  predicate AnnounceRule{L}(integer j, integer v) = v == said(O,j) + 1 && done(O,j,SLOTS) == said(O,j);
  predicate ConcludeRule{L}(integer j, integer x, integer v) = v == said(O,j) &&
    (x == 0 && (FULL != 0 ==> Ready(j,v)) ||
     1 <= x <= SLOTS && v == done(O,j,x - 1) && v <= cell(O,Line(x - 1),j,From(x - 1,j)));
  // a rank waits for the slot that it is to hear next, of its one peer there, and once it has told all that it may
  predicate AwaitRule{L}(integer b, integer j, integer v) = v == said(O,ME) && v == done(O,ME,SlotOf(b)) && Peer(SlotOf(b),j,ME) &&
    \forall integer s, i; Slot(s) && First(s) <= SlotOf(b) && Pair(ME,i) && Peer(s,ME,i) ==> pub(O,Line(s),ME,i) == v;
*/
#include "object.h"
/*@
  lemma init{L}: Zero{L} ==> Protocol{L};
*/
#define KEEP_PROTOCOL \
  ensures DDone: DDone; ensures DEpoch: DEpoch; ensures DTold: DTold; ensures DCell: DCell; \
  ensures DKnow: DKnow; ensures DWhen: DWhen; ensures DFull: DFull;
#endif
#endif
