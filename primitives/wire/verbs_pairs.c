/* The verbs wire's queue pairs: made in batches, to all ranks at the open, or to those that an object needs. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A group of many ranks is sparse: at its open a rank is connected to the next and
 * the previous one in the ring, and to others once an object is made that posts to
 * them. That is collective, so both ends of a queue pair are made at the same time
 * (group/connect.c). What is there for each queue pair - its place in a completion
 * queue, the words that it reads and writes here - is made with its batch: so memory
 * and queues grow with the peers that a rank has, and not with the group.
 *
 * A flush of a rank that none leads to is over at once, as nothing was posted there. The
 * one to the next rank, by which a fence learns that all I stored is out (fence.c), goes
 * by a queue pair that is always there.
 */
#include "../group/group.h"
#include "verbs.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static struct ibv_qp *create_one(const struct verbs *v, struct ibv_cq *cq, uint32_t inlined, uint32_t *given)
{
  struct ibv_qp_init_attr attr = {.send_cq = cq, .recv_cq = cq, .qp_type = IBV_QPT_RC, .sq_sig_all = 0};
  attr.cap = (struct ibv_qp_cap){.max_send_wr = v->depth,
                                 .max_recv_wr = 1,
                                 .max_send_sge = VERBS_PIECES,
                                 .max_recv_sge = 1,
                                 .max_inline_data = inlined};
  struct ibv_qp *qp = ibv_create_qp(v->pd, &attr);
  *given = attr.cap.max_inline_data;
  return qp;
}

/*
 * No device says beforehand how much fits inline: ask for less and less. What
 * it gives is read back; 0 works, by source slots. What the first queue pair got, all get.
 */
