/* The tree that a broadcast goes along: parents and children, digit by digit. */
/* SPDX-License-Identifier: BSD-2-Clause */
#define TREE_DEFINED
#include "tree.h"

uint32_t tree_parent(uint32_t k, uint32_t v)
{
  if (k <= 1)
    return v - 1;
  if (v % k != 0)
    return v - v % k;
  return k * tree_parent(k, v / k);
}

/*
 * Whom k does not divide has no child. Else children are v + 1 .. v + k - 1, and behind them those that k
 * divides: k times the children of v / k.
 */
uint32_t tree_child(uint32_t k, uint32_t v, uint32_t below)
{
  if (below == 0 || below - 1 <= v)
    return 0;
  if (k <= 1)
    return v + 1;
  if (v % k != 0)
    return 0;
  uint32_t far = tree_child(k, v / k, (below - 1) / k + 1);
  //@ assert mine:  v == k * (v / k);
  //@ assert bound: far != 0 ==> v / k < far && k * far <= below - 1 && v + k <= k * far && Parent(k,k * far) == v;
  //@ assert digits: \forall integer x; v < x ==> x == k * (x / k) + x % k && 0 <= x % k < k && v / k <= x / k;
  //@ assert none:  \forall integer x; v < x && far < x / k && x < below && x % k == 0 ==> Parent(k,x / k) != v / k && Parent(k,x) != v;
  //@ assert close: \forall integer x; v < x && x % k != 0 ==> Parent(k,x) == k * (x / k);
  //@ assert after: \forall integer x; v + k <= x && x % k != 0 ==> Parent(k,x) != v;
  if (far != 0)
    return k * far;
  return below - 1 - v < k ? below - 1 : v + k - 1;
}
