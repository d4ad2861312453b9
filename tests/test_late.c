/*
 * What a signal read late would break, and the right one does not.
 *
 * The NIC may read the source of a put late. Were the word of a signal read from
 * one slot that is used again, the signal of epoch k could carry k+1, ahead of
 * data put before k+1: everybody has entered, and the data is not there. This
 * file is built with the library as it is, where nothing may be found, and with
 * -DMUTANT_barrier and its like against a primitive whose signals are read late (of a broadcast, are ahead of their chunk)
 * (tests/late_signal.c), where a violation has to be found: if not, the late wire
 * is not late enough to test anything.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "ranks.h"
#include <sched.h>

#if defined(MUTANT_barrier) || defined(MUTANT_table) || defined(MUTANT_flag) || defined(MUTANT_broadcast)
#define MUTANT
static const bool mutant = true;
#else
static const bool mutant = false;
#endif

enum { FOUND = 0 };

/* A mutant has all the time it takes, the right code as much as it is worth. */
static uint64_t tries(void)
{
  return mutant ? 20000 : times(20000);
}

static bool found(struct rank *me)
{
  return me->word[FOUND] > 0;
}

/* A violation: in the right code this is the failure, in a mutant the success. */
static void violation(struct rank *me, uint64_t have, uint64_t want)
{
  if (!mutant)
    rank_fail(me, __FILE__, __LINE__, "the data of %llu is not there: %llu is", (unsigned long long)want,
              (unsigned long long)have);
  atomic_store(&me->word[FOUND], 1);
}

static void sum_up(struct rank *me, uint64_t tries)
{
  if (mutant && !found(me) && me->rank == 0)
    rank_fail(me, __FILE__, __LINE__, "no violation in %llu tries: the late wire did not catch this mutant",
              (unsigned long long)tries);
}

#if defined(MUTANT_barrier) || !defined(MUTANT)
TEST(inbound_data_is_there_after_the_barrier, .n = 2, .seconds = 100)
{
  sacred_barrier *b = new_barrier(me, SACRED_INBOUND);
  sacred_region *r = new_region(me, 64 * 2);
  _Atomic uint64_t *theirs = (void *)((unsigned char *)sacred_region_base(r) + 64 * (1 - me->rank));
  uint64_t k;

  /* both stop after the same epoch, so that nobody waits alone */
  for (k = 1; k <= tries(); k++) {
    NOTE("is in epoch %llu", (unsigned long long)k);
    POST(sacred_region_put_word(r, 1 - me->rank, 64 * me->rank, k));
    OK(sacred_barrier_wait(b, soon()));
    uint64_t have = atomic_load(theirs);
    if (have < k)
      violation(me, have, k);
    if (k % 64 == 0) {
      meet(me, 10 + (unsigned)(k / 64), 2);
      if (found(me))
        break;
    }
  }

  sum_up(me, k);
}
#endif

#if defined(MUTANT_table) || !defined(MUTANT)
TEST(a_row_is_whole_and_of_its_version, .n = 2, .seconds = 100)
{
  enum { WORDS = 64 };
  sacred_table *t = NULL;
  uint64_t row[WORDS], version, k;
  OK(sacred_table_create(me->group, WORDS, &t, soon()));

  if (me->rank == 0) {
    for (k = 1; k <= tries() && !found(me); k++) {
      for (int i = 0; i < WORDS; i++)
        row[i] = k;
      POST(sacred_table_write(t, row));
      POST(sacred_table_push(t, 1));
    }
    atomic_store(&me->word[1], 1);
    await_word(me, 2, 1);
    sum_up(me, k);
  } else {
    for (bool last = false; !last;) {
      last = me->word[1];
      if (sacred_table_read(t, 0, row, &version) != SACRED_OK)
        continue;
      for (int i = 0; i < WORDS; i++)
        if (row[i] != version) {
          violation(me, row[i], version);
          break;
        }
    }
    atomic_store(&me->word[2], 1);
  }
}
#endif

#if defined(MUTANT_flag) || !defined(MUTANT)
TEST(a_word_is_there_when_its_flag_is_seen, .n = 2, .seconds = 100)
{
  enum { AHEAD = 16 };
  sacred_flag *f = new_flag(me);
  sacred_region *r = new_region(me, 64);
  _Atomic uint64_t *word = sacred_region_base(r);
  uint64_t k;

  /* at most AHEAD epochs ahead of who looks: it is to look while they are on the way */
  for (k = 1; k <= tries() && !found(me); k++)
    if (me->rank == 0) {
      while (k > me->word[2] + AHEAD && !found(me))
        sched_yield();
      POST(sacred_region_put_word(r, 1, 0, k));
      POST(sacred_flag_raise(f, 1, k));
    } else {
      int status;
      while ((status = sacred_flag_test(f, 0, k)) == SACRED_AGAIN && !found(me))
        ;
      if (found(me))
        break;
      GIVES(status, SACRED_OK);
      uint64_t have = atomic_load(word);
      if (have < k)
        violation(me, have, k);
      atomic_store(&me->word[2], k);
    }

  meet(me, 1, 2);
  sum_up(me, k);
}
#endif

#if defined(MUTANT_broadcast) || !defined(MUTANT)
TEST(a_call_has_its_own_bytes, .n = 2, .seconds = 100)
{
  sacred_broadcast *c = NULL;
  uint64_t k;
  OK(sacred_broadcast_create(me->group, &c, soon()));

  for (k = 1; k <= tries() && !found(me); k++) {
    uint64_t word = me->rank == 0 ? k : 0;
    int status;
    OK(sacred_broadcast_start(c, 0, &word, sizeof word));
    while ((status = sacred_broadcast_test(c)) == SACRED_AGAIN && !found(me))
      ;
    if (status == SACRED_ERR_MISMATCH || (status == SACRED_OK && word != k))
      violation(me, word, k);
    else if (!found(me))
      GIVES(status, SACRED_OK);
  }

  meet(me, 1, 2);
  sum_up(me, k);
}
#endif

#if defined(MUTANT_barrier)
RUN(cmocka_unit_test(inbound_data_is_there_after_the_barrier))
#elif defined(MUTANT_table)
RUN(cmocka_unit_test(a_row_is_whole_and_of_its_version))
#elif defined(MUTANT_flag)
RUN(cmocka_unit_test(a_word_is_there_when_its_flag_is_seen))
#elif defined(MUTANT_broadcast)
RUN(cmocka_unit_test(a_call_has_its_own_bytes))
#else
RUN(cmocka_unit_test(inbound_data_is_there_after_the_barrier), cmocka_unit_test(a_row_is_whole_and_of_its_version),
    cmocka_unit_test(a_word_is_there_when_its_flag_is_seen), cmocka_unit_test(a_call_has_its_own_bytes))
#endif
