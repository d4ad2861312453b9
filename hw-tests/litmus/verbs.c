/* RDMA devices: each thread has a queue pair of its own to each node, its own included. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/verbs.h"
#include "device.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { DEPTH = 2 * LITMUS_INSTRUCTIONS, READS = 16, HOPS = 64, NO_DEVICE = 77 };

/* A node: a port, and memory that it has registered. */
struct node {
  struct ibv_context *context;
  struct verbs_port port;
  struct ibv_device_attr attr;
  struct ibv_pd *pd;
  struct ibv_mr *mr;
};

/* A queue pair: the end that posts, at the thread's node, and the one at the other node. */
struct pair {
  struct ibv_qp *near, *far;
  struct ibv_cq *near_cq, *far_cq;
};

struct over_verbs {
  struct verbs_settings settings;
  enum verbs_family family;
  struct node node[DEVICE_NODES];
  struct pair pair[LITMUS_THREADS][DEVICE_NODES];
};

static bool fail(struct device *d, const char *what, int error)
{
  snprintf(d->error, sizeof d->error, "%s: %s", what, strerror(error));
  return false;
}

/* -- nodes ------------------------------------------------------------------- */

static bool open_node(struct device *d, unsigned k)
{
  enum {
    ACCESS = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC
  };
  struct over_verbs *v = d->own;
  struct node *n = &v->node[k];
  void *memory = mmap(NULL, DEVICE_NODE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return fail(d, "no memory for a node", errno);
  d->memory[k] = memory;
  if (verbs_choose(&v->settings, k, &n->context, &n->port) != SACRED_OK) {
    snprintf(d->error, sizeof d->error, "%.500s", sacred_open_error());
    return false;
  }
  n->pd = ibv_alloc_pd(n->context);
  n->mr = n->pd ? ibv_reg_mr(n->pd, memory, DEVICE_NODE, ACCESS) : NULL;
  if (!n->mr)
    return fail(d, "the memory of a node cannot be registered", errno);
  int error = ibv_query_device(n->context, &n->attr);
  return error == 0 || fail(d, "a device cannot be queried", error);
}

/* A kind of address that all nodes have, IPv4 first. */
static bool choose_family(struct device *d)
{
  struct over_verbs *v = d->own;
  for (unsigned family = VERBS_IPV4; family < VERBS_FAMILIES; family++) {
    bool all = true;
    for (unsigned k = 0; k < d->shape.nodes; k++)
      all = all && v->node[k].port.address[family].score > 0;
    v->family = (enum verbs_family)family;
    if (all)
      return true;
  }
  snprintf(d->error, sizeof d->error, "the ports of the nodes have no kind of address in common: set SACRED_GID_INDEX");
  return false;
}

/* -- queue pairs ------------------------------------------------------------- */

static struct ibv_qp *create(struct node *n, struct ibv_cq **cq)
{
  *cq = ibv_create_cq(n->context, DEPTH, NULL, NULL, 0);
  if (!*cq)
    return NULL;
  struct ibv_qp_init_attr attr = {.send_cq = *cq, .recv_cq = *cq, .qp_type = IBV_QPT_RC, .sq_sig_all = 0};
  attr.cap = (struct ibv_qp_cap){.max_send_wr = DEPTH,
                                 .max_recv_wr = 1,
                                 .max_send_sge = LITMUS_WORDS,
                                 .max_recv_sge = 1,
                                 .max_inline_data = 8 * LITMUS_WORDS};
  return ibv_create_qp(n->pd, &attr);
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
  return a < b ? a : b;
}

/* From `here` to `there`, whose queue pair is `far`; packets are numbered from 0, both ways. */
static int connect(struct over_verbs *v, struct node *here, struct ibv_qp *near, struct node *there, struct ibv_qp *far)
{
  const struct verbs_address *from = &here->port.address[v->family], *to = &there->port.address[v->family];
  struct ibv_qp_attr init = {.qp_state = IBV_QPS_INIT, .port_num = (uint8_t)here->port.number};
  init.qp_access_flags = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ;
  if (here->attr.atomic_cap != IBV_ATOMIC_NONE)
    init.qp_access_flags |= IBV_ACCESS_REMOTE_ATOMIC;
  struct ibv_qp_attr receive = {
      .qp_state = IBV_QPS_RTR,
      .path_mtu = (enum ibv_mtu)lesser(here->port.mtu, there->port.mtu),
      .dest_qp_num = far->qp_num,
      .max_dest_rd_atomic = (uint8_t)lesser((uint32_t)here->attr.max_qp_rd_atom, READS),
      .min_rnr_timer = 12,
      .ah_attr = {.port_num = (uint8_t)here->port.number,
                  .dlid = (uint16_t)there->port.lid,
                  .is_global = 1,
                  .grh = {.dgid = to->gid, .sgid_index = (uint8_t)from->index, .hop_limit = HOPS}}};
  struct ibv_qp_attr send = {.qp_state = IBV_QPS_RTS,
                             .timeout = (uint8_t)v->settings.timeout,
                             .retry_cnt = (uint8_t)v->settings.retry,
                             .max_rd_atomic = (uint8_t)lesser((uint32_t)there->attr.max_qp_rd_atom,
                                                              lesser((uint32_t)here->attr.max_qp_init_rd_atom, READS))};
  int error = ibv_modify_qp(near, &init, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
  if (error == 0)
    error = ibv_modify_qp(near, &receive,
                          IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
                              IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
  if (error == 0)
    error = ibv_modify_qp(near, &send,
                          IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN |
                              IBV_QP_MAX_QP_RD_ATOMIC);
  return error;
}

static bool open_pair(struct device *d, unsigned thread, unsigned node)
{
  struct over_verbs *v = d->own;
  struct node *here = &v->node[d->shape.node_of[thread]], *there = &v->node[node];
  struct pair *p = &v->pair[thread][node];
  p->near = create(here, &p->near_cq);
  p->far = create(there, &p->far_cq);
  if (!p->near || !p->far)
    return fail(d, "no queue pair with 64 bytes inline and 8 parts a request", errno);
  int error = connect(v, here, p->near, there, p->far);
  if (error == 0)
    error = connect(v, there, p->far, here, p->near);
  return error == 0 || fail(d, "two queue pairs cannot be connected", error);
}

/* -- operations -------------------------------------------------------------- */

static bool post(struct device *d, unsigned thread, unsigned node, const struct request *r)
{
  struct over_verbs *v = d->own;
  const struct node *here = &v->node[d->shape.node_of[thread]], *there = &v->node[node];
  struct ibv_sge sge[LITMUS_WORDS];
  struct ibv_send_wr wr = {.sg_list = sge, .num_sge = (int)r->words, .send_flags = IBV_SEND_SIGNALED}, *bad;
  uint64_t at = (uintptr_t)d->memory[node] + r->remote;
  for (unsigned w = 0; w < r->words; w++)
    sge[w] = (struct ibv_sge){r->is_inline ? (uintptr_t)&r->value[w] : (uintptr_t)r->local[w], 8, here->mr->lkey};
  wr.send_flags |= (r->is_inline ? IBV_SEND_INLINE : 0) | (r->is_fenced ? IBV_SEND_FENCE : 0);
  wr.opcode = r->kind == LITMUS_PUT    ? IBV_WR_RDMA_WRITE
              : r->kind == LITMUS_GET  ? IBV_WR_RDMA_READ
              : r->kind == LITMUS_RCAS ? IBV_WR_ATOMIC_CMP_AND_SWP
                                       : IBV_WR_ATOMIC_FETCH_AND_ADD;
  if (r->kind == LITMUS_PUT || r->kind == LITMUS_GET) {
    wr.wr.rdma.remote_addr = at;
    wr.wr.rdma.rkey = there->mr->rkey;
  } else {
    wr.wr.atomic.remote_addr = at;
    wr.wr.atomic.compare_add = r->value[0];
    wr.wr.atomic.swap = r->value[1];
    wr.wr.atomic.rkey = there->mr->rkey;
  }
  /* What was stored before is there for the device: rule B before pipe. */
  __atomic_thread_fence(__ATOMIC_RELEASE);
  int error = ibv_post_send(v->pair[thread][node].near, &wr, &bad);
  return error == 0 || fail(d, "a work request is refused", error < 0 ? -error : error);
}

static int poll_one(struct device *d, unsigned thread, unsigned node)
{
  struct over_verbs *v = d->own;
  struct ibv_wc wc;
  int n = ibv_poll_cq(v->pair[thread][node].near_cq, 1, &wc);
  /* A completion, then what comes behind the poll. */
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  if (n > 0 && wc.status != IBV_WC_SUCCESS) {
    snprintf(d->error, sizeof d->error, "an operation of thread %u to node %u ended with %s", thread, node,
             ibv_wc_status_str(wc.status));
    return -1;
  }
  if (n < 0)
    snprintf(d->error, sizeof d->error, "the completion queue of thread %u to node %u cannot be polled", thread, node);
  return n;
}

static void close_verbs(struct device *d)
{
  struct over_verbs *v = d->own;
  for (unsigned t = 0; t < d->shape.threads; t++)
    for (unsigned k = 0; k < d->shape.nodes; k++) {
      struct pair *p = &v->pair[t][k];
      if (p->near)
        ibv_destroy_qp(p->near);
      if (p->far)
        ibv_destroy_qp(p->far);
      if (p->near_cq)
        ibv_destroy_cq(p->near_cq);
      if (p->far_cq)
        ibv_destroy_cq(p->far_cq);
    }
  for (unsigned k = 0; k < d->shape.nodes; k++) {
    if (v->node[k].mr)
      ibv_dereg_mr(v->node[k].mr);
    if (v->node[k].pd)
      ibv_dealloc_pd(v->node[k].pd);
    if (v->node[k].context)
      ibv_close_device(v->node[k].context);
    if (d->memory[k])
      munmap(d->memory[k], DEVICE_NODE);
  }
  free(v);
}

int device_open_verbs(struct device *d, const struct device_shape *shape)
{
  int devices = 0;
  *d = (struct device){.shape = *shape, .post = post, .poll = poll_one, .close = close_verbs};
  struct ibv_device **list = ibv_get_device_list(&devices);
  if (list)
    ibv_free_device_list(list);
  if (devices == 0) {
    snprintf(d->error, sizeof d->error, "this machine has no RDMA device");
    return NO_DEVICE;
  }
  d->own = calloc(1, sizeof(struct over_verbs));
  struct over_verbs *v = d->own;
  bool good = v && verbs_settings_read(&v->settings) == SACRED_OK;
  if (!good)
    snprintf(d->error, sizeof d->error, "%.500s", v ? sacred_open_error() : "no memory");
  for (unsigned k = 0; good && k < shape->nodes; k++)
    good = open_node(d, k);
  good = good && choose_family(d);
  for (unsigned t = 0; good && t < shape->threads; t++)
    for (unsigned k = 0; good && k < shape->nodes; k++)
      good = open_pair(d, t, k);
  if (!good && v)
    close_verbs(d);
  return good ? 0 : 1;
}
