/* Groups of many ranks on a device that is none: queue pairs as they are needed, and what is told by datagrams. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_verbs.h"
#include "group/board.h"
#include "group/connect.h"
#include "group/news.h"
#include "wire/verbs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* after the above */
#include <cmocka.h>

enum { NODES = 3, HEAP = 4 << 20 };
#define GROUP UINT64_C(0x1234567890abcdef)
#define MS UINT64_C(1000000)

/* Ranks of one group in this process, each with a device of its own. */
static struct node {
  struct sacred_group g;
  struct fake_qp *datagrams;
} node[NODES];
static struct verbs_card cards[CONTROL_RANKS_MAX];
static unsigned char heap[HEAP];
static uint64_t seed;

static uint64_t draw(uint64_t below)
{
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (seed >> 33) % below;
}

static int set_up(void **state)
{
  (void)state;
  unsetenv("SACRED_MTU");
  fake_reset();
  seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 0) : sacred_now();
  printf("SEED=%llu\n", (unsigned long long)seed);
  return 0;
}
#define CASE(name) cmocka_unit_test_setup(name, set_up)

/* Rank `rank` of `size`, with a board, unconnected. */
static void open_node(struct node *n, uint32_t rank, uint32_t size)
{
  struct opening o = {.rank = rank, .size = size, .fd = -1};
  struct sacred_group *g = &n->g;
  memset(g, 0, sizeof *g);
  g->w = (struct wire){.rank = rank, .size = size, .open = 1, .kind = WIRE_VERBS, .heap = heap, .transport = &g->t};
  g->t.owner = g;
  g->t.heap_bytes = HEAP;
  g->t.peers = calloc(size, sizeof *g->t.peers);
  for (uint32_t i = 0; i < size; i++)
    g->t.peers[i].pidfd = -1;
  assert_int_equal(verbs_open_sparse(&g->w, 0, &g->t.verbs), SACRED_OK);
  assert_int_equal(board_open(g, &o), SACRED_OK);
  assert_int_equal(news_open(g), SACRED_OK);
  n->datagrams = fake.qp[fake.qps - 1];
  verbs_introduce(g->t.verbs, &cards[rank]);
  g->x = (struct exchange){.control = g->control, .rank = rank, .size = size};
}

static void connect_node(struct node *n)
{
  struct sacred_group *g = &n->g;
  enum verbs_family family;
  assert_int_equal(verbs_agree(cards, g->w.size, &family), SACRED_OK);
  verbs_meet(g->t.verbs, cards, family);
  board_datagrams_name(g, GROUP);
  for (uint32_t i = 0; i < g->w.size; i++)
    if (g->t.verbs->peers[i].qp)
      assert_int_equal(verbs_connect(g->t.verbs, i, GROUP), SACRED_OK);
}

static void close_node(struct node *n)
{
  verbs_close(n->g.t.verbs);
  news_free(&n->g);
  board_free(&n->g);
  free(n->g.connecting.peers);
  free(n->g.t.peers);
}

static void close_all(uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    close_node(&node[i]);
  assert_false(fake.overrun);
  assert_false(fake.destroyed_live);
  assert_int_equal(fake.open, 0);
  assert_int_equal(fake.registered, 0);
}

/* All of them. */
static void open_all(void)
{
  for (uint32_t i = 0; i < NODES; i++)
    open_node(&node[i], i, NODES);
  for (uint32_t i = 0; i < NODES; i++)
    connect_node(&node[i]);
}

/* Rank 0 of `size`: the others are only cards. */
static void open_alone(uint32_t size)
{
  open_node(&node[0], 0, size);
  for (uint32_t i = 1; i < size; i++) {
    cards[i] = cards[0];
    cards[i].datagrams = 5000 + i;
    cards[i].next = 6000 + i;
    cards[i].previous = 7000 + i;
  }
  connect_node(&node[0]);
}

static uint32_t alive(enum ibv_qp_type type)
{
  uint32_t n = 0;
  for (uint32_t k = 0; k < fake.qps; k++)
    n += fake.qp[k]->alive && fake.qp[k]->qp.qp_type == type;
  return n;
}

