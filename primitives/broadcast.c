/*
 * The broadcast: every rank's stream of chunks to every other, over slots that
 * are used again once all took them.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "broadcast.h"

/* Where chunk p of a stream lies in a row. */
/*@
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    off:    \result == Off(p);
*/
static uint64_t slot(uint64_t p)
{
  return BROADCAST_DATA + p % BROADCAST_SLOTS * BROADCAST_SLOT;
}

/* The bytes of the chunk at hand. */
/*@
  requires   valid:  \valid_read(b) && b->offset <= b->size;
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    bytes:  \result == Chunk(b->size,b->offset) && 0 <= \result <= 32768;
*/
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
  uint64_t first = root == b->w->rank ? b->sent : b->taken[root];
  if (b->call == UINT64_MAX || first > UINT64_MAX - (size / BROADCAST_CHUNK + 1))
    return wire_refuse(b->w, SACRED_ERR_RANGE, first, UINT64_MAX);
  b->call++;
  b->root = root;
  b->buf = buf;
  b->size = size;
  b->first = first;
  b->offset = 0;
  b->next = 0;
  b->half = 0;
  b->scan = 0;
  b->phase = root == b->w->rank ? BROADCAST_CREDIT : BROADCAST_TAKE;
  return SACRED_OK;
}

/* Root: wait until everybody took the chunk that was in the slot. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_CREDIT;
  terminates \true;
  exits      \false;
  assigns    W, b->next;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    others: Rely{Pre,Here};
  ensures    status: WaitStatus(\result);
  ensures    all:    \result == SACRED_OK ==> b->next == N;
*/
static int credit(struct sacred_broadcast *b)
{
  uint64_t p = b->sent + 1;
  /*@ loop invariant inv:   Inv;
      loop invariant quiet: Rely{Pre,Here};
      loop invariant next:  b->next <= N && Credit(p,b->next);
      loop invariant moved: Moved(b->call, b->root, b->size, b->first, b->buf, p);
      loop invariant valid: BroadcastValid(b);
      loop assigns W, b->next;
      loop variant N - b->next; */
  while (b->next < b->w->size) {
    if (p > BROADCAST_SLOTS && b->next != b->w->rank &&
        !wire_reached(b->w, &b->rows, BROADCAST_TAKEN, b->next, p - BROADCAST_SLOTS))
      return wire_health(b->w);
    b->next++;
  }
  return SACRED_OK;
}

/* Root: the chunk at hand into its slot, which nobody reads any more. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_CREDIT && b->next == N;
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->half, b->phase;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b) && b->phase == BROADCAST_SEND;
  ensures    flow:   Flow{Pre,Here};
*/
static void fill(struct sacred_broadcast *b)
{
  uint64_t p = b->sent + 1, off = slot(p), n = chunk(b);
  uint64_t head[8] = {b->call, b->root, b->size, b->offset, 0, 0, 0, 0};
  //@ ghost history_announce(p);
  //@ assert old: \forall integer a; Own(a,ME) < p;
  wire_fill_words(b->w, &b->rows, off, head, 8);
  //@ ghost Filled: ;
  if (n > 0)
    wire_fill_bytes(b->w, &b->rows, off + BROADCAST_HEAD, b->buf + b->offset, n);
  b->next = 0;
  b->half = 0;
  b->phase = BROADCAST_SEND;
}

/* Root: the chunk at hand and its signal to every rank, from where the last try stopped. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_SEND;
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->half, b->phase, b->offset, b->sent;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    flow:   Flow{Pre,Here};
  ensures    status: WaitStatus(\result);
  ensures    kept:   \result != SACRED_OK ==> b->phase == BROADCAST_SEND && b->offset == \old(b->offset);
  ensures    moved:  \result == SACRED_OK ==> b->offset == \old(b->offset) + Chunk(b->size,\old(b->offset)) &&
                       b->phase == (b->offset == b->size ? BROADCAST_IDLE : BROADCAST_CREDIT);
  ensures    bytes:  \result == SACRED_OK && b->phase == BROADCAST_IDLE ==> Delivered(b);
*/
static int send(struct sacred_broadcast *b)
{
  uint64_t p = b->sent + 1, off = slot(p), n = chunk(b);
  /*@ loop invariant inv:   Inv;
      loop invariant flow:  Flow{Pre,Here};
      loop invariant said:  b->next <= N && Said(1,b->next,b->sent);
      loop invariant took:  Took(0,b->root,b->taken);
      loop invariant credit:Credit(p,N);
      loop invariant stored:Stored(p,n);
      loop invariant posted:Posted(p,b->next,b->half);
      loop invariant moved: Moved(b->call, b->root, b->size, b->first, b->buf, p + 1);
      loop invariant valid: BroadcastValid(b);
      loop assigns W, b->next, b->half;
      loop variant N - b->next; */
  while (b->next < b->w->size) {
    if (b->next != b->w->rank) {
      if (!b->half) {
        if (wire_put(b->w, b->next, &b->rows, off, BROADCAST_HEAD + n) != SACRED_OK)
          return wire_health(b->w);
        b->half = 1;
      }
      /*
       * ORDER ready-after-chunk.  Posted behind the chunk on the same queue pair, so
       * placed behind it (rule nrW, in order).  Pairs with the acquire load in look().
       * Without it a rank could copy a chunk still in flight (theorem broadcast_delivers).
       */
      if (wire_signal(b->w, b->next, &b->rows, BROADCAST_READY, p) != SACRED_OK)
        return wire_health(b->w);
      b->half = 0;
    }
    b->next++;
  }
  b->sent = p;
  b->offset += n;
  b->next = 0;
  b->phase = b->offset == b->size ? BROADCAST_IDLE : BROADCAST_CREDIT;
  return SACRED_OK;
}

