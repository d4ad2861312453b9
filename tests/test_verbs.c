/* The verbs wire on a device that is none: what a real one does rarely, or never when one looks. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "verbs_rank.h"
#include <errno.h>

static int start(void)
{
  be_rank_0();
  int status = verbs_open(&one.w, 0, &one.v);
  one.t.verbs = one.v;
  return status;
}

static void go(void)
{
  assert_int_equal(start(), SACRED_OK);
  connect_all();
}

static void stop(void)
{
  assert_false(fake.overrun);
  verbs_close(one.v);
  assert_false(fake.destroyed_live);
  assert_int_equal(fake.open, 0);
}

/* An open that is refused, and says both. */
static void refused(int status, const char *first, const char *second)
{
  assert_int_equal(start(), status);
  if (!strstr(sacred_open_error(), first) || !strstr(sacred_open_error(), second))
    fail_msg("no %s, or no %s, in: %s", first, second, sacred_open_error());
  assert_int_equal(fake.open, 0);
}

/* -- settings ------------------------------------------------------------------ */

static void settings_out_of_range_are_refused_with_value_and_limit(void **state)
{
  (void)state;
  static const char *const bad[][3] = {
      {"SACRED_QP_TIMEOUT", "0", "1 to 31"},     {"SACRED_QP_TIMEOUT", "32", "1 to 31"},
      {"SACRED_QP_RETRY", "8", "0 to 7"},        {"SACRED_QP_RETRY", "-1", "not a number"},
      {"SACRED_MTU", "1000", "512, 1024"},       {"SACRED_MTU", "8192", "256 to 4096"},
      {"SACRED_PORT", "0", "1 to 255"},          {"SACRED_GID_INDEX", "x", "not a number"},
      {"SACRED_INLINE", "1000000", "0 to 4096"}, {"SACRED_QP_DEPTH", "7", "8 to 8192"}};

  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    char said[64];
    snprintf(said, sizeof said, "%s=%s", bad[k][0], bad[k][1]);
    setenv(bad[k][0], bad[k][1], 1);
    refused(SACRED_ERR_ENVIRONMENT, said, bad[k][2]);
    unsetenv(bad[k][0]);
  }
}

static void timeout_and_retry_reach_the_queue_pair(void **state)
{
  (void)state;
  go();
  assert_int_equal(to(1)->send.timeout, 14);
  assert_int_equal(to(1)->send.retry_cnt, 6);
  stop();

  set_up(NULL);
  setenv("SACRED_QP_TIMEOUT", "1", 1);
  setenv("SACRED_QP_RETRY", "0", 1);
  go();
  assert_int_equal(to(1)->send.timeout, 1);
  assert_int_equal(to(1)->send.retry_cnt, 0);
  stop();
}

static void seven_retries_are_refused_where_they_never_end(void **state)
{
  (void)state;
  setenv("SACRED_QP_RETRY", "7", 1);
  fake.device[0].vendor = 0xffffff;
  refused(SACRED_ERR_ENVIRONMENT, "SACRED_QP_RETRY=7", "Soft-RoCE");

  fake.device[0].vendor = 0x15b3;
  go();
  assert_int_equal(to(1)->send.retry_cnt, 7);
  stop();
}

/* -- choice ---------------------------------------------------------------------- */

static void a_port_that_is_down_is_passed_over(void **state)
{
  (void)state;
  fake.devices = 2;
  fake.device[0].port[0].state = IBV_PORT_DOWN;

  go();
  assert_string_equal(ibv_get_device_name(one.v->context->device), "fake1");
  stop();
}

static void what_cannot_be_used_is_named_with_its_reason(void **state)
{
  (void)state;
  fake.devices = 3;
  fake.device[0].port[0].state = IBV_PORT_DOWN;
  fake.device[1].closed_to_me = true;
  fake.device[2].iwarp = true;

  refused(SACRED_ERR_SYSTEM, "fake0 port 1 is not active", "fake1 cannot be opened");
  refused(SACRED_ERR_SYSTEM, "fake2 is iWARP", "doctor");
}

static void no_device_is_said_with_a_remedy(void **state)
{
  (void)state;
  fake.devices = 0;

  refused(SACRED_ERR_SYSTEM, "no RDMA device", "SACRED_WIRE=shm");
}

static void ranks_take_turns_at_a_list_of_devices(void **state)
{
  (void)state;
  struct verbs_settings s = {.device = "fake2,fake1", .gid_index = -1};
  static const char *const want[] = {"fake2", "fake1", "fake2"};
  fake.devices = 3;

  for (uint32_t nth = 0; nth < 3; nth++) {
    struct ibv_context *context;
    struct verbs_port port;
    assert_int_equal(verbs_choose(&s, nth, &context, &port), SACRED_OK);
    assert_string_equal(ibv_get_device_name(context->device), want[nth]);
    ibv_close_device(context);
  }
  setenv("SACRED_DEVICE", "fake9", 1);
  refused(SACRED_ERR_SYSTEM, "fake1 is not what SACRED_DEVICE=fake9", "fake0");
}

