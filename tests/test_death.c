/* A rank dies: nobody hangs, nobody leaves an epoch that it had not entered, and it is named. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "ranks.h"
#include <dirent.h>

/* The last rank dies; the others live. */
#define LAST(me) ((me)->rank == (me)->size - 1)

/* What a dead rank had posted may be lost: the last rank dies when all others have left what came before. */
static void die_behind_all(struct rank *me)
{
  atomic_fetch_add(&me->word[200], 1);
  if (!LAST(me))
    return;
  await_word(me, 200, me->size);
  rank_die(me);
}

/* Only `rank` is dead, and it is known. */
static void names(struct rank *me, uint32_t rank)
{
  uint32_t dead[RANKS_MAX], n = 0;
  OK(sacred_group_dead(me->group, dead, RANKS_MAX, &n));
  EQUAL(n, 1);
  EQUAL(dead[0], rank);
}

/* Until the death is known, a wait may time out; it may not succeed. */
static void barrier_ends_in_death(struct rank *me, sacred_barrier *b)
{
  NOTE("waits for a barrier that can no longer be passed");
  GIVES(sacred_barrier_wait(b, soon()), SACRED_ERR_DEAD);
  names(me, me->size - 1);
  NOTE("waits again");
  GIVES(sacred_barrier_wait(b, SACRED_FOREVER), SACRED_ERR_DEAD);
  GIVES(sacred_barrier_test(b), SACRED_ERR_DEAD);
}

TEST(death_before_arriving_lets_nobody_leave, .n = 4, .killed = 1 << 3, .variants = 3)
{
  sacred_barrier *b = new_barrier(me, (enum sacred_strength)me->variant);

  OK(sacred_barrier_wait(b, soon()));
  die_behind_all(me);

  barrier_ends_in_death(me, b);
}

TEST(death_after_arriving_and_before_signalling_lets_nobody_leave, .n = 4, .killed = 1 << 3, .variants = 3)
{
  sacred_barrier *b = new_barrier(me, (enum sacred_strength)me->variant);

  OK(sacred_barrier_wait(b, soon()));
  if (LAST(me))
    OK(sacred_barrier_arrive(b));
  die_behind_all(me);

  barrier_ends_in_death(me, b);
}

TEST(death_while_waiting_ends_every_later_epoch, .n = 4, .killed = 1 << 3, .variants = 3)
{
  sacred_barrier *b = new_barrier(me, (enum sacred_strength)me->variant);
  int left = 0;

  /* it dies in the epoch that it has entered: others may leave that one, after an error or without, and none after it */
  if (LAST(me)) {
    GIVES(sacred_barrier_wait(b, shortly()), SACRED_TIMEOUT);
    atomic_store(&me->word[0], 1);
    rank_die(me);
  }
  if (me->rank == 0)
    await_word(me, 0, 1);
  for (int k = 0; k < 20 && !left; k++) {
    int status = sacred_barrier_wait(b, soon());
    CHECK(status == SACRED_OK || is_dead(status));
    left = status == SACRED_OK;
    rank_sleep(5);
  }

  if (left)
    barrier_ends_in_death(me, b);
  names(me, 3);
}

TEST(death_at_a_random_moment_hangs_nobody, .n = 4, .killed = 1 << 3, .variants = 12)
{
  sacred_barrier *b = new_barrier(me, (enum sacred_strength)(me->variant % 3));
  int errors = 0;

  if (me->rank == 0) {
    rank_delay(me, 30000);
    CHECK(kill(rank_pid(me, 3), SIGKILL) == 0);
  }
  /* an epoch that the dead rank had entered may be left, after an error too; none behind it */
  for (uint64_t k = 1; errors < 20;) {
    NOTE("is in epoch %llu", (unsigned long long)k);
    atomic_store(&me->word[me->rank], k);
    int status = sacred_barrier_wait(b, errors % 2 ? SACRED_FOREVER : soon());
    if (status == SACRED_OK) {
      CHECK(me->word[3] >= k);
      k++;
      continue;
    }
    GIVES(status, SACRED_ERR_DEAD);
    names(me, 3);
    errors++;
    rank_sleep(1);
  }
}