/* -- queue pairs as they are needed ------------------------------------------------------ */

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

static void a_post_to_a_rank_that_none_leads_to_is_a_latched_error_in_words(void **state)
{
  (void)state;
  open_alone(64);
  struct sacred_group *g = &node[0].g;
  uint32_t keys[64] = {0};
  assert_int_equal(verbs_register(&g->w, 0, 4096, &keys[0]), SACRED_OK);
  assert_int_equal(verbs_learn(g->t.verbs, 0, 4096, keys), SACRED_OK);

  assert_int_equal(verbs_word(&g->w, 9, 0, 1), SACRED_OK); /* as to any rank that is lost */
  verbs_watch(&g->w, sacred_now());

  assert_int_equal(wire_health(&g->w), SACRED_ERR_UNREACHABLE);
  assert_non_null(strstr(sacred_group_error(g), "rank 9 cannot be reached"));
  assert_non_null(strstr(sacred_group_error(g), "rank 0 has no queue pair to rank 9"));
  close_all(1);
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

/* -- a network ---------------------------------------------------------------------------- */

/* Datagrams on their way. */
enum { WAY = 256 };
static struct letter {
  uint32_t from, to, bytes; /* to: number of a queue pair; bytes 0: none */
  unsigned char text[VERBS_DATAGRAM];
} way[WAY];

static void arrive(const struct letter *l)
{
  for (uint32_t i = 0; i < NODES; i++)
    if (node[i].datagrams->qp.qp_num == l->to)
      fake_arrive(node[i].datagrams, l->from, l->text, l->bytes);
}

/* What is posted goes on its way, or is lost, or goes twice; some of what is on its way arrives. */
static void move(uint64_t lost, uint64_t twice, uint64_t late)
{
  for (uint32_t i = 0; i < NODES; i++)
    for (struct fake_qp *q = node[i].datagrams; q->performed < q->posted; fake_perform(q, 1)) {
      const struct fake_post *p = &q->posts[q->performed % FAKE_POSTS];
      for (int n = draw(100) < twice ? 2 : 1; n > 0; n--) {
        struct letter *l = &way[draw(WAY)]; /* what was there is lost as well */
        if (draw(100) < lost)
          continue;
        *l = (struct letter){.from = q->qp.qp_num, .to = p->wr.wr.ud.remote_qpn, .bytes = p->sge.length};
        assert_true(l->bytes <= VERBS_DATAGRAM);
        memcpy(l->text, (void *)(uintptr_t)p->sge.addr, l->bytes);
      }
    }
  for (int k = 0; k < WAY; k++)
    if (way[k].bytes > 0 && draw(100) >= late) {
      arrive(&way[k]);
      way[k].bytes = 0;
    }
}

/* Exchange after exchange: what each gives is what all take, whatever the network does. */
static void exchange_much(uint64_t lost, uint64_t twice, uint64_t late, uint64_t rounds)
{
  unsigned char mine[CONTROL_MESSAGE], theirs[CONTROL_MESSAGE];
  uint64_t done[NODES] = {0}, until = sacred_in(60000 * MS);
  memset(way, 0, sizeof way);
  open_all();
  for (uint32_t over = 0; over < NODES && sacred_now() < until;) {
    move(lost, twice, late);
    over = 0;
    for (uint32_t i = 0; i < NODES; i++) {
      struct sacred_group *g = &node[i].g;
      board_datagrams_look(g, sacred_now());
      if (done[i] == g->x.said && done[i] < rounds) { /* give the next */
        memset(mine, (int)(31 * (done[i] + 1) + i), sizeof mine);
        group_give(g, mine, sizeof mine);
      } else if (done[i] < rounds && exchange_over(&g->x)) {
        done[i]++;
        for (uint32_t k = 0; k < NODES; k++) {
          exchange_take(&g->x, k, theirs, sizeof theirs);
          for (size_t b = 0; b < sizeof theirs; b++)
            assert_int_equal(theirs[b], (31 * done[i] + k) & 0xff);
        }
      }
      over += done[i] == rounds;
    }
  }
  for (uint32_t i = 0; i < NODES; i++)
    assert_int_equal(done[i], rounds);
  close_all(NODES);
}

static void datagrams_come_whole(void **state)
{
  (void)state;
  exchange_much(0, 0, 0, 300);
}

static void loss_repetition_and_disorder_do_no_harm(void **state)
{
  (void)state;
  exchange_much(30, 30, 60, 60);
}

/* Each message is in several datagrams. */
static void what_is_longer_than_a_datagram_goes_in_several(void **state)
{
  (void)state;
  setenv("SACRED_MTU", "256", 1);
  exchange_much(0, 0, 0, 100);
  set_up(NULL);
  setenv("SACRED_MTU", "256", 1);
  exchange_much(20, 20, 50, 30);
}

/* A list of a split of 1024 ranks, and the words around it: never the new word above half of the list. */
static void a_long_list_is_there_before_its_word(void **state)
{
  (void)state;
  open_alone(1024);
  struct sacred_group *g = &node[0].g;
  struct control_rank *r = &g->control->rank[0];
  unsigned char *copy = calloc(1, control_bytes(1024));
  struct control *theirs = (struct control *)(void *)copy;
  uint64_t list_at = (uint64_t)((unsigned char *)control_list(g->control, 0) - (unsigned char *)g->control), number = 0;
  uint32_t letters = 0;
  for (uint32_t k = 0; k < 1024; k++)
    control_list(g->control, 0)[k] = 1023 - k;
  r->n = 1024;
  r->split = 4 * 1 + 1;

  board_tell(g, 700, BOARD_MAIL);
  for (; !board_has(g, 700) && letters < 100; letters++) {
    const struct fake_post *p = &node[0].datagrams->posts[node[0].datagrams->posted - 1];
    const unsigned char *text = (unsigned char *)(uintptr_t)p->sge.addr, *at = text + 32;
    assert_int_equal(p->wr.wr.ud.remote_qpn, 5700);
    memcpy(&number, text + 16, 8);
    while (at < text + p->sge.length) {
      uint32_t write[2];
      memcpy(write, at, sizeof write);
      memcpy(copy + write[0], at + 8, write[1]);
      at += 8 + (write[1] + 7) / 8 * 8;
    }
    if (theirs->rank[0].split == 5)
      assert_memory_equal(copy + list_at, control_list(g->control, 0), 4096);
    fake_perform(node[0].datagrams, 1);
    struct {
      uint64_t group;
      uint32_t from, bytes;
      uint64_t number, heard;
    } answer = {GROUP, 700, 0, 0, number};
    assert_true(fake_arrive(node[0].datagrams, 5700, &answer, sizeof answer));
    board_datagrams_look(g, sacred_now());
  }

  assert_int_equal(theirs->rank[0].split, 5);
  assert_int_equal(letters, 5); /* 4096 bytes of list, and less than a hundred of words */
  free(copy);
  close_all(1);
}

/* -- one datagram at a time ------------------------------------------------------------------ */

/* What rank 1 may send to rank 0 of 3, with one write, as it is laid out. */
struct told {
  uint64_t group;
  uint32_t from, bytes;
  uint64_t number, heard;
  uint32_t at, length;
  uint64_t word;
};

static struct told tell_of_1(const struct sacred_group *g, uint64_t number, uint64_t word)
{
  uint64_t at = (uint64_t)((const unsigned char *)&g->control->rank[1].said - (const unsigned char *)g->control);
  return (struct told){GROUP, 1, 16, number, 0, (uint32_t)at, 8, word};
}

static uint64_t said_by_1(const struct sacred_group *g)
{
  return g->control->rank[1].said;
}

static void hear(struct node *n, uint32_t from, const void *text, uint32_t bytes)
{
  assert_true(fake_arrive(n->datagrams, from, text, bytes));
  board_datagrams_look(&n->g, sacred_now());
}

static void each_is_applied_once_and_in_order_and_is_answered(void **state)
{
  (void)state;
  open_alone(3);
  struct sacred_group *g = &node[0].g;
  struct fake_qp *q = node[0].datagrams;
  struct told first = tell_of_1(g, 1, 11), second = tell_of_1(g, 2, 22);

  hear(&node[0], 5001, &second, sizeof second); /* it comes too early */
  assert_int_equal(said_by_1(g), 0);
  assert_int_equal(q->posted, 0);
  hear(&node[0], 5001, &first, sizeof first);
  assert_int_equal(said_by_1(g), 11);
  assert_int_equal(q->posted, 1);
  hear(&node[0], 5001, &second, sizeof second);
  assert_int_equal(said_by_1(g), 22);
  hear(&node[0], 5001, &first, sizeof first); /* again: answered, and not applied */
  assert_int_equal(said_by_1(g), 22);

  assert_int_equal(q->posted, 3);
  uint64_t heard;
  memcpy(&heard, (unsigned char *)(uintptr_t)q->posts[2].sge.addr + 24, 8);
  assert_int_equal(heard, 2);
  close_all(1);
}

static void what_is_of_a_stranger_or_not_well_formed_is_passed_over(void **state)
{
  (void)state;
  open_alone(3);
  struct sacred_group *g = &node[0].g;
  uint64_t bytes = control_bytes(3);
  unsigned char *before = malloc(bytes);
  const struct told good = tell_of_1(g, 1, 11);
  memcpy(before, g->control, bytes);

  for (uint32_t n = 0; n < sizeof good; n += 4) /* cut off */
    hear(&node[0], 5001, &good, n);
  hear(&node[0], 5002, &good, sizeof good); /* of another rank's queue pair */
  hear(&node[0], 4711, &good, sizeof good); /* of nobody's */
  struct told bad = good;
  bad.group ^= 1;
  hear(&node[0], 5001, &bad, sizeof bad);
  static const uint32_t nobody[] = {0, 2, 3, UINT32_MAX};
  for (int k = 0; k < 4; k++) {
    bad = good;
    bad.from = nobody[k];
    hear(&node[0], 5001, &bad, sizeof bad);
  }
  static const uint32_t lengths[] = {0, 4, 15, 24, UINT32_MAX};
  for (int k = 0; k < 5; k++) {
    bad = good;
    bad.bytes = lengths[k];
    hear(&node[0], 5001, &bad, sizeof bad);
  }
  const uint32_t list = (uint32_t)((unsigned char *)control_list(g->control, 1) - (unsigned char *)g->control);
  const uint32_t row = (uint32_t)((unsigned char *)&g->control->rank[1] - (unsigned char *)g->control);
  const uint32_t places[] = {0,        row - 8,  row - 1,    row + (uint32_t)sizeof(struct control_rank) - 4,
                             list - 4, list + 8, UINT32_MAX, UINT32_MAX - 7};
  for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
    bad = good;
    bad.at = places[k];
    hear(&node[0], 5001, &bad, sizeof bad);
  }
  static const uint32_t writes[] = {9, 16, 1 << 20, UINT32_MAX - 6, UINT32_MAX};
  for (int k = 0; k < 5; k++) {
    bad = good;
    bad.length = writes[k];
    hear(&node[0], 5001, &bad, sizeof bad);
  }
  for (uint32_t n = 0; n < 2000; n++) { /* noise behind a good head */
    unsigned char noise[200];
    struct told t = good;
    uint32_t length = 33 + (uint32_t)draw(160);
    for (size_t k = 0; k < sizeof noise; k++)
      noise[k] = (unsigned char)(draw(3) ? draw(256) : 0);
    t.bytes = length - 32;
    t.number = 2; /* well-formed or not: it is not its turn */
    memcpy(noise, &t, 32);
    hear(&node[0], 5001, noise, length);
  }

  assert_memory_equal(before, g->control, bytes);
  assert_int_equal(node[0].datagrams->posted, 0);
  hear(&node[0], 5001, &good, sizeof good);
  assert_int_equal(said_by_1(g), 11);
  free(before);
  close_all(1);
}

