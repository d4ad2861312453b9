/* The mapping: which steps of the world a step of the machine is, and what both are to agree on. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * | machine                                   | world                                                      |
 * |-------------------------------------------|------------------------------------------------------------|
 * | a store enters the buffer                 | step_store of the word's units                             |
 * | a post enters the buffer                  | step_put, or step_get; what a get of data brings home is not in the world |
 * | the ghost calls of the primitive          | step_announce, step_conclude                               |
 * | STORE, HAND: the oldest entry leaves it   | step_flush; also of idle words, which the machine leaves out |
 * | NLR: a word's source is read              | step_read of its units                                     |
 * | NRW, NRR: into wbR, a get reads           | none                                                       |
 * | PLACE: a word reaches memory              | step_place of gets before it; step_land of its units, or for the last word of an operation step_place |
 * | the CPU is told of a completion           | step_place of gets up to it; step_complete                 |
 * | NLW, FINISH, DIE, a load                  | none                                                       |
 *
 * What is read, placed or loaded is to be the same in both, and so is all of memory behind every move.
 */
#include "refine.h"
#include "../cpu.h"
#include "barrier.h"
#include "broadcast.h"
#include "schedule.h"
#include "../scaled.h"
#include "history.h"
#include "world.h"
#include <string.h>

enum mistaken_world mistaken_world;
unsigned long long refine_machine_steps, refine_world_steps, refine_theorems;

static const struct protocol *protocol;
static const char *wrong; /* of the move at hand: the first that does not map */
static int mover;         /* the rank whose CPU moves, or -1 */

/* Another step of the world: whether it could take it. */
static bool took(const char *refused)
{
  refine_world_steps += !refused;
  if (!wrong)
    wrong = refused;
  return !wrong;
}

static void expects(bool holds, const char *otherwise)
{
  if (!holds && !wrong)
    wrong = otherwise;
}

/* -- words ------------------------------------------------------------------------------- */

/* Where a word lies: unit a of row j of object o. */
struct spot {
  unsigned o, j, a;
};

/* Of a row that is there for all, each line is of the one rank that writes it: who signals to i in that slot. */
static unsigned writer(unsigned i, unsigned byte)
{
  return (unsigned)(i + settings.N - settings.Dist[byte / settings.Line]) % (unsigned)settings.N;
}

/* A word of rank i's memory. */
static struct spot spot_of(unsigned i, unsigned word)
{
  const struct place *p = place_of(word);
  unsigned byte = 8 * word - (unsigned)p->rows.at, stride = (unsigned)p->rows.stride;
  return (struct spot){(unsigned)(p - places), p->is_shared ? writer(i, byte) : byte / stride, byte % stride};
}

/* What a word holds whose number is n: what was stored as n; or n itself, of a signal and of other objects. */
static unsigned value_of(struct spot s, unsigned n)
{
  if (s.o == (unsigned)settings.O && protocol->data(s.a))
    return world_val(s.o, s.a, s.j, n);
  return n;
}

static unsigned at_home(struct spot s, unsigned t)
{
  return value_of(s, world_ver(s.o, s.a, s.j, t));
}

static unsigned in_copy(struct spot s, unsigned i)
{
  return value_of(s, world_cell(s.o, s.a, i, s.j));
}

static unsigned in_flight(struct spot s, unsigned i, unsigned k)
{
  return value_of(s, world_fly(s.j, i, k, s.a));
}

/* -- the CPU -------------------------------------------------------------------------------- */

static bool flush(unsigned j)
{
  narrate("   = world: step_flush(%u)", j);
  return took(world_flush(j));
}

static void on_store(unsigned rank, unsigned word, tiny value)
{
  struct spot s = spot_of(rank, word);
  refine_machine_steps++;
  mover = (int)rank;
  expects(s.j == rank, "no step of the world: a store to a row that is another's");
  if (wrong)
    return;
  unsigned number = s.o == (unsigned)settings.O ? world_said(s.o, rank) : value;
  narrate("   = world: step_store(object %u, units %u to %u, rank %u, number %u)", s.o, s.a, s.a + 8, rank, number);
  took(world_store(s.o, s.a, s.a + 8, rank, number, value));
  while (mistaken_world == PUBLISHES_STORES && !wrong && world_out(rank) < world_now(rank))
    flush(rank);
}

