/* The protocol of a broadcast: a rank fills a slot once all took what was in it, posts it to its children, then says READY. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call goes along a tree: its root gives each chunk to its children, and whoever takes a chunk from
 * its parent gives it to its own. Nothing here knows the tree: what is said is said of each edge
 * j -> i on which somebody posts, so it holds for any tree, and when the tree changes from call to call.
 *
 * The number of a chunk is its position p = 1, 2, ... among all chunks of all calls, the same at every rank.
 * A rank sends some of them, as a root or onward, from its own row: said(O,j) is the last that j has announced,
 * done(O,i,0) the last that i has taken, or will not take any more; done(O,j,p) for 1 <= p marks that j has filled
 * chunk p as a root. What is posted anywhere as chunk p is what the root that its header names has stored as
 * chunk p (CSame): who passes it on has it from a rank of which this is known, so there is no induction
 * over the tree.
 *
 * A rank's row is the source of what it sends, and a slot of it is filled again only when all to whom it was
 * sent have thanked for it: an edge's credit is its TAKEN, whichever calls and trees lie in between. So a chunk is
 * copied from the parent's row to the buffer, and from there to the own row: the copy in the parent's row is
 * free again, and thanked for, before the children have it.
 *
 * In a row: READY of slot s at 8 s, TAKEN at 64, four slots of 65600 bytes from 128, each a header of 64 and then
 * 65536 bytes (primitives/broadcast.h). A rank may send to another some chunks and not others, so READY is a word
 * for each slot, and says which chunk is there: exactly that one, not all up to it.
 */