static void who_does_not_answer_is_told_again_and_again_until_the_deadline(void **state)
{
  (void)state;
  open_alone(3);
  struct sacred_group *g = &node[0].g;
  struct fake_qp *q = node[0].datagrams;
  uint64_t begin = sacred_now(), number, first = 0;

  board_tell_all(g, BOARD_CLOSE);
  assert_int_equal(q->posted, 2);
  memcpy(&first, (unsigned char *)(uintptr_t)q->posts[0].sge.addr + 16, 8);
  begin = sacred_now();
  for (uint64_t ms = 0; ms <= 300; ms++) {
    fake_perform(q, UINT32_MAX);
    board_datagrams_look(g, begin + ms * MS);
  }
  assert_int_equal(q->posted, 2 * 8); /* at 0, 2, 6, 14, 30, 62, 126, 254 ms */
  for (uint32_t k = 0; k < q->posted; k++) {
    memcpy(&number, (unsigned char *)(uintptr_t)q->posts[k].sge.addr + 16, 8);
    assert_int_equal(number, first);
  }
  assert_false(board_has(g, 1));

  begin = sacred_now();
  board_settle(g, begin + 50 * MS); /* blocks until then */
  assert_true(sacred_now() >= begin + 50 * MS);
  struct told answer = {.group = GROUP, .from = 1, .heard = first};
  fake_perform(q, UINT32_MAX);
  hear(&node[0], 5001, &answer, 32);
  assert_true(board_has(g, 1));
  assert_false(board_has(g, 2));
  close_all(1);
}

