/* The protocol of a barrier: a rank announces an epoch, tells it, and concludes it when it has heard of all. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ACSL_PROTOCOL_H
#define ACSL_PROTOCOL_H
#include "world.h"
#ifdef __FRAMAC__
/*@
  axiomatic Strength { logic integer FULL; } // any: is it a barrier of full strength

  predicate Block(integer b, integer h) = b == 0 && h == 8;
  predicate Signal(integer b) = \true;
  predicate Data(integer a) = \false;
  predicate Lends = \false;
  predicate Byte(integer a) = \false;
  predicate Place(integer l, integer h, integer v) = \false;

  predicate BEpoch{L} = \forall integer j; Node(j) ==> 0 <= done(O,j,0) <= said(O,j) <= done(O,j,0) + 1 && said(O,j) <= UINT64_MAX;
  predicate BAll{L}   = \forall integer i, j; Node(i) && Node(j) ==> done(O,i,0) <= said(O,j);
  predicate BTold{L}  = \forall integer j, i; Pair(j,i) ==> pub(O,0,j,i) <= said(O,j);
  predicate BCell{L}  = \forall integer j, i; Pair(j,i) ==> cell(O,0,i,j) <= said(O,j);
  // the word that says v is posted after all that j had posted when it entered v
  predicate BWhen{L}  = \forall integer j, v; Node(j) && 1 <= v <= said(O,j) ==> 0 <= when(O,j,v) <= now(j);
  predicate BMark{L}  = \forall integer j, i, v; Pair(j,i) && 1 <= v <= pub(O,0,j,i) ==> nput(j,i,when(O,j,v)) <= at(O,0,j,i,v);
  // full: nobody tells an epoch before all that it had posted when it entered is placed, and all that it had stored is out
  predicate Ready{L}(integer j, integer v) = when(O,j,v) <= out(j) && \forall integer i; Pair(j,i) ==> Foreign(j,i,nput(j,i,when(O,j,v)));
  predicate BFull{L}  = FULL != 0 ==> \forall integer j, i, v; Pair(j,i) && 1 <= v <= pub(O,0,j,i) ==> Ready(j,v);
  predicate Protocol{L} = BEpoch{L} && BAll{L} && BTold{L} && BCell{L} && BWhen{L} && BMark{L} && BFull{L};

  predicate PostRule{L}(integer j, integer i, integer b, integer h, integer v) =
    pub(O,0,j,i) + 1 == v == said(O,j) && (FULL != 0 ==> Ready(j,v));
  predicate AnnounceRule{L}(integer j, integer v) = v == said(O,j) + 1 && done(O,j,0) == said(O,j);
  predicate ConcludeRule{L}(integer j, integer x, integer v) =
    x == 0 && v == said(O,j) && \forall integer i; Node(i) && i != j ==> v <= cell(O,0,j,i);
  // a rank waits for the epoch that it has entered, no more, and only once it has told everybody
  predicate AwaitRule{L}(integer b, integer j, integer v) =
    b == 0 && v == said(O,ME) && \forall integer i; Pair(ME,i) ==> pub(O,0,ME,i) == v;
*/
#include "object.h"
/*@
  lemma init{L}: Zero{L} ==> Protocol{L};
*/
#define KEEP_PROTOCOL \
  ensures BEpoch: BEpoch; ensures BAll: BAll; ensures BTold: BTold; ensures BCell: BCell; \
  ensures BWhen: BWhen; ensures BMark: BMark; ensures BFull: BFull;
#endif
#endif
