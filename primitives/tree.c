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
  if (k <= 1) {
    //@ assert chain: \forall integer x; v + 1 < x ==> Parent(k,x) == x - 1;
    return v + 1;
  }
  //@ assert under: \forall integer x; x / k < v / k ==> k * (x / k) + k <= k * (v / k);
  //@ assert over:  \forall integer x; v / k < x / k ==> k * (v / k) + k <= k * (x / k);
  //@ assert beyond:\forall integer x; (below - 1) / k < x / k ==> k * ((below - 1) / k) + k <= k * (x / k);
  if (v % k != 0) {
    //@ assert rest:  v == k * (v / k) + v % k && 0 < v % k < k;
    //@ assert digits: \forall integer x; 0 <= x ==> x == k * (x / k) + x % k && 0 <= x % k < k && 0 <= x / k;
    //@ assert ahead: \forall integer x; v < x ==> x / k <= v / k || k * (v / k) + k <= k * (x / k);
    //@ assert level: \forall integer x; v < x && x / k <= v / k ==> k * (x / k) <= k * (v / k);
    //@ assert near:  \forall integer x; v < x && x % k != 0 ==> x - x % k != v;
    //@ assert up:    \forall integer x; v < x ==> Parent(k,x / k) <= v / k || k * (v / k) + k <= k * Parent(k,x / k);
    //@ assert down:  \forall integer x; v < x && Parent(k,x / k) <= v / k ==> k * Parent(k,x / k) <= k * (v / k);
    //@ assert far:   \forall integer x; v < x ==> k * Parent(k,x / k) != v;
    //@ assert one:   \forall integer x; v < x && x % k != 0 ==> Parent(k,x) == x - x % k;
    //@ assert two:   \forall integer x; v < x && x % k == 0 ==> Parent(k,x) == k * Parent(k,x / k);
    //@ assert alone: \forall integer x; v < x ==> Parent(k,x) != v;
    return 0;
  }
  uint32_t far = tree_child(k, v / k, (below - 1) / k + 1);
  //@ assert mine:  v == k * (v / k) && below - 1 < k * ((below - 1) / k) + k && k * ((below - 1) / k) <= below - 1;
  //@ assert ahead: far != 0 ==> k * (v / k) + k <= k * far;
  //@ assert bound: far != 0 ==> far <= (below - 1) / k && k * far <= k * ((below - 1) / k);
  //@ assert whole: far != 0 ==> (k * far) % k == 0 && (k * far) / k == far;
  //@ assert child: far != 0 ==> Parent(k,k * far) == k * Parent(k,far) && Parent(k,k * far) == v;
  //@ assert digits: \forall integer x; 0 <= x ==> x == k * (x / k) + x % k && 0 <= x % k < k && 0 <= x / k;
  //@ assert above: \forall integer x; v < x && x % k == 0 ==> v / k < x / k;
  //@ assert past:  \forall integer x; k * far < x && 0 < x && x % k == 0 ==> far < x / k;
  //@ assert before:\forall integer x; 0 <= x < below ==> x / k < (below - 1) / k + 1;
  //@ assert none:  \forall integer x; v < x && k * far < x && x < below && x % k == 0 ==> Parent(k,x / k) != v / k;
  //@ assert no:    \forall integer x; v < x && k * far < x && x < below && x % k == 0 ==> Parent(k,x) != v;
  //@ assert close: \forall integer x; v + k <= x && x % k != 0 ==> Parent(k,x) != v;
  //@ assert late:  far != 0 ==> \forall integer x; v < x && k * far < x < below ==> Parent(k,x) != v;
  //@ assert end:   far == 0 ==> \forall integer x; v + k <= x < below ==> Parent(k,x) != v;
  if (far != 0)
    return k * far;
  //@ assert least: \forall integer x; v < x < v + k ==> v / k <= x / k;
  //@ assert most:  \forall integer x; v < x < v + k ==> x / k <= v / k;
  //@ assert level: \forall integer x; v < x < v + k ==> k * (x / k) == v;
  //@ assert near:  \forall integer x; v < x < v + k ==> x % k == x - v && Parent(k,x) == v;
  uint32_t last = below - 1 - v < k ? below - 1 : v + k - 1;
  //@ assert last: \forall integer x; v < x && last < x < below ==> Parent(k,x) != v;
  //@ assert it:   v < last < below && Parent(k,last) == v;
  return last;
}
