/* An MPI program that opens a group with its own allgather: MPI does the launching, Sacred the rest. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include <mpi.h>
#include <sacred/sacred.h>
#include <stdio.h>

static int allgather(void *arg, const void *mine, void *all, size_t size)
{
  return MPI_Allgather(mine, (int)size, MPI_BYTE, all, (int)size, MPI_BYTE, *(MPI_Comm *)arg);
}

int main(int argc, char **argv)
{
  MPI_Comm comm = MPI_COMM_WORLD;
  int rank, size;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
  sacred_group *group;
  sacred_barrier *barrier;
  uint64_t by = sacred_in(60000000000u);
  int status = sacred_group_open_with(&group, (uint32_t)rank, (uint32_t)size, allgather, &comm, by);
  if (status == SACRED_OK)
    status = sacred_barrier_create(group, SACRED_INBOUND, &barrier, by);
  for (int k = 0; status == SACRED_OK && k < 1000; k++)
    status = sacred_barrier_wait(barrier, by);
  if (status == SACRED_OK)
    printf("rank %u of %u: a thousand barriers under MPI\n", sacred_rank(group), sacred_size(group));
  else
    fprintf(stderr, "rank %d: %s: %s\n", rank, sacred_strerror(status), sacred_group_error(group));
  if (group)
    sacred_group_close(group, by);
  MPI_Finalize();
  return status != SACRED_OK;
}
