/* A broadcast of 4 GiB and one byte, and a region beyond 4 GiB: no size, offset or count of chunks is kept in 32 bits. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "ranks.h"

enum { NEEDED_GIB = 10 };

static unsigned char byte(uint64_t i)
{
  return (unsigned char)(i ^ i >> 8 ^ i >> 16 ^ i >> 24 ^ i >> 32);
}

TEST(four_gib_and_a_byte_arrive, .n = 2, .seconds = 900)
{
  const uint64_t size = (UINT64_C(4) << 30) + 1;
  sacred_broadcast *c = NULL;
  unsigned char *buf = malloc(size);
  CHECK(buf != NULL);
  OK(sacred_broadcast_create(me->group, &c, soon()));
  if (me->rank == 0)
    for (uint64_t i = 0; i < size; i++)
      buf[i] = byte(i);

  NOTE("is in the broadcast");
  OK(sacred_broadcast_run(c, 0, buf, size, sacred_in(800 * UINT64_C(1000000000))));

  for (uint64_t i = 0; i < size; i++)
    if (buf[i] != byte(i))
      rank_fail(me, __FILE__, __LINE__, "byte %llu is %u, not %u", (unsigned long long)i, buf[i], byte(i));
  free(buf);
}

TEST(offsets_beyond_four_gib_are_exact, .n = 2, .seconds = 300, .unopened = true)
{
  const uint64_t four = UINT64_C(4) << 30, size = four + 4096;
  sacred_region *r = NULL;
  sacred_barrier *b = NULL;
  uint32_t peer = 1 - me->rank;
  uint64_t ticket;
  setenv("SACRED_HEAP", "4200M", 1);
  OK(sacred_group_open_with(&me->group, me->rank, me->size, rank_allgather, me, soon()));
  OK(sacred_barrier_create(me->group, SACRED_INBOUND, &b, soon()));
  NOTE("makes the region");
  OK(sacred_region_create(me->group, size, &r, sacred_in(200 * UINT64_C(1000000000))));
  unsigned char *base = sacred_region_base(r);

  /* a word and bytes behind 4 GiB, of a source behind it; the same offsets in 32 bits stay as they are */
  memset(base + four + 1024, 7, 100);
  POST(sacred_region_put_word(r, peer, four + 8, 4711));
  POST(sacred_region_put(r, peer, four + 64, four + 1024, 100, NULL));
  OK(sacred_barrier_wait(b, soon()));
  POST(sacred_region_get(r, peer, four + 2048, four + 64, 100, &ticket));
  OK(sacred_region_wait(r, peer, ticket, soon()));

  EQUAL(*(uint64_t *)(void *)(base + four + 8), 4711);
  EQUAL(*(uint64_t *)(void *)(base + 8), 0);
  for (int i = 0; i < 100; i++) {
    EQUAL(base[four + 64 + i], 7);
    EQUAL(base[four + 2048 + i], 7);
    EQUAL(base[64 + i], 0);
    EQUAL(base[2048 + i], 0);
  }
  GIVES(sacred_region_put(r, peer, size - 99, 0, 100, NULL), SACRED_ERR_RANGE);
  GIVES(sacred_region_put_word(r, peer, size, 1), SACRED_ERR_RANGE);
  GIVES(sacred_region_put(r, peer, UINT64_MAX - 50, 0, 100, NULL), SACRED_ERR_RANGE);
  OK(sacred_group_close(me->group, soon()));
}

/* Memory that can be had without swapping, in GiB. */
static unsigned long available(void)
{
  char line[128];
  unsigned long kib = 0;
  FILE *f = fopen("/proc/meminfo", "r");
  while (f && fgets(line, sizeof line, f))
    if (sscanf(line, "MemAvailable: %lu kB", &kib) == 1)
      break;
  if (f)
    fclose(f);
  return kib >> 20;
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(four_gib_and_a_byte_arrive),
                                     cmocka_unit_test(offsets_beyond_four_gib_are_exact)};
  if (available() < NEEDED_GIB) {
    printf("SKIP: needs %d GiB of memory, %lu are free\n", NEEDED_GIB, available());
    return 77;
  }
  ranks_begin();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
