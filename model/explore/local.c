/* The barrier of hosts: even ranks are of one host and odd ones of another, and what is posted goes from host to host. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What it is made of is here as plain as primitives/inner.h permits: words of the same
 * machine, over queue pairs of their own, so that no order with the data is had for nothing.
 */
#include "cpu.h"
#include "hosts.h"
#include "local.h"

struct local_rank {
  struct local local;
  struct fence_peer to[RANKS];
  tiny entered, left, next, at; /* next: the peer to post data to */
  tiny bereft, there, told;     /* told: of a part, all before it; there: who was known */
};

static struct rows data, words;
static uint32_t first[RANKS];
enum { HERE = 0, ACROSS = 8, LET = 16, WORDS_OF_A_ROW = 3, SECOND = LANES - 1 };

/* -- what it is made of ------------------------------------------------------------------ */

static struct local_rank *owner(const struct inner *n)
{
  return (struct local_rank *)(void *)((unsigned char *)(uintptr_t)n - offsetof(struct local_rank, local.inner));
}

static tiny of_host(uint32_t rank)
{
  tiny bits = 0;
  for (uint32_t i = 0; i < extent.ranks; i++)
    bits |= (tiny)((first[i] == first[rank]) << i);
  return bits;
}

static tiny firsts(void)
{
  tiny bits = 0;
  for (uint32_t i = 0; i < extent.ranks; i++)
    bits |= (tiny)((first[i] == i) << i);
  return bits;
}

static int signal(const struct local_rank *r, uint32_t i, uint64_t off, uint64_t v)
{
  return door_signal(i, SECOND, words.at + r->local.w->rank * words.stride + off, v);
}

/* Tell all of these, then hear of all of them. */
static int pass(struct local_rank *r, tiny members, uint64_t off, uint64_t v)
{
  const struct wire *w = r->local.w;
  members &= (tiny) ~(1U << w->rank);
  for (; r->told < w->size; r->told++)
    if (members >> r->told & 1 && signal(r, r->told, off, v) != SACRED_OK)
      return SACRED_AGAIN;
  for (uint32_t i = 0; i < w->size; i++)
    if (members >> i & 1 && !wire_reached(w, &words, off, i, v))
      return SACRED_AGAIN;
  r->told = 0;
  return SACRED_OK;
}

int inner_meet(struct inner *n)
{
  struct local_rank *r = owner(n);
  if (n->met + 1 > r->local.epoch)
    fails("door: a rank comes to a meeting of an epoch that it has not entered");
  n->meeting = 1;
  if (pass(r, of_host(r->local.w->rank), HERE, n->met + 1) != SACRED_OK)
    return SACRED_AGAIN;
  n->meeting = 0;
  n->met++;
  return SACRED_OK;
}

int inner_cross(struct inner *n)
{
  struct local_rank *r = owner(n);
  if (first[r->local.w->rank] != r->local.w->rank || n->crossed + 1 > n->met)
    fails("door: a rank crosses that is not the first of its host, or whose host has not met");
  n->crossing = 1;
  if (pass(r, firsts(), ACROSS, n->crossed + 1) != SACRED_OK)
    return SACRED_AGAIN;
  n->crossing = 0;
  n->crossed++;
  return SACRED_OK;
}

int inner_let_go(struct inner *n, uint64_t v)
{
  const struct local_rank *r = owner(n);
  uint32_t i = 0, k = 0;
  if (v > n->crossed)
    fails("door: a host is let go in an epoch that has not been crossed");
  while (k < n->next || first[i] != first[r->local.w->rank])
    k += first[i++] == first[r->local.w->rank];
  if (signal(r, i, LET, v) != SACRED_OK)
    return SACRED_AGAIN;
  n->next++;
  return SACRED_OK;
}

int inner_let(const struct inner *n, uint64_t v)
{
  const struct wire *w = owner(n)->local.w;
  return wire_reached(w, &words, LET, first[w->rank], v) ? SACRED_OK : SACRED_AGAIN;
}

