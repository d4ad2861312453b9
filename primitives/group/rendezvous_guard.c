/* Rank 0's door to the rendezvous: who connects shows the job's key, or is refused and harms nobody. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "rendezvous_guard.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ACCEPTS = 32, REFUSALS_SHOWN = 8 };

/* -- listening ------------------------------------------------------------------ */

static int listen_at(struct rendezvous *r, const struct address *a)
{
  int one = 1, fd = socket(a->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (a->socket.ss_family == AF_INET6)
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  if (bind(fd, (const struct sockaddr *)&a->socket, a->length) != 0 || listen(fd, 1024) != 0) {
    int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  r->root.listener[r->root.listeners++] = fd;
  return 0;
}

int guard_listen(struct rendezvous *r)
{
  int error = 0;
  const char *where = r->place;
  for (uint32_t k = 0; k < r->addresses.n; k++) {
    const struct address *a = &r->addresses.at[k];
    if (r->interface[0] && !address_is_on(a, r->interface))
      continue;
    if (listen_at(r, a) != 0 && error != EADDRINUSE) {
      error = errno;
      where = a->text;
    }
  }
  /* A port that somebody else has, even at one of the addresses: the others could come to him. */
  if (r->root.listeners > 0 && error != EADDRINUSE)
    return SACRED_OK;
  guard_close(r);
  if (error == EADDRINUSE)
    return group_open_say(
        SACRED_ERR_ENVIRONMENT,
        "another process listens at %s: is rank 0 started twice? Else give another port in SACRED_ROOT", where);
  if (error == EADDRNOTAVAIL)
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "%s is no address of this host, and rank 0 is here: start rank 0 where SACRED_ROOT is",
                          where);
  if (error == 0)
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "SACRED_ROOT=%s is no address of SACRED_INTERFACE=%s: give one that is", r->place,
                          r->interface);
  return group_open_say(SACRED_ERR_SYSTEM, "cannot listen at %s: %s", where, strerror(error));
}

void guard_close(struct rendezvous *r)
{
  for (uint32_t k = 0; k < r->root.listeners; k++)
    close(r->root.listener[k]);
  r->root.listeners = 0;
  for (int k = 0; k < RENDEZVOUS_PENDING; k++)
    channel_drop(&r->root.pending[k]);
}

/* -- refusals -------------------------------------------------------------------- */

/* The first few are told one by one, then each that doubles their number: a flood fills no disk. */
static void refuse(struct rendezvous *r, struct channel *c, const char *why)
{
  uint64_t n = ++r->root.refused;
  if (n <= REFUSALS_SHOWN)
    rendezvous_log(r, "refused %s: %s", c->address.text, why);
  else if ((n & (n - 1)) == 0)
    rendezvous_log(r, "refused %s: %s; %llu connections so far", c->address.text, why, (unsigned long long)n);
  channel_drop(c);
}

/* A place for one more: free, or that of who has waited longest, of those without a good hello if there is one. */
static struct channel *place_for_one(struct rendezvous *r)
{
  struct channel *oldest = NULL;
  for (int k = 0; k < RENDEZVOUS_PENDING; k++) {
    struct channel *c = &r->root.pending[k];
    if (c->state == CHANNEL_NONE)
      return c;
    if (!oldest || c->state < oldest->state || (c->state == oldest->state && c->since < oldest->since))
      oldest = c;
  }
  refuse(r, oldest, "too many connections that do not show the key, and this one was the oldest");
  return oldest;
}

static int accept_one(struct rendezvous *r, int listener)
{
  struct address a = {.length = sizeof a.socket};
  int fd = accept4(listener, (struct sockaddr *)&a.socket, &a.length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0)
    return errno == EINTR || errno == ECONNABORTED;
  address_word(&a);
  rendezvous_tune(fd);
  channel_take(place_for_one(r), fd, CHANNEL_GREETED, &a);
  return 1;
}

/* -- the handshake ------------------------------------------------------------------ */

