/* How a wait spends its time, and what it may hear meanwhile: the clock and the death of peers. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../group/control.h"
#include "verbs.h"
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

enum {
  LOOKS_PER_CLOCK = 64,   /* while spinning */
  YIELDS_PER_CLOCK = 16,  /* at most; a power of two */
  YIELDS_HALVED_MAX = 4,  /* then there is one */
  TURN_NS = 1000000,      /* that so many are to take at most */
  CHECKS_PER_CLOCK = 256, /* calls of wire_health that nobody relaxes between */
  LIFE_EVERY_NS = 200000, /* between two looks at the peers' lives */
  POLL_BATCH = 64
};

static inline void pause_cpu(void)
{
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

/*
 * Measured on two processors: a rank that shares its processor must give it up
 * after two looks, and a rank with one of its own must not for a while. It gives
 * it up for some 40 ms before it sleeps: a sleep of 20 us takes 75 us, and others copy a
 * chunk for it in 10. The system may take many yields of one rank for a turn of another.
 */
struct sacred_wait_policy wire_policy_default(uint32_t ranks, uint32_t processors)
{
  struct sacred_wait_policy alone = {2000, 20000, 200, 50000}, shared = {2, 0, 100000, 20000};
  return ranks <= processors ? alone : shared;
}

void wire_peer_lose(struct wire *w, uint32_t i, enum peer_life life)
{
  struct transport *t = w->transport;
  uint32_t before = t->peers[i].life;
  if (before != PEER_LIVES && (before != PEER_UNREACHABLE || life == PEER_UNREACHABLE))
    return;
  t->peers[i].life = life;
  t->lost += before == PEER_LIVES;
  t->unreachable += (life == PEER_UNREACHABLE) - (before == PEER_UNREACHABLE);
}

/* Poll the pidfds of up to POLL_BATCH peers from rank `first` on. */
static void look_batch(struct wire *w, uint32_t first)
{
  struct transport *t = w->transport;
  struct pollfd fds[POLL_BATCH];
  uint32_t who[POLL_BATCH], n = 0;
  for (uint32_t i = first; i < w->size && i < first + POLL_BATCH; i++) {
    if (i == w->rank || t->peers[i].life == PEER_DIED || t->peers[i].life == PEER_LEFT)
      continue;
    if (control_left(t->control, i))
      wire_peer_lose(w, i, PEER_LEFT);
    else if (t->peers[i].pidfd >= 0) {
      who[n] = i;
      fds[n++] = (struct pollfd){.fd = t->peers[i].pidfd, .events = POLLIN};
    } else if (t->peers[i].pid > 0 && kill(t->peers[i].pid, 0) != 0 && errno == ESRCH)
      wire_peer_lose(w, i, PEER_DIED);
  }
  if (n == 0 || poll(fds, n, 0) <= 0)
    return;
  for (uint32_t k = 0; k < n; k++)
    if (fds[k].revents & POLLIN)
      wire_peer_lose(w, who[k], control_left(t->control, who[k]) ? PEER_LEFT : PEER_DIED);
}

void wire_peers_look(struct wire *w)
{
  for (uint32_t first = 0; first < w->size; first += POLL_BATCH)
    look_batch(w, first);
}

/* The same, where the last look is long enough ago; was it? */
static int look_at(struct wire *w, uint64_t now)
{
  struct transport *t = w->transport;
  if (now - t->checked < LIFE_EVERY_NS)
    return 0;
  t->checked = now;
  wire_peers_look(w);
  if (w->kind == WIRE_VERBS)
    verbs_watch(w, now);
  if (t->look)
    t->look(w, now);
  return 1;
}

int wire_health(struct wire *w)
{
  struct transport *t = w->transport;
  if (t->lost == 0 && ++t->checks % CHECKS_PER_CLOCK == 0)
    look_at(w, sacred_now());
  if (t->lost == 0)
    return SACRED_AGAIN;
  /* Who is dead, or has left, is the better answer where others cannot be reached. */
  t->status = t->lost > t->unreachable ? SACRED_ERR_DEAD : SACRED_ERR_UNREACHABLE;
  t->worded = 0;
  return t->status;
}

static void sleep_until(uint64_t now, uint64_t deadline, uint32_t ns)
{
  uint64_t left = deadline - now < ns ? deadline - now : ns;
  struct timespec time = {0, (long)left}; /* of WIRE_SLEEP_MAX at most */
  nanosleep(&time, NULL);
}

/* It may have come meanwhile: a relaxed load, as who is told so looks again, and acquires. */
static int is_in_vain(const struct awaited *word)
{
  return word->at && shared_load(word->at) < word->want;
}

/* From one look at the clock to the next: a power of two. */
static uint64_t yields_per_clock(const struct transport *t)
{
  return YIELDS_PER_CLOCK >> t->halved;
}

/*
 * Is the clock to be looked at behind this yield of a wait? Behind so many as take a while, by which the deadline may be
 * missed; most waits are over before.
 */
static int is_turn_of_clock(const struct transport *t, uint64_t yield)
{
  return ((yield + 1) & (yields_per_clock(t) - 1)) == 0; /* a division would be the dearest step of a look */
}

/* It is `now`, behind that yield: from one turn to the next neither too much time nor too little. */
static void choose_turns(struct transport *t, uint64_t yield, uint64_t now)
{
  uint64_t took = now - t->clock;
  int next = yield - t->yield == yields_per_clock(t); /* of the same wait */
  t->clock = now;
  t->yield = yield;
  if (next && took > TURN_NS && t->halved < YIELDS_HALVED_MAX)
    t->halved++;
  else if (next && took < TURN_NS / 4 && t->halved > 0)
    t->halved--;
}

/*
 * A look at the one word that the caller has looked at in vain is much quicker than a look of
 * the caller's. So the caller is not called again before it is there, or there may be something else to do. But where ranks
 * of one memory share processors it is called behind each yield: there, as measured, who looks sooner only gives the
 * processor up once more.
 */
int wire_relax(struct wire *w, struct wire_wait *wait)
{
  struct transport *t = w->transport;
  const struct sacred_wait_policy *p = &t->policy;
  uint64_t spins = p->spins, pauses = spins + p->pauses, yields = pauses + p->yields;
  struct awaited word = t->awaited;
  int far = w->kind == WIRE_VERBS, yielding, other = 0;
  t->awaited.at = NULL; /* the caller says again what it waits for */
  do {
    uint64_t look = wait->looks++;
    yielding = look >= pauses && (look < yields || p->sleep_ns == 0);
    if (look < pauses && look >= spins)
      pause_cpu();
    if (look < pauses && look % LOOKS_PER_CLOCK != LOOKS_PER_CLOCK - 1)
      continue;
    if (yielding)
      sched_yield();
    if (yielding && far && !is_turn_of_clock(t, look - pauses))
      continue;
    uint64_t now = sacred_now();
    if (yielding && far)
      choose_turns(t, look - pauses, now);
    other = look_at(w, now);
    if (wait->deadline != SACRED_FOREVER && now >= wait->deadline)
      return 1;
    if (look >= pauses && !yielding)
      sleep_until(now, wait->deadline, p->sleep_ns);
  } while (!other && (far || !yielding) && is_in_vain(&word));
  return 0;
}

int wire_refuse(const struct wire *w, int status, enum wire_refusal what, uint64_t value, uint64_t limit)
{
  struct transport *t = w->transport;
  t->status = status;
  t->what = what;
  t->value = value;
  t->limit = limit;
  t->worded = 0;
  return status;
}
