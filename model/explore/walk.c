/* Random walks: long schedules of many ranks, each with an adversary of its own, all drawn from one number. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "walk.h"
#include "draw.h"
#include <stdio.h>
#include <string.h>

/* What a schedule has against the ranks: each step has a weight, and a small one is all that is in its way. */
struct adversary {
  int starved, slow_nic;    /* a rank whose CPU, or whose NIC, hardly gets its turn; or -1 */
  bool places_late;         /* words stay in wbR: completed long before they are placed */
  bool keeps_buffers;       /* stores and posts stay in the store buffers */
  bool completes_late;      /* what is placed is not told */
  bool newest_first;        /* of what the NICs may do, the newest operation and the last word */
  unsigned eager, patience; /* the weight of a CPU's step; one step in so many is any, whatever its weight */
};

struct walk {
  struct scenario scenario;
  struct adversary adversary;
  uint64_t random, digest, steps;
  unsigned death; /* the mortal rank dies in one step of so many */
  struct machine machine;
  struct log log[RANKS];
  unsigned char begun[RANKS][ARENA]; /* each rank's arena when its call began */
  uint64_t spun[RANKS];              /* calls of each rank since the machine last did anything */
  const char *wrong;
};

/* -- what is drawn before the first step ------------------------------------------------ */

static bool one_in(uint64_t *random, unsigned many)
{
  return draw(random) % many == 0;
}

static struct adversary draw_adversary(uint64_t *random, unsigned ranks)
{
  struct adversary a = {.starved = -1, .slow_nic = -1};
  if (one_in(random, 3))
    a.starved = (int)(draw(random) % ranks);
  if (one_in(random, 3))
    a.slow_nic = (int)(draw(random) % ranks);
  a.places_late = one_in(random, 3);
  a.keeps_buffers = one_in(random, 4);
  a.completes_late = one_in(random, 4);
  a.newest_first = one_in(random, 3);
  a.eager = 1U << 2 * (draw(random) % 5);
  a.patience = 64U << draw(random) % 4;
  return a;
}

enum { FEWEST = RANKS < 4 ? RANKS : 4, LEAST = 3, WALK = 50000000 };

/*
 * A wide scenario leaves open how many ranks there are, who may die, whether posts are refused, and how ranks wait.
 * Its epochs are those of all ranks together, so that walks are about as long.
 */
static void draw_scenario(struct walk *w)
{
  struct scenario *s = &w->scenario;
  if (s->is_wide) {
    s->ranks = FEWEST + (unsigned)(draw(&w->random) % (RANKS - FEWEST + 1));
    s->mortal = one_in(&w->random, 4) ? (int)(draw(&w->random) % s->ranks) : -1;
    s->refusals = one_in(&w->random, 4);
    s->waits = one_in(&w->random, 4);
    s->asks = !s->waits && one_in(&w->random, 4);
    s->epochs = s->epochs / s->ranks > LEAST ? s->epochs / s->ranks : LEAST;
  }
  w->adversary = draw_adversary(&w->random, s->ranks);
  w->death = 1000U << draw(&w->random) % 7;
  unreduced = one_in(&w->random, 2);
}

/* What was drawn and is there, said. */
static void say(const char *what, bool is_there)
{
  if (is_there)
    printf(", %s", what);
}

static void describe(const struct walk *w)
{
  const struct scenario *s = &w->scenario;
  const struct adversary *a = &w->adversary;
  printf("  %u ranks, %u epochs", s->ranks, s->epochs);
  say("every step for itself", unreduced);
  say("posts may be refused", s->refusals);
  say("waits", s->waits);
  say("asks who is missing", s->asks);
  say("words are placed late", a->places_late);
  say("buffers are kept", a->keeps_buffers);
  say("completions come late", a->completes_late);
  say("the newest first", a->newest_first);
  if (a->starved >= 0)
    printf(", rank %d starves", a->starved);
  if (a->slow_nic >= 0)
    printf(", the NIC of rank %d is slow", a->slow_nic);
  if (s->mortal >= 0)
    printf(", rank %d may die", s->mortal);
  putchar('\n');
}

/* -- which step is next -------------------------------------------------------------------- */

enum { WEIGHT = 4096, LITTLE = 8 };

static unsigned nic_weight(const struct adversary *a, struct step step)
{
  unsigned weight = WEIGHT;
  if ((int)source(step.who) == a->slow_nic)
    weight /= 256;
  if ((step.rule == PLACE && a->places_late) || (step.rule == FINISH && a->completes_late))
    weight /= 256;
  if (a->newest_first)
    weight = step.operation + step.copy > 0 ? weight * 16 : weight;
  return weight > 0 ? weight : 1;
}

static unsigned weigh(const struct adversary *a, struct step step)
{
  if (step.rule == CPU)
    return (int)step.who == a->starved ? LITTLE : LITTLE * a->eager;
  if (step.rule == HAND || step.rule == STORE)
    return a->keeps_buffers ? WEIGHT / 256 : WEIGHT;
  return nic_weight(a, step);
}

static bool is_over(const struct walk *w, unsigned rank)
{
  return w->machine.dead >> rank & 1 || w->scenario.at_end(&w->scenario, rank);
}

