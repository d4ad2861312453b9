/* Groups: how they open, split, disagree and close, and what misuse is answered. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "ranks.h"
#include <pthread.h>
#include <sched.h>

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

TEST(another_algorithm_is_a_mismatch_that_names_both, .n = 3)
{
  sacred_barrier *b = NULL;
  setenv("SACRED_BARRIER", me->rank == 1 ? "dissemination:3" : "all-to-all", 1);

  GIVES(sacred_barrier_create(me->group, SACRED_FULL, &b, soon()), SACRED_ERR_MISMATCH);

  CHECK(b == NULL);
  says(me, "rank 1 takes dissemination:3");
  says(me, "rank 0 all-to-all");
}

TEST(a_barrier_that_there_is_not_is_refused_in_words, .n = 1)
{
  const char *const bad[] = {"tree",
                             "dissemination:1",
                             "dissemination:",
                             "dissemination:x",
                             "dissemination:-2",
                             "dissemination:99999999999",
                             "disseminations",
                             "local:1",
                             "local:",
                             "local:4x",
                             "locals"};
  sacred_barrier *b = NULL;

  for (unsigned k = 0; k < sizeof bad / sizeof bad[0]; k++) {
    setenv("SACRED_BARRIER", bad[k], 1);
    GIVES(sacred_barrier_create(me->group, SACRED_FULL, &b, soon()), SACRED_ERR_ENVIRONMENT);
    CHECK(b == NULL);
    says(me, bad[k]);
  }
}

TEST(a_file_says_which_barrier_is_taken_where, .n = 3)
{
  sacred_barrier *b = NULL;
  const char *const files[] = {"# ranks differ in what they take for these\n\n"
                               "barrier any full 2 dissemination:9\n"
                               "barrier any arrive any dissemination:8   # another strength\n"
                               "barrier any full 3 dissemination:7\n"
                               "barrier any any any dissemination:6\n",
                               "barrier any arrive any dissemination:6\n"};
  unsetenv("SACRED_BARRIER");

  write_tuning(me, files[me->rank == 1]);
  GIVES(sacred_barrier_create(me->group, SACRED_FULL, &b, soon()), SACRED_ERR_MISMATCH);
  says(me, "rank 1 takes all-to-all"); /* no line fits: what the library takes by itself */
  says(me, "rank 0 dissemination:7");

  setenv("SACRED_BARRIER", "all-to-all", 1); /* goes before the file */
  OK(sacred_barrier_create(me->group, SACRED_FULL, &b, soon()));
  OK(sacred_barrier_wait(b, soon()));
  CHECK(unlink(getenv("SACRED_TUNING")) == 0);
}

