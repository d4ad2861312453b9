/* The barrier: nobody leaves before everybody has entered, and what it says of data holds. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "ranks.h"
#include "wire.h"
#include <sched.h>
#include <time.h>

/* Enter the next epoch in the eyes of the test; leave it, and look whether all had entered. */
static void enter(struct rank *me)
{
  atomic_fetch_add(&me->word[me->rank], 1);
}

static void leave(struct rank *me)
{
  uint64_t epoch = me->word[me->rank];
  for (uint32_t j = 0; j < me->size; j++) {
    uint64_t theirs = me->word[j];
    if (theirs < epoch || theirs > epoch + 1)
      rank_fail(me, __FILE__, __LINE__, "left epoch %llu while rank %u had entered %llu", (unsigned long long)epoch, j,
                (unsigned long long)theirs);
  }
}

static void cross(struct rank *me, sacred_barrier *b, uint64_t epochs)
{
  for (uint64_t k = 1; k <= epochs; k++) {
    NOTE("is in epoch %llu", (unsigned long long)k);
    enter(me);
    OK(sacred_barrier_wait(b, soon()));
    leave(me);
  }
}

/* Wait for `ms` milliseconds in vain. */
static void wait_in_vain(struct rank *me, sacred_barrier *b, unsigned ms)
{
  GIVES(sacred_barrier_wait(b, sacred_in(ms * UINT64_C(1000000))), SACRED_TIMEOUT);
}

/* The signals of those that are not late are on the way: wait until only the late are missing, never fewer. */
static void only_missing(struct rank *me, sacred_barrier *b, const uint32_t *want, uint32_t n)
{
  uint32_t ranks[RANKS_MAX], got = 0;
  for (uint64_t until = soon(); sacred_now() < until;) {
    got = sacred_barrier_missing(b, ranks);
    for (uint32_t k = 0; k < n; k++) {
      bool there = false;
      for (uint32_t i = 0; i < got; i++)
        there |= ranks[i] == want[k];
      CHECK(there);
    }
    for (uint32_t i = 1; i < got; i++)
      CHECK(ranks[i - 1] < ranks[i]);
    for (uint32_t i = 0; i < got; i++)
      CHECK(ranks[i] < me->size && ranks[i] != me->rank);
    if (got == n)
      return;
    wait_in_vain(me, b, 2);
  }
  rank_fail(me, __FILE__, __LINE__, "%u ranks are missing in the end, not %u", got, n);
}

TEST(nobody_leaves_before_everybody_has_entered, .from = 1, .n = 16, .variants = 3)
{
  sacred_barrier *b = new_barrier(me, (enum sacred_strength)me->variant);

  cross(me, b, times(me->size <= 4 ? 1000 : me->size <= 8 ? 200 : 60));
}

TEST(two_ranks_cross_a_hundred_thousand_epochs, .n = 2, .seconds = 120)
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);

  cross(me, b, times(100000));
}

TEST(three_ranks_cross_ten_thousand_epochs, .n = 3, .seconds = 120)
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);

  cross(me, b, times(10000));
}

TEST(late_rank_blocks_barrier, .n = 3, .variants = 3)
{
  sacred_barrier *b = new_barrier(me, (enum sacred_strength)me->variant);

  if (me->rank == 2)
    await_word(me, 100, 2);
  enter(me);
  if (me->rank != 2) {
    wait_in_vain(me, b, 30);
    atomic_fetch_add(&me->word[100], 1);
  }
  OK(sacred_barrier_wait(b, soon()));

  leave(me);
}

TEST(missing_are_exactly_the_late_ranks, .n = 6)
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  const uint32_t late_ranks[] = {1, 4};
  uint32_t ranks[RANKS_MAX];

  if (me->rank == 1 || me->rank == 4) {
    await_word(me, 100, 4);
  } else {
    wait_in_vain(me, b, 5);
    only_missing(me, b, late_ranks, 2);
    atomic_fetch_add(&me->word[100], 1);
  }
  OK(sacred_barrier_wait(b, soon()));

  EQUAL(sacred_barrier_missing(b, ranks), 0);
}

