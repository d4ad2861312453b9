/* No device: a thread does its operations itself, in their order, some at the post and the others when it polls. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "device.h"
#include <stdlib.h>
#include <string.h>

enum { QUEUE = 2 * LITMUS_INSTRUCTIONS };

struct queue {
  struct request request[QUEUE];
  unsigned posted, done, polled;
};

struct none {
  struct queue queue[LITMUS_THREADS][DEVICE_NODES];
};

static void perform(struct device *d, unsigned node, const struct request *r)
{
  uint64_t *remote = (uint64_t *)(void *)(d->memory[node] + r->remote), old = 0;
  for (unsigned w = 0; w < r->words; w++) {
    if (r->kind == LITMUS_PUT)
      __atomic_store_n(&remote[w], r->is_inline ? r->value[w] : __atomic_load_n(r->local[w], __ATOMIC_SEQ_CST),
                       __ATOMIC_SEQ_CST);
    else if (r->kind == LITMUS_GET)
      __atomic_store_n(r->local[w], __atomic_load_n(&remote[w], __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
    else {
      if (r->kind == LITMUS_RFAA)
        old = __atomic_fetch_add(&remote[w], r->value[0], __ATOMIC_SEQ_CST);
      else {
        old = r->value[0];
        __atomic_compare_exchange_n(&remote[w], &old, r->value[1], false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
      }
      __atomic_store_n(r->local[w], old, __ATOMIC_SEQ_CST);
    }
  }
}

static void perform_next(struct device *d, unsigned node, struct queue *q)
{
  perform(d, node, &q->request[q->done % QUEUE]);
  q->done++;
}

static bool post(struct device *d, unsigned thread, unsigned node, const struct request *r)
{
  struct none *n = d->own;
  struct queue *q = &n->queue[thread][node];
  if (q->posted - q->done == QUEUE)
    perform_next(d, node, q);
  q->request[q->posted % QUEUE] = *r;
  q->posted++;
  /* a look at how often this was called is chance enough: it is not the same in each run */
  while (q->done < q->posted && (q->posted * 2654435761u >> 16 & 1) != 0)
    perform_next(d, node, q);
  return true;
}

static int poll_one(struct device *d, unsigned thread, unsigned node)
{
  struct none *n = d->own;
  struct queue *q = &n->queue[thread][node];
  if (q->polled == q->posted)
    return 0;
  if (q->polled == q->done)
    perform_next(d, node, q);
  q->polled++;
  return 1;
}

static void close_none(struct device *d)
{
  for (unsigned k = 0; k < d->shape.nodes; k++)
    free(d->memory[k]);
  free(d->own);
}

int device_open_none(struct device *d, const struct device_shape *shape)
{
  *d = (struct device){.shape = *shape, .post = post, .poll = poll_one, .close = close_none};
  d->own = calloc(1, sizeof(struct none));
  bool good = d->own != NULL;
  for (unsigned k = 0; k < shape->nodes; k++) {
    d->memory[k] = aligned_alloc(64, DEVICE_NODE);
    good = good && d->memory[k];
    if (d->memory[k])
      memset(d->memory[k], 0, DEVICE_NODE);
  }
  if (good)
    return 0;
  snprintf(d->error, sizeof d->error, "no memory for %u nodes", shape->nodes);
  close_none(d);
  return 2;
}
