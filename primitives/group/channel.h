/* One connection of the rendezvous: bytes that never block, then sealed messages. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHANNEL_H
#define CHANNEL_H
#include "address.h"
#include "seal.h"

/* How far it has come. A client's goes through all; one that rank 0 has accepted begins with GREETED. */
enum channel_state { CHANNEL_NONE, CHANNEL_CONNECTING, CHANNEL_GREETED, CHANNEL_CHALLENGED, CHANNEL_OPEN };

struct channel {
  int fd;
  enum channel_state state;
  int error;              /* of the system, once it is lost; 0: the other end closed it */
  uint64_t since;         /* when its state began */
  struct address address; /* of the other end */
  struct seal_talk talk;
  struct seal_stream to, from;
  struct handshake theirs; /* what the other end said of itself */
  uint64_t heard;          /* messages */
  uint64_t queued, sent;   /* bytes that were ever to go, and that the system has taken */
  unsigned char *in, *out;
  size_t in_used, in_room, out_used, out_done, out_room;
};

/* Take a socket, which does not block any more. */
void channel_take(struct channel *c, int fd, enum channel_state state, const struct address *a);

/* Close it, and forget what was to come and to go. */
void channel_drop(struct channel *c);

/* Have `bytes` bytes come in, if they are there: 1 they are; 0 not yet; -1 lost, or no memory. */
int channel_want(struct channel *c, size_t bytes);

/* Forget the first `bytes` that came in. */
void channel_eat(struct channel *c, size_t bytes);

/* Let bytes go; a message. 0, or -1 where there is no memory. */
int channel_put(struct channel *c, const void *bytes, size_t n);
int channel_say(struct channel *c, uint32_t kind, uint32_t number, const void *payload, uint32_t length);

/* Let go what is to go and the system takes: 0, or -1 where the connection is lost. channel_full: is there still some? */
int channel_flush(struct channel *c);
int channel_full(const struct channel *c);

/*
 * The next message, of a frame of at most `most` bytes: 1 it is *m, and stays until
 * channel_next(); 0 not yet; -1 lost (errno-like in c->error), or not a message.
 */
int channel_hear(struct channel *c, uint32_t most, uint32_t size, struct message *m);
void channel_next(struct channel *c);

/* Why it was lost. */
const char *channel_error(const struct channel *c);
#endif
