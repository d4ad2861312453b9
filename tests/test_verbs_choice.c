/* The verbs wire on a device that is none: settings, which device and address are chosen, and how deep queues are. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "verbs_rank.h"

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
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
