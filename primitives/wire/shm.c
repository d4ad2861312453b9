/* Posts: over shared memory performed by the caller at once, or handed to the late wire, or to verbs. */
/* SPDX-License-Identifier: BSD-2-Clause */
#define WIRE_SPARSE
#include "stream.h"
#include "verbs.h"

/* Count an operation posted to rank i; the eager wire has completed it as well. */
static int count(struct wire *w, uint32_t i, int status)
{
  struct peer *p = &w->transport->peers[i];
  if (status == SACRED_OK) {
    p->posted++;
    p->completed = p->posted;
  }
  return status;
}

/* What I post to myself is placed at once on each wire: no fence and no barrier has to look after it. */
static int is_late(const struct wire *w, uint32_t i)
{
  return w->kind == WIRE_SHM_LATE && i != w->rank;
}

static int is_verbs(const struct wire *w, uint32_t i)
{
  return w->kind == WIRE_VERBS && i != w->rank;
}

/* Place a word at rank i, behind all that I posted to it before. */
static int place_word(struct wire *w, uint32_t i, uint64_t at, uint64_t v)
{
  if (is_verbs(w, i))
    return verbs_word(w, i, at, v);
  unsigned char *to = shm_place(w->transport, i, at);
  if (is_late(w, i))
    return count(w, i, shm_late_word(w->transport->late, i, to, v));
  /*
   * ORDER signal-after-all.  A release store: all that I read or wrote before,
   * the words of every earlier put among it, is before it (rules rw, ww).  Pairs
   * with observe-then-read in wire_load(), and with get-then-use of who gets the
   * word.  Without it the peer could act on data that is not there yet (theorems
   * flag_publishes, table_whole, broadcast_delivers, barrier_inbound).
   */
  __atomic_store_n((shared_word *)to, v, __ATOMIC_RELEASE);
  return count(w, i, SACRED_OK);
}

/* Place len bytes of mine at rank i, behind all that I posted to it before. */
static int place(struct wire *w, uint32_t i, uint64_t at, uint64_t from, uint64_t len)
{
  if (is_verbs(w, i))
    return verbs_put(w, i, at, from, len);
  unsigned char *to = shm_place(w->transport, i, at);
  if (is_late(w, i))
    return count(w, i, shm_late_put(w->transport->late, i, to, w->heap + from, len));
  /*
   * ORDER put-after-signal.  A release fence: the words of this put are behind
   * every earlier one (rule ww), and behind what I read before (rule rw).  Pairs
   * with read-then-observe in wire_copy_words(), and with get-then-use of who gets
   * the words.  Without it a reader could find words of the next version below the
   * BEGIN of this one (theorem table_whole).
   */
  __atomic_thread_fence(__ATOMIC_RELEASE);
  shared_copy(to, w->heap + from, len, to);
  return count(w, i, SACRED_OK);
}

int wire_signal(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v)
{
  if (is_sparse(r))
    return sparse_signal(w, i, r, off, v);
  return place_word(w, i, row_offset(w, r, off, i, w->rank), v);
}

int wire_put(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len)
{
  if (is_sparse(r))
    return sparse_put(w, i, r, off, len);
  uint64_t at = row_offset(w, r, off, i, w->rank);
  return place(w, i, at, at, len);
}

/*
 * Where all memory is mapped, what is lent stays where it is: those who borrow it copy it, each for himself and all at once.
 * Elsewhere it is put into their rows; the device takes bytes that the header says are elsewhere from there.
 */
int wire_lend(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len)
{
  if (is_sparse(r) && sparse_is_nowhere(w, i, r))
    return SACRED_AGAIN;
  if (w->kind == WIRE_SHM)
    return count(w, i, SACRED_OK);
  uint64_t from = row_offset(w, r, off, w->rank, w->rank);
  uint64_t where = is_verbs(w, i) && len > WIRE_HEAD ? shared_load(w->heap + from + WIRE_WHERE) : 0;
  if (!where)
    return wire_put(w, i, r, off, len);
  return verbs_put_two(w, i, row_offset(w, r, off, i, w->rank), from, WIRE_HEAD, where, len);
}

/* Where `off` of the row that rank j lends is to be read. */
static const unsigned char *lent(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j)
{
  if (w->kind == WIRE_SHM)
    return shm_place(w->transport, j, row_offset(w, r, off, j, j));
  return wire_row(w, r, off, j);
}

