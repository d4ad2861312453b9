/* `sacred bench`: a run, and the loops that its benchmarks share. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_LOOPS_H
#define BENCH_LOOPS_H
#include "bench.h"

struct bench {
  const struct bench_options *o;
  sacred_group *group;
  sacred_barrier *barrier;
  sacred_broadcast *broadcast;
  sacred_flag *flag;
  sacred_region *region;
  uint32_t rank, ranks;
  unsigned char *buffer;     /* of the broadcast; in the region, of the put */
  uint64_t deadline, clock;  /* of all of it; ns a reading takes */
  uint64_t last;             /* when the last sample ended */
  uint64_t epoch;            /* of the flags */
  uint64_t *samples, *apart; /* of the row that is measured; apart: see struct bench_row */
};

/* "shm", "verbs". */
const char *bench_wire(const struct bench *b);

/* Say why a call on the group went wrong, and whom it waited for; returns the status to exit with. */
int bench_say(const struct bench *b, const char *what, int status);

/* Nanoseconds since the last sample ended, less a reading of the clock; this one ends now. */
uint64_t bench_lap(struct bench *b);

/* Raise the flag at the other of ranks 0 and 1 to b->epoch: tries until the wire has room, or is lost. */
int bench_raise(struct bench *b);

/* Wait for the other's flag of b->epoch; rank 1 raises its own then. Blocks, until b->deadline. */
int bench_answer(struct bench *b);

/* A flag to rank 1 and back; blocks, until b->deadline. */
int bench_flags(struct bench *b, uint64_t *took);

/*
 * A window of puts from rank 0 to rank 1, a flag behind them and one back; and before that, apart, the two flags alone.
 * Blocks, until b->deadline.
 */
int bench_put(struct bench *b, uint64_t size, uint64_t *took, uint64_t *apart);

/* Fill the buffer, at rank 0 with what others are to get. Then: has it come to where it goes? EXIT_OK, or it is said. */
void bench_fill(struct bench *b, uint64_t size);
int bench_look(const struct bench *b, uint64_t size);

/* `sacred bench loggp`, once the objects are made: measure, print, write. The status to exit with. */
int bench_loggp(struct bench *b);
/* Before anything is measured: can the file be written? EXIT_OK, or EXIT_INPUT and that is said. */
int bench_loggp_check(const char *file);
#endif
