/* The protocol of a fence on its own: its rank says when each of them begins. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ACSL_PROTOCOL_H
#define ACSL_PROTOCOL_H
#include "world.h"
#ifdef __FRAMAC__
/*@
  predicate Block(integer b, integer h) = \false;
  predicate Signal(integer b) = \false;
  predicate Data(integer a) = \false;
  predicate Lends = \false;
  predicate Byte(integer a) = \false;
  predicate Place(integer l, integer h, integer v) = \false;

  predicate Protocol{L} = \true;
  predicate PostRule{L}(integer j, integer i, integer b, integer h, integer v) = \false;
  predicate AnnounceRule{L}(integer j, integer v) = v == said(O,j) + 1;
  predicate ConcludeRule{L}(integer j, integer x, integer v) = \false;
  predicate AwaitRule{L}(integer b, integer j, integer v) = \false;
*/
#include "object.h"
/*@
  // it posts nothing itself
  lemma alone{L}: Inv{L} ==> \forall integer i, m; Pair(ME,i) && Foreign(ME,i,m) ==> !Entry(ME,i,m - 1) && m <= deliv(ME,i);
*/
#define KEEP_PROTOCOL ensures Protocol: Protocol;
#endif
#endif