static void a_failed_queue_pair_for_datagrams_is_made_to_work_again(void **state)
{
  (void)state;
  open_alone(3);
  struct sacred_group *g = &node[0].g;
  struct fake_qp *q = node[0].datagrams;
  struct told good = tell_of_1(g, 1, 11);

  board_tell(g, 1, BOARD_CLOSE);
  fake_fail(q, IBV_WC_LOC_QP_OP_ERR);
  for (uint64_t until = sacred_in(20000 * MS); (q->erred || q->posted < 2) && sacred_now() < until;)
    board_datagrams_look(g, sacred_now());

  assert_false(q->erred);
  assert_true(q->posted >= 2); /* it was told again */
  hear(&node[0], 5001, &good, sizeof good);
  assert_int_equal(said_by_1(g), 11);
  close_all(1);
}

/* More ranks than address handles and sends that there can be: all are told, with no more of either. */
static void many_ranks_are_told_by_few_handles(void **state)
{
  (void)state;
  open_alone(1024);
  struct sacred_group *g = &node[0].g;
  struct fake_qp *q = node[0].datagrams;
  unsigned char told[1024] = {0};
  uint32_t seen = 0, ranks = 0;

  board_tell_all(g, BOARD_CLOSE);
  for (uint64_t until = sacred_in(20000 * MS); ranks < 1023 && sacred_now() < until;) {
    for (; seen < q->posted; seen++) {
      uint32_t i = q->posts[seen % FAKE_POSTS].wr.wr.ud.remote_qpn - 5000;
      ranks += !told[i];
      told[i] = 1;
      g->board->rank[i].part = 0; /* as if it had answered */
    }
    assert_true(q->posted - q->performed <= 32);
    fake_perform(q, UINT32_MAX);
    board_datagrams_look(g, sacred_now());
  }

  assert_int_equal(ranks, 1023);
  assert_true(fake.handles <= 256);
  close_all(1);
}

