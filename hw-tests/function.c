/* What the tests of tests/ leave out: long runs and long broadcasts over a real wire. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives.h"

/* EPOCHS=n for another length of the long run. */
static uint64_t epochs(void)
{
  const char *n = getenv("EPOCHS");
  return n && *n ? strtoull(n, NULL, 10) : 100000;
}

TEST(two_nodes_cross_a_hundred_thousand_epochs, .n = 2, .seconds = 240)
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  sacred_region *r = new_region(me, 2 * 64);
  _Atomic uint64_t *words = sacred_region_base(r);
  uint64_t n = epochs(), begin = sacred_now();

  for (uint64_t k = 1; k <= n; k++) {
    NOTE("is in epoch %llu", (unsigned long long)k);
    POST(sacred_region_put_word(r, 1 - me->rank, 64 * me->rank, k));
    atomic_store(&me->word[me->rank], k);
    OK(sacred_barrier_wait(b, soon()));
    CHECK(me->word[1 - me->rank] >= k);
    CHECK(words[8 * (1 - me->rank)] >= k);
  }

  if (me->rank == 0)
    printf("    %llu epochs, %.1f us each\n", (unsigned long long)n, (double)(sacred_now() - begin) / 1e3 / (double)n);
}

TEST(two_nodes_broadcast_256_MiB, .n = 2, .seconds = 240)
{
  broadcast(me, UINT64_C(256) << 20);
}

TEST(eight_nodes_broadcast_8_MiB_and_a_byte, .n = 8, .seconds = 240)
{
  broadcast(me, (UINT64_C(8) << 20) + 1);
}

TEST(two_groups_work_at_once, .n = 4, .seconds = 120)
{
  sacred_group *other = NULL;
  sacred_barrier *a = new_barrier(me, SACRED_FULL), *b = NULL;
  uint32_t backwards[RANKS_MAX];
  for (uint32_t k = 0; k < me->size; k++)
    backwards[k] = me->size - 1 - k;
  OK(sacred_group_split(me->group, backwards, me->size, &other, soon()));
  OK(sacred_barrier_create(other, SACRED_FULL, &b, soon()));
  EQUAL(sacred_rank(other), me->size - 1 - me->rank);

  for (int k = 0; k < 50; k++) {
    OK(sacred_barrier_arrive(a));
    OK(sacred_barrier_arrive(b));
    OK(sacred_barrier_wait(k % 2 ? a : b, soon()));
    OK(sacred_barrier_wait(k % 2 ? b : a, soon()));
  }

  OK(sacred_group_close(other, soon()));
}

TEST(all_primitives_work_together, .from = 2, .n = 8, .seconds = 120)
{
  const char *rounds = getenv("ROUNDS");
  if (me->size == 2 || me->size == 4 || me->size == 8)
    all_primitives(me, rounds ? strtoull(rounds, NULL, 10) : 5);
}

RUN(cmocka_unit_test(all_primitives_work_together), cmocka_unit_test(two_groups_work_at_once),
    cmocka_unit_test(two_nodes_cross_a_hundred_thousand_epochs), cmocka_unit_test(two_nodes_broadcast_256_MiB),
    cmocka_unit_test(eight_nodes_broadcast_8_MiB_and_a_byte))
