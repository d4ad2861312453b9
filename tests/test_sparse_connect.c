/* Groups of many ranks on a device that is none: queue pairs as they are needed. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "broadcast.h"
#include "group/connect.h"
#include "group/tuning.h"
#include "sparse_ranks.h"

static uint32_t alive(enum ibv_qp_type type)
{
  uint32_t n = 0;
  for (uint32_t k = 0; k < fake.qps; k++)
    n += fake.qp[k]->alive && fake.qp[k]->qp.qp_type == type;
  return n;
}

/* What a rank has of queue pairs and registered memory, open and with a barrier: k log_k n, and not n. */
static void what_a_rank_has_grows_with_the_logarithm(void **state)
{
  (void)state;
  static const struct {
    uint32_t ranks, pairs;
  } want[] = {{17, 12}, {64, 15}, {256, 21}, {1024, 27}};
  uint64_t registered[4];
  for (int k = 0; k < 4; k++) {
    open_alone(want[k].ranks);
    struct sacred_group *g = &node[0].g;
    assert_int_equal(alive(IBV_QPT_RC), 2);
    assert_int_equal(alive(IBV_QPT_UD), 1);
    assert_int_equal(g->t.verbs->pairs, 2);

    assert_true(group_must_connect(g, &(struct making){.kind = OBJECT_BARRIER, .bytes = 64, .radix = 4}, SACRED_OK));

    assert_int_equal(g->connecting.status, SACRED_OK);
    assert_int_equal(alive(IBV_QPT_RC), want[k].pairs);
    assert_int_equal(alive(IBV_QPT_UD), 1);
    registered[k] = fake.registered;
    printf("%u ranks: %u queue pairs, %llu bytes registered\n", want[k].ranks, alive(IBV_QPT_RC) + 1,
           (unsigned long long)fake.registered);
    close_all(1);
    set_up(NULL);
  }
  /* a page, the datagrams, and for each queue pair its words, in whole pages of a batch */
  for (int k = 0; k < 4; k++)
    assert_true(registered[k] <= 4096 + 180224 + want[k].pairs * (1 + VERBS_DEPTH) * 8 + 2 * 4096);
}

static void a_fence_needs_nobody_and_other_objects_all(void **state)
{
  (void)state;
  open_alone(64);
  struct sacred_group *g = &node[0].g;

  assert_false(group_must_connect(g, &(struct making){.kind = OBJECT_FENCE}, SACRED_OK));
  assert_int_equal(alive(IBV_QPT_RC), 2);
  assert_true(group_must_connect(g, &(struct making){.kind = OBJECT_FLAG, .bytes = 64}, SACRED_OK));
  assert_int_equal(alive(IBV_QPT_RC), 63);
  close_all(1);
}

/* Whoever is the root: as far apart as the barrier's, and in a chain 1. */
static void a_broadcast_along_trees_needs_parents_and_children_alone(void **state)
{
  (void)state;
  static const struct {
    uint32_t few, many, pairs;
  } want[] = {{4, 1, 15}, {1, 1, 2}, {2, 2, 11}, {4, 2, 15}, {8, 63, 63}, {4, 64, 63}, {TUNING_FLAT, 1, 63}};
  for (unsigned k = 0; k < sizeof want / sizeof *want; k++) {
    open_alone(64);
    struct sacred_group *g = &node[0].g;
    struct making m = {.kind = OBJECT_BROADCAST, .bytes = 64, .radix = want[k].few, .many = want[k].many};

    int must = group_must_connect(g, &m, SACRED_OK);

    assert_int_equal(must, want[k].pairs > 2); /* those of the ring are there from the beginning */
    assert_int_equal(g->connecting.status, SACRED_OK);
    assert_int_equal(alive(IBV_QPT_RC), want[k].pairs);
    close_all(1);
    set_up(NULL);
  }
}

/* What a broadcast takes of the heap, by the default trees, and what of it the device has registered. */
static void the_rows_of_a_broadcast_grow_with_the_logarithm(void **state)
{
  (void)state;
  static const struct {
    uint32_t ranks, rows;
  } want[] = {{17, 13}, {64, 16}, {256, 22}, {1024, 28}};
  for (int k = 0; k < 4; k++) {
    open_alone(want[k].ranks);
    struct sacred_group *g = &node[0].g;
    uint64_t registered = fake.registered, used = g->used;
    sacred_broadcast *b = NULL;

    assert_int_equal(sacred_broadcast_create(g, &b, 0), SACRED_TIMEOUT); /* nobody else answers */

    assert_int_equal(g->making.bytes, want[k].rows * (uint64_t)BROADCAST_ROW + 2 * WIRE_LINE);
    assert_int_equal(g->used - used, g->making.bytes);
    assert_true(fake.registered - registered >= g->making.bytes);
    assert_true(fake.registered - registered < g->making.bytes + (1 << 20)); /* by the MiB */
    printf("%u ranks: %llu bytes of %llu for all rows, %llu registered\n", want[k].ranks,
           (unsigned long long)g->making.bytes, (unsigned long long)BROADCAST_ROW * want[k].ranks,
           (unsigned long long)(fake.registered - registered));
    close_all(1);
    set_up(NULL);
  }
}

