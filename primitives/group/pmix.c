/* The meeting under PMIx: put, commit, fence, get. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "bootstrap.h"
#include "group.h"

int pmix_begin(struct bootstrap **b)
{
  (void)b;
  return group_open_say(SACRED_ERR_ENVIRONMENT, "PMIx: not there yet");
}
