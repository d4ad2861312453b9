/* Datagrams between any two ranks of a sparse group: one UD queue pair a rank, a ring of places to hear them. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is posted here may be lost, come twice, or in another order, and what comes may
 * be of a stranger: group/board_datagrams.c, which has it repeated, numbered and looked
 * at, takes nothing else for granted. So an error of this queue pair, as where my own
 * link is away for a while, is no error of the group: it is made to work again.
 *
 * Its memory and its queues do not depend on the number of ranks; address handles are
 * kept for some of them.
 */
#include "../group/group.h"
#include "verbs.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
  SENDS = 32,
  RECEIVES = 128,
  GRH = 40, /* bytes before each datagram that comes, of the network's */
  PLACE = GRH + VERBS_DATAGRAM + 24 /* a multiple of a cache line */,
  HANDLES = 256,
  HOPS = 64,
  REVIVE_EVERY_NS = 50000000,
  FAILED_NS = 1000000000
};
_Static_assert(PLACE % 64 == 0, "places have cache lines of their own");

#define QKEY UINT32_C(0x5ac4ed)
#define RECEIVED (UINT64_C(1) << 63)

struct verbs_datagrams {
  struct ibv_cq *cq;
  struct ibv_qp *qp;
  struct ibv_mr *mr;
  unsigned char *place; /* SENDS, then RECEIVES of them */
  uint32_t room;        /* bytes of a datagram that each rank can hear */
  uint64_t sent, done;
  uint32_t life; /* how often the queue pair was made to work again */
  int broken;
  uint64_t revived;
  int read; /* the place that was given out last, to be posted again; -1: none */
  struct verbs_handle {
    struct ibv_ah *ah;
    uint32_t rank;
    uint64_t last;   /* the last that was sent by it */
    uint64_t failed; /* when none could be had for this rank: each try may take the system a while */
  } handle[HANDLES];
};

static uint64_t name(const struct verbs_datagrams *d, uint64_t number)
{
  return (uint64_t)(d->life & 0x7fff) << 48 | number % (UINT64_C(1) << 48);
}

/* -- the queue pair ------------------------------------------------------------------- */

static int post_receive(struct verbs_datagrams *d, uint32_t k)
{
  struct ibv_sge sge = {(uintptr_t)(d->place + (uint64_t)(SENDS + k) * PLACE), GRH + VERBS_DATAGRAM, d->mr->lkey};
  struct ibv_recv_wr wr = {.wr_id = RECEIVED | name(d, k), .sg_list = &sge, .num_sge = 1}, *bad;
  /*
   * ORDER read-then-reuse.  A release fence: what was read of the place is read before
   * the device may write there again (rule B before pipe).  Pairs with come-then-read.
   * Without it a datagram could be taken for half of another (tests: datagrams_come_whole).
   */
  __atomic_thread_fence(__ATOMIC_RELEASE);
  return ibv_post_recv(d->qp, &wr, &bad);
}

/* Through all its states, with every place for what comes: 0 or an error. */
static int start(const struct verbs *v, struct verbs_datagrams *d)
{
  struct ibv_qp_attr attr = {.qp_state = IBV_QPS_INIT, .port_num = (uint8_t)v->port.number, .qkey = QKEY};
  int error = ibv_modify_qp(d->qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY);
  for (uint32_t k = 0; error == 0 && k < RECEIVES; k++)
    error = post_receive(d, k);
  attr.qp_state = IBV_QPS_RTR;
  if (error == 0)
    error = ibv_modify_qp(d->qp, &attr, IBV_QP_STATE);
  attr.qp_state = IBV_QPS_RTS;
  return error == 0 ? ibv_modify_qp(d->qp, &attr, IBV_QP_STATE | IBV_QP_SQ_PSN) : error;
}

/* After an error, now and then. Completions of what was posted before have another name, and are passed over. */
static void revive(const struct verbs *v, struct verbs_datagrams *d)
{
  struct ibv_qp_attr attr = {.qp_state = IBV_QPS_RESET};
  uint64_t now = sacred_now();
  if (now - d->revived < REVIVE_EVERY_NS)
    return;
  d->revived = now;
  d->life++;
  d->done = d->sent;
  d->read = -1;
  d->broken = ibv_modify_qp(d->qp, &attr, IBV_QP_STATE) != 0 || start(v, d) != 0;
}

