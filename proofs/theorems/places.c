/* Rows of different ranks do not overlap where a rank has rows of some ranks only, and who posts to whom has a place there. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/places.h"

/*
 * Byte x of j's row and byte y of l's row, in the memory of rank i, are two bytes, and within its `count` rows: a
 * post lands in the row of who posts, and nowhere else.
 */
/*@
  requires   valid:  \valid_read(apart + (0 .. count - 1)) && Places(apart,count,n);
  requires   ranks:  i < n && j < n && l < n && j != l;
  requires   bytes:  x < stride && y < stride;
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    two:    \result != 0;
*/
int places_do_not_overlap(const uint32_t *apart, uint32_t count, uint32_t n, uint32_t i, uint32_t j, uint32_t l,
                          uint32_t stride, uint32_t x, uint32_t y)
{
  uint64_t a = places_find(apart, count, n, i, j), b = places_find(apart, count, n, i, l);
  if (a == count || b == count)
    return 1;
  //@ assert apart: Ahead(n,i,j) != Ahead(n,i,l);
  //@ assert other: a != b;
  //@ assert less:  a < b ==> a * stride + stride <= b * stride;
  //@ assert more:  b < a ==> b * stride + stride <= a * stride;
  //@ assert a_in:  a * stride + stride <= count * stride;
  //@ assert b_in:  b * stride + stride <= count * stride;
  uint64_t first = a * stride + x, second = b * stride + y, end = (uint64_t)count * stride;
  return (first != second) + (first < end) + (second < end) == 3; /* no branch, which would be dead */
}

/*
 * Whoever is one of the distances ahead of me, or behind me, has a place for my row as I have one for its; and where
 * I have none for its row, it has none for mine.
 */
/*@
  requires   ranks:  1 <= n && i < n && j < n && i != j && 1 <= room;
  requires   valid:  \valid(apart + (0 .. room - 1)) && \valid_read(distance + (0 .. m - 1)) &&
                     \separated(apart + (0 .. room - 1), distance + (0 .. m - 1));
  requires   enough: n <= room;
  terminates \true;
  exits      \false;
  assigns    apart[0 .. room - 1];
  ensures    both:   \result != 0 <==> Asked(distance,m,n,Ahead(n,i,j));
*/
int places_are_mutual(uint32_t *apart, uint32_t room, const uint32_t *distance, uint32_t m, uint32_t n, uint32_t i,
                      uint32_t j)
{
  uint32_t count = places_make(apart, room, distance, m, n);
  uint32_t here = places_find(apart, count, n, i, j), there = places_find(apart, count, n, j, i);
  //@ assert round:  Ahead(n,j,i) == n - Ahead(n,i,j) && 1 <= Ahead(n,i,j) < n;
  //@ assert mirror: Asked(distance,m,n,Ahead(n,i,j)) <==> Asked(distance,m,n,Ahead(n,j,i));
  //@ assert same:   here < count <==> there < count;
  return (here < count) + (there < count) == 2;
}
