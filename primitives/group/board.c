/* The control area of a group over several hosts: each rank has a copy, and writes its row into all others. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "board.h"
#include "../wire/verbs.h"
#include "bootstrap.h"
#include "news.h"
#include "split.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
  LINGER_NS = 50000000,    /* a few repetitions of who has not heard my answer */
  ASK_EVERY_NS = 10000000, /* between two questions to the bootstrap who is lost: each is some system calls */
  NOT_OF_A_JOB = UINT32_MAX
};

/* A word of mine that is not answered for so long: the wire would give up a peer as well. */
#define LEFT_NS UINT64_C(2000000000)

/* -- one rank's copy --------------------------------------------------------------- */

/* The place of something of my row, the same in every copy. */
static uint64_t at(const struct sacred_group *g, const void *of)
{
  return (uint64_t)((const unsigned char *)of - (const unsigned char *)g->control);
}

/* These bytes of my row, or a word, to the copy of rank i. */
static int put(struct sacred_group *g, uint32_t i, const void *from, const void *to)
{
  uint64_t place = at(g, from), bytes = at(g, to) - place;
  return g->board->mail ? board_datagram_bytes(g, place, bytes) : verbs_tell(&g->w, i, place, bytes);
}

static int put_word(struct sacred_group *g, uint32_t i, const void *of, uint64_t word)
{
  return g->board->mail ? board_datagram_word(g, at(g, of), word) : verbs_tell_word(&g->w, i, at(g, of), word);
}

/* The bytes from `from` up to `to`, then the word. */
static int put_both(struct sacred_group *g, uint32_t i, const void *from, const void *to, const uint64_t *of,
                    uint64_t word)
{
  int status = put(g, i, from, to);
  return status == SACRED_OK ? put_word(g, i, of, word) : status;
}

/* An idle word before the list, so that no rank reads half of a new one below the old word; see ORDER idle-then-mail. */
static int put_mail(struct sacred_group *g, uint32_t i, uint64_t word)
{
  const struct control_rank *r = &g->control->rank[g->w.rank];
  const uint32_t *list = control_list(g->control, g->w.rank);
  int status = put_word(g, i, &r->split, word / 4 * 4);
  if (status == SACRED_OK)
    status = put(g, i, &r->cookie, &r->split_said);
  return status == SACRED_OK ? put_both(g, i, list, list + r->n, &r->split, word) : status;
}

/* No epoch before another barrier, as in control_wait(); all of them are words, which are taken now. */
static int put_waits(struct sacred_group *g, uint32_t i)
{
  const struct control_rank *r = &g->control->rank[g->w.rank];
  int status = put_word(g, i, &r->waits, 0);
  if (status == SACRED_OK)
    status = put_word(g, i, &r->waits_at, r->waits_at);
  return status == SACRED_OK ? put_word(g, i, &r->waits, r->waits) : status;
}

uint64_t board_word(const struct sacred_group *g, uint32_t i, enum board_part part)
{
  const struct control_rank *r = &g->control->rank[g->w.rank];
  uint64_t word = 0;
  switch (part) {
  case BOARD_MAKING:
    return r->said;
  case BOARD_MAIL: /* what became of it goes behind what I gave to it, and by itself */
    return g->board->mail ? r->split / 4 * 4 + SPLIT_ACTIVE : r->split;
  case BOARD_SPLIT:
    return r->split_said;
  case BOARD_STATE:
    return g->board->rank[i].state;
  case BOARD_CLOSE:
    memcpy(&word, &r->closing, sizeof word);
    return word;
  case BOARD_LOST:
    return r->lost_told;
  case BOARD_WAITS:
    return 0;
  }
  return word;
}

int board_write(struct sacred_group *g, uint32_t i, enum board_part part, uint64_t word)
{
  const struct control_rank *r = &g->control->rank[g->w.rank];
  switch (part) {
  case BOARD_MAKING:
    return put_both(g, i, r->message, r->message + 2, &r->said, word);
  case BOARD_MAIL:
    return put_mail(g, i, word);
  case BOARD_SPLIT:
    return put_both(g, i, r->split_message, r->split_message + 2, &r->split_said, word);
  case BOARD_STATE:
    return put_word(g, i, &r->split, word);
  case BOARD_WAITS:
    return put_waits(g, i);
  case BOARD_CLOSE:
    return put_word(g, i, &r->closing, word);
  case BOARD_LOST:
    return put_both(g, i, r->lost_set, r->lost_set + CONTROL_RANKS_MAX / 64, &r->lost_told, word);
  }
  return SACRED_OK;
}
_Static_assert(offsetof(struct control_rank, left) == offsetof(struct control_rank, closing) + 4 &&
                   offsetof(struct control_rank, closing) % 8 == 0,
               "closing and left are one word");

void board_count(struct board *b, uint32_t i)
{
  struct board_rank *r = &b->rank[i];
  uint8_t busy = r->due != 0 || r->part != 0 || r->owes;
  b->waiting += busy;
  b->waiting -= r->busy;
  r->busy = busy;
}

