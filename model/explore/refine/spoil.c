/* Worlds spoiled at random: to see that no conjunct and no guard holds by itself. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "spoil.h"
#include "world.h"
#include "model/realize.h"
#include <string.h>

static uint64_t random_state;

static unsigned draw(integer below)
{
  random_state = random_state * 6364136223846793005 + 1442695040888963407;
  return (unsigned)((random_state >> 33) % (uint64_t)below);
}

/* Somewhere in what is in use. */
static unsigned rank(void)
{
  return draw(bounds.ranks);
}

static unsigned unit(void)
{
  return 8 * draw(bounds.units / 8);
}

static unsigned moment(void)
{
  return draw(bounds.times);
}

static unsigned value(void)
{
  return draw(bounds.numbers + 4);
}

static void spoil_operation(struct operation *o)
{
  switch (draw(6)) {
  case 0:
    o->lo = (uint16_t)(unit() + draw(2));
    break;
  case 1:
    o->hi = (uint16_t)(unit() + draw(2));
    break;
  case 2:
    o->num = (uint8_t)value();
    break;
  case 3:
    o->inl = !o->inl;
    break;
  case 4:
    o->get = !o->get;
    break;
  default:
    o->late.unit[unit()] = (uint8_t)value();
  }
}

static void spoil_queue(unsigned j, unsigned i)
{
  unsigned o = draw(bounds.objects);
  switch (draw(7)) {
  case 0:
    W.deliv[j][i] = (uint8_t)draw(bounds.operations + 2);
    break;
  case 1:
    W.comp[j][i] = (uint8_t)draw(bounds.operations + 2);
    break;
  case 2:
    W.cell[i][j].of[o].unit[unit()] = (uint8_t)value();
    break;
  case 3:
    W.upto[i][j].of[o].unit[unit()] = (uint8_t)draw(bounds.operations + 2);
    break;
  case 4:
    W.pub[o][unit()][j][i] = (uint8_t)value();
    break;
  case 5:
    W.at[o][unit()][j][i][draw(bounds.numbers)] = (uint8_t)draw(bounds.operations + 1);
    break;
  default:
    spoil_operation(&W.queue[j][i][draw(bounds.operations)]);
  }
}

static void spoil_line(unsigned j)
{
  unsigned o = draw(bounds.objects);
  switch (draw(8)) {
  case 0:
    W.now[j] = (uint8_t)moment();
    break;
  case 1:
    W.out[j] = (uint8_t)draw(bounds.times + 1);
    break;
  case 2:
    W.nput[j][moment()].to[rank()] = (uint8_t)draw(bounds.operations + 1);
    break;
  case 3:
    W.ver[j][moment()].of[o].unit[unit()] = (uint8_t)value();
    break;
  case 4:
    W.val[o][unit()][j][draw(bounds.numbers)] = (uint8_t)value();
    break;
  case 5:
    W.said[o][j] = (uint8_t)value();
    break;
  case 6:
    W.when[o][j][draw(bounds.numbers)] = (uint8_t)moment();
    break;
  default:
    W.done[o][j][rank()] = (uint8_t)value();
  }
}

static void spoil(void)
{
  for (unsigned k = 1 + draw(3); k > 0; k--)
    if (draw(2) == 0)
      spoil_line(rank());
    else
      spoil_queue(rank(), rank());
}

static void add(struct spoiled *s, const char *name)
{
  if (s->count == SPOILED)
    give_up("more conjuncts or guards than SPOILED");
  s->name[s->count++] = name;
}

void spoiled_add(struct spoiled *s, struct spoiled more)
{
  for (unsigned c = 0; c < more.count; c++) {
    unsigned k = 0;
    while (k < s->count && strcmp(s->name[k], more.name[c]) != 0)
      k++;
    if (k == s->count)
      add(s, more.name[c]);
    s->failed[k] = s->failed[k] || more.failed[c];
  }
}

