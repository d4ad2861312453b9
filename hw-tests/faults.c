/* Cables pulled, ranks stopped and killed: every survivor returns in time, and names the right ranks. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "ranks.h"
#include <sys/wait.h>

/* Rank r is on node r + 1: LINK is the command that does something to the link of a node. */
static void link_of(struct rank *me, const char *what, uint32_t rank)
{
  char command[512];
  const char *tool = getenv("LINK");
  snprintf(command, sizeof command, "%s %s %u", tool ? tool : "false", what, rank + 1);
  int status = system(command);
  if (status != 0)
    rank_fail(me, __FILE__, __LINE__, "`%s` ended with status %d", command, WEXITSTATUS(status));
}

static uint64_t in_seconds(unsigned s)
{
  return sacred_in(s * UINT64_C(1000000000));
}

/* These ranks are known to be gone, and no others, by now or a little later. */
static void gone(struct rank *me, uint32_t n, const uint32_t *want)
{
  uint32_t ranks[RANKS_MAX], got = 0;
  for (uint64_t until = in_seconds(8); got < n && sacred_now() < until; rank_sleep(1))
    OK(sacred_group_dead(me->group, ranks, RANKS_MAX, &got));
  EQUAL(got, n);
  for (uint32_t k = 0; k < n; k++)
    EQUAL(ranks[k], want[k]);
}

/* Barriers go on until `fault` happens to rank 1, and then end: rank 1 misses the others, the others miss rank 1. */
static void rank_one_is_cut_off(struct rank *me, const char *fault, const char *repair)
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  int status = SACRED_OK;
  for (int k = 0; k < 10; k++)
    OK(sacred_barrier_wait(b, soon()));
  meet(me, 0, 3);
  if (me->rank == 0)
    link_of(me, fault, 1);
  meet(me, 1, 3);
  uint64_t begin = sacred_now();

  /* an epoch that was under way may still come to its end, no other one */
  for (int k = 0; k < 3 && status == SACRED_OK; k++) {
    NOTE("waits for a rank that is cut off, %d", k);
    status = sacred_barrier_wait(b, in_seconds(20));
  }
  GIVES(status, SACRED_ERR_UNREACHABLE);
  double took = (double)(sacred_now() - begin) / 1e9;
  NOTE("has its error");
  if (me->rank == 1)
    gone(me, 2, (const uint32_t[]){0, 2});
  else
    gone(me, 1, (const uint32_t[]){1});
  GIVES(sacred_barrier_wait(b, SACRED_FOREVER), SACRED_ERR_UNREACHABLE);
  says(me, me->rank == 1 ? "ranks 0, 2 cannot be reached" : "rank 1 cannot be reached");

  if (me->rank != 1)
    printf("    rank %u was told after %.2f s\n", me->rank, took);
  meet(me, 2, 3);
  if (me->rank == 0)
    link_of(me, repair, 1);
  meet(me, 3, 3);
}

TEST(a_pulled_cable_is_told_to_all_and_names_its_rank, .n = 3, .cut = true)
{
  rank_one_is_cut_off(me, "pull", "plug");
}

TEST(a_network_device_that_goes_down_is_told_to_all, .n = 3, .cut = true)
{
  rank_one_is_cut_off(me, "down", "up");
}

TEST(total_loss_is_told_to_all, .n = 3, .cut = true)
{
  rank_one_is_cut_off(me, "lose", "good");
}

/* The link is away for a while, and comes back before the last repetition: nothing is lost, and nobody hears of it. */
TEST(a_link_that_flaps_loses_nothing, .n = 2)
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  sacred_region *r = new_region(me, 64);
  _Atomic uint64_t *word = sacred_region_base(r);

  for (uint64_t k = 1; k <= 60; k++) {
    NOTE("is in epoch %llu", (unsigned long long)k);
    if (me->rank == 0 && k % 20 == 10)
      link_of(me, "pull", 1);
    if (me->rank == 0 && k % 20 == 10) {
      POST(sacred_region_put_word(r, 1, 0, k)); /* into the void */
      rank_sleep(100);
      link_of(me, "plug", 1);
    } else
      POST(sacred_region_put_word(r, 1 - me->rank, 0, k));
    OK(sacred_barrier_wait(b, soon()));
    CHECK(*word >= k);
  }
}

