/* Any protocol at all: what is proved under this one holds under each that obeys the laws of acsl/object.h. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ACSL_PROTOCOL_H
#define ACSL_PROTOCOL_H
#include "world.h"
#ifdef __FRAMAC__
/*@
  axiomatic Any {
    predicate Block(integer b, integer h);
    predicate Signal(integer b);
    predicate Data(integer a);
    predicate Lends;
    predicate Byte(integer a);
    predicate Place(integer l, integer h, integer v);
    predicate Protocol{L} reads W;
    predicate PostRule{L}(integer j, integer i, integer b, integer h, integer v) reads W;
    predicate AnnounceRule{L}(integer j, integer v) reads W;
    predicate ConcludeRule{L}(integer j, integer x, integer v) reads W;
    predicate AwaitRule{L}(integer b, integer j, integer v) reads W;
  }
*/
#define LAW axiom
#include "object.h"
/*@
  // the first state of all
  lemma init_world{L}: Zero{L} ==> World{L};
  lemma init_object{L}: Zero{L} ==> Object{L};
*/
#define KEEP_PROTOCOL ensures Protocol: Protocol;
#endif
#endif
