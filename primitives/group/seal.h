/* Who has the job's key: proofs of it, and frames that only it can open. libsodium does the work. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SEAL_H
#define SEAL_H
#include "message.h"
#include <stddef.h>

enum { SEAL_KEY = 32, SEAL_TAG = 16, SEAL_HEX = 2 * SEAL_KEY };

/*
 * Read the job's key: 64 hexadecimal digits in a file that nobody else can read.
 * With `file` NULL the key is one that everybody knows: for a host of one's own.
 * SACRED_OK, or SACRED_ERR_ENVIRONMENT with words in group_open_say().
 */
int seal_key_read(const char *file, unsigned char key[SEAL_KEY]);

/* Make such a file, mode 0600; it must not be there. 0, or -1 and errno. */
int seal_key_make(const char *file);

/*
 * The handshake of two ends that share a key: hello, challenge, answer, each with a
 * fresh nonce and an authenticator over all that was said so far. Who answers a
 * challenge has the key now: a copy of an older handshake does not fit its nonce.
 * There is no forward secrecy: who has the key file can read what was recorded.
 */
struct seal_talk {
  unsigned char said[3 * HANDSHAKE_BYTES];
};

/* Write message `h`, the (h->kind - 1)th, nonce and authenticator too. */
void seal_greet(struct seal_talk *talk, const unsigned char key[SEAL_KEY], const struct handshake *h);

/* 1 where what stands there as message `kind` was written with the same key, behind the same messages. */
int seal_greeted(const struct seal_talk *talk, const unsigned char key[SEAL_KEY], uint32_t kind);

/* The place of message `kind`. */
unsigned char *seal_place(struct seal_talk *talk, uint32_t kind);

/* Two one-way streams of frames; a frame fits its place in its stream, and no other. */
struct seal_stream {
  unsigned char key[SEAL_KEY];
  uint64_t frames;
};

/* The streams that a handshake has agreed on: to rank 0, and from it. */
void seal_agree(const struct seal_talk *talk, const unsigned char key[SEAL_KEY], struct seal_stream *to_root,
                struct seal_stream *from_root);

/* Seal n bytes at frame + 4, in place: writes the length before and the tag behind them. */
void seal_frame(struct seal_stream *s, unsigned char *frame, uint32_t n);

/* Open the frame, of `length` bytes behind its first 4, in place. 1, or 0 where it is not the next frame of the stream. */
int seal_open(struct seal_stream *s, unsigned char *frame, uint32_t length);
#endif
