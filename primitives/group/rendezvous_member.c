/* The side of the rendezvous of all ranks but 0: connect, show the key, give, and take the whole. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "rendezvous.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAUSE_LEAST_NS = 10 * 1000000, PAUSE_MOST_NS = 320 * 1000000 };
#define CONNECT_NS UINT64_C(2000000000) /* one lost packet is asked for again within it */

static void tried(struct rendezvous *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* This try has failed: note why, and try the next address after a while. */
static void tried(struct rendezvous *r, const char *format, ...)
{
  struct rendezvous_member *m = &r->member;
  uint64_t pause = (uint64_t)PAUSE_LEAST_NS << (m->tries / r->addresses.n < 5 ? m->tries / r->addresses.n : 5);
  va_list list;
  va_start(list, format);
  vsnprintf(m->why, sizeof m->why, format, list);
  va_end(list);
  channel_drop(&m->root);
  m->tries++;
  m->next = (m->next + 1) % r->addresses.n;
  /* At once to the other addresses; to the same one, when it has had time to change. */
  m->again = m->tries % r->addresses.n == 0 ? sacred_in(pause < PAUSE_MOST_NS ? pause : PAUSE_MOST_NS) : sacred_now();
}

static void connect_next(struct rendezvous *r)
{
  struct rendezvous_member *m = &r->member;
  const struct address *a = &r->addresses.at[m->next];
  struct address from;
  int fd = socket(a->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    tried(r, "%s: %s", a->text, strerror(errno));
    return;
  }
  channel_take(&m->root, fd, CHANNEL_CONNECTING, a);
  if (r->interface[0] && !address_from(r->interface, a, &from)) {
    tried(r, "%s: SACRED_INTERFACE=%s has no address of that kind", a->text, r->interface);
    return;
  }
  if (r->interface[0] && bind(fd, (const struct sockaddr *)&from.socket, from.length) != 0) {
    tried(r, "%s: SACRED_INTERFACE=%s: %s", a->text, r->interface, strerror(errno));
    return;
  }
  if (connect(fd, (const struct sockaddr *)&a->socket, a->length) != 0 && errno != EINPROGRESS)
    tried(r, "%s: %s", a->text, strerror(errno));
}

/* Say hello as soon as there is a connection. */
static void greet(struct rendezvous *r)
{
  struct channel *c = &r->member.root;
  struct pollfd ready = {.fd = c->fd, .events = POLLOUT};
  int error = 0;
  socklen_t length = sizeof error;
  if (poll(&ready, 1, 0) == 0) {
    if (sacred_now() - c->since > CONNECT_NS)
      tried(r, "%s: no answer", c->address.text);
    return;
  }
  if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) {
    tried(r, "%s: %s", c->address.text, strerror(error ? error : errno));
    return;
  }
  struct sockaddr_storage mine, theirs;
  socklen_t mine_length = sizeof mine, theirs_length = sizeof theirs;
  /* Where nobody listens at a port of this host that the system lends out, a connection may be one with itself. */
  if (getsockname(c->fd, (struct sockaddr *)&mine, &mine_length) == 0 &&
      getpeername(c->fd, (struct sockaddr *)&theirs, &theirs_length) == 0 && mine_length == theirs_length &&
      memcmp(&mine, &theirs, mine_length) == 0) {
    tried(r, "%s: nobody listens", c->address.text);
    return;
  }
  rendezvous_tune(c->fd);
  struct handshake h = rendezvous_self(r, HANDSHAKE_HELLO);
  seal_greet(&c->talk, r->key, &h);
  c->state = CHANNEL_GREETED;
  c->since = sacred_now();
  if (channel_put(c, seal_place(&c->talk, HANDSHAKE_HELLO), HANDSHAKE_BYTES) != 0)
    tried(r, "%s: %s", c->address.text, channel_error(c));
}

/* Is who listens there rank 0 of my job? */
static int is_root(struct rendezvous *r)
{
  struct channel *c = &r->member.root;
  memcpy(seal_place(&c->talk, HANDSHAKE_CHALLENGE), c->in, HANDSHAKE_BYTES);
  channel_eat(c, HANDSHAKE_BYTES);
  return handshake_read(seal_place(&c->talk, HANDSHAKE_CHALLENGE), &c->theirs) &&
         c->theirs.kind == HANDSHAKE_CHALLENGE && seal_greeted(&c->talk, r->key, HANDSHAKE_CHALLENGE);
}

/* Answer the challenge; from then on all is sealed. */
static void answer(struct rendezvous *r)
{
  struct channel *c = &r->member.root;
  int come = channel_want(c, HANDSHAKE_BYTES);
  if (come == 0 && sacred_now() - c->since < RENDEZVOUS_HANDSHAKE_NS)
    return;
  if (come == 0) {
    tried(r, "%s: who listens there does not answer", c->address.text);
    return;
  }
  if (come < 0) {
    tried(r, "%s: the connection ended (%s): has rank 0 the same SACRED_KEY_FILE, and no other rank %u?",
          c->address.text, channel_error(c), r->b.rank);
    return;
  }
  if (!is_root(r)) {
    if (r->member.tries < 8)
      rendezvous_log(r, "refused %s: who listens there does not have this job's key", c->address.text);
    tried(r, "%s: who listens there does not have this job's key", c->address.text);
    return;
  }
  struct handshake h = rendezvous_self(r, HANDSHAKE_ANSWER);
  seal_greet(&c->talk, r->key, &h);
  channel_put(c, seal_place(&c->talk, HANDSHAKE_ANSWER), HANDSHAKE_BYTES);
  seal_agree(&c->talk, r->key, &c->to, &c->from);
  c->state = CHANNEL_OPEN;
  channel_flush(c); /* rank 0 is to hear of a mismatch from me as I from it */
  if (c->theirs.version != HANDSHAKE_VERSION)
    rendezvous_fail(
        r, SACRED_ERR_MISMATCH,
        "rank 0 at %s speaks version %u of the rendezvous, rank %u speaks %d: install one version of Sacred",
        c->address.text, c->theirs.version, r->b.rank, HANDSHAKE_VERSION);
  else if (c->theirs.size != r->b.size)
    rendezvous_fail(r, SACRED_ERR_MISMATCH,
                    "rank %u has SACRED_SIZE=%u, rank 0 at %s has SACRED_SIZE=%u: give the same on all ranks",
                    r->b.rank, r->b.size, c->address.text, c->theirs.size);
}

