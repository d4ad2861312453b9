/* What the ranks of a rendezvous say to each other, as bytes: read and written without a run-time error. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "message.h"

uint32_t word_read(const unsigned char *bytes)
{
  return bytes[0] + 256u * bytes[1] + 65536u * bytes[2] + 16777216u * bytes[3];
}

void word_write(unsigned char *bytes, uint32_t word)
{
  bytes[0] = (unsigned char)(word % 256);
  bytes[1] = (unsigned char)(word / 256 % 256);
  bytes[2] = (unsigned char)(word / 65536 % 256);
  bytes[3] = (unsigned char)(word / 16777216);
}

int handshake_read(const unsigned char *bytes, struct handshake *h)
{
  uint32_t magic = word_read(bytes), version = word_read(bytes + 4), kind = word_read(bytes + 8);
  uint32_t rank = word_read(bytes + 12), size = word_read(bytes + 16), pid = word_read(bytes + 20);
  uint32_t keyed = word_read(bytes + 24), zero = word_read(bytes + 28);
  *h = (struct handshake){version, kind, rank, size, pid, keyed};
  return magic == HANDSHAKE_MAGIC && kind >= HANDSHAKE_HELLO && kind <= HANDSHAKE_ANSWER && keyed <= 1 && zero == 0;
}

/* Four numbers, by two and two: so that each proof looks back over one call. */
/*@
  requires   bytes:  \valid(bytes + (0 .. 15));
  terminates \true;
  exits      \false;
  assigns    bytes[0 .. 15];
  ensures    first:  Word(bytes) == a && Word(bytes + 4) == b;
  ensures    second: Word(bytes + 8) == c && Word(bytes + 12) == d;
*/
static void quad_write(unsigned char *bytes, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
  message_head(bytes, a, b);
  message_head(bytes + 8, c, d);
}

void handshake_write(unsigned char *bytes, const struct handshake *h)
{
  quad_write(bytes, HANDSHAKE_MAGIC, h->version, h->kind, h->rank);
  //@ assert begun:  Word(bytes) == HANDSHAKE_MAGIC && Word(bytes + 4) == h->version;
  //@ assert too:    Word(bytes + 8) == h->kind && Word(bytes + 12) == h->rank;
  quad_write(bytes + 16, h->size, h->pid, h->keyed, 0);
  //@ assert magic:  Word(bytes) == HANDSHAKE_MAGIC;
  //@ assert what:   Word(bytes + 4) == h->version;
  //@ assert kind:   Word(bytes + 8) == h->kind;
  //@ assert rank:   Word(bytes + 12) == h->rank;
  //@ assert place:  Word(bytes + 16) == h->size && Word(bytes + 20) == h->pid;
  //@ assert key:    Word(bytes + 24) == h->keyed && Word(bytes + 28) == 0;
}

/* Can a message of this kind and number, among `size` ranks, have a payload of n bytes? */
/*@
  requires   size:   1 <= size <= MESSAGE_RANKS;
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    truth:  \result == 0 || \result == 1;
  ensures    exact:  \result == 1 <==> Fits(kind, number, n, size);
*/
static int fits(uint32_t kind, uint32_t number, uint32_t n, uint32_t size)
{
  switch (kind) {
  case MESSAGE_GIVE:
    return n <= MESSAGE_PIECE;
  case MESSAGE_ALL:
    return n <= size * MESSAGE_PIECE && n % size == 0;
  case MESSAGE_WAIT:
    return n == (size + 7) / 8;
  case MESSAGE_LOST:
    return n == 0 && number < size;
  case MESSAGE_FAIL:
    return number >= 1 && number <= 1000 && n <= MESSAGE_WORDS;
  default:
    return 0;
  }
}

int message_read(const unsigned char *bytes, uint32_t length, uint32_t size, struct message *m)
{
  if (length < MESSAGE_HEAD)
    return 0;
  m->kind = word_read(bytes);
  m->number = word_read(bytes + 4);
  m->length = length - MESSAGE_HEAD;
  m->payload = bytes + MESSAGE_HEAD;
  return fits(m->kind, m->number, m->length, size);
}

void message_head(unsigned char *bytes, uint32_t kind, uint32_t number)
{
  word_write(bytes, kind);
  word_write(bytes + 4, number);
}

uint32_t frame_length(const unsigned char *bytes, uint32_t least, uint32_t most)
{
  uint32_t length = word_read(bytes);
  return length >= least && length <= most ? length : 0;
}
