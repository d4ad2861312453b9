/* The flag: two words of data, read late by the NIC, then the raise; who sees the epoch sees both words. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "flag.h"
#include "scenario.h"

/* Who says to whom: rank 0 to all, each to each, or each to the next. */
enum { FAN, EACH, RING };

struct flag_rank {
  struct sacred_flag flag;
  uint64_t raised[RANKS], ticket[RANKS];
  tiny says, at, peer, turn, bereft; /* peer: to be told next; turn: to be heard next; bereft: it knows of a death */
  tiny heard[RANKS];
};

static struct rows data;

static bool tells(const struct scenario *s, unsigned from, unsigned to)
{
  if (from == to)
    return false;
  return s->strength == FAN ? from == 0 : s->strength == EACH || to == (from + 1) % s->ranks;
}

/* The first rank from `from` on that is told; s->ranks: there is none. */
static unsigned next_told(const struct scenario *s, unsigned rank, unsigned from)
{
  while (from < s->ranks && !tells(s, rank, from))
    from++;
  return from;
}

static void start(const struct scenario *s)
{
  place_nothing(s->ranks);
  extent.polls = true;
  data = place_rows("data", 2);
  struct rows rows = place_rows("flag", 1);
  for (unsigned i = 0; i < s->ranks; i++) {
    struct flag_rank *r = ARENA_OF(flag_rank, i);
    r->flag = (struct sacred_flag){&wires[i], rows, r->raised};
    r->says = 1;
    r->peer = (tiny)next_told(s, i, 0);
  }
}

static bool is_told(const struct scenario *s, unsigned rank)
{
  for (unsigned i = 0; i < s->ranks; i++)
    if (tells(s, i, rank))
      return true;
  return false;
}

static bool says(const struct scenario *s, unsigned rank)
{
  return next_told(s, rank, 0) < s->ranks;
}

/* -- a rank says an epoch to all whom it tells ------------------------------------------ */

enum { REUSE, FILL, SEND, RAISE };

/* The NIC may read the source until the put is completed, for each of them. */
static void reuse(const struct scenario *s, struct flag_rank *r, unsigned rank)
{
  if (wire_completed(r->flag.w, r->peer) < r->ticket[r->peer])
    return;
  r->peer = (tiny)next_told(s, rank, r->peer + 1U);
  if (r->peer < s->ranks)
    return;
  r->peer = (tiny)next_told(s, rank, 0);
  r->at = FILL;
}

static void fill(struct flag_rank *r)
{
  uint64_t words[2] = {r->says, r->says};
  wire_fill_words(r->flag.w, &data, 0, words, 2);
  r->at = SEND;
}

static void send(struct flag_rank *r)
{
  if (wire_put(r->flag.w, r->peer, &data, 0, 16) != SACRED_OK)
    return;
  r->ticket[r->peer] = wire_posted(r->flag.w, r->peer);
  r->at = RAISE;
}

/* In the world of the proofs. */
static void raised(const struct flag_rank *r, int status)
{
  uint64_t result = (uint64_t)status, peer = r->peer, epoch = r->says;
  theorem("flag_raise_comes_after", (struct given[]){{"result", &result}, {"peer", &peer}, {"epoch", &epoch}, {0}});
}

static void raise(const struct scenario *s, struct flag_rank *r, unsigned rank)
{
  call_begins();
  int status = sacred_flag_raise(&r->flag, r->peer, r->says);
  raised(r, status);
  call_ends();
  if (status != SACRED_OK)
    return;
  if (machine_now()->pair[pair_of(rank, r->peer, 0)].posted != r->ticket[r->peer] + 1)
    fails("flag_raise_comes_after: what was posted between the call and the raise is not the raise alone");
  r->peer = (tiny)next_told(s, rank, r->peer + 1U);
  r->at = SEND;
  if (r->peer < s->ranks)
    return;
  r->peer = (tiny)next_told(s, rank, 0);
  r->says++;
  r->at = REUSE;
}

static void say(const struct scenario *s, struct flag_rank *r, unsigned rank)
{
  switch (r->at) {
  case REUSE:
    reuse(s, r, rank);
    break;
  case FILL:
    fill(r);
    break;
  case SEND:
    send(r);
    break;
  default:
    raise(s, r, rank);
  }
}

/* -- and hears of those who tell it ------------------------------------------------------- */

