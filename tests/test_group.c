/* Groups: how they open, split, disagree and close, and what misuse is answered. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "ranks.h"

/* A status that names what is wrong, with words. */
static void says(struct rank *me, const char *part)
{
  const char *text = sacred_group_error(me->group);
  CHECK(text != NULL);
  if (!strstr(text, part))
    rank_fail(me, __FILE__, __LINE__, "the error does not name %s: %s", part, text);
}

TEST(every_rank_knows_its_place, .from = 1, .n = 16)
{
  EQUAL(sacred_rank(me->group), me->rank);
  EQUAL(sacred_size(me->group), me->size);
  CHECK(sacred_group_error(me->group) != NULL);
}

TEST(objects_of_all_kinds_live_in_one_group, .n = 3)
{
  sacred_barrier *b = new_barrier(me, SACRED_FULL);
  sacred_flag *f = new_flag(me);
  sacred_region *r = new_region(me, 1024);
  sacred_broadcast *c = NULL;
  sacred_table *t = NULL;
  OK(sacred_broadcast_create(me->group, &c, soon()));
  OK(sacred_table_create(me->group, 8, &t, soon()));
  uint32_t right = (me->rank + 1) % 3, left = (me->rank + 2) % 3;
  uint64_t row[8] = {0}, version;

  for (uint64_t k = 1; k <= times(200); k++) {
    POST(sacred_region_put_word(r, right, 0, k));
    row[0] = k;
    POST(sacred_table_write(t, row));
    POST(sacred_table_push_all(t));
    POST(sacred_flag_raise(f, right, k));
    OK(sacred_flag_wait(f, left, k, soon()));
    uint64_t word = k % 3 == me->rank ? k : 0;
    OK(sacred_broadcast_run(c, (uint32_t)(k % 3), &word, sizeof word, soon()));
    EQUAL(word, k);
    OK(sacred_barrier_wait(b, soon()));
    OK(sacred_table_read_until(t, left, k, row, &version, soon()));
    CHECK(version == k || version == k + 1);
    EQUAL(row[0], version);
  }
}

TEST(several_groups_are_open_at_once, .n = 3)
{
  enum { GROUPS = 4 };
  sacred_group *group[GROUPS];
  sacred_barrier *b[GROUPS];
  const uint32_t turned[] = {2, 0, 1};

  for (int g = 0; g < GROUPS; g++) {
    OK(sacred_group_split(me->group, turned, 3, &group[g], soon()));
    OK(sacred_barrier_create(group[g], SACRED_INBOUND, &b[g], soon()));
    EQUAL(turned[sacred_rank(group[g])], me->rank);
  }
  for (uint64_t k = 1; k <= times(200); k++) {
    atomic_fetch_add(&me->word[me->rank], 1);
    OK(sacred_barrier_wait(b[k % GROUPS], soon()));
    for (uint32_t j = 0; j < 3; j++)
      CHECK(me->word[j] >= k);
  }

  for (int g = 0; g < GROUPS; g++)
    OK(sacred_group_close(group[g], soon()));
}

TEST(a_sub_group_leaves_the_others_alone, .n = 5)
{
  const uint32_t odd[] = {3, 1}, even[] = {4, 0, 2};
  bool is_odd = me->rank % 2;
  sacred_group *sub = NULL;
  sacred_barrier *b = NULL, *all = new_barrier(me, SACRED_INBOUND);

  OK(sacred_group_split(me->group, is_odd ? odd : even, is_odd ? 2 : 3, &sub, soon()));
  OK(sacred_barrier_create(sub, SACRED_FULL, &b, soon()));
  EQUAL(sacred_size(sub), is_odd ? 2 : 3);
  EQUAL((is_odd ? odd : even)[sacred_rank(sub)], me->rank);
  /* the odd ranks go on by themselves while the even ones sleep */
  if (!is_odd)
    await_word(me, 0, 2);
  for (uint64_t k = 1; k <= times(200); k++)
    OK(sacred_barrier_wait(b, soon()));
  if (is_odd)
    atomic_fetch_add(&me->word[0], 1);
  OK(sacred_barrier_wait(all, soon()));

  OK(sacred_group_close(sub, soon()));
  GIVES(sacred_barrier_wait(b, soon()), SACRED_ERR_CLOSED);
  OK(sacred_barrier_wait(all, soon()));
}

