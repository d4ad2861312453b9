/* One rank of a job on several hosts, started there by whatever starts ranks: it works, or loses some of the others. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage: smoke work             every primitive, with data that is checked
 *        smoke die RANK...      these kill themselves: the others are told, and go on without them
 *        smoke cut RANK...      the same, but somebody else pulls their cable, or ends their machine
 * The status is 0 where all was as it should be.
 */
#include "primitives.h"
#include <sys/utsname.h>

enum { SECOND = 1000000000, TOLD_WITHIN = 30 };

static uint64_t in_seconds(unsigned s)
{
  return sacred_in(s * (uint64_t)SECOND);
}

static int is_among(uint32_t rank, const uint32_t *ranks, uint32_t n)
{
  for (uint32_t k = 0; k < n; k++)
    if (ranks[k] == rank)
      return 1;
  return 0;
}

/* Barriers of a group of those ranks of this one that `of` lists, while the whole group goes on. */
static void split(struct rank *me, const uint32_t *of, uint32_t n)
{
  sacred_group *g = NULL;
  sacred_barrier *b = NULL;
  int status = sacred_group_split(me->group, of, n, &g, soon());
  if (status != SACRED_OK)
    rank_fail(me, __FILE__, __LINE__, "a split gave %d: %s", status, sacred_open_error());
  EQUAL(sacred_size(g), n);
  OK(sacred_barrier_create(g, SACRED_FULL, &b, soon()));
  for (int k = 0; k < 20; k++)
    OK(sacred_barrier_wait(b, soon()));
  OK(sacred_group_close(g, soon()));
}

static void work(struct rank *me)
{
  uint32_t all[RANKS_MAX], some[RANKS_MAX], n = 0;
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  for (uint32_t i = 0; i < me->size; i++) {
    all[i] = me->size - 1 - i;
    if (i % 2 == me->rank % 2)
      some[n++] = i;
  }
  all_primitives(me, 3);
  broadcast(me, (1 << 20) + 1);
  for (int k = 0; k < 3; k++) { /* of both halves at once, of all, backwards */
    split(me, some, n);
    split(me, all, me->size);
  }
  uint64_t begin = sacred_now(), epochs = 200;
  for (uint64_t k = 0; k < epochs; k++)
    OK(sacred_barrier_wait(b, soon()));
  if (me->rank == 0)
    printf("rank 0 of %u: %.0f us for a barrier\n", me->size, (double)(sacred_now() - begin) / 1e3 / (double)epochs);
  OK(sacred_group_close(me->group, soon()));
  printf("rank %u of %u: every primitive works\n", me->rank, me->size);
}

/* Exactly these ranks are known to be gone, by now or a little later. */
static void gone(struct rank *me, const uint32_t *lost, uint32_t n)
{
  uint32_t ranks[RANKS_MAX], got = 0;
  for (uint64_t until = in_seconds(TOLD_WITHIN); got < n && sacred_now() < until; rank_sleep(5))
    OK(sacred_group_dead(me->group, ranks, RANKS_MAX, &got));
  EQUAL(got, n);
  for (uint32_t k = 0; k < n; k++)
    EQUAL(ranks[k], lost[k]);
}

static void lose(struct rank *me, int by_itself, const uint32_t *lost, uint32_t n)
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  uint32_t living[RANKS_MAX], left = 0;
  int status = SACRED_OK, mine = is_among(me->rank, lost, n);
  for (uint32_t i = 0; i < me->size; i++)
    if (!is_among(i, lost, n))
      living[left++] = i;
  for (int k = 0; k < 20; k++)
    OK(sacred_barrier_wait(b, soon()));
  printf("rank %u of %u: is in barriers\n", me->rank, me->size);
  fflush(stdout);
  if (mine && by_itself) {
    OK(sacred_barrier_wait(b,
                           soon())); /* so that nobody is in one of the twenty, which may fail where a rank is lost */
    raise(SIGKILL);
  }
  uint64_t begin = sacred_now(), last = begin;
  while (status == SACRED_OK && sacred_now() - begin < 60 * (uint64_t)SECOND) {
    last = sacred_now();
    status = sacred_barrier_wait(b, in_seconds(TOLD_WITHIN));
    rank_sleep(1);
  }
  double took = (double)(sacred_now() - last) / SECOND;
  if (!is_dead(status) && status != SACRED_ERR_UNREACHABLE)
    rank_fail(me, __FILE__, __LINE__, "the barrier gave %d (%s)", status, sacred_strerror(status));
  if (mine) {
    printf("rank %u of %u: is cut off: %s\n", me->rank, me->size, sacred_group_error(me->group));
    sacred_group_close(me->group, in_seconds(1));
    return;
  }
  printf("rank %u of %u: told after %.2f s: %s\n", me->rank, me->size, took, sacred_group_error(me->group));
  gone(me, lost, n);
  if (left > 1)
    split(me, living, left);
  sacred_group_close(me->group, soon());
  printf("rank %u of %u: knows who is gone, and the living go on\n", me->rank, me->size);
}

int main(int argc, char **argv)
{
  struct rank me = {.test = "smoke"};
  struct utsname host;
  uint32_t lost[RANKS_MAX], n = 0;
  const char *what = argc > 1 ? argv[1] : "";
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int k = 2; k < argc && n < RANKS_MAX; k++)
    lost[n++] = (uint32_t)strtoul(argv[k], NULL, 10);
  if ((strcmp(what, "work") != 0) == (n == 0)) {
    fprintf(stderr, "usage: smoke work | smoke die RANK... | smoke cut RANK...\n");
    return 2;
  }
  ranks_begin();
  int status = sacred_group_open(&me.group, in_seconds(60));
  if (status != SACRED_OK) {
    printf("not opened: %s: %s\n", sacred_strerror(status), sacred_open_error());
    return 1;
  }
  me.rank = sacred_rank(me.group);
  me.size = sacred_size(me.group);
  printf("rank %u of %u: process %d on host %s\n", me.rank, me.size, (int)getpid(),
         uname(&host) == 0 ? host.nodename : "?");
  if (me.size > RANKS_MAX) {
    printf("give at most %d ranks\n", RANKS_MAX);
    return 2;
  }
  if (strcmp(what, "work") == 0)
    work(&me);
  else
    lose(&me, strcmp(what, "die") == 0, lost, n);
  return 0;
}
