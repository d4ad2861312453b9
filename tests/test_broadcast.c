/* The broadcast: everybody has the root's bytes, and whoever disagrees is told with whom. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "broadcast.h"
#include "ranks.h"

static const uint64_t sizes[] = {0, 1, 7, 8, 4096, 1000001};
enum { SIZES = sizeof sizes / sizeof *sizes };

static const char *const trees[] = {"flat", "tree:2", "tree:3", "chain"};
enum { TREES = sizeof trees / sizeof *trees };

static sacred_broadcast *new_broadcast(struct rank *me)
{
  sacred_broadcast *c = NULL;
  OK(sacred_broadcast_create(me->group, &c, soon()));
  return c;
}

/* One that goes along this tree, whatever the environment says. */
static sacred_broadcast *new_along(struct rank *me, const char *tree)
{
  NOTE("makes a broadcast along %s", tree);
  setenv("SACRED_BROADCAST", tree, 1);
  return new_broadcast(me);
}

/* What byte i of call k from this root is. */
static unsigned char byte(uint32_t root, uint64_t k, uint64_t i)
{
  return (unsigned char)(i * 131 + (i >> 8) * 7 + (i >> 16) * 13 + k * 17 + root * 29 + 5); /* chunks differ */
}

static void fill(unsigned char *buf, uint64_t size, uint32_t root, uint64_t k)
{
  for (uint64_t i = 0; i < size; i++)
    buf[i] = byte(root, k, i);
}

static void look(struct rank *me, const unsigned char *buf, uint64_t size, uint32_t root, uint64_t k)
{
  for (uint64_t i = 0; i < size; i++)
    if (buf[i] != byte(root, k, i))
      rank_fail(me, __FILE__, __LINE__, "byte %llu of %llu of call %llu from root %u is %u, not %u",
                (unsigned long long)i, (unsigned long long)size, (unsigned long long)k, root, buf[i], byte(root, k, i));
}

/* One call, at an odd alignment, between two guard bytes that are not to be touched. */
static void call(struct rank *me, sacred_broadcast *c, unsigned char *room, uint32_t root, uint64_t size, uint64_t k)
{
  NOTE("is in call %llu, root %u, %llu bytes", (unsigned long long)k, root, (unsigned long long)size);
  unsigned char *buf = room + 1 + k % 9;
  if (me->rank == root)
    fill(buf, size, root, k);
  else
    memset(buf, 0, size);
  buf[-1] = 0xa5;
  buf[size] = 0x5a;
  OK(sacred_broadcast_run(c, root, buf, size, soon()));
  look(me, buf, size, root, k);
  EQUAL(buf[-1], 0xa5);
  EQUAL(buf[size], 0x5a);
}

TEST(everybody_has_the_bytes_of_every_root, .from = 1, .n = 5)
{
  sacred_broadcast *c = new_broadcast(me);
  unsigned char *room = malloc(1000001 + 16);
  uint64_t k = 0;

  for (int s = 0; s < SIZES; s++)
    for (uint32_t root = 0; root < (sizes[s] > 100000 && sanitized() ? 1 : me->size); root++)
      call(me, c, room, root, sizes[s], ++k);

  free(room);
}

TEST(every_tree_brings_the_bytes_of_every_root, .from = 1, .n = 7)
{
  static const uint64_t some[] = {0, 8, 4096, 200001};
  unsigned char *room = malloc(200001 + 16);
  uint64_t k = 0;

  for (int t = 0; t < TREES; t++) {
    sacred_broadcast *c = new_along(me, trees[t]);
    k = 0;
    for (int s = 0; s < (int)(sizeof some / sizeof *some); s++)
      for (uint32_t root = 0; root < me->size; root++)
        call(me, c, room, root, some[s], ++k);
  }

  free(room);
}

TEST(sixteen_ranks_share_one_megabyte, .n = 16)
{
  sacred_broadcast *c = new_broadcast(me);
  unsigned char *room = malloc(1000001 + 16);

  for (uint64_t k = 1; k <= (sanitized() ? 1 : 3); k++)
    call(me, c, room, (uint32_t)(k * 7 % 16), sizes[SIZES - 1], k);

  free(room);
}

