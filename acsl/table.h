/* The protocol of a table: BEGIN, the words, END, each of them only once the one before is posted. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ACSL_PROTOCOL_H
#define ACSL_PROTOCOL_H
#include "world.h"
#ifdef __FRAMAC__
/*@
  axiomatic Words {
    logic integer WORDS; // any: the words of a row
    axiom words: 1 <= WORDS <= 4096;
  }
  logic integer DEnd = 16 + 8 * WORDS;

  predicate Block(integer b, integer h) = b == 0 && h == 8 || b == 8 && h == 16 || b == 16 && h == DEnd;
  predicate Signal(integer b) = b != 16;
  predicate Data(integer a) = 16 <= a < DEnd;
  predicate Byte(integer a) = \false;
*/
#include "object.h"
/*@
  // words of a version are posted behind its BEGIN, and its END behind its words
  predicate TWords{L} = \forall integer j, i, k; Pair(j,i) && Entry(j,i,k) && lo(j,i,k) == 16 ==>
     num(j,i,k) <= pub(O,0,j,i) && at(O,0,j,i,num(j,i,k)) < k;
  predicate TEnd{L}   = \forall integer j, i, k; Pair(j,i) && Entry(j,i,k) && lo(j,i,k) == 8 ==>
     num(j,i,k) <= pub(O,16,j,i) && at(O,16,j,i,num(j,i,k)) < k;
  predicate TPub{L}   = \forall integer j, i; Pair(j,i) ==> pub(O,8,j,i) <= pub(O,16,j,i) <= pub(O,0,j,i) <= said(O,j);
  // so a copy lies between END and BEGIN
  predicate TCopy{L}  = \forall integer a, j, i; Pair(j,i) && Data(a) ==> cell(O,8,i,j) <= cell(O,a,i,j) <= cell(O,0,i,j);
  predicate TOwn{L}   = \forall integer a, j; Node(j) ==> 0 <= Own(a,j) <= said(O,j);
  predicate TZero{L}  = \forall integer a, j; Node(j) ==> val(O,a,j,0) == 0; // version 0, which nobody writes
  predicate Inv{L} = World{L} && Object{L} && TWords{L} && TEnd{L} && TPub{L} && TCopy{L} && TOwn{L} && TZero{L};
  lemma init{L}: Zero{L} ==> Inv{L};
  // what lands next finds there what it was posted behind
  lemma behind_begin{L}: World{L} && Object{L} && TWords{L} ==> \forall integer j, i, k; Pair(j,i) && Entry(j,i,k)
    && k <= deliv(j,i) && lo(j,i,k) == 16 ==> num(j,i,k) <= cell(O,0,i,j);
  lemma behind_words{L}: World{L} && Object{L} && TEnd{L} ==> \forall integer a, j, i, k; Pair(j,i) && Entry(j,i,k)
    && k <= deliv(j,i) && lo(j,i,k) == 8 && Data(a) ==> num(j,i,k) <= cell(O,a,i,j);

  // j stores the words of the version that it has announced, while no NIC may read them
  predicate MayStore{L}(integer j, integer l, integer h, integer v) =
    16 <= l && h <= DEnd && 0 < v == said(O,j) && (\forall integer a; l <= a < h ==> Own(a,j) < v) && Idle(j,l,h);
  predicate MayPost{L}(integer j, integer i, integer b, integer h, integer v) = Block(b,h) && pub(O,b,j,i) < v && v == said(O,j)
    && (b == 16 ==> v <= pub(O,0,j,i)) && (b == 8 ==> v <= pub(O,16,j,i));
  predicate MayAnnounce{L}(integer j, integer v) = v == said(O,j) + 1 <= UINT64_MAX;
  predicate MayConclude{L}(integer j, integer x, integer v) = \false;
  predicate MayAwait{L}(integer b, integer j, integer v) = \false;
*/
#define KEEP_PROTOCOL ensures TWords; ensures TEnd; ensures TPub; ensures TCopy; ensures TOwn; ensures TZero;
#endif
#endif
