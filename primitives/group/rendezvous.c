/* The meeting of a job's ranks over TCP: what both sides do, and the allgather. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "rendezvous.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void rendezvous_log(const struct rendezvous *r, const char *format, ...)
{
  char line[512];
  va_list list;
  va_start(list, format);
  vsnprintf(line, sizeof line, format, list);
  va_end(list);
  fprintf(stderr, "sacred: rank %u: %s\n", r->b.rank, line);
}

void rendezvous_fail(struct rendezvous *r, int status, const char *format, ...)
{
  va_list list;
  if (r->status != SACRED_OK)
    return;
  va_start(list, format);
  vsnprintf(r->words, sizeof r->words, format, list);
  va_end(list);
  r->status = status;
}

struct handshake rendezvous_self(const struct rendezvous *r, uint32_t kind)
{
  return (struct handshake){.version = HANDSHAKE_VERSION,
                            .kind = kind,
                            .rank = r->b.rank,
                            .size = r->b.size,
                            .pid = (uint32_t)getpid(),
                            .keyed = (uint32_t)r->keyed};
}

/* Small messages go at once; a host that is gone is noticed within some 15 s, and not in hours. */
void rendezvous_tune(int fd)
{
  const struct {
    int level, name, value;
  } options[] = {{IPPROTO_TCP, TCP_NODELAY, 1},  {SOL_SOCKET, SO_KEEPALIVE, 1},
                 {IPPROTO_TCP, TCP_KEEPIDLE, 5}, {IPPROTO_TCP, TCP_KEEPINTVL, 3},
                 {IPPROTO_TCP, TCP_KEEPCNT, 3},  {IPPROTO_TCP, TCP_USER_TIMEOUT, 15000}};
  for (size_t k = 0; k < sizeof options / sizeof *options; k++)
    setsockopt(fd, options[k].level, options[k].name, &options[k].value, sizeof options[k].value);
}

/* -- the environment ----------------------------------------------------------- */

static int read_place(struct rendezvous *r, const char *text)
{
  struct place p;
  size_t n = strlen(text);
  if (n >= sizeof r->place || !place_read(text, (uint32_t)n, &p) || p.length >= sizeof r->lookup.host)
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "SACRED_ROOT=%.300s is no place: give host:port, as in node1:4711 or [fd00::1]:4711, where "
                          "rank 0 runs, with a port from 1 to 65535",
                          text);
  memcpy(r->place, text, n + 1);
  memcpy(r->lookup.host, text + p.from, p.length);
  snprintf(r->lookup.port, sizeof r->lookup.port, "%u", p.port % 65536u);
  return SACRED_OK;
}

static int read_environment(struct rendezvous *r)
{
  int status = bootstrap_place(&r->b.rank, &r->b.size);
  if (status == SACRED_OK)
    status = read_place(r, getenv("SACRED_ROOT"));
  r->keyed = group_environment_has("SACRED_KEY_FILE");
  if (status == SACRED_OK)
    status = seal_key_read(r->keyed ? getenv("SACRED_KEY_FILE") : NULL, r->key);
  if (status == SACRED_OK && group_environment_has("SACRED_INTERFACE")) {
    snprintf(r->interface, sizeof r->interface, "%s", getenv("SACRED_INTERFACE"));
    status = address_interface(r->interface);
  }
  return status;
}

/* Without a key only this host is spoken to: leave out addresses that others could reach, or be at. */
static int keep_loopback(struct rendezvous *r)
{
  struct addresses *a = &r->addresses;
  char first[ADDRESS_TEXT];
  uint32_t n = 0;
  memcpy(first, a->at[0].text, sizeof first);
  for (uint32_t k = 0; k < a->n; k++)
    if (address_is_loopback(&a->at[k]))
      a->at[n++] = a->at[k];
  a->n = n;
  if (n > 0)
    return SACRED_OK;
  return group_open_say(SACRED_ERR_ENVIRONMENT,
                        "SACRED_ROOT=%s is %s, which other hosts can reach, and there is no key: make one with: sacred "
                        "key FILE, copy it to every host, and set SACRED_KEY_FILE=FILE on all ranks",
                        r->place, first);
}

