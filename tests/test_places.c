/* Where rows lie in a group whose ranks have rows of some ranks only, against a naive list, for many groups and trees. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "group/connect.h"
#include "group/tuning.h"
#include "places.h"
#include "tree.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
/* after the above */
#include <cmocka.h>

enum { RANKS = 200, RADIX = 8 };

/* The distances of a broadcast's trees among n ranks, and the list made of them; how long the list is. */
static uint32_t list(uint32_t n, uint32_t few, uint32_t many, uint32_t *distance, uint32_t *m, uint32_t *apart)
{
  *m = group_distances(&(struct making){.kind = OBJECT_BROADCAST, .radix = few, .many = many}, n, distance);
  return places_make(apart, RANKS, distance, *m, n);
}

/* Whose row a rank has, by how far ahead they are; and the same by a look at all distances. */
static void list_is(const uint32_t *apart, uint32_t count, const uint32_t *distance, uint32_t m, uint32_t n)
{
  unsigned char wanted[RANKS] = {1}, listed[RANKS] = {0};
  for (uint32_t k = 0; k < m; k++)
    wanted[distance[k]] = wanted[n - distance[k]] = 1;
  for (uint32_t k = 0; k < count; k++) {
    assert_true(k == 0 ? apart[k] == 0 : apart[k] > apart[k - 1] && apart[k] < n);
    listed[apart[k]] = 1;
  }
  assert_memory_equal(wanted, listed, n);
}

static void a_list_has_every_distance_ahead_and_behind_once(void **state)
{
  (void)state;
  uint32_t distance[DISTANCES], apart[RANKS], m;
  for (uint32_t n = 2; n <= RANKS; n++)
    for (uint32_t few = 1; few <= RADIX && few < n; few++)
      for (uint32_t many = 1; many <= RADIX && many < n; many++) {
        uint32_t count = list(n, few, many, distance, &m, apart);
        assert_true(count <= 1 + 2 * m);
        list_is(apart, count, distance, m, n);
      }
}

/* At every rank, each by its own sum: rows of two ranks are in two places, and who has a place for me has one for me there. */
static void places_are_of_one_rank_each_and_mutual(void **state)
{
  (void)state;
  uint32_t distance[DISTANCES], apart[RANKS], m;
  for (uint32_t n = 2; n <= RANKS; n += n < 20 ? 1 : 13)
    for (uint32_t few = 1; few <= RADIX && few < n; few++) {
      uint32_t count = list(n, few, 1, distance, &m, apart);
      for (uint32_t i = 0; i < n; i++) {
        uint32_t owner[RANKS], taken = 0;
        memset(owner, 0xff, sizeof owner);
        assert_int_equal(places_find(apart, count, n, i, i), 0);
        for (uint32_t j = 0; j < n; j++) {
          uint32_t place = places_find(apart, count, n, i, j);
          assert_true(place <= count);
          assert_int_equal(place < count, places_find(apart, count, n, j, i) < count);
          if (place == count)
            continue;
          assert_int_equal(owner[place], UINT32_MAX);
          owner[place] = j;
          taken++;
        }
        assert_int_equal(taken, count);
      }
    }
}

/* From whatever root, by whichever of the two trees. */
static void parents_and_children_have_places(void **state)
{
  (void)state;
  uint32_t distance[DISTANCES], apart[RANKS], m;
  for (uint32_t n = 2; n <= RANKS; n++)
    for (uint32_t few = 1; few <= RADIX && few < n; few++) {
      uint32_t count = list(n, few, 1, distance, &m, apart), root = n * 7 % 31 % n;
      for (uint32_t v = 1; v < n; v++)
        for (int k = 0; k < 2; k++) {
          uint32_t child = (root + v) % n, parent = (root + tree_parent(k == 0 ? few : 1, v)) % n;
          assert_true(places_find(apart, count, n, child, parent) < count);
          assert_true(places_find(apart, count, n, parent, child) < count);
        }
    }
}

static void a_list_that_is_too_long_is_cut_and_counted(void **state)
{
  (void)state;
  uint32_t apart[4] = {9, 9, 9, 9}, few[] = {3, 5};

  assert_int_equal(places_make(apart, 3, few, 2, 20), 5);

  assert_int_equal(apart[1], 3);
  assert_int_equal(apart[2], 5);
  assert_int_equal(apart[3], 9);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_list_has_every_distance_ahead_and_behind_once),
      cmocka_unit_test(places_are_of_one_rank_each_and_mutual),
      cmocka_unit_test(parents_and_children_have_places),
      cmocka_unit_test(a_list_that_is_too_long_is_cut_and_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
