/* The barrier of hosts, in its making and of its missing ranks; the tests of all barriers are run with it besides. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "ranks.h"

/* Of how many hosts the ranks count as: rank r is of host r % hosts(). On one host a local barrier is an ordinary one. */
static uint32_t hosts(void)
{
  const char *value = getenv("SACRED_TEST_HOSTS");
  return value && *value ? (uint32_t)strtoul(value, NULL, 10) : 1;
}

static void ask_for_local(void)
{
  setenv("SACRED_BARRIER", "local", 1);
}

/* So many epochs: nobody leaves one that not all have entered. */
static void cross(struct rank *me, sacred_barrier *b, unsigned k, uint64_t epochs)
{
  for (uint64_t e = 1; e <= epochs; e++) {
    atomic_store(&me->word[k + me->rank], e);
    OK(sacred_barrier_wait(b, soon()));
    for (uint32_t j = 0; j < me->size; j++)
      CHECK(me->word[k + j] == e || me->word[k + j] == e + 1);
  }
}

TEST(barriers_of_hosts_share_what_they_are_made_of, .from = 2, .n = 7)
{
  uint32_t all[RANKS_MAX];
  sacred_group *sub = NULL;
  sacred_barrier *b[3];
  ask_for_local();

  for (uint32_t j = 0; j < me->size; j++)
    all[j] = me->size - 1 - j;
  OK(sacred_group_split(me->group, all, me->size, &sub, soon()));
  for (int k = 0; k < 3; k++)
    OK(sacred_barrier_create(sub, (enum sacred_strength)k, &b[k], soon()));
  for (unsigned k = 0; k < 3; k++)
    cross(me, b[k], 64 * k, times(50));
  for (int k = 0; k < 3; k++) /* all of them at once */
    OK(sacred_barrier_arrive(b[k]));
  for (int k = 2; k >= 0; k--)
    OK(sacred_barrier_wait(b[k], soon()));

  OK(sacred_group_close(sub, soon()));
  for (int k = 0; k < 3; k++) {
    GIVES(sacred_barrier_wait(b[k], soon()), SACRED_ERR_CLOSED);
    GIVES(sacred_barrier_arrive(b[k]), SACRED_ERR_CLOSED);
  }
}

TEST(barriers_of_hosts_and_others_are_mixed, .n = 5)
{
  ask_for_local();
  sacred_barrier *first = new_barrier(me, SACRED_INBOUND);
  setenv("SACRED_BARRIER", "dissemination:2", 1);
  sacred_barrier *second = new_barrier(me, SACRED_FULL);
  setenv("SACRED_BARRIER", "local:2", 1);
  sacred_barrier *third = new_barrier(me, SACRED_ARRIVE);

  cross(me, first, 0, 20);
  cross(me, second, 64, 20);
  cross(me, third, 128, 20);
}

TEST(a_making_of_hosts_goes_on_after_timeouts_at_random, .n = 5, .variants = 4)
{
  sacred_barrier *b = NULL;
  sacred_flag *f = NULL;
  int status = SACRED_TIMEOUT;
  ask_for_local();

  rank_delay(me, 20000);
  for (uint64_t until = soon(); status == SACRED_TIMEOUT; CHECK(sacred_now() < until)) {
    status = sacred_barrier_create(me->group, SACRED_FULL, &b, sacred_in(rank_random(me) % 400000));
    CHECK((b != NULL) == (status == SACRED_OK));
    if (status != SACRED_TIMEOUT)
      continue;
    GIVES(sacred_flag_create(me->group, &f, shortly()), SACRED_ERR_STATE);
    says(me, "repeat that one first");
    GIVES(sacred_barrier_create(me->group, SACRED_ARRIVE, &b, shortly()), SACRED_ERR_STATE);
    says(me, "repeat that");
  }
  GIVES(status, SACRED_OK);

  cross(me, b, 0, 20);
  OK(sacred_flag_create(me->group, &f, soon()));
}

