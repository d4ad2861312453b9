/* The protocol of a flag: its word at each peer counts up. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ACSL_PROTOCOL_H
#define ACSL_PROTOCOL_H
#include "world.h"
#ifdef __FRAMAC__
/*@
  predicate Block(integer b, integer h) = b == 0 && h == 8;
  predicate Signal(integer b) = \true;
  predicate Data(integer a) = \false;
  predicate Byte(integer a) = \false;
*/
#include "object.h"
/*@
  predicate Inv{L} = World{L} && Object{L};
  lemma init{L}: Zero{L} ==> Inv{L};

  predicate MayStore{L}(integer j, integer l, integer h, integer v) = \false;
  predicate MayPost{L}(integer j, integer i, integer b, integer h, integer v) = Block(b,h) && pub(O,b,j,i) < v <= UINT64_MAX;
  predicate MayAnnounce{L}(integer j, integer v) = \false;
  predicate MayConclude{L}(integer j, integer x, integer v) = \false;
  predicate MayAwait{L}(integer b, integer j, integer v) = b == 0;
*/
#define KEEP_PROTOCOL
#endif
#endif