static void spoil_settings(void)
{
  switch (draw(5)) {
  case 0:
    settings.WORDS = draw(8);
    break;
  case 1:
    settings.SLOTS = draw(MOST_SLOTS + 1);
    break;
  case 2:
    settings.Line = 1 + draw(128);
    break;
  case 3:
    settings.Dist[draw(MOST_SLOTS + 1)] = draw(settings.N + 2);
    break;
  default:
    settings.First[draw(MOST_SLOTS)] = draw(MOST_SLOTS);
  }
}

/* Which of these fails in worlds, and under settings, that `change` has spoiled? Each time from what is whole now. */
static struct spoiled spoil_each(const struct conjunct *list, void (*change)(void), unsigned times, uint64_t seed)
{
  static struct world whole;
  const struct settings kept = settings;
  struct spoiled s = {0};
  for (const struct conjunct *c = list; c->broken; c++)
    add(&s, c->broken);
  random_state = seed;
  whole = W;
  for (; times > 0; times--) {
    change();
    for (unsigned c = 0; c < s.count; c++)
      s.failed[c] = s.failed[c] || !list[c].holds();
    W = whole;
    settings = kept;
  }
  return s;
}

struct spoiled spoil_axioms(unsigned times, uint64_t seed)
{
  return spoil_each(world_protocol()->axioms, spoil_settings, times, seed);
}

struct spoiled spoil_conjuncts(unsigned times, uint64_t seed)
{
  return spoil_each(world_protocol()->conjuncts, spoil, times, seed);
}

/* Whoever looks at the step. */
static void spoil_step(void)
{
  spoil();
  settings.ME = rank();
}

struct spoiled spoil_relations(unsigned times, uint64_t seed)
{
  W_before = W;
  return spoil_each(world_protocol()->relations, spoil_step, times, seed);
}

/* Each theorem of what is given to it at random, in worlds spoiled like that; a call began where the world was whole. */
struct spoiled spoil_theorems(unsigned times, uint64_t seed)
{
  static struct world whole;
  struct spoiled s = {0};
  const struct theorem *theorems = world_protocol()->theorems;
  for (const struct theorem *t = theorems; t->name; t++)
    add(&s, t->broken);
  random_state = seed;
  whole = W_begun = W;
  for (; times > 0; times--) {
    uint64_t array[GIVEN][MAXA / 8] = {{0}};
    const uint64_t *given[GIVEN];
    for (unsigned k = 0; k < GIVEN; k++) {
      for (unsigned w = 0; w < settings.WORDS || w == 0; w++)
        array[k][w] = draw(4);
      given[k] = array[k];
    }
    spoil();
    settings.ME = rank();
    for (unsigned c = 0; c < s.count; c++)
      s.failed[c] = s.failed[c] || !theorems[c].holds(given);
    W = whole;
  }
  settings.ME = 0;
  return s;
}

static const char *ask(const struct protocol *p)
{
  unsigned j = rank(), i = rank(), o = draw(bounds.objects), l = unit(), h = l + 8 * draw(3), v = draw(bounds.numbers);
  switch (draw(10)) {
  case 0:
    return p->store(o, l, h < MAXA ? h : MAXA, j, v, value());
  case 1:
    return p->put(o, l, h, j, i, draw(2), v);
  case 2:
    return p->get(j, i);
  case 3:
    return p->flush(j);
  case 4:
    return i == j || W.queue[j][i][0].inl ? 0 : p->read(j, i, 0, l);
  case 5:
    return p->land(j, i, l);
  case 6:
    return p->place(j, i);
  case 7:
    return p->complete(j, i);
  case 8:
    return p->announce(o, j, v);
  default:
    return p->conclude(o, j, rank(), v);
  }
}

struct spoiled spoil_guards(unsigned times, uint64_t seed)
{
  static struct world whole;
  struct spoiled s = {0};
  for (const char *const *r = world_protocol()->refusals; *r; r++)
    add(&s, *r);
  random_state = seed;
  whole = W;
  for (; times > 0; times--) {
    spoil();
    const char *refused = ask(world_protocol());
    for (unsigned c = 0; c < s.count && refused; c++)
      s.failed[c] = s.failed[c] || strcmp(s.name[c], refused) == 0;
    W = whole;
  }
  return s;
}
