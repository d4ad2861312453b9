/* Does this device tear words? Before anything else: every proof assumes that it does not. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "ranks.h"

enum { WORDS = 512, BLOCK = 8 * WORDS, LOOKS = 4096 };

/* A word of eight equal bytes: one that is not so was half old and half new when it was read. */
static uint64_t all(uint64_t k)
{
  return (k & 0xff) * UINT64_C(0x0101010101010101);
}

static uint64_t run_until(void)
{
  const char *seconds = getenv("SECONDS_OF_TEARING");
  return sacred_in((seconds ? strtoull(seconds, NULL, 10) : 10) * UINT64_C(1000000000));
}

/* Rank 0 puts blocks of equal bytes over each other, with puts that are long and puts of a word; rank 1 looks. */
TEST(words_land_whole, .n = 2, .seconds = 120)
{
  sacred_region *r = new_region(me, 2 * BLOCK);
  _Atomic uint64_t *words = sacred_region_base(r);
  uint64_t until = run_until(), puts = 0, looks = 0, torn = 0, changed = 0, before = 0;

  meet(me, 0, 2);
  while (me->rank == 0 && sacred_now() < until && me->word[1] == 0) {
    for (int i = 0; i < WORDS; i++)
      words[WORDS + i] = all(puts);
    uint64_t ticket = 0;
    POST(sacred_region_put(r, 1, 0, BLOCK, BLOCK, &ticket));
    for (int i = 0; i < 8; i++)
      POST(sacred_region_put_word(r, 1, 8 * (uint64_t)i, all(puts + 1)));
    OK(sacred_region_wait(r, 1, ticket, soon())); /* before the source changes */
    puts++;
  }
  while (me->rank == 1 && sacred_now() < until && torn < 100) {
    for (int k = 0; k < LOOKS; k++) {
      uint64_t v = atomic_load_explicit(&words[(looks + (uint64_t)k * 7) % WORDS], memory_order_relaxed);
      torn += v != all(v);
    }
    changed += words[WORDS - 1] != before;
    before = words[WORDS - 1];
    looks += LOOKS;
    if (torn > 0)
      atomic_store(&me->word[1], 1);
  }
  if (me->rank == 1) {
    printf("    %llu looks, %llu of them saw a new block begin, %llu saw a torn word\n", (unsigned long long)looks,
           (unsigned long long)changed, (unsigned long long)torn);
    fflush(stdout);
    if (torn > 0)
      rank_fail(me, __FILE__, __LINE__,
                "this device tears aligned 8-byte words, and is refused: no guarantee of Sacred holds on it. Soft-RoCE "
                "copies by the kernel's memcpy, which is `rep movsb` where the processor has erms");
    CHECK(changed > 10);
  }
}

RUN(cmocka_unit_test(words_land_whole))