static void the_second_port_is_taken_where_it_is_the_one_that_is_up(void **state)
{
  (void)state;
  struct fake_device *d = &fake.device[0];
  d->ports = 2;
  d->port[1] = d->port[0];
  d->port[0].state = IBV_PORT_INIT;

  go();
  assert_int_equal(one.v->port.number, 2);
  assert_int_equal(to(1)->receive.ah_attr.port_num, 2);
  stop();

  setenv("SACRED_PORT", "1", 1);
  refused(SACRED_ERR_SYSTEM, "port 1 is not active", "fake0");
  setenv("SACRED_PORT", "3", 1);
  refused(SACRED_ERR_SYSTEM, "has 2 ports, no port 3", "SACRED_PORT");
}

/* Give the port these, at these indices, and see which is chosen. */
static uint32_t chosen_index_at(const uint32_t *at, const enum ibv_gid_type *types, const char *const *addresses,
                                uint32_t n)
{
  fake.device[0].port[0].gids_n = 0;
  for (uint32_t k = 0; k < n; k++)
    fake_gid(&fake.device[0].port[0], at[k], types[k], addresses[k]);
  go();
  uint32_t index = one.v->port.address[one.v->family].index;
  assert_int_equal(to(1)->receive.ah_attr.grh.sgid_index, index);
  stop();
  set_up(NULL);
  return index;
}

static uint32_t chosen_index(const enum ibv_gid_type *types, const char *const *addresses, uint32_t n)
{
  static const uint32_t at[] = {0, 1, 2, 3};
  return chosen_index_at(at, types, addresses, n);
}

static void routable_roce_v2_is_the_first_choice(void **state)
{
  (void)state;
  const enum ibv_gid_type v1 = IBV_GID_TYPE_ROCE_V1, v2 = IBV_GID_TYPE_ROCE_V2;

  assert_int_equal(chosen_index((enum ibv_gid_type[]){v1, v2, v1, v2},
                                (const char *[]){"fe80::1", "fe80::1", "10.0.0.1", "10.0.0.1"}, 4),
                   3);
  assert_int_equal(chosen_index((enum ibv_gid_type[]){v2, v2}, (const char *[]){"169.254.3.4", "fd00::1"}, 2), 1);
  assert_int_equal(chosen_index((enum ibv_gid_type[]){v1, v2}, (const char *[]){"10.0.0.1", "fe80::1"}, 2), 1);
  assert_int_equal(chosen_index((enum ibv_gid_type[]){v1}, (const char *[]){"10.0.0.1"}, 1), 0);
}

static void a_host_with_ipv6_alone_is_good(void **state)
{
  (void)state;

  assert_int_equal(chosen_index((enum ibv_gid_type[]){IBV_GID_TYPE_ROCE_V1, IBV_GID_TYPE_ROCE_V2, IBV_GID_TYPE_ROCE_V2},
                                (const char *[]){"fe80::1", "fe80::1", "2001:db8::1"}, 3),
                   2);
}

static void the_index_asked_for_is_the_one_taken(void **state)
{
  (void)state;
  fake_gid(&fake.device[0].port[0], 5, IBV_GID_TYPE_ROCE_V2, "fe80::1");
  setenv("SACRED_GID_INDEX", "5", 1);

  go();
  assert_int_equal(to(1)->receive.ah_attr.grh.sgid_index, 5);
  stop();

  setenv("SACRED_GID_INDEX", "4", 1);
  refused(SACRED_ERR_SYSTEM, "no GID at index 4", "SACRED_GID_INDEX");
}

/* A queue pair has a byte for the index: 256 would be 0. */
static void an_index_that_no_queue_pair_can_have_is_passed_over(void **state)
{
  (void)state;

  assert_int_equal(chosen_index_at((uint32_t[]){7, 256},
                                   (enum ibv_gid_type[]){IBV_GID_TYPE_ROCE_V1, IBV_GID_TYPE_ROCE_V2},
                                   (const char *[]){"10.0.0.1", "10.0.0.1"}, 2),
                   7);
  setenv("SACRED_GID_INDEX", "256", 1);
  refused(SACRED_ERR_ENVIRONMENT, "SACRED_GID_INDEX=256", "255");
}

static void ranks_take_an_address_that_all_have(void **state)
{
  (void)state;
  struct verbs_card cards[2];
  enum verbs_family family;
  fake_gid(&fake.device[0].port[0], 1, IBV_GID_TYPE_ROCE_V2, "2001:db8::1");
  assert_int_equal(start(), SACRED_OK);
  verbs_introduce(one.v, &cards[0]);
  cards[1] = cards[0];

  assert_int_equal(verbs_agree(cards, 2, &family), SACRED_OK);
  assert_int_equal(family, VERBS_IPV4);
  cards[1].address[VERBS_IPV4].score = 0;
  assert_int_equal(verbs_agree(cards, 2, &family), SACRED_OK);
  assert_int_equal(family, VERBS_IPV6);
  cards[1].address[VERBS_IPV6].type = IBV_GID_TYPE_ROCE_V1;
  assert_int_equal(verbs_agree(cards, 2, &family), SACRED_ERR_MISMATCH);
  cards[1] = cards[0];
  cards[1].link = IBV_LINK_LAYER_INFINIBAND;
  assert_int_equal(verbs_agree(cards, 2, &family), SACRED_ERR_MISMATCH);
  assert_non_null(strstr(sacred_open_error(), "rank 1 has InfiniBand"));
  verbs_close(one.v);
}

