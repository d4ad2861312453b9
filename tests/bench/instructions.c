/*
 * The fast path of a barrier of two ranks, for callgrind to count: rank 1 has entered and is heard of before rank 0
 * calls, so rank 0 finds all that it waits for, and executes the same instructions in every run.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"
#include <sacred/sacred.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

static void must(int good, const char *what)
{
  if (good)
    return;
  fprintf(stderr, "instructions: %s: %s\n", what, sacred_open_error());
  exit(1);
}

/* Two ranks over a pair of sockets. */
struct pair {
  int rank, socket;
};

static int gather(void *arg, const void *mine, void *all, size_t size)
{
  const struct pair *p = arg;
  char *both = all;
  memcpy(both + (size_t)p->rank * size, mine, size);
  return write(p->socket, mine, size) != (ssize_t)size ||
         recv(p->socket, both + (size_t)(1 - p->rank) * size, size, MSG_WAITALL) != (ssize_t)size;
}

/* What is counted: callgrind is told this name. */
__attribute__((noinline)) static int counted(sacred_barrier *barrier)
{
  return sacred_barrier_wait(barrier, SACRED_FOREVER);
}

/* Rank 1 enters, tells it, and only then lets rank 0 go on. */
static void call(const struct pair *p, sacred_barrier *barrier, int count)
{
  char ready = 0;
  if (p->rank == 0) {
    must(read(p->socket, &ready, 1) == 1, "rank 1 is gone");
    must((count ? counted(barrier) : sacred_barrier_wait(barrier, SACRED_FOREVER)) == SACRED_OK, "the barrier");
    return;
  }
  must(sacred_barrier_arrive(barrier) == SACRED_OK, "arrive");
  must(sacred_barrier_test(barrier) == SACRED_AGAIN, "nobody else has entered");
  must(write(p->socket, &ready, 1) == 1, "rank 0 is gone");
  must(sacred_barrier_wait(barrier, SACRED_FOREVER) == SACRED_OK, "the barrier");
}

int main(int argc, char **argv)
{
  uint64_t count = argc == 3 ? strtoull(argv[2], NULL, 10) : 0, by = sacred_in(60000000000u);
  int strength = argc == 3 ? atoi(argv[1]) : -1, sockets[2], status = 0;
  must(count > 0 && strength >= SACRED_ARRIVE && strength <= SACRED_FULL, "usage: instructions 0|1|2 calls");
  must(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0, "no sockets");
  pid_t other = fork();
  struct pair p = {other == 0, sockets[other == 0]};
  close(sockets[other != 0]);
  sacred_group *group;
  sacred_barrier *barrier;
  must(sacred_group_open_with(&group, (uint32_t)p.rank, 2, gather, &p, by) == SACRED_OK, "open");
  must(sacred_barrier_create(group, (enum sacred_strength)strength, &barrier, by) == SACRED_OK, "create");
  for (int k = 0; k < 10; k++)
    call(&p, barrier, 0);
  for (uint64_t k = 0; k < count; k++)
    call(&p, barrier, 1);
  must(sacred_group_close(group, by) == SACRED_OK, "close");
  if (p.rank == 0)
    must(waitpid(other, &status, 0) == other && status == 0, "rank 1");
  return 0;
}