int inner_lacks(const struct inner *n, uint32_t j)
{
  return !n->meeting || wire_load(owner(n)->local.w, &words, HERE, j) < n->met + 1;
}

int inner_lacks_host(const struct inner *n, uint32_t j)
{
  return !n->crossing || wire_load(owner(n)->local.w, &words, ACROSS, j) < n->crossed + 1;
}

/* -- what is to hold ---------------------------------------------------------------------- */

/* Who is not the first of its host has a word for each rank of the other one: no signal of its own goes there. */
static bool has_data(const struct scenario *s, unsigned from, unsigned to)
{
  return s->strength != SACRED_ARRIVE && first[from] != from && first[to] != first[from];
}

static void leaves(const struct scenario *s, unsigned epoch)
{
  for (unsigned from = 0; from < s->ranks; from++)
    for (unsigned to = 0; to < s->ranks; to++)
      if (has_data(s, from, to) && peek(to, &data, 0, from) < epoch)
        fails("local_full: a rank leaves, and what was posted before is not placed");
}

static const char *check(const struct scenario *s, const struct machine *m)
{
  (void)m;
  for (unsigned i = 0; i < s->ranks; i++)
    for (unsigned j = 0; j < s->ranks; j++) {
      const struct local_rank *r = ARENA_OF(local_rank, i), *q = ARENA_OF(local_rank, j);
      if (r->left > q->entered)
        return "local_nobody_early: a rank has left an epoch that not all have entered";
      if (r->entered + 1U < q->entered)
        return "local_one_ahead: a rank is two epochs ahead of another";
    }
  return 0;
}

/* Whom a rank knows to have entered. */
static tiny known(const struct scenario *s, const struct local_rank *r, unsigned rank)
{
  tiny bits = r->local.phase == LOCAL_LEAD ? (tiny)((1U << s->ranks) - 1) : 0;
  if (r->local.phase == LOCAL_CROSS || r->local.phase == LOCAL_FOLLOW)
    bits = of_host(rank);
  for (unsigned i = 0; i < s->ranks; i++) {
    if (r->local.phase == LOCAL_MEET && r->local.inner.meeting && of_host(rank) >> i & 1 &&
        peek(rank, &words, HERE, i) >= r->entered)
      bits |= (tiny)(1U << i);
    if (r->local.phase == LOCAL_CROSS && r->local.inner.crossing && first[i] == i &&
        peek(rank, &words, ACROSS, i) >= r->entered)
      bits |= of_host(i);
  }
  return (tiny)(bits & ~(1U << rank));
}

/* -- what a rank does ---------------------------------------------------------------------- */

static void start(const struct scenario *s)
{
  place_nothing(s->ranks);
  extent.polls = s->strength != SACRED_ARRIVE;
  data = place_rows("data", 1);
  words = place_rows("inner", WORDS_OF_A_ROW);
  if (hosts_first((const uint64_t[]){0, 1, 0, 1}, s->ranks, first) != 2)
    give_up("even and odd ranks of three or four are of two hosts");
  for (unsigned i = 0; i < s->ranks; i++) {
    struct local_rank *r = ARENA_OF(local_rank, i);
    uint32_t size = 0;
    for (unsigned k = 0; k < s->ranks; k++)
      size += of_host(i) >> k & 1;
    r->local =
        (struct local){.w = &wires[i], .strength = s->strength, .first = first, .inner = {.size = size, .next = size}};
    r->local.fence = (struct sacred_fence){.w = &wires[i], .to = r->to};
  }
}

enum { DATA, ARRIVE, TEST, ASK };

static void post_data(const struct scenario *s, struct local_rank *r, unsigned rank)
{
  while (r->next < s->ranks && !has_data(s, rank, r->next))
    r->next++;
  if (r->next < s->ranks)
    r->next += wire_write_word(r->local.w, r->next, data.at + rank * data.stride, r->entered + 1U) == SACRED_OK;
  else {
    r->at = ARRIVE;
    r->next = 0;
  }
}

