/* Copies of much: past the caches, and from several pages at once. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WIRE_STREAM_H
#define WIRE_STREAM_H
#include "copy.h"
#include <string.h>

enum {
  STREAM_PAGE = 4096,
  STREAM_PAGES = 4,           /* that are copied at a time: as many as memory answers at once */
  STREAM_ABOVE = 8 * 1048576, /* so many bytes behind, nobody finds in a cache what the first ones were */
};

/* Elsewhere, and where the sanitizer of threads is to see each store, this is an ordinary copy. */
#if defined(__SSE2__) && !defined(__SANITIZE_THREAD__)
#include <emmintrin.h>

/* One cache line; `to` is aligned to 16 bytes. */
static inline void stream_line(unsigned char *to, const unsigned char *from)
{
  const __m128i *f = (const __m128i *)from;
  __m128i *t = (__m128i *)to;
  __m128i a = _mm_loadu_si128(f), b = _mm_loadu_si128(f + 1), c = _mm_loadu_si128(f + 2), d = _mm_loadu_si128(f + 3);
  _mm_stream_si128(t, a);
  _mm_stream_si128(t + 1, b);
  _mm_stream_si128(t + 2, c);
  _mm_stream_si128(t + 3, d);
}

/*
 * Copy n bytes that nobody stores to meanwhile, and that nobody is about to read here: a store that goes
 * past the caches does not read its line first, which is a third of what a copy asks of memory.
 */
static inline void stream_copy(unsigned char *to, const unsigned char *from, uint64_t n)
{
  uint64_t head = -(uintptr_t)to % 16, at_once = STREAM_PAGE * STREAM_PAGES;
  head = head < n ? head : n;
  memcpy(to, from, head);
  for (to += head, from += head, n -= head; n >= at_once; to += at_once, from += at_once, n -= at_once)
    for (uint64_t line = 0; line < STREAM_PAGE; line += 64)
      for (uint64_t page = 0; page < at_once; page += STREAM_PAGE)
        stream_line(to + page + line, from + page + line);
  /*
   * ORDER streamed-then-thank.  A fence of stores: those past the caches have no order of
   * their own, and are out before any later one (rule ww).  Pairs with nothing of the wire: whoever
   * my caller tells of the bytes, as another thread, acquires what it stores then.  Without it
   * that thread could read bytes of the call before.
   */
  _mm_sfence();
  memcpy(to, from, n);
}
#else
static inline void stream_copy(unsigned char *to, const unsigned char *from, uint64_t n)
{
  memcpy(to, from, n);
}
#endif
#endif