static int open_queue_pair(const struct verbs *v, struct verbs_datagrams *d)
{
  char why[WIRE_ERROR];
  const char *device = ibv_get_device_name(v->context->device);
  void *p = mmap(NULL, (SENDS + RECEIVES) * PLACE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED)
    return group_open_say(SACRED_ERR_MEMORY, "cannot map %d bytes: %s", (SENDS + RECEIVES) * PLACE, strerror(errno));
  d->place = p;
  d->mr = verbs_register_at(v, p, (SENDS + RECEIVES) * PLACE, why);
  if (!d->mr)
    return group_open_say(SACRED_ERR_MEMORY, "%s", why);
  /* Twice what can be posted: entries of before an error may still be in it. */
  d->cq = ibv_create_cq(v->context, 2 * (SENDS + RECEIVES), NULL, NULL, 0);
  if (!d->cq)
    return group_open_say(SACRED_ERR_SYSTEM, "no completion queue for datagrams on %s: %s", device, strerror(errno));
  struct ibv_qp_init_attr attr = {.send_cq = d->cq, .recv_cq = d->cq, .qp_type = IBV_QPT_UD, .sq_sig_all = 1};
  attr.cap = (struct ibv_qp_cap){.max_send_wr = SENDS, .max_recv_wr = RECEIVES, .max_send_sge = 1, .max_recv_sge = 1};
  d->qp = ibv_create_qp(v->pd, &attr);
  int error = d->qp ? start(v, d) : errno;
  if (error == 0)
    return SACRED_OK;
  return group_open_say(SACRED_ERR_SYSTEM,
                        "no queue pair for datagrams (UD) on %s: %s; set SACRED_CONNECT_ALL to the number of ranks, "
                        "then none is needed",
                        device, strerror(error));
}

int verbs_datagrams_open(struct verbs *v)
{
  v->datagrams = calloc(1, sizeof *v->datagrams);
  if (!v->datagrams)
    return group_open_say(SACRED_ERR_MEMORY, "no memory for datagrams");
  v->datagrams->read = -1;
  v->datagrams->room = VERBS_DATAGRAM;
  return open_queue_pair(v, v->datagrams);
}

void verbs_datagrams_close(struct verbs *v)
{
  struct verbs_datagrams *d = v->datagrams;
  struct ibv_qp_attr attr = {.qp_state = IBV_QPS_ERR};
  struct ibv_wc wc[16];
  if (d->qp) {
    ibv_modify_qp(d->qp, &attr, IBV_QP_STATE);
    while (ibv_poll_cq(d->cq, 16, wc) > 0)
      ;
    ibv_destroy_qp(d->qp);
  }
  for (uint32_t k = 0; k < HANDLES; k++)
    if (d->handle[k].ah)
      ibv_destroy_ah(d->handle[k].ah);
  if (d->cq)
    ibv_destroy_cq(d->cq);
  if (d->mr)
    ibv_dereg_mr(d->mr);
  if (d->place)
    munmap(d->place, (SENDS + RECEIVES) * PLACE);
  free(d);
  v->datagrams = NULL;
}

uint32_t verbs_datagrams_number(const struct verbs_datagrams *d)
{
  return d->qp->qp_num;
}

void verbs_datagrams_fit(struct verbs_datagrams *d, uint32_t bytes)
{
  d->room = bytes < VERBS_DATAGRAM ? bytes : VERBS_DATAGRAM;
}

/* -- what goes out ----------------------------------------------------------------------- */

unsigned char *verbs_datagram_begin(const struct verbs *v, uint32_t *room)
{
  const struct verbs_datagrams *d = v->datagrams;
  *room = d->room;
  return d->broken || d->sent - d->done >= SENDS ? NULL : d->place + d->sent % SENDS * PLACE;
}

