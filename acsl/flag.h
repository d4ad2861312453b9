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
  predicate Lends = \false;
  predicate Byte(integer a) = \false;
  predicate Place(integer l, integer h, integer v) = \false;

  predicate Protocol{L} = \true;
  predicate PostRule{L}(integer j, integer i, integer b, integer h, integer v) = \true;
  predicate AnnounceRule{L}(integer j, integer v) = \false;
  predicate ConcludeRule{L}(integer j, integer x, integer v) = \false;
  predicate AwaitRule{L}(integer b, integer j, integer v) = b == 0;
*/
#include "object.h"
#define KEEP_PROTOCOL ensures Protocol: Protocol;
#endif
#endif
