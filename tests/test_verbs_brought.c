/* The verbs wire on queue pairs and memory that the caller brings, on a device that is none. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "verbs_rank.h"

enum { KEPT = 10, GOOD = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ };

/* A program with queue pairs of its own, and what it heard of its own work requests. */
static struct own {
  struct ibv_context *context;
  struct ibv_pd *pd;
  struct ibv_cq *cq;
  struct ibv_qp *qps[RANKS];
  struct sacred_verbs given;
  uint64_t heard[8];
  uint32_t hears;
} own;

static void hear_own(void *arg, const struct ibv_wc *wc)
{
  assert_ptr_equal(arg, &own);
  own.heard[own.hears++ % 8] = wc->wr_id;
}

static void connect_own(uint32_t i, struct ibv_qp_attr a)
{
  struct ibv_qp_attr init = {.qp_state = IBV_QPS_INIT, .port_num = 1, .qp_access_flags = a.qp_access_flags};
  struct ibv_qp_attr receive = {
      .qp_state = IBV_QPS_RTR, .dest_qp_num = 70 + i, .max_dest_rd_atomic = a.max_dest_rd_atomic};
  struct ibv_qp_attr send = {
      .qp_state = IBV_QPS_RTS, .timeout = a.timeout, .retry_cnt = a.retry_cnt, .max_rd_atomic = a.max_rd_atomic};
  receive.ah_attr.is_global = 1;
  assert_int_equal(ibv_modify_qp(own.qps[i], &init, 0), 0);
  assert_int_equal(ibv_modify_qp(own.qps[i], &receive, 0), 0);
  assert_int_equal(ibv_modify_qp(own.qps[i], &send, 0), 0);
}

static const struct ibv_qp_attr well = {
    .qp_access_flags = GOOD, .timeout = 12, .retry_cnt = 3, .max_rd_atomic = 4, .max_dest_rd_atomic = 4};

static void make_own(int cqe)
{
  struct ibv_device **list = ibv_get_device_list(NULL);
  memset(&own, 0, sizeof own);
  own.context = ibv_open_device(list[0]);
  ibv_free_device_list(list);
  own.pd = ibv_alloc_pd(own.context);
  own.cq = ibv_create_cq(own.context, cqe, NULL, NULL, 0);
  for (uint32_t i = 1; i < RANKS; i++) {
    struct ibv_qp_init_attr attr = {.send_cq = own.cq, .recv_cq = own.cq, .qp_type = IBV_QPT_RC};
    attr.cap = (struct ibv_qp_cap){.max_send_wr = 64, .max_send_sge = 1, .max_inline_data = 32};
    own.qps[i] = ibv_create_qp(own.pd, &attr);
    connect_own(i, well);
  }
  own.given =
      (struct sacred_verbs){own.qps, ibv_reg_mr(own.pd, heap, HEAP, GOOD), heap, HEAP, GOOD, KEPT, hear_own, &own};
}

static int start_own(void)
{
  be_rank_0();
  one.t.brought = 1;
  int status = verbs_open_brought(&one.w, &own.given, &one.v);
  one.t.verbs = one.v;
  if (status == SACRED_OK)
    for (uint32_t i = 1; i < RANKS; i++)
      one.v->peers[i].number = 70 + i;
  return status;
}

static void go_own(void)
{
  make_own(4096);
  assert_int_equal(start_own(), SACRED_OK);
  connect_all();
}

/* The program gives back what it made. */
static void free_own(void)
{
  for (uint32_t i = 1; i < RANKS; i++)
    assert_int_equal(ibv_destroy_qp(own.qps[i]), 0);
  assert_int_equal(ibv_destroy_cq(own.cq), 0);
  assert_int_equal(ibv_dereg_mr(own.given.mr), 0);
  assert_int_equal(ibv_dealloc_pd(own.pd), 0);
  assert_int_equal(ibv_close_device(own.context), 0);
  assert_int_equal(fake.open, 0);
}

/* All is as the program made it, and it can give it back. */
static void end_own(void)
{
  assert_false(fake.overrun);
  for (uint32_t i = 1; i < RANKS; i++) {
    assert_true(to(i)->alive);
    assert_int_equal(own.qps[i]->state, IBV_QPS_RTS);
  }
  assert_int_equal(fake.open, 3 + 1 + (RANKS - 1)); /* context, domain, queue; mr; queue pairs */
  free_own();
}

static void own_is_refused(const char *first, const char *second)
{
  int status = start_own();
  assert_true(status == SACRED_ERR_ARGUMENT || status == SACRED_ERR_SYSTEM);
  if (!strstr(sacred_open_error(), first) || !strstr(sacred_open_error(), second))
    fail_msg("no %s, or no %s, in: %s", first, second, sacred_open_error());
  assert_int_equal(fake.open, 3 + 1 + (RANKS - 1));
}

