/* host:port, as a user writes it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

/* The number that text[from .. n - 1] is, 0 where it is none from 1 to 65535. */
/*@
  requires   text:   \valid_read(text + (0 .. n - 1));
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    port:   \result <= 65535;
  ensures    some:   \result > 0 ==> from < n;
*/
static uint32_t port_read(const char *text, uint32_t from, uint32_t n)
{
  uint32_t port = 0;
  /*@ loop invariant port: port <= 65535;
      loop invariant some: port > 0 ==> from < k && k <= n;
      loop invariant from: from <= k;
      loop assigns port, k;
      loop variant n - k; */
  for (uint32_t k = from; k < n; k++) {
    if (text[k] < '0' || text[k] > '9' || port > 6553)
      return 0;
    port = 10 * port + (uint32_t)(text[k] - '0');
    if (port > 65535)
      return 0;
  }
  return port;
}

int place_read(const char *text, uint32_t n, struct place *p)
{
  uint32_t colon = n;
  if (n == 0)
    return 0;
  /*@ loop invariant colon: 0 <= colon <= n;
      loop assigns colon;
      loop variant colon; */
  while (colon > 0 && text[colon - 1] != ':')
    colon--;
  if (colon < 2)
    return 0;
  p->port = port_read(text, colon, n);
  p->from = 0;
  p->length = colon - 1;
  if (p->port == 0)
    return 0;
  if (text[0] == '[') {
    if (p->length < 3 || text[p->length - 1] != ']')
      return 0;
    p->from = 1;
    p->length -= 2;
    return 1;
  }
  /*@ loop invariant one: 0 <= k <= p->length && \forall integer j; 0 <= j < k ==> text[j] != ':';
      loop assigns k;
      loop variant p->length - k; */
  for (uint32_t k = 0; k < p->length; k++)
    if (text[k] == ':')
      return 0;
  return 1;
}