TEST(late_ranks_of_one_barrier_are_not_those_of_another, .n = 6)
{
  sacred_barrier *first = new_barrier(me, SACRED_ARRIVE), *second = new_barrier(me, SACRED_ARRIVE);
  const uint32_t last[] = {5}, others[] = {1, 2, 3, 4, 5};

  if (me->rank == 5) {
    await_word(me, 100, 5);
  } else {
    wait_in_vain(me, first, 5);
    only_missing(me, first, last, 1);
    atomic_fetch_add(&me->word[100], 1);
  }
  OK(sacred_barrier_wait(first, soon()));

  if (me->rank == 0) {
    OK(sacred_barrier_arrive(second));
    GIVES(sacred_barrier_test(second), SACRED_AGAIN);
    only_missing(me, second, others, 5);
  }
  meet(me, 101, 6);
  OK(sacred_barrier_wait(second, soon()));
}

TEST(missing_says_nothing_where_no_epoch_is_entered, .n = 2)
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  uint32_t ranks[2];

  EQUAL(sacred_barrier_missing(b, ranks), 0);
}

TEST(random_delays_and_calls_keep_ranks_apart, .n = 4, .variants = 3)
{
  sacred_barrier *b = new_barrier(me, (enum sacred_strength)me->variant);

  for (uint64_t k = 1; k <= times(300); k++) {
    NOTE("is in epoch %llu", (unsigned long long)k);
    if (rank_random(me) % 4 == 0)
      rank_delay(me, 1000);
    enter(me);
    if (rank_random(me) % 2)
      OK(sacred_barrier_arrive(b));
    int status;
    uint64_t until = soon();
    do {
      uint64_t r = rank_random(me) % 4;
      status = r == 0   ? sacred_barrier_wait(b, 0)
               : r == 1 ? sacred_barrier_wait(b, sacred_in(rank_random(me) % 50000))
                        : sacred_barrier_wait(b, sacred_in(5000000));
      CHECK(sacred_now() < until);
    } while (status == SACRED_TIMEOUT);
    GIVES(status, SACRED_OK);
    leave(me);
  }
}

TEST(split_phase_goes_on_without_waiting, .n = 3)
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);

  GIVES(sacred_barrier_test(b), SACRED_ERR_STATE);
  for (uint64_t k = 1; k <= times(200); k++) {
    enter(me);
    OK(sacred_barrier_arrive(b));
    GIVES(sacred_barrier_arrive(b), SACRED_ERR_STATE);
    says(me, "is begun and not over");
    int status;
    uint64_t until = soon();
    while ((status = sacred_barrier_test(b)) == SACRED_AGAIN)
      CHECK(sacred_now() < until);
    GIVES(status, SACRED_OK);
    leave(me);
  }

  GIVES(sacred_barrier_test(b), SACRED_ERR_STATE);
}

TEST(arrive_alone_tells_nobody, .n = 2)
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);

  if (me->rank == 1) {
    OK(sacred_barrier_arrive(b));
    await_word(me, 100, 1);
  } else {
    wait_in_vain(me, b, 20);
    atomic_store(&me->word[100], 1);
  }

  OK(sacred_barrier_wait(b, soon()));
}

TEST(deadline_zero_looks_once_and_can_go_on, .n = 2)
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);

  if (me->rank == 0) {
    for (int k = 0; k < 1000; k++)
      GIVES(sacred_barrier_wait(b, 0), SACRED_TIMEOUT);
    GIVES(sacred_barrier_wait(b, 1), SACRED_TIMEOUT);
    atomic_store(&me->word[100], 1);
  } else {
    await_word(me, 100, 1);
  }

  OK(sacred_barrier_wait(b, soon()));
}

TEST(timeout_comes_in_time, .n = 2)
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);

  if (me->rank == 0) {
    uint64_t begin = sacred_now();
    wait_in_vain(me, b, 50);
    uint64_t took = sacred_now() - begin;
    CHECK(took >= 50000000);
    CHECK(took < 5000000000u);
    atomic_store(&me->word[100], 1);
  } else {
    await_word(me, 100, 1);
  }

  OK(sacred_barrier_wait(b, soon()));
}

