/* The world of the proofs, carried along an exploration: its steps, guarded as in model/steps.h, and its invariant. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "world.h"
#include "spoil.h"
#include "../strings.h"
#include "model/realize.h"
#include "model/effects.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct world W, W_before, W_begun;
enum mistaken_effect mistaken_effect;
struct settings settings;
struct bounds bounds;
bool world_unguarded;
static const struct protocol *protocol;

/* -- a line: what a CPU has done, step by step -------------------------------------- */

enum what { STORE, PUT, GET, ANNOUNCE, CONCLUDE };

struct entry {
  uint8_t what, o, i, is_inline, v, x;
  uint16_t l, h;
};

enum { ENTRIES = 2 * MAXT };

static struct line {
  unsigned length, call; /* call: 0, or one more than the steps before the call that is not over */
  struct entry entry[ENTRIES];
} line[LINES];

static void effect(unsigned j, const struct entry *e)
{
  switch (e->what) {
  case STORE:
    eff_store(e->o, e->l, e->h, j, e->v, e->x);
    break;
  case PUT:
    eff_put(e->o, e->l, e->h, j, e->i, e->is_inline, e->v);
    break;
  case GET:
    eff_get(j, e->i);
    break;
  case ANNOUNCE:
    eff_announce(e->o, j, e->v);
    break;
  default:
    eff_conclude(e->o, j, e->x, e->v);
  }
}

static void at_least(integer *bound, integer n)
{
  if (*bound < n)
    *bound = n;
}

static void append(unsigned j, struct entry e)
{
  if (line[j].length == ENTRIES)
    give_up("a line of more steps than ENTRIES");
  line[j].entry[line[j].length++] = e;
  effect(j, &e);
  at_least(&bounds.times, W.now[j] + 1);
  at_least(&bounds.numbers, e.v + 1);
  for (unsigned i = 0; i < bounds.ranks; i++)
    at_least(&bounds.operations, W.nput[j][W.now[j]].to[i]);
}

struct item world_item(unsigned j, unsigned t)
{
  for (const struct entry *e = line[j].entry; e < line[j].entry + line[j].length; e++)
    if (e->what <= GET && t-- == 0)
      return (struct item){e->what == STORE, e->o, e->i, e->l};
  give_up("an item that is not on the time line");
}

/* -- as strings -------------------------------------------------------------------------- */

static struct strings lines, networks;
static uint32_t loaded[NUMBERS], entered[NUMBERS]; /* the numbers now, and those before the move */
static uint32_t held[LINES];                       /* the lines of W_before */
static bool changed[LINES];                        /* the line is not the loaded one any more */

struct cursor {
  uint8_t bytes[1 << 13], *at;
  bool writes;
};

/* The units of a word are alike: every step treats them so. One byte stands for all. */
static void pass_word(struct cursor *c, uint8_t *unit)
{
  if (c->writes) {
    for (unsigned k = 1; k < 8; k++)
      if (unit[k] != unit[0])
        give_up("a word of the world is torn");
    *c->at++ = unit[0];
  } else
    memset(unit, *c->at++, 8);
}

static void pass_byte(struct cursor *c, uint8_t *n)
{
  if (c->writes)
    *c->at++ = *n;
  else
    *n = *c->at++;
}

static void pass_queue(struct cursor *c, unsigned j, unsigned i)
{
  pass_byte(c, &W.deliv[j][i]);
  pass_byte(c, &W.comp[j][i]);
  for (unsigned k = 0; k < W.nput[j][W.now[j]].to[i]; k++) {
    struct operation *o = &W.queue[j][i][k];
    for (unsigned a = o->lo; a < o->hi && !o->inl; a += 8)
      pass_word(c, &o->late.unit[a]);
  }
  for (unsigned o = 0; o < bounds.objects; o++)
    for (unsigned a = 0; a < bounds.units; a += 8) {
      pass_word(c, &W.cell[i][j].of[o].unit[a]);
      pass_word(c, &W.upto[i][j].of[o].unit[a]);
    }
}

static void pass_network(struct cursor *c)
{
  for (unsigned j = 0; j < bounds.ranks; j++)
    pass_byte(c, &W.out[j]);
  for (unsigned j = 0; j < bounds.ranks; j++)
    for (unsigned i = 0; i < bounds.ranks; i++)
      if (i != j)
        pass_queue(c, j, i);
}