TEST(a_rank_that_makes_another_barrier_is_told_before_anything_is_made, .n = 4)
{
  sacred_barrier *b = NULL;
  setenv("SACRED_BARRIER", me->rank == 1 ? "local:3" : "all-to-all", 1);

  if (hosts() == 1) { /* it is the host's own, all to all as well */
    OK(sacred_barrier_create(me->group, SACRED_FULL, &b, soon()));
  } else {
    GIVES(sacred_barrier_create(me->group, SACRED_FULL, &b, soon()), SACRED_ERR_MISMATCH);
    CHECK(b == NULL);
    says(me, hosts() < me->size ? "rank 1 takes local:3, rank 0 all-to-all"
                                : "rank 1 takes dissemination:3, rank 0 all-to-all");
  }

  ask_for_local();
  OK(sacred_barrier_create(me->group, SACRED_FULL, &b, soon()));
  cross(me, b, 0, 5);
}

TEST(a_bad_strength_is_refused_as_ever, .n = 3)
{
  sacred_barrier *b = NULL;
  ask_for_local();

  GIVES(sacred_barrier_create(me->group, (enum sacred_strength)3, &b, soon()), SACRED_ERR_ARGUMENT);
  says(me, "strength 3");
  OK(sacred_barrier_create(me->group, SACRED_FULL, &b, soon()));
  cross(me, b, 0, 5);
}

TEST(a_split_group_has_barriers_of_its_own_hosts, .n = 6)
{
  const uint32_t some[] = {5, 4, 3, 1, 0};
  sacred_group *sub = NULL;
  sacred_barrier *b = NULL;
  ask_for_local();

  sacred_barrier *all = new_barrier(me, SACRED_INBOUND);
  if (me->rank != 2) {
    OK(sacred_group_split(me->group, some, 5, &sub, soon()));
    OK(sacred_barrier_create(sub, SACRED_FULL, &b, soon()));
    for (int k = 0; k < 20; k++)
      OK(sacred_barrier_wait(b, soon()));
    OK(sacred_group_close(sub, soon()));
  }

  cross(me, all, 0, 10);
}

/* Ask until `want` alone are missing. */
static void misses(struct rank *me, sacred_barrier *b, const uint32_t *want, uint32_t n)
{
  uint32_t ranks[RANKS_MAX], got = 0;
  for (uint64_t until = soon(); sacred_now() < until; rank_sleep(1)) {
    GIVES(sacred_barrier_test(b), SACRED_AGAIN);
    got = sacred_barrier_missing(b, ranks);
    if (got == n && memcmp(ranks, want, n * sizeof *want) == 0)
      return;
  }
  rank_fail(me, __FILE__, __LINE__, "%u ranks are missing in the end, not %u; the first is %u", got, n, ranks[0]);
}

/*
 * Rank 5 is late, and ranks 0, 3 and 2 ask one after the other. What a rank knows by itself: the
 * first of a host the hosts that have met, another one those of its host; and who has asked has told all.
 */
TEST(missing_are_those_of_whom_nothing_is_known, .n = 6)
{
  static const struct {
    uint32_t rank, n, want[4];
  } asks[3][3] = {{{0, 1, {5}}, {3, 1, {5}}, {2, 1, {5}}}, /* all are heard of directly */
                  {{0, 3, {1, 3, 5}}, {3, 3, {2, 4, 5}}, {2, 2, {1, 5}}},
                  {{0, 2, {2, 5}}, {3, 4, {1, 2, 4, 5}}, {2, 3, {1, 4, 5}}}};
  ask_for_local();
  sacred_barrier *b = new_barrier(me, SACRED_ARRIVE);
  uint32_t which = hosts() < me->size ? hosts() - 1 : 0, ranks[RANKS_MAX];
  int status = SACRED_AGAIN;

  if (me->rank == 5)
    await_word(me, 100, 3);
  OK(sacred_barrier_arrive(b));
  for (uint64_t until = soon(); status == SACRED_AGAIN; CHECK(sacred_now() < until)) {
    uint64_t turn = me->word[100];
    if (turn < 3 && me->rank == asks[which][turn].rank) {
      misses(me, b, asks[which][turn].want, asks[which][turn].n);
      atomic_store(&me->word[100], turn + 1);
    }
    status = sacred_barrier_test(b);
  }
  GIVES(status, SACRED_OK);

  EQUAL(sacred_barrier_missing(b, ranks), 0);
}

