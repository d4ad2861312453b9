/* The meaning of a status, and the clock. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include <sacred/group.h>
#include <time.h>

const char *sacred_strerror(int status)
{
  switch (status) {
  case SACRED_OK:
    return "ok";
  case SACRED_AGAIN:
    return "not yet: call again";
  case SACRED_TIMEOUT:
    return "the deadline has passed: call again to go on";
  case SACRED_ERR_ARGUMENT:
    return "an argument is not allowed";
  case SACRED_ERR_RANK:
    return "no such rank in this group";
  case SACRED_ERR_RANGE:
    return "an offset, a length or an epoch is out of range";
  case SACRED_ERR_STATE:
    return "not now: another call must come first";
  case SACRED_ERR_CLOSED:
    return "the group has been closed";
  case SACRED_ERR_DEAD:
    return "a rank of the group is dead";
  case SACRED_ERR_UNREACHABLE:
    return "a rank of the group cannot be reached";
  case SACRED_ERR_MISMATCH:
    return "two ranks gave different arguments";
  case SACRED_ERR_MEMORY:
    return "out of memory, or of the group's heap";
  case SACRED_ERR_SYSTEM:
    return "the operating system said no";
  case SACRED_ERR_ENVIRONMENT:
    return "not started by a launcher, or a bad environment variable";
  default:
    return "not a status of Sacred";
  }
}

uint64_t sacred_now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t sacred_in(uint64_t nanoseconds)
{
  uint64_t now = sacred_now();
  return nanoseconds > SACRED_FOREVER - now ? SACRED_FOREVER : now + nanoseconds;
}