static int look_up(struct rendezvous *r)
{
  int status = address_look_up(&r->lookup, r->b.deadline, &r->addresses);
  if (status == SACRED_OK && !r->keyed)
    status = keep_loopback(r);
  r->found = status == SACRED_OK;
  return status;
}

/* -- the allgather ----------------------------------------------------------------- */

static int lacks(const void *rendezvous, uint32_t i)
{
  const struct rendezvous *r = rendezvous;
  return ranks_has(&r->lacks, i);
}

static int timed_out(struct rendezvous *r)
{
  char who[GROUP_LIST], refused[80] = "";
  const struct rendezvous_member *m = &r->member;
  if (r->b.rank > 0 && m->root.state != CHANNEL_OPEN)
    return group_open_say(
        SACRED_TIMEOUT, "timed out: rank %u did not reach rank 0 at SACRED_ROOT=%s: %s; is rank 0 started? call again",
        r->b.rank, r->place, m->why[0] ? m->why : "there was no time to try");
  if (r->b.rank > 0 && !m->told)
    return group_open_say(SACRED_TIMEOUT, "timed out: rank 0 has not said yet who of %u is missing: call again",
                          r->b.size);
  if (r->b.rank == 0 && r->root.refused > 0)
    snprintf(refused, sizeof refused, " (%llu connections were refused)", (unsigned long long)r->root.refused);
  return group_open_say(SACRED_TIMEOUT, "timed out: %s of %u did not come in time to open the group%s: call again",
                        group_rank_list(who, r->b.size, lacks, r), r->b.size, refused);
}

static int begin(struct rendezvous *r, size_t each)
{
  if (each > MESSAGE_PIECE)
    return group_open_say(SACRED_ERR_ARGUMENT, "%zu bytes of a rank for one gathering: give at most %d", each,
                          MESSAGE_PIECE);
  r->number++;
  r->each = (uint32_t)each;
  memset(&r->lacks, 0, sizeof r->lacks);
  for (uint32_t i = 0; i < r->b.size; i++)
    ranks_put(&r->lacks, i, i != r->b.rank || i > 0);
  r->begun = 1;
  if (r->b.rank > 0)
    member_begin(r);
  return SACRED_OK;
}

static int rendezvous_gather(void *bootstrap, const void *mine, void *all, size_t each)
{
  struct rendezvous *r = bootstrap;
  int status = r->found ? SACRED_OK : look_up(r), root = r->b.rank == 0;
  if (status == SACRED_OK && root && !r->root.peers)
    status = root_begin(r);
  if (status == SACRED_OK && !r->begun)
    status = begin(r, each);
  if (status != SACRED_OK)
    return status;
  r->mine = mine;
  r->all = all;
  if (root && each > 0)
    memcpy(all, mine, each);
  for (;;) {
    uint64_t now = sacred_now(), left = r->b.deadline > now ? r->b.deadline - now : 0;
    root ? root_step(r) : member_step(r);
    if (r->status != SACRED_OK)
      return group_open_say(r->status, "%s", r->words);
    if (root ? root_over(r) : r->member.over)
      break;
    if (left == 0) {
      if (root)
        root_tell_lacks(r, 1);
      return timed_out(r);
    }
    left = left < RENDEZVOUS_STEP_NS ? left : RENDEZVOUS_STEP_NS;
    root ? root_wait(r, left) : member_wait(r, left);
  }
  r->begun = 0;
  return SACRED_OK;
}

static int rendezvous_lost(struct bootstrap *b, uint32_t i)
{
  struct rendezvous *r = (struct rendezvous *)b;
  if (!r->begun && r->number > 0 && r->status == SACRED_OK)
    b->rank == 0 ? root_look(r) : member_look(r);
  return ranks_has(&r->lost, i);
}

int rendezvous_begin(struct bootstrap **b)
{
  struct rendezvous *r = calloc(1, sizeof *r);
  if (!r)
    return group_open_say(SACRED_ERR_MEMORY, "no memory for a rendezvous");
  r->b.gather = rendezvous_gather;
  r->b.lost = rendezvous_lost;
  r->b.pid = getpid();
  int status = read_environment(r);
  if (status != SACRED_OK) {
    free(r);
    return status;
  }
  *b = &r->b;
  return SACRED_OK;
}
