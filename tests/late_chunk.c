/*
 * A broadcast that is wrong on purpose: a chunk is posted behind the signal that
 * says READY. Its signals may be read late, since each slot has a word of its
 * own, so this is what the late wire is to catch: see tests/test_late.c.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../primitives/wire.h"

int late_chunk(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len);
int early_signal(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v);

static uint64_t at, bytes; /* the chunk that is not posted yet; 0 bytes: none */

int late_chunk(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len)
{
  (void)w, (void)i, (void)r;
  at = off;
  bytes = len;
  return SACRED_OK;
}

int early_signal(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v)
{
  int status = wire_signal(w, i, r, off, v);
  if (status != SACRED_OK || bytes == 0)
    return status;
  while (wire_lend(w, i, r, at, bytes) != SACRED_OK)
    ;
  bytes = 0;
  return SACRED_OK;
}