static void arrive(const struct scenario *s, struct local_rank *r, unsigned rank)
{
  if (!s->waits)
    local_arrive(&r->local);
  r->entered++;
  r->at = TEST;
  narrate("rank %u: enters epoch %u", rank, r->entered);
}

static int await(const struct scenario *s, struct local_rank *r)
{
  int status = s->waits ? local_wait(&r->local, 1) : local_test(&r->local);
  if (status == SACRED_TIMEOUT)
    timed_out();
  return status;
}

static void test(const struct scenario *s, struct local_rank *r, unsigned rank)
{
  int status = await(s, r);
  r->bereft = status == SACRED_ERR_DEAD;
  if (r->local.epoch != r->entered || (status == SACRED_OK) != (r->local.phase == LOCAL_IDLE))
    fails("local_resumes: a call that is not over is not that of the same epoch, or one that is over is not idle");
  if (status == SACRED_OK) {
    r->left = r->entered;
    narrate("rank %u: leaves epoch %u", rank, r->left);
    leaves(s, r->left);
    r->at = DATA;
  } else if (s->asks && !r->bereft) {
    r->there = known(s, r, rank);
    r->at = ASK;
  }
}

static void ask(const struct scenario *s, struct local_rank *r, unsigned rank)
{
  uint32_t ranks[RANKS];
  uint32_t n = local_missing(&r->local, ranks);
  check_missing(ranks_of(ranks, n), r->there, known(s, r, rank), rank);
  r->there = 0;
  r->at = TEST;
}

static void act(const struct scenario *s, unsigned rank)
{
  struct local_rank *r = ARENA_OF(local_rank, rank);
  switch (r->at) {
  case DATA:
    post_data(s, r, rank);
    break;
  case ARRIVE:
    arrive(s, r, rank);
    break;
  case ASK:
    ask(s, r, rank);
    break;
  default:
    test(s, r, rank);
  }
}

static bool at_end(const struct scenario *s, unsigned rank)
{
  const struct local_rank *r = ARENA_OF(local_rank, rank);
  return r->left == s->epochs || r->bereft;
}

#define LOCAL .start = start, .act = act, .at_end = at_end, .check = check
#define THREE LOCAL, .ranks = 3
const struct scenario local_scenarios[] = {
    {THREE, .name = "local-3-arrive", .epochs = 2, .mortal = -1, .strength = SACRED_ARRIVE},
    {THREE, .name = "local-3-arrive-refusals", .epochs = 1, .mortal = -1, .refusals = true, .strength = SACRED_ARRIVE},
    {THREE, .name = "local-3-arrive-waits", .epochs = 1, .mortal = -1, .strength = SACRED_ARRIVE, .waits = true},
    {THREE, .name = "local-3-arrive-asks", .epochs = 1, .mortal = -1, .refusals = true, .strength = SACRED_ARRIVE,
     .asks = true},
    {THREE, .name = "local-3-first-dies", .epochs = 2, .mortal = 0, .strength = SACRED_ARRIVE},
    {THREE, .name = "local-3-follower-dies", .epochs = 2, .mortal = 2, .strength = SACRED_ARRIVE},
    {THREE, .name = "local-3-inbound", .epochs = 1, .mortal = -1, .strength = SACRED_INBOUND},
    {THREE, .name = "local-3-inbound-asks", .epochs = 1, .mortal = -1, .strength = SACRED_INBOUND, .asks = true},
    {THREE, .name = "local-3-full-epochs-2", .epochs = 2, .mortal = -1, .strength = SACRED_FULL},
    {LOCAL, .ranks = 4, .name = "local-4-arrive", .epochs = 1, .mortal = -1, .strength = SACRED_ARRIVE},
    {LOCAL, .ranks = 4, .name = "local-4-inbound", .epochs = 1, .mortal = -1, .strength = SACRED_INBOUND,
     .is_huge = true},
    {.name = 0},
};
