/* Errors in words: the value, the limit, the remedy. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "group.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char open_words[512] = "no open has failed in this thread";

int group_open_say(int status, const char *format, ...)
{
  va_list list;
  va_start(list, format);
  vsnprintf(open_words, sizeof open_words, format, list);
  va_end(list);
  return status;
}

const char *sacred_open_error(void)
{
  return open_words;
}

int wire_say(struct wire *w, int status, const char *format, ...)
{
  struct transport *t = w->transport;
  va_list list;
  va_start(list, format);
  vsnprintf(t->words, sizeof t->words, format, list);
  va_end(list);
  t->status = status;
  t->worded = 1;
  return status;
}

const char *group_rank_list(char *text, size_t room, const struct sacred_group *g,
                            int (*is)(const struct sacred_group *g, uint32_t i))
{
  size_t used = 0;
  uint32_t n = 0;
  for (uint32_t i = 0; i < g->w.size; i++)
    n += is(g, i) != 0;
  used += (size_t)snprintf(text, room, n == 1 ? "rank" : "ranks");
  for (uint32_t i = 0, k = 0; i < g->w.size && used + 32 < room; i++)
    if (is(g, i))
      used += (size_t)snprintf(text + used, room - used, "%s %" PRIu32, k++ == 0 ? "" : k == n ? " and" : ",", i);
  if (used + 32 >= room)
    snprintf(text + used, room - used, " and more");
  return text;
}

static int died(const struct sacred_group *g, uint32_t i)
{
  return g->t.peers[i].life == PEER_DIED;
}

static int left(const struct sacred_group *g, uint32_t i)
{
  return g->t.peers[i].life == PEER_LEFT;
}

static void word_dead(struct sacred_group *g)
{
  char who[256];
  uint32_t dead = 0;
  for (uint32_t i = 0; i < g->w.size; i++)
    dead += died(g, i) != 0;
  if (dead)
    wire_say(&g->w, SACRED_ERR_DEAD, "%s died: restart the job, or split off the living ranks",
             group_rank_list(who, sizeof who, g, died));
  else
    wire_say(&g->w, SACRED_ERR_DEAD, "%s closed the group and left: close it on every rank, in one place",
             group_rank_list(who, sizeof who, g, left));
}

static void word_refusal(struct sacred_group *g)
{
  uint64_t value = g->t.value, limit = g->t.limit;
  switch (g->t.status) {
  case SACRED_ERR_RANK:
    wire_say(&g->w, SACRED_ERR_RANK,
             "there is no rank %" PRIu64 ": this group has ranks 0 to %" PRIu64 ", give one of them", value, limit - 1);
    return;
  case SACRED_ERR_ARGUMENT:
    wire_say(&g->w, SACRED_ERR_ARGUMENT,
             "the buffer is NULL (%" PRIu64 ") for %" PRIu64 " bytes: give a buffer of that size", value, limit);
    return;
  case SACRED_ERR_RANGE:
    wire_say(&g->w, SACRED_ERR_RANGE,
             "%" PRIu64 " is out of range: the limit is %" PRIu64 ", give an offset, a length or an epoch within it",
             value, limit);
    return;
  default:
    wire_say(&g->w, g->t.status, "%s (value %" PRIu64 ", limit %" PRIu64 ")", sacred_strerror(g->t.status), value,
             limit);
  }
}

const char *sacred_group_error(const sacred_group *group)
{
  if (!group)
    return sacred_open_error();
  /* The words are made when they are asked for: a refusal costs three stores. */
  struct sacred_group *g = (struct sacred_group *)group->w.transport->owner;
  if (g->t.worded)
    return g->t.words;
  if (g->t.status == SACRED_OK)
    return "no call on this group has failed";
  if (g->t.status == SACRED_ERR_DEAD)
    word_dead(g);
  else
    word_refusal(g);
  return g->t.words;
}
