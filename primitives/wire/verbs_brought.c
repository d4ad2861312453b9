/* A wire on the caller's own queue pairs and memory: looked at, used, and left as they are. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../group/group.h"
#include "verbs.h"
#include <inttypes.h>
#include <sacred/verbs.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SETTLED_BY_NS = 200000000 };

#define refuse(...) group_open_say(SACRED_ERR_ARGUMENT, __VA_ARGS__)

/* -- what is asked of it --------------------------------------------------------------- */

static int look_at_memory(const struct sacred_verbs *given)
{
  enum { NEEDED = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ };
  const struct ibv_mr *mr = given->mr;
  uintptr_t at = (uintptr_t)given->memory;
  if (!mr || !given->memory || !given->qps)
    return refuse("qps, mr or memory is NULL: give the queue pairs by rank, and registered memory");
  if (at % WIRE_LINE != 0 || given->bytes % WIRE_LINE != 0 || given->bytes == 0)
    return refuse("memory at %p of %" PRIu64 " bytes: align it to %d, and give a multiple of %d bytes", given->memory,
                  given->bytes, WIRE_LINE, WIRE_LINE);
  if (at < (uintptr_t)mr->addr || given->bytes > mr->length || at - (uintptr_t)mr->addr > mr->length - given->bytes)
    return refuse("memory at %p of %" PRIu64 " bytes is not within mr, %zu bytes at %p: give a part of it",
                  given->memory, given->bytes, mr->length, mr->addr);
  if ((given->access & NEEDED) != NEEDED)
    return refuse("access is 0x%x: register mr with local write, remote write and remote read, 0x%x", given->access,
                  NEEDED);
  if (given->access & (IBV_ACCESS_RELAXED_ORDERING | IBV_ACCESS_ON_DEMAND))
    return refuse("access is 0x%x, with relaxed ordering or on-demand paging: a signal could land ahead of its data; "
                  "register mr without",
                  given->access);
  return SACRED_OK;
}

static int look_at_pair(const struct verbs *v, uint32_t i, const struct ibv_qp_attr *attr,
                        const struct ibv_qp_init_attr *init)
{
  const struct ibv_qp *qp = v->peers[i].qp;
  if (init->qp_type != IBV_QPT_RC)
    return refuse("the queue pair to rank %u has type %d: give a reliable connected one (IBV_QPT_RC)", i,
                  (int)init->qp_type);
  if (attr->qp_state != IBV_QPS_RTS)
    return refuse("the queue pair to rank %u is in state %d: connect it, up to IBV_QPS_RTS, before", i,
                  (int)attr->qp_state);
  if (qp->pd != v->pd)
    return refuse("the queue pair to rank %u is of another protection domain than mr: use one", i);
  if (!qp->send_cq || (v->batch->cq && qp->send_cq != v->batch->cq))
    return refuse("the queue pair to rank %u has another send_cq than the first: create all with one", i);
  if (!(attr->qp_access_flags & IBV_ACCESS_REMOTE_WRITE) || !(attr->qp_access_flags & IBV_ACCESS_REMOTE_READ))
    return refuse("the queue pair to rank %u has access flags 0x%x: allow remote write and remote read", i,
                  attr->qp_access_flags);
  if (attr->max_rd_atomic < 1 || attr->max_dest_rd_atomic < 1)
    return refuse("the queue pair to rank %u has max_rd_atomic %u and max_dest_rd_atomic %u: a fence is a get, give at "
                  "least 1",
                  i, attr->max_rd_atomic, attr->max_dest_rd_atomic);
  if (attr->timeout == 0)
    return refuse("the queue pair to rank %u has timeout 0, which is none: give 1 to 31, or a rank that is gone would "
                  "never be reported",
                  i);
  if (attr->retry_cnt >= VERBS_FOR_EVER && v->device.vendor_id == VERBS_SOFT_ROCE)
    return refuse("the queue pair to rank %u has retry_cnt %u, which is for ever on Soft-RoCE: give 0 to 6", i,
                  attr->retry_cnt);
  return SACRED_OK;
}

/* -- taking it over -------------------------------------------------------------------- */

static uint32_t lesser(uint32_t a, uint32_t b)
{
  return a < b ? a : b;
}

/* All queue pairs, and what the shortest of them has. */
static int take_pairs(struct verbs *v, const struct sacred_verbs *given, uint32_t *wr_most)
{
  *wr_most = INT32_MAX;
  for (uint32_t i = 0; i < v->size; i++) {
    struct verbs_peer *p = &v->peers[i];
    struct ibv_qp_attr attr = {.qp_state = IBV_QPS_RESET};
    struct ibv_qp_init_attr init;
    memset(&init, 0, sizeof init);
    if (i == v->rank)
      continue;
    p->qp = given->qps[i];
    if (!p->qp)
      return refuse("qps[%u] is NULL: give a queue pair for each rank but mine, %u", i, v->rank);
    for (uint32_t k = 0; k < i; k++)
      if (v->peers[k].qp == p->qp)
        return refuse("qps[%u] and qps[%u] are one queue pair: give one for each rank", k, i);
    int error =
        ibv_query_qp(p->qp, &attr,
                     IBV_QP_STATE | IBV_QP_ACCESS_FLAGS | IBV_QP_PORT | IBV_QP_AV | IBV_QP_DEST_QPN | IBV_QP_TIMEOUT |
                         IBV_QP_RETRY_CNT | IBV_QP_MAX_QP_RD_ATOMIC | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_CAP,
                     &init);
    if (error != 0)
      return group_open_say(SACRED_ERR_SYSTEM, "the queue pair to rank %u cannot be queried: %s", i, strerror(error));
    int status = look_at_pair(v, i, &attr, &init);
    if (status != SACRED_OK)
      return status;
    v->batch->cq = p->qp->send_cq;
    p->leads_to = attr.dest_qp_num;
    v->inlined = lesser(v->inlined, init.cap.max_inline_data);
    v->pieces = lesser(v->pieces, init.cap.max_send_sge);
    *wr_most = lesser(*wr_most, init.cap.max_send_wr);
    if (v->port.number == 0) {
      v->port.number = attr.port_num;
      v->settings.gid_index = attr.ah_attr.is_global ? attr.ah_attr.grh.sgid_index : -1;
      v->settings.timeout = attr.timeout;
      v->settings.retry = attr.retry_cnt;
    }
    if (v->in_order < 0)
      v->in_order = ibv_query_qp_data_in_order(p->qp, IBV_WR_RDMA_WRITE, 0);
  }
  return SACRED_OK;
}