/* Not only what I have met has flushed: what rank 0 put to the last rank of another host is there. */
TEST(what_is_posted_across_hosts_is_visible_to_those_that_do_not_cross, .n = 6, .variants = 2)
{
  ask_for_local();
  sacred_barrier *b = new_barrier(me, me->variant ? SACRED_FULL : SACRED_INBOUND);
  enum { BLOCK = 8192 };
  sacred_region *r = new_region(me, (uint64_t)(me->size + 1) * BLOCK);
  unsigned char *base = sacred_region_base(r);
  uint64_t ticket[RANKS_MAX];

  for (uint64_t k = 1; k <= (over_verbs() ? times(1000) : times(200)); k++) {
    memset(base + (uint64_t)me->size * BLOCK, (int)(k % 251), BLOCK);
    for (uint32_t i = 0; i < me->size; i++)
      if (i != me->rank)
        POST(sacred_region_put(r, i, (uint64_t)me->rank * BLOCK, (uint64_t)me->size * BLOCK, BLOCK, &ticket[i]));
    OK(sacred_barrier_wait(b, soon()));
    for (uint32_t j = 0; j < me->size; j++)
      for (uint64_t y = 0; j != me->rank && y < BLOCK; y += 64)
        EQUAL(base[j * (uint64_t)BLOCK + y], k % 251);
    for (uint32_t i = 0; i < me->size; i++)
      if (i != me->rank)
        OK(sacred_region_wait(r, i, ticket[i], soon()));
    OK(sacred_barrier_wait(b, soon()));
  }
}

/* The first rank of a host dies, or of two: followers of its own and other hosts are told, and nobody leaves. */
TEST(a_first_rank_that_dies_lets_nobody_leave, .n = 5, .killed = 1 << 1, .variants = 3)
{
  ask_for_local();
  sacred_barrier *b = new_barrier(me, (enum sacred_strength)me->variant);
  uint32_t dead[RANKS_MAX], n = 0;

  cross(me, b, 0, 10);
  atomic_fetch_add(&me->word[100], 1);
  if (me->rank == 1) {
    await_word(me, 100, 5);
    rank_die(me);
  }
  int status = sacred_barrier_wait(b, soon());
  if (!is_dead(status))
    rank_fail(me, __FILE__, __LINE__, "a wait gave %d", status);
  says(me, "rank 1 ");
  OK(sacred_group_dead(me->group, dead, RANKS_MAX, &n));
  EQUAL(n, 1);
  EQUAL(dead[0], 1);
  CHECK(is_dead(sacred_barrier_wait(b, SACRED_FOREVER)));
}

TEST(a_first_rank_that_dies_in_the_making_fails_it, .n = 5, .killed = 1 << 1)
{
  sacred_barrier *b = NULL;
  ask_for_local();

  if (me->rank == 1)
    rank_die(me);
  int status = sacred_barrier_create(me->group, SACRED_FULL, &b, soon());
  CHECK(is_dead(status) && b == NULL);
  says(me, "rank 1 ");
}

RUN(cmocka_unit_test(barriers_of_hosts_share_what_they_are_made_of),
    cmocka_unit_test(barriers_of_hosts_and_others_are_mixed),
    cmocka_unit_test(a_making_of_hosts_goes_on_after_timeouts_at_random),
    cmocka_unit_test(a_rank_that_makes_another_barrier_is_told_before_anything_is_made),
    cmocka_unit_test(a_bad_strength_is_refused_as_ever), cmocka_unit_test(a_split_group_has_barriers_of_its_own_hosts),
    cmocka_unit_test(missing_are_those_of_whom_nothing_is_known),
    cmocka_unit_test(what_is_posted_across_hosts_is_visible_to_those_that_do_not_cross),
    cmocka_unit_test(a_first_rank_that_dies_lets_nobody_leave),
    cmocka_unit_test(a_first_rank_that_dies_in_the_making_fails_it))
