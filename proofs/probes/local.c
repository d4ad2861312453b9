/* Under the protocol of a barrier of hosts nothing here may be provable: neither Inv nor a contract is contradictory. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/local.h"
#include "proofs/probes/door.h"

/*@ requires Inv && LocalValid(b) && b->phase == LOCAL_IDLE; ensures \result == SACRED_OK ==> \false; */
int p_arrive(struct local *b)
{
  return local_arrive(b);
}

/*@ requires Inv && LocalValid(b) && b->phase != LOCAL_IDLE; ensures \result == SACRED_OK ==> \false; */
int p_test(struct local *b)
{
  return local_test(b);
}

/*@ requires Inv && LocalValid(b) && b->phase != LOCAL_IDLE && Lead(ME); ensures \result == SACRED_OK ==> \false; */
int p_lead(struct local *b)
{
  return local_test(b);
}

/*@ requires Inv && LocalValid(b) && FULL != 0 && N > 2; ensures \result == SACRED_AGAIN ==> \false; */
int p_again(struct local *b)
{
  return local_test(b);
}

/* Nor are the contracts of what it is made of. */
/*@ requires Inv && InnerValid(n) && n->met < UINT64_MAX && n->met + 1 <= done(O,ME,0); ensures \result == SACRED_OK ==> \false; */
int p_meet(struct inner *n)
{
  return inner_meet(n);
}

/*@ requires Inv && InnerValid(n) && n->crossed < UINT64_MAX && Lead(ME) && n->crossed + 1 <= done(O,ME,1); ensures \result == SACRED_OK ==> \false; */
int p_cross(struct inner *n)
{
  return inner_cross(n);
}

/*@ requires Inv && InnerValid(n) && !Lead(ME); ensures \result == SACRED_OK ==> \false; */
int p_let(struct inner *n, uint64_t v)
{
  return inner_let(n, v);
}

/* Nor are the axioms of the hosts: five ranks, on two. */
/*@ requires N == 5 && First(0) == 0 && First(1) == 1 && First(2) == 0 && First(3) == 1 && First(4) == 0; ensures \false; */
void p_hosts(void)
{
}
