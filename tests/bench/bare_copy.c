/*
 * The least that a broadcast in memory can do: all ranks but the root copy its bytes, at once and without a word to
 * each other. The root tells them to start, which takes a cache line of the time.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "broadcast.h"
#include <sys/wait.h>

static unsigned char *source;

static void run(struct broadcast *b, uint64_t size)
{
  _Atomic uint64_t *start = &b->meeting->rank[0].at;
  if (b->rank == 0) {
    atomic_store_explicit(start, b->call, memory_order_release);
    return;
  }
  while (atomic_load_explicit(start, memory_order_acquire) < b->call)
    sched_yield();
  memcpy(b->buffer, source, size);
}

int main(int argc, char **argv)
{
  uint32_t ranks = argc == 4 ? (uint32_t)atoi(argv[3]) : 0;
  if (ranks < 2 || ranks > 64)
    bench_fail("usage: bare_copy - size:count,size:count ranks");
  uint64_t most = broadcast_most(argv[2]);
  struct broadcast b = {meeting_at(argv[1]), 0, ranks, 0, NULL, run};
  source = mmap(NULL, most, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (source == MAP_FAILED)
    bench_fail("no memory for the bytes");
  memset(source, 1, most);
  for (uint32_t r = 1; r < ranks && b.rank == 0; r++)
    if (fork() == 0)
      b.rank = r;
  bench_pin((int)b.rank);
  b.buffer = b.rank == 0 ? source : broadcast_buffer(most);
  broadcast_list(&b, argv[2]);
  int status, bad = 0;
  while (b.rank == 0 && wait(&status) > 0)
    bad |= status;
  return bad != 0;
}
