/* Rank 0's side of the rendezvous: it gathers from all, hands out the whole, and tells who is missing. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "rendezvous_guard.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { FILES_BESIDES = 64, TELL_EVERY_NS = 50 * 1000000, QUEUED_MOST = 16 << 20 };
#define FAREWELL_NS UINT64_C(500000000)

int root_begin(struct rendezvous *r)
{
  struct rendezvous_root *t = &r->root;
  struct rlimit files;
  uint64_t want = (uint64_t)r->b.size + RENDEZVOUS_PENDING + FILES_BESIDES;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < want)
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "rank 0 of %u needs %llu open files, the limit is %llu: raise ulimit -n", r->b.size,
                          (unsigned long long)want, (unsigned long long)files.rlim_cur);
  struct channel *peers = calloc(r->b.size, sizeof *peers);
  t->served = calloc(r->b.size, sizeof *t->served);
  r->fds = calloc(r->b.size + RENDEZVOUS_PENDING + ADDRESSES, sizeof *r->fds);
  int status =
      peers && t->served && r->fds ? SACRED_OK : group_open_say(SACRED_ERR_MEMORY, "no memory for %u ranks", r->b.size);
  if (status == SACRED_OK && r->b.size > 1)
    status = guard_listen(r);
  if (status != SACRED_OK) {
    free(peers);
    free(t->served);
    free(r->fds);
    t->served = NULL;
    r->fds = NULL;
    return status;
  }
  t->peers = peers;
  return SACRED_OK;
}

static int is_open(const struct rendezvous *r, uint32_t i)
{
  return r->root.peers[i].state == CHANNEL_OPEN;
}

static void say_all(struct rendezvous *r, uint32_t kind, uint32_t number, const void *payload, uint32_t length)
{
  for (uint32_t i = 1; i < r->b.size; i++)
    if (is_open(r, i))
      channel_say(&r->root.peers[i], kind, number, payload, length);
}

static int lacking(const struct rendezvous *r)
{
  for (uint32_t i = 1; i < r->b.size; i++)
    if (ranks_has(&r->lacks, i))
      return 1;
  return 0;
}

static int lacks(const void *rendezvous, uint32_t i)
{
  return ranks_has(&((const struct rendezvous *)rendezvous)->lacks, i);
}

/* Has rank i the whole of this gathering? Other messages may be behind it. */
static int has_all(const struct rendezvous *r, uint32_t i)
{
  const struct served *s = &r->root.served[i];
  return s->number == r->number && r->root.peers[i].sent >= s->until;
}

/*
 * Rank i has lost its connection: it may be dead, or out of reach. Who has the whole
 * of this gathering may go, there need not be another; who has not is wanted.
 */
static void lose(struct rendezvous *r, uint32_t i)
{
  struct channel *c = &r->root.peers[i];
  char who[GROUP_LIST];
  int served = has_all(r, i);
  ranks_put(&r->lost, i, 1);
  ranks_put(&r->lacks, i, 0);
  if (!served)
    rendezvous_fail(r, SACRED_ERR_UNREACHABLE,
                    "the connection to rank %u at %s was lost before the group was open (%s): it ended, or its host is "
                    "out of reach; see what it printed%s%s%s",
                    i, c->address.text, channel_error(c), lacking(r) ? " (and " : "",
                    lacking(r) ? group_rank_list(who, r->b.size, lacks, r) : "", lacking(r) ? " had not come)" : "");
  channel_drop(c);
  say_all(r, MESSAGE_LOST, i, NULL, 0);
}

/* Nothing is wanted of anybody now, so it is no failure, and the others hear of it when they look. */
void root_look(struct rendezvous *r)
{
  for (uint32_t i = 1; i < r->b.size; i++) {
    struct pollfd hung = {.fd = r->root.peers[i].fd, .events = POLLRDHUP};
    if (is_open(r, i) && poll(&hung, 1, 0) > 0)
      lose(r, i);
  }
  for (uint32_t i = 1; i < r->b.size; i++)
    if (is_open(r, i) && channel_flush(&r->root.peers[i]) != 0)
      lose(r, i);
}

/* What rank i gives to this gathering, if that has come. */
static void hear(struct rendezvous *r, uint32_t i)
{
  struct channel *c = &r->root.peers[i];
  struct message m;
  if (!ranks_has(&r->lacks, i))
    return;
  int come = channel_hear(c, RENDEZVOUS_FRAME, r->b.size, &m);
  if (come > 0 && (m.kind != MESSAGE_GIVE || m.number != r->number)) {
    c->error = EBADMSG;
    come = -1;
  }
  if (come > 0 && m.length != r->each) {
    rendezvous_fail(r, SACRED_ERR_MISMATCH,
                    "rank %u gives %u bytes to gathering %u, rank 0 gives %u: install one version of Sacred", i,
                    m.length, r->number, r->each);
    return;
  }
  if (come < 0)
    lose(r, i);
  if (come <= 0)
    return;
  if (m.length > 0)
    memcpy(r->all + (size_t)i * r->each, m.payload, m.length);
  channel_next(c);
  ranks_put(&r->lacks, i, 0);
}