/* -- who is gone ------------------------------------------------------------------------------- */

static void say_that_it_is_gone(struct sacred_group *g, uint32_t by, uint32_t rank)
{
  g->control->rank[by].lost_set[rank / 64] |= UINT64_C(1) << rank % 64;
  g->control->rank[by].lost_told++;
}

static void look_twice(struct sacred_group *g)
{
  uint64_t now = sacred_now();
  news_look(g, now);
  news_look(g, now + 1000 * MS);
  verbs_watch(&g->w, sacred_now());
}

static void who_is_found_gone_by_others_is_lost_and_named(void **state)
{
  (void)state;
  open_alone(100);
  struct sacred_group *g = &node[0].g;

  say_that_it_is_gone(g, 70, 71);
  look_twice(g);

  assert_int_equal(wire_health(&g->w), SACRED_ERR_UNREACHABLE);
  assert_int_equal(g->t.lost, 1);
  assert_true(wire_peer_gone(&g->w, 71));
  assert_non_null(strstr(sacred_group_error(g), "rank 71 cannot be reached by rank 70"));
  look_twice(g);
  assert_int_equal(g->control->rank[0].lost_told, 0); /* I do not say so: I have it from others */
  close_all(1);
}

static void what_i_have_found_i_tell_to_all_once(void **state)
{
  (void)state;
  open_alone(20);
  struct sacred_group *g = &node[0].g;

  verbs_doubt(&g->w, 1, "it is gone");
  verbs_watch(&g->w, sacred_now());
  look_twice(g);
  look_twice(g);

  assert_int_equal(g->control->rank[0].lost_told, 1);
  assert_int_equal(g->control->rank[0].lost_set[0], 2);
  assert_int_equal(g->board->rank[2].part, BOARD_LOST);
  assert_int_equal(g->board->rank[19].part, BOARD_LOST);
  assert_int_equal(g->board->rank[1].part, 0);
  close_all(1);
}