/* The root's chunk at hand, to everybody. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && Giving(b);
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->half, b->phase, b->offset, b->sent;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    flow:   Flow{Pre,Here};
  ensures    status: WaitStatus(\result);
  ensures    kept:   \result != SACRED_OK ==> Giving(b);
  ensures    moved:  \result == SACRED_OK ==> b->offset == \old(b->offset) + Chunk(b->size,\old(b->offset)) &&
                       b->phase == (b->offset == b->size ? BROADCAST_IDLE : BROADCAST_CREDIT);
  ensures    bytes:  \result == SACRED_OK && b->phase == BROADCAST_IDLE ==> Delivered(b);
*/
static int give(struct sacred_broadcast *b)
{
  if (b->phase == BROADCAST_CREDIT) {
    int status = credit(b);
    if (status != SACRED_OK)
      return status;
    fill(b);
  }
  return send(b);
}

/* Note that rank j says otherwise of chunk p of its stream. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_TAKE && \valid_read(head + (0 .. 3)) && \separated(b, head + (0 .. 3));
  terminates \true;
  exits      \false;
  assigns    b->theirs, b->phase;
  ensures    valid:  BroadcastValid(b);
  ensures    broken: \result == SACRED_ERR_MISMATCH && b->phase == BROADCAST_BROKEN;
  ensures    theirs: b->theirs.rank == j && b->theirs.call == head[0] && b->theirs.root == head[1] && b->theirs.size == head[2] && b->theirs.offset == head[3];
*/
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
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_TAKE;
  terminates \true;
  exits      \false;
  assigns    W, b->scan, b->theirs, b->phase;
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    others: Rely{Pre,Here};
  ensures    status: WaitStatus(\result) && \result != SACRED_OK && b->phase == BROADCAST_TAKE ||
                       \result == SACRED_ERR_MISMATCH && b->phase == BROADCAST_BROKEN;
*/
static int scan(struct sacred_broadcast *b)
{
  uint32_t j = b->scan;
  b->scan = j + 1 < b->w->size ? j + 1 : 0;
  if (j != b->w->rank && j != b->root && wire_load(b->w, &b->rows, BROADCAST_READY, j) > b->taken[j]) {
    uint64_t head[4];
    wire_copy_words(b->w, &b->rows, slot(b->taken[j] + 1), j, head, 4);
    if (head[0] == b->call)
      return broken(b, j, head);
  }
  return wire_health(b->w);
}

/* Look for the root's chunk at hand, and take it. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_TAKE;
  terminates \true;
  exits      \false;
  assigns    W, b->scan, b->theirs, b->phase, b->buf[0 .. b->size - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    flow:   Flow{Pre,Here};
  ensures    status: \result == SACRED_OK && b->phase == BROADCAST_THANK ||
                       WaitStatus(\result) && \result != SACRED_OK && b->phase == BROADCAST_TAKE ||
                       \result == SACRED_ERR_MISMATCH && b->phase == BROADCAST_BROKEN;
*/
static int look(struct sacred_broadcast *b)
{
  uint64_t p = b->taken[b->root] + 1, off = slot(p), n = chunk(b);
  /*
   * ORDER chunk-after-ready.  An acquire load: the chunk is read after it.
   * Pairs with the signal in send(); the same theorem fails without it.
   */
  if (!wire_reached(b->w, &b->rows, BROADCAST_READY, b->root, p))
    return scan(b);
  uint64_t head[4];
  wire_copy_words(b->w, &b->rows, off, b->root, head, 4);
  if (head[0] != b->call || head[1] != b->root || head[2] != b->size || head[3] != b->offset)
    return broken(b, b->root, head);
  //@ assert head: Head(b->call,b->root,b->size,b->first,p);
  //@ assert bytes: Bytes(b->root,p) == n;
  if (n > 0)
    wire_copy_bytes(b->w, &b->rows, off + BROADCAST_HEAD, b->root, b->buf + b->offset, n);
  //@ assert body: Body(b->root,b->size,b->first,b->buf,p);
  //@ assert before: Moved(b->call,b->root,b->size,b->first,b->buf,p);
  //@ ghost history_conclude(b->root, p);
  b->phase = BROADCAST_THANK;
  return SACRED_OK;
}