static struct ibv_qp *create(struct verbs *v, struct ibv_cq *cq, int first)
{
  uint32_t given, ask = first ? v->settings.inlined : v->inlined;
  struct ibv_qp *qp = create_one(v, cq, ask, &given);
  while (!qp && first && ask > 0) {
    ask = ask > 8 ? ask / 2 : 0;
    qp = create_one(v, cq, ask, &given);
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

/* -- a batch ------------------------------------------------------------------------ */

struct verbs_batch *verbs_new_batch(struct verbs *v)
{
  struct verbs_batch *more = realloc(v->batch, (v->batches + 1) * sizeof *more);
  if (!more)
    return NULL;
  v->batch = more;
  more[v->batches] = (struct verbs_batch){0};
  return &more[v->batches++];
}

/* A word for its flushes to land in, and one for each work request that can be outstanding: see struct verbs_peer. */
int verbs_make_words(const struct verbs *v, struct verbs_batch *b, uint32_t n)
{
  char why[WIRE_ERROR];
  uint64_t bytes = ((uint64_t)n * (1 + v->depth) * sizeof(uint64_t) + 4095) / 4096 * 4096;
  void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED)
    return group_open_say(SACRED_ERR_MEMORY, "cannot map %" PRIu64 " bytes: %s", bytes, strerror(errno));
  b->area = p;
  b->bytes = bytes;
  b->mr = verbs_register_at(v, p, bytes, why);
  return b->mr ? SACRED_OK : group_open_say(SACRED_ERR_MEMORY, "%s", why);
}

int verbs_give_words(struct verbs *v, const struct verbs_batch *b, uint32_t nth, uint32_t i)
{
  struct verbs_peer *p = &v->peers[i];
  p->batch = (uint32_t)(b - v->batch);
  p->words = (uint64_t *)(void *)b->area + (uint64_t)nth * (1 + v->depth);
  p->words_key = b->mr->lkey;
  p->word_at = (struct ibv_sge){.length = sizeof *p->words, .lkey = b->mr->lkey};
  p->word = (struct ibv_send_wr){.sg_list = &p->word_at, .num_sge = 1, .opcode = IBV_WR_RDMA_WRITE};
  p->covers = calloc(v->depth, sizeof *p->covers);
  return p->covers ? SACRED_OK : group_open_say(SACRED_ERR_MEMORY, "no memory for the work requests to rank %u", i);
}

void verbs_free_batch(struct verbs *v, uint32_t k)
{
  struct verbs_batch *b = &v->batch[k];
  if (b->cq && !v->brought)
    ibv_destroy_cq(b->cq);
  if (b->mr)
    ibv_dereg_mr(b->mr);
  if (b->area)
    munmap(b->area, b->bytes);
}

/*
 * The completion queue cannot overrun: an entry in it is of a work request that this side has not yet heard to be done,
 * a queue pair has at most `depth` of these, each makes one entry at most, errors and flushes included, and there is no
 * receive queue in use. That so many entries hold all that there can be is theorem credit_queue_never_overruns.
 */
static int make_queue(const struct verbs *v, struct verbs_batch *b, uint32_t n)
{
  const char *name = ibv_get_device_name(v->context->device);
  struct credit_fit f;
  if (!credit_fit(n, v->depth, v->device.max_qp_wr, v->device.max_cqe, 0, &f) || f.depth != v->depth)
    return group_open_say(SACRED_ERR_SYSTEM, "%s has completion queues of %d entries: %u queue pairs need more", name,
                          v->device.max_cqe, n);
  b->cq = ibv_create_cq(v->context, (int)f.entries, NULL, NULL, 0);
  return b->cq ? SACRED_OK
               : group_open_say(
                     SACRED_ERR_SYSTEM,
                     "no completion queue of %u entries on %s: %s; raise ulimit -l, or set SACRED_QP_DEPTH to less",
                     f.entries, name, strerror(errno));
}

static int make_one(struct verbs *v, const struct verbs_batch *b, uint32_t nth, uint32_t i)
{
  struct verbs_peer *p = &v->peers[i];
  const char *name = ibv_get_device_name(v->context->device);
  int status = verbs_give_words(v, b, nth, i);
  if (status != SACRED_OK)
    return status;
  p->qp = create(v, b->cq, b == v->batch && nth == 0);
  if (!p->qp)
    return group_open_say(SACRED_ERR_SYSTEM,
                          "queue pair %u of %u cannot be created on %s: %s; use less ranks, or raise ulimit -l",
                          nth + 1, v->size - 1, name, strerror(errno));
  int error = to_init(v, p->qp);
  if (error != 0)
    return group_open_say(SACRED_ERR_SYSTEM, "a queue pair of %s port %u does not start: %s", name, v->port.number,
                          strerror(error));
  /* Of one queue pair is enough: they are all alike. It speaks of the bytes of one write, and of no two. */
  if (v->in_order < 0)
    v->in_order = ibv_query_qp_data_in_order(p->qp, IBV_WR_RDMA_WRITE, 0);
  return SACRED_OK;
}

/* Is ranks[k] one that I have no queue pair to, and named there first? */
static int is_wanted(const struct verbs *v, const uint32_t *ranks, uint32_t k)
{
  if (ranks[k] == v->rank || v->peers[ranks[k]].qp)
    return 0;
  for (uint32_t l = 0; v->sparse && l < k; l++) /* else they are all ranks, once each */
    if (ranks[l] == ranks[k])
      return 0;
  return 1;
}

uint32_t *verbs_all_ranks(const struct verbs *v)
{
  uint32_t *all = malloc(v->size * sizeof *all);
  for (uint32_t i = 0; all && i < v->size; i++)
    all[i] = i;
  return all;
}

int verbs_make_pairs(struct verbs *v, const uint32_t *ranks, uint32_t n)
{
  uint32_t wanted = 0, nth = 0;
  for (uint32_t k = 0; k < n; k++)
    wanted += is_wanted(v, ranks, k) != 0;
  if (wanted == 0 && v->batches > 0)
    return SACRED_OK;
  struct verbs_batch *b = verbs_new_batch(v);
  if (!b)
    return group_open_say(SACRED_ERR_MEMORY, "no memory for %u queue pairs", wanted);
  if (wanted == 0)
    return SACRED_OK; /* alone: nobody is to be reached */
  v->fresh = 1;
  int status = make_queue(v, b, wanted);
  if (status == SACRED_OK)
    status = verbs_make_words(v, b, wanted);
  for (uint32_t k = 0; status == SACRED_OK && k < n; k++)
    if (is_wanted(v, ranks, k))
      status = make_one(v, b, nth++, ranks[k]);
  return status;
}

void verbs_drop_pairs(struct verbs *v)
{
  struct ibv_qp_attr attr = {.qp_state = IBV_QPS_ERR};
  uint32_t last = v->batches - 1;
  if (!v->fresh)
    return;
  v->fresh = 0;
  for (uint32_t i = 0; i < v->size; i++) {
    struct verbs_peer *p = &v->peers[i];
    if (p->batch != last || !p->words)
      continue;
    if (p->qp) {
      ibv_modify_qp(p->qp, &attr, IBV_QP_STATE);
      ibv_destroy_qp(p->qp);
    }
    free(p->covers);
    p->qp = NULL;
    p->covers = NULL;
    p->words = NULL;
  }
  verbs_free_batch(v, last);
  v->batches = last;
}

void verbs_use(struct verbs *v)
{
  v->fresh = 0;
  for (uint32_t i = 0; i < v->size; i++) {
    v->pairs += v->peers[i].qp && !v->peers[i].ready;
    v->peers[i].ready = v->peers[i].qp != NULL;
  }
}
