/* Under the protocol of a barrier nothing here may be provable: neither Inv nor a contract of the door is contradictory. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/barrier.h"
#include "proofs/probes/door.h"

/*@ requires Inv && BarrierValid(b) && b->phase == BARRIER_IDLE; ensures \result == SACRED_OK ==> \false; */
int p_arrive(struct barrier *b)
{
  return barrier_arrive(b);
}

/*@ requires Inv && BarrierValid(b) && b->phase != BARRIER_IDLE; ensures \result == SACRED_OK ==> \false; */
int p_test(struct barrier *b)
{
  return barrier_test(b);
}

/*@ requires Inv && BarrierValid(b) && FULL != 0 && N > 2; ensures \result == SACRED_AGAIN ==> \false; */
int p_again(struct barrier *b)
{
  return barrier_test(b);
}