static void queue_pairs_of_the_caller_are_used_and_left_as_they_are(void **state)
{
  (void)state;
  go_own();
  uint32_t registered = fake.registrations;
  assert_int_equal(one.v->depth, 64 - KEPT);
  assert_int_equal(one.v->inlined, 32);
  assert_int_equal(verbs_range(one.v, 0, 64)->lkey, own.given.mr->lkey);

  assert_int_equal(verbs_word(&one.w, 2, 64, 7), SACRED_OK);
  assert_true(last(2)->wr.wr_id & SACRED_VERBS_WR_ID);
  assert_int_equal(last(2)->wr.wr.rdma.rkey, 502);
  assert_int_equal(verbs_put(&one.w, 1, 0, 4096, 1000), SACRED_OK);
  assert_int_equal(last(1)->sge.lkey, own.given.mr->lkey);
  assert_int_equal(wire_place(&one.w, heap + 4096, 1 << 20), 0); /* they take one piece alone */
  fake_perform(to(1), UINT32_MAX);
  fake_perform(to(2), UINT32_MAX);
  verbs_drain(&one.w, sacred_in(5000000));
  fake_perform(to(1), UINT32_MAX);
  fake_perform(to(2), UINT32_MAX);
  verbs_close(one.v);

  assert_int_equal(fake.registrations, registered); /* nothing but its own pages, at the open */
  end_own();
}

static void what_the_caller_posts_is_handed_back_and_counts_for_nothing(void **state)
{
  (void)state;
  struct ibv_send_wr mine = {.wr_id = 4711, .opcode = IBV_WR_RDMA_WRITE, .send_flags = IBV_SEND_SIGNALED}, *bad;
  go_own();

  assert_int_equal(ibv_post_send(own.qps[1], &mine, &bad), 0);
  assert_int_equal(verbs_put(&one.w, 1, 0, 4096, 1000), SACRED_OK);
  mine.wr_id = 4712;
  assert_int_equal(ibv_post_send(own.qps[1], &mine, &bad), 0);
  fake_perform(to(1), 1);
  assert_int_equal(wire_completed(&one.w, 1), 0);
  assert_int_equal(own.hears, 1);
  assert_int_equal(own.heard[0], 4711);
  fake_perform(to(1), UINT32_MAX);
  assert_int_equal(wire_completed(&one.w, 1), 1);
  assert_int_equal(own.hears, 2);

  /* one that is completed as Sacred leaves is handed over as well, and one of Sacred's is awaited */
  assert_int_equal(verbs_flush(&one.w, 1), SACRED_OK);
  mine.wr_id = 4713;
  assert_int_equal(ibv_post_send(own.qps[1], &mine, &bad), 0);
  fake_perform(to(1), UINT32_MAX);
  assert_int_equal(own.hears, 2);
  verbs_close(one.v);
  assert_int_equal(own.hears, 2); /* it stands behind the last of Sacred's */
  assert_int_equal(fake.wc_in - fake.wc_out, 1);
  end_own();
}

static void what_the_caller_keeps_is_left_free(void **state)
{
  (void)state;
  make_own((RANKS - 1) * (20 + KEPT)); /* room for 20 of Sacred's on each */
  assert_int_equal(start_own(), SACRED_OK);
  connect_all();
  struct ibv_send_wr mine = {.wr_id = 1, .opcode = IBV_WR_RDMA_WRITE, .send_flags = IBV_SEND_SIGNALED}, *bad;

  for (uint32_t i = 1; i < RANKS; i++) {
    uint32_t n = 0;
    for (; n < KEPT; n++)
      assert_int_equal(ibv_post_send(own.qps[i], &mine, &bad), 0);
    for (n = 0; verbs_flush(&one.w, i) == SACRED_OK; n++)
      assert_true(n < 20);
    assert_int_equal(n, 19); /* and one for a probe */
    verbs_probe(&one.w, i);
  }
  fake_fail(to(1), IBV_WC_RETRY_EXC_ERR); /* each makes a completion */
  fake_fail(to(2), IBV_WC_RETRY_EXC_ERR);
  assert_int_equal(fake.wc_in, (uint32_t)own.cq->cqe);
  assert_false(fake.overrun);
  assert_int_equal(health_later(), SACRED_ERR_UNREACHABLE);
  assert_int_equal(own.hears, 2 * KEPT);
  verbs_close(one.v);
  free_own();
}