static unsigned all_steps(const struct walk *w, struct step *steps)
{
  unsigned count = machine_steps(&w->machine, steps);
  for (unsigned i = 0; i < w->scenario.ranks; i++)
    if (!is_over(w, i))
      steps[count++] = (struct step){CPU, (tiny)i, 0, 0};
  return count;
}

static struct step choose(struct walk *w, const struct step *steps, unsigned count)
{
  uint64_t sum = 0;
  if (one_in(&w->random, w->adversary.patience))
    return steps[draw(&w->random) % count];
  for (unsigned k = 0; k < count; k++)
    sum += weigh(&w->adversary, steps[k]);
  uint64_t at = draw(&w->random) % sum;
  unsigned k = 0;
  while (at >= weigh(&w->adversary, steps[k]))
    at -= weigh(&w->adversary, steps[k++]);
  return steps[k];
}

/* -- and what comes of it -------------------------------------------------------------------- */

static void take_call(struct walk *w, unsigned rank)
{
  struct script script = {.random = &w->random};
  struct outcome o = cpu_step(&w->scenario, &w->machine, rank, &w->log[rank], &script);
  if (o.returned)
    memcpy(w->begun[rank], arena[rank], ARENA);
  else
    memcpy(arena[rank], w->begun[rank], ARENA);
  w->spun[rank] += o.returned;
  w->wrong = o.failure;
  machine_settle(&w->machine);
}

static void take(struct walk *w, struct step step)
{
  if (step.rule == CPU)
    take_call(w, step.who);
  else
    machine_take(&w->machine, step);
  if (!w->wrong)
    w->wrong = w->scenario.check(&w->scenario, &w->machine);
  w->digest = (w->digest ^ step.rule ^ (uint64_t)step.who << 8 ^ (uint64_t)step.copy << 24) * 0x100000001b3;
}

/* With nothing on its way, so many calls of each rank that goes on, and nothing done: it will never be. */
enum { SPINS = 500 };

static bool is_stuck(struct walk *w, const struct step *steps, unsigned count)
{
  bool stuck = true;
  for (unsigned k = 0; k < count; k++)
    stuck &= steps[k].rule == CPU && w->spun[steps[k].who] > SPINS;
  for (unsigned k = 0; k < count; k++)
    if (steps[k].rule != CPU) {
      memset(w->spun, 0, sizeof w->spun);
      break;
    }
  return stuck;
}

static bool dies_now(struct walk *w)
{
  int mortal = w->scenario.mortal;
  return mortal >= 0 && !is_over(w, (unsigned)mortal) && one_in(&w->random, w->death);
}

/* One step. False: there is none, or something is wrong. */
static bool step(struct walk *w)
{
  static struct step steps[STEPS + RANKS];
  unsigned count = all_steps(w, steps);
  if (count == 0)
    return false;
  if (is_stuck(w, steps, count) || w->steps == WALK) {
    w->wrong = "from here the end is not reached";
    return false;
  }
  bool dies = dies_now(w);
  if (dies) /* who waits for it has something to find out */
    memset(w->spun, 0, sizeof w->spun);
  take(w, dies ? (struct step){DIE, (tiny)w->scenario.mortal, 0, 0} : choose(w, steps, count));
  w->steps++;
  return !w->wrong;
}

static void begin(struct walk *w, const struct scenario *s, uint64_t seed)
{
  memset(w, 0, sizeof *w);
  w->scenario = *s;
  w->random = seed;
  draw_scenario(w);
  s->start(&w->scenario);
  memcpy(w->begun, arena, sizeof arena);
}

/* The whole walk, the steps from `from` on told. */
static void go(struct walk *w, uint64_t from)
{
  while (step(w))
    narrating = w->steps >= from;
  narrating = false;
}

enum { LAST = 60 };

static void tell(struct walk *w, const struct scenario *s, uint64_t seed)
{
  uint64_t from = w->steps > LAST ? w->steps - LAST : 0;
  bool mode = unreduced;
  begin(w, s, seed);
  unreduced = mode;
  printf("%s, SEED=%llu:\n", s->name, (unsigned long long)seed);
  describe(w);
  if (from > 0)
    printf("  ... %llu steps, and then\n", (unsigned long long)from);
  go(w, from);
  printf("  so:  %s\n", w->wrong);
}

struct result search_walks(const struct scenario *s, uint64_t seed, unsigned walks, bool tells)
{
  static struct walk w;
  struct result r = {.verdict = INCOMPLETE};
  double start = seconds();
  bool mode = unreduced;
  for (unsigned k = 0; k < walks && !r.wrong; k++) {
    begin(&w, s, seed + k);
    go(&w, UINT64_MAX);
    r.steps += w.steps;
    r.digest = (r.digest ^ w.digest) * 0x100000001b3;
    r.wrong = w.wrong;
    r.seed = seed + k;
    if (w.wrong && tells)
      tell(&w, s, seed + k);
  }
  unreduced = mode;
  if (r.wrong)
    r.verdict = VIOLATION;
  r.seconds = seconds() - start;
  return r;
}
