/* One connection of the rendezvous: bytes that never block, then sealed messages. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "channel.h"
#include <errno.h>
#include <sacred/group.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROOM_LEAST = 512 };

void channel_take(struct channel *c, int fd, enum channel_state state, const struct address *a)
{
  *c = (struct channel){.fd = fd, .state = state, .since = sacred_now(), .address = *a};
}

void channel_drop(struct channel *c)
{
  if (c->state == CHANNEL_NONE)
    return;
  close(c->fd);
  free(c->in);
  free(c->out);
  sodium_memzero(&c->to, sizeof c->to);
  sodium_memzero(&c->from, sizeof c->from);
  c->in = c->out = NULL;
  c->in_used = c->in_room = c->out_used = c->out_done = c->out_room = 0;
  c->fd = -1;
  c->state = CHANNEL_NONE;
}

static int make_room(unsigned char **bytes, size_t *room, size_t want)
{
  if (want <= *room)
    return 0;
  size_t more = want > 2 * *room ? want : 2 * *room;
  more = more > ROOM_LEAST ? more : ROOM_LEAST;
  unsigned char *new = realloc(*bytes, more);
  if (!new)
    return -1;
  *bytes = new;
  *room = more;
  return 0;
}

static int lose(struct channel *c, int error)
{
  c->error = error;
  return -1;
}

int channel_want(struct channel *c, size_t bytes)
{
  if (c->in_used >= bytes)
    return 1;
  if (make_room(&c->in, &c->in_room, bytes) != 0)
    return lose(c, ENOMEM);
  while (c->in_used < bytes) {
    ssize_t n = recv(c->fd, c->in + c->in_used, c->in_room - c->in_used, MSG_DONTWAIT);
    if (n == 0)
      return lose(c, 0);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : lose(c, errno);
    c->in_used += (size_t)n;
  }
  return 1;
}

void channel_eat(struct channel *c, size_t bytes)
{
  c->in_used -= bytes;
  memmove(c->in, c->in + bytes, c->in_used);
}

/* Room for n more bytes to go; NULL where there is no memory. */
static unsigned char *reserve(struct channel *c, size_t n)
{
  if (c->out_done == c->out_used)
    c->out_done = c->out_used = 0;
  if (make_room(&c->out, &c->out_room, c->out_used + n) != 0) {
    c->error = ENOMEM;
    return NULL;
  }
  unsigned char *at = c->out + c->out_used;
  c->out_used += n;
  c->queued += n;
  return at;
}

int channel_put(struct channel *c, const void *bytes, size_t n)
{
  unsigned char *at = reserve(c, n);
  if (!at)
    return -1;
  memcpy(at, bytes, n);
  return 0;
}

int channel_say(struct channel *c, uint32_t kind, uint32_t number, const void *payload, uint32_t length)
{
  unsigned char *at = reserve(c, 4 + (size_t)MESSAGE_HEAD + length + SEAL_TAG);
  if (!at)
    return -1;
  message_head(at + 4, kind, number);
  if (length > 0)
    memcpy(at + 4 + MESSAGE_HEAD, payload, length);
  seal_frame(&c->to, at, MESSAGE_HEAD + length);
  return 0;
}

int channel_full(const struct channel *c)
{
  return c->out_done < c->out_used;
}

int channel_flush(struct channel *c)
{
  while (channel_full(c)) {
    ssize_t n = send(c->fd, c->out + c->out_done, c->out_used - c->out_done, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : lose(c, errno);
    c->out_done += (size_t)n;
    c->sent += (uint64_t)n;
  }
  if (c->out_room > 4 * (size_t)ROOM_LEAST) { /* what a large gathering took */
    free(c->out);
    c->out = NULL;
    c->out_room = c->out_used = c->out_done = 0;
  }
  return 0;
}

int channel_hear(struct channel *c, uint32_t most, uint32_t size, struct message *m)
{
  int come = channel_want(c, 4);
  if (come <= 0)
    return come;
  uint32_t length = frame_length(c->in, MESSAGE_HEAD + SEAL_TAG, most);
  if (length == 0)
    return lose(c, EBADMSG);
  come = channel_want(c, 4 + (size_t)length);
  if (come <= 0)
    return come;
  if (!seal_open(&c->from, c->in, length) || !message_read(c->in + 4, length - SEAL_TAG, size, m))
    return lose(c, EBADMSG);
  c->heard++;
  return 1;
}

void channel_next(struct channel *c)
{
  channel_eat(c, 4 + (size_t)word_read(c->in));
}

const char *channel_error(const struct channel *c)
{
  return c->error == 0 ? "it was closed" : c->error == EBADMSG ? "what came is not of this job" : strerror(c->error);
}