static uint32_t keep_line(unsigned j)
{
  return strings_add(&lines, &line[j], (uint32_t)(offsetof(struct line, entry) + line[j].length * sizeof(struct entry)),
                     0);
}

static uint32_t keep_network(void)
{
  static struct cursor c = {.writes = true};
  c.at = c.bytes;
  pass_network(&c);
  return strings_add(&networks, c.bytes, (uint32_t)(c.at - c.bytes), 0);
}

/* From the beginning: a line is all that a rank's part of the world hangs on, but for the network's. */
static void replay(const uint32_t *numbers)
{
  memset(&W, 0, sizeof W);
  for (unsigned j = 0; j < bounds.ranks; j++) {
    const uint8_t *bytes = strings_get(&lines, numbers[j]);
    memcpy(&line[j].length, bytes, offsetof(struct line, entry));
    memcpy(line[j].entry, bytes + offsetof(struct line, entry), line[j].length * sizeof(struct entry));
    for (unsigned k = 0; k < line[j].length; k++)
      effect(j, &line[j].entry[k]);
    changed[j] = false;
  }
}

/* Of what the network changes, all that Rely speaks of. */
static void keep_before(void)
{
  memcpy(W_before.out, W.out, sizeof W.out);
  memcpy(W_before.deliv, W.deliv, sizeof W.deliv);
  memcpy(W_before.comp, W.comp, sizeof W.comp);
  for (unsigned i = 0; i < bounds.ranks; i++)
    for (unsigned j = 0; j < bounds.ranks; j++)
      for (unsigned o = 0; o < bounds.objects; o++)
        memcpy(W_before.cell[i][j].of[o].unit, W.cell[i][j].of[o].unit, (size_t)bounds.units);
}

void world_enter(const uint32_t *numbers)
{
  static struct cursor c;
  bool other = false;
  for (unsigned j = 0; j < bounds.ranks; j++)
    other |= changed[j] || loaded[j] != numbers[j];
  if (other)
    replay(numbers);
  if (other || memcmp(held, numbers, sizeof held) != 0)
    W_before = W;
  memcpy(held, numbers, sizeof held);
  uint64_t start = networks.start[numbers[LINES]];
  memcpy(c.bytes, networks.bytes + start, networks.start[numbers[LINES] + 1] - start);
  c.at = c.bytes;
  pass_network(&c);
  keep_before();
  memcpy(loaded, numbers, sizeof loaded);
  memcpy(entered, numbers, sizeof entered);
}

void world_leave(uint32_t *numbers)
{
  for (unsigned j = 0; j < bounds.ranks; j++) {
    if (changed[j])
      loaded[j] = keep_line(j);
    changed[j] = false;
  }
  loaded[LINES] = keep_network();
  memcpy(numbers, loaded, sizeof loaded);
}

/* -- a call, from its beginning -------------------------------------------------------------- */

void world_call_begins(unsigned j)
{
  line[j].call = line[j].length + 1;
  changed[j] = true;
}

void world_call_ends(unsigned j)
{
  line[j].call = 0;
  changed[j] = true;
}

/* What W_begun is made of: mostly it is the same again. */
static struct {
  bool is_there;
  unsigned j;
  struct line line;
} recalled;

static bool is_recalled(unsigned j)
{
  return recalled.is_there && recalled.j == j && recalled.line.call == line[j].call &&
         memcmp(recalled.line.entry, line[j].entry, (line[j].call - 1) * sizeof(struct entry)) == 0;
}

bool world_recall(unsigned j)
{
  static struct world whole;
  if (line[j].call == 0 || is_recalled(j))
    return line[j].call != 0;
  whole = W;
  memset(&W, 0, sizeof W);
  for (unsigned k = 0; k < line[j].call - 1; k++)
    effect(j, &line[j].entry[k]);
  W_begun = W;
  W = whole;
  recalled.is_there = true;
  recalled.j = j;
  recalled.line = line[j];
  return true;
}

/* -- the invariant, and Rely --------------------------------------------------------------------- */

/* Of a state that was seen before, the answer is known; of a move, as far as it hangs on the lines. */
static struct answers {
  struct strings asked;
  const char **answer;
  uint32_t room;
} whole, still, moved;

static const char *evaluate(bool is_still)
{
  for (const struct conjunct *c = protocol->conjuncts; c->broken; c++)
    if (c->is_still == is_still && !c->holds())
      return c->broken;
  return 0;
}