static void on_put(unsigned rank, unsigned to, const struct operation *o, unsigned word, unsigned words)
{
  struct spot s = spot_of(to, word);
  bool is_inline = words == 1 && o->words == 1 && o->copy[0].stage == READ;
  expects(s.j == rank, "no step of the world: a put of a row that is another's");
  if (wrong)
    return;
  unsigned number = is_inline                     ? o->copy[0].value
                    : s.o == (unsigned)settings.O ? world_said(s.o, rank)
                                                  : world_ver(s.o, s.a, rank, world_now(rank));
  narrate("   = world: step_put(object %u, units %u to %u, %u->%u, %s, number %u)", s.o, s.a, s.a + 8 * words, rank, to,
          is_inline ? "inline" : "read late", number);
  took(world_put(s.o, s.a, s.a + 8 * words, rank, to, is_inline, number));
}

/*
 * What a get brings home is not in the world, and is no word of the primitive's. Where it lands the two may differ
 * from then on.
 */
static void on_get(unsigned rank, unsigned to, const struct operation *o)
{
  struct spot s = {0};
  for (unsigned c = 0; c < o->words; c++) {
    struct spot next = spot_of(rank, o->copy[c].to);
    expects(next.j == rank && next.o != (unsigned)settings.O,
            "no step of the world: a get brings home a word of the primitive's, or of another's row");
    expects(c == 0 || (next.o == s.o && next.a == s.a + 8 * c), "no step of the world: a get lands here and there");
    s = c == 0 ? next : s;
  }
  took(world_get(rank, to, s.o, s.a, s.a + 8 * o->words));
}

static void on_post(unsigned rank, unsigned to, unsigned lane, const struct operation *o, unsigned word, unsigned words)
{
  refine_machine_steps++;
  mover = (int)rank;
  expects(lane == 0, "no step of the world: a post on a second queue pair to one rank");
  if (wrong)
    return;
  if (o->kind == PUT) {
    on_put(rank, to, o, word, words);
    return;
  }
  narrate("   = world: step_get(%u->%u)", rank, to);
  on_get(rank, to, o);
}

static bool is_brought(struct spot s, unsigned i)
{
  return s.j == i && world_brings(i, s.o, s.a);
}

static void on_load(unsigned rank, unsigned word, tiny value)
{
  struct spot s = spot_of(rank, word);
  if (!wrong && !is_brought(s, rank))
    expects(value == (s.j == rank ? at_home(s, world_now(rank)) : in_copy(s, rank)),
            "a rank has loaded what it cannot have loaded in the world");
}

/* The ghost calls of the primitives, as the proofs have them: once for each run of a call. */

void history_announce(uint64_t v)
{
  if (cpu_replays()) {
    cpu.at++;
    return;
  }
  mover = (int)cpu.rank;
  if (watcher && !wrong) {
    narrate("   = world: step_announce(rank %u, %u)", cpu.rank, (unsigned)v);
    took(world_announce((unsigned)settings.O, cpu.rank, (unsigned)v));
  }
  cpu_logs(0);
}

void history_conclude(uint64_t x, uint64_t v)
{
  if (cpu_replays()) {
    cpu.at++;
    return;
  }
  mover = (int)cpu.rank;
  if (watcher && !wrong) {
    narrate("   = world: step_conclude(rank %u, of %u, %u)", cpu.rank, (unsigned)x, (unsigned)v);
    took(world_conclude((unsigned)settings.O, cpu.rank, (unsigned)x, (unsigned)v));
  }
  cpu_logs(0);
}

/* -- the network ------------------------------------------------------------------------------ */

static bool is_idle(unsigned j, unsigned t)
{
  struct item item = world_item(j, t);
  return item.is_store && extent.idle[(places[item.o].rows.at + j * places[item.o].rows.stride + item.l) / 8];
}

static void flush_idle(unsigned j)
{
  while (!wrong && world_out(j) < world_now(j) && is_idle(j, world_out(j)))
    flush(j);
}

/* The oldest entry of a buffer leaves it, and words behind it that the machine does not have. */
static void on_flush(const struct machine *m, unsigned j)
{
  const struct buffered *b = &m->buffer[j][0];
  if (mistaken_world == PUBLISHES_STORES && world_out(j) == world_now(j))
    return;
  flush_idle(j);
  if (wrong)
    return;
  if (world_out(j) == world_now(j)) {
    wrong = "no step of the world: something leaves a store buffer that is empty";
    return;
  }
  struct item item = world_item(j, world_out(j));
  struct spot s = spot_of(j, b->to);
  if (mistaken_world == RIGHT_WORLD)
    expects(b->is_store ? item.is_store && item.o == s.o && item.l == s.a
                        : !item.is_store && item.i == b->pair / LANES % RANKS,
            "no step of the world: something leaves a store buffer before what is older");
  flush(j);
  flush_idle(j);
}

