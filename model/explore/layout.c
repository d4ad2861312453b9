/* What scenarios have in common: arenas, the layout of memory, and a look into it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario.h"
#include <string.h>

_Alignas(64) unsigned char arena[RANKS][ARENA];
struct wire wires[RANKS];
struct place places[4];

void place_nothing(unsigned ranks)
{
  memset(arena, 0, sizeof arena);
  memset(places, 0, sizeof places);
  extent = (struct extent){.ranks = ranks};
  for (unsigned i = 0; i < ranks; i++)
    wires[i] = (struct wire){.rank = i, .size = ranks, .open = 1};
}

struct rows place_rows(const char *name, unsigned words)
{
  struct place *p = places;
  while (p->name)
    p++;
  p->name = name;
  p->rows = (struct rows){.at = 8 * (uint64_t)extent.words, .stride = 8 * (uint64_t)words};
  extent.words += extent.ranks * words;
  if (extent.words > WORDS || p == places + 3)
    give_up("a scenario with more memory than WORDS");
  return p->rows;
}

const struct place *place_of(unsigned word)
{
  const struct place *p = places;
  while (p[1].name && p[1].rows.at <= 8 * word)
    p++;
  return p;
}

unsigned peek(unsigned rank, const struct rows *r, uint64_t off, unsigned row)
{
  return machine_now()->memory[rank][(r->at + row * r->stride + off) / 8];
}

const char *nothing_wrong(const struct scenario *s, const struct machine *m)
{
  (void)s, (void)m;
  return 0;
}
