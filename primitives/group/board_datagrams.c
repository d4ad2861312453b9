/* A board by datagrams: parts of my row to any rank of a sparse group, in order, each repeated until it is answered. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A rank of a sparse group has a queue pair to few others, and is to tell its row to
 * all. So what board.c writes into the copies of others goes by datagrams, which may
 * be lost, come twice, or late (wire/verbs_datagrams.c). To each rank one is under
 * way at a time: it has a number, is sent again until its receiver answers that it has
 * heard that number, and the next one is written then. So they are heard in the order
 * in which they were written, once each, and nothing has to be kept to repeat them:
 * they are written anew from my row. What is told anew while its part is under way
 * goes again behind it; the word at the end of a part is kept as it was when the part
 * began, so that it never says more than the bytes before it, which may be newer.
 *
 * A part that is longer than a datagram goes in several. What is heard is applied to
 * my copy by the thread that reads that: an order among its stores needs no more
 * than theirs in the datagrams.
 *
 * It moves on while somebody waits, as all of a board does. So a rank that computes
 * hears, and answers, when it waits the next time: that it does not answer says
 * nothing. Who is gone is found by those who have a queue pair to it: see news.c. If it
 * comes again, as after a cable was out, it is told that it is lost, and misses who says so.
 */
#include "../wire/verbs.h"
#include "board.h"
#include <stdlib.h>
#include <string.h>

enum {
  FIRST_AGAIN_NS = 2000000, /* until it is sent again; then twice as long, and so on */
  DOUBLINGS = 6,
  HEARD_AT_ONCE = 1024 /* datagrams that one look hears, so that it ends */
};

/* Instead of a number: the receiver is lost to the sender. */
#define YOU_ARE_LOST UINT64_MAX

struct head {
  uint64_t group;
  uint32_t from, bytes; /* its rank; bytes of writes behind this */
  uint64_t number;      /* of this datagram to its receiver, from 1; 0: it is an answer alone */
  uint64_t heard;       /* the last of its receiver's that `from` has heard */
};

/* A write: so many bytes follow, filled up to whole words. */
struct write {
  uint32_t at, bytes;
};

struct board_datagrams {
  uint64_t group;
  unsigned char *next, *end; /* of the one that is being written */
  uint64_t skip;             /* bytes of its part that are not to be written again */
  uint64_t written;          /* and that were written now */
};

static uint64_t padded(uint64_t bytes)
{
  return (bytes + 7) / 8 * 8;
}

/* -- writing ------------------------------------------------------------------------- */

/* Some of these bytes: all that there is room for, but none of them where they are a word and it is not all. */
static int write_some(struct board_datagrams *m, uint64_t at, const void *from, uint64_t bytes, int word)
{
  if (m->skip >= bytes) {
    m->skip -= bytes;
    return SACRED_OK;
  }
  uint64_t gone = m->skip, room = (uint64_t)(m->end - m->next), left = bytes - gone, n = left;
  if (room < sizeof(struct write) + 8 || (word && room < sizeof(struct write) + padded(bytes)))
    return SACRED_AGAIN;
  if (padded(n) > room - sizeof(struct write))
    n = (room - sizeof(struct write)) / 8 * 8;
  struct write w = {(uint32_t)(at + gone), (uint32_t)n};
  memcpy(m->next, &w, sizeof w);
  memset(m->next + sizeof w, 0, padded(n));
  memcpy(m->next + sizeof w, (const unsigned char *)from + gone, n);
  m->next += sizeof w + padded(n);
  m->skip = 0;
  m->written += n;
  return n == left ? SACRED_OK : SACRED_AGAIN;
}

int board_datagram_bytes(struct sacred_group *g, uint64_t at, uint64_t bytes)
{
  return write_some(g->board->mail, at, (const unsigned char *)g->control + at, bytes, 0);
}

int board_datagram_word(struct sacred_group *g, uint64_t at, uint64_t word)
{
  return write_some(g->board->mail, at, &word, sizeof word, 1);
}

/* -- sending -------------------------------------------------------------------------- */

/* Rank i, which is lost, has sent me something. */
static void send_lost(struct sacred_group *g, uint32_t i)
{
  struct head head = {.group = g->board->mail->group, .from = g->w.rank, .number = YOU_ARE_LOST};
  uint32_t room;
  unsigned char *text = verbs_datagram_begin(g->t.verbs, &room);
  if (!text)
    return;
  memcpy(text, &head, sizeof head);
  verbs_datagram_send(g->t.verbs, i, sizeof head); /* or when it sends again */
}

/* The one that is under way, or, where none is, an answer alone. */
static void send(struct sacred_group *g, uint32_t i, uint64_t now)
{
  struct board_datagrams *m = g->board->mail;
  struct board_rank *b = &g->board->rank[i];
  uint32_t room;
  unsigned char *text = verbs_datagram_begin(g->t.verbs, &room);
  if (!text)
    return;
  m->next = text + sizeof(struct head);
  m->end = text + room / 8 * 8;
  m->skip = b->taken;
  m->written = 0;
  int whole = b->part == 0 || board_write(g, i, b->part, b->word) == SACRED_OK;
  struct head head = {.group = m->group,
                      .from = g->w.rank,
                      .bytes = (uint32_t)((size_t)(m->next - text) - sizeof head),
                      .number = b->part ? b->number : 0,
                      .heard = b->heard};
  memcpy(text, &head, sizeof head);
  if (verbs_datagram_send(g->t.verbs, i, (uint32_t)(m->next - text)) != SACRED_OK)
    return;
  b->owes = 0;
  if (b->part == 0)
    return;
  b->carries = (uint32_t)m->written;
  b->whole = whole;
  if (b->tries == 0)
    b->since = now;
  b->again = now + ((uint64_t)FIRST_AGAIN_NS << (b->tries < DOUBLINGS ? b->tries : DOUBLINGS));
  b->tries += b->tries < DOUBLINGS;
}