/* Rank 1 misses all others, and they miss it: it is the one. */
static void who_is_cut_off_is_not_believed(void **state)
{
  (void)state;
  open_alone(8);
  struct sacred_group *g = &node[0].g;

  for (uint32_t i = 2; i < 8; i++)
    say_that_it_is_gone(g, 1, i);
  say_that_it_is_gone(g, 1, 0);
  say_that_it_is_gone(g, 2, 1);
  say_that_it_is_gone(g, 3, 1);
  look_twice(g);

  assert_int_equal(wire_health(&g->w), SACRED_ERR_UNREACHABLE);
  assert_int_equal(g->t.lost, 1);
  assert_true(wire_peer_gone(&g->w, 1));
  close_all(1);
}

/* By an object: the two of the ring alone may both be gone. */
static void who_reaches_none_of_its_own_misses_all(void **state)
{
  (void)state;
  open_alone(20);
  struct sacred_group *g = &node[0].g;
  struct verbs *v = g->t.verbs;

  verbs_doubt(&g->w, 1, "it is gone");
  verbs_doubt(&g->w, 19, "it is gone");
  verbs_watch(&g->w, sacred_now());
  look_twice(g);
  assert_int_equal(g->t.lost, 2);

  assert_int_equal(verbs_make_pairs(v, (const uint32_t[]){4, 16}, 2), SACRED_OK);
  assert_int_equal(verbs_join(v, 4, GROUP), SACRED_OK);
  assert_int_equal(verbs_join(v, 16, GROUP), SACRED_OK);
  verbs_use(v);
  verbs_doubt(&g->w, 4, "it is gone");
  verbs_watch(&g->w, sacred_now());
  look_twice(g);
  assert_int_equal(g->t.lost, 3);
  verbs_doubt(&g->w, 16, "it is gone");
  verbs_watch(&g->w, sacred_now());
  look_twice(g);
  assert_int_equal(g->t.lost, 19);
  assert_int_equal(__builtin_popcountll(g->control->rank[0].lost_set[0]), 4); /* I tell of those that I have found */
  close_all(1);
}

/* Of one that ended while I computed the wire may tell before I look at what it had told. */
static void what_a_rank_told_before_it_was_lost_is_heard(void **state)
{
  (void)state;
  open_alone(4);
  struct sacred_group *g = &node[0].g;
  struct told first = tell_of_1(g, 1, 11), then = tell_of_1(g, 2, 12);

  assert_true(fake_arrive(node[0].datagrams, 5001, &first, sizeof first));
  verbs_doubt(&g->w, 1, "it is gone");
  assert_int_equal(said_by_1(g), 0);
  board_datagrams_look(g, sacred_now());
  assert_int_equal(said_by_1(g), 11);

  hear(&node[0], 5001, &then, sizeof then); /* but nothing that it tells from now on */
  assert_int_equal(said_by_1(g), 11);
  close_all(1);
}

