/* Under the protocol of a dissemination barrier nothing here may be provable: neither Inv nor a contract is contradictory. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/dissemination.h"
#include "proofs/probes/door.h"

/*@ requires Inv && DisseminationValid(b) && b->phase == DISSEMINATION_IDLE; ensures \result == SACRED_OK ==> \false; */
int p_arrive(struct dissemination *b)
{
  return dissemination_arrive(b);
}

/*@ requires Inv && DisseminationValid(b) && b->phase != DISSEMINATION_IDLE; ensures \result == SACRED_OK ==> \false; */
int p_test(struct dissemination *b)
{
  return dissemination_test(b);
}

/*@ requires Inv && DisseminationValid(b) && FULL != 0 && N > 2; ensures \result == SACRED_AGAIN ==> \false; */
int p_again(struct dissemination *b)
{
  return dissemination_test(b);
}

/* Nor are the axioms of the schedule: seven ranks, radix three. */
/*@ requires N == 7 && SLOTS == 4 && Dist(1) == 2 && Dist(2) == 3 && Dist(3) == 6 && First(0) == 0 && First(1) == 0 && First(2) == 2 && First(3) == 2;
    ensures \false; */
void p_schedule(void)
{
}