/* The MTU of the path where my port has `mine`, the peer's `theirs` and SACRED_MTU is `asked`. */
static enum ibv_mtu path_mtu(enum ibv_mtu mine, enum ibv_mtu theirs, const char *asked)
{
  struct verbs_card cards[RANKS];
  set_up(NULL);
  fake.device[0].port[0].mtu = mine;
  if (asked)
    setenv("SACRED_MTU", asked, 1);
  assert_int_equal(start(), SACRED_OK);
  for (int i = 0; i < RANKS; i++)
    verbs_introduce(one.v, &cards[i]);
  cards[1].mtu = theirs;
  verbs_meet(one.v, cards, VERBS_IPV4);
  assert_int_equal(verbs_connect(one.v, 1, 1), SACRED_OK);
  enum ibv_mtu mtu = to(1)->receive.path_mtu;
  verbs_close(one.v);
  return mtu;
}

static void the_lesser_mtu_is_taken_and_never_more_than_asked_for(void **state)
{
  (void)state;

  assert_int_equal(path_mtu(IBV_MTU_4096, IBV_MTU_1024, NULL), IBV_MTU_1024);
  assert_int_equal(path_mtu(IBV_MTU_1024, IBV_MTU_4096, NULL), IBV_MTU_1024);
  assert_int_equal(path_mtu(IBV_MTU_4096, IBV_MTU_2048, "512"), IBV_MTU_512);
  assert_int_equal(path_mtu(IBV_MTU_1024, IBV_MTU_4096, "4096"), IBV_MTU_1024);
}

static void what_atomics_the_device_has_is_said(void **state)
{
  (void)state;
  static const char *const words[] = {[IBV_ATOMIC_NONE] = "has none",
                                      [IBV_ATOMIC_HCA] = "not with the processor",
                                      [IBV_ATOMIC_GLOB] = "and with the processor"};
  for (int cap = IBV_ATOMIC_NONE; cap <= IBV_ATOMIC_GLOB; cap++) {
    char text[WIRE_ERROR];
    set_up(NULL);
    fake.atomics = (enum ibv_atomic_cap)cap;
    go();
    assert_non_null(strstr(verbs_describe(one.v, text, sizeof text), "remote atomics (not used): "));
    assert_non_null(strstr(text, words[cap]));
    stop();
  }
}

static void what_the_device_says_of_order_within_a_write_is_said(void **state)
{
  (void)state;
  for (int in_order = 0; in_order < 2; in_order++) {
    char text[WIRE_ERROR];
    set_up(NULL);
    fake.in_order = in_order;
    go();
    assert_non_null(strstr(verbs_describe(one.v, text, sizeof text),
                           in_order ? "order within a write is promised" : "order within a write is not promised"));
    stop();
  }
}

/* -- sizes ----------------------------------------------------------------------- */

static uint32_t inlined(uint32_t most, uint32_t told, const char *asked)
{
  set_up(NULL);
  fake.inline_most = most;
  fake.inline_told = told;
  if (asked)
    setenv("SACRED_INLINE", asked, 1);
  go();
  uint32_t n = one.v->inlined;
  stop();
  return n;
}

static void inline_size_is_sought_downwards_and_read_back(void **state)
{
  (void)state;

  assert_int_equal(inlined(400, 0, NULL), 64);
  assert_int_equal(inlined(20, 0, NULL), 16);
  assert_int_equal(inlined(9, 0, NULL), 8);
  assert_int_equal(inlined(3, 0, NULL), 0);
  assert_int_equal(inlined(400, 12, NULL), 12);
  assert_int_equal(inlined(400, 400, "0"), 0);
  assert_int_equal(inlined(400, 0, "200"), 200);
}

static void a_short_completion_queue_makes_less_deep_queue_pairs(void **state)
{
  (void)state;
  fake.max_cqe = 40;
  go();
  assert_int_equal(one.v->depth, 20);
  assert_int_equal(fake.cqe, 40);
  stop();

  set_up(NULL);
  fake.max_cqe = 15;
  refused(SACRED_ERR_SYSTEM, "completion queues of 15 entries", "3 ranks");
}

/* -- posts --------------------------------------------------------------------------- */

static void a_word_goes_inline_to_its_place(void **state)
{
  (void)state;
  go();

  assert_int_equal(verbs_word(&one.w, 2, 64, 0x1122334455667788), SACRED_OK);

  assert_int_equal(last(2)->wr.opcode, IBV_WR_RDMA_WRITE);
  assert_int_equal(last(2)->wr.wr.rdma.remote_addr, (UINT64_C(2) << 40) + 64);
  assert_int_equal(last(2)->wr.wr.rdma.rkey, 502);
  assert_true(last(2)->wr.send_flags & IBV_SEND_INLINE);
  assert_int_equal(last(2)->word, 0x1122334455667788);
  assert_int_equal(wire_posted(&one.w, 2), 1);
  assert_int_equal(to(1)->posted, 0);
  stop();
}

