/* Where rows lie in the memory of a rank that has rows of some ranks only. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "places.h"

/* Is d one of the distances, ahead or behind? */
/*@
  requires   valid:  d <= n && \valid_read(distance + (0 .. m - 1));
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    asked:  \result != 0 <==> Asked(distance,m,n,d);
*/
static int asked(const uint32_t *distance, uint32_t m, uint32_t n, uint32_t d)
{
  /*@ loop invariant none: 0 <= j <= m && \forall integer l; 0 <= l < j ==> distance[l] != d && distance[l] != n - d;
      loop assigns j;
      loop variant m - j; */
  for (uint32_t j = 0; j < m; j++)
    if (distance[j] == d || distance[j] == n - d)
      return 1;
  return 0;
}

/* They come in order, so the list rises; d is asked for as n - d is, so who posts to me is whom I may post to. */
uint32_t places_make(uint32_t *apart, uint32_t room, const uint32_t *distance, uint32_t m, uint32_t n)
{
  uint32_t count = 1;
  apart[0] = 0;
  /*@ loop invariant count: 1 <= d <= n && 1 <= count <= d;
      loop invariant list:  apart[0] == 0 && \forall integer k, l; 0 <= k < l < count && l < room ==> apart[k] < apart[l];
      loop invariant less:  \forall integer k; 0 <= k < count && k < room ==> apart[k] < d;
      loop invariant all:   count <= room ==> \forall integer e; 1 <= e < d && Asked(distance,m,n,e) ==> Listed(apart,count,e);
      loop invariant only:  \forall integer k; 1 <= k < count && k < room ==> Asked(distance,m,n,apart[k]);
      loop assigns d, count, apart[0 .. room - 1];
      loop variant n - d; */
  for (uint32_t d = 1; d < n; d++)
    if (asked(distance, m, n, d)) {
      //@ ghost Before: ;
      if (count < room)
        apart[count] = d;
      //@ assert kept: \forall integer k; 0 <= k < count && k < room ==> apart[k] == \at(apart[k],Before);
      //@ assert old:  count < room ==> \forall integer e; 1 <= e < d && Asked(distance,m,n,e) ==> Listed(apart,count,e);
      //@ assert new:  count < room ==> apart[count] == d;
      count++;
    }
  return count;
}

uint32_t places_find(const uint32_t *apart, uint32_t count, uint32_t n, uint32_t i, uint32_t j)
{
  uint32_t d = i <= j ? j - i : j + (n - i), low = 0, high = count;
  /*@ loop invariant range: 0 <= low <= high <= count;
      loop invariant below: \forall integer k; 0 <= k < low ==> apart[k] < d;
      loop invariant above: \forall integer k; high <= k < count ==> d <= apart[k];
      loop assigns low, high;
      loop variant high - low; */
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (apart[middle] < d)
      low = middle + 1;
    else
      high = middle;
  }
  //@ assert apart: low < count && apart[low] != d ==> \forall integer k; low <= k < count ==> d < apart[k];
  return low < count && apart[low] == d ? low : count;
}
