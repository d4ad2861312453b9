/* Arrays of rows of which a rank has some only: where their rows lie, and posts to them. */
/* SPDX-License-Identifier: BSD-2-Clause */
#define WIRE_SPARSE
#include "../places.h"
#include "transport.h"

/* Which row in the memory of rank i is rank j's; their count where it has none. */
static uint32_t place(const struct wire *w, const struct rows *r, uint32_t i, uint32_t j)
{
  return places_find(r->places->apart, r->places->count, w->size, i, j);
}

uint64_t sparse_offset(const struct wire *w, const struct rows *r, uint64_t off, uint32_t i, uint32_t j)
{
  return r->at + place(w, r, i, j) * r->stride + off;
}

/* As sparse_is_nowhere(), of the place that was found. */
static int is_nowhere(struct wire *w, uint32_t i, const struct rows *r, uint32_t there)
{
  if (there < r->places->count)
    return 0;
  wire_say(w, SACRED_ERR_RANGE, "rank %u has no place for a row of rank %u, which posts it there: please report it", i,
           w->rank);
  return 1;
}

int sparse_is_nowhere(struct wire *w, uint32_t i, const struct rows *r)
{
  return is_nowhere(w, i, r, place(w, r, i, w->rank));
}

int sparse_signal(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v)
{
  uint32_t there = place(w, r, i, w->rank);
  if (is_nowhere(w, i, r, there))
    return SACRED_AGAIN;
  return wire_write_word(w, i, r->at + there * r->stride + off, v);
}

int sparse_put(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len)
{
  uint32_t there = place(w, r, i, w->rank);
  if (is_nowhere(w, i, r, there))
    return SACRED_AGAIN;
  return wire_write(w, i, r->at + there * r->stride + off, r->at + off, len); /* at home it is the first */
}
