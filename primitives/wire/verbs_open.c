/* The verbs wire's life: device, memory and queue pairs opened, connected to each peer, and given back. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../group/group.h"
#include "verbs.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum {
  READS = 16,           /* gets outstanding that are asked for; the devices may allow less */
  SOFT_ROCE = 0xffffff, /* the vendor of rxe */
  HOPS = 64,
  FLUSHED_BY_NS = 200000000
};

#define LONGEST_MESSAGE (UINT64_C(1) << 30)

/* -- sizes --------------------------------------------------------------------- */

/*
 * The completion queue cannot overrun: an entry in it is of a work request that
 * this side has not yet heard to be done, a queue pair has at most `depth` of these
 * (post() in verbs.c counts them), each makes one entry at most, and there is no
 * receive queue in use. So (size - 1) * depth entries hold all that there can be,
 * errors and flushes included. Where the device has no queue as long, the depth
 * is less.
 */
static int fit_depth(struct verbs *v)
{
  uint32_t peers = v->size > 1 ? v->size - 1 : 1;
  uint32_t most = v->device.max_cqe > 0 ? (uint32_t)v->device.max_cqe / peers : 0;
  v->depth = v->settings.depth;
  if (v->device.max_qp_wr > 0 && v->depth > (uint32_t)v->device.max_qp_wr)
    v->depth = (uint32_t)v->device.max_qp_wr;
  if (v->depth > most)
    v->depth = most;
  if (v->depth >= VERBS_DEPTH_LEAST)
    return SACRED_OK;
  return group_open_say(
      SACRED_ERR_SYSTEM,
      "%s has completion queues of %d entries and queue pairs of %d: %u ranks need %u entries a peer; "
      "use less ranks",
      ibv_get_device_name(v->context->device), v->device.max_cqe, v->device.max_qp_wr, v->size,
      (unsigned)VERBS_DEPTH_LEAST);
}

/* -- queue pairs ------------------------------------------------------------------ */

static struct ibv_qp *create_one(const struct verbs *v, uint32_t inlined, uint32_t *given)
{
  struct ibv_qp_init_attr attr = {.send_cq = v->cq, .recv_cq = v->cq, .qp_type = IBV_QPT_RC, .sq_sig_all = 0};
  attr.cap = (struct ibv_qp_cap){
      .max_send_wr = v->depth, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1, .max_inline_data = inlined};
  struct ibv_qp *qp = ibv_create_qp(v->pd, &attr);
  *given = attr.cap.max_inline_data;
  return qp;
}

/*
 * No device says beforehand how much fits inline: ask for less and less. What
 * it gives is read back; 0 works, by source slots. What the first queue pair got, all get.
 */
static struct ibv_qp *create(struct verbs *v, int first)
{
  uint32_t given, ask = first ? v->settings.inlined : v->inlined;
  struct ibv_qp *qp = create_one(v, ask, &given);
  while (!qp && first && ask > 0) {
    ask = ask > 8 ? ask / 2 : 0;
    qp = create_one(v, ask, &given);
  }
  if (!qp)
    return NULL;
  if (given > v->settings.inlined)
    given = v->settings.inlined; /* more would be allowed, and is not wanted */
  v->inlined = first || given < v->inlined ? given : v->inlined;
  return qp;
}

static int to_init(const struct verbs *v, struct ibv_qp *qp)
{
  struct ibv_qp_attr attr = {.qp_state = IBV_QPS_INIT, .port_num = (uint8_t)v->port.number};
  attr.qp_access_flags = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ;
  return ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
}

static int make_queue_pairs(struct verbs *v)
{
  int first = 1;
  for (uint32_t i = 0; i < v->size; i++) {
    struct verbs_peer *p = &v->peers[i];
    if (i == v->rank)
      continue;
    p->covers = calloc(v->depth, sizeof *p->covers);
    p->qp = p->covers ? create(v, first) : NULL;
    if (!p->qp)
      return group_open_say(SACRED_ERR_SYSTEM,
                            "queue pair %u of %u cannot be created on %s: %s; use less ranks, or raise ulimit -l",
                            i + 1, v->size - 1, ibv_get_device_name(v->context->device), strerror(errno));
    first = 0;
    int error = to_init(v, p->qp);
    if (error != 0)
      return group_open_say(SACRED_ERR_SYSTEM, "a queue pair of %s port %u does not start: %s",
                            ibv_get_device_name(v->context->device), v->port.number, strerror(error));
    /* Of one queue pair is enough: they are all alike. It speaks of the bytes of one write, and of no two. */
    if (v->in_order < 0)
      v->in_order = ibv_query_qp_data_in_order(p->qp, IBV_WR_RDMA_WRITE, 0);
  }
  return SACRED_OK;
}

