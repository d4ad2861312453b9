/* Ranks of a group of many on devices that are none, for the tests of sparse groups. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "sparse_ranks.h"

enum { HEAP = 16 << 20 };
struct node node[NODES];
struct verbs_card cards[CONTROL_RANKS_MAX];
static unsigned char heap[HEAP];
static uint64_t seed;

uint64_t draw(uint64_t below)
{
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (seed >> 33) % below;
}

int set_up(void **state)
{
  (void)state;
  unsetenv("SACRED_MTU");
  fake_reset();
  seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 0) : sacred_now();
  printf("SEED=%llu\n", (unsigned long long)seed);
  return 0;
}

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

void close_all(uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    close_node(&node[i]);
  assert_false(fake.overrun);
  assert_false(fake.destroyed_live);
  assert_int_equal(fake.open, 0);
  assert_int_equal(fake.registered, 0);
}

void open_all(void)
{
  for (uint32_t i = 0; i < NODES; i++)
    open_node(&node[i], i, NODES);
  for (uint32_t i = 0; i < NODES; i++)
    connect_node(&node[i]);
}

void open_alone(uint32_t size)
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

struct told tell_of_1(const struct sacred_group *g, uint64_t number, uint64_t word)
{
  uint64_t at = (uint64_t)((const unsigned char *)&g->control->rank[1].said - (const unsigned char *)g->control);
  return (struct told){GROUP, 1, 16, number, 0, (uint32_t)at, 8, word};
}

uint64_t said_by_1(const struct sacred_group *g)
{
  return g->control->rank[1].said;
}

void hear(struct node *n, uint32_t from, const void *text, uint32_t bytes)
{
  assert_true(fake_arrive(n->datagrams, from, text, bytes));
  board_datagrams_look(&n->g, sacred_now());
}
