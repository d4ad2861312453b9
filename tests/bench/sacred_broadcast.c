/* The broadcast of Sacred, between buffers in registered memory, as a program that cares has them. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "broadcast.h"
#include <sacred/sacred.h>

static sacred_broadcast *channel;

static void must(int status)
{
  if (status == SACRED_OK)
    return;
  fprintf(stderr, "bench: %s: %s\n", sacred_strerror(status), sacred_open_error());
  exit(1);
}

static void run(struct broadcast *b, uint64_t size)
{
  must(sacred_broadcast_run(channel, 0, b->buffer, size, SACRED_FOREVER));
}

int main(int argc, char **argv)
{
  sacred_group *group;
  if (argc != 3)
    bench_fail("usage: PROGRAM meeting-file size:count,size:count");
  must(sacred_group_open(&group, sacred_in(20000000000u)));
  must(sacred_broadcast_create(group, &channel, sacred_in(20000000000u)));
  struct broadcast b = {meeting_at(argv[1]), sacred_rank(group), sacred_size(group), 0, NULL, run};
  bench_pin((int)b.rank);
  sacred_region *region;
  must(sacred_region_create(group, broadcast_most(argv[2]), &region, sacred_in(20000000000u)));
  b.buffer = sacred_region_base(region);
  memset(b.buffer, 1, broadcast_most(argv[2]));
  broadcast_list(&b, argv[2]);
  must(sacred_group_close(group, SACRED_FOREVER));
  return 0;
}