static void keep_their_sources(int entries)
{
  set_up(NULL);
  fake.inline_most = 0;
  fake.max_cqe = entries;
  go();

  uint64_t k = 0, performed = 0;
  for (int round = 0; round < 50; round++) {
    while (verbs_word(&one.w, 1, 64, k + 1) == SACRED_OK)
      k++;
    assert_false(last(1)->wr.send_flags & IBV_SEND_INLINE);
    assert_true(k - performed >= one.v->depth / 2);
    fake_perform(to(1), 1 + (uint32_t)round % 70); /* only now the sources are read */
    for (; performed < to(1)->performed && performed < k; performed++)
      if (to(1)->posts[performed % FAKE_POSTS].sge.length == 8)
        assert_int_equal(to(1)->posts[performed % FAKE_POSTS].word, performed + 1);
  }
  assert_true(k > 500);
  fake_perform(to(1), UINT32_MAX);
  stop();
}

static void words_without_inline_keep_their_sources_until_they_are_done(void **state)
{
  (void)state;

  keep_their_sources(32768);
  keep_their_sources(38); /* 19 in a queue pair: no power of two */
}

/* Twice the depth of a queue pair and more, where that is no power of two, each completed by itself or some together. */
static void completions_count_in_a_queue_of_any_depth(void **state)
{
  (void)state;
  fake.max_cqe = 38;
  go();
  assert_int_equal(one.v->depth, 19);

  uint64_t posted = 0, performed = 0;
  for (uint32_t round = 0; round < 100; round++) {
    for (; posted - performed < 1 + round % 7; posted++)
      assert_int_equal(verbs_put(&one.w, 1, 0, 4096, 1000), SACRED_OK);
    uint64_t n = 1 + round % (uint32_t)(posted - performed);
    fake_perform(to(1), (uint32_t)n);
    performed += n;
    assert_int_equal(wire_completed(&one.w, 1), performed);
  }
  assert_true(posted > 2 * 19);

  fake_perform(to(1), UINT32_MAX);
  stop();
}

static void a_word_carries_nothing_of_the_word_before(void **state)
{
  (void)state;
  go();

  assert_int_equal(verbs_tell_word(&one.w, 1, 8, 3), SACRED_OK);
  assert_true(last(1)->wr.send_flags & IBV_SEND_SIGNALED);
  assert_int_equal(verbs_word(&one.w, 1, 64, 4), SACRED_OK);

  assert_int_equal(last(1)->wr.send_flags, IBV_SEND_INLINE);
  assert_int_equal(last(1)->wr.wr.rdma.remote_addr, (UINT64_C(1) << 40) + 64);
  assert_int_equal(last(1)->wr.wr.rdma.rkey, 501);
  assert_int_equal(last(1)->word, 4);
  assert_null(last(1)->wr.next);
  fake_perform(to(1), UINT32_MAX);
  stop();
}

static void a_full_wire_says_again_and_one_of_it_will_tell(void **state)
{
  (void)state;
  go();

  uint64_t n = 0;
  while (verbs_word(&one.w, 1, 0, n) == SACRED_OK)
    n++;
  assert_int_equal(n, one.v->depth - 1);
  assert_int_equal(wire_posted(&one.w, 1), n);
  assert_int_equal(verbs_word(&one.w, 2, 0, 1), SACRED_OK);
  fake_perform(to(1), UINT32_MAX);
  assert_int_equal(verbs_word(&one.w, 1, 0, n), SACRED_OK);

  fake_perform(to(1), UINT32_MAX);
  fake_perform(to(2), UINT32_MAX);
  stop();
}

static void signaled_are_few_words_and_every_put_get_and_flush(void **state)
{
  (void)state;
  uint32_t signaled = 0;
  go();

  for (uint64_t n = 0; n < 100; n++)
    assert_int_equal(verbs_word(&one.w, 1, 0, n), SACRED_OK);
  for (uint32_t k = 0; k < to(1)->posted; k++)
    signaled += (to(1)->posts[k].wr.send_flags & IBV_SEND_SIGNALED) != 0;
  assert_int_equal(signaled, 1);
  assert_int_equal(verbs_put(&one.w, 2, 0, 4096, 1000), SACRED_OK);
  assert_true(last(2)->wr.send_flags & IBV_SEND_SIGNALED);
  assert_int_equal(verbs_get(&one.w, 2, 0, 4096, 1000), SACRED_OK);
  assert_true(last(2)->wr.send_flags & IBV_SEND_SIGNALED);
  assert_int_equal(last(2)->wr.opcode, IBV_WR_RDMA_READ);
  assert_int_equal(verbs_flush(&one.w, 2), SACRED_OK);
  assert_true(last(2)->wr.send_flags & IBV_SEND_SIGNALED);
  assert_int_equal(last(2)->wr.opcode, IBV_WR_RDMA_READ);

  assert_int_equal(wire_completed(&one.w, 2), 0);
  fake_perform(to(2), 2);
  assert_int_equal(wire_completed(&one.w, 2), 2);
  fake_perform(to(2), 1);
  assert_int_equal(wire_completed(&one.w, 2), 3);
  fake_perform(to(1), UINT32_MAX);
  stop();
}

