/* What a call can answer, and how to read it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SACRED_STATUS_H
#define SACRED_STATUS_H
#ifdef __cplusplus
extern "C" {
#endif

/*
 * Every call returns one of these. 0 is success; AGAIN and TIMEOUT are not
 * errors: nothing is lost and the same call goes on. The rest are errors.
 */
enum sacred_status {
  SACRED_OK = 0,
  SACRED_AGAIN = -1,           /* not yet: call again */
  SACRED_TIMEOUT = -2,         /* the deadline has passed: call again to go on */
  SACRED_ERR_ARGUMENT = -3,    /* an argument is not allowed */
  SACRED_ERR_RANK = -4,        /* no such rank in this group */
  SACRED_ERR_RANGE = -5,       /* an offset, a length or an epoch out of range */
  SACRED_ERR_STATE = -6,       /* not now: another call must come first */
  SACRED_ERR_CLOSED = -7,      /* the group has been closed */
  SACRED_ERR_DEAD = -8,        /* a rank of the group is dead */
  SACRED_ERR_UNREACHABLE = -9, /* a rank of the group cannot be reached */
  SACRED_ERR_MISMATCH = -10,   /* two ranks gave different arguments */
  SACRED_ERR_MEMORY = -11,     /* out of memory, or of the group's heap */
  SACRED_ERR_SYSTEM = -12,     /* the operating system said no */
  SACRED_ERR_ENVIRONMENT = -13 /* not started by a launcher, or a bad variable */
};

/* The meaning of a status in a few words. Never NULL. Never blocks. Thread-safe. */
const char *sacred_strerror(int status);

#ifdef __cplusplus
}
#endif
#endif