TEST(dead_root_of_a_broadcast_is_named, .n = 4, .killed = 1 << 3)
{
  enum { SIZE = 300001 };
  sacred_broadcast *c = NULL;
  unsigned char *buf = calloc(1, SIZE);
  OK(sacred_broadcast_create(me->group, &c, soon()));

  OK(sacred_broadcast_run(c, 3, buf, SIZE, soon()));
  die_behind_all(me);
  GIVES(sacred_broadcast_run(c, 3, buf, SIZE, soon()), SACRED_ERR_DEAD);

  names(me, 3);
  GIVES(sacred_broadcast_wait(c, SACRED_FOREVER), SACRED_ERR_DEAD);
  free(buf);
}

TEST(root_that_dies_in_the_middle_of_a_broadcast_is_named, .n = 3, .killed = 1 << 2, .variants = 6)
{
  enum { SIZE = 3000001 };
  sacred_broadcast *c = NULL;
  unsigned char *buf = calloc(1, SIZE);
  int status = SACRED_OK;
  OK(sacred_broadcast_create(me->group, &c, soon()));

  for (uint64_t k = 1; status == SACRED_OK; k++) {
    NOTE("is in call %llu", (unsigned long long)k);
    if (LAST(me)) {
      memset(buf, (int)(k % 251), SIZE);
      OK(sacred_broadcast_start(c, 2, buf, SIZE));
      int sent = SACRED_AGAIN; /* a slow one may find that it is over */
      for (uint64_t looks = rank_random(me) % 100; looks > 0 && sent == SACRED_AGAIN; looks--)
        sent = sacred_broadcast_test(c);
      if (k == 2)
        rank_die(me);
      OK(sent == SACRED_AGAIN ? sacred_broadcast_wait(c, soon()) : sent);
      continue;
    }
    status = sacred_broadcast_run(c, 2, buf, SIZE, soon());
    if (status == SACRED_OK)
      for (uint64_t i = 0; i < SIZE; i++)
        if (buf[i] != k % 251)
          rank_fail(me, __FILE__, __LINE__, "byte %llu of call %llu", (unsigned long long)i, (unsigned long long)k);
  }

  GIVES(status, SACRED_ERR_DEAD);
  names(me, 2);
  free(buf);
}

TEST(dead_receiver_of_a_broadcast_ends_the_root, .n = 4, .killed = 1 << 3)
{
  enum { SIZE = 1000001 };
  sacred_broadcast *c = NULL;
  unsigned char *buf = calloc(1, SIZE);
  int status = SACRED_OK;
  OK(sacred_broadcast_create(me->group, &c, soon()));

  OK(sacred_broadcast_run(c, 0, buf, SIZE, soon()));
  die_behind_all(me);
  for (int k = 0; k < 10 && status == SACRED_OK; k++)
    status = sacred_broadcast_run(c, 0, buf, SIZE, soon());

  GIVES(status, SACRED_ERR_DEAD);
  names(me, 3);
  free(buf);
}

TEST(death_in_a_table_push_tears_no_row, .n = 3, .killed = 1 << 2, .variants = 8)
{
  enum { WORDS = 512 };
  sacred_table *t = NULL;
  uint64_t row[WORDS], version = 0, before = 0;
  OK(sacred_table_create(me->group, WORDS, &t, soon()));

  if (LAST(me)) {
    for (uint64_t k = 1;; k++) {
      for (int i = 0; i < WORDS; i++)
        row[i] = k;
      while (sacred_table_write(t, row) == SACRED_AGAIN)
        ;
      while (sacred_table_push_all(t) == SACRED_AGAIN)
        ;
      if (k == 3)
        atomic_store(&me->word[0], 1);
    }
  }
  await_word(me, 0, 1);
  if (me->rank == 0) {
    rank_delay(me, 5000);
    CHECK(kill(rank_pid(me, 2), SIGKILL) == 0);
  }
  NOTE("reads the rows of a rank that dies");
  for (;;) {
    int status = sacred_table_read_until(t, 2, before + 1, row, &version, soon());
    if (is_dead(status))
      break;
    GIVES(status, SACRED_OK);
    CHECK(version > before);
    before = version;
    for (int i = 0; i < WORDS; i++)
      EQUAL(row[i], version);
  }

  names(me, 2);
  int status = sacred_table_read(t, 2, row, &version);
  CHECK(status == SACRED_OK || is_dead(status));
  if (status == SACRED_OK)
    for (int i = 0; i < WORDS; i++)
      EQUAL(row[i], version);
}

