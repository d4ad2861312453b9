/* Random numbers that a seed gives again (G. Steele, D. Lea, C. Flood, Fast Splittable Pseudorandom Number Generators, 2014). */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLORE_DRAW_H
#define EXPLORE_DRAW_H
#include <stdint.h>

static inline uint64_t draw(uint64_t *state)
{
  *state += 0x9e3779b97f4a7c15;
  uint64_t z = (*state ^ *state >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}
#endif
