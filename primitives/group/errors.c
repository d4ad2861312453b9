/* Errors in words: the value, the limit, the remedy. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../wire/verbs.h"
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

static int unreachable(const void *group, uint32_t i)
{
  const struct sacred_group *g = group;
  return g->t.peers[i].life == PEER_UNREACHABLE;
}

static void word_unreachable(struct sacred_group *g)
{
  char who[GROUP_LIST];
  wire_say(&g->w, SACRED_ERR_UNREACHABLE, "%s cannot be reached; the first error: %s",
           group_rank_list(who, g->w.size, unreachable, g), g->t.verbs ? g->t.verbs->said : "");
}

/* One format for each: the value, then the limit, both as 64-bit numbers. */
static const char *refusal_format(enum wire_refusal what)
{
  switch (what) {
  case WIRE_CLOSED:
    return "the group has been closed: open another";
  case WIRE_NO_RANK:
    return "there is no rank %" PRIu64 ": this group has %" PRIu64 " ranks, counted from 0, give one of them";
  case WIRE_NO_BUFFER:
    return "the buffer is NULL (%" PRIu64 ") for %" PRIu64 " bytes: give a buffer of that size";
  case WIRE_USED_UP:
    return "%" PRIu64 " of %" PRIu64 " numbers are used up: make a new object";
  case WIRE_BACKWARD:
    return "epoch %" PRIu64 " is behind %" PRIu64 ": a flag never goes back, give a later one";
  case WIRE_TO:
    return "offset `to`, %" PRIu64 ", is above the limit, %" PRIu64 ", for this length: stay within the region";
  case WIRE_FROM:
    return "offset `from`, %" PRIu64 ", is above the limit, %" PRIu64 ", for this length: stay within the region";
  case WIRE_LENGTH:
    return "the length, %" PRIu64 ", is above the region's size, %" PRIu64 ": stay within the region";
  case WIRE_UNALIGNED:
    return "offset `to`, %" PRIu64 ", is no multiple of %" PRIu64 ": give the offset of an aligned word";
  case WIRE_NO_TICKET:
    return "ticket %" PRIu64 " is above the last one given, %" PRIu64 ": give a ticket that you have";
  case WIRE_NOT_OVER:
    return "number %" PRIu64 " is begun and not over: test it, or wait for it, first";
  case WIRE_NOT_BEGUN:
    return "none is begun, %" PRIu64 " are over: start the next (a barrier: arrive) first";
  case WIRE_OTHER_CALL:
    return "call %" PRIu64 ", of root %" PRIu64 ", is not over: go on with its root, buffer and size";
  case WIRE_DISAGREE:
    return "rank %" PRIu64 " gave other arguments for call %" PRIu64
           ": sacred_broadcast_mismatch() says which; make a new broadcast";
  case WIRE_AGREE:
    return "no mismatch in %" PRIu64 " calls: nothing to tell";
  }
  return "refused (value %" PRIu64 ", limit %" PRIu64 ")";
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
  else if (g->t.status == SACRED_ERR_UNREACHABLE)
    word_unreachable(g);
  else
    wire_say(&g->w, g->t.status, refusal_format(g->t.what), g->t.value, g->t.limit);
  return g->t.words;
}
