/* A broadcast of 4 GiB and one byte: no size, offset or count of chunks is kept in 32 bits. */
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
  const struct CMUnitTest tests[] = {cmocka_unit_test(four_gib_and_a_byte_arrive)};
  if (available() < NEEDED_GIB) {
    printf("SKIP: needs %d GiB of memory, %lu are free\n", NEEDED_GIB, available());
    return 77;
  }
  ranks_begin();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