/* -- memory --------------------------------------------------------------------------- */

/*
 * A page or more of the wire's own: [i] is where flushes of rank i land, [size] is
 * what others get when they flush me, and behind it a word for each work request
 * that can be outstanding: the source of a signal where it cannot go inline.
 */
static int make_scratch(struct verbs *v)
{
  char why[WIRE_ERROR];
  v->scratch_bytes = ((uint64_t)v->size + 1 + (uint64_t)v->size * v->depth) * 8;
  v->scratch_bytes = (v->scratch_bytes + 4095) / 4096 * 4096;
  void *p = mmap(NULL, v->scratch_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED)
    return group_open_say(SACRED_ERR_MEMORY, "cannot map %" PRIu64 " bytes: %s", v->scratch_bytes, strerror(errno));
  v->scratch = p;
  v->scratch_mr = verbs_register_at(v, p, v->scratch_bytes, why);
  return v->scratch_mr ? SACRED_OK : group_open_say(SACRED_ERR_MEMORY, "%s", why);
}

/* -- the device ------------------------------------------------------------------------- */

/* Seven repetitions are endless on some devices: a peer that is gone would never be reported. */
static int check_retry(const struct verbs *v)
{
  if (v->settings.retry != VERBS_FOR_EVER)
    return SACRED_OK;
  if (v->device.vendor_id == SOFT_ROCE)
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "SACRED_QP_RETRY=7 repeats for ever on %s, which is Soft-RoCE: give 0 to 6, or unset it",
                          ibv_get_device_name(v->context->device));
  fprintf(stderr, "sacred: SACRED_QP_RETRY=7 repeats for ever on some devices: a peer that is gone might never be "
                  "reported; give 0 to 6\n");
  return SACRED_OK;
}

/* The queues of the device itself. */
static int make_queues(struct verbs *v)
{
  const char *name = ibv_get_device_name(v->context->device);
  uint32_t peers = v->size > 1 ? v->size - 1 : 1;
  int flags = fcntl(v->context->async_fd, F_GETFL);
  if (flags < 0 || fcntl(v->context->async_fd, F_SETFL, flags | O_NONBLOCK) != 0)
    return group_open_say(SACRED_ERR_SYSTEM, "cannot listen to the events of %s: %s", name, strerror(errno));
  v->pd = ibv_alloc_pd(v->context);
  if (!v->pd)
    return group_open_say(SACRED_ERR_SYSTEM, "no protection domain on %s: %s", name, strerror(errno));
  v->cq = ibv_create_cq(v->context, (int)(peers * v->depth), NULL, NULL, 0);
  if (!v->cq)
    return group_open_say(
        SACRED_ERR_SYSTEM,
        "no completion queue of %u entries on %s: %s; raise ulimit -l, or set SACRED_QP_DEPTH to less",
        peers * v->depth, name, strerror(errno));
  return SACRED_OK;
}

static int open_all(struct verbs *v, uint32_t nth)
{
  int status = verbs_settings_read(&v->settings);
  if (status == SACRED_OK)
    status = verbs_choose(&v->settings, nth, &v->context, &v->port);
  if (status != SACRED_OK)
    return status;
  int error = ibv_query_device(v->context, &v->device);
  if (error != 0)
    return group_open_say(SACRED_ERR_SYSTEM, "%s cannot be queried: %s", ibv_get_device_name(v->context->device),
                          strerror(error));
  if (v->port.message > LONGEST_MESSAGE)
    v->port.message = LONGEST_MESSAGE;
  status = check_retry(v);
  if (status == SACRED_OK)
    status = fit_depth(v);
  if (status == SACRED_OK)
    status = make_queues(v);
  if (status == SACRED_OK)
    status = make_scratch(v);
  return status == SACRED_OK ? make_queue_pairs(v) : status;
}

int verbs_open(struct wire *w, uint32_t nth, struct verbs **verbs)
{
  struct verbs *v = calloc(1, sizeof *v);
  *verbs = NULL;
  if (!v || !(v->peers = calloc(w->size, sizeof *v->peers))) {
    free(v);
    return group_open_say(SACRED_ERR_MEMORY, "no memory for the queue pairs of %u ranks", w->size);
  }
  v->rank = w->rank;
  v->size = w->size;
  v->heap = w->heap;
  v->in_order = -1;
  int status = open_all(v, nth);
  if (status == SACRED_OK)
    *verbs = v;
  else
    verbs_close(v);
  return status;
}

/* -- connecting --------------------------------------------------------------------------- */

static uint32_t lesser(uint32_t a, uint32_t b)
{
  return a < b ? a : b;
}

