/* What the tests of tests/ leave out: long runs and long broadcasts over a real wire. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "ranks.h"

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

/* The byte at `at` of what `root` sends. */
static unsigned char byte(uint32_t root, uint64_t at)
{
  uint64_t x = (at + 1) * UINT64_C(0x9e3779b97f4a7c15) + root;
  return (unsigned char)(x >> 56 ^ x >> 23);
}

static void broadcast(struct rank *me, uint64_t size)
{
  sacred_broadcast *c = NULL;
  unsigned char *buf = malloc(size);
  CHECK(buf != NULL);
  OK(sacred_broadcast_create(me->group, &c, soon()));

  uint32_t root = 1 % me->size;
  for (uint64_t i = 0; i < size; i++)
    buf[i] = me->rank == root ? byte(root, i) : 0;
  uint64_t begin = sacred_now();
  NOTE("is in a broadcast of %llu bytes", (unsigned long long)size);
  OK(sacred_broadcast_run(c, root, buf, size, sacred_in(200000000000)));
  double took = (double)(sacred_now() - begin) / 1e9;
  for (uint64_t i = 0; i < size; i++)
    if (buf[i] != byte(root, i))
      rank_fail(me, __FILE__, __LINE__, "byte %llu of %llu is another", (unsigned long long)i,
                (unsigned long long)size);

  if (me->rank == 0)
    printf("    %llu bytes to %u ranks in %.2f s\n", (unsigned long long)size, me->size, took);
  free(buf);
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

/* Every primitive in turn, with data that is checked: what each option of the wire and each fault is run with. */
TEST(all_primitives_work_together, .from = 2, .n = 8, .seconds = 120)
{
  enum { SIZE = 20011, WORDS = 100 };
  const char *rounds = getenv("ROUNDS");
  sacred_barrier *b = new_barrier(me, SACRED_FULL);
  sacred_region *r = new_region(me, 2 * SIZE);
  sacred_flag *f = new_flag(me);
  sacred_table *t = NULL;
  sacred_broadcast *c = NULL;
  unsigned char *base = sacred_region_base(r), buf[SIZE];
  uint64_t row[WORDS], version;
  uint32_t next = (me->rank + 1) % me->size, before = (me->rank + me->size - 1) % me->size;
  if (me->size != 2 && me->size != 4 && me->size != 8)
    return;
  OK(sacred_table_create(me->group, WORDS, &t, soon()));
  OK(sacred_broadcast_create(me->group, &c, soon()));

  for (uint64_t k = 1; k <= (rounds ? strtoull(rounds, NULL, 10) : 5); k++) {
    NOTE("is in round %llu", (unsigned long long)k);
    uint64_t ticket = 0;
    memset(base + SIZE, (int)(k + me->rank), SIZE);
    POST(sacred_region_put(r, next, 0, SIZE, SIZE, &ticket));
    POST(sacred_flag_raise(f, next, k));
    OK(sacred_flag_wait(f, before, k, soon()));
    for (int i = 0; i < SIZE; i++)
      EQUAL(base[i], (k + before) & 0xff);
    OK(sacred_region_wait(r, next, ticket, soon()));
    for (int i = 0; i < WORDS; i++)
      row[i] = k * me->size + me->rank;
    POST(sacred_table_write(t, row));
    POST(sacred_table_push_all(t));
    OK(sacred_table_read_until(t, before, k, row, &version, soon()));
    for (int i = 0; i < WORDS; i++)
      EQUAL(row[i], version * me->size + before);
    uint32_t root = (uint32_t)(k % me->size);
    for (int i = 0; i < SIZE; i++)
      buf[i] = me->rank == root ? byte(root + (uint32_t)k, (uint64_t)i) : 0;
    OK(sacred_broadcast_run(c, root, buf, SIZE, soon()));
    for (int i = 0; i < SIZE; i++)
      EQUAL(buf[i], byte(root + (uint32_t)k, (uint64_t)i));
    OK(sacred_barrier_wait(b, soon()));
    memset(base, 0, SIZE);
    POST(sacred_region_get(r, before, 0, SIZE, SIZE, &ticket)); /* a get of what its owner has not touched since */
    OK(sacred_region_wait(r, before, ticket, soon()));
    for (int i = 0; i < SIZE; i++)
      EQUAL(base[i], (k + before) & 0xff);
    OK(sacred_barrier_wait(b, soon()));
  }
}

RUN(cmocka_unit_test(all_primitives_work_together), cmocka_unit_test(two_groups_work_at_once),
    cmocka_unit_test(two_nodes_cross_a_hundred_thousand_epochs), cmocka_unit_test(two_nodes_broadcast_256_MiB),
    cmocka_unit_test(eight_nodes_broadcast_8_MiB_and_a_byte))
