/* A fence that is wrong on purpose: it is over as soon as it is asked, whatever is under way. See tests/hosts. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../primitives/fence.h"

int no_fence_test(struct sacred_fence *f);

int no_fence_test(struct sacred_fence *f)
{
  f->phase = FENCE_IDLE;
  return SACRED_OK;
}