static void unsignaled_words_complete_when_somebody_asks(void **state)
{
  (void)state;
  go();
  for (uint64_t n = 0; n < 5; n++)
    assert_int_equal(verbs_word(&one.w, 1, 0, n), SACRED_OK);
  fake_perform(to(1), UINT32_MAX);

  assert_int_equal(wire_completed(&one.w, 1), 0); /* and this posts what will tell */
  assert_int_equal(wire_completed(&one.w, 1), 0);
  assert_int_equal(to(1)->posted, 6); /* once */
  assert_int_equal(wire_posted(&one.w, 1), 5);
  fake_perform(to(1), UINT32_MAX);
  assert_int_equal(wire_completed(&one.w, 1), 5);
  stop();
}

static void no_room_in_the_device_is_no_error(void **state)
{
  (void)state;
  static const int answers[] = {ENOMEM, -ENOMEM, EAGAIN}; /* below 0: -1 and errno, as some devices have it */
  go();

  for (int k = 0; k < 3; k++) {
    fake.refuse = answers[k];
    fake.refuse_after = 0;
    assert_int_equal(verbs_word(&one.w, 1, 0, 1), SACRED_AGAIN);
    assert_int_equal(verbs_put(&one.w, 1, 0, 4096, 1000), SACRED_AGAIN);
    assert_int_equal(verbs_flush(&one.w, 1), SACRED_AGAIN);
    assert_int_equal(wire_posted(&one.w, 1), 0);
  }
  assert_int_equal(wire_health(&one.w), SACRED_AGAIN);
  fake.refuse = 0;
  assert_int_equal(verbs_word(&one.w, 1, 0, 1), SACRED_OK);

  fake_perform(to(1), UINT32_MAX);
  stop();
}

static void another_answer_of_the_device_makes_the_peer_unreachable(void **state)
{
  (void)state;
  go();
  fake.refuse = EINVAL;
  assert_int_equal(verbs_word(&one.w, 2, 0, 1), SACRED_AGAIN);
  fake.refuse = 0;

  assert_int_equal(health_later(), SACRED_ERR_UNREACHABLE);
  assert_true(wire_peer_gone(&one.w, 2));
  assert_false(wire_peer_gone(&one.w, 1));
  assert_non_null(strstr(one.v->said, "rank 2"));
  assert_int_equal(verbs_word(&one.w, 1, 0, 1), SACRED_OK);
  fake_perform(to(1), UINT32_MAX);
  stop();
}

static void a_put_too_long_for_one_request_goes_in_several(void **state)
{
  (void)state;
  fake.device[0].port[0].message = 1000;
  go();

  assert_int_equal(verbs_put(&one.w, 1, 16, 8192, 2500), SACRED_OK);
  assert_int_equal(verbs_word(&one.w, 1, 8, 7), SACRED_OK);

  assert_int_equal(to(1)->posted, 4);
  for (uint32_t k = 0, at = 0; k < 3; at += 1000, k++) {
    assert_int_equal(to(1)->posts[k].sge.length, k < 2 ? 1000 : 500);
    assert_int_equal(to(1)->posts[k].wr.wr.rdma.remote_addr, (UINT64_C(1) << 40) + 16 + at);
    assert_int_equal(to(1)->posts[k].sge.addr, (uintptr_t)heap + 8192 + at);
  }
  assert_int_equal(wire_posted(&one.w, 1), 2);
  fake_perform(to(1), 2);
  assert_int_equal(wire_completed(&one.w, 1), 0);
  fake_perform(to(1), 1);
  assert_int_equal(wire_completed(&one.w, 1), 1);
  fake_perform(to(1), UINT32_MAX);
  stop();
}

static void a_put_that_is_posted_in_part_goes_on_before_anything_else(void **state)
{
  (void)state;
  fake.device[0].port[0].message = 1000;
  go();
  fake.refuse = ENOMEM;
  fake.refuse_after = 2;

  assert_int_equal(verbs_put(&one.w, 1, 0, 8192, 4500), SACRED_OK); /* two of five are posted */
  assert_int_equal(to(1)->posted, 2);
  assert_int_equal(verbs_word(&one.w, 1, 8, 7), SACRED_AGAIN);
  assert_int_equal(verbs_put(&one.w, 1, 0, 8192, 1), SACRED_AGAIN);
  assert_int_equal(wire_posted(&one.w, 1), 1);
  fake_perform(to(1), UINT32_MAX);
  assert_int_equal(wire_completed(&one.w, 1), 0);
  fake.refuse = 0;
  assert_int_equal(verbs_word(&one.w, 1, 8, 7), SACRED_OK);

  assert_int_equal(to(1)->posted, 6);
  assert_int_equal(to(1)->posts[4].sge.length, 500);
  assert_int_equal(last(1)->word, 7);
  fake_perform(to(1), 5);
  assert_int_equal(wire_completed(&one.w, 1), 1);
  fake_perform(to(1), UINT32_MAX);
  stop();
}

static void a_put_longer_than_the_queue_is_deep_arrives(void **state)
{
  (void)state;
  fake.device[0].port[0].message = 1000;
  setenv("SACRED_QP_DEPTH", "8", 1);
  go();

  assert_int_equal(verbs_put(&one.w, 1, 0, 1 << 20, 100000), SACRED_OK); /* in 100 of at most 7 at a time */
  for (int k = 0; k < 1000 && wire_completed(&one.w, 1) < 1; k++)
    fake_perform(to(1), 3);

  assert_int_equal(wire_completed(&one.w, 1), 1);
  assert_int_equal(to(1)->performed, 100);
  stop();
}

