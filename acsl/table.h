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
  predicate Lends = \false;
  predicate Byte(integer a) = \false;
  predicate Place(integer l, integer h, integer v) = 16 <= l && h <= DEnd;

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
  predicate Protocol{L} = TWords{L} && TEnd{L} && TPub{L} && TCopy{L} && TOwn{L} && TZero{L};

  predicate PostRule{L}(integer j, integer i, integer b, integer h, integer v) =
    v == said(O,j) && (b == 16 ==> v <= pub(O,0,j,i)) && (b == 8 ==> v <= pub(O,16,j,i));
  predicate AnnounceRule{L}(integer j, integer v) = v == said(O,j) + 1;
  predicate ConcludeRule{L}(integer j, integer x, integer v) = \false;
  predicate AwaitRule{L}(integer b, integer j, integer v) = \false;
*/
#include "object.h"
/*@
  lemma init{L}: Zero{L} ==> Protocol{L};
*/
#ifdef WORLD_MODEL
/*@
  // what lands next finds there what it was posted behind
  lemma behind_begin{L}: World{L} && Object{L} && TWords{L} ==> \forall integer j, i, k; Pair(j,i) && Entry(j,i,k)
    && k <= deliv(j,i) && lo(j,i,k) == 16 ==> num(j,i,k) <= cell(O,0,i,j);
  lemma behind_words{L}: World{L} && Object{L} && TEnd{L} ==> \forall integer a, j, i, k; Pair(j,i) && Entry(j,i,k)
    && k <= deliv(j,i) && lo(j,i,k) == 8 && Data(a) ==> num(j,i,k) <= cell(O,a,i,j);
*/
#endif
#define KEEP_PROTOCOL ensures TWords; ensures TEnd; ensures TPub; ensures TCopy; ensures TOwn; ensures TZero;
#endif
#endif
