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
  predicate Byte(integer a) = \false;
*/
#include "object.h"
/*@
  predicate Inv{L} = World{L} && Object{L};
  lemma init{L}: Zero{L} ==> Inv{L};

  predicate MayStore{L}(integer j, integer l, integer h, integer v) = \false;
  predicate MayPost{L}(integer j, integer i, integer b, integer h, integer v) = \false;
  predicate MayAnnounce{L}(integer j, integer v) = v == said(O,j) + 1 <= UINT64_MAX;
  predicate MayConclude{L}(integer j, integer x, integer v) = \false;
  predicate MayAwait{L}(integer b, integer j, integer v) = \false;
*/
#define KEEP_PROTOCOL
#endif
#endif