static int lacks(const void *rendezvous, uint32_t i)
{
  return ranks_has(&((const struct rendezvous *)rendezvous)->lacks, i);
}

/* The connection to rank 0 is lost. One that rank 0 has not spoken on may be tried again. */
static void lose(struct rendezvous *r)
{
  struct rendezvous_member *m = &r->member;
  char who[GROUP_LIST];
  if (m->root.heard == 0) {
    tried(r, "%s: the connection ended (%s)", m->root.address.text, channel_error(&m->root));
    m->given = 0;
    return;
  }
  ranks_put(&r->lost, 0, 1);
  rendezvous_fail(
      r, SACRED_ERR_UNREACHABLE,
      "the connection to rank 0 at %s was lost (%s)%s%s: it ended, or its host is out of reach; see what it "
      "printed",
      m->root.address.text, channel_error(&m->root), m->told ? ", and waited then for " : "",
      m->told ? group_rank_list(who, r->b.size, lacks, r) : "");
  channel_drop(&m->root);
}

/* Words of another process, to be shown: nothing but printable text. */
static void fail_as_told(struct rendezvous *r, const struct message *said)
{
  char words[MESSAGE_WORDS];
  uint32_t n = said->length < sizeof words - 1 ? said->length : sizeof words - 1;
  for (uint32_t k = 0; k < n; k++)
    words[k] = said->payload[k] >= ' ' && said->payload[k] < 127 ? (char)said->payload[k] : '?';
  words[n] = '\0';
  rendezvous_fail(r, -(int)said->number, "rank 0 says: %s", words);
}

/* Take what rank 0 says, as far as it has come. */
static void hear(struct rendezvous *r)
{
  struct rendezvous_member *m = &r->member;
  size_t whole = MESSAGE_HEAD + (size_t)r->each * r->b.size + SEAL_TAG;
  struct message said;
  int come = 0;
  while (r->status == SACRED_OK && !m->over && m->root.state == CHANNEL_OPEN &&
         (come = channel_hear(&m->root, whole > RENDEZVOUS_SMALL ? (uint32_t)whole : RENDEZVOUS_SMALL, r->b.size,
                              &said)) > 0) {
    if (said.kind == MESSAGE_ALL && said.number == r->number && said.length == r->each * r->b.size) {
      if (said.length > 0)
        memcpy(r->all, said.payload, said.length);
      m->over = 1;
    } else if (said.kind == MESSAGE_WAIT) {
      m->told = said.number == r->number;
      memcpy(r->lacks.bits, said.payload, said.length);
    } else if (said.kind == MESSAGE_LOST)
      ranks_put(&r->lost, said.number, 1);
    else if (said.kind == MESSAGE_FAIL)
      fail_as_told(r, &said);
    else {
      m->root.error = EBADMSG;
      come = -1;
      break;
    }
    channel_next(&m->root);
  }
  if (come < 0)
    lose(r);
}

void member_begin(struct rendezvous *r)
{
  r->member.over = r->member.told = 0;
}

void member_look(struct rendezvous *r)
{
  r->member.over = 0;
  if (r->member.root.state == CHANNEL_OPEN)
    hear(r);
  r->member.over = 1;
}

void member_step(struct rendezvous *r)
{
  struct rendezvous_member *m = &r->member;
  if (r->status != SACRED_OK)
    return;
  if (m->root.state == CHANNEL_NONE && sacred_now() >= m->again)
    connect_next(r);
  if (m->root.state == CHANNEL_CONNECTING)
    greet(r);
  if (m->root.state == CHANNEL_GREETED)
    answer(r);
  if (m->root.state == CHANNEL_OPEN && r->status == SACRED_OK) {
    if (m->given != r->number && channel_say(&m->root, MESSAGE_GIVE, r->number, r->mine, r->each) == 0)
      m->given = r->number;
    hear(r);
  }
  if (m->root.state > CHANNEL_CONNECTING && channel_flush(&m->root) != 0)
    lose(r);
}

void member_wait(struct rendezvous *r, uint64_t ns)
{
  struct rendezvous_member *m = &r->member;
  const struct channel *c = &m->root;
  uint64_t now = sacred_now();
  if (c->state == CHANNEL_NONE && m->again > now && m->again - now < ns)
    ns = m->again - now;
  struct pollfd p = {.fd = c->state == CHANNEL_NONE ? -1 : c->fd,
                     .events =
                         (short)(c->state == CHANNEL_CONNECTING ? POLLOUT : POLLIN | (channel_full(c) ? POLLOUT : 0))};
  poll(&p, 1, (int)(ns / 1000000 + (ns % 1000000 > 0)));
}