/* Over verbs so many ranks have rows of some only: by the tree for few bytes, and by the chain for many. */
TEST(twenty_ranks_have_the_bytes_of_many_roots, .n = 20)
{
  static const uint64_t some[] = {8, 0, 70000, 8, 2 * 1048576 + 3, 4096};
  sacred_broadcast *c = new_broadcast(me);
  sacred_region *r = new_region(me, some[4] + 64);
  unsigned char *room = malloc(some[4] + 16);
  uint64_t k = 0;

  for (uint32_t root = 0; root < 20; root += sanitized() ? 13 : 3)
    for (int s = 0; s < (int)(sizeof some / sizeof *some); s++, k++)
      call(me, c, k / 2 % 2 ? sacred_region_base(r) : room, (root + (uint32_t)s * 9) % 20, some[s], k + 1);

  free(room);
}

/* Far behind in a buffer bytes are copied past the caches, four pages at a time: at whatever alignment, to the last byte. */
TEST(bytes_behind_the_first_eight_mebibytes_arrive, .n = 3)
{
  enum { SIZE = 8 * 1048576 + 5 * BROADCAST_CHUNK + 17001 };
  sacred_broadcast *c = new_broadcast(me);
  sacred_region *r = new_region(me, SIZE + 64);
  unsigned char *room = malloc(SIZE + 16);

  for (uint64_t k = 1; k <= (sanitized() ? 2 : 6); k++) {
    unsigned char *at = k % 2 ? room : sacred_region_base(r);
    call(me, c, at, (uint32_t)k % 3, SIZE, k);
    memset(at, 0, SIZE); /* whoever still read it would see this */
  }

  free(room);
}

TEST(roots_change_back_to_back, .n = 4)
{
  sacred_broadcast *c = new_broadcast(me);
  unsigned char room[70000 + 16];
  uint64_t shared = 1;

  for (uint64_t k = 1; k <= times(2000); k++) {
    shared = shared * 6364136223846793005u + 1442695040888963407u;
    call(me, c, room, (uint32_t)(shared >> 33) % 4, (shared >> 40) % 8 == 0 ? 70000 : (shared >> 45) % 200, k);
  }
}

TEST(roots_change_back_to_back_along_every_tree, .n = 5)
{
  unsigned char room[70000 + 16];

  for (int t = 0; t < TREES; t++) {
    sacred_broadcast *c = new_along(me, trees[t]);
    uint64_t shared = 1 + (uint64_t)t;
    for (uint64_t k = 1; k <= times(300); k++) {
      shared = shared * 6364136223846793005u + 1442695040888963407u;
      call(me, c, room, (uint32_t)(shared >> 33) % 5, (shared >> 40) % 8 == 0 ? 70000 : (shared >> 45) % 200, k);
    }
  }
}

TEST(a_buffer_in_a_region_is_the_callers_again, .n = 4)
{
  enum { SIZE = 5 * BROADCAST_CHUNK + 13 };
  sacred_region *r = new_region(me, SIZE + 64);
  unsigned char *base = sacred_region_base(r);

  for (int t = 0; t < TREES; t++) {
    sacred_broadcast *c = new_along(me, trees[t]);
    for (uint64_t k = 1; k <= times(200); k++) {
      uint32_t root = (uint32_t)k % 4;
      unsigned char *buf = base + 1 + k % 9;
      if (me->rank == root)
        fill(buf, SIZE, root, k);
      OK(sacred_broadcast_run(c, root, buf, SIZE, soon()));
      look(me, buf, SIZE, root, k);
      memset(buf, 0, SIZE); /* whoever still read it would see this */
    }
  }
}