static void mismatch(struct rendezvous *r, const struct channel *c)
{
  const struct handshake *h = &c->theirs;
  if (h->version != HANDSHAKE_VERSION)
    rendezvous_fail(
        r, SACRED_ERR_MISMATCH,
        "rank %u at %s speaks version %u of the rendezvous, rank 0 speaks %d: install one version of Sacred", h->rank,
        c->address.text, h->version, HANDSHAKE_VERSION);
  else if (h->size != r->b.size)
    rendezvous_fail(r, SACRED_ERR_MISMATCH,
                    "rank %u at %s has SACRED_SIZE=%u, rank 0 has SACRED_SIZE=%u: give the same on all ranks", h->rank,
                    c->address.text, h->size, r->b.size);
  else if (h->rank == 0 || h->rank >= r->b.size)
    rendezvous_fail(r, SACRED_ERR_MISMATCH,
                    "process %u at %s has SACRED_RANK=%u, and I am rank 0 of %u: give each process its own rank",
                    h->pid, c->address.text, h->rank, r->b.size);
  else if (r->root.peers[h->rank].state != CHANNEL_NONE)
    rendezvous_fail(r, SACRED_ERR_MISMATCH,
                    "two processes have SACRED_RANK=%u: process %u at %s, and process %u at %s: give each its own",
                    h->rank, r->root.peers[h->rank].theirs.pid, r->root.peers[h->rank].address.text, h->pid,
                    c->address.text);
  else if (ranks_has(&r->lost, h->rank))
    rendezvous_fail(r, SACRED_ERR_UNREACHABLE,
                    "rank %u lost its connection, and came again as process %u at %s: restart the job", h->rank, h->pid,
                    c->address.text);
}

/* It has shown the key: it is the rank that it says, or the job cannot be. */
static void let_in(struct rendezvous *r, struct channel *c)
{
  seal_agree(&c->talk, r->key, &c->from, &c->to);
  c->state = CHANNEL_OPEN;
  mismatch(r, c);
  if (r->status != SACRED_OK)
    return; /* and it stays where it is, to be told */
  r->root.peers[c->theirs.rank] = *c;
  *c = (struct channel){.fd = -1};
}

/* What a message of the handshake lacks, NULL where it is good. */
static const char *flaw(struct rendezvous *r, struct channel *c, uint32_t kind)
{
  memcpy(seal_place(&c->talk, kind), c->in, HANDSHAKE_BYTES);
  channel_eat(c, HANDSHAKE_BYTES);
  if (!handshake_read(seal_place(&c->talk, kind), &c->theirs) || c->theirs.kind != kind)
    return "what it said is not of Sacred";
  if (seal_greeted(&c->talk, r->key, kind))
    return NULL;
  if ((int)c->theirs.keyed != r->keyed)
    return r->keyed ? "it has no key, and rank 0 has one: set SACRED_KEY_FILE on all ranks"
                    : "it has a key, and rank 0 has none: set SACRED_KEY_FILE on all ranks";
  return kind == HANDSHAKE_HELLO ? "it does not have this job's key" : "it repeats what another has said";
}

/* Go on with a handshake as far as what has come goes. */
static void hear(struct rendezvous *r, struct channel *c)
{
  while (r->status == SACRED_OK && (c->state == CHANNEL_GREETED || c->state == CHANNEL_CHALLENGED)) {
    uint32_t kind = c->state == CHANNEL_GREETED ? HANDSHAKE_HELLO : HANDSHAKE_ANSWER;
    int come = channel_want(c, HANDSHAKE_BYTES);
    const char *why = come < 0 ? "it ended before it had shown the key" : NULL;
    if (come == 0 && sacred_now() - c->since > RENDEZVOUS_HANDSHAKE_NS)
      why = "it did not show the key in 5 s";
    if (come == 0 && !why)
      return;
    if (!why)
      why = flaw(r, c, kind);
    if (why) {
      refuse(r, c, why);
      return;
    }
    if (kind == HANDSHAKE_ANSWER) {
      let_in(r, c);
      return;
    }
    struct handshake mine = rendezvous_self(r, HANDSHAKE_CHALLENGE);
    seal_greet(&c->talk, r->key, &mine);
    if (channel_put(c, seal_place(&c->talk, HANDSHAKE_CHALLENGE), HANDSHAKE_BYTES) != 0 || channel_flush(c) != 0) {
      refuse(r, c, "it ended before it had shown the key");
      return;
    }
    c->state = CHANNEL_CHALLENGED;
    c->since = sacred_now();
  }
}

void guard_step(struct rendezvous *r)
{
  for (int k = 0; k < RENDEZVOUS_PENDING; k++)
    if (r->root.pending[k].state != CHANNEL_NONE)
      hear(r, &r->root.pending[k]);
  for (uint32_t k = 0; k < r->root.listeners; k++)
    for (int n = 0; n < ACCEPTS && r->status == SACRED_OK && accept_one(r, r->root.listener[k]); n++)
      ;
  /* Who is new has mostly said its hello already. */
  for (int k = 0; k < RENDEZVOUS_PENDING; k++)
    if (r->root.pending[k].state == CHANNEL_GREETED)
      hear(r, &r->root.pending[k]);
}