static void what_the_caller_brings_is_looked_at(void **state)
{
  (void)state;
  struct ibv_qp_attr no_read = well, no_get = well, no_answer = well, no_timeout = well, for_ever = well;
  no_read.qp_access_flags = IBV_ACCESS_REMOTE_WRITE;
  no_get.max_rd_atomic = 0;
  no_answer.max_dest_rd_atomic = 0;
  no_timeout.timeout = 0;
  for_ever.retry_cnt = 7;
  const struct {
    const struct ibv_qp_attr *attr;
    const char *first, *second;
  } bad[] = {{&no_read, "access flags 0x2", "remote read"},
             {&no_get, "max_rd_atomic 0", "at least 1"},
             {&no_answer, "max_dest_rd_atomic 0", "at least 1"},
             {&no_timeout, "timeout 0", "1 to 31"},
             {&for_ever, "retry_cnt 7", "0 to 6"}};
  fake.device[0].vendor = 0xffffff;
  make_own(4096);
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    connect_own(2, *bad[k].attr);
    own_is_refused(bad[k].first, bad[k].second);
  }
  connect_own(2, well);

  own.qps[2]->state = IBV_QPS_INIT;
  own_is_refused("rank 2 is in state 1", "IBV_QPS_RTS");
  own.qps[2]->state = IBV_QPS_RTS;
  to(2)->made.qp_type = IBV_QPT_UC;
  own_is_refused("type 3", "IBV_QPT_RC");
  to(2)->made.qp_type = IBV_QPT_RC;
  own.qps[2]->send_cq = (struct ibv_cq *)own.pd;
  own_is_refused("another send_cq", "rank 2");
  own.qps[2]->send_cq = own.cq;
  own.qps[2]->pd = NULL;
  own_is_refused("another protection domain", "rank 2");
  own.qps[2]->pd = own.pd;
  struct ibv_qp *second = own.qps[2];
  own.qps[2] = NULL;
  own_is_refused("qps[2] is NULL", "each rank but mine");
  own.qps[2] = own.qps[1];
  own_is_refused("qps[1] and qps[2]", "one for each rank");
  own.qps[2] = second;
  to(2)->made.cap.max_send_wr = KEPT + 7;
  own_is_refused("the shortest queue pair 17", "18 work requests at least");
  to(2)->made.cap.max_send_wr = 64;
  own.cq->cqe = 2 * (KEPT + 8) - 1;
  own_is_refused("has 35 entries", "36 entries");
  own.cq->cqe = 4096;

  static const struct sacred_verbs none;
  struct sacred_verbs good = own.given;
  own.given = none;
  own_is_refused("mr or memory is NULL", "by rank");
  own.given = good;
  own.given.memory = heap + 8;
  own_is_refused("align it to 64", "multiple of 64");
  own.given = good;
  own.given.bytes = HEAP + 64;
  own_is_refused("is not within mr", "give a part");
  own.given = good;
  own.given.access = GOOD & ~IBV_ACCESS_REMOTE_READ;
  own_is_refused("access is 0x3", "0x7");
  own.given.access = GOOD | IBV_ACCESS_RELAXED_ORDERING;
  own_is_refused("relaxed ordering", "register mr without");
  own.given.access = GOOD | IBV_ACCESS_ON_DEMAND;
  own_is_refused("on-demand", "register mr without");
  own.given = good;
  assert_int_equal(start_own(), SACRED_OK);

  one.v->peers[2].number = 99;
  assert_int_equal(verbs_connect(one.v, 1, 42), SACRED_OK);
  assert_int_equal(verbs_connect(one.v, 2, 42), SACRED_ERR_MISMATCH);
  assert_non_null(strstr(sacred_open_error(), "leads to number 72, and rank 2 gave number 99"));
  verbs_close(one.v);
  end_own();
}

static void events_of_the_callers_device_stay_the_callers(void **state)
{
  (void)state;
  go_own();
  fake.event.event_type = IBV_EVENT_DEVICE_FATAL;
  fake.has_event = true;

  verbs_watch(&one.w, sacred_now());

  assert_true(fake.has_event);
  assert_int_equal(wire_health(&one.w), SACRED_AGAIN);
  fake_perform(to(1), UINT32_MAX);
  fake_perform(to(2), UINT32_MAX);
  verbs_close(one.v);
  end_own();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      CASE(queue_pairs_of_the_caller_are_used_and_left_as_they_are),
      CASE(what_the_caller_posts_is_handed_back_and_counts_for_nothing),
      CASE(what_the_caller_keeps_is_left_free),
      CASE(what_the_caller_brings_is_looked_at),
      CASE(events_of_the_callers_device_stay_the_callers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
