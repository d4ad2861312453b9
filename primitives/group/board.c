/* The control area of a group over several hosts: each rank has a copy, and writes its row into all others. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "board.h"
#include "../wire/verbs.h"
#include "bootstrap.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
  ASK_EVERY_NS = 10000000, /* between two questions to the bootstrap who is lost: each is some system calls */
  NOT_OF_A_JOB = UINT32_MAX
};

struct board {
  uint64_t asked;
  uint32_t waiting; /* ranks that are to have more */
  struct board_rank {
    uint32_t due; /* enum board_part: what it is to have */
    uint32_t job; /* its rank in the job that the bootstrap knows */
  } rank[];
};

/* -- one rank's copy --------------------------------------------------------------- */

/* The place of something of my row, the same in every copy. */
static uint64_t at(const struct sacred_group *g, const void *of)
{
  return (uint64_t)((const unsigned char *)of - (const unsigned char *)g->control);
}

/* The bytes from `from` up to `to`, then the word. */
static int tell_both(struct sacred_group *g, uint32_t i, const void *from, const void *to, const uint64_t *word)
{
  int status = verbs_tell(&g->w, i, at(g, from), at(g, to) - at(g, from));
  return status == SACRED_OK ? verbs_tell_word(&g->w, i, at(g, word), *word) : status;
}

/* An idle word before the list, so that no rank reads half of a new one below the old word; see ORDER idle-then-mail. */
static int tell_mail(struct sacred_group *g, uint32_t i)
{
  const struct control_rank *r = &g->control->rank[g->w.rank];
  const uint32_t *list = control_list(g->control, g->w.rank);
  int status = verbs_tell_word(&g->w, i, at(g, &r->split), r->split / 4 * 4);
  if (status == SACRED_OK)
    status = verbs_tell(&g->w, i, at(g, &r->cookie), at(g, &r->split_said) - at(g, &r->cookie));
  return status == SACRED_OK ? tell_both(g, i, list, list + r->n, &r->split) : status;
}

/* No epoch before another barrier, as in control_wait(); all of them are words, which are taken now. */
static int tell_waits(struct sacred_group *g, uint32_t i)
{
  const struct control_rank *r = &g->control->rank[g->w.rank];
  int status = verbs_tell_word(&g->w, i, at(g, &r->waits), 0);
  if (status == SACRED_OK)
    status = verbs_tell_word(&g->w, i, at(g, &r->waits_at), r->waits_at);
  return status == SACRED_OK ? verbs_tell_word(&g->w, i, at(g, &r->waits), r->waits) : status;
}

static int tell_part(struct sacred_group *g, uint32_t i, enum board_part part)
{
  const struct control_rank *r = &g->control->rank[g->w.rank];
  uint64_t word;
  switch (part) {
  case BOARD_MAKING:
    return tell_both(g, i, r->message, r->message + 2, &r->said);
  case BOARD_MAIL:
    return tell_mail(g, i);
  case BOARD_SPLIT:
    return tell_both(g, i, r->split_message, r->split_message + 2, &r->split_said);
  case BOARD_STATE:
    return verbs_tell_word(&g->w, i, at(g, &r->split), r->split);
  case BOARD_WAITS:
    return tell_waits(g, i);
  case BOARD_CLOSE:
    memcpy(&word, &r->closing, sizeof word);
    return verbs_tell_word(&g->w, i, at(g, &r->closing), word);
  }
  return SACRED_OK;
}
_Static_assert(offsetof(struct control_rank, left) == offsetof(struct control_rank, closing) + 4 &&
                   offsetof(struct control_rank, closing) % 8 == 0,
               "closing and left are one word");

/* As much as there is a place for; the same bytes twice do no harm. */
static void go_on(struct sacred_group *g, uint32_t i)
{
  struct board_rank *b = &g->board->rank[i];
  for (uint32_t part = BOARD_MAKING; part <= BOARD_CLOSE && b->due != 0; part *= 2) {
    if (!(b->due & part))
      continue;
    if (tell_part(g, i, part) != SACRED_OK)
      return;
    b->due &= ~part;
    g->board->waiting -= b->due == 0;
  }
}

void board_tell(struct sacred_group *g, uint32_t i, uint32_t parts)
{
  struct board_rank *b = &g->board->rank[i];
  g->board->waiting += b->due == 0;
  b->due |= parts;
  go_on(g, i);
}

void board_tell_all(struct sacred_group *g, uint32_t parts)
{
  for (uint32_t i = 0; i < g->w.size; i++)
    if (i != g->w.rank)
      board_tell(g, i, parts);
}

int board_has(const struct sacred_group *g, uint32_t i)
{
  if (i == g->w.rank || verbs_is_lost(&g->w, i))
    return 1;
  return g->board->rank[i].due == 0 && verbs_has_told(&g->w, i);
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
  for (uint32_t i = 0; g->board->waiting > 0 && i < w->size; i++)
    if (g->board->rank[i].due != 0)
      go_on(g, i);
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
  g->t.verbs->board = p;
  g->t.verbs->board_mr = verbs_register_at(g->t.verbs, p, bytes, why);
  if (!g->t.verbs->board_mr)
    return group_open_say(SACRED_ERR_MEMORY, "%s", why);
  g->t.look = look;
  return SACRED_OK;
}

void board_free(struct sacred_group *g)
{
  free(g->board);
  g->board = NULL;
  g->t.look = NULL;
}
