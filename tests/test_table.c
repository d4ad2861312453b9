/* The shared state table: rows come whole, and never older than before. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "ranks.h"

static const uint32_t widths[] = {1, 7, 64, 512};

static sacred_table *new_table(struct rank *me, uint32_t words)
{
  sacred_table *t = NULL;
  OK(sacred_table_create(me->group, words, &t, soon()));
  return t;
}

/* Version k of rank j's row, word i. */
static uint64_t content(uint32_t j, uint64_t k, uint32_t i)
{
  return k * 1000003u + j * 7919u + i;
}

static void write_row(struct rank *me, sacred_table *t, uint32_t words, uint64_t k)
{
  uint64_t row[SACRED_TABLE_WORDS_MAX];
  for (uint32_t i = 0; i < words; i++)
    row[i] = content(me->rank, k, i);
  POST(sacred_table_write(t, row));
}

static void look(struct rank *me, const uint64_t *row, uint32_t words, uint32_t j, uint64_t version)
{
  for (uint32_t i = 0; i < words; i++)
    if (row[i] != (version ? content(j, version, i) : 0))
      rank_fail(me, __FILE__, __LINE__, "word %u of %u of rank %u's row at version %llu is %llu, not %llu", i, words, j,
                (unsigned long long)version, (unsigned long long)row[i],
                (unsigned long long)(version ? content(j, version, i) : 0));
}

TEST(rows_are_never_torn_and_never_older, .from = 2, .n = 4, .variants = 4)
{
  uint32_t words = widths[me->variant];
  sacred_table *t = new_table(me, words);
  uint64_t last = times(words > 64 ? 500 : 2000), seen[RANKS_MAX] = {0}, row[512], version;

  uint64_t k = 0;
  for (uint32_t done = 0; done < me->size || k < last;) {
    if (k < last) {
      NOTE("writes version %llu", (unsigned long long)(k + 1));
      write_row(me, t, words, ++k);
      POST(sacred_table_push_all(t));
    }
    done = 0;
    for (uint32_t j = 0; j < me->size; j++) {
      int status = sacred_table_read(t, j, row, &version);
      if (status != SACRED_AGAIN) {
        GIVES(status, SACRED_OK);
        CHECK(version >= seen[j]);
        look(me, row, words, j, version);
        seen[j] = version;
      }
      done += seen[j] == last;
    }
    if (k == last) {
      NOTE("waits for the last version of all");
      for (uint32_t j = 0; j < me->size; j++) {
        OK(sacred_table_read_until(t, j, last, row, &version, soon()));
        EQUAL(version, last);
        look(me, row, words, j, last);
        seen[j] = last;
      }
    }
  }
}

TEST(a_table_starts_as_zeros_at_version_zero, .n = 3, .variants = 4)
{
  sacred_table *t = new_table(me, widths[me->variant]);
  uint64_t row[512], version;

  for (uint32_t j = 0; j < me->size; j++) {
    OK(sacred_table_read(t, j, row, &version));
    EQUAL(version, 0);
    look(me, row, widths[me->variant], j, 0);
  }
}

TEST(what_is_not_pushed_is_not_seen, .n = 3)
{
  sacred_table *t = new_table(me, 7);
  uint64_t row[7], version;

  if (me->rank == 0) {
    write_row(me, t, 7, 1);
    OK(sacred_table_read(t, 0, row, &version));
    EQUAL(version, 1);
    look(me, row, 7, 0, 1);
    POST(sacred_table_push(t, 1));
    await_word(me, 0, 1);
    write_row(me, t, 7, 2);
    const uint32_t both[] = {1, 2};
    POST(sacred_table_push_some(t, both, 2));
  } else if (me->rank == 1) {
    OK(sacred_table_read_until(t, 0, 1, row, &version, soon()));
    EQUAL(version, 1);
    look(me, row, 7, 0, 1);
    meet(me, 1, 2);
    meet(me, 2, 2); // rank 2 has read: only now may version 2 be on its way to it
    atomic_store(&me->word[0], 1);
  } else {
    meet(me, 1, 2);
    OK(sacred_table_read(t, 0, row, &version));
    EQUAL(version, 0);
    meet(me, 2, 2);
  }

  OK(sacred_table_read_until(t, 0, 2, row, &version, soon()));
  EQUAL(version, 2);
  look(me, row, 7, 0, 2);
}

TEST(read_until_keeps_its_deadline_and_goes_on, .n = 2)
{
  sacred_table *t = new_table(me, 64);
  uint64_t row[64], version;

  if (me->rank == 0) {
    await_word(me, 0, 1);
    write_row(me, t, 64, 1);
    POST(sacred_table_push_all(t));
    return;
  }
  GIVES(sacred_table_read_until(t, 0, 1, row, &version, 0), SACRED_TIMEOUT);
  GIVES(sacred_table_read_until(t, 0, 1, row, &version, shortly()), SACRED_TIMEOUT);
  OK(sacred_table_read_until(t, 0, 0, row, &version, 0));
  EQUAL(version, 0);
  atomic_store(&me->word[0], 1);

  OK(sacred_table_read_until(t, 0, 1, row, &version, soon()));
  EQUAL(version, 1);
  look(me, row, 64, 0, 1);
}

TEST(versions_may_be_skipped_by_a_push, .n = 2)
{
  sacred_table *t = new_table(me, 64);
  uint64_t row[64], version;

  const uint64_t last = times(1000);
  for (uint64_t k = 1; k <= last; k++) {
    write_row(me, t, 64, k);
    if (k % 3 == 0)
      POST(sacred_table_push_all(t));
    if (sacred_table_read(t, 1 - me->rank, row, &version) == SACRED_OK) {
      CHECK(version % 3 == 0 || version == last);
      look(me, row, 64, 1 - me->rank, version);
    }
  }
  POST(sacred_table_push(t, 1 - me->rank));

  OK(sacred_table_read_until(t, 1 - me->rank, last, row, &version, soon()));
}

TEST(bad_widths_and_ranks_are_refused, .n = 2)
{
  sacred_table *t = NULL;
  uint64_t row[7] = {0}, version;

  GIVES(sacred_table_create(me->group, 0, &t, soon()), SACRED_ERR_ARGUMENT);
  GIVES(sacred_table_create(me->group, SACRED_TABLE_WORDS_MAX + 1, &t, soon()), SACRED_ERR_ARGUMENT);
  t = new_table(me, 7);
  GIVES(sacred_table_push(t, 2), SACRED_ERR_RANK);
  GIVES(sacred_table_read(t, 2, row, &version), SACRED_ERR_RANK);
  GIVES(sacred_table_read_until(t, UINT32_MAX, 0, row, &version, 0), SACRED_ERR_RANK);
  const uint32_t bad[] = {0, 1, 7};
  int status;
  while ((status = sacred_table_push_some(t, bad, 3)) == SACRED_AGAIN)
    ;

  GIVES(status, SACRED_ERR_RANK);
}

RUN(cmocka_unit_test(rows_are_never_torn_and_never_older), cmocka_unit_test(a_table_starts_as_zeros_at_version_zero),
    cmocka_unit_test(what_is_not_pushed_is_not_seen), cmocka_unit_test(read_until_keeps_its_deadline_and_goes_on),
    cmocka_unit_test(versions_may_be_skipped_by_a_push), cmocka_unit_test(bad_widths_and_ranks_are_refused))
