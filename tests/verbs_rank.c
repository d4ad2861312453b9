/* Rank 0 of three on the fake device, for the tests of the verbs wire. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "verbs_rank.h"

struct one one;
_Alignas(4096) unsigned char heap[HEAP];

static const char *const variables[] = {"SACRED_DEVICE",     "SACRED_PORT",     "SACRED_GID_INDEX", "SACRED_MTU",
                                        "SACRED_QP_TIMEOUT", "SACRED_QP_RETRY", "SACRED_INLINE",    "SACRED_QP_DEPTH"};

int set_up(void **state)
{
  (void)state;
  for (size_t k = 0; k < sizeof variables / sizeof *variables; k++)
    unsetenv(variables[k]);
  fake_reset();
  memset(heap, 0, sizeof heap);
  return 0;
}

void be_rank_0(void)
{
  memset(&one, 0, sizeof one);
  one.t.heap_bytes = HEAP;
  one.t.peers = one.peers;
  one.w = (struct wire){.rank = 0, .size = RANKS, .open = 1, .kind = WIRE_VERBS, .heap = heap, .transport = &one.t};
  for (int i = 0; i < RANKS; i++)
    one.peers[i].pidfd = -1;
}

void connect_all(void)
{
  struct verbs_card cards[RANKS];
  enum verbs_family family;
  uint32_t keys[RANKS] = {0, 501, 502};
  for (int i = 0; i < RANKS; i++) {
    verbs_introduce(one.v, &cards[i]);
    cards[i].heap = (uint64_t)i << 40;
    cards[i].scratch = ((uint64_t)i << 40) + (UINT64_C(1) << 39);
  }
  assert_int_equal(verbs_agree(cards, RANKS, &family), SACRED_OK);
  verbs_meet(one.v, cards, family);
  for (uint32_t i = 1; i < RANKS; i++)
    assert_int_equal(verbs_connect(one.v, i, 42), SACRED_OK);
  assert_int_equal(verbs_register(&one.w, 0, OBJECT, &keys[0]), SACRED_OK);
  assert_int_equal(verbs_learn(one.v, 0, OBJECT, keys), SACRED_OK);
}

int start(void)
{
  be_rank_0();
  int status = verbs_open(&one.w, 0, &one.v);
  one.t.verbs = one.v;
  return status;
}

void go(void)
{
  assert_int_equal(start(), SACRED_OK);
  connect_all();
}

void stop(void)
{
  assert_false(fake.overrun);
  verbs_close(one.v);
  assert_false(fake.destroyed_live);
  assert_int_equal(fake.open, 0);
}

void refused(int status, const char *first, const char *second)
{
  assert_int_equal(start(), status);
  if (!strstr(sacred_open_error(), first) || !strstr(sacred_open_error(), second))
    fail_msg("no %s, or no %s, in: %s", first, second, sacred_open_error());
  assert_int_equal(fake.open, 0);
}

struct fake_qp *to(uint32_t i)
{
  return fake.qp[i - 1];
}

struct fake_post *last(uint32_t i)
{
  return &to(i)->posts[to(i)->posted - 1];
}

int health_later(void)
{
  uint64_t until = sacred_in(2000000000);
  int status = SACRED_AGAIN;
  while (status == SACRED_AGAIN && sacred_now() < until)
    status = wire_health(&one.w);
  return status;
}