/* What is due first. */
static void begin(struct sacred_group *g, uint32_t i)
{
  struct board_rank *b = &g->board->rank[i];
  b->part = b->due & -b->due;
  b->due &= ~b->part;
  b->word = board_word(g, i, b->part);
  b->taken = 0;
  b->tries = 0;
  b->number++;
}

void board_datagrams_go_on(struct sacred_group *g, uint32_t i, uint64_t now)
{
  struct board_rank *b = &g->board->rank[i];
  if (verbs_is_lost(&g->w, i)) {
    b->due = b->part = 0;
    b->owes = 0;
  } else {
    if (b->part == 0 && b->due != 0)
      begin(g, i);
    if (b->owes || (b->part != 0 && (b->tries == 0 || now >= b->again)))
      send(g, i, now);
  }
  board_count(g->board, i);
}

/* -- hearing --------------------------------------------------------------------------- */

/* Is this within the row of rank i, or its list? */
static int is_its_own(const struct sacred_group *g, uint32_t i, const struct write *w)
{
  uint64_t row = (uint64_t)((const unsigned char *)&g->control->rank[i] - (const unsigned char *)g->control);
  uint64_t list = (uint64_t)((const unsigned char *)control_list(g->control, i) - (const unsigned char *)g->control);
  uint64_t end = (uint64_t)w->at + w->bytes;
  return (w->at >= row && end <= row + sizeof(struct control_rank)) ||
         (w->at >= list && end <= list + g->w.size * sizeof(uint32_t));
}

/* Go through the writes of rank i, and, where `apply`, do them: 0 where one is not well-formed. */
static int go_through(struct sacred_group *g, uint32_t i, const unsigned char *text, uint32_t bytes, int apply)
{
  while (bytes > 0) {
    struct write w;
    if (bytes < sizeof w)
      return 0;
    memcpy(&w, text, sizeof w);
    if (padded(w.bytes) > bytes - sizeof w || !is_its_own(g, i, &w))
      return 0;
    if (apply)
      memcpy((unsigned char *)g->control + w.at, text + sizeof w, w.bytes);
    text += sizeof w + padded(w.bytes);
    bytes -= (uint32_t)(sizeof w + padded(w.bytes));
  }
  return 1;
}

/* Rank i has heard the datagram that is under way: the rest of its part is next, or the next part. */
static void take_answer(struct board_rank *b)
{
  b->taken += b->carries;
  b->tries = 0;
  if (b->whole)
    b->part = 0;
  else
    b->number++;
}

static void hear(struct sacred_group *g, const unsigned char *text, uint32_t bytes, uint32_t queue_pair, uint64_t now)
{
  struct head head;
  if (bytes < sizeof head)
    return;
  memcpy(&head, text, sizeof head);
  if (head.group != g->board->mail->group || head.from >= g->w.size || head.from == g->w.rank ||
      g->t.verbs->peers[head.from].card.datagrams != queue_pair || head.bytes != bytes - sizeof head)
    return;
  if (head.number == YOU_ARE_LOST && !control_closing(g->control, head.from))
    verbs_doubt(&g->w, head.from, "rank %u says that rank %u is lost to it", head.from, g->w.rank);
  struct board_rank *b = &g->board->rank[head.from];
  if (b->silent && head.number != YOU_ARE_LOST)
    send_lost(g, head.from);
  if (b->silent || head.number == YOU_ARE_LOST)
    return;
  if (head.number > b->heard + 1 || !go_through(g, head.from, text + sizeof head, head.bytes, 0))
    return;
  if (head.number == b->heard + 1) {
    go_through(g, head.from, text + sizeof head, head.bytes, 1);
    b->heard = head.number;
  }
  b->owes |= head.number != 0;
  if (b->part != 0 && b->tries > 0 && head.heard == b->number)
    take_answer(b);
  else if (head.number != 0 && b->part != 0 && now - b->since > FIRST_AGAIN_NS)
    b->again = now; /* it is there again: it need not wait until I repeat by myself */
  board_datagrams_go_on(g, head.from, now);
}

void board_datagrams_look(struct sacred_group *g, uint64_t now)
{
  const unsigned char *text;
  uint32_t queue_pair, bytes;
  int k = 0;
  for (; k < HEARD_AT_ONCE && (text = verbs_datagram_next(g->t.verbs, &queue_pair, &bytes)); k++)
    hear(g, text, bytes, queue_pair, now);
  for (uint32_t i = 0; k < HEARD_AT_ONCE && i < g->w.size; i++) /* what it told before it was lost is heard by now */
    g->board->rank[i].silent = verbs_is_lost(&g->w, i) != 0;
  for (uint32_t i = 0; g->board->waiting > 0 && i < g->w.size; i++)
    if (g->board->rank[i].busy)
      board_datagrams_go_on(g, i, now);
}

/* -- its life ---------------------------------------------------------------------------- */

int board_datagrams_open(struct sacred_group *g)
{
  g->board->mail = calloc(1, sizeof *g->board->mail);
  if (!g->board->mail)
    return group_open_say(SACRED_ERR_MEMORY, "no memory for datagrams");
  return verbs_datagrams_open(g->t.verbs);
}

void board_datagrams_name(struct sacred_group *g, uint64_t group)
{
  g->board->mail->group = group;
}

void board_datagrams_free(struct board *b)
{
  free(b->mail);
  b->mail = NULL;
}
