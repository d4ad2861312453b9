/* The inline half of the door: loads, and stores to my own row. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WIRE_INLINE_H
#define WIRE_INLINE_H
#include "copy.h"
#include "sparse.h"

/* Where in the heap of rank i `off` of j's row lies. */
static inline uint64_t row_offset(const struct wire *w, const struct rows *r, uint64_t off, uint32_t i, uint32_t j)
{
  return is_sparse(r) ? sparse_offset(w, r, off, i, j) : r->at + (uint64_t)j * r->stride + off;
}

/* Where it lies in my memory. */
static inline unsigned char *wire_row(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j)
{
  return w->heap + row_offset(w, r, off, w->rank, j);
}

WIRE_INLINE uint64_t wire_load(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j)
{
  /*
   * ORDER observe-then-read.  An acquire load: my later accesses are not before
   * it (rules rr, rw of a CPU).  Pairs with signal-after-all, and on the late wire
   * with late-in-order, which place a word behind all that its poster posted to me
   * before; with placed-before-completed and stores-out, where the word tells me of a fence; with
   * read-then-thank and read-head-then-thank, where it tells me that a slot was read.  Without it I could
   * see the word and miss the data before it (theorems flag_publishes,
   * table_whole, broadcast_delivers, barrier_inbound, fence_places).
   */
  return __atomic_load_n((const shared_word *)wire_row(w, r, off, j), __ATOMIC_ACQUIRE);
}

/* The word at which a look was in vain, for the wait behind it: the first member of a transport. */
struct awaited {
  const shared_word *at; /* NULL: none */
  uint64_t want;
};

WIRE_INLINE int wire_reached(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t want)
{
  if (wire_load(w, r, off, j) >= want)
    return 1;
  *(struct awaited *)(void *)w->transport = (struct awaited){(const shared_word *)wire_row(w, r, off, j), want};
  return 0;
}

WIRE_INLINE void wire_copy_words(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t *buf,
                                 uint64_t n)
{
  shared_copy_words(buf, wire_row(w, r, off, j), n);
  /*
   * ORDER read-then-observe.  An acquire fence: the relaxed loads above are
   * before every later load (rule rr).  Pairs with put-after-signal, on the late
   * wire with late-in-order: a word of the next version is placed behind its BEGIN.
   * Without it the words could be newer than the BEGIN loaded after them (theorem
   * table_whole).
   */
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
}

/* Relaxed is enough to fill: a post reads the row from the same thread, or behind its queue's release. */
WIRE_INLINE void wire_fill_words(const struct wire *w, const struct rows *r, uint64_t off, const uint64_t *buf,
                                 uint64_t n)
{
  shared_copy_words(wire_row(w, r, off, w->rank), buf, n);
}

WIRE_INLINE void wire_fill_bytes(const struct wire *w, const struct rows *r, uint64_t off, const unsigned char *buf,
                                 uint64_t at, uint64_t n)
{
  unsigned char *to = wire_row(w, r, off, w->rank);
  shared_copy(to, buf + at, n, to);
}
#endif
