/* A device that is none: libibverbs' functions, answered as a test wants them to be. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_verbs.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct fake fake;

static struct ibv_device devices[FAKE_DEVICES];

void fake_gid(struct fake_port *port, uint32_t index, enum ibv_gid_type type, const char *address)
{
  struct ibv_gid_entry *e = &port->gids[port->gids_n++];
  *e = (struct ibv_gid_entry){.gid_index = index, .port_num = 1, .gid_type = type};
  if (strchr(address, ':')) {
    inet_pton(AF_INET6, address, e->gid.raw);
  } else {
    e->gid.raw[10] = e->gid.raw[11] = 0xff;
    inet_pton(AF_INET, address, e->gid.raw + 12);
  }
}

void fake_reset(void)
{
  for (uint32_t k = 0; k < fake.qps; k++)
    free(fake.qp[k]);
  if (fake.async_fd > 0)
    close(fake.async_fd);
  memset(&fake, 0, sizeof fake);
  fake.async_fd = eventfd(0, 0);
  fake.devices = 1;
  fake.inline_most = 400;
  fake.max_cqe = 32768;
  fake.max_qp_wr = 16384;
  for (int k = 0; k < FAKE_DEVICES; k++) {
    static const char *const names[FAKE_DEVICES] = {"fake0", "fake1", "fake2"};
    struct fake_device *d = &fake.device[k];
    d->name = names[k];
    d->ports = 1;
    d->vendor = 0x2c9;
    d->port[0] =
        (struct fake_port){IBV_PORT_ACTIVE, IBV_MTU_4096, IBV_LINK_LAYER_ETHERNET, 1 << 20, {{{{0}}, 0, 0, 0, 0}}, 0};
    fake_gid(&d->port[0], 0, IBV_GID_TYPE_ROCE_V2, "10.0.0.1");
  }
}

/* -- performing ---------------------------------------------------------------- */

static void enter(struct fake_qp *q, const struct ibv_wc *wc)
{
  struct fake_cq *cq = (struct fake_cq *)q->qp.send_cq;
  if (cq->in - cq->out >= (uint32_t)cq->cq.cqe)
    fake.overrun = true;
  cq->wc[cq->in++ % (2 * FAKE_POSTS)] = *wc;
  fake.wc_in++;
}

bool fake_arrive(struct fake_qp *q, uint32_t from, const void *text, uint32_t bytes)
{
  enum { GRH = 40 };
  if (q->erred || q->receives == q->received)
    return false;
  struct fake_receive *r = &q->place[q->received++ % FAKE_RECEIVES];
  struct ibv_wc wc = {.wr_id = r->wr_id, .opcode = IBV_WC_RECV, .src_qp = from, .byte_len = GRH + bytes};
  if (GRH + bytes > r->bytes)
    return false;
  memset(r->at, 0xee, GRH);
  memcpy(r->at + GRH, text, bytes);
  enter(q, &wc);
  return true;
}

static void complete(struct fake_qp *q, const struct fake_post *p, enum ibv_wc_status status)
{
  /* where it is an error, only wr_id and status mean anything: the rest is rubbish */
  struct ibv_wc wc = {.wr_id = p->wr.wr_id, .status = status, .qp_num = status == IBV_WC_SUCCESS ? q->qp.qp_num : 77};
  wc.opcode = status == IBV_WC_SUCCESS ? IBV_WC_RDMA_WRITE : IBV_WC_TM_RECV;
  enter(q, &wc);
}

void fake_perform(struct fake_qp *q, uint32_t n)
{
  for (; n > 0 && q->performed < q->posted; n--, q->performed++) {
    struct fake_post *p = &q->posts[q->performed % FAKE_POSTS];
    if (!(p->wr.send_flags & IBV_SEND_INLINE) && p->sge.length == 8)
      memcpy(&p->word, (void *)(uintptr_t)p->sge.addr, 8);
    if (p->wr.send_flags & IBV_SEND_SIGNALED)
      complete(q, p, IBV_WC_SUCCESS);
  }
}

void fake_fail(struct fake_qp *q, enum ibv_wc_status status)
{
  for (; q->performed < q->posted; q->performed++) {
    complete(q, &q->posts[q->performed % FAKE_POSTS], status);
    status = IBV_WC_WR_FLUSH_ERR;
  }
  for (; q->received < q->receives; q->received++) {
    struct ibv_wc wc = {.wr_id = q->place[q->received % FAKE_RECEIVES].wr_id, .status = IBV_WC_WR_FLUSH_ERR};
    enter(q, &wc);
  }
  q->erred = true;
}

static int post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
  struct fake_qp *q = (struct fake_qp *)qp;
  if (fake.removed || q->receives - q->received == FAKE_RECEIVES) {
    *bad = wr;
    return fake.removed ? EIO : ENOMEM;
  }
  q->place[q->receives++ % FAKE_RECEIVES] =
      (struct fake_receive){wr->wr_id, (unsigned char *)(uintptr_t)wr->sg_list->addr, wr->sg_list->length};
  return 0;
}

