/* The verbs wire's life: device, memory and queue pairs opened, and given back. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../group/group.h"
#include "verbs.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { FLUSHED_BY_NS = 200000000 };

#define LONGEST_MESSAGE (UINT64_C(1) << 30)

/* -- sizes --------------------------------------------------------------------- */

/*
 * The completion queue cannot overrun: an entry in it is of a work request that this side has not yet heard to be done,
 * a queue pair has at most `depth` of these, each makes one entry at most, errors and flushes included, and there is no
 * receive queue in use. That so many entries hold all that there can be is theorem credit_queue_never_overruns. Where
 * the device has no queue as long, the depth is less.
 */
static int fit(struct verbs *v)
{
  uint32_t pairs = v->size > 1 ? v->size - 1 : 1;
  struct credit_fit f;
  if (!credit_fit(pairs, v->settings.depth, v->device.max_qp_wr, v->device.max_cqe, 0, &f))
    return group_open_say(
        SACRED_ERR_SYSTEM,
        "%s has completion queues of %d entries and queue pairs of %d: %u ranks need %u entries a peer; "
        "use less ranks",
        ibv_get_device_name(v->context->device), v->device.max_cqe, v->device.max_qp_wr, v->size,
        (unsigned)VERBS_DEPTH_LEAST);
  v->depth = f.depth;
  v->entries = f.entries;
  return SACRED_OK;
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
int verbs_make_scratch(struct verbs *v)
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
  if (v->device.vendor_id == VERBS_SOFT_ROCE)
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
  int flags = fcntl(v->context->async_fd, F_GETFL);
  if (flags < 0 || fcntl(v->context->async_fd, F_SETFL, flags | O_NONBLOCK) != 0)
    return group_open_say(SACRED_ERR_SYSTEM, "cannot listen to the events of %s: %s", name, strerror(errno));
  v->pd = ibv_alloc_pd(v->context);
  if (!v->pd)
    return group_open_say(SACRED_ERR_SYSTEM, "no protection domain on %s: %s", name, strerror(errno));
  v->cq = ibv_create_cq(v->context, (int)v->entries, NULL, NULL, 0);
  if (!v->cq)
    return group_open_say(
        SACRED_ERR_SYSTEM,
        "no completion queue of %u entries on %s: %s; raise ulimit -l, or set SACRED_QP_DEPTH to less", v->entries,
        name, strerror(errno));
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
    status = fit(v);
  if (status == SACRED_OK)
    status = make_queues(v);
  if (status == SACRED_OK)
    status = verbs_make_scratch(v);
  return status == SACRED_OK ? make_queue_pairs(v) : status;
}

struct verbs *verbs_new(const struct wire *w)
{
  struct verbs *v = calloc(1, sizeof *v);
  if (!v || !(v->peers = calloc(w->size, sizeof *v->peers))) {
    free(v);
    return NULL;
  }
  v->rank = w->rank;
  v->size = w->size;
  v->heap = w->heap;
  v->in_order = -1;
  return v;
}

int verbs_open(struct wire *w, uint32_t nth, struct verbs **verbs)
{
  struct verbs *v = verbs_new(w);
  *verbs = NULL;
  if (!v)
    return group_open_say(SACRED_ERR_MEMORY, "no memory for the queue pairs of %u ranks", w->size);
  int status = open_all(v, nth);
  if (status == SACRED_OK)
    *verbs = v;
  else
    verbs_close(v);
  return status;
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
      left += v->peers[i].credit.posted - v->peers[i].credit.done;
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

/* Give back queue pairs, completion queue and registrations, which are mine. */
static void destroy(struct verbs *v)
{
  for (uint32_t i = 0; i < v->size; i++)
    if (v->peers[i].qp)
      ibv_destroy_qp(v->peers[i].qp);
  if (v->cq)
    ibv_destroy_cq(v->cq);
  for (uint32_t k = 0; k < v->memories; k++)
    ibv_dereg_mr(v->memory[k].mr);
}

void verbs_close(struct verbs *v)
{
  if (v->brought)
    verbs_leave(v);
  else if (v->cq)
    flush_all(v);
  if (!v->brought)
    destroy(v);
  for (uint32_t i = 0; i < v->size; i++)
    free(v->peers[i].covers);
  for (uint32_t k = 0; k < v->ranges_n; k++)
    free(v->ranges[k].keys);
  if (v->scratch_mr)
    ibv_dereg_mr(v->scratch_mr);
  if (v->board_mr)
    ibv_dereg_mr(v->board_mr);
  if (v->scratch)
    munmap(v->scratch, v->scratch_bytes);
  if (v->pd && !v->brought)
    ibv_dealloc_pd(v->pd);
  if (v->context && !v->brought)
    ibv_close_device(v->context);
  free(v->memory);
  free(v->ranges);
  free(v->peers);
  free(v);
}
