/* The least that two ranks can do: each stores a counter on its own cache line and spins on the other's. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

static struct {
  _Alignas(64) _Atomic uint64_t word;
} * line;

static void exchange(int rank, uint64_t k)
{
  atomic_store_explicit(&line[rank].word, k, memory_order_release);
  while (atomic_load_explicit(&line[1 - rank].word, memory_order_acquire) < k)
    ;
}

int main(int argc, char **argv)
{
  uint64_t count = bench_count(argc, argv), warm = count / 10 + 1;
  line = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (line == MAP_FAILED)
    return 1;
  pid_t other = fork();
  int rank = other == 0;
  bench_pin(rank);
  for (uint64_t k = 1; k <= warm; k++)
    exchange(rank, k);
  uint64_t begin = bench_now();
  for (uint64_t k = warm + 1; k <= warm + count; k++)
    exchange(rank, k);
  if (rank == 0) {
    bench_say(begin, count);
    waitpid(other, NULL, 0);
  }
  return 0;
}