/* The pair j -> i, and of an operation of it which it is. */
struct queue {
  unsigned j, i;
};

static struct queue queue_of(unsigned pair)
{
  return (struct queue){pair / LANES / RANKS, pair / LANES % RANKS};
}

static void on_read(const struct machine *m, struct step step)
{
  struct queue q = queue_of(step.who);
  const struct copy *c = &m->pair[step.who].pipe[step.operation].copy[step.copy];
  unsigned k = machine_finished(m, step.who) + step.operation;
  struct spot s = spot_of(q.i, c->to);
  expects(c->from == c->to, "no step of the world: source and target are not at the same place");
  if (mistaken_world != READS_AT_POST) {
    narrate("   = world: step_read(%u->%u, operation %u, units %u to %u)", q.j, q.i, k, s.a, s.a + 8);
    for (unsigned a = s.a; a < s.a + 8 && took(world_read(q.j, q.i, k, a)); a++)
      ;
  }
  if (!wrong)
    expects(machine_source(m, step.who, c) == in_flight(s, q.i, k),
            "a NIC has read from its rank's memory what it cannot have read in the world");
}

/* Has the operation words that are not placed: others than this one; in front of it? */
static bool has_more(const struct machine *m, unsigned pair, unsigned at, bool in_front)
{
  const struct pair *p = &m->pair[pair];
  unsigned number = p->wbr[at].operation, first = machine_finished(m, pair);
  for (unsigned k = 0; k < p->remote; k++)
    if (k != at && p->wbr[k].operation == number && (!in_front || p->wbr[k].to < p->wbr[at].to))
      return true;
  if (number < first || number >= first + p->length)
    return false;
  const struct operation *o = &p->pipe[number - first];
  for (unsigned c = 0; c < o->words; c++)
    if (o->copy[c].stage != ACCEPTED && (!in_front || o->copy[c].to < p->wbr[at].to))
      return true;
  return false;
}

/* Is all placed that j has posted before its k-th operation to i, to whomever? */
static bool is_next_of_all(struct queue q, unsigned k)
{
  unsigned t = 0;
  while (world_posted(q.j, q.i, t + 1) <= k)
    t++;
  for (unsigned i = 0; i < extent.ranks; i++)
    if (i != q.j && world_deliv(q.j, i) < world_posted(q.j, i, t))
      return false;
  return true;
}

static void place_gets(struct queue q, unsigned k)
{
  while (!wrong && world_deliv(q.j, q.i) < k && world_is_get(q.j, q.i, world_deliv(q.j, q.i))) {
    narrate("   = world: step_place(%u->%u): the get %u", q.j, q.i, world_deliv(q.j, q.i));
    took(world_place(q.j, q.i));
  }
}

static void land(const struct machine *m, struct step step, struct queue q, struct spot s)
{
  bool is_last = !has_more(m, step.who, step.copy, false);
  narrate("   = world: step_%s(%u->%u, operation %u), units %u to %u", is_last ? "place" : "land", q.j, q.i,
          world_deliv(q.j, q.i), s.a, s.a + 8);
  if (is_last)
    took(world_place(q.j, q.i));
  for (unsigned a = s.a; a < s.a + 8 && !is_last && took(world_land(q.j, q.i, a)); a++)
    ;
}

static void on_place(const struct machine *m, struct step step)
{
  struct queue q = queue_of(step.who);
  const struct accepted *word = &m->pair[step.who].wbr[step.copy];
  struct spot s = spot_of(q.i, word->to);
  place_gets(q, word->operation);
  expects(world_deliv(q.j, q.i) == word->operation,
          "no step of the world: a word is placed before an operation that was posted earlier");
  if (mistaken_world == LANDS_IN_ORDER)
    expects(!has_more(m, step.who, step.copy, true), "no step of that world: a unit lands before one in front of it");
  if (mistaken_world == LANDS_WHOLE)
    expects(!has_more(m, step.who, step.copy, false), "no step of that world: a part of a put lands");
  if (mistaken_world == ONE_QUEUE)
    expects(is_next_of_all(q, word->operation),
            "no step of that world: a word is placed before what was posted earlier to another rank");
  if (wrong)
    return;
  land(m, step, q, s);
  if (!wrong)
    expects(word->value == in_copy(s, q.i), "a word is placed that cannot have been placed in the world");
}