/* Tell the root that its chunk at hand is taken. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && b->phase == BROADCAST_THANK;
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->phase, b->offset, b->taken[0 .. N - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    flow:   Flow{Pre,Here};
  ensures    status: WaitStatus(\result);
  ensures    kept:   \result != SACRED_OK ==> b->phase == BROADCAST_THANK && b->offset == \old(b->offset);
  ensures    moved:  \result == SACRED_OK ==> b->offset == \old(b->offset) + Chunk(b->size,\old(b->offset)) &&
                       b->phase == (b->offset == b->size ? BROADCAST_IDLE : BROADCAST_TAKE);
  ensures    bytes:  \result == SACRED_OK && b->phase == BROADCAST_IDLE ==> Delivered(b);
*/
static int thank(struct sacred_broadcast *b)
{
  uint64_t p = b->taken[b->root] + 1, n = chunk(b);
  /*
   * ORDER thank-after-copy.  Behind the acquire fence of the copy, so the chunk has
   * been read.  Pairs with the acquire load in credit(), after which the root fills
   * the slot again.  Without it I could read bytes of a later chunk (the same theorem).
   */
  if (wire_signal(b->w, b->root, &b->rows, BROADCAST_TAKEN, p) != SACRED_OK)
    return wire_health(b->w);
  b->taken[b->root] = p;
  b->offset += n;
  b->next = 0;
  b->phase = b->offset == b->size ? BROADCAST_IDLE : BROADCAST_TAKE;
  return SACRED_OK;
}

/* Another rank's chunk, from the root to me. */
/*@
  requires   valid:  Inv && BroadcastValid(b) && Taking(b);
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->scan, b->phase, b->offset, b->taken[0 .. N - 1], b->theirs, b->buf[0 .. b->size - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    flow:   Flow{Pre,Here};
  ensures    status: WaitStatus(\result) || \result == SACRED_ERR_MISMATCH && b->phase == BROADCAST_BROKEN;
  ensures    kept:   \result != SACRED_OK && \result != SACRED_ERR_MISMATCH ==> Taking(b);
  ensures    moved:  \result == SACRED_OK ==> b->offset == \old(b->offset) + Chunk(b->size,\old(b->offset)) &&
                       b->phase == (b->offset == b->size ? BROADCAST_IDLE : BROADCAST_TAKE);
  ensures    bytes:  \result == SACRED_OK && b->phase == BROADCAST_IDLE ==> Delivered(b);
*/
static int take(struct sacred_broadcast *b)
{
  if (b->phase == BROADCAST_TAKE) {
    int status = look(b);
    if (status != SACRED_OK)
      return status;
  }
  return thank(b);
}

int sacred_broadcast_test(struct sacred_broadcast *b)
{
  if (!b->w->open)
    return SACRED_ERR_CLOSED;
  if (b->phase == BROADCAST_IDLE)
    return SACRED_ERR_STATE;
  if (b->phase == BROADCAST_BROKEN)
    return SACRED_ERR_MISMATCH;
  /*@ loop invariant inv:   Inv;
      loop invariant flow:  Flow{Pre,Here};
      loop invariant valid: BroadcastValid(b) && !Over(b);
      loop assigns W, b->next, b->half, b->scan, b->phase, b->offset, b->sent, b->taken[0 .. N - 1], b->theirs, b->buf[0 .. b->size - 1];
      loop variant b->size - b->offset; */
  for (;;) {
    int status = b->root == b->w->rank ? give(b) : take(b);
    if (status != SACRED_OK)
      return status;
    if (b->phase == BROADCAST_IDLE)
      return SACRED_OK;
  }
}

int sacred_broadcast_wait(struct sacred_broadcast *b, uint64_t deadline)
{
  struct wire_wait wait = {0, deadline};
  int late = deadline == 0;
  /*@ loop invariant Inv && BroadcastValid(b);
      loop assigns W, late, wait.looks, b->next, b->half, b->scan, b->phase, b->offset, b->sent, b->taken[0 .. N - 1], b->theirs,
        b->buf[0 .. b->size - 1]; */
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
  if (!b->w->open)
    return SACRED_ERR_CLOSED;
  if (b->phase == BROADCAST_BROKEN)
    return SACRED_ERR_MISMATCH;
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
  /*@ loop invariant Inv && BroadcastValid(b) && Rely{Pre,Here} && 0 <= n <= i <= N;
      loop invariant \forall integer k; 0 <= k < n ==> ranks[k] < i && ranks[k] != ME && cell{Pre}(O,64,ME,ranks[k]) < b->sent;
      loop invariant \forall integer k, l; 0 <= k < l < n ==> ranks[k] < ranks[l];
      loop invariant \forall integer j; 0 <= j < i && j != ME && cell(O,64,ME,j) < b->sent ==> \exists integer k; 0 <= k < n && ranks[k] == j;
      loop assigns W, i, n, ranks[0 .. N - 1];
      loop variant N - i; */
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
