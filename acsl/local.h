/* The protocol of a barrier of hosts: the ranks of a host meet, its first rank crosses to the others', and lets its host go. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * done(O,j,0) is the epoch that j has come to: it has entered it and, where that is
 * asked for, flushed. done(O,j,1): of which it has heard that all ranks of its host have come.
 * done(O,j,2), of a first rank: of which it has heard that all hosts have met. done(O,j,3):
 * the one that it has left. Nothing is posted here: the meeting, the crossing and the
 * letting go are objects of other groups, with theorems of their own (primitives/inner.h).
 */
#ifndef ACSL_PROTOCOL_H
#define ACSL_PROTOCOL_H
#include "world.h"
#ifdef __FRAMAC__
/*@
  axiomatic Strength { logic integer FULL; } // any: does it flush before it meets

  // any way to have ranks on hosts: hosts_first() is proved to make First of what they say
  axiomatic Hosts {
    logic integer First(integer j); // the first rank of j's host
    axiom hosts: \forall integer j; Node(j) ==> 0 <= First(j) <= j && First(First(j)) == First(j);
  }
  predicate Same(integer j, integer i) = Node(j) && Node(i) && First(j) == First(i);
  predicate Lead(integer j) = Node(j) && First(j) == j;

  predicate Block(integer b, integer h) = \false;
  predicate Signal(integer b) = \false;
  predicate Data(integer a) = \false;
  predicate Lends = \false;
  predicate Byte(integer a) = \false;
  predicate Place(integer l, integer h, integer v) = \false;
  predicate Ready{L}(integer j, integer v) = when(O,j,v) <= out(j) && \forall integer i; Pair(j,i) ==> Foreign(j,i,nput(j,i,when(O,j,v)));

  predicate LDone{L}  = \forall integer j; Node(j) ==> 0 <= done(O,j,3) <= done(O,j,1) <= done(O,j,0) && 0 <= done(O,j,2) <= done(O,j,1);
  predicate LEpoch{L} = \forall integer j; Node(j) ==> done(O,j,0) <= said(O,j) <= done(O,j,3) + 1 && said(O,j) <= UINT64_MAX;
  predicate LMet{L}   = \forall integer j, i; Same(j,i) ==> done(O,j,1) <= done(O,i,0);
  predicate LCross{L} = \forall integer j, i; Lead(j) && Lead(i) ==> done(O,j,2) <= done(O,i,1);
  predicate LOver{L}  = \forall integer j; Node(j) ==> done(O,j,3) <= done(O,First(j),2);
  predicate LWhen{L}  = \forall integer j, v; Node(j) && 1 <= v <= said(O,j) ==> 0 <= when(O,j,v) <= now(j);
  predicate LFull{L}  = FULL != 0 ==> \forall integer j, v; Node(j) && 1 <= v <= done(O,j,0) ==> Ready(j,v);
  predicate Protocol{L} = LDone{L} && LEpoch{L} && LMet{L} && LCross{L} && LOver{L} && LWhen{L} && LFull{L};

  predicate PostRule{L}(integer j, integer i, integer b, integer h, integer v) = \false;
  predicate AnnounceRule{L}(integer j, integer v) = v == said(O,j) + 1 && done(O,j,3) == said(O,j);
  predicate ConcludeRule{L}(integer j, integer x, integer v) = v == said(O,j) &&
    (x == 0 && (FULL != 0 ==> Ready(j,v)) ||
     x == 1 && (\forall integer i; Same(j,i) ==> v <= done(O,i,0)) ||
     x == 2 && Lead(j) && v <= done(O,j,1) && (\forall integer i; Lead(i) ==> v <= done(O,i,1)) ||
     x == 3 && v <= done(O,j,1) && v <= done(O,First(j),2));
  predicate AwaitRule{L}(integer b, integer j, integer v) = \false;
*/
#include "object.h"
/*@
  lemma init{L}: Zero{L} ==> Protocol{L};
*/
#define KEEP_PROTOCOL \
  ensures LDone: LDone; ensures LEpoch: LEpoch; ensures LMet: LMet; ensures LCross: LCross; \
  ensures LOver: LOver; ensures LWhen: LWhen; ensures LFull: LFull;
#endif
#endif