static void what_is_no_object_is_not_posted(void **state)
{
  (void)state;
  go();

  assert_int_equal(verbs_word(&one.w, 1, OBJECT, 1), SACRED_AGAIN);
  assert_int_equal(verbs_put(&one.w, 1, OBJECT - 10, 0, 11), SACRED_AGAIN);
  assert_int_equal(verbs_put(&one.w, 1, 0, OBJECT, 1), SACRED_AGAIN);
  assert_int_equal(to(1)->posted, 0);
  stop();
}

/* -- errors ------------------------------------------------------------------------------ */

static void the_first_error_counts_and_the_flush_behind_it_does_not_hide_it(void **state)
{
  (void)state;
  go();
  for (uint64_t n = 0; n < 100; n++) {
    assert_int_equal(verbs_word(&one.w, 1, 0, n), SACRED_OK);
    assert_int_equal(verbs_word(&one.w, 2, 0, n), SACRED_OK);
  }
  fake_fail(to(2), IBV_WC_RETRY_EXC_ERR);

  assert_int_equal(health_later(), SACRED_ERR_UNREACHABLE);
  assert_true(wire_peer_gone(&one.w, 2));
  assert_false(wire_peer_gone(&one.w, 1));
  assert_non_null(strstr(one.v->said, "rank 2 at 10.0.0.1 reports"));
  assert_non_null(strstr(one.v->said, "(12, vendor"));
  assert_null(strstr(one.v->said, "(5, vendor"));
  assert_int_equal(wire_completed(&one.w, 2), 0);

  /* it stays so, and what is posted to it goes nowhere and hinders nobody */
  uint32_t posted = to(2)->posted;
  for (uint64_t n = 0; n < 1000; n++)
    assert_int_equal(verbs_word(&one.w, 2, 0, n), SACRED_OK);
  assert_int_equal(verbs_put(&one.w, 2, 0, 4096, 100000), SACRED_OK);
  assert_int_equal(to(2)->posted, posted);
  assert_int_equal(wire_completed(&one.w, 2), 0);
  assert_int_equal(wire_health(&one.w), SACRED_ERR_UNREACHABLE);
  fake_perform(to(1), UINT32_MAX);
  stop();
}

static void all_queues_full_of_errors_fit_the_completion_queue(void **state)
{
  (void)state;
  go();
  for (uint32_t i = 1; i < RANKS; i++)
    for (uint64_t n = 0; verbs_flush(&one.w, i) == SACRED_OK; n++)
      assert_true(n < 1000);

  fake_fail(to(1), IBV_WC_REM_ACCESS_ERR);
  fake_fail(to(2), IBV_WC_RETRY_EXC_ERR);

  assert_int_equal(fake.wc_in, (RANKS - 1) * (one.v->depth - 1));
  assert_false(fake.overrun);
  assert_int_equal(health_later(), SACRED_ERR_UNREACHABLE);
  stop();
}

static void a_peer_that_nothing_is_posted_to_is_probed(void **state)
{
  (void)state;
  go();

  verbs_watch(&one.w, sacred_now());
  assert_int_equal(to(1)->posted, 1);
  assert_int_equal(to(1)->posts[0].sge.length, 0);
  assert_int_equal(wire_posted(&one.w, 1), 0);
  verbs_watch(&one.w, sacred_now()); /* not so often */
  assert_int_equal(to(1)->posted, 1);
  fake_perform(to(2), UINT32_MAX);
  fake_fail(to(1), IBV_WC_RETRY_EXC_ERR);

  assert_int_equal(health_later(), SACRED_ERR_UNREACHABLE);
  assert_true(wire_peer_gone(&one.w, 1));
  assert_false(wire_peer_gone(&one.w, 2));
  stop();
}

static void a_peer_that_has_died_is_dead_and_not_unreachable(void **state)
{
  (void)state;
  go();
  assert_int_equal(verbs_word(&one.w, 1, 0, 1), SACRED_OK);
  assert_int_equal(verbs_flush(&one.w, 1), SACRED_OK);
  fake_fail(to(1), IBV_WC_REM_ACCESS_ERR); /* its memory went before its process did */
  one.peers[1].pid = getpid();             /* of this host, and not known to be dead yet */
  assert_int_equal(wire_completed(&one.w, 1), 0);
  for (int k = 0; k < 1000; k++)
    assert_int_equal(wire_health(&one.w), SACRED_AGAIN);

  wire_peer_lose(&one.w, 1, PEER_DIED); /* what the system tells a little later */

  assert_int_equal(health_later(), SACRED_ERR_DEAD);
  stop();
}

/* The look that finds the error began before it: no time has passed since, rather than all there is. */
static void an_error_that_a_look_finds_leaves_a_rank_of_this_host_its_moment(void **state)
{
  (void)state;
  go();
  assert_int_equal(verbs_flush(&one.w, 1), SACRED_OK);
  one.peers[1].pid = getpid();
  uint64_t begin = sacred_now();
  fake_fail(to(1), IBV_WC_REM_ACCESS_ERR);

  verbs_watch(&one.w, begin);
  assert_true(verbs_is_lost(&one.w, 1)); /* found */
  assert_int_equal(wire_health(&one.w), SACRED_AGAIN);
  verbs_watch(&one.w, sacred_now());
  assert_int_equal(wire_health(&one.w), SACRED_AGAIN);

  wire_peer_lose(&one.w, 1, PEER_DIED);
  assert_int_equal(wire_health(&one.w), SACRED_ERR_DEAD);
  fake_perform(to(2), UINT32_MAX);
  stop();
}