static int post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad)
{
  struct fake_qp *q = (struct fake_qp *)qp;
  if (fake.removed)
    return EIO;
  if (fake.refuse != 0 && fake.refuse_after-- <= 0) {
    *bad = wr;
    if (fake.refuse < 0)
      errno = -fake.refuse;
    return fake.refuse < 0 ? -1 : fake.refuse;
  }
  struct fake_post *p = &q->posts[q->posted++ % FAKE_POSTS];
  *p = (struct fake_post){.wr = *wr};
  if (wr->num_sge > 0)
    p->sge = *wr->sg_list;
  if (wr->num_sge > 1)
    p->second = wr->sg_list[1];
  if (wr->send_flags & IBV_SEND_INLINE && p->sge.length >= 8)
    memcpy(&p->word, (void *)(uintptr_t)p->sge.addr, 8);
  if (q->erred) /* flushed at once */
    fake_fail(q, IBV_WC_WR_FLUSH_ERR);
  return 0;
}

static int poll_cq(struct ibv_cq *ibv_cq, int n, struct ibv_wc *wc)
{
  struct fake_cq *cq = (struct fake_cq *)ibv_cq;
  int k = 0;
  if (fake.removed)
    return -1;
  for (; k < n && cq->out != cq->in; k++, fake.wc_out++)
    wc[k] = cq->wc[cq->out++ % (2 * FAKE_POSTS)];
  return k;
}

/* -- libibverbs ------------------------------------------------------------------- */

static const struct fake_device *of(const struct ibv_context *context)
{
  return &fake.device[context->device - devices];
}

struct ibv_device **ibv_get_device_list(int *n)
{
  struct ibv_device **list = calloc(FAKE_DEVICES + 1, sizeof *list);
  for (uint32_t k = 0; k < fake.devices; k++) {
    devices[k].transport_type = fake.device[k].iwarp ? IBV_TRANSPORT_IWARP : IBV_TRANSPORT_IB;
    list[k] = &devices[k];
  }
  if (n)
    *n = (int)fake.devices;
  return list;
}

void ibv_free_device_list(struct ibv_device **list)
{
  free(list);
}

const char *ibv_get_device_name(struct ibv_device *device)
{
  return fake.device[device - devices].name;
}

struct ibv_context *ibv_open_device(struct ibv_device *device)
{
  if (fake.device[device - devices].closed_to_me) {
    errno = EACCES;
    return NULL;
  }
  struct ibv_context *c = calloc(1, sizeof *c);
  c->device = device;
  c->async_fd = fake.async_fd;
  c->ops.post_send = post_send;
  c->ops.post_recv = post_recv;
  c->ops.poll_cq = poll_cq;
  fake.open++;
  return c;
}

int ibv_close_device(struct ibv_context *context)
{
  free(context);
  fake.open--;
  return 0;
}

int ibv_query_device(struct ibv_context *context, struct ibv_device_attr *attr)
{
  *attr = (struct ibv_device_attr){.vendor_id = of(context)->vendor,
                                   .atomic_cap = fake.atomics,
                                   .max_cqe = fake.max_cqe,
                                   .max_qp_wr = fake.max_qp_wr,
                                   .max_qp_rd_atom = 16,
                                   .max_qp_init_rd_atom = 8,
                                   .phys_port_cnt = (uint8_t)of(context)->ports};
  return 0;
}

#undef ibv_query_port
int ibv_query_port(struct ibv_context *context, uint8_t number, struct _compat_ibv_port_attr *compat)
{
  const struct fake_port *p = &of(context)->port[number - 1];
  struct ibv_port_attr *attr = (struct ibv_port_attr *)compat;
  attr->state = p->state;
  attr->active_mtu = p->mtu;
  attr->link_layer = p->link;
  attr->max_msg_sz = p->message;
  return 0;
}

ssize_t _ibv_query_gid_table(struct ibv_context *context, struct ibv_gid_entry *entries, size_t most, uint32_t flags,
                             size_t size)
{
  (void)flags;
  ssize_t n = 0;
  for (uint32_t k = 0; k < of(context)->ports; k++)
    for (uint32_t g = 0; g < of(context)->port[k].gids_n && (size_t)n < most; g++) {
      struct ibv_gid_entry e = of(context)->port[k].gids[g];
      e.port_num = k + 1;
      memcpy((unsigned char *)entries + (size_t)n++ * size, &e, sizeof e);
    }
  return n;
}

struct ibv_pd *ibv_alloc_pd(struct ibv_context *context)
{
  struct ibv_pd *pd = calloc(1, sizeof *pd);
  pd->context = context;
  fake.open++;
  return pd;
}

