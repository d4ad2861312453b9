/* Who signals to whom in a dissemination barrier. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "schedule.h"

/*
 * `known` ranks are known before slot s. Each slot of a round adds as many as were
 * known where the round began, so a round of k - 1 slots makes k times as many.
 */
uint32_t schedule_make(uint32_t *distance, uint32_t *first, uint32_t room, uint32_t n, uint32_t k)
{
  uint32_t s = 0, begin = 0, span = 1, known = 1;
  /*@ loop invariant known: 1 <= span <= known <= n && begin <= s < known && s - begin < k - 1;
      loop invariant first: known == 1 ? s == 0 : 1 <= s;
      loop invariant one:   1 <= s && 1 <= room ==> distance[0] == 1;
      loop invariant span:  begin == s ? span == known : begin < room ==> distance[begin] == span;
      loop invariant slot:  \forall integer c; 0 <= c < s && c < room ==> 1 <= distance[c] < known && first[c] <= c && first[c] <= begin;
      loop invariant next:  \forall integer c, f; 0 <= c && c + 1 < s && c + 1 < room && f == first[c] ==> distance[c + 1] <= distance[c] + distance[f];
      loop invariant last:  1 <= s <= room ==> known <= distance[s - 1] + distance[first[s - 1]];
      loop invariant turns: \forall integer c, e; 0 <= c <= e < s && e < room ==> first[c] <= first[e];
      loop assigns s, begin, span, known, distance[0 .. room - 1], first[0 .. room - 1];
      loop variant n - known; */
  while (known < n) {
    if (s < room) {
      distance[s] = known;
      //@ assert kept: \forall integer c, f; 0 <= c && c + 1 < s && f == first[c] ==> 0 <= f <= c && distance[c + 1] <= distance[c] + distance[f];
      first[s] = begin;
      //@ assert old: \forall integer c, f; 0 <= c && c + 1 < s && f == first[c] ==> 0 <= f <= c && distance[c + 1] <= distance[c] + distance[f];
      //@ assert new: 1 <= s ==> distance[s] <= distance[s - 1] + distance[first[s - 1]];
    }
    //@ assert next: \forall integer c, f; 0 <= c < s && c + 1 < room && f == first[c] ==> distance[c + 1] <= distance[c] + distance[f];
    known = n - known > span ? known + span : n;
    //@ assert sum: s < room ==> known <= distance[s] + distance[first[s]];
    s++;
    if (s - begin == k - 1) {
      begin = s;
      span = known;
    }
  }
  if (s < room) {
    //@ assert step: \forall integer c, f; 0 <= c < s - 1 && f == first[c] ==> 0 <= f <= c && distance[c + 1] <= distance[c] + distance[f];
    //@ assert less: \forall integer c; 0 <= c < s ==> 1 <= distance[c] < n;
    distance[s] = n;
    //@ assert last: 1 <= s ==> distance[s] <= distance[s - 1] + distance[first[s - 1]];
    //@ assert steps: \forall integer c, f; 0 <= c < s - 1 && f == first[c] ==> 0 <= f <= c && distance[c + 1] <= distance[c] + distance[f];
    //@ assert below: \forall integer c; 0 <= c < s ==> 1 <= distance[c] < n;
    //@ assert turns: \forall integer c, e; 0 <= c <= e < s ==> first[c] <= first[e];
  }
  return s;
}
