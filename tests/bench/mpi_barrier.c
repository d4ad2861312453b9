/* MPI_Barrier of whichever MPI this is compiled with. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"
#include <mpi.h>

int main(int argc, char **argv)
{
  int rank;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  uint64_t count = bench_count(argc, argv), warm = count / 10 + 1;
  bench_pin(rank);
  for (uint64_t k = 0; k < warm; k++)
    MPI_Barrier(MPI_COMM_WORLD);
  uint64_t begin = bench_now();
  for (uint64_t k = 0; k < count; k++)
    MPI_Barrier(MPI_COMM_WORLD);
  if (rank == 0)
    bench_say(begin, count);
  MPI_Finalize();
  return 0;
}