TEST(who_still_reads_a_buffer_is_missing, .n = 3)
{
  enum { SIZE = 2 * BROADCAST_CHUNK };
  sacred_broadcast *c = new_along(me, "flat");
  sacred_region *r = new_region(me, SIZE);
  unsigned char *own = malloc(SIZE), *buf = me->rank == 0 ? sacred_region_base(r) : own;
  uint32_t ranks[3] = {0};

  if (me->rank == 0)
    fill(buf, SIZE, 0, 1);
  if (me->rank == 2)
    await_word(me, 0, 1);
  if (me->rank == 0 && !late() && !over_verbs()) { /* else what is lent is copied */
    GIVES(sacred_broadcast_run(c, 0, buf, SIZE, shortly()), SACRED_TIMEOUT);
    while (sacred_broadcast_missing(c, ranks) != 1) /* rank 1 may be on its way */
      GIVES(sacred_broadcast_test(c), SACRED_AGAIN);
    EQUAL(ranks[0], 2);
  }
  if (me->rank == 0)
    atomic_store(&me->word[0], 1);
  OK(sacred_broadcast_run(c, 0, buf, SIZE, soon()));
  look(me, buf, SIZE, 0, 1);
  EQUAL(sacred_broadcast_missing(c, ranks), 0);

  free(own);
}

TEST(late_parent_is_missing_below_it, .n = 3)
{
  sacred_broadcast *c = new_along(me, "chain");
  unsigned char buf[100];
  uint32_t ranks[3];

  if (me->rank == 0)
    fill(buf, sizeof buf, 0, 1);
  if (me->rank == 1)
    await_word(me, 0, 1);
  if (me->rank == 2) {
    GIVES(sacred_broadcast_run(c, 0, buf, sizeof buf, shortly()), SACRED_TIMEOUT);
    EQUAL(sacred_broadcast_missing(c, ranks), 1);
    EQUAL(ranks[0], 1);
    atomic_fetch_add(&me->word[0], 1);
  }
  OK(sacred_broadcast_run(c, 0, buf, sizeof buf, soon()));

  look(me, buf, sizeof buf, 0, 1);
}

TEST(slots_wait_for_those_to_whom_they_were_sent, .n = 3)
{
  enum { SIZE = 4 * BROADCAST_CHUNK };
  sacred_broadcast *c = new_along(me, "chain");
  unsigned char *buf = malloc(SIZE);
  uint32_t ranks[3] = {0};

  /* Root 0 sends to 1, who sends to 2; then root 1 sends to 2, who owes thanks for all slots of 1. */
  for (uint64_t k = 1; k <= 2; k++) {
    uint32_t root = (uint32_t)k - 1;
    if (me->rank == root)
      fill(buf, SIZE, root, k);
    if (me->rank == 2 && k == 1)
      await_word(me, 0, 1);
    if (me->rank == 1 && k == 2) {
      GIVES(sacred_broadcast_run(c, root, buf, SIZE, shortly()), SACRED_TIMEOUT);
      EQUAL(sacred_broadcast_missing(c, ranks), 1);
      EQUAL(ranks[0], 2);
      atomic_store(&me->word[0], 1);
    }
    OK(sacred_broadcast_run(c, root, buf, SIZE, soon()));
    look(me, buf, SIZE, root, k);
  }

  free(buf);
}

TEST(another_tree_is_a_mismatch_that_names_both, .n = 3)
{
  sacred_broadcast *c = NULL;
  setenv("SACRED_BROADCAST", me->rank == 1 ? "tree:3" : "chain", 1);

  GIVES(sacred_broadcast_create(me->group, &c, soon()), SACRED_ERR_MISMATCH);

  CHECK(c == NULL);
  says(me, "rank 1 takes tree:3");
  says(me, "rank 0 chain");
  says(me, "the same SACRED_BROADCAST");
}

/* Those of a file: small calls go one way, large ones the other, each to its end, in any order. */
TEST(small_and_large_calls_go_along_different_trees, .from = 1, .n = 7)
{
  static const uint64_t some[] = {1, 4096, 4097, 100001};
  unsigned char *room = malloc(100001 + 16);
  uint64_t k = 0, shared = 7;

  unsetenv("SACRED_BROADCAST");
  write_tuning(me, "broadcast any 4K any tree:2\nbroadcast any any any chain\n");
  sacred_broadcast *c = new_broadcast(me);
  for (uint64_t calls = times(400); k < calls;) {
    shared = shared * 6364136223846793005u + 1442695040888963407u;
    call(me, c, room, (uint32_t)(shared >> 33) % me->size, some[(shared >> 45) % 4], ++k);
  }

  CHECK(unlink(getenv("SACRED_TUNING")) == 0);
  free(room);
}