TEST(a_group_of_one_needs_nobody, .n = 3)
{
  sacred_group *sub = NULL;
  sacred_barrier *b = NULL;
  sacred_broadcast *c = NULL;
  char buf[10] = "alone";

  OK(sacred_group_split(me->group, &me->rank, 1, &sub, soon()));
  OK(sacred_barrier_create(sub, SACRED_FULL, &b, soon()));
  OK(sacred_broadcast_create(sub, &c, soon()));
  for (int k = 0; k < 100; k++) {
    OK(sacred_barrier_wait(b, 0));
    OK(sacred_broadcast_run(c, 0, buf, sizeof buf, 0));
  }

  OK(sacred_group_close(sub, 0));
}

TEST(a_bad_list_of_ranks_is_refused, .n = 2)
{
  sacred_group *sub = NULL;
  const uint32_t twice[] = {0, 1, 0}, beyond[] = {0, 1, 2}, without_me[] = {1 - me->rank};

  GIVES(sacred_group_split(me->group, twice, 3, &sub, soon()), SACRED_ERR_ARGUMENT);
  GIVES(sacred_group_split(me->group, beyond, 3, &sub, soon()), SACRED_ERR_RANK);
  GIVES(sacred_group_split(me->group, without_me, 1, &sub, soon()), SACRED_ERR_ARGUMENT);
  GIVES(sacred_group_split(me->group, twice, 0, &sub, soon()), SACRED_ERR_ARGUMENT);
  CHECK(sub == NULL);
  CHECK(sacred_open_error() != NULL);
}

TEST(another_strength_is_a_mismatch_that_names_both, .n = 3)
{
  sacred_barrier *b = NULL;

  GIVES(sacred_barrier_create(me->group, me->rank == 2 ? SACRED_FULL : SACRED_INBOUND, &b, soon()),
        SACRED_ERR_MISMATCH);

  CHECK(b == NULL);
  says(me, "2");
  if (me->rank == 0)
    printf("    a rank is told: %s\n", sacred_group_error(me->group));
}

TEST(another_size_of_region_is_a_mismatch_that_names_both, .n = 2)
{
  sacred_region *r = NULL;

  GIVES(sacred_region_create(me->group, me->rank ? 4711 : 1234, &r, soon()), SACRED_ERR_MISMATCH);

  CHECK(r == NULL);
  says(me, "4711");
  says(me, "1234");
}

TEST(another_width_of_table_is_a_mismatch_that_names_both, .n = 2)
{
  sacred_table *t = NULL;

  GIVES(sacred_table_create(me->group, me->rank ? 47 : 12, &t, soon()), SACRED_ERR_MISMATCH);

  CHECK(t == NULL);
  says(me, "47");
  says(me, "12");
}

TEST(another_kind_of_object_is_a_mismatch, .n = 2)
{
  sacred_flag *f = NULL;
  sacred_broadcast *c = NULL;

  if (me->rank)
    GIVES(sacred_flag_create(me->group, &f, soon()), SACRED_ERR_MISMATCH);
  else
    GIVES(sacred_broadcast_create(me->group, &c, soon()), SACRED_ERR_MISMATCH);

  CHECK(f == NULL && c == NULL);
}

TEST(a_create_that_one_rank_is_late_for_times_out_and_goes_on, .n = 3)
{
  sacred_flag *f = NULL;

  if (me->rank == 2) {
    await_word(me, 0, 2);
  } else {
    GIVES(sacred_flag_create(me->group, &f, 0), SACRED_TIMEOUT);
    GIVES(sacred_flag_create(me->group, &f, shortly()), SACRED_TIMEOUT);
    CHECK(f == NULL);
    says(me, "2");
    atomic_fetch_add(&me->word[0], 1);
  }
  OK(sacred_flag_create(me->group, &f, soon()));

  POST(sacred_flag_raise(f, (me->rank + 1) % 3, 1));
  OK(sacred_flag_wait(f, (me->rank + 2) % 3, 1, soon()));
}