void root_tell_lacks(struct rendezvous *r, int now)
{
  struct rendezvous_root *t = &r->root;
  if (!now && (sacred_now() - t->told_at < TELL_EVERY_NS || memcmp(&t->told, &r->lacks, sizeof t->told) == 0))
    return;
  for (uint32_t i = 1; i < r->b.size; i++)
    if (is_open(r, i) && !ranks_has(&r->lacks, i) && !channel_full(&t->peers[i])) {
      channel_say(&t->peers[i], MESSAGE_WAIT, r->number, r->lacks.bits, (r->b.size + 7) / 8);
      channel_flush(&t->peers[i]);
    }
  t->told = r->lacks;
  t->told_at = sacred_now();
}

/* All have given: hand out the whole, to so many at a time that not all of it is in memory that often. */
static void serve(struct rendezvous *r)
{
  size_t queued = 0, whole = (size_t)r->each * r->b.size;
  for (uint32_t i = 1; i < r->b.size; i++)
    if (is_open(r, i))
      queued += r->root.peers[i].out_used - r->root.peers[i].out_done;
  for (uint32_t i = 1; i < r->b.size && (queued == 0 || queued + whole <= QUEUED_MOST); i++)
    if (is_open(r, i) && r->root.served[i].number != r->number) {
      channel_say(&r->root.peers[i], MESSAGE_ALL, r->number, r->all, (uint32_t)whole);
      r->root.served[i] = (struct served){r->number, r->root.peers[i].queued};
      queued += whole;
    }
}

/* Let go what is to go; notice who is gone, among them who has nothing to say. */
static void flush(struct rendezvous *r)
{
  for (uint32_t i = 1; i < r->b.size; i++) {
    struct channel *c = &r->root.peers[i];
    struct pollfd hung = {.fd = c->fd, .events = POLLRDHUP};
    if (!is_open(r, i))
      continue;
    int bad = channel_flush(c);
    /* What it gave is here, or it is heard first. */
    if (bad == 0 && !ranks_has(&r->lacks, i) && poll(&hung, 1, 0) > 0)
      bad = 1;
    if (bad != 0)
      lose(r, i);
  }
}

/* The job has failed: tell all, for a short while, and listen no more. */
static void farewell(struct rendezvous *r)
{
  uint64_t until = sacred_in(FAREWELL_NS);
  uint32_t length = (uint32_t)strlen(r->words);
  say_all(r, MESSAGE_FAIL, (uint32_t)-r->status, r->words, length);
  for (int k = 0; k < RENDEZVOUS_PENDING; k++) /* who is the reason, and no rank of mine */
    if (r->root.pending[k].state == CHANNEL_OPEN) {
      channel_say(&r->root.pending[k], MESSAGE_FAIL, (uint32_t)-r->status, r->words, length);
      channel_flush(&r->root.pending[k]);
    }
  for (int full = 1; full && sacred_now() < until; root_wait(r, full ? RENDEZVOUS_STEP_NS / 10 : 0)) {
    full = 0;
    for (uint32_t i = 1; i < r->b.size; i++)
      if (is_open(r, i) && channel_flush(&r->root.peers[i]) == 0)
        full |= channel_full(&r->root.peers[i]);
  }
  guard_close(r);
}

void root_step(struct rendezvous *r)
{
  if (r->status != SACRED_OK)
    return;
  guard_step(r);
  for (uint32_t i = 1; r->status == SACRED_OK && i < r->b.size; i++) {
    if (is_open(r, i))
      hear(r, i);
    else if (ranks_has(&r->lost, i) && ranks_has(&r->lacks, i)) /* it has gone since the last gathering */
      rendezvous_fail(r, SACRED_ERR_UNREACHABLE,
                      "the connection to rank %u was lost after an earlier gathering: it ended, "
                      "or its host is out of reach",
                      i);
  }
  if (r->status == SACRED_OK) {
    if (lacking(r))
      root_tell_lacks(r, 0);
    else
      serve(r);
    flush(r);
  }
  if (r->status != SACRED_OK)
    farewell(r);
  else if (root_over(r))
    guard_close(r); /* all are here: nobody else is to come */
}

int root_over(const struct rendezvous *r)
{
  if (lacking(r))
    return 0;
  for (uint32_t i = 1; i < r->b.size; i++)
    if (is_open(r, i) && !has_all(r, i))
      return 0;
  return 1;
}

static nfds_t watch(struct rendezvous *r, nfds_t n, const struct channel *c, short events)
{
  r->fds[n] = (struct pollfd){.fd = c->fd, .events = (short)(events | (channel_full(c) ? POLLOUT : 0))};
  return n + 1;
}

void root_wait(struct rendezvous *r, uint64_t ns)
{
  nfds_t n = 0;
  for (uint32_t k = 0; k < r->root.listeners; k++)
    r->fds[n++] = (struct pollfd){.fd = r->root.listener[k], .events = POLLIN};
  for (int k = 0; k < RENDEZVOUS_PENDING; k++)
    if (r->root.pending[k].state != CHANNEL_NONE)
      n = watch(r, n, &r->root.pending[k], POLLIN);
  for (uint32_t i = 1; i < r->b.size; i++)
    if (is_open(r, i))
      n = watch(r, n, &r->root.peers[i], ranks_has(&r->lacks, i) ? POLLIN : POLLRDHUP);
  poll(r->fds, n, (int)(ns / 1000000 + (ns % 1000000 > 0)));
}