TEST(a_tree_that_there_is_not_is_refused_in_words, .n = 1)
{
  const char *const bad[] = {"all-to-all",       "tree",  "tree:", "tree:1", "tree:x", "tree:-2",
                             "tree:99999999999", "chains"};
  sacred_broadcast *c = NULL;

  for (unsigned k = 0; k < sizeof bad / sizeof bad[0]; k++) {
    setenv("SACRED_BROADCAST", bad[k], 1);
    GIVES(sacred_broadcast_create(me->group, &c, soon()), SACRED_ERR_ENVIRONMENT);
    CHECK(c == NULL);
    says(me, bad[k]);
  }
}

TEST(one_root_is_not_overrun_by_itself, .n = 3)
{
  sacred_broadcast *c = new_broadcast(me);
  unsigned char room[64];

  for (uint64_t k = 1; k <= times(4000); k++) {
    if (me->rank == 2 && k % 100 == 0)
      rank_delay(me, 500);
    call(me, c, room, 0, 8, k);
  }
}

TEST(chunks_at_their_borders_arrive, .n = 2)
{
  sacred_broadcast *c = new_broadcast(me);
  unsigned char *room = malloc(5 * BROADCAST_CHUNK + 32);
  uint64_t k = 0;

  for (uint64_t chunks = 1; chunks <= 5; chunks++)
    for (int64_t off = -1; off <= 1; off++)
      call(me, c, room, (uint32_t)(k % 2), (uint64_t)((int64_t)(BROADCAST_CHUNK * chunks) + off), k + 1), k++;

  free(room);
}

TEST(split_phase_broadcast_goes_on_without_waiting, .n = 3)
{
  enum { SIZE = 200000 };
  sacred_broadcast *c = new_broadcast(me);
  unsigned char *buf = malloc(SIZE);
  GIVES(sacred_broadcast_test(c), SACRED_ERR_STATE);

  for (uint64_t k = 1; k <= times(60); k++) {
    uint32_t root = (uint32_t)(k % 3);
    if (me->rank == root)
      fill(buf, SIZE, root, k);
    OK(sacred_broadcast_start(c, root, buf, SIZE));
    GIVES(sacred_broadcast_start(c, root, buf, SIZE), SACRED_ERR_STATE);
    says(me, "is begun and not over");
    int status;
    uint64_t until = soon();
    while ((status = sacred_broadcast_test(c)) == SACRED_AGAIN)
      CHECK(sacred_now() < until);
    GIVES(status, SACRED_OK);
    look(me, buf, SIZE, root, k);
  }

  free(buf);
}

TEST(late_root_is_missing_and_the_call_goes_on, .n = 3)
{
  sacred_broadcast *c = new_along(me, "flat");
  unsigned char buf[100];
  uint32_t ranks[3];

  if (me->rank == 1) {
    fill(buf, sizeof buf, 1, 1);
    await_word(me, 0, 2);
  } else {
    GIVES(sacred_broadcast_run(c, 1, buf, sizeof buf, 0), SACRED_TIMEOUT);
    GIVES(sacred_broadcast_run(c, 1, buf, sizeof buf, shortly()), SACRED_TIMEOUT);
    GIVES(sacred_broadcast_run(c, 1, buf, sizeof buf - 1, shortly()), SACRED_ERR_STATE);
    says(me, "call 1, of root 1");
    EQUAL(sacred_broadcast_missing(c, ranks), 1);
    EQUAL(ranks[0], 1);
    atomic_fetch_add(&me->word[0], 1);
  }
  OK(sacred_broadcast_run(c, 1, buf, sizeof buf, soon()));

  look(me, buf, sizeof buf, 1, 1);
  EQUAL(sacred_broadcast_missing(c, ranks), 0);
}

