/* A program with queue pairs and memory of its own: Sacred works on them, and leaves them as they were. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "ranks.h"
#include <infiniband/verbs.h>
#include <sacred/verbs.h>

enum {
  HEAP = 1 << 20,
  DATA = 64 * 1024, /* of the program's own, behind the heap */
  DEPTH = 64,
  KEPT = 16,
  ACCESS = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ
};

/* What a rank tells the others before they connect. */
struct card {
  union ibv_gid gid;
  uint64_t data;
  uint32_t key, lid, number[8];
};

static struct program {
  struct ibv_context *context;
  struct ibv_pd *pd;
  struct ibv_cq *cq;
  struct ibv_mr *mr;
  struct ibv_qp *qps[8];
  struct card cards[8];
  struct sacred_verbs bring;
  unsigned char *memory;
  uint64_t heard, wrong; /* completions of my own; that were errors, or not mine */
} p;

static void hear(void *arg, const struct ibv_wc *wc)
{
  p.heard++;
  p.wrong += arg != &p || wc->status != IBV_WC_SUCCESS || wc->wr_id >> 32 != 4711;
}

/* The name that SACRED_DEVICE, names with commas between them, has for this rank; ranks take turns. */
static struct ibv_context *open_device(const struct rank *me)
{
  struct ibv_device **list = ibv_get_device_list(NULL);
  struct ibv_context *found = NULL;
  const char *names = getenv("SACRED_DEVICE");
  char copy[512], *rest = copy, *name = NULL;
  uint32_t commas = 0;
  snprintf(copy, sizeof copy, "%s", names ? names : "");
  for (const char *c = copy; *c; c++)
    commas += *c == ',';
  for (uint32_t k = 0; k <= me->rank % (commas + 1); k++)
    name = strsep(&rest, ",");
  for (int k = 0; list && list[k] && !found; k++)
    if (!*name || strcmp(ibv_get_device_name(list[k]), name) == 0)
      found = ibv_open_device(list[k]);
  if (list)
    ibv_free_device_list(list);
  return found;
}

/* A routable address, or the only one there is. */
static uint32_t choose_gid(union ibv_gid *gid)
{
  struct ibv_gid_entry entries[64];
  ssize_t n = ibv_query_gid_table(p.context, entries, 64, 0);
  uint32_t chosen = 0;
  for (ssize_t k = 0; k < n; k++)
    if (k == 0 || (entries[k].gid_type == IBV_GID_TYPE_ROCE_V2 && entries[k].gid.raw[10] == 0xff)) {
      *gid = entries[k].gid;
      chosen = entries[k].gid_index;
    }
  return chosen;
}

static void connect_pair(struct rank *me, uint32_t i, uint32_t gid_index)
{
  const struct card *there = &p.cards[i];
  struct ibv_qp_attr init = {.qp_state = IBV_QPS_INIT, .port_num = 1, .qp_access_flags = ACCESS};
  struct ibv_qp_attr receive = {.qp_state = IBV_QPS_RTR,
                                .path_mtu = IBV_MTU_1024,
                                .dest_qp_num = there->number[me->rank],
                                .max_dest_rd_atomic = 4,
                                .min_rnr_timer = 12};
  struct ibv_qp_attr send = {.qp_state = IBV_QPS_RTS, .timeout = 18, .retry_cnt = 6, .max_rd_atomic = 4};
  receive.ah_attr = (struct ibv_ah_attr){.port_num = 1, .dlid = (uint16_t)there->lid, .is_global = 1};
  receive.ah_attr.grh =
      (struct ibv_global_route){.dgid = there->gid, .sgid_index = (uint8_t)gid_index, .hop_limit = 64};
  EQUAL(ibv_modify_qp(p.qps[i], &init, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS), 0);
  EQUAL(ibv_modify_qp(p.qps[i], &receive,
                      IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
                          IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER),
        0);
  EQUAL(ibv_modify_qp(p.qps[i], &send,
                      IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN |
                          IBV_QP_MAX_QP_RD_ATOMIC),
        0);
}