static struct ibv_ah *make_handle(const struct verbs *v, uint32_t i)
{
  const struct verbs_card *card = &v->peers[i].card;
  struct ibv_ah_attr attr = {.port_num = (uint8_t)v->port.number, .dlid = (uint16_t)card->lid};
  if (v->port.link == IBV_LINK_LAYER_ETHERNET || card->lid == 0) {
    attr.is_global = 1;
    attr.grh = (struct ibv_global_route){.dgid = card->address[v->family].gid,
                                         .sgid_index = (uint8_t)v->port.address[v->family].index,
                                         .hop_limit = HOPS};
  }
  return ibv_create_ah(v->pd, &attr);
}

/* The handle for rank i: NULL where another's is still in use in its place, or none can be had now. */
static struct verbs_handle *handle(const struct verbs *v, uint32_t i)
{
  struct verbs_handle *h = &v->datagrams->handle[i % HANDLES];
  if (h->ah && h->rank == i)
    return h;
  if (h->ah ? h->last > v->datagrams->done : h->rank == i && sacred_now() - h->failed < FAILED_NS)
    return NULL;
  if (h->ah)
    ibv_destroy_ah(h->ah);
  h->ah = make_handle(v, i);
  h->rank = i;
  h->failed = h->ah ? 0 : sacred_now();
  return h->ah ? h : NULL;
}

int verbs_datagram_send(struct verbs *v, uint32_t i, uint32_t bytes)
{
  struct verbs_datagrams *d = v->datagrams;
  struct verbs_handle *h = handle(v, i);
  if (!h)
    return SACRED_AGAIN;
  struct ibv_sge sge = {(uintptr_t)(d->place + d->sent % SENDS * PLACE), bytes, d->mr->lkey};
  struct ibv_send_wr wr = {.wr_id = name(d, d->sent), .sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_SEND}, *bad;
  wr.send_flags = IBV_SEND_SIGNALED;
  wr.wr.ud.ah = h->ah;
  wr.wr.ud.remote_qpn = v->peers[i].card.datagrams;
  wr.wr.ud.remote_qkey = QKEY;
  /*
   * ORDER letter-then-ring.  A release fence: the datagram is in its place before the
   * device hears of it (rule B before pipe).  Pairs with come-then-read of who gets it.
   * Without it half of it could be of an earlier one (tests: datagrams_come_whole).
   */
  __atomic_thread_fence(__ATOMIC_RELEASE);
  if (ibv_post_send(d->qp, &wr, &bad) != 0) {
    d->broken = 1;
    return SACRED_AGAIN;
  }
  h->last = ++d->sent;
  return SACRED_OK;
}

/* -- what comes ---------------------------------------------------------------------------- */

const unsigned char *verbs_datagram_next(struct verbs *v, uint32_t *from, uint32_t *bytes)
{
  struct verbs_datagrams *d = v->datagrams;
  struct ibv_wc wc;
  if (d->read >= 0 && post_receive(d, (uint32_t)d->read) != 0)
    d->broken = 1;
  d->read = -1;
  if (d->broken)
    revive(v, d);
  for (int n; (n = ibv_poll_cq(d->cq, 1, &wc)) != 0;) {
    if (n < 0) {
      d->broken = 1; /* of a device that is gone the other queues tell as well */
      return NULL;
    }
    if ((wc.wr_id & ~RECEIVED) >> 48 != (d->life & 0x7fff))
      continue;
    if (wc.status != IBV_WC_SUCCESS) {
      d->broken = 1;
      continue;
    }
    if (!(wc.wr_id & RECEIVED)) {
      d->done++;
      continue;
    }
    d->read = (int)(wc.wr_id % RECEIVES);
    /*
     * ORDER come-then-read.  An acquire fence: that it has come is read before it is
     * (rule rr).  Pairs with letter-then-ring and read-then-reuse.  Without it I could
     * read what was in its place before (tests: datagrams_come_whole).
     */
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    *from = wc.src_qp;
    *bytes = wc.byte_len < GRH ? 0 : wc.byte_len - GRH;
    return d->place + (uint64_t)(SENDS + (uint32_t)d->read) * PLACE + GRH;
  }
  return NULL;
}