TEST(a_heap_that_is_full_says_so, .n = 2)
{
  sacred_region *r = NULL;

  GIVES(sacred_region_create(me->group, UINT64_C(1) << 62, &r, soon()), SACRED_ERR_MEMORY);
  CHECK(r == NULL);
  CHECK(strlen(sacred_group_error(me->group)) > 0);
  GIVES(sacred_region_create(me->group, UINT64_MAX, &r, soon()), SACRED_ERR_MEMORY);

  r = new_region(me, 64);
}

TEST(a_region_of_nothing_is_refused, .n = 2)
{
  sacred_region *r = NULL;

  GIVES(sacred_region_create(me->group, 0, &r, soon()), SACRED_ERR_ARGUMENT);

  CHECK(r == NULL);
}

TEST(a_strength_that_is_none_is_refused, .n = 2)
{
  sacred_barrier *b = NULL;

  GIVES(sacred_barrier_create(me->group, (enum sacred_strength)7, &b, soon()), SACRED_ERR_ARGUMENT);

  CHECK(b == NULL);
}

TEST(after_close_everything_answers_closed, .n = 2)
{
  const uint32_t both[] = {0, 1};
  sacred_group *g = NULL, *sub = NULL;
  OK(sacred_group_split(me->group, both, 2, &g, soon()));
  sacred_barrier *b = NULL;
  sacred_flag *f = NULL;
  sacred_region *r = NULL;
  sacred_table *t = NULL;
  sacred_broadcast *c = NULL;
  sacred_fence *fence = NULL;
  OK(sacred_barrier_create(g, SACRED_INBOUND, &b, soon()));
  OK(sacred_flag_create(g, &f, soon()));
  OK(sacred_region_create(g, 64, &r, soon()));
  OK(sacred_table_create(g, 2, &t, soon()));
  OK(sacred_broadcast_create(g, &c, soon()));
  OK(sacred_fence_create(g, &fence, soon()));
  uint64_t row[2] = {0}, version;
  uint32_t ranks[2], n;

  OK(sacred_group_close(g, soon()));

  GIVES(sacred_barrier_arrive(b), SACRED_ERR_CLOSED);
  GIVES(sacred_barrier_test(b), SACRED_ERR_CLOSED);
  GIVES(sacred_barrier_wait(b, SACRED_FOREVER), SACRED_ERR_CLOSED);
  EQUAL(sacred_barrier_missing(b, ranks), 0);
  GIVES(sacred_flag_raise(f, 0, 1), SACRED_ERR_CLOSED);
  GIVES(sacred_flag_test(f, 0, 1), SACRED_ERR_CLOSED);
  GIVES(sacred_flag_wait(f, 0, 1, SACRED_FOREVER), SACRED_ERR_CLOSED);
  GIVES(sacred_region_put(r, 0, 0, 0, 1, NULL), SACRED_ERR_CLOSED);
  GIVES(sacred_region_get(r, 0, 0, 0, 1, NULL), SACRED_ERR_CLOSED);
  GIVES(sacred_region_put_word(r, 0, 0, 1), SACRED_ERR_CLOSED);
  GIVES(sacred_region_wait(r, 0, 0, SACRED_FOREVER), SACRED_ERR_CLOSED);
  GIVES(sacred_table_write(t, row), SACRED_ERR_CLOSED);
  GIVES(sacred_table_push_all(t), SACRED_ERR_CLOSED);
  GIVES(sacred_table_read(t, 0, row, &version), SACRED_ERR_CLOSED);
  GIVES(sacred_broadcast_start(c, 0, row, 8), SACRED_ERR_CLOSED);
  GIVES(sacred_broadcast_run(c, 0, row, 8, SACRED_FOREVER), SACRED_ERR_CLOSED);
  GIVES(sacred_broadcast_wait(c, SACRED_FOREVER), SACRED_ERR_CLOSED);
  GIVES(sacred_fence_start(fence), SACRED_ERR_CLOSED);
  GIVES(sacred_fence_wait(fence, SACRED_FOREVER), SACRED_ERR_CLOSED);
  GIVES(sacred_barrier_create(g, SACRED_INBOUND, &b, SACRED_FOREVER), SACRED_ERR_CLOSED);
  GIVES(sacred_group_split(g, both, 2, &sub, SACRED_FOREVER), SACRED_ERR_CLOSED);
  GIVES(sacred_group_close(g, SACRED_FOREVER), SACRED_ERR_CLOSED);
  GIVES(sacred_group_dead(g, ranks, 2, &n), SACRED_ERR_CLOSED);
  EQUAL(sacred_size(g), 2);
}

