/* How a broadcast is timed, the same for everybody: outside of the library that is measured, on one host's clock. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_BROADCAST_H
#define BENCH_BROADCAST_H
#include "bench.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

/*
 * A broadcast may be over at the root before others have it, so a loop of them says
 * how far the root can run ahead; and with a barrier in the loop, that of the
 * library is measured as well. Here ranks meet in a file of the benchmark's own:
 * the root waits until all others are at their call, and calls; the time is from
 * there to when the last rank has returned. The ranks do not wait for each other
 * within that time but in the broadcast.
 */
struct meeting {
  struct {
    _Alignas(64) _Atomic uint64_t at; /* the call that this rank is about to make */
    uint64_t end;                     /* when the one before it was over */
  } rank[64];
};

struct broadcast {
  struct meeting *meeting;
  uint32_t rank, ranks;
  uint64_t call; /* counts from 1 */
  unsigned char *buffer;
  void (*run)(struct broadcast *b, uint64_t size);
};

/* Stop all: the launcher ends the others. */
static inline void bench_fail(const char *what)
{
  fprintf(stderr, "bench: %s\n", what);
  exit(1);
}

/* The file that the driver has made, or, with "-", memory for processes to be forked. */
static inline struct meeting *meeting_at(const char *file)
{
  int fd = strcmp(file, "-") ? open(file, O_RDWR) : -1;
  void *p =
      mmap(NULL, sizeof(struct meeting), PROT_READ | PROT_WRITE, MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
  if (p == MAP_FAILED)
    bench_fail("no memory to meet in: as first argument give a file of 64 KiB zeros");
  return p;
}

/* I am about to make this call, and have made the one before. */
static inline void be_at(struct broadcast *b, uint64_t call)
{
  atomic_store_explicit(&b->meeting->rank[b->rank].at, call, memory_order_release);
}

/* Until all others are at this call, and so have made the one before. */
static inline void meeting_wait(const struct broadcast *b, uint64_t call)
{
  for (uint32_t r = 1; r < b->ranks; r++)
    while (atomic_load_explicit(&b->meeting->rank[r].at, memory_order_acquire) < call)
      sched_yield();
}

static inline uint64_t last_end(const struct broadcast *b)
{
  uint64_t last = b->meeting->rank[0].end;
  for (uint32_t r = 1; r < b->ranks; r++)
    last = b->meeting->rank[r].end > last ? b->meeting->rank[r].end : last;
  return last;
}

/* What the first and the last bytes are in this call. */
static inline unsigned char mark(uint64_t call)
{
  return (unsigned char)(call % 251 + 1);
}

/* One call; at the root, how long it took all. */
static inline uint64_t broadcast_once(struct broadcast *b, uint64_t size)
{
  uint64_t begin = 0;
  b->call++;
  if (b->rank == 0) {
    b->buffer[0] = b->buffer[size - 1] = mark(b->call);
    meeting_wait(b, b->call);
    begin = bench_now();
  }
  b->run(b, size);
  b->meeting->rank[b->rank].end = bench_now();
  if (b->buffer[0] != mark(b->call) || b->buffer[size - 1] != mark(b->call))
    bench_fail("the bytes did not come");
  if (b->rank > 0) {
    be_at(b, b->call + 1);
    return 0;
  }
  meeting_wait(b, b->call + 1);
  return last_end(b) - begin;
}

static inline int compare_times(const void *a, const void *b)
{
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

/* `count` calls of one size, and a tenth before them; the root prints the median. */
static inline void broadcast_size(struct broadcast *b, uint64_t size, uint64_t count)
{
  uint64_t *times = malloc(count * sizeof *times), warm = count / 10 + 1;
  if (!times)
    bench_fail("no memory for the times");
  for (uint64_t k = 0; k < warm + count; k++) {
    uint64_t took = broadcast_once(b, size);
    if (k >= warm)
      times[k - warm] = took;
  }
  qsort(times, count, sizeof *times, compare_times);
  if (b->rank == 0)
    printf("%" PRIu64 " %" PRIu64 "\n", size, times[count / 2]);
  fflush(stdout);
  free(times);
}

/* All of a list such as 8:1000,64:500, sizes and counts. */
static inline void broadcast_list(struct broadcast *b, const char *list)
{
  uint64_t size, count;
  int used = 0;
  if (b->rank > 0)
    be_at(b, 1);
  for (; sscanf(list, "%" SCNu64 ":%" SCNu64 "%n", &size, &count, &used) == 2;
       list += list[used] == ',' ? used + 1 : used)
    if (size > 0 && count > 0)
      broadcast_size(b, size, count);
    else
      bench_fail("a size or a count of 0");
}

/* The largest size of a list. */
static inline uint64_t broadcast_most(const char *list)
{
  uint64_t most = 0, size, count;
  int used = 0;
  for (; sscanf(list, "%" SCNu64 ":%" SCNu64 "%n", &size, &count, &used) == 2;
       list += list[used] == ',' ? used + 1 : used)
    most = size > most ? size : most;
  if (most == 0)
    bench_fail("usage: PROGRAM meeting-file size:count,size:count");
  return most;
}

/* Memory of a rank's own, with all its pages. */
static inline unsigned char *broadcast_buffer(uint64_t size)
{
  unsigned char *p = aligned_alloc(4096, (size + 4095) / 4096 * 4096);
  if (!p)
    bench_fail("no memory for the buffer");
  memset(p, 1, size);
  return p;
}
#endif