TEST(flag_of_a_dead_rank_ends_the_wait, .n = 3, .killed = 1 << 2)
{
  sacred_flag *f = new_flag(me);

  if (LAST(me)) {
    POST(sacred_flag_raise(f, 0, 1));
    POST(sacred_flag_raise(f, 1, 1));
    await_word(me, 0, 2);
    rank_die(me);
  }
  OK(sacred_flag_wait(f, 2, 1, soon()));
  atomic_fetch_add(&me->word[0], 1);

  NOTE("waits for a flag that nobody will raise");
  GIVES(sacred_flag_wait(f, 2, 2, soon()), SACRED_ERR_DEAD);
  names(me, 2);
  GIVES(sacred_flag_wait(f, 2, 2, SACRED_FOREVER), SACRED_ERR_DEAD);
  OK(sacred_flag_test(f, 2, 1));
}

TEST(fence_with_a_dead_rank_ends, .n = 3, .killed = 1 << 2)
{
  sacred_region *r = new_region(me, 4096);
  sacred_fence *f = NULL;
  OK(sacred_fence_create(me->group, &f, soon()));

  if (LAST(me))
    rank_die(me);
  for (uint64_t k = 1; k <= 20; k++) {
    NOTE("is at fence %llu", (unsigned long long)k);
    int status = sacred_region_put_word(r, 2, 0, k);
    CHECK(status == SACRED_OK || status == SACRED_AGAIN || is_dead(status));
    status = sacred_fence_wait(f, soon());
    CHECK(status == SACRED_OK || is_dead(status));
    rank_sleep(10);
  }
}

TEST(two_deaths_are_both_named, .n = 5, .killed = 1 << 1 | 1 << 4)
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  uint32_t dead[5], n = 0;

  if (me->rank == 1 || me->rank == 4)
    rank_die(me);
  NOTE("waits for two dead ranks");
  GIVES(sacred_barrier_wait(b, soon()), SACRED_ERR_DEAD);
  for (uint64_t until = soon(); n < 2 && sacred_now() < until;)
    OK(sacred_group_dead(me->group, dead, 5, &n));

  EQUAL(n, 2);
  EQUAL(dead[0], 1);
  EQUAL(dead[1], 4);
  OK(sacred_group_dead(me->group, dead, 1, &n));
  EQUAL(n, 2);
}

TEST(create_with_a_dead_rank_ends, .n = 3, .killed = 1 << 2)
{
  sacred_barrier *b = NULL;

  if (LAST(me))
    rank_die(me);
  NOTE("makes a barrier with a dead rank");

  GIVES(sacred_barrier_create(me->group, SACRED_INBOUND, &b, soon()), SACRED_ERR_DEAD);
  CHECK(b == NULL);
}

/* How long it may take until a death is known: where the wire alone tells, up to its last repetition. */
static uint64_t at_once(void)
{
  const char *hosts = getenv("SACRED_TEST_HOSTS"), *timeout = getenv("SACRED_QP_TIMEOUT");
  uint64_t ns = 1000000000;
  if (over_verbs() && hosts && *hosts && timeout && *timeout)
    ns += 8 * (UINT64_C(4096) << strtoul(timeout, NULL, 10)); /* sent once, and again 7 times */
  return ns;
}

TEST(death_is_known_at_once, .n = 3, .killed = 1 << 2)
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  _Atomic uint64_t *when = &me->word[1];

  OK(sacred_barrier_wait(b, soon()));
  meet(me, 200, 3);
  if (LAST(me)) {
    await_word(me, 0, 1);
    atomic_store(when, sacred_now());
    rank_die(me);
  }
  if (me->rank == 1) /* one waits asleep, the other begins when it is over */
    await_word(me, 1, 1);
  else
    atomic_store(&me->word[0], 1);
  GIVES(sacred_barrier_wait(b, soon()), SACRED_ERR_DEAD);

  uint64_t took = sacred_now() - *when;
  CHECK(took < at_once());
  names(me, 2);
}

