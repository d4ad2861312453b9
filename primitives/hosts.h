/* Which rank is the first of each host: a function of where the ranks are. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOSTS_H
#define HOSTS_H
#include <stdint.h>

/*
 * host[j] is the host of rank j, by any number. first[j] becomes the first rank of
 * that host; returns how many hosts there are. What is said of first[] is the axiom `hosts`,
 * and that ranks have one first rank where they are of one host, and only there.
 */
/*@
  requires   ranks:  1 <= n && \valid_read(host + (0 .. n - 1)) && \valid(first + (0 .. n - 1));
  requires   apart:  \separated(host + (0 .. n - 1), first + (0 .. n - 1));
  terminates \true;
  exits      \false;
  assigns    first[0 .. n - 1];
  ensures    hosts:  \forall integer j; 0 <= j < n ==> 0 <= first[j] <= j && first[first[j]] == first[j];
  ensures    one:    \forall integer i, j; 0 <= i < n && 0 <= j < n ==> (first[i] == first[j] <==> host[i] == host[j]);
  ensures    count:  1 <= \result <= n;
*/
uint32_t hosts_first(const uint64_t *host, uint32_t n, uint32_t *first);
#endif
