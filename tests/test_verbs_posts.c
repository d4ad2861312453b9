/* The verbs wire on a device that is none: what is posted, and when it is completed. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "verbs_rank.h"
#include <errno.h>

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

/* A chunk whose bytes are in a region of the sender's: the device fetches header and bytes from where they are. */
static void what_is_lent_goes_with_its_header_from_two_places(void **state)
{
  (void)state;
  const struct rows r = {.at = 4096, .stride = 1024};
  uint64_t where = 65536;
  go();

  memcpy(heap + 4096 + 128 + 32, &where, sizeof where);
  assert_int_equal(wire_lend(&one.w, 2, &r, 128, 64 + 700), SACRED_OK);
  assert_int_equal(to(2)->posted, 1);
  assert_int_equal(last(2)->wr.num_sge, 2);
  assert_int_equal(last(2)->wr.wr.rdma.remote_addr, (UINT64_C(2) << 40) + 4096 + 128);
  assert_int_equal(last(2)->sge.addr, (uintptr_t)heap + 4096 + 128);
  assert_int_equal(last(2)->sge.length, 64);
  assert_int_equal(last(2)->second.addr, (uintptr_t)heap + 65536);
  assert_int_equal(last(2)->second.length, 700);
  assert_int_equal(last(2)->second.lkey, last(2)->sge.lkey);
  assert_int_equal(wire_posted(&one.w, 2), 1);
  fake_perform(to(2), 1);
  assert_int_equal(wire_completed(&one.w, 2), 1);

  assert_int_equal(wire_lend(&one.w, 2, &r, 128, 64), SACRED_OK); /* a header without bytes */
  assert_int_equal(last(2)->wr.num_sge, 1);
  memset(heap + 4096 + 128 + 32, 0, 8); /* the bytes are in the row */
  assert_int_equal(wire_lend(&one.w, 2, &r, 128, 64 + 700), SACRED_OK);
  assert_int_equal(last(2)->wr.num_sge, 1);
  assert_int_equal(last(2)->sge.length, 64 + 700);
  fake_perform(to(2), UINT32_MAX);
  stop();
}

static void only_an_objects_bytes_are_fetched_from_where_they_are(void **state)
{
  (void)state;
  go();

  assert_int_equal(wire_place(&one.w, heap + 8192, 1 << 20), 8192);
  assert_int_equal(wire_place(&one.w, heap + OBJECT - (1 << 20), 1 << 20), OBJECT - (1 << 20));
  assert_int_equal(wire_place(&one.w, heap + OBJECT - (1 << 20), (1 << 20) + 1),
                   0); /* registered for an object, and for no more */
  assert_int_equal(wire_place(&one.w, (const unsigned char *)&one, 1 << 20), 0);
  assert_int_equal(wire_place(&one.w, heap + 8192, (1 << 20) - 1), 0); /* quicker copied */
  stop();
  set_up(NULL);
  fake.device[0].port[0].message = 100000; /* a chunk would be too long for one request */
  go();
  assert_int_equal(wire_place(&one.w, heap + 8192, 1 << 20), 0);
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

int main(void)
{
  const struct CMUnitTest tests[] = {
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
      CASE(what_is_lent_goes_with_its_header_from_two_places),
      CASE(only_an_objects_bytes_are_fetched_from_where_they_are),
      CASE(a_put_that_is_posted_in_part_goes_on_before_anything_else),
      CASE(a_put_longer_than_the_queue_is_deep_arrives),
      CASE(what_is_no_object_is_not_posted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
