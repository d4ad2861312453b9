/* A region: memory of the same size on every rank, written and read by all. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SACRED_REGION_H
#define SACRED_REGION_H
#include <sacred/group.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct sacred_region sacred_region;

/*
 * Register `size` bytes (at least 1) on every rank, zeroed and aligned to 64
 * bytes: made as every object is, see group.h. SACRED_ERR_MISMATCH where ranks
 * give different sizes; SACRED_ERR_MEMORY: the heap, SACRED_HEAP bytes, is full.
 */
int sacred_region_create(sacred_group *group, uint64_t size, sacred_region **region, uint64_t deadline);

/* My own memory of the region, NULL once the group is closed; its size in bytes. Never blocks. Thread-safe. */
void *sacred_region_base(const sacred_region *region);
uint64_t sacred_region_size(const sacred_region *region);

/*
 * Post a write of `length` bytes at `from` of my region to offset `to` at `peer`,
 * which may be me; they land in any order. Never blocks. The source may be read
 * until it is completed, and is not to be changed before. *ticket, for
 * sacred_region_test(), may be NULL. Serial. SACRED_OK; SACRED_AGAIN: the wire is
 * full; SACRED_ERR_RANK; SACRED_ERR_RANGE: outside of the region, nothing was
 * posted; SACRED_ERR_CLOSED, SACRED_ERR_DEAD, SACRED_ERR_UNREACHABLE.
 */
int sacred_region_put(sacred_region *region, uint32_t peer, uint64_t to, uint64_t from, uint64_t length,
                      uint64_t *ticket);

/* Post the 8-byte `word`, taken now, to the aligned offset `to` at `peer`; it lands whole. As sacred_region_put(). */
int sacred_region_put_word(sacred_region *region, uint32_t peer, uint64_t to, uint64_t word);

/* Post a read of `length` bytes at `from` of `peer`'s region to offset `to` of mine. As sacred_region_put(). */
int sacred_region_get(sacred_region *region, uint32_t peer, uint64_t to, uint64_t from, uint64_t length,
                      uint64_t *ticket);

/*
 * Is the operation of this ticket, and all that I posted to `peer` before,
 * completed? Then the source of a put may be reused (it need not be placed yet:
 * see sacred_fence) and what a get has read is in my region. The test never
 * blocks; the wait does until `deadline`. SACRED_OK; SACRED_AGAIN, of the wait
 * SACRED_TIMEOUT; SACRED_ERR_RANGE: no such ticket; and the errors of put. Serial.
 */
int sacred_region_test(sacred_region *region, uint32_t peer, uint64_t ticket);
int sacred_region_wait(sacred_region *region, uint32_t peer, uint64_t ticket, uint64_t deadline);

#ifdef __cplusplus
}
#endif
#endif