TEST(a_close_that_others_miss_times_out_and_closes, .n = 2)
{
  const uint32_t both[] = {0, 1};
  sacred_group *g = NULL;
  OK(sacred_group_split(me->group, both, 2, &g, soon()));

  if (me->rank == 0) {
    GIVES(sacred_group_close(g, shortly()), SACRED_TIMEOUT);
    GIVES(sacred_group_close(g, soon()), SACRED_ERR_CLOSED);
    atomic_store(&me->word[0], 1);
  } else {
    await_word(me, 0, 1);
    OK(sacred_group_close(g, soon()));
  }
}

TEST(closing_nothing_is_allowed, .n = 1)
{
  OK(sacred_group_close(NULL, 0));
  CHECK(me->group != NULL);
}

TEST(null_arguments_are_refused, .n = 1)
{
  sacred_barrier *b;
  sacred_group *g;
  uint32_t n;

  GIVES(sacred_barrier_create(NULL, SACRED_INBOUND, &b, soon()), SACRED_ERR_ARGUMENT);
  GIVES(sacred_barrier_create(me->group, SACRED_INBOUND, NULL, soon()), SACRED_ERR_ARGUMENT);
  GIVES(sacred_region_create(NULL, 1, NULL, soon()), SACRED_ERR_ARGUMENT);
  GIVES(sacred_group_split(NULL, NULL, 1, &g, soon()), SACRED_ERR_ARGUMENT);
  GIVES(sacred_group_split(me->group, NULL, 1, &g, soon()), SACRED_ERR_ARGUMENT);
  GIVES(sacred_group_dead(NULL, NULL, 0, &n), SACRED_ERR_ARGUMENT);
  GIVES(sacred_set_wait_policy(me->group, NULL), SACRED_ERR_ARGUMENT);
}

TEST(bad_opens_are_refused, .n = 1, .unopened = true)
{
  sacred_group *g = (sacred_group *)(void *)me;

  GIVES(sacred_group_open_with(&g, 1, 1, rank_allgather, me, soon()), SACRED_ERR_RANK);
  CHECK(g == NULL);
  GIVES(sacred_group_open_with(&g, 0, 0, rank_allgather, me, soon()), SACRED_ERR_ARGUMENT);
  GIVES(sacred_group_open_with(&g, 0, 1, NULL, me, soon()), SACRED_ERR_ARGUMENT);
  GIVES(sacred_group_open_with(NULL, 0, 1, rank_allgather, me, soon()), SACRED_ERR_ARGUMENT);
  CHECK(strlen(sacred_open_error()) > 0);
}

static int no_allgather(void *arg, const void *mine, void *all, size_t size)
{
  (void)arg, (void)mine, (void)all, (void)size;
  return -1;
}

TEST(an_allgather_that_fails_ends_the_open, .n = 2, .unopened = true)
{
  sacred_group *g = (sacred_group *)(void *)me;

  int status = sacred_group_open_with(&g, me->rank, me->size, no_allgather, NULL, soon());

  CHECK(status < 0 && status != SACRED_AGAIN);
  CHECK(g == NULL);
  CHECK(strlen(sacred_open_error()) > 0);
}