static void on_tell(unsigned pair)
{
  if (wrong)
    return;
  struct queue q = queue_of(pair);
  narrate("   = world: step_complete(%u->%u, operation %u)", q.j, q.i, world_comp(q.j, q.i));
  if (mistaken_world == COMPLETES_PLACED)
    expects(world_comp(q.j, q.i) < world_deliv(q.j, q.i) || world_is_get(q.j, q.i, world_comp(q.j, q.i)),
            "no step of that world: an operation is completed that is not placed");
  if (world_is_get(q.j, q.i, world_comp(q.j, q.i)))
    place_gets(q, world_comp(q.j, q.i) + 1);
  if (!wrong)
    took(world_complete(q.j, q.i));
}

static void on_drained(unsigned rank)
{
  if (wrong)
    return;
  flush_idle(rank);
  expects(world_out(rank) == world_now(rank), "no state of the world: a store buffer is said to be empty, and is not");
}

static void on_step(const struct machine *m, struct step step)
{
  refine_machine_steps++;
  if (wrong)
    return;
  switch (step.rule) {
  case HAND:
  case STORE:
    on_flush(m, step.who);
    break;
  case NLR:
    on_read(m, step);
    break;
  case PLACE:
    on_place(m, step);
    break;
  default:
    break;
  }
}

/* -- theorems -------------------------------------------------------------------------------------- */

static const uint64_t *value_named(const char *name, const struct given *given)
{
  while (given->name && strcmp(given->name, name) != 0)
    given++;
  if (!given->name)
    give_up("a scenario does not say what a theorem speaks of");
  return given->value;
}

static bool holds(const struct theorem *t, const struct given *given)
{
  const uint64_t *values[GIVEN + 1] = {0};
  for (unsigned k = 0; t->needs[k]; k++)
    values[k] = value_named(t->needs[k], given);
  refine_theorems++;
  return t->holds(values);
}

static void on_call(unsigned rank, bool begins)
{
  if (!wrong)
    (begins ? world_call_begins : world_call_ends)(rank);
}

/* Each of its clauses that can be evaluated, as the rank that has called. */
static void on_theorem(unsigned rank, const char *name, const struct given *given)
{
  bool any = false;
  settings.ME = rank;
  for (const struct theorem *t = protocol->theorems; t->name; t++)
    if (strcmp(t->name, name) == 0) {
      any = true;
      if (!wrong && mistaken_world == RIGHT_WORLD && (!t->of_call || world_recall(rank)))
        expects(holds(t, given), t->broken);
    }
  settings.ME = 0;
  if (!any)
    give_up("no theorem has this name, or none of its clauses can be evaluated");
}

/* -- states --------------------------------------------------------------------------------------- */

static void compare_memory(const struct machine *m, unsigned i)
{
  for (unsigned word = 0; word < extent.words && !wrong; word++) {
    struct spot s = spot_of(i, word);
    if (!extent.idle[word] && !is_brought(s, i))
      expects(m->memory[i][word] == (s.j == i ? at_home(s, world_out(i)) : in_copy(s, i)),
              "a rank's memory is not as it is in the world");
  }
}

/* What is on its way in a queue: read, and not yet placed. */
static void compare_queue(const struct machine *m, struct queue q)
{
  unsigned pair = pair_of(q.j, q.i, 0), first = machine_finished(m, pair);
  const struct pair *p = &m->pair[pair];
  expects(p->posted == world_posted(q.j, q.i, world_now(q.j)), "not as many operations are posted as in the world");
  expects(machine_completed(m, pair) == world_comp(q.j, q.i), "not as many operations are completed as in the world");
  for (unsigned k = 0; k < p->length; k++)
    for (unsigned c = 0; c < p->pipe[k].words; c++)
      if (p->pipe[k].kind == PUT && p->pipe[k].copy[c].stage == READ)
        expects(p->pipe[k].copy[c].value == in_flight(spot_of(q.i, p->pipe[k].copy[c].to), q.i, first + k),
                "a word is read, and in the world another");
  for (unsigned k = 0; k < p->remote; k++)
    expects(p->wbr[k].value == in_flight(spot_of(q.i, p->wbr[k].to), q.i, p->wbr[k].operation),
            "a word is on its way, and in the world another");
}