/* All that a program has before it thinks of Sacred. */
static void make_program(struct rank *me)
{
  struct ibv_port_attr port;
  struct card mine = {.lid = 0};
  p.context = open_device(me);
  CHECK(p.context != NULL);
  p.pd = ibv_alloc_pd(p.context);
  p.cq = ibv_create_cq(p.context, 1024, NULL, NULL, 0);
  p.memory = aligned_alloc(4096, HEAP + DATA);
  CHECK(p.pd && p.cq && p.memory);
  memset(p.memory, 0xee, HEAP + DATA);
  p.mr = ibv_reg_mr(p.pd, p.memory, HEAP + DATA, ACCESS);
  CHECK(p.mr != NULL);
  EQUAL(ibv_query_port(p.context, 1, &port), 0);
  uint32_t gid_index = choose_gid(&mine.gid);
  mine.data = (uintptr_t)p.memory + HEAP;
  mine.key = p.mr->rkey;
  mine.lid = port.lid;
  for (uint32_t i = 0; i < me->size; i++) {
    struct ibv_qp_init_attr attr = {.send_cq = p.cq, .recv_cq = p.cq, .qp_type = IBV_QPT_RC};
    attr.cap = (struct ibv_qp_cap){.max_send_wr = DEPTH, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1};
    if (me->variant == 0)
      attr.cap.max_inline_data = 64;
    if (i == me->rank)
      continue;
    p.qps[i] = ibv_create_qp(p.pd, &attr);
    CHECK(p.qps[i] != NULL);
    mine.number[i] = p.qps[i]->qp_num;
  }
  EQUAL(rank_allgather(me, &mine, p.cards, sizeof mine), 0);
  for (uint32_t i = 0; i < me->size; i++)
    if (i != me->rank)
      connect_pair(me, i, gid_index);
  p.bring = (struct sacred_verbs){p.qps, p.mr, p.memory, HEAP, ACCESS, KEPT, hear, &p};
}

/* A write of my own to the data of rank i, as any program posts it. */
static int write_own(struct rank *me, uint32_t i, uint64_t length)
{
  struct ibv_sge sge = {(uintptr_t)p.memory + HEAP, (uint32_t)length, p.mr->lkey};
  struct ibv_send_wr wr = {.wr_id = (uint64_t)4711 << 32 | i, .sg_list = &sge, .num_sge = 1}, *bad;
  wr.opcode = IBV_WR_RDMA_WRITE;
  wr.send_flags = IBV_SEND_SIGNALED;
  wr.wr.rdma.remote_addr = p.cards[i].data + (1 + me->rank) * length;
  wr.wr.rdma.rkey = p.cards[i].key;
  return ibv_post_send(p.qps[i], &wr, &bad);
}

/* Give everything back: it is as it was, so that it works without Sacred, and nothing of Sacred's is left. */
static void end_program(struct rank *me)
{
  struct ibv_qp_attr attr;
  struct ibv_qp_init_attr init;
  struct ibv_wc wc;
  uint32_t next = (me->rank + 1) % me->size;
  CHECK(ibv_poll_cq(p.cq, 1, &wc) == 0);
  EQUAL(ibv_query_qp(p.qps[next], &attr, IBV_QP_STATE, &init), 0);
  EQUAL(attr.qp_state, IBV_QPS_RTS);
  EQUAL(write_own(me, next, 512), 0);
  int n = 0;
  for (uint64_t until = soon(); n == 0 && sacred_now() < until;)
    n = ibv_poll_cq(p.cq, 1, &wc);
  EQUAL(n, 1);
  EQUAL(wc.status, IBV_WC_SUCCESS);
  EQUAL(wc.wr_id >> 32, 4711);
  meet(me, 100, me->size);
  for (uint32_t i = 0; i < me->size; i++)
    if (p.qps[i])
      EQUAL(ibv_destroy_qp(p.qps[i]), 0);
  EQUAL(ibv_dereg_mr(p.mr), 0);
  EQUAL(ibv_destroy_cq(p.cq), 0);
  EQUAL(ibv_dealloc_pd(p.pd), 0); /* busy if Sacred had left a registration */
  EQUAL(ibv_close_device(p.context), 0);
}

