/* host:port, as a user writes it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PLACE_H
#define PLACE_H
#include <stdint.h>

/* Where in the text the host is, without the brackets of [::1]:4711, and the port. */
struct place {
  uint32_t from, length, port;
};

/* 1 where these n characters are host:port or [host]:port with a port from 1 to 65535; *p says what is where then. */
/*@
  requires   text:   \valid_read(text + (0 .. n - 1));
  requires   p:      \valid(p) && \separated(p, text + (0 .. n - 1));
  terminates \true;
  exits      \false;
  assigns    *p;
  ensures    truth:  \result == 0 || \result == 1;
  ensures    inside: \result == 1 ==> 1 <= p->length && p->from + p->length < n;
  ensures    port:   \result == 1 ==> 1 <= p->port <= 65535;
  ensures    colon:  \result == 1 && text[0] != '[' ==> p->from == 0 && text[p->length] == ':';
  ensures    within: \result == 1 && text[0] == '[' ==> p->from == 1 && text[p->length + 1] == ']' && text[p->length + 2] == ':';
  ensures    one:    \result == 1 && text[0] != '[' ==> \forall integer k; 0 <= k < p->length ==> text[k] != ':';
*/
int place_read(const char *text, uint32_t n, struct place *p);
#endif
