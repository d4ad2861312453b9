/* Under the protocol of a broadcast nothing here may be provable: neither Inv nor a contract of the door is contradictory. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/broadcast.h"
#include "proofs/probes/door.h"

/*@ requires Inv && BroadcastValid(b) && b->root == ME && b->phase != BROADCAST_IDLE; ensures \result == SACRED_OK ==> \false; */
int p_give(struct sacred_broadcast *b)
{
  return sacred_broadcast_test(b);
}

/*@ requires Inv && BroadcastValid(b) && b->root != ME && b->phase == BROADCAST_THANK; ensures \result == SACRED_OK ==> \false; */
int p_take(struct sacred_broadcast *b)
{
  return sacred_broadcast_test(b);
}

/*@ requires Inv && BroadcastValid(b) && b->root != ME && b->phase == BROADCAST_TAKE; ensures \result == SACRED_ERR_MISMATCH ==> \false; */
int p_mismatch(struct sacred_broadcast *b)
{
  return sacred_broadcast_test(b);
}
