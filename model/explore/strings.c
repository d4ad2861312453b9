/* Byte strings, each kept once: a hash table of numbers over one growing array. Nothing is hashed away. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "strings.h"
#include "machine.h"
#include <stdlib.h>
#include <string.h>

static void *grown(void *old, uint64_t size)
{
  void *new = realloc(old, size);
  if (!new)
    give_up("out of memory: --max-states N bounds it");
  return new;
}

static uint64_t hash(const uint8_t *p, uint32_t length)
{
  uint64_t h = 0x9e3779b97f4a7c15 ^ length;
  for (; length >= 8; p += 8, length -= 8) {
    uint64_t v;
    memcpy(&v, p, 8);
    h = (h ^ v) * 0xff51afd7ed558ccd;
    h ^= h >> 32;
  }
  for (; length > 0; p++, length--)
    h = (h ^ *p) * 0x100000001b3;
  h *= 0xc4ceb9fe1a85ec53;
  return h ^ h >> 29;
}

void strings_open(struct strings *s)
{
  *s = (struct strings){.size = 1 << 12, .limit = 1 << 10, .room = 1 << 16};
  s->bytes = grown(0, s->room);
  s->start = grown(0, (s->limit + 1) * sizeof *s->start);
  s->slots = grown(0, s->size * sizeof *s->slots);
  memset(s->slots, 0xff, s->size * sizeof *s->slots);
  s->start[0] = 0;
}

void strings_close(struct strings *s)
{
  free(s->bytes);
  free(s->start);
  free(s->slots);
}

/* Where the string is, or where it would be. */
static uint32_t *seek(struct strings *s, const void *bytes, uint32_t length)
{
  uint32_t at = (uint32_t)hash(bytes, length) & (s->size - 1);
  for (;; at = (at + 1) & (s->size - 1)) {
    uint32_t n = s->slots[at];
    if (n == UINT32_MAX ||
        (s->start[n + 1] - s->start[n] == length && memcmp(s->bytes + s->start[n], bytes, length) == 0))
      return &s->slots[at];
  }
}

static void rehash(struct strings *s)
{
  s->size *= 2;
  s->slots = grown(s->slots, s->size * sizeof *s->slots);
  memset(s->slots, 0xff, s->size * sizeof *s->slots);
  for (uint32_t n = 0; n < s->count; n++)
    *seek(s, s->bytes + s->start[n], (uint32_t)(s->start[n + 1] - s->start[n])) = n;
}

uint32_t strings_add(struct strings *s, const void *bytes, uint32_t length, bool *is_new)
{
  if (s->count >= s->size / 2)
    rehash(s);
  uint32_t *slot = seek(s, bytes, length);
  if (is_new)
    *is_new = *slot == UINT32_MAX;
  if (*slot != UINT32_MAX)
    return *slot;
  if (s->count + 1 > s->limit)
    s->start = grown(s->start, ((s->limit *= 2) + 1) * sizeof *s->start);
  uint64_t at = s->start[s->count];
  while (at + length > s->room)
    s->bytes = grown(s->bytes, s->room *= 2);
  memcpy(s->bytes + at, bytes, length);
  s->start[s->count + 1] = at + length;
  return *slot = s->count++;
}