/* As deep as queue pairs and completion queue allow beside what the caller keeps: see credit.h. */
static int fit(struct verbs *v, const struct sacred_verbs *given, uint32_t wr_most)
{
  uint32_t pairs = v->size > 1 ? v->size - 1 : 1;
  int32_t cqe = v->batch->cq ? v->batch->cq->cqe : INT32_MAX;
  struct credit_fit f;
  if (!credit_fit(pairs, v->settings.depth, (int32_t)wr_most, cqe, given->kept, &f))
    return refuse("the completion queue has %d entries, the shortest queue pair %u work requests, and %u of each you "
                  "keep: %u ranks need %" PRIu64 " entries and %" PRIu64 " work requests at least",
                  cqe, wr_most, given->kept, v->size, pairs * ((uint64_t)CREDIT_LEAST + given->kept),
                  (uint64_t)CREDIT_LEAST + given->kept);
  v->depth = f.depth;
  int status = verbs_make_words(v, v->batch, pairs);
  for (uint32_t i = 0, nth = 0; status == SACRED_OK && i < v->size; i++)
    if (i != v->rank)
      status = verbs_give_words(v, v->batch, nth++, i);
  return status;
}

static int take_over(struct verbs *v, const struct sacred_verbs *given)
{
  uint32_t wr_most;
  int status = verbs_settings_read(&v->settings);
  if (status == SACRED_OK)
    status = look_at_memory(given);
  if (status != SACRED_OK)
    return status;
  v->context = given->mr->context;
  v->pd = given->mr->pd;
  v->inlined = v->settings.inlined;
  v->other = given->completed;
  v->other_arg = given->arg;
  int error = ibv_query_device(v->context, &v->device);
  if (error != 0)
    return group_open_say(SACRED_ERR_SYSTEM, "%s cannot be queried: %s", ibv_get_device_name(v->context->device),
                          strerror(error));
  v->memory = calloc(1, sizeof *v->memory);
  if (!v->memory)
    return group_open_say(SACRED_ERR_MEMORY, "no memory for the registrations");
  *v->memory = (struct verbs_memory){given->mr, 0, given->bytes};
  v->memories = 1;
  if (!verbs_new_batch(v))
    return group_open_say(SACRED_ERR_MEMORY, "no memory for the queue pairs of %u ranks", v->size);
  status = take_pairs(v, given, &wr_most);
  if (status == SACRED_OK)
    status = fit(v, given, wr_most);
  if (v->port.number == 0)
    v->port.number = 1; /* there is nobody to reach */
  if (status == SACRED_OK)
    status = verbs_look(&v->settings, v->context, &v->port);
  return status == SACRED_OK ? verbs_make_scratch(v) : status;
}

int verbs_open_brought(struct wire *w, const struct sacred_verbs *given, struct verbs **verbs)
{
  struct verbs *v = verbs_new(w);
  *verbs = NULL;
  if (!v)
    return group_open_say(SACRED_ERR_MEMORY, "no memory for the queue pairs of %u ranks", w->size);
  v->brought = 1;
  int status = take_over(v, given);
  if (status == SACRED_OK)
    *verbs = v;
  else
    verbs_close(v);
  return status;
}

int verbs_verify(const struct verbs *v, uint32_t i)
{
  const struct verbs_peer *p = &v->peers[i];
  if (p->leads_to == p->number)
    return SACRED_OK;
  return group_open_say(SACRED_ERR_MISMATCH,
                        "my queue pair to rank %u leads to number %u, and rank %u gave number %u for me, rank %u: "
                        "connect the two to each other, and give them in rank order",
                        i, p->leads_to, i, p->number, v->rank);
}

/* -- leaving it ------------------------------------------------------------------------ */

/* How many of mine are still under way. */
static uint64_t under_way(const struct verbs *v)
{
  uint64_t n = 0;
  for (uint32_t i = 0; i < v->size; i++)
    n += v->peers[i].credit.posted - v->peers[i].credit.done;
  return n;
}

void verbs_leave(struct verbs *v)
{
  struct timespec nap = {0, 20000};
  struct ibv_wc wc;
  for (uint64_t until = sacred_in(SETTLED_BY_NS); under_way(v) > 0 && sacred_now() < until;) {
    int n = ibv_poll_cq(v->batch->cq, 1, &wc);
    if (n < 0)
      break;
    if (n == 0)
      nanosleep(&nap, NULL);
    else if (verbs_is_mine(v, &wc))
      credit_take(&v->peers[verbs_rank_of(&wc)].credit, v->depth, wc.wr_id % CREDIT_NUMBERS);
    else if (v->other)
      v->other(v->other_arg, &wc);
  }
}
