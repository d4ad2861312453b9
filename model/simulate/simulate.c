/* The simulation of one barrier: the compiled primitive of each rank, stepped whenever it can go on. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "world.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct world world;

void fails(const char *format, ...)
{
  va_list arguments;
  if (world.wrong[0] != '\0')
    return;
  va_start(arguments, format);
  vsnprintf(world.wrong, sizeof((struct outcome *)0)->wrong, format, arguments);
  va_end(arguments);
}

/* -- what a rank does ------------------------------------------------------------------ */

static int arrive(struct sacred_barrier *b)
{
  return b->kind == BARRIER_ALL    ? barrier_arrive(&b->all)
         : b->kind == BARRIER_RING ? dissemination_arrive(&b->ring)
                                   : local_arrive(&b->hosts);
}

static int test(struct sacred_barrier *b)
{
  world.steps++;
  return b->kind == BARRIER_ALL    ? barrier_test(&b->all)
         : b->kind == BARRIER_RING ? dissemination_test(&b->ring)
                                   : local_test(&b->hosts);
}

/* What it has put to the ranks behind it, which takes no time here, and has to be flushed. */
static void put_some(const struct rank *r)
{
  for (uint32_t k = 1; k <= world.s->puts && k < world.ranks; k++)
    world.flow[(size_t)r->w.rank * world.ranks + (r->w.rank + k) % world.ranks].posted++;
}

static void enter(struct rank *r)
{
  struct epoch *e = &world.epoch[r->entered];
  if (world.flow)
    put_some(r);
  if (arrive(&r->b) != SACRED_OK)
    fails("rank %u cannot enter epoch %u", r->w.rank, r->entered + 1);
  if (e->entered++ == 0)
    e->begin = world.now;
  r->entered++;
  r->inside = 1;
}

/* What a barrier is for. */
static void leave(struct rank *r)
{
  struct epoch *e = &world.epoch[r->entered - 1];
  if (e->entered < world.ranks)
    fails("rank %u leaves epoch %u, which only %u of %u ranks have entered", r->w.rank, r->entered, e->entered,
          world.ranks);
  e->left++;
  e->end = world.now;
  r->inside = 0;
}

/* The next epoch follows at once but for a straggler; behind the last there is none. */
static bool stays(const struct rank *r)
{
  return r->late == 0 && r->entered < world.s->epochs;
}

static void come_back(struct rank *r)
{
  processor_give_up(r);
  if (r->entered < world.s->epochs)
    queue_push((struct event){.at = world.now + r->late, .kind = ENTER, .rank = r->w.rank});
}

/* It has a processor: as far as it goes without time that passes. */
static void step(struct rank *r)
{
  int status;
  if (r->payment == PAYING)
    r->payment = PAID;
  do {
    if (!r->inside)
      enter(r);
    r->awaited = NULL;
    status = test(&r->b);
    if (status == SACRED_OK)
      leave(r);
  } while (status == SACRED_OK && stays(r));
  if (status == SACRED_OK) {
    come_back(r);
  } else if (status == SACRED_AGAIN && r->payment == PAYING) {
    r->awaited = NULL;
    queue_push((struct event){.at = world.now + r->price, .kind = STEP, .rank = r->w.rank});
  } else if (status == SACRED_AGAIN && r->awaited) {
    processor_give_up(r);
  } else {
    fails("rank %u is told %s in epoch %u, and awaits nothing", r->w.rank, sacred_strerror(status), r->entered);
  }
}

/* -- what happens to it ----------------------------------------------------------------- */

/* What is placed changes its line of memory, or count of completions: the first time the queue pair is a new one. */
static void place(struct rank *r, uint64_t *at, struct event e)
{
  if (*at == 0 && e.part != HOST)
    pairs_use(e.part, e.from, e.rank);
  *at = e.value;
  if (r->awaited != at)
    return;
  r->awaited = NULL;
  processor_take(r);
}

static void answer(struct event request)
{
  network_post((struct event){
      .kind = REPLY, .rank = request.from, .from = request.rank, .value = request.value, .at = world.now});
}

static void happen(struct event e)
{
  struct rank *r = &world.rank[e.rank];
  world.now = e.at;
  if (e.kind == ENTER)
    processor_take(r);
  else if (e.kind == STEP)
    step(r);
  else if (!network_arrives(e))
    return;
  else if (e.kind == SIGNAL)
    place(r, word_for(e), e);
  else if (e.kind == REQUEST)
    answer(e);
  else
    place(r, &world.flow[(size_t)e.rank * world.ranks + e.from].completed, e);
}

/* -- before and behind -------------------------------------------------------------------- */

/* So many ranks, each as likely as any other, are late. */
static void choose_stragglers(void)
{
  uint32_t left = world.s->stragglers;
  for (uint32_t i = 0; i < world.ranks; i++)
    if (chance_below(world.ranks - i) < left) {
      world.rank[i].late = world.s->late;
      left--;
    }
}

static void all_enter(void)
{
  for (uint32_t i = 0; i < world.ranks; i++)
    queue_push((struct event){.at = world.rank[i].late, .kind = ENTER, .rank = i});
}

static void check_that_all_have_left(void)
{
  for (uint32_t i = 0; i < world.ranks; i++) {
    const struct rank *r = &world.rank[i];
    if (r->inside || r->entered < world.s->epochs)
      fails("rank %u waits in epoch %u for ever: nothing is on its way", i, r->entered);
  }
}

static void check_count(const char *what, uint64_t count, uint64_t expected)
{
  if (count != expected)
    fails("%llu %s, and not %llu", (unsigned long long)count, what, (unsigned long long)expected);
}

static void check_messages(void)
{
  check_count("messages", world.messages, expected_messages(world.s, world.ranks, world.barrier));
  check_count("words by shared memory", world.stores, expected_words(world.s, world.ranks, world.barrier));
}

static void measure(struct outcome *o)
{
  uint64_t sum = 0;
  o->least = UINT64_MAX;
  o->most = 0;
  for (uint32_t e = 0; e < world.s->epochs; e++) {
    uint64_t time = world.epoch[e].end - world.epoch[e].begin;
    sum += time;
    o->least = time < o->least ? time : o->least;
    o->most = time > o->most ? time : o->most;
  }
  o->mean = sum / world.s->epochs;
  o->period = (world.epoch[world.s->epochs - 1].end - world.epoch[0].begin) / world.s->epochs;
  o->messages = (double)world.messages / world.ranks / world.s->epochs;
  o->words = (double)world.stores / world.ranks / world.s->epochs;
  o->rounds = expected_rounds(world.s, world.ranks, world.barrier);
  o->bytes = (uint64_t)(world.whole.lines + world.firsts.lines) * WIRE_LINE;
  o->steps = world.steps;
  o->pairs = pairs_close();
}

static double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void simulate(const struct setting *s, uint32_t ranks, struct tuning barrier, struct outcome *o)
{
  double begin = seconds();
  struct event e;
  world_open(s, ranks, barrier, o->wrong);
  queue_open();
  pairs_open(ranks);
  chance_open(s->seed);
  choose_stragglers();
  all_enter();
  while (o->wrong[0] == '\0' && queue_pop(&e))
    happen(e);
  check_that_all_have_left();
  check_messages();
  measure(o);
  queue_close();
  world_close();
  o->seconds = seconds() - begin;
}
