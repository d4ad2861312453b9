/* Under the protocol of a fence nothing here may be provable: neither Inv nor a contract of the door is contradictory. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/fence.h"
#include "proofs/probes/door.h"

/*@ requires Inv && FenceValid(f) && f->phase != FENCE_IDLE && N > 1; ensures \result == SACRED_OK ==> \false; */
int p_test(struct sacred_fence *f)
{
  return sacred_fence_test(f);
}