void verbs_introduce(const struct verbs *v, struct verbs_card *card)
{
  *card = (struct verbs_card){.heap = (uintptr_t)v->heap,
                              .scratch = (uintptr_t)v->scratch,
                              .scratch_key = v->scratch_mr->rkey,
                              .link = v->port.link,
                              .lid = v->port.lid,
                              .mtu = v->port.mtu,
                              .reads_out = lesser((uint32_t)v->device.max_qp_init_rd_atom, READS),
                              .reads_in = lesser((uint32_t)v->device.max_qp_rd_atom, READS)};
  memcpy(card->address, v->port.address, sizeof card->address);
  snprintf(card->device, sizeof card->device, "%s", ibv_get_device_name(v->context->device));
  for (enum ibv_mtu mtu = IBV_MTU_256; mtu <= IBV_MTU_4096; mtu++)
    if (v->settings.mtu != 0 && v->settings.mtu == 128u << mtu && mtu < card->mtu)
      card->mtu = mtu;
}

static const char *link_name(uint32_t link)
{
  return link == IBV_LINK_LAYER_ETHERNET ? "Ethernet" : "InfiniBand";
}

/* Has everybody an address of this family, of one type? */
static int all_have(const struct verbs_card *cards, uint32_t size, enum verbs_family family)
{
  for (uint32_t i = 0; i < size; i++)
    if (cards[i].address[family].score == 0 || cards[i].address[family].type != cards[0].address[family].type)
      return 0;
  return 1;
}

int verbs_agree(const struct verbs_card *cards, uint32_t size, enum verbs_family *family)
{
  for (uint32_t i = 0; i < size; i++)
    if (cards[i].link != cards[0].link)
      return group_open_say(SACRED_ERR_MISMATCH,
                            "rank %u has %s on %s, rank 0 has %s on %s: choose ports of one kind by SACRED_DEVICE", i,
                            link_name(cards[i].link), cards[i].device, link_name(cards[0].link), cards[0].device);
  int four = all_have(cards, size, VERBS_IPV4), six = all_have(cards, size, VERBS_IPV6);
  /* The better of rank 0's two, where both will do: link-local IPv4 is behind routable IPv6. */
  *family = six && (!four || cards[0].address[VERBS_IPV6].score > cards[0].address[VERBS_IPV4].score) ? VERBS_IPV6
                                                                                                      : VERBS_IPV4;
  if (four || six)
    return SACRED_OK;
  return group_open_say(SACRED_ERR_MISMATCH,
                        "the ports of the ranks have no kind of address in common (IPv4 or IPv6, RoCE v1 or v2): give "
                        "their network devices one, or choose by SACRED_DEVICE and SACRED_GID_INDEX");
}

void verbs_meet(struct verbs *v, const struct verbs_card *cards, enum verbs_family family)
{
  v->family = family;
  for (uint32_t i = 0; i < v->size; i++)
    v->peers[i].card = cards[i];
}

/* The first packet's number of what `from` posts to `to`: both sides know it, and no earlier group's packets fit. */
static uint32_t first_packet(uint64_t seed, uint32_t from, uint32_t to)
{
  uint64_t x = seed ^ ((uint64_t)from << 32 | to);
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return (uint32_t)(x >> 31) & 0xffffff;
}