/* As much as there is a place for; the same bytes twice do no harm. */
static void go_on(struct sacred_group *g, uint32_t i)
{
  struct board_rank *b = &g->board->rank[i];
  for (uint32_t part = BOARD_MAKING; part <= BOARD_LOST && b->due != 0; part *= 2) {
    if (!(b->due & part))
      continue;
    if (board_write(g, i, part, board_word(g, i, part)) != SACRED_OK)
      break;
    b->due &= ~part;
  }
  board_count(g->board, i);
}

void board_tell(struct sacred_group *g, uint32_t i, uint32_t parts)
{
  struct board_rank *b = &g->board->rank[i];
  b->due |= parts;
  if (parts & BOARD_STATE)
    b->state = g->control->rank[g->w.rank].split;
  if (g->board->mail)
    board_datagrams_go_on(g, i, sacred_now());
  else
    go_on(g, i);
}

void board_tell_all(struct sacred_group *g, uint32_t parts)
{
  for (uint32_t i = 0; i < g->w.size; i++)
    if (i != g->w.rank)
      board_tell(g, i, parts);
}

int board_splits(const struct sacred_group *g, uint32_t i)
{
  return ((g->board->rank[i].due | g->board->rank[i].part) & (BOARD_MAIL | BOARD_SPLIT)) != 0;
}

int board_has(const struct sacred_group *g, uint32_t i)
{
  const struct board_rank *b = &g->board->rank[i];
  if (i == g->w.rank || verbs_is_lost(&g->w, i))
    return 1;
  /* Who closes as well, and has not answered for so long, had all that it needs, and has left. */
  if (b->part == BOARD_CLOSE && b->due == 0 && control_closing(g->control, i) && sacred_now() - b->since > LEFT_NS)
    return 1;
  return b->due == 0 && b->part == 0 && verbs_has_told(&g->w, i);
}

void board_settle(struct sacred_group *g, uint64_t deadline)
{
  for (uint64_t looks = 0, i = 0; i < g->w.size && sacred_now() < deadline; looks++) {
    group_look(g);
    while (i < g->w.size && board_has(g, (uint32_t)i))
      i++;
    if (i < g->w.size)
      group_doze(looks);
  }
}

void board_linger(struct sacred_group *g, uint64_t deadline)
{
  uint64_t until = sacred_in(LINGER_NS);
  if (!g->board->mail)
    return;
  for (uint64_t looks = 0; sacred_now() < until && sacred_now() < deadline; looks++) {
    board_datagrams_look(g, sacred_now());
    group_doze(looks);
  }
}

/* -- while somebody waits ------------------------------------------------------------ */

/*
 * Whom the bootstrap has lost is out of reach as well: its process has ended, or its
 * host is cut off. The wire would say so too, after its last repetition. Who has come
 * to close may end as it likes.
 */
static void ask_bootstrap(struct sacred_group *g)
{
  for (uint32_t i = 0; i < g->w.size; i++)
    if (i != g->w.rank && g->board->rank[i].job != NOT_OF_A_JOB && !verbs_is_lost(&g->w, i) &&
        !control_closing(g->control, i) && bootstrap_lost(g->board->rank[i].job))
      verbs_doubt(&g->w, i,
                  "rank %" PRIu32 " has lost its connection to the job: it ended, or its host is out of reach; "
                  "see what it printed",
                  i);
}

static void look(struct wire *w, uint64_t now)
{
  struct sacred_group *g = w->transport->owner;
  if (g->board->mail)
    board_datagrams_look(g, now);
  for (uint32_t i = 0; !g->board->mail && g->board->waiting > 0 && i < w->size; i++)
    if (g->board->rank[i].due != 0)
      go_on(g, i);
  if (g->news)
    news_look(g, now);
  if (now - g->board->asked < ASK_EVERY_NS)
    return;
  g->board->asked = now;
  ask_bootstrap(g);
}

/* -- its life ------------------------------------------------------------------------- */

/* What the bootstrap calls rank k of this opening. */
static uint32_t job_rank(const struct opening *o, uint32_t k)
{
  if (!o->parent)
    return o->of_job ? k : NOT_OF_A_JOB;
  return o->parent->board ? o->parent->board->rank[o->ranks[k]].job : NOT_OF_A_JOB;
}

int board_open(struct sacred_group *g, const struct opening *o)
{
  uint64_t bytes = control_bytes(g->w.size);
  char why[WIRE_ERROR];
  g->board = calloc(1, sizeof *g->board + g->w.size * sizeof *g->board->rank);
  void *p = g->board ? mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;
  if (p == MAP_FAILED)
    return group_open_say(SACRED_ERR_MEMORY, "cannot map %" PRIu64 " bytes of control area: %s", bytes,
                          strerror(errno));
  g->control = g->t.control = p;
  g->control->size = g->w.size;
  for (uint32_t k = 0; k < g->w.size; k++)
    g->board->rank[k].job = job_rank(o, k);
  g->t.look = look;
  if (g->t.verbs->sparse)
    return board_datagrams_open(g);
  g->t.verbs->board = p;
  g->t.verbs->board_mr = verbs_register_at(g->t.verbs, p, bytes, why);
  return g->t.verbs->board_mr ? SACRED_OK : group_open_say(SACRED_ERR_MEMORY, "%s", why);
}

void board_free(struct sacred_group *g)
{
  if (g->board)
    board_datagrams_free(g->board);
  free(g->board);
  g->board = NULL;
  g->t.look = NULL;
}
