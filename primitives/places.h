/* Where rows lie in the memory of a rank that has rows of some ranks only: a function of how far apart they are. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PLACES_H
#define PLACES_H
#include <stdint.h>

/*
 * The ranks stand in a ring, and each posts only to those that are some distances ahead of it or behind it. So a rank
 * has a place for its own row, the first, and one for each way that a poster can be ahead of it: apart[] lists
 * these in rising order, the same on all ranks, and the row of who is apart[k] ahead of me is in place k. Who
 * posts knows by that where its row is at the other end.
 */
/*@
  // how far j is ahead of i in the ring of n ranks
  logic integer Ahead(integer n, integer i, integer j) = i <= j ? j - i : j + n - i;
  predicate Listed{L}(uint32_t *apart, integer count, integer d) = \exists integer k; 0 <= k < count && apart[k] == d;
  predicate Rises{L}(uint32_t *apart, integer count) = \forall integer k, l; 0 <= k < l < count ==> apart[k] < apart[l];
  // a list of places: my own is the first
  predicate Places{L}(uint32_t *apart, integer count, integer n) = 1 <= count && apart[0] == 0 && Rises(apart,count) &&
    \forall integer k; 0 <= k < count ==> apart[k] < n;
  // d is one of the distances, ahead or behind
  predicate Asked{L}(uint32_t *distance, integer m, integer n, integer d) =
    \exists integer j; 0 <= j < m && (distance[j] == d || distance[j] == n - d);
*/

/*
 * The list for these m distances among n ranks: fills at most `room` entries, and returns how many there are, which is at
 * most 1 + 2 m. Never blocks. Thread-safe.
 */
/*@
  requires   ranks:  1 <= n && 1 <= room;
  requires   valid:  \valid(apart + (0 .. room - 1)) && \valid_read(distance + (0 .. m - 1));
  requires   apart:  \separated(apart + (0 .. room - 1), distance + (0 .. m - 1));
  terminates \true;
  exits      \false;
  assigns    apart[0 .. room - 1];
  ensures    few:    1 <= \result <= n;
  ensures    list:   \result <= room ==> Places(apart,\result,n);
  ensures    all:    \result <= room ==> \forall integer d; 1 <= d < n && Asked(distance,m,n,d) ==> Listed(apart,\result,d);
  ensures    only:   \result <= room ==> \forall integer d; 1 <= d < n && Listed(apart,\result,d) ==> Asked(distance,m,n,d);
*/
uint32_t places_make(uint32_t *apart, uint32_t room, const uint32_t *distance, uint32_t m, uint32_t n);

/* The place of rank j's row in the memory of rank i; `count` where it has none. Never blocks. Thread-safe. */
/*@
  requires   valid:  \valid_read(apart + (0 .. count - 1)) && Places(apart,count,n);
  requires   ranks:  i < n && j < n;
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    place:  \result < count ==> apart[\result] == Ahead(n,i,j);
  ensures    none:   \result >= count ==> \result == count && !Listed(apart,count,Ahead(n,i,j));
  ensures    home:   i == j ==> \result == 0;
*/
uint32_t places_find(const uint32_t *apart, uint32_t count, uint32_t n, uint32_t i, uint32_t j);
#endif
