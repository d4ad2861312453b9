/* Chance, the same again for the same seed. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "world.h"
#include <math.h>

static uint64_t state;

void chance_open(uint64_t seed)
{
  state = seed;
}

/* G. Steele, D. Lea, C. Flood, Fast splittable pseudorandom number generators, 2014. */
static uint64_t draw(void)
{
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

uint64_t chance_below(uint64_t limit)
{
  return draw() % limit;
}

uint64_t chance_wait(uint64_t mean)
{
  double u = ((double)(draw() >> 11) + 1) / 9007199254740992.0; /* above 0, at most 1 */
  return (uint64_t)llround(-log(u) * (double)mean);
}
