/*
 * The broadcast: every rank's stream of chunks to every other, over slots that
 * are used again once all took them.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "broadcast.h"

/* Where chunk p of a stream lies in a row. */
static uint64_t slot(uint64_t p)
{
  return BROADCAST_DATA + p % BROADCAST_SLOTS * BROADCAST_SLOT;
}

/* The bytes of the chunk at hand. */
static uint64_t chunk(const struct sacred_broadcast *b)
{
  return b->size - b->offset < BROADCAST_CHUNK ? b->size - b->offset : BROADCAST_CHUNK;
}

int sacred_broadcast_start(struct sacred_broadcast *b, uint32_t root, void *buf, uint64_t size)
{
  if (!b->w->open)
    return SACRED_ERR_CLOSED;
  if (root >= b->w->size)
    return wire_refuse(b->w, SACRED_ERR_RANK, root, b->w->size);
  if (!buf && size > 0)
    return wire_refuse(b->w, SACRED_ERR_ARGUMENT, 0, size);
  if (b->phase == BROADCAST_BROKEN)
    return SACRED_ERR_MISMATCH;
  if (b->phase != BROADCAST_IDLE)
    return SACRED_ERR_STATE;
  b->call++;
  b->root = root;
  b->buf = buf;
  b->size = size;
  b->offset = 0;
  b->next = 0;
  b->half = 0;
  b->scan = 0;
  b->phase = root == b->w->rank ? BROADCAST_CREDIT : BROADCAST_TAKE;
  return SACRED_OK;
}

/* The root's chunk at hand, to everybody. */
static int give(struct sacred_broadcast *b)
{
  uint64_t p = b->sent + 1;
  if (b->phase == BROADCAST_CREDIT) {
    while (b->next < b->w->size) {
      if (p > BROADCAST_SLOTS && b->next != b->w->rank &&
          !wire_reached(b->w, &b->rows, BROADCAST_TAKEN, b->next, p - BROADCAST_SLOTS))
        return wire_health(b->w);
      b->next++;
    }
    uint64_t head[4] = {b->call, b->root, b->size, b->offset};
    wire_fill_words(b->w, &b->rows, slot(p), head, 4);
    if (chunk(b) > 0)
      wire_fill_bytes(b->w, &b->rows, slot(p) + BROADCAST_HEAD, b->buf + b->offset, chunk(b));
    b->next = 0;
    b->phase = BROADCAST_SEND;
  }
  while (b->next < b->w->size) {
    if (b->next != b->w->rank) {
      if (!b->half) {
        if (wire_put(b->w, b->next, &b->rows, slot(p), BROADCAST_HEAD + chunk(b)) != SACRED_OK)
          return wire_health(b->w);
        b->half = 1;
      }
      if (wire_signal(b->w, b->next, &b->rows, BROADCAST_READY, p) != SACRED_OK)
        return wire_health(b->w);
      b->half = 0;
    }
    b->next++;
  }
  b->sent = p;
  return SACRED_OK;
}

/* Note that rank j says otherwise of chunk p of its stream. */
static int broken(struct sacred_broadcast *b, uint32_t j, const uint64_t *head)
{
  b->theirs.rank = j;
  b->theirs.call = head[0];
  b->theirs.root = head[1];
  b->theirs.size = head[2];
  b->theirs.offset = head[3];
  b->phase = BROADCAST_BROKEN;
  return SACRED_ERR_MISMATCH;
}

/* Nothing from the root yet: does another rank believe that it is the root of this call? */
static int scan(struct sacred_broadcast *b)
{
  uint32_t j = b->scan;
  b->scan = j + 1 < b->w->size ? j + 1 : 0;
  if (j != b->w->rank && j != b->root) {
    uint64_t p = b->taken[j] + 1;
    if (wire_load(b->w, &b->rows, BROADCAST_READY, j) >= p) {
      uint64_t head[4];
      wire_copy_words(b->w, &b->rows, slot(p), j, head, 4);
      if (head[0] == b->call)
        return broken(b, j, head);
    }
  }
  return wire_health(b->w);
}