TEST(open_without_a_launcher_says_so, .n = 1, .unopened = true)
{
  sacred_group *g = (sacred_group *)(void *)me;

  GIVES(sacred_group_open(&g, shortly()), SACRED_ERR_ENVIRONMENT);

  CHECK(g == NULL);
  CHECK(strlen(sacred_open_error()) > 0);
}

TEST(groups_open_and_close_again_and_again, .n = 3, .unopened = true)
{
  for (int k = 0; k < 20; k++) {
    NOTE("is at open %d", k);
    sacred_barrier *b = NULL;
    OK(sacred_group_open_with(&me->group, me->rank, me->size, rank_allgather, me, soon()));
    OK(sacred_barrier_create(me->group, SACRED_INBOUND, &b, soon()));
    OK(sacred_barrier_wait(b, soon()));
    OK(sacred_group_close(me->group, soon()));
    me->group = NULL;
  }
}

TEST(wait_policy_is_kept, .n = 2)
{
  struct sacred_wait_policy policy = {1, 2, 3, 4000}, now = {0, 0, 0, 0};
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);

  OK(sacred_get_wait_policy(me->group, &now));
  OK(sacred_set_wait_policy(me->group, &policy));
  OK(sacred_get_wait_policy(me->group, &now));
  EQUAL(memcmp(&now, &policy, sizeof now), 0);

  for (int k = 0; k < 100; k++)
    OK(sacred_barrier_wait(b, soon()));
}

static void statuses_have_words(void **state)
{
  (void)state;

  for (int a = 0; a >= -13; a--)
    for (int b = a - 1; b >= -13; b--)
      assert_string_not_equal(sacred_strerror(a), sacred_strerror(b));

  assert_non_null(sacred_strerror(1));
  assert_non_null(sacred_strerror(-1000));
}

static void deadlines_saturate(void **state)
{
  (void)state;

  assert_true(sacred_in(SACRED_FOREVER) == SACRED_FOREVER);
  assert_true(sacred_in(SACRED_FOREVER - 1) == SACRED_FOREVER);
  uint64_t a = sacred_now(), b = sacred_in(1000000000), c = sacred_now();
  assert_true(b >= a + 1000000000 && b <= c + 1000000000);
}

RUN(cmocka_unit_test(every_rank_knows_its_place), cmocka_unit_test(objects_of_all_kinds_live_in_one_group),
    cmocka_unit_test(several_groups_are_open_at_once), cmocka_unit_test(a_sub_group_leaves_the_others_alone),
    cmocka_unit_test(a_group_of_one_needs_nobody), cmocka_unit_test(a_bad_list_of_ranks_is_refused),
    cmocka_unit_test(another_strength_is_a_mismatch_that_names_both),
    cmocka_unit_test(another_size_of_region_is_a_mismatch_that_names_both),
    cmocka_unit_test(another_width_of_table_is_a_mismatch_that_names_both),
    cmocka_unit_test(another_kind_of_object_is_a_mismatch),
    cmocka_unit_test(a_create_that_one_rank_is_late_for_times_out_and_goes_on),
    cmocka_unit_test(a_heap_that_is_full_says_so), cmocka_unit_test(a_region_of_nothing_is_refused),
    cmocka_unit_test(a_strength_that_is_none_is_refused), cmocka_unit_test(after_close_everything_answers_closed),
    cmocka_unit_test(a_close_that_others_miss_times_out_and_closes), cmocka_unit_test(closing_nothing_is_allowed),
    cmocka_unit_test(null_arguments_are_refused), cmocka_unit_test(bad_opens_are_refused),
    cmocka_unit_test(an_allgather_that_fails_ends_the_open), cmocka_unit_test(open_without_a_launcher_says_so),
    cmocka_unit_test(groups_open_and_close_again_and_again), cmocka_unit_test(wait_policy_is_kept),
    cmocka_unit_test(statuses_have_words), cmocka_unit_test(deadlines_saturate))
