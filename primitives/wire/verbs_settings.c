/* The verbs wire's settings: what the environment may say of device, port, address, sizes and timeouts. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../group/group.h"
#include "verbs.h"
#include <stdlib.h>

/* One number, as 32 bits. */
static int number(const char *name, uint32_t least, uint32_t most, uint32_t otherwise, uint32_t *value)
{
  uint64_t n;
  int status = group_environment_number(name, least, most, otherwise, &n);
  *value = (uint32_t)n;
  return status;
}

static int read_mtu(struct verbs_settings *s)
{
  int status = number("SACRED_MTU", 256, 4096, 0, &s->mtu);
  if (status == SACRED_OK && (s->mtu & (s->mtu - 1)) != 0)
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "SACRED_MTU=%u is no MTU of RDMA: give 256, 512, 1024, 2048 or 4096, or unset it", s->mtu);
  return status;
}

static int read_gid_index(struct verbs_settings *s)
{
  uint32_t index;
  int status = number("SACRED_GID_INDEX", 0, VERBS_GIDS - 1, 0, &index);
  s->gid_index = group_environment_has("SACRED_GID_INDEX") ? (int32_t)index : -1;
  return status;
}

int verbs_settings_read(struct verbs_settings *s)
{
  s->device = group_environment_has("SACRED_DEVICE") ? getenv("SACRED_DEVICE") : NULL;
  int status = number("SACRED_PORT", 1, 255, 0, &s->port);
  if (status == SACRED_OK)
    status = read_gid_index(s);
  if (status == SACRED_OK)
    status = read_mtu(s);
  if (status == SACRED_OK)
    status = number("SACRED_INLINE", 0, 4096, VERBS_INLINE, &s->inlined);
  /* 0 would be no timeout at all: a peer that is gone would never be reported. */
  if (status == SACRED_OK)
    status = number("SACRED_QP_TIMEOUT", 1, 31, VERBS_TIMEOUT, &s->timeout);
  if (status == SACRED_OK)
    status = number("SACRED_QP_RETRY", 0, VERBS_FOR_EVER, VERBS_RETRY, &s->retry);
  if (status == SACRED_OK)
    status = number("SACRED_QP_DEPTH", VERBS_DEPTH_LEAST, 8192, VERBS_DEPTH, &s->depth);
  return status;
}