/* Another rank's chunk, from the root to me. */
static int take(struct sacred_broadcast *b)
{
  uint64_t p = b->taken[b->root] + 1;
  if (b->phase == BROADCAST_TAKE) {
    if (!wire_reached(b->w, &b->rows, BROADCAST_READY, b->root, p))
      return scan(b);
    uint64_t head[4];
    wire_copy_words(b->w, &b->rows, slot(p), b->root, head, 4);
    if (head[0] != b->call || head[1] != b->root || head[2] != b->size || head[3] != b->offset)
      return broken(b, b->root, head);
    if (chunk(b) > 0)
      wire_copy_bytes(b->w, &b->rows, slot(p) + BROADCAST_HEAD, b->root, b->buf + b->offset, chunk(b));
    b->phase = BROADCAST_THANK;
  }
  if (wire_signal(b->w, b->root, &b->rows, BROADCAST_TAKEN, p) != SACRED_OK)
    return wire_health(b->w);
  b->taken[b->root] = p;
  return SACRED_OK;
}

int sacred_broadcast_test(struct sacred_broadcast *b)
{
  if (!b->w->open)
    return SACRED_ERR_CLOSED;
  if (b->phase == BROADCAST_IDLE)
    return SACRED_ERR_STATE;
  if (b->phase == BROADCAST_BROKEN)
    return SACRED_ERR_MISMATCH;
  for (;;) {
    int status = b->root == b->w->rank ? give(b) : take(b);
    if (status != SACRED_OK)
      return status;
    b->offset += chunk(b);
    if (b->offset == b->size)
      break;
    b->next = 0;
    b->phase = b->root == b->w->rank ? BROADCAST_CREDIT : BROADCAST_TAKE;
  }
  b->phase = BROADCAST_IDLE;
  return SACRED_OK;
}

int sacred_broadcast_wait(struct sacred_broadcast *b, uint64_t deadline)
{
  struct wire_wait wait = {0, deadline};
  int late = deadline == 0;
  for (;;) {
    int status = sacred_broadcast_test(b);
    if (status != SACRED_AGAIN)
      return status;
    if (late)
      return SACRED_TIMEOUT;
    late = wire_relax(b->w, &wait);
  }
}

int sacred_broadcast_run(struct sacred_broadcast *b, uint32_t root, void *buf, uint64_t size, uint64_t deadline)
{
  if (b->phase == BROADCAST_IDLE) {
    int status = sacred_broadcast_start(b, root, buf, size);
    if (status != SACRED_OK)
      return status;
  } else if (b->root != root || b->buf != buf || b->size != size)
    return SACRED_ERR_STATE;
  return sacred_broadcast_wait(b, deadline);
}

uint32_t sacred_broadcast_missing(const struct sacred_broadcast *b, uint32_t *ranks)
{
  uint32_t n = 0;
  if (!b->w->open || b->phase == BROADCAST_IDLE || b->phase == BROADCAST_BROKEN)
    return 0;
  if (b->root != b->w->rank) {
    ranks[n++] = b->root;
    return n;
  }
  for (uint32_t i = 0; i < b->w->size; i++)
    if (i != b->w->rank && wire_load(b->w, &b->rows, BROADCAST_TAKEN, i) < b->sent)
      ranks[n++] = i;
  return n;
}

int sacred_broadcast_mismatch(const struct sacred_broadcast *b, struct sacred_broadcast_call *mine,
                              struct sacred_broadcast_call *theirs)
{
  if (b->phase != BROADCAST_BROKEN)
    return SACRED_ERR_STATE;
  mine->rank = b->w->rank;
  mine->call = b->call;
  mine->root = b->root;
  mine->size = b->size;
  mine->offset = b->offset;
  theirs->rank = b->theirs.rank;
  theirs->call = b->theirs.call;
  theirs->root = b->theirs.root;
  theirs->size = b->theirs.size;
  theirs->offset = b->theirs.offset;
  return SACRED_OK;
}
