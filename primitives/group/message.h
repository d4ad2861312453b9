/* What the ranks of a rendezvous say to each other, as bytes: read and written without a run-time error. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MESSAGE_H
#define MESSAGE_H
#include <stdint.h>

/*
 * Numbers are of 32 bits, the lowest byte first. The handshake is three messages of
 * one form, the same in every version, so that two versions can name each other:
 *
 *    0 magic   4 version   8 kind   12 rank   16 size   20 pid   24 keyed   28 zero
 *   32 a nonce of 32 bytes         64 an authenticator of 32 bytes
 */
enum {
  HANDSHAKE_MAGIC = 0x64724353, /* "SCrd" */
  HANDSHAKE_VERSION = 1,
  HANDSHAKE_NONCE = 32,
  HANDSHAKE_PROOF = 64,
  HANDSHAKE_BYTES = 96
};

enum handshake_kind { HANDSHAKE_HELLO = 1, HANDSHAKE_CHALLENGE, HANDSHAKE_ANSWER };

struct handshake {
  uint32_t version, kind, rank, size, pid, keyed; /* keyed: 1 where it has a key of its own */
};

/*
 * Behind the handshake comes one frame after another: its length in 4 bytes, then as
 * many, sealed. What was sealed is a kind, a number and a payload.
 */
enum {
  MESSAGE_HEAD = 8,
  MESSAGE_PIECE = 65536, /* bytes that a rank can give to one gathering */
  MESSAGE_WORDS = 4096,  /* bytes of an error in words */
  MESSAGE_RANKS = 1024
};

enum message_kind {
  MESSAGE_GIVE = 1, /* to rank 0: what I give to gathering `number` */
  MESSAGE_ALL,      /* from rank 0: what all gave to it, in rank order */
  MESSAGE_WAIT,     /* from rank 0: a bit for each rank that lacks in gathering `number` */
  MESSAGE_LOST,     /* from rank 0: rank `number` has lost its connection */
  MESSAGE_FAIL      /* from rank 0: the job has failed with status -`number`, in words */
};

struct message {
  uint32_t kind, number, length;
  const unsigned char *payload; /* of `length` bytes, among those read */
};

/*@
  logic integer Word{L}(unsigned char *p) = p[0] + 256 * p[1] + 65536 * p[2] + 16777216 * p[3];

  // The bytes are a message of the handshake.
  predicate Greets(unsigned char *p) =
    Word(p) == HANDSHAKE_MAGIC && 1 <= Word(p + 8) <= 3 && Word(p + 24) <= 1 && Word(p + 28) == 0;

  // The bytes at B say what the fields at H are.
  predicate Greeting{B,H}(unsigned char *p, struct handshake *h) =
    \at(h->version,H) == Word{B}(p + 4) && \at(h->kind,H) == Word{B}(p + 8) && \at(h->rank,H) == Word{B}(p + 12)
    && \at(h->size,H) == Word{B}(p + 16) && \at(h->pid,H) == Word{B}(p + 20) && \at(h->keyed,H) == Word{B}(p + 24);

  // A payload of n bytes is one that a message of this kind and number can have, among `size` ranks.
  predicate Fits(integer kind, integer number, integer n, integer size) =
       kind == MESSAGE_GIVE && n <= MESSAGE_PIECE
    || kind == MESSAGE_ALL && n <= size * MESSAGE_PIECE && n % size == 0
    || kind == MESSAGE_WAIT && n == (size + 7) / 8
    || kind == MESSAGE_LOST && n == 0 && number < size
    || kind == MESSAGE_FAIL && 1 <= number <= 1000 && n <= MESSAGE_WORDS;

  // The n bytes are a message among `size` ranks.
  predicate Says(unsigned char *p, integer n, integer size) =
    n >= MESSAGE_HEAD && Fits(Word(p), Word(p + 4), n - MESSAGE_HEAD, size);
*/

/* A number at `bytes`, and back. */
/*@
  requires   bytes:  \valid_read(bytes + (0 .. 3));
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    word:   \result == Word(bytes);
*/
uint32_t word_read(const unsigned char *bytes);

/*@
  requires   bytes:  \valid(bytes + (0 .. 3));
  terminates \true;
  exits      \false;
  assigns    bytes[0 .. 3];
  ensures    word:   Word(bytes) == word;
*/
void word_write(unsigned char *bytes, uint32_t word);

/* 1 where these bytes are a message of the handshake, which is *h then; 0 where they are not. */
/*@
  requires   bytes:  \valid_read(bytes + (0 .. HANDSHAKE_BYTES - 1));
  requires   h:      \valid(h) && \separated(h, bytes + (0 .. HANDSHAKE_BYTES - 1));
  terminates \true;
  exits      \false;
  assigns    *h;
  ensures    truth:  \result == 0 || \result == 1;
  ensures    exact:  \result == 1 <==> Greets(bytes);
  ensures    fields: \result == 1 ==> Greeting{Pre,Post}(bytes, h);
*/
int handshake_read(const unsigned char *bytes, struct handshake *h);

/* Write all of it but the nonce and the authenticator. */
/*@
  requires   bytes:  \valid(bytes + (0 .. HANDSHAKE_BYTES - 1));
  requires   h:      \valid_read(h) && \separated(h, bytes + (0 .. HANDSHAKE_BYTES - 1));
  requires   fields: 1 <= h->kind <= 3 && h->keyed <= 1;
  terminates \true;
  exits      \false;
  assigns    bytes[0 .. HANDSHAKE_NONCE - 1];
  ensures    greets: Greets(bytes);
  ensures    fields: Greeting{Post,Pre}(bytes, h);
*/
void handshake_write(unsigned char *bytes, const struct handshake *h);

/* 1 where these `length` bytes are a message among `size` ranks, which is *m then; 0 where they are not. */
/*@
  requires   bytes:  \valid_read(bytes + (0 .. length - 1));
  requires   m:      \valid(m) && \separated(m, bytes + (0 .. length - 1));
  requires   size:   1 <= size <= MESSAGE_RANKS;
  terminates \true;
  exits      \false;
  assigns    *m;
  ensures    truth:  \result == 0 || \result == 1;
  ensures    exact:  \result == 1 <==> Says(bytes, length, size);
  ensures    fields: \result == 1 ==> m->kind == Word(bytes) && m->number == Word(bytes + 4)
                       && m->length == length - MESSAGE_HEAD && m->payload == bytes + MESSAGE_HEAD;
  ensures    inside: \result == 1 ==> \valid_read(m->payload + (0 .. m->length - 1));
*/
int message_read(const unsigned char *bytes, uint32_t length, uint32_t size, struct message *m);

/* Write the head of a message; its payload goes behind it. */
/*@
  requires   bytes:  \valid(bytes + (0 .. MESSAGE_HEAD - 1));
  terminates \true;
  exits      \false;
  assigns    bytes[0 .. MESSAGE_HEAD - 1];
  ensures    kind:   Word(bytes) == kind;
  ensures    number: Word(bytes + 4) == number;
*/
void message_head(unsigned char *bytes, uint32_t kind, uint32_t number);

/* The length of a sealed frame, from its first 4 bytes; 0 where it is above the limit, or has no room for a message. */
/*@
  requires   bytes:  \valid_read(bytes + (0 .. 3));
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    length: \result == (least <= Word(bytes) <= most ? Word(bytes) : 0);
*/
uint32_t frame_length(const unsigned char *bytes, uint32_t least, uint32_t most);
#endif