TEST(create_says_who_is_dead, .n = 4, .killed = 1 << 1 | 1 << 2)
{
  sacred_flag *f = new_flag(me); /* behind it all are connected: a sparse group needs the dead for that */

  if (me->rank == 1 || me->rank == 2) {
    GIVES(sacred_flag_create(me->group, &f, shortly()), SACRED_TIMEOUT); /* it has come, and dies: others may have it */
    meet(me, 0, 2);
    rank_die(me);
  }
  await_word(me, 0, 2);
  for (uint32_t dead[4], n = 0; n < 2;)
    OK(sacred_group_dead(me->group, dead, 4, &n));
  GIVES(sacred_flag_create(me->group, &f, soon()), SACRED_OK);

  GIVES(sacred_flag_create(me->group, &f, soon()), SACRED_ERR_DEAD);
  CHECK(strstr(sacred_group_error(me->group), "ranks 1, 2"));
}

TEST(close_with_a_dead_rank_ends, .n = 3, .killed = 1 << 2, .unopened = true)
{
  OK(sacred_group_open_with(&me->group, me->rank, me->size, rank_allgather, me, soon()));

  if (LAST(me))
    rank_die(me);
  NOTE("closes a group with a dead rank");
  GIVES(sacred_group_close(me->group, SACRED_FOREVER), SACRED_ERR_DEAD);

  CHECK(strstr(sacred_group_error(me->group), "rank 2"));
  GIVES(sacred_group_close(me->group, soon()), SACRED_ERR_CLOSED);
}

TEST(split_with_a_dead_rank_ends_and_the_living_go_on, .n = 4, .killed = 1 << 3, .variants = 3)
{
  const uint32_t all[] = {3, 1, 0, 2}, living[] = {1, 2, 0};
  sacred_group *g = NULL;
  sacred_barrier *b = NULL;

  /* it dies before it comes, as the leader of the list, or in the middle */
  if (LAST(me)) {
    if (me->variant > 0)
      GIVES(sacred_group_split(me->group, me->variant == 1 ? all : (const uint32_t[]){0, 1, 2, 3}, 4, &g, shortly()),
            SACRED_TIMEOUT);
    atomic_store(&me->word[0], 1);
    rank_die(me);
  }
  if (me->variant > 0)
    await_word(me, 0, 1);
  NOTE("splits with a dead rank");
  GIVES(sacred_group_split(me->group, me->variant < 2 ? all : (const uint32_t[]){0, 1, 2, 3}, 4, &g, SACRED_FOREVER),
        SACRED_ERR_DEAD);
  CHECK(strstr(sacred_open_error(), "rank 3"));
  CHECK(g == NULL);

  NOTE("splits off the living");
  OK(sacred_group_split(me->group, living, 3, &g, soon()));
  OK(sacred_barrier_create(g, SACRED_FULL, &b, soon()));
  for (int k = 0; k < 100; k++)
    OK(sacred_barrier_wait(b, soon()));
  OK(sacred_group_close(g, soon()));
}

/* The last one dies between the two gatherings of an open. */
static int dying_allgather(void *arg, const void *mine, void *all, size_t size)
{
  struct rank *me = arg;
  if (LAST(me) && atomic_fetch_add(&me->word[0], 1) == 1)
    rank_die(me);
  /* who lives does not hear of the dead: its allgather fails, as an MPI's would */
  return !LAST(me) && atomic_fetch_add(&me->word[1 + me->rank], 1) == 1 ? -1 : rank_allgather(arg, mine, all, size);
}

TEST(death_in_an_open_fails_the_open, .n = 3, .killed = 1 << 2, .unopened = true)
{
  sacred_group *g = (sacred_group *)(void *)me;

  GIVES(sacred_group_open_with(&g, me->rank, me->size, dying_allgather, me, soon()), SACRED_ERR_SYSTEM);

  CHECK(g == NULL);
  CHECK(strstr(sacred_open_error(), "-1"));
}

