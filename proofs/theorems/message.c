/* What one rank writes, another reads: the handshake, and the head of a message. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/group/message.h"

/* A handshake that was written is read, and every field of it is what it was. */
/*@
  requires   bytes:  \valid(bytes + (0 .. HANDSHAKE_BYTES - 1));
  requires   h:      \valid_read(h) && \valid(again) && \separated(h, again, bytes + (0 .. HANDSHAKE_BYTES - 1));
  requires   fields: 1 <= h->kind <= 3 && h->keyed <= 1;
  terminates \true;
  exits      \false;
  assigns    bytes[0 .. HANDSHAKE_BYTES - 1], *again;
  ensures    read:   \result == 1;
  ensures    same:   again->version == h->version && again->kind == h->kind && again->rank == h->rank
                     && again->size == h->size && again->pid == h->pid && again->keyed == h->keyed;
*/
int handshake_returns(unsigned char *bytes, const struct handshake *h, struct handshake *again)
{
  handshake_write(bytes, h);
  return handshake_read(bytes, again);
}

/* A message that fits is read, and is of the kind and number that were written. */
/*@
  requires   length: length >= MESSAGE_HEAD && 1 <= size <= MESSAGE_RANKS;
  requires   bytes:  \valid(bytes + (0 .. length - 1)) && \valid(m) && \separated(m, bytes + (0 .. length - 1));
  requires   fits:   Fits(kind, number, length - MESSAGE_HEAD, size);
  terminates \true;
  exits      \false;
  assigns    bytes[0 .. MESSAGE_HEAD - 1], *m;
  ensures    read:   \result == 1;
  ensures    same:   m->kind == kind && m->number == number && m->length == length - MESSAGE_HEAD;
*/
int message_returns(unsigned char *bytes, uint32_t length, uint32_t size, uint32_t kind, uint32_t number,
                    struct message *m)
{
  message_head(bytes, kind, number);
  return message_read(bytes, length, size, m);
}