int ibv_dealloc_pd(struct ibv_pd *pd)
{
  free(pd);
  fake.open--;
  return 0;
}

struct ibv_cq *ibv_create_cq(struct ibv_context *context, int cqe, void *arg, struct ibv_comp_channel *channel,
                             int vector)
{
  (void)arg, (void)channel, (void)vector;
  if (cqe > fake.max_cqe) {
    errno = EINVAL;
    return NULL;
  }
  struct fake_cq *cq = calloc(1, sizeof *cq);
  cq->cq.context = context;
  cq->cq.cqe = cqe;
  fake.cqe = cqe;
  fake.open++;
  return &cq->cq;
}

int ibv_destroy_cq(struct ibv_cq *cq)
{
  free(cq);
  fake.open--;
  return 0;
}

struct ibv_qp *ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr)
{
  if (attr->cap.max_inline_data > fake.inline_most) {
    errno = EINVAL;
    return NULL;
  }
  struct fake_qp *q = calloc(1, sizeof *q);
  q->qp.context = pd->context;
  q->qp.pd = pd;
  q->qp.send_cq = attr->send_cq;
  q->qp.qp_type = attr->qp_type;
  q->qp.qp_num = 100 + fake.qps;
  q->alive = true;
  if (fake.inline_told > 0)
    attr->cap.max_inline_data = fake.inline_told;
  q->made = *attr;
  fake.qp[fake.qps++] = q;
  fake.open++;
  return &q->qp;
}

int ibv_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask)
{
  struct fake_qp *q = (struct fake_qp *)qp;
  (void)mask;
  if (fake.removed)
    return EIO;
  q->qp.state = attr->qp_state;
  if (attr->qp_state == IBV_QPS_INIT)
    q->init = *attr;
  if (attr->qp_state == IBV_QPS_RTR)
    q->receive = *attr;
  if (attr->qp_state == IBV_QPS_RTS)
    q->send = *attr;
  if (attr->qp_state == IBV_QPS_ERR)
    fake_fail(q, IBV_WC_WR_FLUSH_ERR);
  if (attr->qp_state == IBV_QPS_RESET) {
    q->erred = false;
    q->performed = q->posted;
    q->received = q->receives;
  }
  return 0;
}

int ibv_query_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask, struct ibv_qp_init_attr *made)
{
  const struct fake_qp *q = (const struct fake_qp *)qp;
  (void)mask;
  *attr = q->receive;
  attr->qp_state = qp->state;
  attr->port_num = q->init.port_num;
  attr->qp_access_flags = q->init.qp_access_flags;
  attr->timeout = q->send.timeout;
  attr->retry_cnt = q->send.retry_cnt;
  attr->max_rd_atomic = q->send.max_rd_atomic;
  *made = q->made;
  return 0;
}

int ibv_destroy_qp(struct ibv_qp *qp)
{
  struct fake_qp *q = (struct fake_qp *)qp;
  const struct fake_cq *cq = (const struct fake_cq *)qp->send_cq;
  if (!q->erred || cq->in != cq->out)
    fake.destroyed_live = true;
  q->alive = false;
  fake.open--;
  return 0;
}

int ibv_query_qp_data_in_order(struct ibv_qp *qp, enum ibv_wr_opcode op, uint32_t flags)
{
  (void)qp, (void)op, (void)flags;
  return fake.in_order;
}

#undef ibv_reg_mr
struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *addr, size_t length, int access)
{
  if (fake.no_memory) {
    errno = ENOMEM;
    return NULL;
  }
  struct ibv_mr *mr = calloc(1, sizeof *mr);
  *mr = (struct ibv_mr){.context = pd->context, .pd = pd, .addr = addr, .length = length};
  mr->lkey = 1000 + fake.registrations;
  mr->rkey = 2000 + fake.registrations;
  fake.access[fake.registrations++ % FAKE_REGISTRATIONS] = access;
  fake.registered += length;
  fake.open++;
  return mr;
}

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova, unsigned int access)
{
  (void)iova;
  return ibv_reg_mr(pd, addr, length, (int)access);
}

struct ibv_ah *ibv_create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr)
{
  (void)attr;
  struct ibv_ah *ah = calloc(1, sizeof *ah);
  ah->pd = pd;
  fake.handles++;
  fake.open++;
  return ah;
}

int ibv_destroy_ah(struct ibv_ah *ah)
{
  free(ah);
  fake.handles--;
  fake.open--;
  return 0;
}

int ibv_dereg_mr(struct ibv_mr *mr)
{
  fake.registered -= mr->length;
  free(mr);
  fake.open--;
  return 0;
}

int ibv_get_async_event(struct ibv_context *context, struct ibv_async_event *event)
{
  (void)context;
  if (!fake.has_event)
    return -1;
  *event = fake.event;
  fake.has_event = false;
  return 0;
}

void ibv_ack_async_event(struct ibv_async_event *event)
{
  (void)event;
}