/* Rank 0 of 64 with an array of rows of those next to it in the ring alone, and something else behind it in the heap. */
static struct rows next_ones(struct sacred_group *g)
{
  static struct places places = {.count = 3, .apart = {0, 1, 63}};
  struct rows r = {.at = 4096, .stride = 1024, .places = &places};
  uint32_t keys[64];
  for (uint32_t i = 0; i < 64; i++)
    keys[i] = 900 + i;
  memset(g->w.heap, 0xff, 16384);
  memset(g->w.heap + r.at, 0, 3 * r.stride + SPARSE_WORDS);
  assert_int_equal(verbs_register(&g->w, 0, 16384, &keys[0]), SACRED_OK);
  assert_int_equal(verbs_learn(g->t.verbs, 0, 16384, keys), SACRED_OK);
  return r;
}

/* The next rank ahead has my row where its row of who is 63 ahead of it is; what it posts to me is where I look for it. */
static void a_post_lands_in_the_place_of_who_posts(void **state)
{
  (void)state;
  open_alone(64);
  struct wire *w = &node[0].g.w;
  struct rows r = next_ones(&node[0].g);
  const uint64_t word = 77, heap = node[0].g.t.verbs->peers[1].card.heap;
  const struct fake_qp *q = (const struct fake_qp *)(const void *)node[0].g.t.verbs->peers[1].qp;

  assert_int_equal(wire_signal(w, 1, &r, 8, 5), SACRED_OK);
  assert_int_equal(q->posts[0].wr.wr.rdma.remote_addr, heap + 4096 + 2 * 1024 + 8);
  wire_fill_words(w, &r, 128, &word, 1);
  assert_int_equal(*(uint64_t *)(void *)(w->heap + 4096 + 128), 77); /* my own is the first */
  assert_int_equal(wire_put(w, 1, &r, 128, 512), SACRED_OK);
  assert_int_equal(q->posts[1].wr.wr.rdma.remote_addr, heap + 4096 + 2 * 1024 + 128);
  assert_int_equal(q->posts[1].sge.addr, (uintptr_t)w->heap + 4096 + 128);

  *(uint64_t *)(void *)(w->heap + 4096 + 128 + WIRE_WHERE) = 8192; /* what is lent lies there, behind its header */
  assert_int_equal(wire_lend(w, 1, &r, 128, 512), SACRED_OK);
  assert_int_equal(q->posts[2].wr.wr.rdma.remote_addr, heap + 4096 + 2 * 1024 + 128);
  assert_int_equal(q->posts[2].sge.addr, (uintptr_t)w->heap + 4096 + 128);
  assert_int_equal(q->posts[2].sge.length, WIRE_HEAD);
  assert_int_equal(q->posts[2].second.addr, (uintptr_t)w->heap + 8192);
  assert_int_equal(q->posts[2].second.length, 512 - WIRE_HEAD);

  *(uint64_t *)(void *)(w->heap + 4096 + 1 * 1024 + 8) = 11;
  *(uint64_t *)(void *)(w->heap + 4096 + 2 * 1024 + 8) = 63;
  assert_int_equal(wire_load(w, &r, 8, 1), 11);
  assert_int_equal(wire_load(w, &r, 8, 63), 63);
  close_all(1);
}

static void who_has_no_row_has_said_nothing_and_cannot_be_posted_to(void **state)
{
  (void)state;
  open_alone(64);
  struct sacred_group *g = &node[0].g;
  struct rows r = next_ones(g);
  assert_int_equal(verbs_make_pairs(g->t.verbs, (const uint32_t[]){9}, 1), SACRED_OK); /* of another object */
  assert_int_equal(verbs_join(g->t.verbs, 9, GROUP), SACRED_OK);
  verbs_use(g->t.verbs);

  for (uint32_t j = 2; j < 63; j++)
    for (uint64_t off = 0; off < SPARSE_WORDS; off += 8)
      assert_int_equal(wire_load(&g->w, &r, off, j), 0);
  assert_int_equal(wire_signal(&g->w, 9, &r, 0, 1), SACRED_AGAIN);
  assert_int_equal(wire_put(&g->w, 9, &r, 128, 64), SACRED_AGAIN);
  assert_int_equal(wire_lend(&g->w, 9, &r, 128, 512), SACRED_AGAIN);

  assert_non_null(strstr(sacred_group_error(g), "rank 9 has no place for a row of rank 0"));
  assert_int_equal(wire_posted(&g->w, 9), 0);
  assert_int_equal(((const struct fake_qp *)(const void *)g->t.verbs->peers[9].qp)->posted, 0);
  close_all(1);
}

