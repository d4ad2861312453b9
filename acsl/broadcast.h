/* The protocol of a broadcast: a rank fills a slot once all took what was in it, posts it, and then says READY. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers of a row are the positions p = 1, 2, ... of its rank's stream of
 * chunks, the same for all: said(O,j) is the chunk that j has announced,
 * done(O,i,j) how many of j's stream i has taken. READY at 0, TAKEN at 64, four slots
 * of 32832 bytes from 128: a header of 64, then 32768 bytes (primitives/broadcast.h).
 */
#ifndef ACSL_PROTOCOL_H
#define ACSL_PROTOCOL_H
#include "world.h"
#ifdef __FRAMAC__
/*@
  logic integer Off(integer p) = 128 + (p % 4) * 32832;                                        // where chunk p lies
  logic integer Chunk(integer size, integer off) = size - off < 32768 ? size - off : 32768;    // its bytes
  predicate Slot(integer b) = b == 128 || b == 32960 || b == 65792 || b == 98624;

  predicate Block(integer b, integer h) = b == 0 && h == 8 || b == 64 && h == 72 || Slot(b) && b + 64 <= h <= b + 32832;
  predicate Signal(integer b) = b < 128;
  predicate Data(integer a) = 128 <= a < 131456;
  predicate Byte(integer a) = 192 <= a < 32960 || 33024 <= a < 65792 || 65856 <= a < 98624 || 98688 <= a < 131456;

  predicate Place(integer l, integer h, integer v) = Off(v) <= l && h <= Off(v) + 32832;

  lemma off_slot: \forall integer p; 0 <= p ==> Slot(Off(p));
  lemma off_next: \forall integer p, q; 0 <= q < p && Off(p) == Off(q) ==> q + 4 <= p;
  lemma off_unit: \forall integer p, q, a; 0 <= p && 0 <= q && Off(p) <= a < Off(p) + 32832 && Off(q) <= a < Off(q) + 32832 ==> Off(p) == Off(q);

  logic integer Bytes{L}(integer j, integer p) = Chunk(val(O,Off(p) + 16,j,p), val(O,Off(p) + 24,j,p)); // as the header of j's chunk p says
  lemma bytes_same{A,B}: (\forall integer a, j, v; val{A}(O,a,j,v) == val{B}(O,a,j,v)) ==> \forall integer j, p; Bytes{A}(j,p) == Bytes{B}(j,p);
  // the header that says so is there
  predicate Told{L}(integer j, integer p) = p <= Own(Off(p) + 16,j) && p <= Own(Off(p) + 24,j);
  lemma bytes_kept{A,B}: (\forall integer a, j, v; Node(j) && v <= Own{A}(a,j) ==> val{A}(O,a,j,v) == val{B}(O,a,j,v)) ==>
    \forall integer j, p; Node(j) && Told{A}(j,p) ==> Bytes{A}(j,p) == Bytes{B}(j,p);
*/
#ifdef SEALED
/*@
  axiomatic Closed { predicate Protocol{L} reads W; }
*/
#else
/*@
  // taken is what is READY, and thanked for what is taken
  predicate CSeen{L}  = \forall integer i, j; Pair(i,j) ==> cell(O,0,i,j) <= pub(O,0,j,i);
  predicate CTaken{L} = \forall integer i, j; Pair(i,j) ==> 0 <= done(O,i,j) <= cell(O,0,i,j);
  predicate CThank{L} = \forall integer i, j; Pair(i,j) ==> pub(O,64,i,j) <= done(O,i,j);
  predicate CAck{L}   = \forall integer j, i; Pair(j,i) ==> 0 <= cell(O,64,j,i) <= done(O,i,j);
  // READY says q behind the put of chunk q, so where it is seen that put is placed
  predicate CReady{L} = \forall integer j, i, q; Pair(j,i) && 1 <= q <= pub(O,0,j,i) ==>
     q <= pub(O,Off(q),j,i) && at(O,Off(q),j,i,q) < at(O,0,j,i,q) && num(j,i,at(O,Off(q),j,i,q)) == q;
  // a put carries one whole chunk, never one that could be taken for an older one
  predicate CSlot{L}  = \forall integer j, i, k; Pair(j,i) && Entry(j,i,k) && 128 <= lo(j,i,k) ==> lo(j,i,k) == Off(num(j,i,k));
  predicate CFour{L}  = \forall integer j, i, k; Pair(j,i) && Entry(j,i,k) && 128 <= lo(j,i,k) ==> num(j,i,k) <= done(O,i,j) + 4;
  predicate CWhole{L} = \forall integer j, i, k; Pair(j,i) && Entry(j,i,k) && 128 <= lo(j,i,k) ==>
     hi(j,i,k) == lo(j,i,k) + 64 + Bytes(j,num(j,i,k));
  predicate COwn{L}   = \forall integer a, j; Node(j) ==> Own(a,j) <= said(O,j);
  predicate CPub{L}   = \forall integer b, j, i; Pair(j,i) && b != 64 ==> pub(O,b,j,i) <= said(O,j);
  predicate Protocol{L} = CSeen{L} && CTaken{L} && CThank{L} && CAck{L} && CReady{L} && CSlot{L} && CFour{L} && CWhole{L} && COwn{L} && CPub{L};
*/
#endif
/*@
  predicate PostRule{L}(integer j, integer i, integer b, integer h, integer v) =
    (b == 0 ==> v == pub(O,0,j,i) + 1 == said(O,j) && pub(O,Off(v),j,i) == v) &&
    (b == 64 ==> v == pub(O,64,j,i) + 1 <= done(O,j,i)) &&
    (128 <= b ==> b == Off(v) && v == said(O,j) && v <= cell(O,64,j,i) + 4 && h == b + 64 + Bytes(j,v) && Told(j,v));
  predicate AnnounceRule{L}(integer j, integer v) = v == said(O,j) + 1;
  predicate ConcludeRule{L}(integer j, integer x, integer v) = Pair(j,x) && v == done(O,j,x) + 1 <= cell(O,0,j,x);
  // a receiver waits for the next chunk, a root for thanks for a chunk that it has said is READY
  predicate AwaitRule{L}(integer b, integer j, integer v) =
    b == 0 && v == done(O,ME,j) + 1 || b == 64 && 1 <= v <= pub(O,0,ME,j);
*/
#include "object.h"
#ifndef SEALED
/*@
  lemma init_none{L}: Zero{L} ==> \forall integer j, i; Post(j,i) == 0 && Sent(j,i) == 0;
  lemma init{L}: Zero{L} ==> Protocol{L};
*/
/*@
  lemma told{L}: Object{L} && Protocol{L} ==> \forall integer j, i, k; Pair(j,i) && Entry(j,i,k) && 128 <= lo(j,i,k) ==> Told(j,num(j,i,k));
  // where READY says q, chunk q is placed
  lemma seen{L}: Block(0,8) && OSeen{L} ==> \forall integer j, i; Pair(j,i) && 1 <= cell(O,0,i,j) ==> at(O,0,j,i,cell(O,0,i,j)) <= deliv(j,i);
  lemma landed{L}: Inv{L} ==> \forall integer j, i, q; Pair(j,i) && 1 <= q <= cell(O,0,i,j) ==> at(O,Off(q),j,i,q) < deliv(j,i);
  // what may be in flight to a READY, to a TAKEN, to a slot
  lemma fly_ready{L}: Inv{L} ==> \forall integer j, i, k; Pair(j,i) && Entry(j,i,k) && deliv(j,i) <= k && In(j,i,k,0) ==>
    cell(O,0,i,j) <= fly(j,i,k,0) <= pub(O,0,j,i) && \forall integer q; 1 <= q <= fly(j,i,k,0) ==> at(O,Off(q),j,i,q) < k;
  lemma fly_taken{L}: Inv{L} ==> \forall integer j, i, k; Pair(j,i) && Entry(j,i,k) && deliv(j,i) <= k && In(j,i,k,64) ==>
    cell(O,64,i,j) <= fly(j,i,k,64) <= done(O,j,i);
  lemma fly_data{L}: Inv{L} ==> \forall integer j, i, k, a; Pair(j,i) && Entry(j,i,k) && deliv(j,i) <= k && In(j,i,k,a) && Data(a) ==>
    1 <= fly(j,i,k,a) <= done(O,i,j) + 4 && Off(fly(j,i,k,a)) <= a < Off(fly(j,i,k,a)) + 32832;
  // the same of the next operation to be placed, which may be no put at all
  lemma next_ready{L}: Inv{L} ==> \forall integer j, i; Pair(j,i) && deliv(j,i) < Sent(j,i) && op(j,i,deliv(j,i)) == O && In(j,i,deliv(j,i),0) ==>
    cell(O,0,i,j) <= fly(j,i,deliv(j,i),0) <= pub(O,0,j,i);
  lemma next_taken{L}: Inv{L} ==> \forall integer j, i; Pair(j,i) && deliv(j,i) < Sent(j,i) && op(j,i,deliv(j,i)) == O && In(j,i,deliv(j,i),64) ==>
    cell(O,64,i,j) <= fly(j,i,deliv(j,i),64) <= done(O,j,i);
  lemma next_data{L}: Inv{L} ==> \forall integer j, i, a; Pair(j,i) && deliv(j,i) < Sent(j,i) && op(j,i,deliv(j,i)) == O && In(j,i,deliv(j,i),a) && Data(a) ==>
    1 <= fly(j,i,deliv(j,i),a) <= done(O,i,j) + 4 && Off(fly(j,i,deliv(j,i),a)) <= a < Off(fly(j,i,deliv(j,i),a)) + 32832;
  // where chunk q's put is among all that is posted
  lemma put_of{L}: Inv{L} ==> \forall integer j, i, q; Pair(j,i) && 1 <= q == pub(O,Off(q),j,i) ==>
    0 <= at(O,Off(q),j,i,q) < Post(j,i) && num(j,i,at(O,Off(q),j,i,q)) == q;
  lemma put_old{L}: Inv{L} ==> \forall integer j, i, q; Pair(j,i) && 1 <= q <= pub(O,0,j,i) ==>
    0 <= at(O,Off(q),j,i,q) < at(O,0,j,i,q) < Post(j,i);
*/
#endif
#define KEEP_PROTOCOL \
  ensures CSeen: CSeen; ensures CTaken: CTaken; ensures CThank: CThank; ensures CAck: CAck; ensures CReady: CReady; \
  ensures CSlot: CSlot; ensures CFour: CFour; ensures CWhole: CWhole; ensures COwn: COwn; ensures CPub: CPub;
#endif
#endif