TEST(a_file_that_is_not_understood_is_refused_with_its_line, .n = 1)
{
  static const struct {
    const char *text, *says;
  } bad[] = {
      {"barrier shm full 4 all-to-all\nbarier shm full 4 all-to-all\n", ":2: barier: give barrier or broadcast"},
      {"barrier tcp full 4 all-to-all\n", ":1: tcp: give shm, verbs or any"},
      {"barrier shm weak 4 all-to-all\n", ":1: weak: give arrive, inbound, full or any"},
      {"barrier shm full 0 all-to-all\n", ":1: 0: give a number of ranks"},
      {"barrier shm full 4x all-to-all\n", ":1: 4x: give a number of ranks"},
      {"barrier shm full -4 all-to-all\n", ":1: -4: give a number of ranks"},
      {"barrier shm full 99999999999 all-to-all\n", "give a number of ranks"},
      {"barrier shm full 4 dissemination:1\n", ":1: dissemination:1: give all-to-all"},
      {"barrier verbs full 4 local:1\n", ":1: local:1: give all-to-all, dissemination or local"},
      {"barrier shm full 4\n", ":1: fewer than five words"},
      {"barrier shm full 4 all-to-all twice\n", ":1: more than five words"},
      {"barrier shm full 4 dissemination:"
       "11111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111"
       "11111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111"
       "11111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111",
       ":1: a line of 255 characters or more"}};
  sacred_barrier *b = NULL;
  unsetenv("SACRED_BARRIER");

  for (unsigned k = 0; k < sizeof bad / sizeof bad[0]; k++) {
    write_tuning(me, bad[k].text);
    GIVES(sacred_barrier_create(me->group, SACRED_FULL, &b, soon()), SACRED_ERR_ENVIRONMENT);
    CHECK(b == NULL);
    says(me, bad[k].says);
    CHECK(unlink(getenv("SACRED_TUNING")) == 0);
  }
  GIVES(sacred_barrier_create(me->group, SACRED_FULL, &b, soon()),
        SACRED_ERR_ENVIRONMENT); /* it is not there any more */
  says(me, "No such file");
  setenv("SACRED_TUNING", "/tmp", 1);
  GIVES(sacred_barrier_create(me->group, SACRED_FULL, &b, soon()), SACRED_ERR_ENVIRONMENT);
  says(me, "cannot be read");
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

TEST(why_it_cannot_be_made_is_still_known_after_a_timeout, .n = 2)
{
  sacred_region *r = NULL;
  if (me->rank == 0) {
    GIVES(sacred_region_create(me->group, UINT64_C(1) << 62, &r, 0), SACRED_TIMEOUT);
    atomic_fetch_add(&me->word[0], 1);
  } else {
    await_word(me, 0, 1);
  }

  GIVES(sacred_region_create(me->group, UINT64_C(1) << 62, &r, soon()), SACRED_ERR_MEMORY);

  says(me, "SACRED_HEAP");
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

TEST(all_that_are_late_for_a_create_are_listed, .n = 6)
{
  sacred_flag *f = NULL;
  uint32_t ranks[RANKS_MAX];

  EQUAL(sacred_group_missing(me->group, ranks), 0);
  if (me->rank % 2) {
    await_word(me, 0, 3);
  } else {
    /* the other even ranks come, too */
    for (uint64_t until = soon(); sacred_group_missing(me->group, ranks) != 3;) {
      GIVES(sacred_flag_create(me->group, &f, shortly()), SACRED_TIMEOUT);
      CHECK(sacred_now() < until);
    }
    for (uint32_t k = 0; k < 3; k++)
      EQUAL(ranks[k], 2 * k + 1);
    atomic_fetch_add(&me->word[0], 1);
  }
  OK(sacred_flag_create(me->group, &f, soon()));

  EQUAL(sacred_group_missing(me->group, ranks), 0);
}

TEST(a_bad_argument_of_one_rank_is_told_to_the_others, .n = 3, .variants = 3)
{
  sacred_table *t = NULL;
  sacred_region *r = NULL;
  sacred_barrier *b = NULL;
  bool bad = me->rank == 1;
  int status = me->variant == 0 ? sacred_table_create(me->group, bad ? 5000 : 8, &t, SACRED_FOREVER)
               : me->variant == 1
                   ? sacred_region_create(me->group, bad ? 0 : 64, &r, SACRED_FOREVER)
                   : sacred_barrier_create(me->group, bad ? (enum sacred_strength)7 : SACRED_FULL, &b, SACRED_FOREVER);

  GIVES(status, SACRED_ERR_MISMATCH);
  says(me, "rank 1 gave");
  says(me, me->variant == 0 ? "5000" : me->variant == 1 ? "size 0" : "strength 7");

  new_barrier(me, SACRED_INBOUND);
}

TEST(a_split_that_one_rank_is_late_for_times_out_and_goes_on, .n = 4, .variants = 4)
{
  const uint32_t list[] = {2, 0, 3, 1}, other[] = {0, 2, 3, 1};
  sacred_group *g = NULL;
  sacred_barrier *b = NULL;
  uint32_t late_one = (uint32_t)me->variant;

  /* whoever is late, the leader of the list too: the others begin, and each goes on with what it began */
  if (me->rank == late_one) {
    await_word(me, 0, 3);
  } else {
    GIVES(sacred_group_split(me->group, list, 4, &g, 0), SACRED_TIMEOUT);
    GIVES(sacred_group_split(me->group, other, 4, &g, shortly()), SACRED_ERR_STATE);
    char who[32];
    snprintf(who, sizeof who, "rank %u of the parent", late_one);
    for (uint64_t until = soon(); !strstr(sacred_open_error(), who);) {
      GIVES(sacred_group_split(me->group, list, 4, &g, shortly()), SACRED_TIMEOUT);
      CHECK(sacred_now() < until);
    }
    CHECK(g == NULL);
    atomic_fetch_add(&me->word[0], 1);
  }
  OK(sacred_group_split(me->group, list, 4, &g, SACRED_FOREVER));
  OK(sacred_barrier_create(g, SACRED_INBOUND, &b, soon()));
  OK(sacred_barrier_wait(b, soon()));

  EQUAL(list[sacred_rank(g)], me->rank);
  OK(sacred_group_close(g, soon()));
}

TEST(splits_with_deadlines_at_random_agree, .n = 4)
{
  const uint32_t list[] = {3, 1, 0, 2};

  for (uint64_t k = 0; k < times(200); k++) {
    NOTE("is at split %llu", (unsigned long long)k);
    sacred_group *g = NULL;
    int status;
    rank_delay(me, 300);
    do
      status = sacred_group_split(me->group, list, 4, &g, sacred_in(rank_random(me) % 300000));
    while (status == SACRED_TIMEOUT);
    GIVES(status, SACRED_OK);
    OK(sacred_group_close(g, soon()));
  }
}

TEST(a_parent_may_close_in_the_middle_of_a_split, .n = 2, .unopened = true)
{
  const uint32_t both[] = {0, 1};
  sacred_group *g = NULL;
  OK(sacred_group_open_with(&me->group, me->rank, me->size, rank_allgather, me, soon()));

  if (me->rank == 0)
    GIVES(sacred_group_split(me->group, both, 2, &g, shortly()), SACRED_TIMEOUT);
  CHECK(g == NULL);

  OK(sacred_group_close(me->group, soon()));
  me->group = NULL;
}

/* A thread of its own with a group of its own. */
struct worker {
  struct rank *me;
  sacred_group *group;
};

static void *work(void *arg)
{
  struct worker *w = arg;
  struct rank *me = w->me;
  sacred_barrier *b = NULL;
  sacred_region *r = NULL;
  uint32_t peer = 1 - sacred_rank(w->group);
  OK(sacred_barrier_create(w->group, SACRED_INBOUND, &b, soon()));
  OK(sacred_region_create(w->group, 64, &r, soon()));
  for (uint64_t k = 1; k <= times(2000); k++) {
    POST(sacred_region_put_word(r, peer, 8, k));
    OK(sacred_barrier_wait(b, soon()));
    CHECK(atomic_load((_Atomic uint64_t *)(void *)((unsigned char *)sacred_region_base(r) + 8)) >= k);
  }
  return NULL;
}

TEST(threads_with_groups_of_their_own_need_no_lock, .n = 2)
{
  enum { THREADS = 3 };
  const uint32_t both[] = {0, 1};
  struct worker worker[THREADS];
  pthread_t thread[THREADS];

  for (int k = 0; k < THREADS; k++) {
    worker[k].me = me;
    OK(sacred_group_split(me->group, both, 2, &worker[k].group, soon()));
  }
  for (int k = 0; k < THREADS; k++)
    CHECK(pthread_create(&thread[k], NULL, work, &worker[k]) == 0);
  for (int k = 0; k < THREADS; k++)
    CHECK(pthread_join(thread[k], NULL) == 0);

  for (int k = 0; k < THREADS; k++)
    OK(sacred_group_close(worker[k].group, soon()));
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

TEST(a_closed_group_says_that_it_is_closed, .n = 1, .unopened = true)
{
  sacred_barrier *b = NULL;
  OK(sacred_group_open_with(&me->group, 0, 1, rank_allgather, me, soon()));
  OK(sacred_barrier_create(me->group, SACRED_INBOUND, &b, soon()));

  OK(sacred_group_close(me->group, soon()));

  GIVES(sacred_barrier_wait(b, 0), SACRED_ERR_CLOSED);
  says(me, "closed");
  me->group = NULL;
}

TEST(closing_nothing_is_allowed, .n = 1)
{
  OK(sacred_group_close(NULL, 0));
  CHECK(me->group != NULL);
}

TEST(null_arguments_are_refused, .n = 1)
{
  struct sacred_wait_policy policy = {0, 0, 0, 0};
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
  GIVES(sacred_set_wait_policy(NULL, &policy), SACRED_ERR_ARGUMENT);
  GIVES(sacred_get_wait_policy(me->group, NULL), SACRED_ERR_ARGUMENT);
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

TEST(a_sleep_of_a_second_or_more_is_refused, .n = 1)
{
  struct sacred_wait_policy policy = {1, 2, 3, 1000000000}, now = {0, 0, 0, 0};

  GIVES(sacred_set_wait_policy(me->group, &policy), SACRED_ERR_RANGE);
  says(me, "1000000000");
  says(me, "999999999");
  OK(sacred_get_wait_policy(me->group, &now));
  CHECK(now.sleep_ns < 1000000000);

  policy.sleep_ns = 999999999;
  OK(sacred_set_wait_policy(me->group, &policy));
}

TEST(the_default_policy_is_the_documented_one, .n = 2, .variants = 2)
{
  struct sacred_wait_policy alone = {2000, 20000, 200, 50000}, shared = {2, 0, 100000, 20000}, now = {0, 0, 0, 0};
  cpu_set_t processors;
  sacred_group *g = NULL;

  CHECK(sched_getaffinity(0, sizeof processors, &processors) == 0);
  if (CPU_COUNT(&processors) < 2 || late() || getenv("SACRED_TEST_HOSTS"))
    return;
  if (me->variant) /* both on the first one */
    for (int k = 0, kept = 0; k < CPU_SETSIZE; k++)
      if (CPU_ISSET(k, &processors) && kept++ > 0)
        CPU_CLR(k, &processors);
  CHECK(sched_setaffinity(0, sizeof processors, &processors) == 0);
  OK(sacred_group_open_with(&g, me->rank, me->size, rank_allgather, me, soon()));

  OK(sacred_get_wait_policy(g, &now));

  EQUAL(memcmp(&now, me->variant ? &shared : &alone, sizeof now), 0);
  OK(sacred_group_close(g, soon()));
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
    cmocka_unit_test(another_algorithm_is_a_mismatch_that_names_both),
    cmocka_unit_test(a_barrier_that_there_is_not_is_refused_in_words),
    cmocka_unit_test(a_file_says_which_barrier_is_taken_where),
    cmocka_unit_test(a_file_that_is_not_understood_is_refused_with_its_line),
    cmocka_unit_test(another_size_of_region_is_a_mismatch_that_names_both),
    cmocka_unit_test(another_width_of_table_is_a_mismatch_that_names_both),
    cmocka_unit_test(another_kind_of_object_is_a_mismatch),
    cmocka_unit_test(why_it_cannot_be_made_is_still_known_after_a_timeout),
    cmocka_unit_test(a_create_that_one_rank_is_late_for_times_out_and_goes_on),
    cmocka_unit_test(all_that_are_late_for_a_create_are_listed),
    cmocka_unit_test(a_bad_argument_of_one_rank_is_told_to_the_others),
    cmocka_unit_test(a_split_that_one_rank_is_late_for_times_out_and_goes_on),
    cmocka_unit_test(splits_with_deadlines_at_random_agree),
    cmocka_unit_test(a_parent_may_close_in_the_middle_of_a_split),
    cmocka_unit_test(threads_with_groups_of_their_own_need_no_lock), cmocka_unit_test(a_heap_that_is_full_says_so),
    cmocka_unit_test(a_region_of_nothing_is_refused), cmocka_unit_test(a_strength_that_is_none_is_refused),
    cmocka_unit_test(after_close_everything_answers_closed),
    cmocka_unit_test(a_close_that_others_miss_times_out_and_closes),
    cmocka_unit_test(a_closed_group_says_that_it_is_closed), cmocka_unit_test(closing_nothing_is_allowed),
    cmocka_unit_test(null_arguments_are_refused), cmocka_unit_test(bad_opens_are_refused),
    cmocka_unit_test(an_allgather_that_fails_ends_the_open), cmocka_unit_test(open_without_a_launcher_says_so),
    cmocka_unit_test(groups_open_and_close_again_and_again), cmocka_unit_test(wait_policy_is_kept),
    cmocka_unit_test(a_sleep_of_a_second_or_more_is_refused),
    cmocka_unit_test(the_default_policy_is_the_documented_one), cmocka_unit_test(statuses_have_words),
    cmocka_unit_test(deadlines_saturate))