static void a_flush_of_a_rank_that_none_leads_to_is_over_at_once(void **state)
{
  (void)state;
  open_alone(64);
  struct wire *w = &node[0].g.w;

  for (uint64_t k = 1; k <= 3; k++) {
    assert_int_equal(wire_flush(w, 9), SACRED_OK);
    assert_int_equal(wire_posted(w, 9), k);
    assert_int_equal(wire_completed(w, 9), k);
  }
  assert_int_equal(wire_flush(w, 1), SACRED_OK); /* one leads there */
  assert_int_equal(wire_completed(w, 1), 0);
  assert_int_equal(wire_health(w), SACRED_AGAIN);
  close_all(1);
}

/* Words go inline, or from a place that is the queue pair's. */
static void post_to_nowhere(int is_inline)
{
  open_alone(64);
  struct sacred_group *g = &node[0].g;
  uint32_t keys[64] = {0};
  g->t.verbs->inlined = is_inline ? VERBS_INLINE : 0;
  assert_int_equal(verbs_register(&g->w, 0, 4096, &keys[0]), SACRED_OK);
  assert_int_equal(verbs_learn(g->t.verbs, 0, 4096, keys), SACRED_OK);

  assert_int_equal(verbs_word(&g->w, 9, 0, 1), SACRED_OK); /* as to any rank that is lost */
  verbs_watch(&g->w, sacred_now());

  assert_int_equal(wire_health(&g->w), SACRED_ERR_UNREACHABLE);
  assert_non_null(strstr(sacred_group_error(g), "rank 9 cannot be reached"));
  assert_non_null(strstr(sacred_group_error(g), "rank 0 has no queue pair to rank 9"));
  close_all(1);
}

static void a_post_to_a_rank_that_none_leads_to_is_a_latched_error_in_words(void **state)
{
  (void)state;
  post_to_nowhere(1);
  set_up(NULL);
  post_to_nowhere(0);
}

static void queue_pairs_that_are_not_used_after_all_are_given_back(void **state)
{
  (void)state;
  open_alone(64);
  struct verbs *v = node[0].g.t.verbs;
  uint64_t before = fake.registered;
  int open = fake.open;
  const uint32_t some[] = {5, 7, 5, 0, 1};

  assert_int_equal(verbs_make_pairs(v, some, 5), SACRED_OK);
  assert_int_equal(alive(IBV_QPT_RC), 4);
  verbs_drop_pairs(v);
  assert_int_equal(alive(IBV_QPT_RC), 2);
  assert_int_equal(fake.registered, before);
  assert_int_equal(fake.open, open);
  verbs_drop_pairs(v); /* those that are used stay */
  assert_int_equal(alive(IBV_QPT_RC), 2);

  assert_int_equal(verbs_make_pairs(v, some, 5), SACRED_OK);
  assert_int_equal(alive(IBV_QPT_RC), 4);
  fake.inline_most = 0; /* the device has no more */
  assert_int_equal(verbs_make_pairs(v, (const uint32_t[]){11, 12}, 2), SACRED_ERR_SYSTEM);
  assert_non_null(strstr(sacred_open_error(), "cannot be created"));
  close_all(1);
}

static void ranks_that_connect_otherwise_are_named(void **state)
{
  (void)state;
  open_alone(17);
  enum verbs_family family;

  cards[3].sparse = 0;

  assert_int_equal(verbs_agree(cards, 17, &family), SACRED_ERR_MISMATCH);
  assert_non_null(strstr(sacred_open_error(), "rank 3 connects to all at the open, rank 0 to two ranks"));
  assert_non_null(strstr(sacred_open_error(), "SACRED_CONNECT_ALL"));
  close_all(1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      CASE(what_a_rank_has_grows_with_the_logarithm),
      CASE(a_fence_needs_nobody_and_other_objects_all),
      CASE(a_broadcast_along_trees_needs_parents_and_children_alone),
      CASE(the_rows_of_a_broadcast_grow_with_the_logarithm),
      CASE(a_post_lands_in_the_place_of_who_posts),
      CASE(who_has_no_row_has_said_nothing_and_cannot_be_posted_to),
      CASE(a_flush_of_a_rank_that_none_leads_to_is_over_at_once),
      CASE(a_post_to_a_rank_that_none_leads_to_is_a_latched_error_in_words),
      CASE(queue_pairs_that_are_not_used_after_all_are_given_back),
      CASE(ranks_that_connect_otherwise_are_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
