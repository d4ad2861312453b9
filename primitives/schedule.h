/* Who signals to whom in a dissemination barrier: a function of the number of ranks and the radix. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCHEDULE_H
#define SCHEDULE_H
#include <stdint.h>

/*
 * The ranks stand in a ring. In slot s of an epoch a rank signals to the one
 * that is distance[s] ahead of it, and hears of the one that is as far behind. It
 * signals once it has heard all slots before first[s], where the round of slot
 * s begins. Who has heard all slots before s knows that it and the ranks less
 * than distance[s] behind it have entered; distance[slots] is the number of ranks.
 *
 * What is said here of the two arrays is all that the barrier's proof needs: it
 * holds for any schedule of this kind, and of the radix nothing is asked.
 */
/*@
  predicate Ends{L}(uint32_t *distance, integer slots, integer n) = distance[0] == 1 && distance[slots] == n &&
    \forall integer s; 0 <= s < slots ==> 1 <= distance[s] < n;
  predicate Rounds{L}(uint32_t *distance, uint32_t *first, integer slots) = \forall integer s; 0 <= s < slots ==>
    first[s] <= s && distance[s + 1] <= distance[s] + distance[first[s]];
  predicate Turns{L}(uint32_t *first, integer slots) = \forall integer c, s; 0 <= c <= s < slots ==> first[c] <= first[s];
*/

/*
 * The schedule of n ranks by radix k: k - 1 slots a round, and no more in the
 * last one than need be. Fills the first `room` entries of distance and of
 * first; returns the slots, which are all there if they are fewer than room.
 *
 * D. Hensgen, R. Finkel, U. Manber, Two algorithms for barrier synchronization, 1988;
 * more than one peer a round: T. Hoefler, T. Mehlan, F. Mietke, W. Rehm, Fast barrier
 * synchronization for InfiniBand, 2006.
 */
/*@
  requires   ranks:  1 <= n && 2 <= k;
  requires   valid:  \valid(distance + (0 .. room - 1)) && \valid(first + (0 .. room - 1));
  requires   apart:  \separated(distance + (0 .. room - 1), first + (0 .. room - 1));
  terminates \true;
  exits      \false;
  assigns    distance[0 .. room - 1], first[0 .. room - 1];
  ensures    few:    \result < n;
  ensures    ends:   \result < room ==> Ends(distance,\result,n);
  ensures    rounds: \result < room ==> Rounds(distance,first,\result);
  ensures    turns:  \result < room ==> Turns(first,\result);
*/
uint32_t schedule_make(uint32_t *distance, uint32_t *first, uint32_t room, uint32_t n, uint32_t k);
#endif
