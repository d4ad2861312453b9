/* Feeds any bytes to the parsers of the rendezvous; what they accept must be what they would write. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../../primitives/group/message.h"
#include "../../primitives/group/place.h"
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int so, const char *what)
{
  if (so)
    return;
  fprintf(stderr, "not so: %s\n", what);
  abort();
}

static void handshake(const unsigned char *bytes)
{
  unsigned char again[HANDSHAKE_BYTES];
  struct handshake h;
  if (!handshake_read(bytes, &h))
    return;
  handshake_write(again, &h);
  must(memcmp(bytes, again, HANDSHAKE_NONCE) == 0, "a handshake that is read is one that is written");
}

static void message(const unsigned char *bytes, uint32_t n, uint32_t ranks)
{
  unsigned char head[MESSAGE_HEAD];
  struct message m;
  if (!message_read(bytes, n, ranks, &m))
    return;
  message_head(head, m.kind, m.number);
  must(memcmp(bytes, head, sizeof head) == 0, "a head that is read is one that is written");
  must(m.payload == bytes + MESSAGE_HEAD && m.length == n - MESSAGE_HEAD, "the payload is all that is behind the head");
  must(m.kind != MESSAGE_LOST || m.number < ranks, "a rank that is lost is one of the group");
  must(m.kind != MESSAGE_ALL || m.length % ranks == 0, "all give as much");
}

static void place(const char *text, uint32_t n)
{
  struct place p;
  char port[8];
  if (!place_read(text, n, &p))
    return;
  must(p.length >= 1 && p.from + p.length < n && p.port >= 1 && p.port <= 65535, "a place is inside its text");
  const char *colon = text + p.from + p.length + p.from;
  must(*colon == ':', "a colon is between host and port");
  while (++colon < text + n - 1 && *colon == '0')
    ;
  int digits = snprintf(port, sizeof port, "%u", p.port);
  must(text + n - colon == digits && memcmp(colon, port, (size_t)digits) == 0, "a port is the number behind the colon");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 3 || size > UINT32_MAX / 2)
    return 0;
  uint32_t ranks = (data[1] + 256u * data[2]) % MESSAGE_RANKS + 1, n = (uint32_t)size - 3;
  unsigned char *exact = malloc(n); /* of its very size: one byte too far is seen */
  if (!exact && n > 0)
    abort();
  if (n > 0)
    memcpy(exact, data + 3, n);
  if (data[0] % 4 == 0 && n >= HANDSHAKE_BYTES)
    handshake(exact);
  else if (data[0] % 4 == 1)
    message(exact, n, ranks);
  else if (data[0] % 4 == 2 && n >= 4)
    must(frame_length(exact, 24, 70000) == 0 || word_read(exact) >= 24, "a frame has room for a message");
  else if (data[0] % 4 == 3)
    place((const char *)exact, n);
  free(exact);
  return 0;
}
