/* Wrong: every signal is read late, from one word that is written again for the next, as a published multicast did. */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Broken=dissemination-4-arrive-2 */
/* Refused=dissemination-2-waits */
#include "../scenario.h"

int mistaken_door(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v);

/* The first place is for data, which these scenarios have none of. */
int mistaken_door(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v)
{
  const struct rows *word = &places[0].rows;
  wire_fill_words(w, word, 0, &v, 1);
  return wire_write(w, i, r->at + w->rank * r->stride + off, word->at + w->rank * word->stride, 8);
}