static void who_comes_again_is_told_that_it_is_lost_and_misses_who_says_so(void **state)
{
  (void)state;
  open_alone(4);
  struct sacred_group *g = &node[0].g;
  struct fake_qp *q = node[0].datagrams;
  struct told good = tell_of_1(g, 1, 11), lost = {.group = GROUP, .from = 2, .number = UINT64_MAX};

  verbs_doubt(&g->w, 1, "it is gone");
  board_datagrams_look(g, sacred_now()); /* all that it told before is heard */
  hear(&node[0], 5001, &good, sizeof good);
  assert_int_equal(said_by_1(g), 0);
  assert_int_equal(q->posted, 1);
  uint64_t number;
  memcpy(&number, (unsigned char *)(uintptr_t)q->posts[0].sge.addr + 16, 8);
  assert_int_equal(number, UINT64_MAX);

  lost.from = 3;
  hear(&node[0], 5002, &lost, 32); /* not of its queue pair */
  assert_false(verbs_is_lost(&g->w, 3));
  lost.from = 2;
  hear(&node[0], 5002, &lost, 32);
  assert_true(verbs_is_lost(&g->w, 2));
  assert_int_equal(q->posted, 1); /* and no answer to that */
  lost.from = 3;
  control_close(g->control, 3);
  hear(&node[0], 5003, &lost, 32); /* who closes is not gone */
  assert_false(verbs_is_lost(&g->w, 3));
  close_all(1);
}

static void who_closes_is_not_gone(void **state)
{
  (void)state;
  open_alone(8);
  struct sacred_group *g = &node[0].g;

  control_close(g->control, 3);
  say_that_it_is_gone(g, 2, 3);
  look_twice(g);

  assert_int_equal(wire_health(&g->w), SACRED_AGAIN);
  close_all(1);
}

/* A rank that has closed and left explains nothing of one that cannot be reached. */
static void a_close_that_misses_the_unreachable_does_not_call_it_dead(void **state)
{
  (void)state;
  open_alone(4);
  struct sacred_group *g = &node[0].g;
  struct told answer = {.group = GROUP};

  control_close(g->control, 0);
  board_tell_all(g, BOARD_CLOSE);
  for (uint32_t i = 2; i < 4; i++) { /* they close, have heard of my close, and leave */
    control_close(g->control, i);
    answer.from = i;
    answer.heard = g->board->rank[i].number;
    hear(&node[0], 5000 + i, &answer, 32);
    control_leave(g->control, i);
  }
  verbs_doubt(&g->w, 1, "it is gone");
  group_look(g);
  assert_int_equal(wire_health(&g->w), SACRED_ERR_DEAD); /* as some have left */

  assert_int_equal(group_await(g, OBJECT_CLOSE, sacred_in(1000 * MS)), SACRED_ERR_UNREACHABLE);
  assert_non_null(strstr(sacred_group_error(g), "rank 1 is gone"));
  close_all(1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      CASE(what_a_rank_has_grows_with_the_logarithm),
      CASE(a_fence_needs_nobody_and_other_objects_all),
      CASE(a_flush_of_a_rank_that_none_leads_to_is_over_at_once),
      CASE(a_post_to_a_rank_that_none_leads_to_is_a_latched_error_in_words),
      CASE(queue_pairs_that_are_not_used_after_all_are_given_back),
      CASE(ranks_that_connect_otherwise_are_named),
      CASE(datagrams_come_whole),
      CASE(loss_repetition_and_disorder_do_no_harm),
      CASE(what_is_longer_than_a_datagram_goes_in_several),
      CASE(a_long_list_is_there_before_its_word),
      CASE(each_is_applied_once_and_in_order_and_is_answered),
      CASE(what_is_of_a_stranger_or_not_well_formed_is_passed_over),
      CASE(who_does_not_answer_is_told_again_and_again_until_the_deadline),
      CASE(a_failed_queue_pair_for_datagrams_is_made_to_work_again),
      CASE(many_ranks_are_told_by_few_handles),
      CASE(who_is_found_gone_by_others_is_lost_and_named),
      CASE(what_i_have_found_i_tell_to_all_once),
      CASE(who_is_cut_off_is_not_believed),
      CASE(who_reaches_none_of_its_own_misses_all),
      CASE(what_a_rank_told_before_it_was_lost_is_heard),
      CASE(who_comes_again_is_told_that_it_is_lost_and_misses_who_says_so),
      CASE(who_closes_is_not_gone),
      CASE(a_close_that_misses_the_unreachable_does_not_call_it_dead),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
