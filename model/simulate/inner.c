/* What a barrier of hosts is made of: primitives/inner.h, by the same compiled barriers and flag. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "inner.h"
#include "world.h"

/* Enter the next epoch, or go on with it: a deadline of 0 is one test. */
static int go_on(struct sacred_barrier *b)
{
  int status = b->kind == BARRIER_RING ? dissemination_wait(&b->ring, 0) : barrier_wait(&b->all, 0);
  return status == SACRED_OK ? SACRED_OK : SACRED_AGAIN;
}

int inner_meet(struct inner *n)
{
  int status = n->here ? go_on(n->here) : SACRED_OK;
  n->meeting = status != SACRED_OK;
  n->met += status == SACRED_OK;
  return status;
}

int inner_cross(struct inner *n)
{
  int status = go_on(n->across);
  n->crossing = status != SACRED_OK;
  n->crossed += status == SACRED_OK;
  return status;
}

int inner_let_go(struct inner *n, uint64_t v)
{
  int status = sacred_flag_raise(n->flag, n->next, v);
  n->next += status == SACRED_OK;
  return status;
}

int inner_let(const struct inner *n, uint64_t v)
{
  return sacred_flag_test(n->flag, 0, v);
}

/* Nobody asks who is missing. */
int inner_lacks(const struct inner *n, uint32_t j)
{
  (void)n;
  fails("a rank asks for rank %u of its host", j);
  return 1;
}

int inner_lacks_host(const struct inner *n, uint32_t j)
{
  (void)n;
  fails("a rank asks for the host of rank %u", j);
  return 1;
}
