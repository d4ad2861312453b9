/* The tree that a broadcast goes along: who gives to whom, a function of the number of ranks and of a radix. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TREE_H
#define TREE_H
#include <stdint.h>

/*
 * Ranks are counted from the root on, round the ring: the root is 0, and v > 0
 * has a parent before it, which is why nobody waits for himself. What radix k
 * makes of it: 1 a chain; k a k-nomial tree (2: binomial), in which the parent is v
 * without the lowest of its digits to base k that is not 0; and from the number
 * of ranks on a flat tree, in which the root gives to everybody. The proof of
 * the broadcast knows nothing of Parent but that there is one.
 */
#ifdef TREE_DEFINED
/*@
  logic integer Lower(integer k, integer v) = v % k != 0 ? v - v % k : k * Lower(k, v / k); // without its lowest digit
  logic integer Parent(integer k, integer v) = k <= 1 ? v - 1 : Lower(k, v);
*/
#else
/*@
  axiomatic Tree { logic integer Parent(integer k, integer v); } // any
*/
#endif

/* The parent of v. Never blocks. Thread-safe. */
/*@
  requires   no_root:1 <= v;
  terminates \true;
  decreases  v;
  exits      \false;
  assigns    \nothing;
  ensures    parent: \result == Parent(k,v);
  ensures    before: \result < v;
*/
uint32_t tree_parent(uint32_t k, uint32_t v);

/* The last child of v before `below`, or 0 where there is none: so the one with most behind it comes first. */
/*@
  terminates \true;
  decreases  below;
  exits      \false;
  assigns    \nothing;
  ensures    child:  \result != 0 ==> v < \result < below && Parent(k,\result) == v;
  ensures    last:   \forall integer x; v < x && \result < x < below ==> Parent(k,x) != v;
*/
uint32_t tree_child(uint32_t k, uint32_t v, uint32_t below);
#endif
