/* A program for the launcher's tests: what it does is its first argument. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include <sacred/sacred.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
  const char *what = argc > 1 ? argv[1] : "";
  uint32_t who = argc > 2 ? (uint32_t)atoi(argv[2]) : 0;
  int how = argc > 3 ? atoi(argv[3]) : 0;
  sacred_group *group;
  sacred_barrier *barrier;

  int status = SACRED_TIMEOUT;
  if (!strcmp(what, "late")) { /* rank `who` comes late: the others open again until it is there */
    const char *mine = getenv("SACRED_RANK") ? getenv("SACRED_RANK") : getenv("PMIX_RANK");
    char said[1024] = "";
    int opens = 0;
    if (mine && (uint32_t)atoi(mine) == who)
      usleep((useconds_t)(how ? how : 300) * 1000);
    while ((status = sacred_group_open(&group, opens++ ? sacred_in(20000000) : 0)) == SACRED_TIMEOUT)
      if (opens >= 2 && strcmp(said, sacred_open_error()) != 0) {
        snprintf(said, sizeof said, "%s", sacred_open_error());
        printf("%s\n", said);
      }
  } else if (!strcmp(what, "open")) { /* within `who` milliseconds: says how that went, and stays `how` more */
    status = sacred_group_open(&group, sacred_in(who * UINT64_C(1000000)));
    if (status != SACRED_OK)
      printf("%s: %s\n", sacred_strerror(status), sacred_open_error());
    fflush(stdout);
    usleep((useconds_t)how * 1000);
    return status == SACRED_OK ? 0 : 99;
  } else if (!strcmp(what, "twice")) { /* a group, closed, and another one */
    status = sacred_group_open(&group, sacred_in(20000000000u));
    if (status == SACRED_OK)
      status = sacred_group_close(group, sacred_in(20000000000u));
  } else if (!strcmp(what, "forked")) { /* a child that would be the same rank */
    status = sacred_group_open(&group, sacred_in(20000000000u));
    pid_t child = status == SACRED_OK ? fork() : -1;
    if (child == 0) {
      status = sacred_group_open(&group, sacred_in(20000000000u));
      printf("child: %s: %s\n", sacred_strerror(status), sacred_open_error());
      fflush(stdout);
      _exit(0); /* a launcher's library may have had threads, which are not here to be ended */
    }
    waitpid(child, NULL, 0);
    printf("parent goes on\n");
    return sacred_group_close(group, sacred_in(20000000000u)) == SACRED_OK ? 0 : 97;
  }
  if (status != SACRED_OK || !strcmp(what, "twice"))
    status = sacred_group_open(&group, sacred_in(20000000000u));
  if (status == SACRED_OK)
    status = sacred_barrier_create(group, SACRED_INBOUND, &barrier, sacred_in(20000000000u));
  if (status == SACRED_OK)
    status = sacred_barrier_wait(barrier, sacred_in(20000000000u));
  if (status != SACRED_OK) {
    fprintf(stderr, "launched: %s: %s\n", sacred_strerror(status), sacred_group_error(group));
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
  } else if (!strcmp(what, "deaf")) { /* for ever, and SIGTERM is nothing to it */
    signal(SIGTERM, SIG_IGN);
    for (;;)
      pause();
  } else if (!strcmp(what, "statuses")) { /* each another one */
    sacred_group_close(group, sacred_in(20000000000u));
    return 10 + (int)sacred_rank(group);
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
