/* Regions, flags and fences: data goes before its flag, and a fence makes it visible to a third rank. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "ranks.h"

static uint64_t word_at(sacred_region *r, uint64_t offset)
{
  return atomic_load((_Atomic uint64_t *)(void *)((unsigned char *)sacred_region_base(r) + offset));
}

TEST(flag_publishes_the_data_before_it, .n = 2)
{
  enum { BLOCK = 8192, SLOTS = 4 };
  sacred_region *r = new_region(me, 2 * SLOTS * BLOCK);
  sacred_flag *f = new_flag(me);
  unsigned char *base = sacred_region_base(r);
  uint64_t ticket[SLOTS] = {0};

  for (uint64_t k = 1; k <= times(3000); k++) {
    NOTE("is at epoch %llu", (unsigned long long)k);
    uint64_t at = k % SLOTS * BLOCK;
    if (me->rank == 0) {
      if (k > SLOTS) {
        OK(sacred_flag_wait(f, 1, k - SLOTS, soon())); /* the peer has looked at the slot */
        OK(sacred_region_wait(r, 1, ticket[k % SLOTS], soon()));
      }
      memset(base + SLOTS * BLOCK + at, (int)(k % 251), BLOCK);
      POST(sacred_region_put(r, 1, at, SLOTS * BLOCK + at, BLOCK, &ticket[k % SLOTS]));
      POST(sacred_flag_raise(f, 1, k));
    } else {
      OK(sacred_flag_wait(f, 0, k, soon()));
      for (int i = 0; i < BLOCK; i++)
        EQUAL(base[at + i], k % 251);
      POST(sacred_flag_raise(f, 0, k));
    }
  }
}

TEST(flag_publishes_a_word_before_it, .n = 4)
{
  sacred_region *r = new_region(me, 64 * RANKS_MAX);
  sacred_flag *f = new_flag(me);

  for (uint64_t k = 1; k <= times(2000); k++) {
    for (uint32_t i = 0; i < me->size; i++) {
      POST(sacred_region_put_word(r, i, 64 * me->rank, k));
      POST(sacred_flag_raise(f, i, k));
    }
    for (uint32_t j = 0; j < me->size; j++) {
      OK(sacred_flag_wait(f, j, k, soon()));
      if (j != me->rank)
        CHECK(word_at(r, 64 * j) >= k);
    }
  }
}

TEST(flag_never_goes_back, .n = 2)
{
  sacred_flag *f = new_flag(me);
  uint32_t peer = 1 - me->rank;

  POST(sacred_flag_raise(f, peer, 5));
  GIVES(sacred_flag_raise(f, peer, 4), SACRED_ERR_RANGE);
  OK(sacred_flag_raise(f, peer, 5));
  OK(sacred_flag_wait(f, peer, 5, soon()));
  OK(sacred_flag_test(f, peer, 3));
  GIVES(sacred_flag_test(f, peer, 6), SACRED_AGAIN);
  GIVES(sacred_flag_wait(f, peer, 6, 0), SACRED_TIMEOUT);
  GIVES(sacred_flag_wait(f, peer, 6, shortly()), SACRED_TIMEOUT);
  OK(sacred_flag_test(f, peer, 5));

  meet(me, 0, 2);
  POST(sacred_flag_raise(f, peer, UINT64_MAX));
  OK(sacred_flag_wait(f, peer, UINT64_MAX, soon()));
}

TEST(flag_that_is_seen_stays_seen, .n = 2)
{
  sacred_flag *f = new_flag(me);
  uint64_t last = times(20000), seen = 0;

  if (me->rank == 0) {
    for (uint64_t k = 1; k <= last; k++)
      POST(sacred_flag_raise(f, 1, k));
    return;
  }
  for (uint64_t until = soon(); seen < last;) {
    NOTE("has seen %llu", (unsigned long long)seen);
    OK(sacred_flag_test(f, 0, seen));
    if (sacred_flag_test(f, 0, seen + 1) == SACRED_OK)
      seen++;
    CHECK(sacred_now() < until);
  }
}

TEST(flag_at_myself_is_a_flag, .n = 2)
{
  sacred_flag *f = new_flag(me);

  GIVES(sacred_flag_test(f, me->rank, 1), SACRED_AGAIN);
  OK(sacred_flag_raise(f, me->rank, 1));

  OK(sacred_flag_test(f, me->rank, 1));
  OK(sacred_flag_wait(f, me->rank, 1, 0));
}