static void an_unreachable_peer_that_turns_out_to_be_dead_is_dead(void **state)
{
  (void)state;
  go();
  assert_int_equal(verbs_flush(&one.w, 1), SACRED_OK);
  fake_fail(to(1), IBV_WC_RETRY_EXC_ERR);
  assert_int_equal(health_later(), SACRED_ERR_UNREACHABLE);

  wire_peer_lose(&one.w, 1, PEER_DIED);
  assert_int_equal(wire_health(&one.w), SACRED_ERR_DEAD);
  wire_peer_lose(&one.w, 1, PEER_UNREACHABLE);
  assert_int_equal(wire_health(&one.w), SACRED_ERR_DEAD);
  assert_int_equal(one.t.lost, 1);
  stop();
}

static void events_are_mapped_to_ranks(void **state)
{
  (void)state;
  go();
  fake.event = (struct ibv_async_event){.event_type = IBV_EVENT_PORT_ERR, .element.port_num = 2};
  fake.has_event = true;
  verbs_watch(&one.w, sacred_now());
  assert_false(fake.has_event);
  fake_perform(to(1), UINT32_MAX);
  fake_perform(to(2), UINT32_MAX);
  assert_int_equal(wire_health(&one.w), SACRED_AGAIN);
  one.v->heard = 0;
  fake.event = (struct ibv_async_event){.event_type = IBV_EVENT_QP_FATAL, .element.qp = &to(2)->qp};
  fake.has_event = true;
  verbs_watch(&one.w, sacred_now());

  assert_int_equal(health_later(), SACRED_ERR_UNREACHABLE);
  assert_true(wire_peer_gone(&one.w, 2));
  assert_false(wire_peer_gone(&one.w, 1));
  stop();
}

static void a_fatal_event_of_the_device_is_of_all_ranks(void **state)
{
  (void)state;
  go();
  fake.event.event_type = IBV_EVENT_DEVICE_FATAL;
  fake.has_event = true;
  verbs_watch(&one.w, sacred_now());

  assert_int_equal(health_later(), SACRED_ERR_UNREACHABLE);
  assert_true(wire_peer_gone(&one.w, 1));
  assert_true(wire_peer_gone(&one.w, 2));
  stop();
}

/* As when it is unplugged: no completion comes, and each call fails. Without the event it is found as well. */
static void a_removed_device_is_of_all_ranks_and_is_closed_at_once(void **state)
{
  (void)state;
  for (int told = 0; told < 2; told++) {
    set_up(NULL);
    go();
    assert_int_equal(verbs_put(&one.w, 1, 0, 4096, 1000), SACRED_OK);
    fake.removed = true;
    fake.event.event_type = IBV_EVENT_DEVICE_FATAL;
    fake.has_event = told;

    assert_int_equal(health_later(), SACRED_ERR_UNREACHABLE);
    for (uint32_t i = 1; i < RANKS; i++)
      assert_true(wire_peer_gone(&one.w, i));
    assert_non_null(strstr(one.v->said, "of fake0"));
    for (uint64_t n = 0; n < 1000; n++) /* nobody hangs on it */
      assert_int_equal(verbs_flush(&one.w, 1), SACRED_OK);
    uint64_t begin = sacred_now();
    verbs_drain(&one.w, sacred_in(5000000000));
    verbs_close(one.v);
    assert_true(sacred_now() - begin < 2000000000);
    assert_int_equal(fake.open, 0);
  }
}

/* -- memory ---------------------------------------------------------------------------------- */

static void memory_is_never_registered_with_relaxed_ordering(void **state)
{
  (void)state;
  go();

  assert_true(fake.registrations >= 2);
  for (uint32_t k = 0; k < fake.registrations; k++) {
    assert_false(fake.access[k] & IBV_ACCESS_RELAXED_ORDERING);
    assert_false(fake.access[k] & IBV_ACCESS_ON_DEMAND);
    assert_true(fake.access[k] & IBV_ACCESS_LOCAL_WRITE);
    assert_true(fake.access[k] & IBV_ACCESS_REMOTE_WRITE);
  }
  stop();
}

static void memory_that_cannot_be_registered_says_the_limit_and_the_remedy(void **state)
{
  (void)state;
  uint32_t key;
  fake.no_memory = true;
  refused(SACRED_ERR_MEMORY, "limit of locked memory", "ulimit -l");
  fake.no_memory = false;
  go();
  fake.no_memory = true;

  assert_int_equal(verbs_register(&one.w, OBJECT, 2 * OBJECT - 1, &key), SACRED_ERR_MEMORY);

  assert_non_null(strstr(one.t.words, "ulimit -l"));
  assert_non_null(strstr(one.t.words, "bytes of memory cannot be registered"));
  stop();
}