/* Where the answer to this question is. */
static const char **answer_to(struct answers *a, const void *question, size_t length, bool *is_new)
{
  uint32_t n = strings_add(&a->asked, question, (uint32_t)length, is_new);
  if (n >= a->room) {
    a->room = a->room ? 2 * a->room : 1 << 12;
    a->answer = realloc(a->answer, a->room * sizeof *a->answer);
    if (!a->answer)
      give_up("out of memory: --max-states N bounds it");
  }
  return &a->answer[n];
}

static const char *answer(struct answers *a, unsigned numbers, bool is_still)
{
  bool is_new;
  const char **known = answer_to(a, loaded, numbers * sizeof loaded[0], &is_new);
  if (is_new)
    *known = evaluate(is_still);
  return *known;
}

/* A relation of ME holds for every rank but the one whose CPU has moved; the others for all. */
static bool is_kept(const struct conjunct *c, int mover)
{
  bool kept = true;
  if (!c->of_me)
    return c->holds();
  for (settings.ME = 0; settings.ME < settings.N && kept; settings.ME++)
    kept = settings.ME == mover || c->holds();
  settings.ME = 0;
  return kept;
}

static const char *relate(int mover, bool is_still)
{
  for (const struct conjunct *c = protocol->relations; c->broken; c++)
    if (c->is_still == is_still && !is_kept(c, mover))
      return c->broken;
  return 0;
}

static const char *check_move(int mover)
{
  bool is_new;
  struct {
    uint32_t entered[LINES], left[LINES];
    int mover;
  } move = {.mover = mover};
  memcpy(move.entered, entered, sizeof move.entered);
  memcpy(move.left, loaded, sizeof move.left);
  const char **known = answer_to(&moved, &move, sizeof move, &is_new);
  if (is_new)
    *known = relate(mover, true);
  return *known ? *known : relate(mover, false);
}

const char *world_check(int mover)
{
  const char *broken = check_move(mover);
  if (!broken)
    broken = answer(&still, LINES, true);
  return broken ? broken : answer(&whole, NUMBERS, false);
}

/* -- open, close ------------------------------------------------------------------------------- */

void world_open(const struct protocol *p, integer objects, integer units)
{
  if (settings.N > LINES || objects > MAXO || units > MAXA)
    give_up("a world of more ranks, objects or units than there is room for");
  protocol = p;
  bounds = (struct bounds){settings.N, objects, units, 1, 0, 1};
  memset(&W, 0, sizeof W);
  memset(&W_before, 0, sizeof W_before);
  recalled.is_there = false;
  memset(line, 0, sizeof line);
  memset(loaded, 0, sizeof loaded);
  memset(held, 0, sizeof held);
  memset(changed, 0, sizeof changed);
  strings_open(&lines);
  strings_open(&networks);
  strings_open(&whole.asked);
  strings_open(&still.asked);
  strings_open(&moved.asked);
  keep_line(0);
  keep_network();
}

const struct protocol *world_protocol(void)
{
  return protocol;
}

void world_close(void)
{
  strings_close(&lines);
  strings_close(&networks);
  strings_close(&whole.asked);
  strings_close(&still.asked);
  strings_close(&moved.asked);
  free(whole.answer);
  free(still.answer);
  free(moved.answer);
  whole = still = moved = (struct answers){.room = 0};
}

/* -- the steps ----------------------------------------------------------------------------------- */

static const char *guarded(const char *refused)
{
  return world_unguarded ? 0 : refused;
}

/* A mistake: what a CPU does changes what it or another has done before. */
static void mistake_by_cpu(unsigned j, const struct entry *e)
{
  if (mistaken_effect == REWRITES_HISTORY && e->what == ANNOUNCE && e->v > 1)
    W.when[e->o][j][e->v - 1] = W.now[j];
  if (mistaken_effect == SPEAKS_FOR_ANOTHER && e->what == ANNOUNCE)
    W.said[e->o][(j + 1) % bounds.ranks]++;
}

static const char *by_cpu(const char *refused, unsigned j, struct entry e)
{
  if (guarded(refused))
    return refused;
  changed[j] = true;
  append(j, e);
  mistake_by_cpu(j, &e);
  return 0;
}