#ifndef ACSL_PROTOCOL_H
#define ACSL_PROTOCOL_H
#include "world.h"
#ifdef __FRAMAC__
/*@
  logic integer Off(integer p) = 128 + (p % 4) * 65600;                                        // where chunk p lies
  logic integer Says(integer p) = 8 * (p % 4);                                                 // the word that says that it does
  logic integer Chunk(integer size, integer off) = size - off < 65536 ? size - off : 65536;    // its bytes
  predicate Slot(integer b) = b == 128 || b == 65728 || b == 131328 || b == 196928;
  predicate Ready(integer b) = b == 0 || b == 8 || b == 16 || b == 24;

  predicate Block(integer b, integer h) = (Ready(b) || b == 64) && h == b + 8 || Slot(b) && b + 64 <= h <= b + 65600;
  predicate Signal(integer b) = b < 128;
  predicate Data(integer a) = 128 <= a < 262528;
  predicate Lends = \true;
  predicate Byte(integer a) = 192 <= a < 65728 || 65792 <= a < 131328 || 131392 <= a < 196928 || 196992 <= a < 262528;

  predicate Place(integer l, integer h, integer v) = Off(v) <= l && h <= Off(v) + 65600;

  lemma off_slot: \forall integer p; 0 <= p ==> Slot(Off(p)) && Ready(Says(p));
  lemma off_same: \forall integer p, q; 0 <= p && 0 <= q ==> (Off(p) == Off(q) <==> Says(p) == Says(q));
  lemma off_unit: \forall integer p, q, a; 0 <= p && 0 <= q && Off(p) <= a < Off(p) + 65600 && Off(q) <= a < Off(q) + 65600 ==> Off(p) == Off(q);

  logic integer Bytes{L}(integer j, integer p) = Chunk(val(O,Off(p) + 16,j,p), val(O,Off(p) + 24,j,p)); // as the header of j's chunk p says
  lemma bytes_same{A,B}: (\forall integer a, j, v; val{A}(O,a,j,v) == val{B}(O,a,j,v)) ==> \forall integer j, p; Bytes{A}(j,p) == Bytes{B}(j,p);
  // the header that says so is there
  predicate Told{L}(integer j, integer p) = p <= Own(Off(p) + 16,j) && p <= Own(Off(p) + 24,j);
  lemma bytes_kept{A,B}: (\forall integer a, j, v; Node(j) && v <= Own{A}(a,j) ==> val{A}(O,a,j,v) == val{B}(O,a,j,v)) ==>
    \forall integer j, p; Node(j) && Told{A}(j,p) ==> Bytes{A}(j,p) == Bytes{B}(j,p);

  // unit a of chunk p of j is what the root r has stored there
  predicate Like{L}(integer j, integer r, integer p, integer a) = p <= Own(a,r) && val(O,a,j,p) == val(O,a,r,p);
  logic integer RootOf{L}(integer j, integer p) = val(O,Off(p) + 8,j,p); // as the header of j's chunk p says
  predicate Gave{L}(integer j, integer p) = 1 <= done(O,j,p);
  predicate Same{L}(integer j, integer r, integer p, integer h) = Node(r) && r == RootOf(j,p) && Gave(r,p) &&
    Like(j,r,p,Off(p)) && Like(j,r,p,Off(p) + 8) && Like(j,r,p,Off(p) + 16) && Like(j,r,p,Off(p) + 24) &&
    \forall integer a; Off(p) + 64 <= a < h ==> Like(j,r,p,a);
  // chunk p of j, with all before h of it, has been stored
  predicate Own64{L}(integer j, integer p, integer h) = \forall integer a; Off(p) <= a < h ==> p <= Own(a,j);
  lemma same_kept{A,B}: (\forall integer a, j, v; Node(j) && v <= Own{A}(a,j) ==> val{A}(O,a,j,v) == val{B}(O,a,j,v)) &&
    (\forall integer a, j; Node(j) ==> Own{A}(a,j) <= Own{B}(a,j)) && FDone{A,B} ==>
    \forall integer j, r, p, h; Node(j) && Off(p) + 64 <= h && Own64{A}(j,p,h) && Same{A}(j,r,p,h) ==> Same{B}(j,r,p,h);

  // READY of chunk p, from j, is at i
  predicate Arrived{L}(integer i, integer j, integer p) = 1 <= p <= cell(O,Says(p),i,j) && p <= pub(O,Says(p),j,i) &&
    0 <= at(O,Says(p),j,i,p) < Post(j,i) && num(j,i,at(O,Says(p),j,i,p)) == p;

  // time goes on, and what has been said stays said
  lemma post_grows{A,B}: World{B} && FTime{A,B} && FPut{A,B} && WTime{A} ==> \forall integer j, i; Pair(j,i) ==> Post{A}(j,i) <= Post{B}(j,i);
  lemma own_grows{A,B}: World{B} && FTime{A,B} && FVer{A,B} && WTime{A} ==> \forall integer a, j; Node(j) ==> Own{A}(a,j) <= Own{B}(a,j);
  lemma arrived_kept{A,B}: World{A} && World{B} && Flow{A,B} ==> \forall integer i, j, p; Pair(j,i) && Arrived{A}(i,j,p) ==> Arrived{B}(i,j,p);
  lemma same_flows{A,B}: World{A} && World{B} && Flow{A,B} ==> \forall integer j, r, p, h; Node(j) && Off(p) + 64 <= h && Own64{A}(j,p,h) && Same{A}(j,r,p,h) ==>
    Own64{B}(j,p,h) && Same{B}(j,r,p,h) && RootOf{B}(j,p) == RootOf{A}(j,p);
*/
#ifdef SEALED
/*@
  axiomatic Closed { predicate Protocol{L} reads W; }
*/
#else
/*@
  // an operation with a chunk in it, an operation that says READY
  predicate Chunky{L}(integer j, integer i, integer k) = Pair(j,i) && Entry(j,i,k) && 128 <= lo(j,i,k);
  predicate Saying{L}(integer j, integer i, integer k) = Pair(j,i) && Entry(j,i,k) && lo(j,i,k) < 64;

  // thanked for is what was READY here, and is taken
  predicate CThank{L} = \forall integer i, j; Pair(i,j) && 1 <= pub(O,64,i,j) ==>
     pub(O,64,i,j) <= done(O,i,0) && Arrived(i,j,pub(O,64,i,j));
  // READY says q behind the put of chunk q, so where it is seen that put is placed
  predicate CReady{L} = \forall integer j, i, k; Saying(j,i,k) ==> lo(j,i,k) == Says(num(j,i,k)) &&
     num(j,i,k) <= pub(O,Off(num(j,i,k)),j,i) && at(O,Off(num(j,i,k)),j,i,num(j,i,k)) < k &&
     num(j,i,at(O,Off(num(j,i,k)),j,i,num(j,i,k))) == num(j,i,k);
  // where READY says q, somebody has said just that
  predicate CExact{L} = \forall integer b, i, j; Pair(i,j) && Ready(b) && 1 <= cell(O,b,i,j) ==>
     Says(cell(O,b,i,j)) == b && Arrived(i,j,cell(O,b,i,j));
  // chunks go out in the order of their numbers, and READY with them
  predicate CRise{L}  = \forall integer j, i, k, l; Pair(j,i) && Entry(j,i,k) && Entry(j,i,l) && k <= l &&
     lo(j,i,k) != 64 && lo(j,i,l) != 64 ==> num(j,i,k) <= num(j,i,l);
  // a put carries one whole chunk, and goes where its receiver has no more use for what is there
  predicate CSlot{L}  = \forall integer j, i, k; Chunky(j,i,k) ==> lo(j,i,k) == Off(num(j,i,k));
  predicate CKept{L}  = \forall integer j, i, k; Chunky(j,i,k) && num(j,i,k) < pub(O,lo(j,i,k),j,i) ==> num(j,i,k) <= done(O,i,0);
  predicate CWhole{L} = \forall integer j, i, k; Chunky(j,i,k) ==> hi(j,i,k) == lo(j,i,k) + 64 + Bytes(j,num(j,i,k));
  // and it is the root's, whoever has posted it
  predicate CSame{L}  = \forall integer j, i, k; Chunky(j,i,k) ==> Same(j,RootOf(j,num(j,i,k)),num(j,i,k),hi(j,i,k));
  // nobody fills a slot while somebody has still to take from it: what is lent stays, in the row of who lends it
  predicate CQuit{L}  = \forall integer j, i, k; Chunky(j,i,k) && lo(j,i,k) == Off(said(O,j)) && num(j,i,k) < said(O,j) ==> num(j,i,k) <= done(O,i,0);
  predicate CLent{L}  = \forall integer j, i, k, a; Chunky(j,i,k) && done(O,i,0) < num(j,i,k) && In(j,i,k,a) ==> Own(a,j) == num(j,i,k);
  predicate COwn{L}   = \forall integer a, j; Node(j) ==> Own(a,j) <= said(O,j);
  predicate CPub{L}   = \forall integer b, j, i; Pair(j,i) && b != 64 ==> pub(O,b,j,i) <= said(O,j);
  predicate Protocol{L} = CThank{L} && CReady{L} && CExact{L} && CRise{L} && CSlot{L} && CKept{L} && CWhole{L} && CSame{L} && CQuit{L} && CLent{L} && COwn{L} && CPub{L};
*/
#endif
/*@
  predicate PostRule{L}(integer j, integer i, integer b, integer h, integer v) =
    (b < 64 ==> b == Says(v) && v == said(O,j) && pub(O,Off(v),j,i) == v) &&
    (b == 64 ==> v <= done(O,j,0) && Arrived(j,i,v)) &&
    (128 <= b ==> b == Off(v) && v == said(O,j) && pub(O,b,j,i) <= cell(O,64,j,i) && h == b + 64 + Bytes(j,v) && Told(j,v) &&
                  Own64(j,v,h) && Same(j,RootOf(j,v),v,h));
  predicate AnnounceRule{L}(integer j, integer v) = \forall integer i; Pair(j,i) && 1 <= pub(O,Off(v),j,i) ==> pub(O,Off(v),j,i) <= done(O,i,0);
  predicate ConcludeRule{L}(integer j, integer x, integer v) = 1 <= x ==> v == 1;
  // a receiver waits for a chunk that it has not taken, a sender for thanks for a chunk that it has said is READY
  predicate AwaitRule{L}(integer b, integer j, integer v) =
    Ready(b) && b == Says(v) && done(O,ME,0) < v || b == 64 && 1 <= v <= pub(O,Says(v),ME,j);
*/
#include "object.h"
#ifndef SEALED
/*@
  lemma init_none{L}: Zero{L} ==> \forall integer j, i; Post(j,i) == 0 && Sent(j,i) == 0;
  lemma init{L}: Zero{L} ==> Protocol{L};
*/
/*@
  lemma told{L}: Object{L} && Protocol{L} ==> \forall integer j, i, k; Chunky(j,i,k) ==> Told(j,num(j,i,k)) && Own64(j,num(j,i,k),hi(j,i,k));
  lemma same_grows{A,B}: Inv{A} && (\forall integer a, j, v; Node(j) && v <= Own{A}(a,j) ==> val{A}(O,a,j,v) == val{B}(O,a,j,v)) &&
    (\forall integer a, j; Node(j) ==> Own{A}(a,j) <= Own{B}(a,j)) && (\forall integer j, x; Node(j) ==> done{A}(O,j,x) <= done{B}(O,j,x)) ==>
    \forall integer j, i, k; Chunky{A}(j,i,k) ==> Same{B}(j,RootOf{B}(j,num{A}(j,i,k)),num{A}(j,i,k),hi{A}(j,i,k));
  // the operation that said READY of what is READY here, and that of the chunk before it
  lemma ready{L}: Inv{L} ==> \forall integer j, i, p; Pair(j,i) && Arrived(i,j,p) ==>
    Saying(j,i,at(O,Says(p),j,i,p)) && lo(j,i,at(O,Says(p),j,i,p)) == Says(p) && at(O,Says(p),j,i,p) <= deliv(j,i);
  lemma landed{L}: Inv{L} ==> \forall integer j, i, p; Pair(j,i) && Arrived(i,j,p) ==>
    p <= pub(O,Off(p),j,i) && Chunky(j,i,at(O,Off(p),j,i,p)) && lo(j,i,at(O,Off(p),j,i,p)) == Off(p) && num(j,i,at(O,Off(p),j,i,p)) == p &&
    at(O,Off(p),j,i,p) < at(O,Says(p),j,i,p);
  // of the next operation to be placed
  lemma next_exact{L}: Inv{L} ==> \forall integer j, i, b; Pair(j,i) && deliv(j,i) < Sent(j,i) && op(j,i,deliv(j,i)) == O && Ready(b) && In(j,i,deliv(j,i),b) ==>
    1 <= fly(j,i,deliv(j,i),b) <= pub(O,b,j,i) && Says(fly(j,i,deliv(j,i),b)) == b && at(O,b,j,i,fly(j,i,deliv(j,i),b)) == deliv(j,i) &&
    num(j,i,deliv(j,i)) == fly(j,i,deliv(j,i),b) && deliv(j,i) < Post(j,i);
  // what its sender has thanks for
  lemma thanks{L}: Block(64,72) && OCell{L} ==> \forall integer j, i; Pair(i,j) ==> 0 <= cell(O,64,j,i) <= pub(O,64,i,j);
  lemma acked{L}: Inv{L} ==> \forall integer j, i, k; Chunky(j,i,k) && pub(O,lo(j,i,k),j,i) <= cell(O,64,j,i) ==> num(j,i,k) <= done(O,i,0);
  // where a slot may be announced for another chunk, all that was sent from it is taken
  lemma quits{L}: Inv{L} ==> \forall integer j, i, k, v; Chunky(j,i,k) && lo(j,i,k) == Off(v) && AnnounceRule(j,v) ==> num(j,i,k) <= done(O,i,0);
  // what is the root's stays so
  lemma same_still{A,B}: (\forall integer a, j, v; val{A}(O,a,j,v) == val{B}(O,a,j,v)) && (\forall integer a, j; Own{A}(a,j) == Own{B}(a,j)) &&
    (\forall integer j, x; done{A}(O,j,x) == done{B}(O,j,x)) ==> \forall integer j, r, p, h; Same{A}(j,r,p,h) ==> Same{B}(j,r,p,h) && RootOf{A}(j,p) == RootOf{B}(j,p);
  // what has been thanked for, or was sent before that, is placed
  lemma thanked{L}: Inv{L} ==> \forall integer j, i, k; Chunky(j,i,k) && num(j,i,k) <= pub(O,64,i,j) ==> k < deliv(j,i) && num(j,i,k) <= done(O,i,0);
*/
#endif
#define KEEP_PROTOCOL \
  ensures CThank: CThank; ensures CReady: CReady; ensures CExact: CExact; ensures CRise: CRise; ensures CSlot: CSlot; \
  ensures CKept: CKept; ensures CWhole: CWhole; ensures CSame: CSame; ensures CQuit: CQuit; ensures CLent: CLent; ensures COwn: COwn; ensures CPub: CPub;
#endif
#endif
