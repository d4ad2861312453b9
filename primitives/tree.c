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
  if (far != 0)
    return k * far;
  return below - 1 - v < k ? below - 1 : v + k - 1;
}
