/*
 * The least that a barrier of n ranks over verbs can do, without Sacred: each rank writes a counter to each other, inline,
 * and waits until all of theirs have come; or, given a radix, does so round by round as dissemination does. It posts what
 * that barrier posts and waits as a group of Sacred does by default; it hears of no error but those of its own posts, watches nobody, and has no deadline.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"
#include "bare_verbs.h"

static int radix; /* ranks or more: all to all */

/* In a round: to all that are so many digits of the radix ahead of me, then from all that are as far behind. */
static uint64_t one_round(int far, uint64_t epoch, uint64_t look)
{
  for (int d = far; d < ranks && d < far * radix; d += far)
    tell((rank + d) % ranks, epoch);
  for (int d = far; d < ranks && d < far * radix; d += far)
    look = hear((rank + ranks - d) % ranks, epoch, look);
  return look;
}

static void barrier(uint64_t epoch)
{
  uint64_t looks = 0;
  for (int far = 1; far < ranks; far *= radix)
    looks = one_round(far, epoch, looks);
}

int main(int argc, char **argv)
{
  must(argc == 7, "usage: bare_barrier count ranks device,device timeout spins,pauses,yields,nanoseconds radix|0");
  uint64_t count = bench_count(argc, argv), warm = count / 10 + 1;
  radix = atoi(argv[6]) ? atoi(argv[6]) : RANKS;
  must(radix >= 2, "a radix is 2 or more, or 0 for all to all");
  begin(argv[2], argv[5]);
  open_all(argv[3], 0);
  connect_all((uint8_t)atoi(argv[4]));
  bench_pin(rank);
  for (uint64_t k = 1; k <= warm; k++)
    barrier(k);
  uint64_t from = bench_now();
  for (uint64_t k = warm + 1; k <= warm + count; k++)
    barrier(k);
  if (rank == 0)
    bench_say(from, count);
  return end();
}
