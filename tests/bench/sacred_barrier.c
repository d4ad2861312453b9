/* The barrier of Sacred, at its default strength; rank 0 also says how it waits, for a peer that is to wait alike. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"
#include <sacred/sacred.h>

static void must(int status)
{
  if (status == SACRED_OK)
    return;
  fprintf(stderr, "bench: %s: %s\n", sacred_strerror(status), sacred_open_error());
  exit(1);
}

int main(int argc, char **argv)
{
  uint64_t count = bench_count(argc, argv), warm = count / 10 + 1;
  sacred_group *group;
  sacred_barrier *barrier;
  struct sacred_wait_policy wait;
  must(sacred_group_open(&group, sacred_in(20000000000u)));
  must(sacred_barrier_create(group, SACRED_INBOUND, &barrier, sacred_in(20000000000u)));
  bench_pin((int)sacred_rank(group));
  for (uint64_t k = 0; k < warm; k++)
    must(sacred_barrier_wait(barrier, SACRED_FOREVER));
  uint64_t begin = bench_now();
  for (uint64_t k = 0; k < count; k++)
    must(sacred_barrier_wait(barrier, SACRED_FOREVER));
  if (sacred_rank(group) == 0) {
    bench_say(begin, count);
    must(sacred_get_wait_policy(group, &wait));
    printf("waits by %u,%u,%u,%u\n", wait.spins, wait.pauses, wait.yields, wait.sleep_ns);
  }
  must(sacred_group_close(group, SACRED_FOREVER));
  return 0;
}
