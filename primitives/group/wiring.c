/* Connecting a group's queue pairs: every rank tells what it has, then the numbers of its queue pairs. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../wire/verbs.h"
#include "board.h"
#include "connect.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_ALL = 16 }; /* there barriers are all to all, and need as many queue pairs */

_Static_assert(sizeof(struct verbs_card) <= CONTROL_MESSAGE, "a card fits an exchange");

int group_wire_kind(uint32_t *kind)
{
  const char *name = group_environment_has("SACRED_WIRE") ? getenv("SACRED_WIRE") : "";
  *kind = strcmp(name, "verbs") == 0 ? WIRE_VERBS : strcmp(name, "shm") == 0 ? WIRE_SHM : 0;
  if (*kind != 0 || name[0] == '\0')
    return SACRED_OK;
  return group_open_say(SACRED_ERR_ENVIRONMENT, "SACRED_WIRE=%s is no wire: give shm or verbs, or unset it", name);
}

int group_connect_all(uint64_t *most)
{
  return group_environment_number("SACRED_CONNECT_ALL", 1, CONTROL_RANKS_MAX, CONNECT_ALL, most);
}

/* Everybody's cards. Where one has none, or they do not fit, nobody goes on to the numbers. */
static int show_cards(struct wiring *u, struct sacred_group *g, const struct opening *o, void *all, int32_t *status)
{
  struct verbs_card mine = {.status = *status}, *cards = all;
  enum verbs_family family = VERBS_IPV4;
  if (*status == SACRED_OK)
    verbs_introduce(g->t.verbs, &mine);
  int gathered = o->gather(o->arg, &mine, all, sizeof mine);
  if (gathered != SACRED_OK)
    return gathered;
  u->shown = u->able = 1;
  for (uint32_t i = 0; i < o->size; i++)
    u->able = u->able && cards[i].status == SACRED_OK;
  if (!u->able)
    return SACRED_OK;
  int agreed = verbs_agree(cards, o->size, &family);
  u->able = agreed == SACRED_OK;
  if (u->able)
    verbs_meet(g->t.verbs, cards, family);
  else
    *status = agreed;
  return SACRED_OK;
}

/* The numbers of the queue pairs to ranks u->first and on; take those of the ones that lead to me. */
static int tell_numbers(struct wiring *u, struct sacred_group *g, const struct opening *o, void *all)
{
  struct verbs_peer *peers = g->t.verbs->peers;
  struct numbers mine = {{0}}, *theirs = all;
  for (uint32_t k = 0; k < NUMBERS && u->first + k < o->size; k++)
    mine.number[k] = peers[u->first + k].qp ? peers[u->first + k].qp->qp_num : 0;
  int gathered = o->gather(o->arg, &mine, all, sizeof mine);
  if (gathered != SACRED_OK)
    return gathered;
  if (o->rank >= u->first && o->rank < u->first + NUMBERS)
    for (uint32_t i = 0; i < o->size; i++)
      peers[i].number = theirs[i].number[o->rank - u->first];
  u->first += NUMBERS;
  return SACRED_OK;
}

int group_wire_up(struct wiring *u, struct sacred_group *g, const struct opening *o, void *all, int32_t *status)
{
  char choice[WIRE_WORDS / 8];
  int gathered = u->shown ? SACRED_OK : show_cards(u, g, o, all, status);
  if (gathered == SACRED_OK && u->able && g->t.verbs->sparse)
    u->first = o->size; /* the cards have them */
  while (gathered == SACRED_OK && u->able && u->first < o->size)
    gathered = tell_numbers(u, g, o, all);
  if (gathered != SACRED_OK || !u->able || u->tried)
    return gathered;
  u->tried = 1;
  g->t.verbs->seed = u->seed;
  if (g->board && g->board->mail)
    board_datagrams_name(g, u->seed);
  for (uint32_t i = 0; *status == SACRED_OK && i < o->size; i++)
    if (g->t.verbs->peers[i].qp)
      *status = verbs_connect(g->t.verbs, i, u->seed);
  if (*status == SACRED_OK && group_environment_has("SACRED_LOG"))
    fprintf(stderr, "sacred: rank %u of %u: %s\n", o->rank, o->size, verbs_describe(g->t.verbs, choice, sizeof choice));
  return SACRED_OK;
}
