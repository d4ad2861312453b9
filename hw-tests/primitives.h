/* Work for ranks over a real wire, with data that is checked. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PRIMITIVES_H
#define PRIMITIVES_H
#include "ranks.h"

/* The byte at `at` of what `root` sends. */
static inline unsigned char byte(uint32_t root, uint64_t at)
{
  uint64_t x = (at + 1) * UINT64_C(0x9e3779b97f4a7c15) + root;
  return (unsigned char)(x >> 56 ^ x >> 23);
}

static inline void broadcast(struct rank *me, uint64_t size)
{
  sacred_broadcast *c = NULL;
  unsigned char *buf = malloc(size);
  CHECK(buf != NULL);
  OK(sacred_broadcast_create(me->group, &c, soon()));

  uint32_t root = 1 % me->size;
  for (uint64_t i = 0; i < size; i++)
    buf[i] = me->rank == root ? byte(root, i) : 0;
  uint64_t begin = sacred_now();
  NOTE("is in a broadcast of %llu bytes", (unsigned long long)size);
  OK(sacred_broadcast_run(c, root, buf, size, sacred_in(200000000000)));
  double took = (double)(sacred_now() - begin) / 1e9;
  for (uint64_t i = 0; i < size; i++)
    if (buf[i] != byte(root, i))
      rank_fail(me, __FILE__, __LINE__, "byte %llu of %llu is another", (unsigned long long)i,
                (unsigned long long)size);

  if (me->rank == 0)
    printf("    %llu bytes to %u ranks in %.2f s\n", (unsigned long long)size, me->size, took);
  free(buf);
}

/* Every primitive in turn, with data that is checked: what each option of the wire and each fault is run with. */
static inline void all_primitives(struct rank *me, uint64_t rounds)
{
  enum { SIZE = 20011, WORDS = 100 };
  sacred_barrier *b = new_barrier(me, SACRED_FULL);
  sacred_region *r = new_region(me, 2 * SIZE);
  sacred_flag *f = new_flag(me);
  sacred_table *t = NULL;
  sacred_broadcast *c = NULL;
  unsigned char *base = sacred_region_base(r), buf[SIZE];
  uint64_t row[WORDS], version;
  uint32_t next = (me->rank + 1) % me->size, before = (me->rank + me->size - 1) % me->size;
  OK(sacred_table_create(me->group, WORDS, &t, soon()));
  OK(sacred_broadcast_create(me->group, &c, soon()));

  for (uint64_t k = 1; k <= rounds; k++) {
    NOTE("is in round %llu", (unsigned long long)k);
    uint64_t ticket = 0;
    memset(base + SIZE, (int)(k + me->rank), SIZE);
    POST(sacred_region_put(r, next, 0, SIZE, SIZE, &ticket));
    POST(sacred_flag_raise(f, next, k));
    OK(sacred_flag_wait(f, before, k, soon()));
    for (int i = 0; i < SIZE; i++)
      EQUAL(base[i], (k + before) & 0xff);
    OK(sacred_region_wait(r, next, ticket, soon()));
    for (int i = 0; i < WORDS; i++)
      row[i] = k * me->size + me->rank;
    POST(sacred_table_write(t, row));
    POST(sacred_table_push_all(t));
    OK(sacred_table_read_until(t, before, k, row, &version, soon()));
    for (int i = 0; i < WORDS; i++)
      EQUAL(row[i], version * me->size + before);
    uint32_t root = (uint32_t)(k % me->size);
    for (int i = 0; i < SIZE; i++)
      buf[i] = me->rank == root ? byte(root + (uint32_t)k, (uint64_t)i) : 0;
    OK(sacred_broadcast_run(c, root, buf, SIZE, soon()));
    for (int i = 0; i < SIZE; i++)
      EQUAL(buf[i], byte(root + (uint32_t)k, (uint64_t)i));
    OK(sacred_barrier_wait(b, soon()));
    memset(base, 0, SIZE);
    POST(sacred_region_get(r, before, 0, SIZE, SIZE, &ticket)); /* a get of what its owner has not touched since */
    OK(sacred_region_wait(r, before, ticket, soon()));
    for (int i = 0; i < SIZE; i++)
      EQUAL(base[i], (k + before) & 0xff);
    OK(sacred_barrier_wait(b, soon()));
  }
}
#endif
