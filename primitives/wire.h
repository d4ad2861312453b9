/* The door: all that a primitive may do to the world. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WIRE_H
#define WIRE_H
#include <sacred/group.h>
#include <stdint.h>

/*
 * The group's wire, as a primitive sees it: who I am, how many we are, and
 * whether the group is open. The rest is the transport's own.
 */
struct wire {
  uint32_t rank, size, open;
  uint32_t kind;             /* enum wire_kind, see wire/wire_kind.h */
  unsigned char *heap;       /* my symmetric memory */
  struct transport *transport;
};

/*
 * A symmetric array of one row per rank, at the same offset `at` in the heap of
 * every rank: row j, at `at + j * stride`, is written by rank j, at home by
 * stores and at the others by puts. A row starts on a cache line of its own, and
 * an offset `off` in it that is a multiple of 8 names a word that never tears.
 */
struct rows {
  uint64_t at, stride;
};

enum { WIRE_LINE = 64 }; /* bytes of a cache line */

/* What the inline half of the door is, is decided at file level: see wire/inline.h. */
#ifndef WIRE_INLINE
#define WIRE_INLINE static inline
#endif

/* -- loads and own stores ------------------------------------------------- */

/* The word at `off` of j's row, as my memory has it: an acquire load. */
WIRE_INLINE uint64_t wire_load(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j);

/* Has that word reached `want`? An acquire load: the only way to await a word. */
WIRE_INLINE int wire_reached(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t want);

/*
 * Copy `n` words (bytes) from `off` of j's row to buf. They are loaded in any
 * order, each once, after every earlier load of mine and before every later one.
 */
WIRE_INLINE void wire_copy_words(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t *buf,
                                 uint64_t n);
WIRE_INLINE void wire_copy_bytes(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j,
                                 unsigned char *buf, uint64_t n);

/* Store `n` words (bytes) of buf at `off` of my own row, here at home. */
WIRE_INLINE void wire_fill_words(const struct wire *w, const struct rows *r, uint64_t off, const uint64_t *buf,
                                 uint64_t n);
WIRE_INLINE void wire_fill_bytes(const struct wire *w, const struct rows *r, uint64_t off, const unsigned char *buf,
                                 uint64_t n);

/* -- posts: SACRED_OK, or SACRED_AGAIN where the wire is full and nothing was posted -- */

/* Post an inline put of the word v to `off` of my row at rank i: v is taken now. */
int wire_signal(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v);

/*
 * Post a put of `len` bytes at `off` of my own row to the same place at rank i.
 * The source is read late: any time until the put is completed. It lands in any order.
 */
int wire_put(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len);

/* The same between any two places of the heap (region traffic): put, inline put, get. */
int wire_write(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t len);
int wire_write_word(struct wire *w, uint32_t i, uint64_t to, uint64_t v);
int wire_read(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t len);

/* Post a get of nothing of interest to rank i: it completes behind the placing of all that I posted to i before. */
int wire_flush(struct wire *w, uint32_t i);

/* How many operations I have posted to rank i, and how many of these are completed (this one polls). */
uint64_t wire_posted(const struct wire *w, uint32_t i);
uint64_t wire_completed(struct wire *w, uint32_t i);

/* -- waiting -------------------------------------------------------------- */

/* SACRED_AGAIN; or the group's first error, once a rank is known to be dead or unreachable. */
int wire_health(struct wire *w);

/* A wait's own memory: how often it has looked. Starts as zero. */
struct wire_wait {
  uint64_t looks, deadline;
};

/* Spend time as the group's policy says; nonzero once the clock has passed wait->deadline. */
int wire_relax(struct wire *w, struct wire_wait *wait);

/* Note what was refused, for sacred_group_error(): the value and the limit. Returns status. */
int wire_refuse(const struct wire *w, int status, uint64_t value, uint64_t limit);

#ifndef WIRE_DECLARED_ONLY
#include "wire/inline.h"
#endif
#endif