TEST(fence_makes_a_put_visible_to_a_third_rank, .n = 3)
{
  sacred_region *r = new_region(me, 4096);
  sacred_flag *f = new_flag(me);
  sacred_fence *fence = NULL;
  unsigned char *base = sacred_region_base(r);
  OK(sacred_fence_create(me->group, &fence, soon()));
  GIVES(sacred_fence_test(fence), SACRED_ERR_STATE);
  says(me, "none is begun");

  /* 0 writes to 1, fences, tells 2; 2 gets it from 1, and tells 0 that it may go on */
  for (uint64_t k = 1; k <= times(2000); k++) {
    NOTE("is at %llu", (unsigned long long)k);
    if (me->rank == 0) {
      if (k > 1)
        OK(sacred_flag_wait(f, 2, k - 1, soon()));
      memset(base + 1024, (int)(k % 251), 1024);
      POST(sacred_region_put(r, 1, 0, 1024, 1024, NULL));
      OK(sacred_fence_wait(fence, soon()));
      POST(sacred_flag_raise(f, 2, k));
    } else if (me->rank == 2) {
      uint64_t ticket;
      OK(sacred_flag_wait(f, 0, k, soon()));
      POST(sacred_region_get(r, 1, 2048, 0, 1024, &ticket));
      OK(sacred_region_wait(r, 1, ticket, soon()));
      for (int i = 0; i < 1024; i++)
        EQUAL(base[2048 + i], k % 251);
      POST(sacred_flag_raise(f, 0, k));
    }
  }
}

TEST(fence_can_be_split_and_times_out, .n = 3)
{
  sacred_region *r = new_region(me, 1 << 20);
  sacred_fence *fence = NULL;
  uint32_t ranks[3];
  OK(sacred_fence_create(me->group, &fence, soon()));

  for (uint64_t k = 1; k <= times(100); k++) {
    for (uint32_t i = 0; i < me->size; i++)
      POST(sacred_region_put(r, i, 0, 1 << 19, 1 << 18, NULL));
    OK(sacred_fence_start(fence));
    GIVES(sacred_fence_start(fence), SACRED_ERR_STATE);
    int status = sacred_fence_wait(fence, 0);
    while (status == SACRED_TIMEOUT) {
      CHECK(sacred_fence_missing(fence, ranks) <= 2);
      status = sacred_fence_wait(fence, sacred_in(100000));
    }
    GIVES(status, SACRED_OK);
    EQUAL(sacred_fence_missing(fence, ranks), 0);
  }

  GIVES(sacred_fence_test(fence), SACRED_ERR_STATE);
  says(me, "none is begun");
}

TEST(a_completed_put_frees_its_source_and_a_completed_get_has_arrived, .n = 2)
{
  enum { SIZE = 100003 };
  sacred_region *r = new_region(me, 4 * SIZE);
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  unsigned char *base = sacred_region_base(r);
  uint32_t peer = 1 - me->rank;
  uint64_t ticket;

  for (uint64_t k = 1; k <= times(200); k++) {
    memset(base, (int)(k % 251), SIZE);
    POST(sacred_region_put(r, peer, SIZE, 0, SIZE, &ticket));
    OK(sacred_region_wait(r, peer, ticket, soon()));
    OK(sacred_region_test(r, peer, ticket));
    memset(base, 255, SIZE); /* must not be seen there */
    OK(sacred_barrier_wait(b, soon()));
    for (int i = 0; i < SIZE; i++)
      EQUAL(base[SIZE + i], k % 251);
    POST(sacred_region_get(r, peer, 2 * SIZE, SIZE, SIZE, &ticket));
    OK(sacred_region_wait(r, peer, ticket, soon()));
    for (int i = 0; i < SIZE; i++)
      EQUAL(base[2 * SIZE + i], k % 251);
    OK(sacred_barrier_wait(b, soon()));
  }
}

TEST(region_is_zero_aligned_and_of_its_size, .n = 3)
{
  const uint64_t wanted[] = {1, 7, 64, 65, 100000};

  for (int s = 0; s < 5; s++) {
    sacred_region *r = new_region(me, wanted[s]);
    unsigned char *base = sacred_region_base(r);
    EQUAL((uintptr_t)base % 64, 0);
    EQUAL(sacred_region_size(r), wanted[s]);
    for (uint64_t i = 0; i < wanted[s]; i++)
      EQUAL(base[i], 0);
    memset(base, 0xff, wanted[s]); /* the next must be zero again */
  }
}