/* Is there one that it has not heard of as often? From `turn` on, around. */
static unsigned unheard(const struct scenario *s, const struct flag_rank *r, unsigned rank, unsigned epoch)
{
  for (unsigned k = 0; k < s->ranks; k++) {
    unsigned peer = (r->turn + k) % s->ranks;
    if (tells(s, peer, rank) && r->heard[peer] < epoch)
      return peer;
  }
  return s->ranks;
}

static int look(const struct scenario *s, struct flag_rank *r, unsigned peer, uint64_t epoch)
{
  if (!s->waits)
    return sacred_flag_test(&r->flag, peer, epoch);
  int status = sacred_flag_wait(&r->flag, peer, epoch, 1);
  if (status == SACRED_TIMEOUT)
    timed_out();
  return status;
}

static void check_heard(struct flag_rank *r, unsigned rank, unsigned peer)
{
  if (peek(rank, &r->flag.rows, 0, peer) < r->heard[peer])
    fails("flag_publishes: an epoch is seen that is not there");
  for (unsigned k = 0; k < 2; k++)
    if (peek(rank, &data, 8 * k, peer) < r->heard[peer])
      fails("flag_publishes: the epoch is seen, and data posted before it is not placed");
  uint64_t result = SACRED_OK, from = peer, epoch = r->heard[peer];
  theorem("flag_publishes", (struct given[]){{"result", &result}, {"peer", &from}, {"epoch", &epoch}, {0}});
}

static void hear(const struct scenario *s, struct flag_rank *r, unsigned rank)
{
  unsigned peer = unheard(s, r, rank, s->epochs);
  int status = look(s, r, peer, r->heard[peer] + 1U);
  r->bereft = status == SACRED_ERR_DEAD;
  if (s->ranks > 2)
    r->turn = (tiny)((peer + 1) % s->ranks);
  if (status != SACRED_OK)
    return;
  r->heard[peer]++;
  narrate("rank %u: the flag of rank %u is at %u or more", rank, peer, r->heard[peer]);
  check_heard(r, rank, peer);
}

/* A rank that says and hears does so in turns. */
static void act(const struct scenario *s, unsigned rank)
{
  struct flag_rank *r = ARENA_OF(flag_rank, rank);
  bool may_say = says(s, rank) && r->says <= s->epochs;
  if (may_say && unheard(s, r, rank, r->says - 1U) == s->ranks)
    say(s, r, rank);
  else
    hear(s, r, rank);
}

static bool at_end(const struct scenario *s, unsigned rank)
{
  const struct flag_rank *r = ARENA_OF(flag_rank, rank);
  bool said = !says(s, rank) || r->says > s->epochs;
  return r->bereft || (said && (!is_told(s, rank) || unheard(s, r, rank, s->epochs) == s->ranks));
}

/* What is there stays there: a flag that is seen is seen again. */
static const char *check(const struct scenario *s, const struct machine *m)
{
  (void)m;
  for (unsigned i = 0; i < s->ranks; i++)
    for (unsigned j = 0; j < s->ranks; j++) {
      const struct flag_rank *r = ARENA_OF(flag_rank, i);
      if (r->heard[j] > 0 && m->memory[i][(r->flag.rows.at + j * r->flag.rows.stride) / 8] < r->heard[j])
        return "flag_never_goes_back: an epoch was seen, and is not there";
    }
  return 0;
}

#define FLAG .start = start, .act = act, .at_end = at_end, .check = check
const struct scenario flag_scenarios[] = {
    {FLAG, .name = "flag-2", .ranks = 2, .epochs = 2, .mortal = -1, .refusals = true},
    {FLAG, .name = "flag-2-epochs-3", .ranks = 2, .epochs = 3, .mortal = -1},
    {FLAG, .name = "flag-2-both", .ranks = 2, .epochs = 2, .mortal = -1, .strength = EACH},
    {FLAG, .name = "flag-2-dies", .ranks = 2, .epochs = 2, .mortal = 0, .refusals = true},
    {FLAG, .name = "flag-2-waits", .ranks = 2, .epochs = 2, .mortal = -1, .waits = true},
    {FLAG, .name = "flag-3", .ranks = 3, .epochs = 2, .mortal = -1},
    {FLAG, .name = "flag-3-dies", .ranks = 3, .epochs = 1, .mortal = 0},
    {FLAG, .name = "flag-3-ring", .ranks = 3, .epochs = 1, .mortal = -1, .strength = RING},
    {FLAG, .name = "flag-wide-fan", .epochs = 800, .is_wide = true},
    {FLAG, .name = "flag-wide-each", .epochs = 400, .strength = EACH, .is_wide = true},
    {.name = 0},
};
