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

enum { FLUSHED_BY_NS = 200000000, SCRATCH = 4096 };

#define LONGEST_MESSAGE (UINT64_C(1) << 30)

/* -- sizes --------------------------------------------------------------------- */

/*
 * As deep as the queues of the device allow where all ranks are connected: queue pairs that are made later, in
 * smaller batches, are as deep then.
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
  return SACRED_OK;
}

/* -- memory --------------------------------------------------------------------------- */

/* A page of the wire's own: what others get when they flush me, and where they write nothing to see whether I answer. */
int verbs_make_scratch(struct verbs *v)
{
  char why[WIRE_ERROR];
  void *p = mmap(NULL, SCRATCH, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED)
    return group_open_say(SACRED_ERR_MEMORY, "cannot map %d bytes: %s", SCRATCH, strerror(errno));
  v->scratch = p;
  v->scratch_mr = verbs_register_at(v, p, SCRATCH, why);
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

/* Its events, and a domain. */
static int make_domain(struct verbs *v)
{
  const char *name = ibv_get_device_name(v->context->device);
  int flags = fcntl(v->context->async_fd, F_GETFL);
  if (flags < 0 || fcntl(v->context->async_fd, F_SETFL, flags | O_NONBLOCK) != 0)
    return group_open_say(SACRED_ERR_SYSTEM, "cannot listen to the events of %s: %s", name, strerror(errno));
  v->pd = ibv_alloc_pd(v->context);
  if (!v->pd)
    return group_open_say(SACRED_ERR_SYSTEM, "no protection domain on %s: %s", name, strerror(errno));
  return SACRED_OK;
}

/* To all ranks; or to the next in the ring and the previous: so somebody notices when a rank ends. */
static int make_pairs(struct verbs *v)
{
  uint32_t ring[] = {(v->rank + 1) % v->size, (v->rank + v->size - 1) % v->size};
  if (v->sparse)
    return verbs_make_pairs(v, ring, 2);
  uint32_t *all = verbs_all_ranks(v);
  if (!all)
    return group_open_say(SACRED_ERR_MEMORY, "no memory for the queue pairs of %u ranks", v->size);
  int status = verbs_make_pairs(v, all, v->size);
  free(all);
  return status;
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
    status = make_domain(v);
  if (status == SACRED_OK)
    status = verbs_make_scratch(v);
  return status == SACRED_OK ? make_pairs(v) : status;
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
  v->pieces = VERBS_PIECES;
  return v;
}

static int open_as(struct wire *w, uint32_t nth, int sparse, struct verbs **verbs)
{
  struct verbs *v = verbs_new(w);
  *verbs = NULL;
  if (!v)
    return group_open_say(SACRED_ERR_MEMORY, "no memory for the queue pairs of %u ranks", w->size);
  v->sparse = sparse;
  int status = open_all(v, nth);
  if (status == SACRED_OK)
    *verbs = v;
  else
    verbs_close(v);
  return status;
}

int verbs_open(struct wire *w, uint32_t nth, struct verbs **verbs)
{
  return open_as(w, nth, 0, verbs);
}

int verbs_open_sparse(struct wire *w, uint32_t nth, struct verbs **verbs)
{
  return open_as(w, nth, 1, verbs);
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
  for (int some = 1; left > 0 && sacred_now() < until;) {
    if (!some)
      nanosleep(&nap, NULL);
    some = 0;
    for (uint32_t k = 0; k < v->batches; k++) {
      int n = v->batch[k].cq ? ibv_poll_cq(v->batch[k].cq, 16, wc) : 0;
      if (n < 0)
        return;
      some |= n > 0;
      left -= (uint64_t)n < left ? (uint64_t)n : left;
    }
  }
}

void verbs_close(struct verbs *v)
{
  if (v->brought)
    verbs_leave(v);
  else
    flush_all(v);
  for (uint32_t i = 0; i < v->size; i++) {
    if (v->peers[i].qp && !v->brought)
      ibv_destroy_qp(v->peers[i].qp);
    free(v->peers[i].covers);
  }
  if (v->datagrams)
    verbs_datagrams_close(v);
  for (uint32_t k = 0; k < v->batches; k++)
    verbs_free_batch(v, k);
  for (uint32_t k = 0; k < v->memories && !v->brought; k++)
    ibv_dereg_mr(v->memory[k].mr);
  for (uint32_t k = 0; k < v->ranges_n; k++)
    free(v->ranges[k].keys);
  if (v->scratch_mr)
    ibv_dereg_mr(v->scratch_mr);
  if (v->board_mr)
    ibv_dereg_mr(v->board_mr);
  if (v->scratch)
    munmap(v->scratch, SCRATCH);
  if (v->pd && !v->brought)
    ibv_dealloc_pd(v->pd);
  if (v->context && !v->brought)
    ibv_close_device(v->context);
  free(v->batch);
  free(v->memory);
  free(v->ranges);
  free(v->peers);
  free(v);
}
