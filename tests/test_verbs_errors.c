/* The verbs wire on a device that is none: errors of every kind, memory that it may reach, and the end. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "verbs_rank.h"

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

static void a_peer_that_something_was_posted_to_meanwhile_is_not_probed(void **state)
{
  (void)state;
  go();
  uint64_t begin = sacred_now();
  verbs_watch(&one.w, begin);
  fake_perform(to(1), UINT32_MAX);
  assert_int_equal(verbs_word(&one.w, 1, 0, 1), SACRED_OK);

  verbs_watch(&one.w, begin + 150000000);
  assert_int_equal(to(1)->posted, 2);
  assert_int_equal(to(2)->posted, 1); /* an answer is under way */
  fake_perform(to(1), UINT32_MAX);
  fake_perform(to(2), UINT32_MAX);
  verbs_watch(&one.w, begin + 300000000);
  assert_int_equal(to(1)->posted, 3);
  assert_int_equal(to(2)->posted, 2);

  /* what was posted tells of the end, though it asked for no completion */
  fake_perform(to(1), UINT32_MAX);
  fake_perform(to(2), UINT32_MAX);
  assert_int_equal(verbs_word(&one.w, 1, 0, 2), SACRED_OK);
  fake_fail(to(1), IBV_WC_RETRY_EXC_ERR);
  assert_int_equal(health_later(), SACRED_ERR_UNREACHABLE);
  assert_true(wire_peer_gone(&one.w, 1));
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
      CASE(the_first_error_counts_and_the_flush_behind_it_does_not_hide_it),
      CASE(all_queues_full_of_errors_fit_the_completion_queue),
      CASE(a_peer_that_nothing_is_posted_to_is_probed),
      CASE(a_peer_that_something_was_posted_to_meanwhile_is_not_probed),
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
