/* The region: bounds, then the wire. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "region.h"

/* May I touch [offset, offset + length) of the region at `peer`? `what` says which argument the offset is. */
/*@
  requires   valid:  RegionValid(r);
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    status: \result == SACRED_OK || \result == SACRED_ERR_CLOSED || \result == SACRED_ERR_RANK || \result == SACRED_ERR_RANGE;
  ensures    inside: \result == SACRED_OK <==> r->w->open != 0 && peer < N && offset + length <= r->size;
  ensures    beyond: r->w->open != 0 && peer < N && offset + length > r->size ==> \result == SACRED_ERR_RANGE;
*/
static int check(const struct sacred_region *r, uint32_t peer, enum wire_refusal what, uint64_t offset, uint64_t length)
{
  if (!r->w->open)
    return wire_refuse(r->w, SACRED_ERR_CLOSED, WIRE_CLOSED, 0, 0);
  if (peer >= r->w->size)
    return wire_refuse(r->w, SACRED_ERR_RANK, WIRE_NO_RANK, peer, r->w->size);
  if (length > r->size)
    return wire_refuse(r->w, SACRED_ERR_RANGE, WIRE_LENGTH, length, r->size);
  if (offset > r->size - length)
    return wire_refuse(r->w, SACRED_ERR_RANGE, what, offset, r->size - length);
  return SACRED_OK;
}

int sacred_region_put(struct sacred_region *r, uint32_t peer, uint64_t to, uint64_t from, uint64_t length,
                      uint64_t *ticket)
{
  int status = check(r, peer, WIRE_TO, to, length);
  if (status == SACRED_OK)
    status = check(r, peer, WIRE_FROM, from, length);
  if (status != SACRED_OK)
    return status;
  if (wire_write(r->w, peer, r->at + to, r->at + from, length) != SACRED_OK)
    return wire_health(r->w);
  if (ticket)
    *ticket = wire_posted(r->w, peer);
  return SACRED_OK;
}

int sacred_region_put_word(struct sacred_region *r, uint32_t peer, uint64_t to, uint64_t word)
{
  int status = check(r, peer, WIRE_TO, to, 8);
  if (status != SACRED_OK)
    return status;
  if (to % 8 != 0)
    return wire_refuse(r->w, SACRED_ERR_RANGE, WIRE_UNALIGNED, to, 8);
  if (wire_write_word(r->w, peer, r->at + to, word) != SACRED_OK)
    return wire_health(r->w);
  return SACRED_OK;
}

int sacred_region_get(struct sacred_region *r, uint32_t peer, uint64_t to, uint64_t from, uint64_t length,
                      uint64_t *ticket)
{
  int status = check(r, peer, WIRE_TO, to, length);
  if (status == SACRED_OK)
    status = check(r, peer, WIRE_FROM, from, length);
  if (status != SACRED_OK)
    return status;
  if (wire_read(r->w, peer, r->at + to, r->at + from, length) != SACRED_OK)
    return wire_health(r->w);
  if (ticket)
    *ticket = wire_posted(r->w, peer);
  return SACRED_OK;
}

int sacred_region_test(struct sacred_region *r, uint32_t peer, uint64_t ticket)
{
  int status = check(r, peer, WIRE_TO, 0, 0);
  if (status != SACRED_OK)
    return status;
  if (ticket > wire_posted(r->w, peer))
    return wire_refuse(r->w, SACRED_ERR_RANGE, WIRE_NO_TICKET, ticket, wire_posted(r->w, peer));
  return wire_completed(r->w, peer) >= ticket ? SACRED_OK : wire_health(r->w);
}

int sacred_region_wait(struct sacred_region *r, uint32_t peer, uint64_t ticket, uint64_t deadline)
{
  struct wire_wait wait = {0, deadline};
  int late = deadline == 0;
  /*@ loop invariant valid: Inv && RegionValid(r) && Rely{Pre,Here};
      loop assigns W, late, wait.looks; */
  for (;;) {
    int status = sacred_region_test(r, peer, ticket);
    if (status != SACRED_AGAIN)
      return status;
    if (late)
      return SACRED_TIMEOUT;
    late = wire_relax(r->w, &wait);
  }
}