TEST(stopped_rank_is_late_and_not_dead, .n = 3, .variants = 3)
{
  sacred_barrier *b = new_barrier(me, (enum sacred_strength)me->variant);
  uint32_t dead[3], n = 9;
  const uint32_t stopped[] = {2};

  cross(me, b, 10);
  meet(me, 100, 3);
  if (me->rank == 2) {
    await_word(me, 101, 2);
  } else {
    if (me->rank == 0)
      CHECK(kill(rank_pid(me, 2), SIGSTOP) == 0);
    wait_in_vain(me, b, 200);
    if (me->variant != SACRED_FULL)
      only_missing(me, b, stopped, 1);
    OK(sacred_group_dead(me->group, dead, 3, &n));
    EQUAL(n, 0);
    atomic_fetch_add(&me->word[101], 1);
    if (me->rank == 0) {
      await_word(me, 101, 2);
      CHECK(kill(rank_pid(me, 2), SIGCONT) == 0);
    }
  }
  OK(sacred_barrier_wait(b, soon()));

  OK(sacred_group_dead(me->group, dead, 3, &n));
  EQUAL(n, 0);
}

/* Epochs near powers of two: nothing wraps, nothing is compared in fewer bits. */
#define AT_EPOCH(name, start)                                                                                          \
  TEST(name, .n = 3, .epoch = start)                                                                                   \
  {                                                                                                                    \
    sacred_barrier *b = new_barrier(me, SACRED_INBOUND);                                                               \
    const uint32_t late_ranks[] = {2};                                                                                 \
                                                                                                                       \
    cross(me, b, 10);                                                                                                  \
    if (me->rank == 2) {                                                                                               \
      await_word(me, 100, 2);                                                                                          \
    } else {                                                                                                           \
      wait_in_vain(me, b, 2);                                                                                          \
      only_missing(me, b, late_ranks, 1);                                                                              \
      atomic_fetch_add(&me->word[100], 1);                                                                             \
    }                                                                                                                  \
                                                                                                                       \
    OK(sacred_barrier_wait(b, soon()));                                                                                \
  }
AT_EPOCH(epochs_cross_two_to_the_31, "2147483643")
AT_EPOCH(epochs_cross_two_to_the_32, "4294967291")
AT_EPOCH(epochs_cross_two_to_the_63, "9223372036854775803")

TEST(the_last_epoch_is_refused_and_never_wraps, .n = 2, .epoch = "18446744073709551612")
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);

  cross(me, b, 3);

  GIVES(sacred_barrier_arrive(b), SACRED_ERR_RANGE);
  GIVES(sacred_barrier_wait(b, soon()), SACRED_ERR_RANGE);
}

TEST(what_was_posted_to_me_before_is_visible, .from = 2, .n = 5, .variants = 2)
{
  enum { SLOTS = 4, BLOCK = 4096 };
  sacred_barrier *b = new_barrier(me, me->variant ? SACRED_FULL : SACRED_INBOUND);
  /* [writer][slot] blocks, then [writer] words, then my sources */
  uint64_t words = (uint64_t)me->size * SLOTS * BLOCK, sources = words + 64 * (uint64_t)me->size;
  sacred_region *r = new_region(me, sources + SLOTS * BLOCK);
  unsigned char *base = sacred_region_base(r);
  uint64_t ticket[SLOTS][RANKS_MAX] = {{0}};

  for (uint64_t k = 1; k <= times(400); k++) {
    NOTE("is in epoch %llu", (unsigned long long)k);
    uint64_t s = k % SLOTS;
    for (uint32_t i = 0; i < me->size; i++)
      if (k > SLOTS)
        OK(sacred_region_wait(r, i, ticket[s][i], soon()));
    memset(base + sources + s * BLOCK, (int)(k % 251), BLOCK);
    for (uint32_t i = 0; i < me->size; i++) {
      POST(sacred_region_put(r, i, (me->rank * SLOTS + s) * BLOCK, sources + s * BLOCK, BLOCK, &ticket[s][i]));
      POST(sacred_region_put_word(r, i, words + 64 * me->rank, k));
    }
    OK(sacred_barrier_wait(b, soon()));
    for (uint32_t j = 0; j < me->size; j++) {
      NOTE("looks at what rank %u posted in epoch %llu", j, (unsigned long long)k);
      if (j == me->rank)
        continue; /* see what_i_posted_to_myself_is_visible */
      EQUAL(base[(j * SLOTS + s) * BLOCK], k % 251);
      EQUAL(base[(j * SLOTS + s) * BLOCK + BLOCK - 1], k % 251);
      uint64_t word = atomic_load((_Atomic uint64_t *)(void *)(base + words + 64 * j));
      CHECK(word == k || word == k + 1);
    }
  }
}