TEST(a_stopped_rank_is_late_and_its_wire_still_answers, .n = 3)
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  uint32_t missing[3], dead[3], n = 0;

  OK(sacred_barrier_wait(b, soon()));
  if (me->rank == 1) {
    atomic_store(&me->word[0], 1);
    raise(SIGSTOP);
  } else {
    await_word(me, 0, 1);
    GIVES(sacred_barrier_wait(b, in_seconds(3)),
          SACRED_TIMEOUT); /* longer than a peer that is gone takes to be found */
    for (uint64_t until = soon(); n != 1 && sacred_now() < until;) {
      n = sacred_barrier_missing(b, missing);
      if (n != 1)
        GIVES(sacred_barrier_wait(b, sacred_in(10000000)), SACRED_TIMEOUT);
    }
    EQUAL(missing[0], 1);
    OK(sacred_group_dead(me->group, dead, 3, &n));
    EQUAL(n, 0);
    atomic_fetch_add(&me->word[1], 1);
    if (me->rank == 0) {
      await_word(me, 1, 2);
      CHECK(kill(rank_pid(me, 1), SIGCONT) == 0);
    }
  }

  OK(sacred_barrier_wait(b, soon()));
  OK(sacred_barrier_wait(b, soon()));
}

/* With SACRED_TEST_HOSTS nobody watches processes, nor shares memory: as on another host, the wire alone tells. */
TEST(a_killed_rank_of_another_host_is_found_by_the_wire, .n = 3, .killed = 1 << 1, .variants = 3)
{
  sacred_barrier *b = new_barrier(me, (enum sacred_strength)me->variant);

  OK(sacred_barrier_wait(b, soon()));
  meet(me, 0, 3);
  if (me->rank == 1)
    rank_die(me);
  uint64_t begin = sacred_now();
  NOTE("waits for a dead rank of another host");
  GIVES(sacred_barrier_wait(b, SACRED_FOREVER), SACRED_ERR_UNREACHABLE);
  double took = (double)(sacred_now() - begin) / 1e9;

  gone(me, 1, (const uint32_t[]){1});
  says(me, "rank 1 cannot be reached");
  if (me->variant == 0)
    printf("    rank %u was told after %.2f s\n", me->rank, took);
  meet(me, 1, 2);
}

/* -- among many ranks: with SACRED_CONNECT_ALL=1 and barriers by dissemination each has queue pairs to some only -- */

/* Barriers of each strength, of all and of every other rank. */
static void cross_barriers(struct rank *me)
{
  uint32_t some[RANKS_MAX], n = 0;
  sacred_group *half = NULL;
  sacred_barrier *of_half = NULL;
  for (int strength = SACRED_ARRIVE; strength <= SACRED_FULL; strength++) {
    sacred_barrier *b = new_barrier(me, (enum sacred_strength)strength);
    NOTE("is in barriers of strength %d", strength);
    for (int k = 0; k < 10; k++)
      OK(sacred_barrier_wait(b, soon()));
  }
  for (uint32_t i = me->rank % 2; i < me->size; i += 2)
    some[n++] = i;
  NOTE("splits");
  OK(sacred_group_split(me->group, some, n, &half, soon()));
  OK(sacred_barrier_create(half, SACRED_FULL, &of_half, soon()));
  for (int k = 0; k < 10; k++)
    OK(sacred_barrier_wait(of_half, soon()));
  OK(sacred_group_close(half, soon()));
}

