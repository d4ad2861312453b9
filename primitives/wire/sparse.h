/* Arrays of rows of which a rank has some only: where their rows lie, and posts to them. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPARSE_H
#define SPARSE_H /* read by wire.h, behind its declarations */

/* apart[k]: how far ahead of a rank in the ring is who has row k in its memory; see places.h. */
struct places {
  uint32_t count;
  uint32_t apart[];
};

/*
 * Whose arrays may be sparse says so by WIRE_SPARSE before it includes wire.h: to the loads of all
 * others the question costs nothing. To all who post it costs a look.
 */
#ifdef WIRE_SPARSE
static inline int is_sparse(const struct rows *r)
{
  return r->places != NULL;
}
#else
static inline int is_sparse(const struct rows *r)
{
  (void)r;
  return 0;
}
#endif

/*
 * Where in the heap of rank i `off` of j's row lies. Where i has no place for it that is behind all places: there
 * are SPARSE_WORDS bytes, as many as a row has of words that are looked at before any data, and nobody ever writes there.
 */
enum { SPARSE_WORDS = 2 * WIRE_LINE };
uint64_t sparse_offset(const struct wire *w, const struct rows *r, uint64_t off, uint32_t i, uint32_t j);

/* Has rank i no place for my row? Then that is noted, in words, and nothing may be posted. */
int sparse_is_nowhere(struct wire *w, uint32_t i, const struct rows *r);

/* wire_signal() and wire_put() to it: SACRED_AGAIN where there is no place. */
int sparse_signal(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v);
int sparse_put(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len);
#endif
