/* No log in this build: a program that asks for one hears how it can have it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../group/group.h"
#include "trace.h"
#include <stdlib.h>

int trace_open(struct wire *w, uint64_t group)
{
  (void)w, (void)group;
  if (!group_environment_has("SACRED_TRACE"))
    return SACRED_OK;
  return group_open_say(
      SACRED_ERR_ENVIRONMENT,
      "SACRED_TRACE=%s is set, and this library keeps no log: use one built by `make TRACE=1`, or unset "
      "it",
      getenv("SACRED_TRACE"));
}

void trace_close(struct wire *w)
{
  (void)w;
}
