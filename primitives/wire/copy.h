/* Copies over memory that others read and write meanwhile: an aligned word never tears. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WIRE_COPY_H
#define WIRE_COPY_H
#include <stdint.h>
#include <string.h>

/* gcc's thread sanitizer does not know fences and warns of each: the accesses around them are atomic anyway. */
#if defined(__SANITIZE_THREAD__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wtsan"
#endif

/* A word of shared memory, whatever type its user gives it. */
typedef uint64_t __attribute__((may_alias)) shared_word;

/*
 * All accesses here are relaxed: who calls orders the whole copy by a fence or
 * an acquire before it or behind it, and says so there.
 */
static inline uint64_t shared_load(const void *p)
{
  return __atomic_load_n((const shared_word *)p, __ATOMIC_RELAXED);
}

static inline void shared_store(void *p, uint64_t v)
{
  __atomic_store_n((shared_word *)p, v, __ATOMIC_RELAXED);
}

static inline void shared_copy_byte(unsigned char *to, const unsigned char *from)
{
  __atomic_store_n(to, __atomic_load_n(from, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
}

/* Copy 8 bytes; a side that is not aligned is memory whose words may tear. */
static inline void shared_copy_word(unsigned char *to, const unsigned char *from)
{
  uint64_t v;
  if ((uintptr_t)from % 8 == 0)
    v = shared_load(from);
  else
    memcpy(&v, from, 8);
  if ((uintptr_t)to % 8 == 0)
    shared_store(to, v);
  else
    memcpy(to, &v, 8);
}

/* Copy n words between aligned places. */
static inline void shared_copy_words(void *to, const void *from, uint64_t n)
{
  shared_word *t = (shared_word *)to;
  const shared_word *f = (const shared_word *)from;
  for (; n >= 4; n -= 4, t += 4, f += 4) {
    uint64_t a = shared_load(f), b = shared_load(f + 1), c = shared_load(f + 2), d = shared_load(f + 3);
    shared_store(t, a);
    shared_store(t + 1, b);
    shared_store(t + 2, c);
    shared_store(t + 3, d);
  }
  for (; n > 0; n--)
    shared_store(t++, shared_load(f++));
}

/* Copy n bytes; the aligned words of the side `whole`, which is `to` or `from`, do not tear. */
static inline void shared_copy(unsigned char *to, const unsigned char *from, uint64_t n, const unsigned char *whole)
{
  for (uintptr_t at = (uintptr_t)whole; n > 0 && at % 8 != 0; at++, n--)
    shared_copy_byte(to++, from++);
  if (((uintptr_t)to | (uintptr_t)from) % 8 == 0) {
    shared_copy_words(to, from, n / 8);
    to += n / 8 * 8;
    from += n / 8 * 8;
    n %= 8;
  }
  for (; n >= 8; n -= 8, to += 8, from += 8)
    shared_copy_word(to, from);
  for (; n > 0; n--)
    shared_copy_byte(to++, from++);
}
#endif