static void small_objects_share_a_registration_and_each_has_its_keys(void **state)
{
  (void)state;
  uint32_t key, other;
  uint32_t keys[RANKS] = {0, 601, 602};
  go();
  uint32_t before = fake.registrations;

  assert_int_equal(verbs_register(&one.w, OBJECT, OBJECT + 64, &key), SACRED_OK);
  assert_int_equal(verbs_learn(one.v, OBJECT, OBJECT + 64, keys), SACRED_OK);
  assert_int_equal(verbs_register(&one.w, OBJECT + 64, OBJECT + 8192, &other), SACRED_OK);
  assert_int_equal(verbs_learn(one.v, OBJECT + 64, OBJECT + 8192, keys), SACRED_OK);

  assert_int_equal(fake.registrations, before + 1);
  assert_int_equal(key, other);
  assert_int_equal(verbs_range(one.v, 0, OBJECT)->keys[1], 501);
  assert_int_equal(verbs_range(one.v, OBJECT, 64)->keys[1], 601);
  assert_int_equal(verbs_range(one.v, OBJECT + 8184, 8)->keys[2], 602);
  assert_null(verbs_range(one.v, OBJECT + 8184, 9));
  stop();
}

/* -- the end ---------------------------------------------------------------------------------- */

static void a_close_gives_back_what_is_still_posted(void **state)
{
  (void)state;
  go();
  for (uint64_t n = 0; n < 50; n++)
    assert_int_equal(verbs_flush(&one.w, 1), SACRED_OK);

  stop(); /* queue pairs to the error state, drained, then destroyed: the fake looks */
}

static void a_drain_completes_all_or_ends_at_its_deadline(void **state)
{
  (void)state;
  go();
  assert_int_equal(verbs_word(&one.w, 1, 0, 1), SACRED_OK);

  uint64_t begin = sacred_now();
  verbs_drain(&one.w, begin + 30000000);
  assert_true(sacred_now() - begin >= 30000000);
  fake_perform(to(1), UINT32_MAX);
  fake_perform(to(2), UINT32_MAX);
  begin = sacred_now();
  verbs_drain(&one.w, sacred_in(5000000000));
  assert_true(sacred_now() - begin < 2500000000);
  assert_int_equal(wire_completed(&one.w, 1), 1);
  stop();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      CASE(settings_out_of_range_are_refused_with_value_and_limit),
      CASE(timeout_and_retry_reach_the_queue_pair),
      CASE(seven_retries_are_refused_where_they_never_end),
      CASE(a_port_that_is_down_is_passed_over),
      CASE(what_cannot_be_used_is_named_with_its_reason),
      CASE(no_device_is_said_with_a_remedy),
      CASE(ranks_take_turns_at_a_list_of_devices),
      CASE(the_second_port_is_taken_where_it_is_the_one_that_is_up),
      CASE(routable_roce_v2_is_the_first_choice),
      CASE(a_host_with_ipv6_alone_is_good),
      CASE(the_index_asked_for_is_the_one_taken),
      CASE(an_index_that_no_queue_pair_can_have_is_passed_over),
      CASE(ranks_take_an_address_that_all_have),
      CASE(the_lesser_mtu_is_taken_and_never_more_than_asked_for),
      CASE(what_atomics_the_device_has_is_said),
      CASE(what_the_device_says_of_order_within_a_write_is_said),
      CASE(inline_size_is_sought_downwards_and_read_back),
      CASE(a_short_completion_queue_makes_less_deep_queue_pairs),
      CASE(a_word_goes_inline_to_its_place),
      CASE(words_without_inline_keep_their_sources_until_they_are_done),
      CASE(completions_count_in_a_queue_of_any_depth),
      CASE(a_word_carries_nothing_of_the_word_before),
      CASE(a_full_wire_says_again_and_one_of_it_will_tell),
      CASE(signaled_are_few_words_and_every_put_get_and_flush),
      CASE(unsignaled_words_complete_when_somebody_asks),
      CASE(no_room_in_the_device_is_no_error),
      CASE(another_answer_of_the_device_makes_the_peer_unreachable),
      CASE(a_put_too_long_for_one_request_goes_in_several),
      CASE(a_put_that_is_posted_in_part_goes_on_before_anything_else),
      CASE(a_put_longer_than_the_queue_is_deep_arrives),
      CASE(what_is_no_object_is_not_posted),
      CASE(the_first_error_counts_and_the_flush_behind_it_does_not_hide_it),
      CASE(all_queues_full_of_errors_fit_the_completion_queue),
      CASE(a_peer_that_nothing_is_posted_to_is_probed),
      CASE(a_peer_that_has_died_is_dead_and_not_unreachable),
      CASE(an_error_that_a_look_finds_leaves_a_rank_of_this_host_its_moment),
      CASE(an_unreachable_peer_that_turns_out_to_be_dead_is_dead),
      CASE(events_are_mapped_to_ranks),
      CASE(a_fatal_event_of_the_device_is_of_all_ranks),
      CASE(a_removed_device_is_of_all_ranks_and_is_closed_at_once),
      CASE(memory_is_never_registered_with_relaxed_ordering),
      CASE(memory_that_cannot_be_registered_says_the_limit_and_the_remedy),
      CASE(small_objects_share_a_registration_and_each_has_its_keys),
      CASE(a_close_gives_back_what_is_still_posted),
      CASE(a_drain_completes_all_or_ends_at_its_deadline),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