TEST(what_i_posted_to_myself_is_visible, .n = 2, .variants = 2)
{
  enum { BLOCK = 1024 };
  sacred_barrier *b = new_barrier(me, me->variant ? SACRED_FULL : SACRED_INBOUND);
  sacred_region *r = new_region(me, 2 * BLOCK);
  unsigned char *base = sacred_region_base(r);
  uint64_t ticket;

  for (uint64_t k = 1; k <= times(400); k++) {
    memset(base, (int)(k % 251), BLOCK);
    POST(sacred_region_put(r, me->rank, BLOCK, 0, BLOCK, &ticket));
    OK(sacred_barrier_wait(b, soon()));
    EQUAL(base[2 * BLOCK - 1], k % 251);
    OK(sacred_region_wait(r, me->rank, ticket, soon()));
  }
}

TEST(full_makes_all_visible_to_a_third_rank, .from = 3, .n = 5)
{
  enum { WORD = 64, STORED = 128, GOT = 192 };
  sacred_barrier *b = new_barrier(me, SACRED_FULL);
  sacred_barrier *again = new_barrier(me, SACRED_FULL);
  sacred_region *r = new_region(me, 512);
  unsigned char *base = sacred_region_base(r);
  uint32_t right = (me->rank + 1) % me->size, far = (me->rank + 2) % me->size;

  for (uint64_t k = 1; k <= times(400); k++) {
    NOTE("is in epoch %llu", (unsigned long long)k);
    POST(sacred_region_put_word(r, right, WORD, k));
    atomic_store_explicit((_Atomic uint64_t *)(void *)(base + STORED), k, memory_order_relaxed);
    OK(sacred_barrier_wait(b, soon()));
    uint64_t ticket;
    POST(sacred_region_get(r, far, GOT, WORD, 128, &ticket));
    OK(sacred_region_wait(r, far, ticket, soon()));
    EQUAL(*(uint64_t *)(void *)(base + GOT), k);
    EQUAL(*(uint64_t *)(void *)(base + GOT + STORED - WORD), k);
    OK(sacred_barrier_wait(again, soon()));
  }
}