/* The living go on without rank 1, and connect what a flag and a broadcast need. */
static void go_on_without_one(struct rank *me)
{
  uint32_t living[RANKS_MAX], n = 0;
  struct rank new = *me;
  unsigned char text[1000];
  for (uint32_t i = 0; i < me->size; i++)
    if (i != 1)
      living[n++] = i;
  NOTE("splits off the living");
  OK(sacred_group_split(me->group, living, n, &new.group, soon()));
  new.rank = sacred_rank(new.group);
  new.size = n;
  sacred_flag *f = new_flag(&new);
  sacred_broadcast *c = NULL;
  OK(sacred_broadcast_create(new.group, &c, soon()));
  for (uint64_t k = 1; k <= 10; k++) {
    uint32_t root = (uint32_t)k % n;
    memset(text, new.rank == root ? (int)k : 0, sizeof text);
    OK(sacred_broadcast_run(c, root, text, sizeof text, soon()));
    EQUAL(text[0], k);
    EQUAL(text[sizeof text - 1], k);
    POST(sacred_flag_raise(f, (new.rank + 3) % n, k));
    OK(sacred_flag_wait(f, (new.rank + n - 3) % n, k, soon()));
  }
  NOTE("closes the group of the living");
  OK(sacred_group_close(new.group, soon()));
}

/* Wait until the barrier ends with an error, and see that exactly rank 1 is gone. */
static void misses_rank_one(struct rank *me, sacred_barrier *b, uint64_t begin)
{
  int status = SACRED_OK;
  for (int k = 0; k < 3 && status == SACRED_OK; k++)
    status = sacred_barrier_wait(b, in_seconds(30));
  CHECK(status == SACRED_ERR_UNREACHABLE || is_dead(status));
  gone(me, 1, (const uint32_t[]){1});
  printf("    rank %u was told after %.2f s\n", me->rank, (double)(sacred_now() - begin) / 1e9);
}

TEST(among_many_a_killed_rank_is_named_by_all_and_they_go_on, .n = 8, .killed = 1 << 1, .seconds = 200)
{
  cross_barriers(me);
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  OK(sacred_barrier_wait(b, soon()));
  meet(me, 0, 8);
  uint64_t begin = sacred_now();
  if (me->rank == 1)
    rank_die(me);

  misses_rank_one(me, b, begin);
  go_on_without_one(me);
}

TEST(among_many_a_pulled_cable_is_told_to_all_and_names_its_rank, .n = 8, .cut = true, .seconds = 200)
{
  cross_barriers(me);
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  OK(sacred_barrier_wait(b, soon()));
  meet(me, 0, 8);
  if (me->rank == 0)
    link_of(me, "pull", 1);
  meet(me, 1, 8);
  uint64_t begin = sacred_now();

  if (me->rank == 1) {
    int status = SACRED_OK;
    for (int k = 0; k < 3 && status == SACRED_OK; k++)
      status = sacred_barrier_wait(b, in_seconds(30));
    GIVES(status, SACRED_ERR_UNREACHABLE); /* it misses others: those that it is connected to at least */
  } else {
    misses_rank_one(me, b, begin);
    go_on_without_one(me);
  }
  meet(me, 2, 8);
  if (me->rank == 0)
    link_of(me, "plug", 1);
  meet(me, 3, 8);
}

RUN(cmocka_unit_test(a_pulled_cable_is_told_to_all_and_names_its_rank),
    cmocka_unit_test(among_many_a_killed_rank_is_named_by_all_and_they_go_on),
    cmocka_unit_test(among_many_a_pulled_cable_is_told_to_all_and_names_its_rank),
    cmocka_unit_test(a_network_device_that_goes_down_is_told_to_all), cmocka_unit_test(total_loss_is_told_to_all),
    cmocka_unit_test(a_link_that_flaps_loses_nothing),
    cmocka_unit_test(a_stopped_rank_is_late_and_its_wire_still_answers),
    cmocka_unit_test(a_killed_rank_of_another_host_is_found_by_the_wire))
