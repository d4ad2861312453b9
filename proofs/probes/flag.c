/* Under the protocol of a flag nothing here may be provable: neither Inv nor a contract of the door is contradictory. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/flag.h"
#include "proofs/probes/door.h"

/*@ requires Inv && FlagValid(f) && Pair(ME,peer) && f->raised[peer] < epoch; ensures \result == SACRED_OK ==> \false; */
int p_raise(struct sacred_flag *f, uint32_t peer, uint64_t epoch)
{
  return sacred_flag_raise(f, peer, epoch);
}

/*@ requires Inv && FlagValid(f) && Pair(ME,peer) && 1 <= epoch; ensures \result == SACRED_OK ==> \false; */
int p_test(struct sacred_flag *f, uint32_t peer, uint64_t epoch)
{
  return sacred_flag_test(f, peer, epoch);
}