TEST(late_receiver_is_missing_at_the_root, .n = 3)
{
  enum { SIZE = 1000001 };
  sacred_broadcast *c = new_along(me, "flat");
  unsigned char *buf = malloc(SIZE);
  uint32_t ranks[3] = {0};

  if (me->rank == 0) {
    fill(buf, SIZE, 0, 1);
    uint64_t until = soon();
    uint32_t n;
    do {
      GIVES(sacred_broadcast_run(c, 0, buf, SIZE, shortly()), SACRED_TIMEOUT);
      n = sacred_broadcast_missing(c, ranks);
      CHECK(n >= 1 && ranks[n - 1] == 2);
      CHECK(sacred_now() < until);
    } while (n != 1);
    atomic_store(&me->word[0], 1);
  }
  if (me->rank == 2)
    await_word(me, 0, 1);
  OK(sacred_broadcast_run(c, 0, buf, SIZE, soon()));

  look(me, buf, SIZE, 0, 1);
  free(buf);
}

/* Waits until it is told of a mismatch. */
static void told(struct rank *me, sacred_broadcast *c, uint32_t root, void *buf, uint64_t size,
                 struct sacred_broadcast_call *mine, struct sacred_broadcast_call *theirs)
{
  GIVES(sacred_broadcast_run(c, root, buf, size, soon()), SACRED_ERR_MISMATCH);
  says(me, "gave other arguments");
  GIVES(sacred_broadcast_test(c), SACRED_ERR_MISMATCH);
  GIVES(sacred_broadcast_start(c, root, buf, size), SACRED_ERR_MISMATCH);
  OK(sacred_broadcast_mismatch(c, mine, theirs));
  EQUAL(mine->rank, me->rank);
}

TEST(another_size_is_a_mismatch_that_names_both, .n = 3)
{
  sacred_broadcast *c = new_along(me, "flat");
  struct sacred_broadcast_call mine, theirs;
  unsigned char buf[128] = {0};
  GIVES(sacred_broadcast_mismatch(c, &mine, &theirs), SACRED_ERR_STATE);

  OK(sacred_broadcast_run(c, 1, buf, 50, soon()));
  if (me->rank != 2) {
    OK(sacred_broadcast_run(c, 0, buf, 100, soon()));
    return;
  }
  told(me, c, 0, buf, 101, &mine, &theirs);

  EQUAL(mine.call, 2);
  EQUAL(mine.root, 0);
  EQUAL(mine.size, 101);
  EQUAL(theirs.rank, 0);
  EQUAL(theirs.call, 2);
  EQUAL(theirs.root, 0);
  EQUAL(theirs.size, 100);
}

TEST(another_root_is_a_mismatch_that_names_both, .n = 3)
{
  sacred_broadcast *c = new_along(me, "flat");
  struct sacred_broadcast_call mine, theirs;
  unsigned char buf[128] = {0};

  if (me->rank != 2) {
    OK(sacred_broadcast_run(c, 0, buf, 100, soon()));
    return;
  }
  told(me, c, 1, buf, 100, &mine, &theirs);

  EQUAL(mine.root, 1);
  EQUAL(mine.call, 1);
  EQUAL(theirs.rank, 0);
  EQUAL(theirs.root, 0);
  EQUAL(theirs.call, 1);
}

/* Along this tree rank 5 has no rows of ranks 0 and 2, and has one of rank 4, which sends to it what it awaits from 3. */
TEST(another_root_is_a_mismatch_where_some_ranks_have_no_row, .n = 8)
{
  sacred_broadcast *c = new_along(me, "tree:2");
  struct sacred_broadcast_call mine, theirs;
  unsigned char buf[128] = {0};

  CHECK(c->rows.places != NULL);
  if (me->rank != 5) {
    OK(sacred_broadcast_run(c, 0, buf, 100, soon()));
    return;
  }
  told(me, c, 7, buf, 100, &mine, &theirs);

  EQUAL(mine.root, 7);
  EQUAL(theirs.rank, 4);
  EQUAL(theirs.root, 0);
}

