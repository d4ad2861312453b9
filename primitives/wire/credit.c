/* Credits: how many work requests may be outstanding, so that no queue of the device overruns. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "credit.h"

int credit_fit(uint32_t pairs, uint32_t asked, int32_t wr_most, int32_t cqe_most, uint32_t kept, struct credit_fit *f)
{
  uint32_t most = cqe_most > 0 ? (uint32_t)cqe_most / pairs : 0;
  //@ assert share: 0 < cqe_most ==> pairs * most <= cqe_most < pairs * (most + 1);
  if (wr_most > 0 && most > (uint32_t)wr_most)
    most = (uint32_t)wr_most;
  //@ assert whole: most > 0 ==> pairs * most <= cqe_most;
  if (asked < CREDIT_LEAST || most < kept || most - kept < CREDIT_LEAST)
    return 0;
  f->depth = asked < most - kept ? asked : most - kept;
  //@ assert within: pairs * (f->depth + kept) <= pairs * most;
  f->entries = pairs * (f->depth + kept);
  return 1;
}

uint32_t credit_left(const struct credit *c, uint32_t depth)
{
  return c->posted == UINT64_MAX ? 0 : depth - (uint32_t)(c->posted - c->done);
}

int credit_due(const struct credit *c, uint32_t depth)
{
  return c->posted - c->signaled >= depth / 2 - 1;
}

void credit_post(struct credit *c, uint32_t depth, int signaled)
{
  (void)depth; /* of the contract */
  c->posted++;
  if (signaled)
    c->signaled = c->posted;
}

int credit_take(struct credit *c, uint32_t depth, uint64_t number)
{
  (void)depth;
  uint64_t ahead = (number + CREDIT_NUMBERS - c->done % CREDIT_NUMBERS) % CREDIT_NUMBERS;
  //@ assert only: \forall integer k; c->done < k <= c->posted && k % CREDIT_NUMBERS == number ==> k == c->done + ahead;
  if (ahead == 0 || ahead > c->posted - c->done)
    return 0;
  c->done += ahead;
  return 1;
}
