/* The process-shared barrier of POSIX threads, between processes. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

int main(int argc, char **argv)
{
  uint64_t count = bench_count(argc, argv), warm = count / 10 + 1;
  int n = argc > 2 ? atoi(argv[2]) : 2, rank = 0;
  pthread_barrier_t *barrier = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_barrierattr_t shared;
  pthread_barrierattr_init(&shared);
  pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
  if (barrier == MAP_FAILED || pthread_barrier_init(barrier, &shared, (unsigned)n) != 0)
    return 1;
  for (int r = 1; r < n && rank == 0; r++)
    if (fork() == 0)
      rank = r;
  bench_pin(rank);
  for (uint64_t k = 0; k < warm; k++)
    pthread_barrier_wait(barrier);
  uint64_t begin = bench_now();
  for (uint64_t k = 0; k < count; k++)
    pthread_barrier_wait(barrier);
  if (rank == 0) {
    bench_say(begin, count);
    while (wait(NULL) > 0)
      ;
  }
  return 0;
}
