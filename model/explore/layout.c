/* What scenarios have in common: arenas, the layout of memory, and a look into it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario.h"
#include <string.h>

_Alignas(64) unsigned char arena[RANKS][ARENA];
struct wire wires[RANKS];
struct place places[4];

void place_nothing(unsigned ranks)
{
  if (ranks > RANKS)
    give_up("a scenario with more ranks than RANKS: the wide one walks these");
  memset(arena, 0, sizeof arena);
  memset(places, 0, sizeof places);
  extent = (struct extent){.ranks = ranks};
  for (unsigned i = 0; i < ranks; i++)
    wires[i] = (struct wire){.rank = i, .size = ranks, .open = 1};
}

static struct place *place(const char *name, unsigned rows, unsigned words)
{
  struct place *p = places;
  while (p->name)
    p++;
  p->name = name;
  p->rows = (struct rows){.at = 8 * (uint64_t)extent.words, .stride = 8 * (uint64_t)words};
  extent.words += rows * words;
  if (extent.words > WORDS || p == places + 3)
    give_up("a scenario with more memory than WORDS");
  return p;
}

struct rows place_rows(const char *name, unsigned words)
{
  return place(name, extent.ranks, words)->rows;
}

struct rows place_lines(const char *name, unsigned lines)
{
  struct place *p = place(name, 1, 8 * lines);
  p->is_shared = true;
  return (struct rows){.at = p->rows.at};
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

tiny ranks_of(const uint32_t *ranks, unsigned n)
{
  tiny bits = 0;
  for (unsigned k = 0; k < n; k++) {
    if (ranks[k] >= extent.ranks || (k > 0 && ranks[k] <= ranks[k - 1]))
      fails("missing: the list is not one of ranks in increasing order");
    bits |= (tiny)(1U << ranks[k]);
  }
  return bits;
}

void check_missing(tiny listed, tiny before, tiny after, unsigned rank)
{
  tiny all = (tiny)((1U << extent.ranks) - 1);
  narrate("rank %u: is told that there are missing, as bits: %x", rank, listed);
  if (listed >> rank & 1)
    fails("missing: a rank misses itself");
  if (listed & before)
    fails("missing: a rank is listed that was there when it was asked");
  if ((listed | after | 1U << rank) != all)
    fails("missing: a rank is not listed, and is not there");
}

const char *nothing_wrong(const struct scenario *s, const struct machine *m)
{
  (void)s, (void)m;
  return 0;
}