TEST(nothing_is_posted_outside_of_a_region, .n = 2)
{
  enum { SIZE = 1000 };
  sacred_region *r = new_region(me, SIZE), *after = new_region(me, 64);
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  const uint64_t bad[][2] = {/* offset, length */
                             {0, SIZE + 1},
                             {1, SIZE},
                             {SIZE, 1},
                             {SIZE + 1, 0},
                             {UINT64_MAX, 1},
                             {UINT64_MAX, 2},
                             {UINT64_MAX, 0},
                             {1, UINT64_MAX},
                             {UINT64_MAX, UINT64_MAX},
                             {UINT64_MAX - 7, 8},
                             {UINT64_C(1) << 63, UINT64_C(1) << 63},
                             {(UINT64_C(1) << 63) + 1, (UINT64_C(1) << 63) - 1},
                             {UINT64_C(1) << 32, 1},
                             {0, UINT64_C(1) << 32}};
  uint32_t peer = 1 - me->rank;
  memset(sacred_region_base(r), 1, SIZE);

  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    GIVES(sacred_region_put(r, peer, bad[k][0], 0, bad[k][1], NULL), SACRED_ERR_RANGE);
    says(me, bad[k][1] > SIZE ? "the length" : "offset `to`");
    GIVES(sacred_region_put(r, peer, 0, bad[k][0], bad[k][1], NULL), SACRED_ERR_RANGE);
    says(me, bad[k][1] > SIZE ? "the length" : "offset `from`");
    GIVES(sacred_region_get(r, peer, bad[k][0], 0, bad[k][1], NULL), SACRED_ERR_RANGE);
    GIVES(sacred_region_get(r, peer, 0, bad[k][0], bad[k][1], NULL), SACRED_ERR_RANGE);
  }
  GIVES(sacred_region_put_word(r, peer, SIZE - 7, 1), SACRED_ERR_RANGE);
  GIVES(sacred_region_put_word(r, peer, UINT64_MAX - 7, 1), SACRED_ERR_RANGE);
  GIVES(sacred_region_put_word(r, peer, UINT64_MAX - 3, 1), SACRED_ERR_RANGE);
  GIVES(sacred_region_put_word(r, peer, 4, 1), SACRED_ERR_RANGE);
  says(me, "4, is no multiple of 8");
  GIVES(sacred_region_put(r, 2, 0, 0, 1, NULL), SACRED_ERR_RANK);
  GIVES(sacred_region_get(r, UINT32_MAX, 0, 0, 1, NULL), SACRED_ERR_RANK);
  GIVES(sacred_region_put_word(r, 2, 0, 1), SACRED_ERR_RANK);
  GIVES(sacred_region_test(r, peer, UINT64_MAX), SACRED_ERR_RANGE);
  says(me, "ticket 18446744073709551615");

  OK(sacred_barrier_wait(b, soon()));
  EQUAL(word_at(after, 0), 0);
}

TEST(the_borders_of_a_region_can_be_used, .n = 2)
{
  enum { SIZE = 1000 };
  sacred_region *r = new_region(me, SIZE);
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  unsigned char *base = sacred_region_base(r);
  uint32_t peer = 1 - me->rank;

  memset(base, 3, 500);
  POST(sacred_region_put(r, peer, SIZE - 1, 0, 1, NULL));
  POST(sacred_region_put(r, peer, SIZE, 0, 0, NULL));
  POST(sacred_region_put(r, peer, 0, SIZE, 0, NULL));
  POST(sacred_region_put(r, peer, 501, 0, 13, NULL));
  POST(sacred_region_put_word(r, peer, SIZE - 8 - SIZE % 8 - 8, 77));
  OK(sacred_barrier_wait(b, soon()));

  EQUAL(base[SIZE - 1], 3);
  EQUAL(base[500], 0);
  EQUAL(base[501], 3);
  EQUAL(base[513], 3);
  EQUAL(base[514], 0);
  EQUAL(word_at(r, SIZE - 8 - SIZE % 8 - 8), 77);
}

TEST(a_put_to_myself_is_a_put, .n = 2)
{
  sacred_region *r = new_region(me, 256);
  unsigned char *base = sacred_region_base(r);
  uint64_t ticket;

  memset(base, 9, 64);
  POST(sacred_region_put(r, me->rank, 64, 0, 64, &ticket));
  OK(sacred_region_wait(r, me->rank, ticket, soon()));
  EQUAL(base[127], 9);
  POST(sacred_region_get(r, me->rank, 128, 64, 64, &ticket));
  OK(sacred_region_wait(r, me->rank, ticket, soon()));

  EQUAL(base[191], 9);
}

TEST(a_full_wire_says_so_and_empties_again, .n = 2)
{
  enum { PUTS = 20000 };
  sacred_region *r = new_region(me, 4096);
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  uint32_t peer = 1 - me->rank;

  for (uint64_t k = 1; k <= PUTS; k++)
    POST(sacred_region_put_word(r, peer, 8 * (k % 512), k));
  OK(sacred_barrier_wait(b, soon()));

  EQUAL(word_at(r, 8 * (PUTS % 512)), PUTS);
}

RUN(cmocka_unit_test(flag_publishes_the_data_before_it), cmocka_unit_test(flag_publishes_a_word_before_it),
    cmocka_unit_test(flag_never_goes_back), cmocka_unit_test(flag_that_is_seen_stays_seen),
    cmocka_unit_test(flag_at_myself_is_a_flag), cmocka_unit_test(fence_makes_a_put_visible_to_a_third_rank),
    cmocka_unit_test(fence_can_be_split_and_times_out),
    cmocka_unit_test(a_completed_put_frees_its_source_and_a_completed_get_has_arrived),
    cmocka_unit_test(region_is_zero_aligned_and_of_its_size), cmocka_unit_test(nothing_is_posted_outside_of_a_region),
    cmocka_unit_test(the_borders_of_a_region_can_be_used), cmocka_unit_test(a_put_to_myself_is_a_put),
    cmocka_unit_test(a_full_wire_says_so_and_empties_again))
