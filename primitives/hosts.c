/* Which rank is the first of each host. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "hosts.h"

/* The first rank of rank j's host. */
/*@
  requires   valid:  \valid_read(host + (0 .. j));
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    same:   0 <= \result <= j && host[\result] == host[j];
  ensures    first:  \forall integer i; 0 <= i < \result ==> host[i] != host[j];
*/
static uint32_t first_of(const uint64_t *host, uint32_t j)
{
  uint32_t i = 0;
  /*@ loop invariant other: 0 <= i <= j && \forall integer k; 0 <= k < i ==> host[k] != host[j];
      loop assigns i;
      loop variant j - i; */
  while (host[i] != host[j])
    i++;
  return i;
}

uint32_t hosts_first(const uint64_t *host, uint32_t n, uint32_t *first)
{
  uint32_t count = 0;
  /*@ loop invariant first: 0 <= j <= n && \forall integer k; 0 <= k < j ==> 0 <= first[k] <= k && host[first[k]] == host[k];
      loop invariant least: \forall integer k, i; 0 <= k < j && 0 <= i < first[k] ==> host[i] != host[k];
      loop invariant count: 0 <= count <= j && (1 <= j ==> 1 <= count);
      loop assigns j, count, first[0 .. n - 1];
      loop variant n - j; */
  for (uint32_t j = 0; j < n; j++) {
    first[j] = first_of(host, j);
    count += first[j] == j;
  }
  return count;
}