TEST(death_in_the_middle_of_a_flush_lets_nobody_leave, .n = 4, .killed = 1 << 3, .variants = 10)
{
  enum { SIZE = 1 << 20 };
  sacred_barrier *b = new_barrier(me, SACRED_FULL);
  sacred_region *r = new_region(me, 2 * SIZE);

  OK(sacred_barrier_wait(b, soon()));
  meet(me, 200, 4);
  if (LAST(me)) {
    for (uint32_t i = 0; i < 3; i++)
      POST(sacred_region_put(r, i, 0, SIZE, SIZE, NULL));
    OK(sacred_barrier_arrive(b));
    for (int looks = me->variant; looks > 0; looks--)
      if (sacred_barrier_test(b) != SACRED_AGAIN)
        break;
    rank_die(me);
  }
  /* it had entered: who has its word may leave this epoch, and none behind it */
  int left = 0;
  for (int errors = 0; errors < 20;) {
    int status = sacred_barrier_wait(b, soon());
    if (status == SACRED_OK) {
      CHECK(++left <= 1);
      continue;
    }
    GIVES(status, SACRED_ERR_DEAD);
    errors++;
    rank_sleep(1);
  }
  names(me, 3);
}

/* A crash leaves nothing behind, and what is started next works. */
static void crashes(struct rank *me)
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  OK(sacred_barrier_wait(b, soon()));
  meet(me, 0, me->size);
  rank_die(me);
}

static void works(struct rank *me)
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  for (int k = 0; k < 10; k++)
    OK(sacred_barrier_wait(b, soon()));
}

/* How many files of ours there are that belong to no running process: others may be at work on this machine. */
static int left_in_shm(char *name, size_t size)
{
  int n = 0;
  DIR *d = opendir("/dev/shm");
  for (struct dirent *e; d && (e = readdir(d));)
    if (strstr(e->d_name, "sacred")) {
      n++;
      snprintf(name, size, "%s", e->d_name);
    }
  if (d)
    closedir(d);
  return n;
}

static void crash_leaves_nothing_and_a_restart_works(void **state)
{
  (void)state;
  char name[256] = "";
  int before = left_in_shm(name, sizeof name);

  for (int k = 0; k < 3; k++) {
    assert_int_equal(ranks_run("crash_leaves_nothing_and_a_restart_works", crashes, (struct how){.n = 3, .killed = 7}),
                     0);
    assert_int_equal(ranks_run("crash_leaves_nothing_and_a_restart_works", works, (struct how){.n = 3}), 0);
  }

  int after = left_in_shm(name, sizeof name);
  for (int k = 0; after > before && k < 50; k++) {
    rank_sleep(100);
    after = left_in_shm(name, sizeof name);
  }
  if (after > before)
    fail_msg("left in /dev/shm: %s", name);
}

RUN(cmocka_unit_test(death_before_arriving_lets_nobody_leave),
    cmocka_unit_test(death_after_arriving_and_before_signalling_lets_nobody_leave),
    cmocka_unit_test(death_while_waiting_ends_every_later_epoch),
    cmocka_unit_test(death_at_a_random_moment_hangs_nobody), cmocka_unit_test(dead_root_of_a_broadcast_is_named),
    cmocka_unit_test(root_that_dies_in_the_middle_of_a_broadcast_is_named),
    cmocka_unit_test(dead_receiver_of_a_broadcast_ends_the_root), cmocka_unit_test(death_in_a_table_push_tears_no_row),
    cmocka_unit_test(flag_of_a_dead_rank_ends_the_wait), cmocka_unit_test(fence_with_a_dead_rank_ends),
    cmocka_unit_test(two_deaths_are_both_named), cmocka_unit_test(create_with_a_dead_rank_ends),
    cmocka_unit_test(death_is_known_at_once), cmocka_unit_test(create_says_who_is_dead),
    cmocka_unit_test(close_with_a_dead_rank_ends), cmocka_unit_test(split_with_a_dead_rank_ends_and_the_living_go_on),
    cmocka_unit_test(death_in_an_open_fails_the_open),
    cmocka_unit_test(death_in_the_middle_of_a_flush_lets_nobody_leave),
    cmocka_unit_test(crash_leaves_nothing_and_a_restart_works))