static int to_receive(struct verbs *v, uint32_t i, uint64_t seed)
{
  const struct verbs_peer *p = &v->peers[i];
  struct ibv_qp_attr attr = {.qp_state = IBV_QPS_RTR,
                             .path_mtu = (enum ibv_mtu)lesser(v->peers[v->rank].card.mtu, p->card.mtu),
                             .dest_qp_num = p->number,
                             .rq_psn = first_packet(seed, i, v->rank),
                             .max_dest_rd_atomic = (uint8_t)v->peers[v->rank].card.reads_in,
                             .min_rnr_timer = 12};
  attr.ah_attr = (struct ibv_ah_attr){.port_num = (uint8_t)v->port.number, .dlid = (uint16_t)p->card.lid};
  if (v->port.link == IBV_LINK_LAYER_ETHERNET || p->card.lid == 0) {
    attr.ah_attr.is_global = 1;
    attr.ah_attr.grh = (struct ibv_global_route){.dgid = p->card.address[v->family].gid,
                                                 .sgid_index = (uint8_t)v->port.address[v->family].index,
                                                 .hop_limit = HOPS};
  }
  return ibv_modify_qp(p->qp, &attr,
                       IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
                           IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
}

static int to_send(struct verbs *v, uint32_t i, uint64_t seed)
{
  const struct verbs_peer *p = &v->peers[i];
  struct ibv_qp_attr attr = {.qp_state = IBV_QPS_RTS,
                             .timeout = (uint8_t)v->settings.timeout,
                             .retry_cnt = (uint8_t)v->settings.retry,
                             .rnr_retry = 0, /* nothing is received here: nobody can be not ready for it */
                             .sq_psn = first_packet(seed, v->rank, i),
                             .max_rd_atomic = (uint8_t)lesser(v->peers[v->rank].card.reads_out, p->card.reads_in)};
  return ibv_modify_qp(p->qp, &attr,
                       IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN |
                           IBV_QP_MAX_QP_RD_ATOMIC);
}

static const char *address_text(const struct verbs_address *a, char *text, size_t room)
{
  if (verbs_family(&a->gid) == VERBS_IPV4)
    inet_ntop(AF_INET, a->gid.raw + 12, text, (socklen_t)room);
  else
    inet_ntop(AF_INET6, a->gid.raw, text, (socklen_t)room);
  return text;
}

int verbs_connect(struct verbs *v, uint32_t i, uint64_t seed)
{
  char here[INET6_ADDRSTRLEN], there[INET6_ADDRSTRLEN];
  int error = to_receive(v, i, seed);
  if (error == 0)
    error = to_send(v, i, seed);
  if (error == 0)
    return SACRED_OK;
  return group_open_say(SACRED_ERR_UNREACHABLE,
                        "rank %u at %s cannot be connected from %s on %s: %s; is there a route between the two, and is "
                        "SACRED_GID_INDEX right?",
                        i, address_text(&v->peers[i].card.address[v->family], there, sizeof there),
                        address_text(&v->port.address[v->family], here, sizeof here),
                        ibv_get_device_name(v->context->device), strerror(error));
}

const char *verbs_describe(const struct verbs *v, char *text, size_t room)
{
  static const char *const types[] = {"InfiniBand", "RoCE v1", "RoCE v2"};
  char here[INET6_ADDRSTRLEN];
  const struct verbs_address *a = &v->port.address[v->family];
  snprintf(text, room,
           "%s port %u, %s, GID %u %s, MTU %u at most, inline %u, depth %u, timeout %u, retry %u, order within a write "
           "%s",
           ibv_get_device_name(v->context->device), v->port.number, a->type <= 2 ? types[a->type] : "an unknown link",
           a->index, address_text(a, here, sizeof here), 128u << v->port.mtu, v->inlined, v->depth, v->settings.timeout,
           v->settings.retry,
           v->in_order > 0    ? "is promised by the device"
           : v->in_order == 0 ? "is not promised by the device, nor needed"
                              : "was not asked for");
  return text;
}

/* -- the end --------------------------------------------------------------------------------- */

/* Move the queue pairs to the error state, where the device gives back all that is posted, and take that. */
static void flush_all(struct verbs *v)
{
  struct ibv_qp_attr attr = {.qp_state = IBV_QPS_ERR};
  struct ibv_wc wc[16];
  struct timespec nap = {0, 20000};
  uint64_t left = 0, until = sacred_in(FLUSHED_BY_NS);
  for (uint32_t i = 0; i < v->size; i++)
    if (v->peers[i].qp && ibv_modify_qp(v->peers[i].qp, &attr, IBV_QP_STATE) == 0)
      left += v->peers[i].posted - v->peers[i].done;
  /* Each that is left makes one completion at most; those that made none make us wait, and not for long. */
  while (left > 0 && sacred_now() < until) {
    int n = ibv_poll_cq(v->cq, 16, wc);
    if (n < 0)
      break;
    if (n == 0)
      nanosleep(&nap, NULL);
    left -= (uint64_t)n < left ? (uint64_t)n : left;
  }
}

void verbs_close(struct verbs *v)
{
  if (v->cq)
    flush_all(v);
  for (uint32_t i = 0; i < v->size; i++) {
    if (v->peers[i].qp)
      ibv_destroy_qp(v->peers[i].qp);
    free(v->peers[i].covers);
  }
  if (v->cq)
    ibv_destroy_cq(v->cq);
  for (uint32_t k = 0; k < v->memories; k++)
    ibv_dereg_mr(v->memory[k].mr);
  for (uint32_t k = 0; k < v->ranges_n; k++)
    free(v->ranges[k].keys);
  if (v->scratch_mr)
    ibv_dereg_mr(v->scratch_mr);
  if (v->scratch)
    munmap(v->scratch, v->scratch_bytes);
  if (v->pd)
    ibv_dealloc_pd(v->pd);
  if (v->context)
    ibv_close_device(v->context);
  free(v->memory);
  free(v->ranges);
  free(v->peers);
  free(v);
}