void wire_borrow_words(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t *buf, uint64_t n)
{
  shared_copy_words(buf, lent(w, r, off, j), n);
  /*
   * ORDER read-head-then-thank.  An acquire fence: the relaxed loads above are before
   * every later access (rules rr, rw).  Pairs with observe-then-read of TAKEN by who lends,
   * after which it fills the slot again.  Without it the header could be that of a
   * later chunk (theorem broadcast_delivers).
   */
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
}

void wire_borrow_bytes(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t where,
                       unsigned char *buf, uint64_t at, uint64_t n)
{
  int is_home = where && w->kind == WIRE_SHM;
  const unsigned char *from = is_home ? shm_place(w->transport, j, where) : lent(w, r, off, j);
  if (at < STREAM_ABOVE)
    memcpy(buf + at, from, n); /* what is lent stays, so it need not go word by word */
  else
    stream_copy(buf + at, from, n);
  /*
   * ORDER read-then-thank.  An acquire fence: the loads of the copy above are before
   * every later access (rules rr, rw).  Pairs with observe-then-read of TAKEN by who
   * lends, after which it fills the slot again.  Without it I could read
   * bytes of a later chunk (theorem broadcast_delivers).
   */
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
}

uint64_t wire_place(const struct wire *w, const unsigned char *buf, uint64_t n)
{
  uint64_t bytes = w->transport->heap_bytes;
  uint64_t at = (uintptr_t)buf - (uintptr_t)w->heap; /* of what lies before my heap a large number */
  if (at >= bytes || n > bytes - at || w->kind == WIRE_SHM_LATE)
    return 0;
  return w->kind == WIRE_SHM || verbs_may_gather(w->transport->verbs, at, n, WIRE_LEND_MAX) ? at : 0;
}

void wire_refer_bytes(const struct wire *w, const struct rows *r, uint64_t off, const unsigned char *buf, uint64_t at,
                      uint64_t n)
{
  (void)w, (void)r, (void)off, (void)buf, (void)at, (void)n;
}

int wire_write(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t len)
{
  return place(w, i, to, from, len);
}

int wire_write_word(struct wire *w, uint32_t i, uint64_t to, uint64_t v)
{
  return place_word(w, i, to, v);
}

int wire_read(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t len)
{
  if (is_verbs(w, i))
    return verbs_get(w, i, to, from, len);
  const unsigned char *there = shm_place(w->transport, i, from);
  if (is_late(w, i))
    return count(w, i, shm_late_get(w->transport->late, i, w->heap + to, there, len));
  /*
   * ORDER get-after-puts.  A full fence: my earlier stores, to that rank too, are
   * in memory before I read there (rule wr).  Pairs with get-after-puts of a rank
   * that puts there and gets from here.  Without it each of two ranks could
   * miss the other's put (theorem fence_places).
   */
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  shared_copy(w->heap + to, there, len, there);
  /*
   * ORDER get-then-use.  An acquire fence: what was read is before all that I do
   * next (rules rr, rw), as it is behind a completion.  Pairs with
   * signal-after-all and put-after-signal of who wrote there.  Without it a second
   * get could be older than this one (theorem fence_places).
   */
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  return count(w, i, SACRED_OK);
}

int wire_flush(struct wire *w, uint32_t i)
{
  if (is_verbs(w, i))
    return verbs_flush(w, i);
  if (is_late(w, i))
    return count(w, i, shm_late_flush(w->transport->late, i));
  /*
   * ORDER placed-before-completed.  A full fence: every earlier store of mine is
   * in memory before anything that I do next (rules ww, wr).  Pairs with
   * observe-then-read of any rank that learns of the fence.  Without it
   * a third rank could hear of data that is still in my store buffer (theorems
   * fence_places, barrier_full).
   */
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return count(w, i, SACRED_OK);
}

int wire_drained(struct wire *w)
{
  (void)w;
  /*
   * ORDER stores-out.  A full fence: every earlier store of mine is in memory before anything
   * that I do next (rules ww, wr), and the device has heard of every earlier post.  Pairs with
   * observe-then-read of any rank that learns of the fence.  Without it a third rank could hear
   * of a store that is still in my store buffer (theorems barrier_full, dissemination_full).
   */
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return 1;
}

uint64_t wire_posted(const struct wire *w, uint32_t i)
{
  return w->transport->peers[i].posted;
}

uint64_t wire_completed(struct wire *w, uint32_t i)
{
  if (is_verbs(w, i))
    return verbs_completed(w, i);
  return is_late(w, i) ? shm_late_completed(w->transport->late, i) : w->transport->peers[i].completed;
}