/* What I write by myself is at a peer before it sees my flag, and passes my barrier: with words inline, and without. */
TEST(sacred_goes_on_top_of_a_programs_own_queue_pairs, .n = 4, .unopened = true, .variants = 2, .seconds = 120)
{
  enum { LENGTH = 4096 };
  make_program(me);
  NOTE("opens on its own queue pairs");
  int status = sacred_group_open_verbs(&me->group, me->rank, me->size, &p.bring, rank_allgather, me, soon());
  if (status != SACRED_OK)
    rank_fail(me, __FILE__, __LINE__, "sacred_group_open_verbs gave %d: %s", status, sacred_open_error());
  sacred_flag *f = new_flag(me);
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  sacred_region *r = new_region(me, 2 * LENGTH);
  unsigned char *region = sacred_region_base(r), *data = p.memory + HEAP;
  uint32_t next = (me->rank + 1) % me->size, before = (me->rank + me->size - 1) % me->size;
  CHECK(region >= p.memory && region + 2 * LENGTH <= p.memory + HEAP);
  for (int k = 0; k < 2 * LENGTH; k++)
    EQUAL(region[k], 0);
  OK(sacred_barrier_wait(b, soon())); /* nobody puts before all have looked */

  for (uint64_t k = 1; k <= 20; k++) {
    NOTE("is in round %llu", (unsigned long long)k);
    uint64_t ticket = 0;
    memset(data, (int)(k + me->rank), LENGTH);
    EQUAL(write_own(me, next, LENGTH), 0);
    POST(sacred_flag_raise(f, next, k));
    OK(sacred_flag_wait(f, before, k, soon()));
    for (int i = 0; i < LENGTH; i++)
      EQUAL(data[(1 + before) * LENGTH + (uint32_t)i], (k + before) & 0xff);
    memset(region + LENGTH, (int)(3 * k + me->rank), LENGTH);
    POST(sacred_region_put(r, next, 0, LENGTH, LENGTH, &ticket));
    OK(sacred_barrier_wait(b, soon()));
    for (int i = 0; i < LENGTH; i++)
      EQUAL(region[i], (3 * k + before) & 0xff);
    OK(sacred_region_wait(r, next, ticket, soon()));
    OK(sacred_barrier_wait(b, soon()));
  }

  OK(sacred_group_close(me->group, soon()));
  EQUAL(p.heard, 20);
  EQUAL(p.wrong, 0);
  end_program(me);
}

TEST(queue_pairs_in_another_order_are_refused_by_all, .n = 3, .unopened = true)
{
  make_program(me);
  struct ibv_qp *one = p.qps[1];
  if (me->rank == 0) {
    p.qps[1] = p.qps[2];
    p.qps[2] = one;
  }

  GIVES(sacred_group_open_verbs(&me->group, me->rank, me->size, &p.bring, rank_allgather, me, soon()),
        SACRED_ERR_MISMATCH);

  /* numbers are those of a device, so rank 0 may not see it by itself, but who is on the other side does */
  if (me->rank != 0 && !strstr(sacred_open_error(), "my queue pair to rank 0 leads to"))
    rank_fail(me, __FILE__, __LINE__, "rank 0 is not named in: %s", sacred_open_error());
  if (me->rank == 0) {
    p.qps[2] = p.qps[1];
    p.qps[1] = one;
  }
  end_program(me);
}

TEST(a_rank_that_opens_otherwise_is_named, .n = 2, .unopened = true)
{
  make_program(me);

  int status = me->rank == 0 ? sacred_group_open_verbs(&me->group, 0, 2, &p.bring, rank_allgather, me, soon())
                             : sacred_group_open_with(&me->group, 1, 2, rank_allgather, me, soon());

  GIVES(status, SACRED_ERR_MISMATCH);
  CHECK(strstr(sacred_open_error(), "rank 0 opens on its own queue pairs, rank 1 does not"));
  end_program(me);
}

/* A killed rank is known as dead on own queue pairs too; they are brought to the error state, as the header says. */
TEST(death_is_known_on_own_queue_pairs, .n = 3, .unopened = true, .killed = 1 << 2)
{
  make_program(me);
  OK(sacred_group_open_verbs(&me->group, me->rank, me->size, &p.bring, rank_allgather, me, soon()));
  sacred_barrier *b = new_barrier(me, SACRED_FULL);
  OK(sacred_barrier_wait(b, soon()));
  meet(me, 0, 3);
  if (me->rank == 2)
    rank_die(me);

  GIVES(sacred_barrier_wait(b, soon()), SACRED_ERR_DEAD);
  says(me, "rank 2 died");
  CHECK(sacred_group_close(me->group, soon()) != SACRED_TIMEOUT);
  struct ibv_qp_attr attr = {.qp_state = IBV_QPS_ERR};
  for (uint32_t i = 0; i < me->size; i++)
    if (p.qps[i]) {
      EQUAL(ibv_modify_qp(p.qps[i], &attr, IBV_QP_STATE), 0);
      EQUAL(ibv_destroy_qp(p.qps[i]), 0);
    }
  EQUAL(ibv_dereg_mr(p.mr), 0);
  EQUAL(ibv_destroy_cq(p.cq), 0);
  EQUAL(ibv_dealloc_pd(p.pd), 0);
}

RUN(cmocka_unit_test(sacred_goes_on_top_of_a_programs_own_queue_pairs),
    cmocka_unit_test(queue_pairs_in_another_order_are_refused_by_all),
    cmocka_unit_test(a_rank_that_opens_otherwise_is_named), cmocka_unit_test(death_is_known_on_own_queue_pairs))
