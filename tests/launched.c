/* A program for the launcher's tests: what it does is its first argument. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include <sacred/sacred.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
  const char *what = argc > 1 ? argv[1] : "";
  uint32_t who = argc > 2 ? (uint32_t)atoi(argv[2]) : 0;
  int how = argc > 3 ? atoi(argv[3]) : 0;
  sacred_group *group;
  sacred_barrier *barrier;

  int status = sacred_group_open(&group, sacred_in(20000000000u));
  if (status == SACRED_OK)
    status = sacred_barrier_create(group, SACRED_INBOUND, &barrier, sacred_in(20000000000u));
  if (status == SACRED_OK)
    status = sacred_barrier_wait(barrier, sacred_in(20000000000u));
  if (status != SACRED_OK) {
    fprintf(stderr, "launched: %s: %s\n", sacred_strerror(status), sacred_open_error());
    return 99;
  }
  printf("rank %u of %u pid %d\n", sacred_rank(group), sacred_size(group), (int)getpid());
  fflush(stdout);

  if (!strcmp(what, "lines")) {
    for (int k = 0; k < 100; k++)
      printf("line %d of rank %u\n", k, sacred_rank(group));
  } else if (!strcmp(what, "half")) { /* a last line without its end */
    printf("no end of line");
  } else if (!strcmp(what, "wait")) { /* for ever, in Sacred */
    if (sacred_rank(group) == 0)
      pause();
    sacred_barrier_wait(barrier, SACRED_FOREVER);
    pause();
  } else if (!strcmp(what, "crash") && sacred_rank(group) == who) {
    raise(SIGSEGV);
  } else if (!strcmp(what, "crash")) {
    sacred_barrier_wait(barrier, SACRED_FOREVER);
    pause();
  }
  status = sacred_group_close(group, sacred_in(20000000000u));
  if (!strcmp(what, "exit"))
    return sacred_rank(group) == who ? how : 0;
  return status == SACRED_OK ? 0 : 98;
}
