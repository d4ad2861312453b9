/* What every object of the library keeps: numbers that grow, blocks of its rows, sources that wait for the NIC. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Included by a protocol, which has defined Block(lo,hi): what a put may carry;
 * Signal(b): which of them are inline words; Data(a): which units are in the others;
 * Lends: whether these are lent, see wire_lend(); Byte(a): which of them are single bytes; Place(lo,hi,v): where a row keeps number v;
 * Protocol: what it keeps besides; and its rules: when a rank may post, announce, conclude
 * and await, beyond what is asked of every object.
 */
#ifndef ACSL_OBJECT_H
#define ACSL_OBJECT_H
#ifdef __FRAMAC__
/* Proved for every protocol, assumed where any will do (acsl/any.h). */
#ifndef LAW
#define LAW lemma
#endif
/*@
  axiomatic Laws {
    // a block has an end; blocks that share a unit begin with the same; a signal is no data; a part of a place is a place
    LAW ends:  \forall integer b, h; Block(b,h) ==> 0 <= b < h <= UINT64_MAX;
    LAW apart: \forall integer b, c, g, h; Block(b,h) && Block(c,g) && b < g && c < h ==> b == c;
    LAW plain: \forall integer a, b, h; Block(b,h) && Signal(b) && b <= a < h ==> !Data(a);
    LAW shrink:\forall integer l, h, m, n, v; Place(l,h,v) && l <= m && n <= h ==> Place(m,n,v);
  }

*/
/* Where an object's own proof needs no more of an invariant than that it holds (SEALED), it is left closed. */
#ifdef SEALED
/*@
  axiomatic Sealed { predicate Object{L} reads W; }
*/
#else
/*@
  predicate OShape{L} = \forall integer j, i, k; Pair(j,i) && Entry(j,i,k) ==>
     Block(lo(j,i,k), hi(j,i,k)) && (Signal(lo(j,i,k)) <==> inl(j,i,k) != 0)
     && 1 <= num(j,i,k) <= pub(O,lo(j,i,k),j,i) && at(O,lo(j,i,k),j,i,num(j,i,k)) == k;
  predicate OFifo{L}  = \forall integer j, i, k, l; Pair(j,i) && Entry(j,i,k) && Entry(j,i,l) && k <= l
     && lo(j,i,k) == lo(j,i,l) ==> num(j,i,k) <= num(j,i,l);
  // in flight: newer than what is there, and as it was posted
  predicate OFly{L}   = \forall integer j, i, k, a; Pair(j,i) && Entry(j,i,k) && deliv(j,i) <= k && In(j,i,k,a) ==>
     cell(O,a,i,j) <= num(j,i,k) == fly(j,i,k,a);
  // until the NIC has read it, its source stays; and ever since it was posted, the source is as new
  predicate OStage{L} = \forall integer j, i, k, a; Pair(j,i) && Entry(j,i,k) && inl(j,i,k) == 0 && In(j,i,k,a)
     && deliv(j,i) <= k && comp(j,i) <= k ==> Own(a,j) == num(j,i,k);
  predicate OSince{L} = \forall integer j, i, k, a, t; Pair(j,i) && Entry(j,i,k) && inl(j,i,k) == 0 && In(j,i,k,a)
     && 0 <= t <= now(j) && k < nput(j,i,t) ==> num(j,i,k) <= ver(O,a,j,t);
  predicate OPlaced{L}= \forall integer j, i, k, a; Pair(j,i) && Entry(j,i,k) && k < deliv(j,i) && In(j,i,k,a) ==> num(j,i,k) <= cell(O,a,i,j);
  predicate OPub{L}   = \forall integer b, j, i; Pair(j,i) ==> 0 <= pub(O,b,j,i) <= UINT64_MAX;
  predicate OAt{L}    = \forall integer b, j, i, u; Pair(j,i) && 1 <= u <= pub(O,b,j,i) ==>
     0 <= at(O,b,j,i,u) && Entry(j,i,at(O,b,j,i,u)) && lo(j,i,at(O,b,j,i,u)) == b && u <= num(j,i,at(O,b,j,i,u));
  predicate OAtUp{L}  = \forall integer b, j, i, u, v; Pair(j,i) && 1 <= u <= v <= pub(O,b,j,i) ==> at(O,b,j,i,u) <= at(O,b,j,i,v);
  predicate OCell{L}  = \forall integer b, h, a, j, i; Pair(j,i) && Block(b,h) && b <= a < h ==> 0 <= cell(O,a,i,j) <= pub(O,b,j,i);
  predicate OSeen{L}  = \forall integer b, h, a, j, i; Pair(j,i) && Block(b,h) && b <= a < h && 1 <= cell(O,a,i,j) ==>
     at(O,b,j,i,cell(O,a,i,j)) <= deliv(j,i);
  predicate OVal{L}   = \forall integer a, j, v; 0 <= val(O,a,j,v) <= UINT64_MAX && (Byte(a) ==> val(O,a,j,v) <= 255);
  predicate OSaid{L}  = \forall integer j; Node(j) ==> 0 <= said(O,j) <= UINT64_MAX;
  // what is carried of data, and what has landed, was stored by its owner
  predicate OOwn{L}   = \forall integer j, i, k, a; Pair(j,i) && Entry(j,i,k) && In(j,i,k,a) && Data(a) ==> num(j,i,k) <= Own(a,j);
  predicate OOld{L}   = \forall integer a, j, i; Pair(j,i) && Data(a) ==> cell(O,a,i,j) <= Own(a,j);
  predicate Object{L} = OShape{L} && OFifo{L} && OFly{L} && OStage{L} && OSince{L} && OPlaced{L} && OPub{L} && OAt{L} && OAtUp{L}
                     && OCell{L} && OSeen{L} && OVal{L} && OSaid{L} && OOwn{L} && OOld{L};

*/
#endif
/*@
  // the NIC has read all that it was to read of units lo <= a < hi of j's own row
  predicate Idle{L}(integer j, integer l, integer h) = \forall integer i, k, a; Pair(j,i) && Entry(j,i,k) && inl(j,i,k) == 0
     && In(j,i,k,a) && l <= a < h ==> k < deliv(j,i) || k < comp(j,i);

  // what every object may do, within its protocol: numbers grow, and a store is to a place that no NIC reads
  predicate MayStore{L}(integer j, integer l, integer h, integer v) =
    v == said(O,j) && Place(l,h,v) && (\forall integer a; l <= a < h ==> Own(a,j) < v) && Idle(j,l,h);
  predicate MayPost{L}(integer j, integer i, integer b, integer h, integer v) =
    Block(b,h) && pub(O,b,j,i) < v <= UINT64_MAX && PostRule(j,i,b,h,v);
  predicate MayAnnounce{L}(integer j, integer v) = said(O,j) < v <= UINT64_MAX && AnnounceRule(j,v);
  predicate MayConclude{L}(integer j, integer x, integer v) = done(O,j,x) < v && ConcludeRule(j,x,v);
  predicate MayAwait{L}(integer b, integer j, integer v) = AwaitRule(b,j,v);

  predicate Inv{L} = World{L} && Object{L} && Protocol{L};
  predicate Zero{L} = (\forall integer j; now(j) == 0 && out(j) == 0)
     && (\forall integer j, i; nput(j,i,0) == 0 && deliv(j,i) == 0 && comp(j,i) == 0)
     && (\forall integer o, a, j; ver(o,a,j,0) == 0) && (\forall integer o, a, j, v; val(o,a,j,v) == 0)
     && (\forall integer o, a, i, j; cell(o,a,i,j) == 0 && upto(o,a,i,j) == 0 && pub(o,a,j,i) == 0)
     && (\forall integer o, j, x; said(o,j) == 0 && done(o,j,x) == 0);
*/
#endif
#endif
