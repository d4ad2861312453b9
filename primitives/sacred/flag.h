/* A flag: one rank raises it at another; what it wrote there before is visible to who sees it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SACRED_FLAG_H
#define SACRED_FLAG_H
#include <sacred/group.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct sacred_flag sacred_flag;

/* One flag from every rank to every rank, all at epoch 0: made as every object is, see group.h. */
int sacred_flag_create(sacred_group *group, sacred_flag **flag, uint64_t deadline);

/*
 * Raise my flag at `peer` to `epoch`. Never blocks. A peer that observes it
 * observes every word that I posted to it in this group before, too. Serial.
 * SACRED_OK, also where it is at that epoch already; SACRED_AGAIN: the wire is
 * full and nothing was posted; SACRED_ERR_RANK; SACRED_ERR_RANGE: a flag never
 * goes back; SACRED_ERR_CLOSED; SACRED_ERR_DEAD, SACRED_ERR_UNREACHABLE.
 */
int sacred_flag_raise(sacred_flag *flag, uint32_t peer, uint64_t epoch);

/*
 * Has `peer` raised its flag here to `epoch` or beyond? Never blocks. Serial.
 * SACRED_OK: it has, and what it posted to me before is visible;
 * SACRED_AGAIN: not yet; SACRED_ERR_RANK, SACRED_ERR_CLOSED;
 * SACRED_ERR_DEAD, SACRED_ERR_UNREACHABLE: not yet, and some rank is lost.
 */
int sacred_flag_test(sacred_flag *flag, uint32_t peer, uint64_t epoch);

/* Test until `deadline`: as sacred_flag_test(), with SACRED_TIMEOUT for SACRED_AGAIN. Serial. */
int sacred_flag_wait(sacred_flag *flag, uint32_t peer, uint64_t epoch, uint64_t deadline);

#ifdef __cplusplus
}
#endif
#endif