/* What this process has computed, in nanoseconds: others that are at work on this machine do not count. */
static uint64_t processor_time(void)
{
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Who waits gives up its processor to those that it waits for: a wait that only spins computes for a whole slice. */
TEST(eight_ranks_on_two_processors_compute_for_less_than_a_time_slice, .n = 8)
{
  enum { EPOCHS = 1000 };
  cpu_set_t processors;
  CHECK(sched_getaffinity(0, sizeof processors, &processors) == 0);
  for (int k = 0, kept = 0; k < CPU_SETSIZE; k++)
    if (CPU_ISSET(k, &processors) && kept++ > 1)
      CPU_CLR(k, &processors);
  CHECK(sched_setaffinity(0, sizeof processors, &processors) == 0);
  sacred_group *g = NULL;
  OK(sacred_group_open_with(&g, me->rank, me->size, rank_allgather, me, soon()));
  sacred_barrier *b = NULL;
  OK(sacred_barrier_create(g, SACRED_INBOUND, &b, soon()));
  uint64_t epochs = over_verbs() ? 100 : EPOCHS, begin = processor_time();

  for (uint64_t e = 0; e < epochs; e++)
    OK(sacred_barrier_wait(b, soon()));

  uint64_t took = (processor_time() - begin) / epochs;
  if (!late() && !over_verbs() && !sanitized() && took > 1000000)
    rank_fail(me, __FILE__, __LINE__, "an epoch takes %llu us of a processor", (unsigned long long)took / 1000);
  if (me->rank == 0)
    printf("    an epoch of 8 ranks on 2 processors takes %.1f us of one\n", (double)took / 1e3);
  OK(sacred_group_close(g, soon()));
}

/* What an epoch posts to each of the others. */
static void count_posts(struct rank *me, sacred_barrier *b, uint64_t *posts)
{
  const struct wire *w = (const struct wire *)(const void *)me->group; /* its first member */
  for (uint32_t i = 0; i < me->size; i++)
    posts[i] = wire_posted(w, i);
  OK(sacred_barrier_wait(b, soon()));
  for (uint32_t i = 0; i < me->size; i++)
    posts[i] = wire_posted(w, i) - posts[i];
}

/* A signal of its own needs no flush: it has said what it was for once it is heard. */
TEST(a_full_barrier_flushes_only_to_whom_others_put, .from = 2, .n = 4)
{
  enum { AGAIN = 3 };
  sacred_barrier *b = new_barrier(me, SACRED_FULL);
  sacred_region *r = new_region(me, 64);
  uint64_t alone[RANKS_MAX], behind[RANKS_MAX];
  uint32_t to = (me->rank + 1) % me->size;

  for (int k = 0; k < AGAIN; k++) {
    count_posts(me, b, alone);
    for (uint32_t i = 0; i < me->size; i++)
      CHECK(alone[i] <= 1);
    POST(sacred_region_put_word(r, to, 8 * (me->rank % 8), 1));
    count_posts(me, b, behind);
    for (uint32_t i = 0; i < me->size; i++)
      EQUAL(behind[i], alone[i] + (i == to));
  }
}

TEST(two_barriers_run_side_by_side, .n = 4)
{
  sacred_barrier *a = new_barrier(me, SACRED_INBOUND), *b = new_barrier(me, SACRED_FULL);

  for (uint64_t k = 1; k <= times(200); k++) {
    NOTE("is in epoch %llu", (unsigned long long)k);
    enter(me);
    OK(sacred_barrier_arrive(a));
    OK(sacred_barrier_wait(b, soon()));
    leave(me);
    OK(sacred_barrier_wait(a, soon()));
  }
}

RUN(cmocka_unit_test(nobody_leaves_before_everybody_has_entered),
    cmocka_unit_test(two_ranks_cross_a_hundred_thousand_epochs),
    cmocka_unit_test(three_ranks_cross_ten_thousand_epochs), cmocka_unit_test(late_rank_blocks_barrier),
    cmocka_unit_test(missing_are_exactly_the_late_ranks),
    cmocka_unit_test(late_ranks_of_one_barrier_are_not_those_of_another),
    cmocka_unit_test(missing_says_nothing_where_no_epoch_is_entered),
    cmocka_unit_test(random_delays_and_calls_keep_ranks_apart), cmocka_unit_test(split_phase_goes_on_without_waiting),
    cmocka_unit_test(arrive_alone_tells_nobody), cmocka_unit_test(deadline_zero_looks_once_and_can_go_on),
    cmocka_unit_test(timeout_comes_in_time), cmocka_unit_test(stopped_rank_is_late_and_not_dead),
    cmocka_unit_test(epochs_cross_two_to_the_31), cmocka_unit_test(epochs_cross_two_to_the_32),
    cmocka_unit_test(epochs_cross_two_to_the_63), cmocka_unit_test(the_last_epoch_is_refused_and_never_wraps),
    cmocka_unit_test(what_was_posted_to_me_before_is_visible), cmocka_unit_test(what_i_posted_to_myself_is_visible),
    cmocka_unit_test(full_makes_all_visible_to_a_third_rank),
    cmocka_unit_test(a_full_barrier_flushes_only_to_whom_others_put), cmocka_unit_test(two_barriers_run_side_by_side),
    cmocka_unit_test(eight_ranks_on_two_processors_compute_for_less_than_a_time_slice))