const char *world_store(unsigned o, unsigned l, unsigned h, unsigned j, unsigned v, unsigned x)
{
  return by_cpu(protocol->store(o, l, h, j, v, x), j,
                (struct entry){STORE, (uint8_t)o, 0, 0, (uint8_t)v, (uint8_t)x, (uint16_t)l, (uint16_t)h});
}

const char *world_put(unsigned o, unsigned l, unsigned h, unsigned j, unsigned i, bool is_inline, unsigned v)
{
  return by_cpu(protocol->put(o, l, h, j, i, is_inline, v), j,
                (struct entry){PUT, (uint8_t)o, (uint8_t)i, is_inline, (uint8_t)v, 0, (uint16_t)l, (uint16_t)h});
}

const char *world_get(unsigned j, unsigned i, unsigned o, unsigned l, unsigned h)
{
  return by_cpu(protocol->get(j, i), j,
                (struct entry){.what = GET, .o = (uint8_t)o, .i = (uint8_t)i, .l = (uint16_t)l, .h = (uint16_t)h});
}

bool world_brings(unsigned j, unsigned o, unsigned a)
{
  for (const struct entry *e = line[j].entry; e < line[j].entry + line[j].length; e++)
    if (e->what == GET && e->o == o && e->l <= a && a < e->h)
      return true;
  return false;
}

const char *world_announce(unsigned o, unsigned j, unsigned v)
{
  return by_cpu(protocol->announce(o, j, v), j, (struct entry){.what = ANNOUNCE, .o = (uint8_t)o, .v = (uint8_t)v});
}

const char *world_conclude(unsigned o, unsigned j, unsigned x, unsigned v)
{
  return by_cpu(protocol->conclude(o, j, x, v), j,
                (struct entry){.what = CONCLUDE, .o = (uint8_t)o, .v = (uint8_t)v, .x = (uint8_t)x});
}

const char *world_flush(unsigned j)
{
  const char *refused = guarded(protocol->flush(j));
  if (!refused)
    eff_flush(j);
  return refused;
}

const char *world_read(unsigned j, unsigned i, unsigned k, unsigned a)
{
  const char *refused = guarded(protocol->read(j, i, k, a));
  if (!refused)
    eff_read(j, i, k, a);
  return refused;
}

const char *world_land(unsigned j, unsigned i, unsigned a)
{
  const char *refused = guarded(protocol->land(j, i, a));
  if (!refused)
    eff_land(j, i, a);
  return refused;
}

const char *world_place(unsigned j, unsigned i)
{
  const char *refused = guarded(protocol->place(j, i));
  if (!refused)
    eff_place(j, i);
  if (mistaken_effect == COPY_GOES_BACK && W.queue[j][i][W.deliv[j][i] - 1].op != settings.O)
    W.cell[i][j].of[settings.O] = (struct row){{0}};
  return refused;
}

const char *world_complete(unsigned j, unsigned i)
{
  const char *refused = guarded(protocol->complete(j, i));
  if (!refused && mistaken_effect == FORGETS_COMPLETIONS && W_before.comp[j][i] > 0)
    W.comp[j][i] = 0;
  else if (!refused)
    eff_complete(j, i);
  return refused;
}

/* -- what is there ---------------------------------------------------------------------------------- */

unsigned world_now(unsigned j)
{
  return W.now[j];
}

unsigned world_out(unsigned j)
{
  return W.out[j];
}

unsigned world_posted(unsigned j, unsigned i, unsigned t)
{
  return W.nput[j][t].to[i];
}

unsigned world_ver(unsigned o, unsigned a, unsigned j, unsigned t)
{
  return W.ver[j][t].of[o].unit[a];
}

unsigned world_val(unsigned o, unsigned a, unsigned j, unsigned v)
{
  return W.val[o][a][j][v];
}

unsigned world_said(unsigned o, unsigned j)
{
  return W.said[o][j];
}

unsigned world_deliv(unsigned j, unsigned i)
{
  return W.deliv[j][i];
}

unsigned world_comp(unsigned j, unsigned i)
{
  return W.comp[j][i];
}

unsigned world_fly(unsigned j, unsigned i, unsigned k, unsigned a)
{
  const struct operation *o = &W.queue[j][i][k];
  return o->inl ? o->num : o->late.unit[a];
}

unsigned world_cell(unsigned o, unsigned a, unsigned i, unsigned j)
{
  return W.cell[i][j].of[o].unit[a];
}

bool world_is_get(unsigned j, unsigned i, unsigned k)
{
  return W.queue[j][i][k].get;
}
