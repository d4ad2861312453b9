/* Errors in words: the value, the limit, the remedy. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "group.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char open_words[WIRE_WORDS] = "no open has failed in this thread";

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

const char *group_rank_list(char text[GROUP_LIST], uint32_t size, int (*is)(const void *arg, uint32_t i),
                            const void *arg)
{
  size_t used = (size_t)snprintf(text, GROUP_LIST, "rank"), word = used;
  uint32_t runs = 0, n = 0;
  for (uint32_t i = 0; i < size; i++) {
    if (!is(arg, i))
      continue;
    uint32_t first = i;
    while (i + 1 < size && is(arg, i + 1))
      i++;
    used += (size_t)snprintf(text + used, GROUP_LIST - used, "%s %" PRIu32, runs++ == 0 ? "" : ",", first);
    if (i > first)
      used += (size_t)snprintf(text + used, GROUP_LIST - used, "%s %" PRIu32, i == first + 1 ? "," : " to", i);
    n += i - first + 1;
  }
  if (n != 1) {
    memmove(text + word + 1, text + word, used - word + 1);
    text[word] = 's';
  }
  return text;
}

static int died(const void *group, uint32_t i)
{
  const struct sacred_group *g = group;
  return g->t.peers[i].life == PEER_DIED;
}

static int left(const void *group, uint32_t i)
{
  const struct sacred_group *g = group;
  return g->t.peers[i].life == PEER_LEFT;
}

static void word_dead(struct sacred_group *g)
{
  char who[GROUP_LIST];
  uint32_t dead = 0;
  for (uint32_t i = 0; i < g->w.size; i++)
    dead += died(g, i) != 0;
  if (dead)
    wire_say(&g->w, SACRED_ERR_DEAD, "%s died: restart the job, or split off the living ranks",
             group_rank_list(who, g->w.size, died, g));
  else
    wire_say(&g->w, SACRED_ERR_DEAD, "%s closed the group and left: close it on every rank, in one place",
             group_rank_list(who, g->w.size, left, g));
}

/* The numbers tell which limit it was, but for a flag at 8 and a word's offset below it. */
static void word_range(struct sacred_group *g, uint64_t value, uint64_t limit)
{
  if (value == limit)
    wire_say(&g->w, SACRED_ERR_RANGE, "all %" PRIu64 " epochs are over: make a new object", value);
  else if (limit == 8 && value < 8)
    wire_say(&g->w, SACRED_ERR_RANGE, "%" PRIu64 " is no multiple of 8, or behind a flag's epoch 8: give 8 or more",
             value);
  else if (value < limit)
    wire_say(&g->w, SACRED_ERR_RANGE,
             "epoch %" PRIu64 " is behind %" PRIu64 ": a flag never goes back, give a later one", value, limit);
  else if (limit == 8 && value % 8 != 0)
    wire_say(&g->w, SACRED_ERR_RANGE,
             "%" PRIu64
             " is no multiple of 8, or above the limit 8: give the aligned offset of a word within the region",
             value);
  else
    wire_say(&g->w, SACRED_ERR_RANGE,
             "%" PRIu64 " is above the limit, %" PRIu64 ": stay within the region, or give a ticket that you have",
             value, limit);
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
    word_range(g, value, limit);
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
    return g->w.open ? "no call on this group has failed" : "the group has been closed: open another";
  if (g->t.status == SACRED_ERR_DEAD)
    word_dead(g);
  else
    word_refusal(g);
  return g->t.words;
}