static void compare(const struct machine *m)
{
  for (unsigned j = 0; j < extent.ranks; j++) {
    compare_memory(m, j);
    for (unsigned i = 0; i < extent.ranks; i++)
      if (i != j)
        compare_queue(m, (struct queue){j, i});
  }
}

/* -- the watcher ------------------------------------------------------------------------------------ */

static void on_enter(const uint32_t *world)
{
  wrong = 0;
  mover = -1;
  world_enter(world);
}

/*
 * A world that is wrong on purpose is to be refused by what somebody sees, not by how it looks inside. One that could
 * not go on, perhaps half way through a word, is left behind: the state keeps the world from before.
 */
static const char *on_leave(uint32_t *world, const struct machine *m)
{
  if (!wrong)
    world_leave(world);
  if (!wrong && mistaken_world == RIGHT_WORLD)
    wrong = world_check(mover);
  if (!wrong && mistaken_world == RIGHT_WORLD)
    compare(m);
  return wrong;
}

static const struct watcher mapping = {on_enter, on_store,   on_post, on_load,    on_step,
                                       on_tell,  on_drained, on_call, on_theorem, on_leave};

_Static_assert((int)WORLD >= (int)NUMBERS, "a state has room for the world's numbers");
_Static_assert(BROADCAST_SLOTS == 2 && BROADCAST_CHUNK == 8 && BROADCAST_HEAD == 64 && BROADCAST_DATA == 128,
               "translate writes the broadcast's numbers for these");

/* Which object is the primitive's: its place, by name; of a fence one that has no rows. */
static const struct kind_of {
  const char *begins, *place;
  const struct protocol *protocol;
} kinds[] = {{"flag-", "flag", &flag_protocol},        {"fence-", 0, &fence_protocol},
             {"barrier-", "epoch", &barrier_protocol}, {"dissemination-", "epoch", &dissemination_protocol},
             {"table-", "row", &table_protocol},       {"broadcast-", "row", &broadcast_protocol},
             {"region-", "flag", &flag_protocol},      {"program-", 0, &fence_protocol}};

static unsigned place_named(const char *name)
{
  unsigned o = 0;
  while (places[o].name && !(name && strcmp(places[o].name, name) == 0))
    o++;
  return o;
}

/* What the protocol's constants are in this scenario. */
static void set(const struct scenario *s)
{
  uint32_t distance[MOST_SLOTS + 1] = {0}, first[MOST_SLOTS + 1] = {0};
  settings.N = s->ranks;
  if (protocol == &barrier_protocol)
    settings.FULL = s->strength == SACRED_FULL;
  if (protocol == &table_protocol)
    settings.WORDS = ((integer)places[settings.O].rows.stride - 16) / 8;
  if (protocol != &dissemination_protocol)
    return;
  settings.FULL = s->strength != SACRED_ARRIVE;
  settings.SLOTS = schedule_make(distance, first, MOST_SLOTS + 1, s->ranks, s->radix);
  settings.Line = WIRE_LINE;
  for (unsigned k = 0; k <= MOST_SLOTS; k++)
    settings.Dist[k] = distance[k];
  for (unsigned k = 0; k < MOST_SLOTS; k++)
    settings.First[k] = first[k];
}

void refine_begin(const struct scenario *s)
{
  const struct kind_of *k = kinds;
  while (strncmp(s->name, k->begins, strlen(k->begins)) != 0)
    if (++k == kinds + sizeof kinds / sizeof kinds[0])
      give_up("a scenario of a primitive whose protocol is not known");
  unsigned objects = place_named(0), units = 0;
  for (unsigned o = 0; o < objects; o++)
    units = places[o].rows.stride > units ? (unsigned)places[o].rows.stride : units;
  protocol = k->protocol;
  settings = (struct settings){.O = place_named(k->place)};
  set(s);
  world_open(protocol, settings.O == objects ? objects + 1 : objects, units);
  for (const struct conjunct *a = protocol->axioms; a->broken; a++)
    if (!a->holds())
      give_up(a->broken);
  watcher = &mapping;
}

void refine_end(void)
{
  world_close();
  watcher = 0;
}
