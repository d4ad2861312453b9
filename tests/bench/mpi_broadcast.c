/* MPI_Bcast of whichever MPI this is compiled with. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "broadcast.h"
#include <mpi.h>

static void run(struct broadcast *b, uint64_t size)
{
  MPI_Bcast(b->buffer, (int)size, MPI_BYTE, 0, MPI_COMM_WORLD);
}

int main(int argc, char **argv)
{
  int rank, ranks;
  MPI_Init(&argc, &argv);
  if (argc != 3)
    bench_fail("usage: PROGRAM meeting-file size:count,size:count");
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  struct broadcast b = {meeting_at(argv[1]), (uint32_t)rank, (uint32_t)ranks, 0, NULL, run};
  bench_pin(rank);
  b.buffer = broadcast_buffer(broadcast_most(argv[2]));
  broadcast_list(&b, argv[2]);
  MPI_Finalize();
  return 0;
}