TEST(another_order_of_calls_is_a_mismatch, .n = 2)
{
  sacred_broadcast *c = new_broadcast(me);
  struct sacred_broadcast_call mine, theirs;
  unsigned char buf[128] = {0};

  OK(sacred_broadcast_run(c, me->rank, buf, 100, soon()));
  told(me, c, 1 - me->rank, buf, 100, &mine, &theirs);

  EQUAL(mine.call, 2);
  EQUAL(mine.root, 1 - me->rank);
  EQUAL(theirs.rank, 1 - me->rank);
  EQUAL(theirs.call, 1);
  EQUAL(theirs.root, 1 - me->rank);
}

TEST(bad_arguments_are_refused, .n = 2)
{
  sacred_broadcast *c = new_broadcast(me);
  unsigned char buf[8] = {0};

  GIVES(sacred_broadcast_start(c, 2, buf, 8), SACRED_ERR_RANK);
  says(me, "no rank 2");
  GIVES(sacred_broadcast_start(c, UINT32_MAX, buf, 8), SACRED_ERR_RANK);
  GIVES(sacred_broadcast_start(c, 0, NULL, 8), SACRED_ERR_ARGUMENT);
  GIVES(sacred_broadcast_wait(c, soon()), SACRED_ERR_STATE);

  OK(sacred_broadcast_run(c, 0, buf, 8, soon()));
}

TEST(two_channels_do_not_meet, .n = 3)
{
  sacred_broadcast *a = new_broadcast(me), *b = new_broadcast(me);
  unsigned char x[1000], y[1000];

  for (uint64_t k = 1; k <= times(300); k++) {
    uint32_t root = (uint32_t)(k % 3), other = (uint32_t)((k + 1) % 3);
    if (me->rank == root)
      fill(x, sizeof x, root, k);
    if (me->rank == other)
      fill(y, sizeof y, other, k + 1000);
    OK(sacred_broadcast_start(a, root, x, sizeof x));
    OK(sacred_broadcast_run(b, other, y, sizeof y, soon()));
    OK(sacred_broadcast_wait(a, soon()));
    look(me, x, sizeof x, root, k);
    look(me, y, sizeof y, other, k + 1000);
  }
}

RUN(cmocka_unit_test(everybody_has_the_bytes_of_every_root),
    cmocka_unit_test(every_tree_brings_the_bytes_of_every_root),
    cmocka_unit_test(roots_change_back_to_back_along_every_tree),
    cmocka_unit_test(a_buffer_in_a_region_is_the_callers_again), cmocka_unit_test(who_still_reads_a_buffer_is_missing),
    cmocka_unit_test(late_parent_is_missing_below_it), cmocka_unit_test(slots_wait_for_those_to_whom_they_were_sent),
    cmocka_unit_test(another_tree_is_a_mismatch_that_names_both),
    cmocka_unit_test(small_and_large_calls_go_along_different_trees),
    cmocka_unit_test(a_tree_that_there_is_not_is_refused_in_words), cmocka_unit_test(sixteen_ranks_share_one_megabyte),
    cmocka_unit_test(twenty_ranks_have_the_bytes_of_many_roots),
    cmocka_unit_test(bytes_behind_the_first_eight_mebibytes_arrive), cmocka_unit_test(roots_change_back_to_back),
    cmocka_unit_test(one_root_is_not_overrun_by_itself), cmocka_unit_test(chunks_at_their_borders_arrive),
    cmocka_unit_test(split_phase_broadcast_goes_on_without_waiting),
    cmocka_unit_test(late_root_is_missing_and_the_call_goes_on), cmocka_unit_test(late_receiver_is_missing_at_the_root),
    cmocka_unit_test(another_size_is_a_mismatch_that_names_both),
    cmocka_unit_test(another_root_is_a_mismatch_that_names_both),
    cmocka_unit_test(another_root_is_a_mismatch_where_some_ranks_have_no_row),
    cmocka_unit_test(another_order_of_calls_is_a_mismatch), cmocka_unit_test(bad_arguments_are_refused),
    cmocka_unit_test(two_channels_do_not_meet))
