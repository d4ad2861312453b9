/* Byte strings, each kept once and numbered from 0 in the order of their coming. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLORE_STRINGS_H
#define EXPLORE_STRINGS_H
#include <stdbool.h>
#include <stdint.h>

struct strings {
  uint8_t *bytes;
  uint64_t *start, room; /* start[count] is where the next one begins */
  uint32_t *slots, count, size, limit;
};

void strings_open(struct strings *s);
void strings_close(struct strings *s);

/* The number of this string; is_new, unless NULL, says whether it came now. */
uint32_t strings_add(struct strings *s, const void *bytes, uint32_t length, bool *is_new);

static inline const uint8_t *strings_get(const struct strings *s, uint32_t number)
{
  return s->bytes + s->start[number];
}
#endif
