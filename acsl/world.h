/* The world the proofs speak of: time lines, queue pairs, copies, histories; and what an object may rely on in it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ACSL_WORLD_H
#define ACSL_WORLD_H
#ifdef __FRAMAC__
#include <stdint.h>
struct world {
  int name[1 << 20]; /* room to name any state; never looked into */
};
#ifdef WORLD_MODEL
extern struct world W;
#else
/*@ ghost extern struct world W; */
#endif
/*@
  axiomatic World {
    logic integer N;  // any number of ranks
    logic integer ME; // any one of them
    logic integer O;  // any one object, named by where its rows are
    axiom config: 1 <= N <= UINT32_MAX && 0 <= ME < N;

    // The time line of rank j: its CPU's stores and posts, in program order. A store buffer lies between
    // `now`, the number issued, and `out`, the number of these that memory and the NIC have seen.
    logic integer now{L}(integer j) reads W;
    logic integer out{L}(integer j) reads W;
    logic integer nput{L}(integer j, integer i, integer t) reads W;            // operations posted to i among the first t
    logic integer ver{L}(integer o, integer a, integer j, integer t) reads W;  // the number in unit a of j's own row after the first t
    logic integer val{L}(integer o, integer a, integer j, integer v) reads W;  // history: the value that number v stands for

    // The queue pair j -> i: its k-th operation
    logic integer op{L}(integer j, integer i, integer k) reads W;              // the object, ...
    logic integer lo{L}(integer j, integer i, integer k) reads W;              // ... units lo <= a < hi of j's row
    logic integer hi{L}(integer j, integer i, integer k) reads W;
    logic integer get{L}(integer j, integer i, integer k) reads W;             // is it a get
    logic integer inl{L}(integer j, integer i, integer k) reads W;             // is it inline
    logic integer num{L}(integer j, integer i, integer k) reads W;             // the number it carries
    logic integer fly{L}(integer j, integer i, integer k, integer a) reads W;  // what will be placed in unit a (the NIC reads late)
    logic integer deliv{L}(integer j, integer i) reads W;                      // operations placed
    logic integer comp{L}(integer j, integer i) reads W;                       // operations completed

    // The copy of j's row in i's memory
    logic integer cell{L}(integer o, integer a, integer i, integer j) reads W; // the number in unit a
    logic integer upto{L}(integer o, integer a, integer i, integer j) reads W; // operations of j -> i up to the last one placed there

    // Histories
    logic integer pub{L}(integer o, integer b, integer j, integer i) reads W;            // the number last put to i from unit b on
    logic integer at{L}(integer o, integer b, integer j, integer i, integer v) reads W;  // the operation that first carried v or more
    logic integer said{L}(integer o, integer j) reads W;                                 // what j has announced
    logic integer when{L}(integer o, integer j, integer v) reads W;                      // when on its time line
    logic integer done{L}(integer o, integer j, integer x) reads W;                      // what j has concluded about x
  }

  predicate Node(integer j) = 0 <= j < N;
  predicate Pair(integer j, integer i) = Node(j) && Node(i) && i != j;
  logic integer Post{L}(integer j, integer i) = nput(j, i, now(j)); // posted
  logic integer Sent{L}(integer j, integer i) = nput(j, i, out(j)); // handed to the NIC
  logic integer Own{L}(integer a, integer j)  = ver(O, a, j, now(j));
  predicate In{L}(integer j, integer i, integer k, integer a) = lo(j,i,k) <= a < hi(j,i,k);
  predicate Entry{L}(integer j, integer i, integer k) = 0 <= k < Post(j,i) && op(j,i,k) == O && get(j,i,k) == 0;

  // -- what the machine keeps, whatever anybody does ------------------------------------------------------------
  predicate WTime{L}  = \forall integer j; Node(j) ==> 0 <= out(j) <= now(j);
  predicate WPut{L}   = \forall integer j, i, s, t; Node(j) && 0 <= s <= t <= now(j) ==> 0 <= nput(j,i,s) <= nput(j,i,t);
  predicate WCount{L} = \forall integer j, i; Pair(j,i) ==> Post(j,i) <= UINT64_MAX;
  predicate WQueue{L} = \forall integer j, i; Pair(j,i) ==> 0 <= deliv(j,i) <= Sent(j,i) && 0 <= comp(j,i) <= Sent(j,i);
  predicate WGet{L}   = \forall integer j, i, k; Pair(j,i) && 0 <= k < comp(j,i) && get(j,i,k) != 0 ==> k < deliv(j,i);
  predicate WNone{L}  = \forall integer j, i, k; Pair(j,i) && 0 <= k < Post(j,i) && get(j,i,k) != 0 ==> lo(j,i,k) == hi(j,i,k);
  predicate WUpto{L}  = \forall integer j, i, k, a; Pair(j,i) && 0 <= k < deliv(j,i) && In(j,i,k,a) ==> k < upto(op(j,i,k),a,i,j);
  predicate WVer{L}   = \forall integer o, a, j, s, t; Node(j) && 0 <= s <= t <= now(j) ==> ver(o,a,j,s) <= ver(o,a,j,t);
  // an operation carries what its source held when it was posted, or newer
  predicate WFresh{L} = \forall integer j, i, k, a, t; Pair(j,i) && 0 <= k < Post(j,i) && inl(j,i,k) == 0 && In(j,i,k,a)
                        && 0 <= t <= now(j) && nput(j,i,t) <= k ==> ver(op(j,i,k),a,j,t) <= fly(j,i,k,a);
  predicate World{L} = WTime{L} && WPut{L} && WCount{L} && WQueue{L} && WGet{L} && WNone{L} && WUpto{L} && WVer{L} && WFresh{L};

  // The first m operations of j -> i are placed: where one of them wrote, it or a later one is what i has.
  predicate Placed{L}(integer j, integer i, integer m) =
    m <= deliv(j,i) && \forall integer k, a; 0 <= k < m && In(j,i,k,a) ==> k < upto(op(j,i,k),a,i,j);

  // Of the first m operations of j -> i, those that are no puts of O are placed.
  predicate Foreign{L}(integer j, integer i, integer m) = \forall integer k; 0 <= k < m && !Entry(j,i,k) ==> k < deliv(j,i);
  predicate PlacedForeign{L}(integer j, integer i, integer m) = Foreign(j,i,m) &&
    \forall integer k, a; 0 <= k < m && !Entry(j,i,k) && In(j,i,k,a) ==> k < upto(op(j,i,k),a,i,j);

  // -- history does not change, and counters grow ----------------------------------------------------------------
  predicate FTime{A,B} = \forall integer j; Node(j) ==> now{A}(j) <= now{B}(j) && out{A}(j) <= out{B}(j);
  predicate FQueue{A,B}= \forall integer j, i; Pair(j,i) ==> deliv{A}(j,i) <= deliv{B}(j,i) && comp{A}(j,i) <= comp{B}(j,i);
  predicate FPut{A,B}  = \forall integer j, i, t; Node(j) && 0 <= t <= now{A}(j) ==> nput{A}(j,i,t) == nput{B}(j,i,t);
  predicate FVer{A,B}  = \forall integer o, a, j, t; Node(j) && 0 <= t <= now{A}(j) ==> ver{A}(o,a,j,t) == ver{B}(o,a,j,t);
  predicate FVal{A,B}  = \forall integer a, j, v; Node(j) && v <= Own{A}(a,j) ==> val{A}(O,a,j,v) == val{B}(O,a,j,v);
  predicate FEntry{A,B}= \forall integer j, i, k; Pair(j,i) && 0 <= k < Post{A}(j,i) ==>
     op{A}(j,i,k) == op{B}(j,i,k) && lo{A}(j,i,k) == lo{B}(j,i,k) && hi{A}(j,i,k) == hi{B}(j,i,k) &&
     get{A}(j,i,k) == get{B}(j,i,k) && inl{A}(j,i,k) == inl{B}(j,i,k) && num{A}(j,i,k) == num{B}(j,i,k);
  predicate FPub{A,B}  = \forall integer b, j, i; Pair(j,i) ==> pub{A}(O,b,j,i) <= pub{B}(O,b,j,i);
  predicate FAt{A,B}   = \forall integer b, j, i, v; Pair(j,i) && v <= pub{A}(O,b,j,i) ==> at{A}(O,b,j,i,v) == at{B}(O,b,j,i,v);
  predicate FSaid{A,B} = \forall integer j; Node(j) ==> said{A}(O,j) <= said{B}(O,j);
  predicate FWhen{A,B} = \forall integer j, v; Node(j) && v <= said{A}(O,j) ==> when{A}(O,j,v) == when{B}(O,j,v);
  predicate FDone{A,B} = \forall integer j, x; Node(j) ==> done{A}(O,j,x) <= done{B}(O,j,x);
  predicate FCell{A,B} = \forall integer a, i, j; Pair(j,i) ==> cell{A}(O,a,i,j) <= cell{B}(O,a,i,j);
  predicate Flow{A,B} = FTime{A,B} && FQueue{A,B} && FPut{A,B} && FVer{A,B} && FVal{A,B} && FEntry{A,B} && FPub{A,B}
                     && FAt{A,B} && FSaid{A,B} && FWhen{A,B} && FDone{A,B} && FCell{A,B};

  // -- what of `me` nobody else touches ------------------------------------------------------------------------
  predicate SNow{A,B}(integer me)  = now{A}(me) == now{B}(me);
  predicate SPub{A,B}(integer me)  = \forall integer b, i; pub{A}(O,b,me,i) == pub{B}(O,b,me,i);
  predicate SSaid{A,B}(integer me) = said{A}(O,me) == said{B}(O,me);
  predicate SDone{A,B}(integer me) = \forall integer x; done{A}(O,me,x) == done{B}(O,me,x);
  predicate Rely{A,B} = Flow{A,B} && SNow{A,B}(ME) && SPub{A,B}(ME) && SSaid{A,B}(ME) && SDone{A,B}(ME);
*/
#endif
#endif
