/* The region: bounds, then the wire. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REGION_H
#define REGION_H
#include "wire.h"
#include <sacred/region.h>

struct sacred_region {
  struct wire *w;
  uint64_t at, size; /* in the heap of every rank */
};

/*@
  predicate RegionValid{L}(struct sacred_region *r) =
    \valid_read(r) && CtxW(r->w) && r->at == RegionLo && r->at + r->size == RegionHi <= UINT64_MAX;
  predicate RegionStatus(integer s) = s == SACRED_OK || s == SACRED_AGAIN || s == SACRED_ERR_CLOSED || s == SACRED_ERR_RANK
    || s == SACRED_ERR_RANGE || s == SACRED_ERR_DEAD || s == SACRED_ERR_UNREACHABLE;
*/

/* What is posted lies inside the region, at both ends: that is what the door requires of it. */
/*@
  requires   valid:  Inv && RegionValid(r);
  requires   ticket: ticket == \null || \valid(ticket) && \separated(ticket, r, r->w);
  terminates \true;
  exits      \false;
  assigns    W, *ticket;
  ensures    valid:  Inv && RegionValid(r);
  ensures    others: Quiet{Pre,Here} && SPub{Pre,Here}(ME);
  ensures    status: RegionStatus(\result);
  ensures    inside: \result == SACRED_OK ==> peer < N && to + length <= r->size && from + length <= r->size;
  ensures    beyond: r->w->open != 0 && peer < N && !(to + length <= r->size && from + length <= r->size) ==> \result == SACRED_ERR_RANGE && Rely{Pre,Here};
*/
int sacred_region_put(struct sacred_region *r, uint32_t peer, uint64_t to, uint64_t from, uint64_t length,
                      uint64_t *ticket);

/*@
  requires   valid:  Inv && RegionValid(r);
  requires   ticket: ticket == \null || \valid(ticket) && \separated(ticket, r, r->w);
  terminates \true;
  exits      \false;
  assigns    W, *ticket;
  ensures    valid:  Inv && RegionValid(r);
  ensures    others: Quiet{Pre,Here} && SPub{Pre,Here}(ME);
  ensures    status: RegionStatus(\result);
  ensures    inside: \result == SACRED_OK ==> peer < N && to + length <= r->size && from + length <= r->size;
  ensures    beyond: r->w->open != 0 && peer < N && !(to + length <= r->size && from + length <= r->size) ==> \result == SACRED_ERR_RANGE && Rely{Pre,Here};
*/
int sacred_region_get(struct sacred_region *r, uint32_t peer, uint64_t to, uint64_t from, uint64_t length,
                      uint64_t *ticket);

/*@
  requires   valid:  Inv && RegionValid(r);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    valid:  Inv && RegionValid(r);
  ensures    others: Quiet{Pre,Here} && SPub{Pre,Here}(ME);
  ensures    status: RegionStatus(\result);
  ensures    inside: \result == SACRED_OK ==> peer < N && to + 8 <= r->size && to % 8 == 0;
*/
int sacred_region_put_word(struct sacred_region *r, uint32_t peer, uint64_t to, uint64_t word);

/* OK: all that I had posted to the peer up to this ticket is completed. */
/*@
  requires   valid:  Inv && RegionValid(r);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    valid:  Inv && RegionValid(r);
  ensures    others: Rely{Pre,Here};
  ensures    status: RegionStatus(\result);
  ensures    read:   \result == SACRED_OK && peer != ME ==> peer < N && ticket <= comp(ME,peer);
*/
int sacred_region_test(struct sacred_region *r, uint32_t peer, uint64_t ticket);

/*@
  requires   valid:  Inv && RegionValid(r);
  exits      \false;
  assigns    W;
  ensures    valid:  Inv && RegionValid(r);
  ensures    others: Rely{Pre,Here};
  ensures    read:   \result == SACRED_OK && peer != ME ==> peer < N && ticket <= comp(ME,peer);
*/
int sacred_region_wait(struct sacred_region *r, uint32_t peer, uint64_t ticket, uint64_t deadline);
#endif
