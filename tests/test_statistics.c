/* The statistics of sacred bench: quantiles are samples, and every number has one bin. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../primitives/cli/loggp.h"
#include "../primitives/cli/statistics.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void one_sample_is_all_of_its_statistics(void **state)
{
  uint64_t sample[] = {7};
  (void)state;

  struct statistics s = statistics_of(sample, 1);

  assert_true(s.min == 7 && s.median == 7 && s.p99 == 7 && s.max == 7 && s.mean == 7.0);
}

static void a_known_list_has_its_known_statistics(void **state)
{
  uint64_t samples[200];
  (void)state;
  for (uint64_t k = 0; k < 200; k++) /* 1 to 200, each once, in disorder: 77 and 200 have no common factor */
    samples[k] = k * 77 % 200 + 1;

  struct statistics s = statistics_of(samples, 200);

  assert_int_equal(s.min, 1);
  assert_int_equal(s.median, 100);
  assert_int_equal(s.p99, 198);
  assert_int_equal(s.max, 200);
  assert_true(s.mean > 100.4999 && s.mean < 100.5001);
}

static void one_late_sample_in_a_hundred_shows_in_max_and_not_in_p99(void **state)
{
  uint64_t samples[100];
  (void)state;
  for (size_t k = 0; k < 100; k++)
    samples[k] = k == 3 ? 1000000 : 10;

  struct statistics s = statistics_of(samples, 100);

  assert_true(s.min == 10 && s.median == 10 && s.p99 == 10 && s.max == 1000000);
}

static void a_quantile_is_the_nearest_rank(void **state)
{
  static const uint64_t sorted[] = {10, 20, 30, 40};
  (void)state;

  assert_int_equal(statistics_quantile(sorted, 4, 0.0), 10);
  assert_int_equal(statistics_quantile(sorted, 4, 0.25), 10);
  assert_int_equal(statistics_quantile(sorted, 4, 0.26), 20);
  assert_int_equal(statistics_quantile(sorted, 4, 0.5), 20);
  assert_int_equal(statistics_quantile(sorted, 4, 0.75), 30);
  assert_int_equal(statistics_quantile(sorted, 4, 0.99), 40);
  assert_int_equal(statistics_quantile(sorted, 4, 1.0), 40);
}

static void order_holds_for_random_samples(void **state)
{
  uint64_t samples[1000];
  (void)state;
  srand(1);
  for (size_t n = 1; n <= 1000; n++) {
    for (size_t k = 0; k < n; k++)
      samples[k] = (uint64_t)rand() % 50;

    struct statistics s = statistics_of(samples, n);

    assert_true(s.min <= s.median && s.median <= s.p99 && s.p99 <= s.max);
    assert_true((double)s.min <= s.mean + 1e-9 && s.mean <= (double)s.max + 1e-9);
  }
}

static void the_bins_follow_each_other_without_a_gap(void **state)
{
  (void)state;

  assert_int_equal(histogram_least(0), 0);
  for (uint32_t bin = 0; bin < HISTOGRAM_BINS; bin++) {
    assert_true(histogram_least(bin) <= histogram_most(bin));
    assert_int_equal(histogram_bin(histogram_least(bin)), bin);
    assert_int_equal(histogram_bin(histogram_most(bin)), bin);
    if (bin > 0)
      assert_true(histogram_most(bin - 1) + 1 == histogram_least(bin));
  }
  assert_true(histogram_most(HISTOGRAM_BINS - 1) == UINT64_MAX);
}

static void no_bin_is_wider_than_a_quarter_of_what_it_holds(void **state)
{
  (void)state;

  for (uint32_t bin = 4; bin < HISTOGRAM_BINS; bin++)
    assert_true(histogram_most(bin) - histogram_least(bin) + 1 <= histogram_least(bin) / 4);
}

static void every_sample_is_counted_once(void **state)
{
  uint64_t counts[HISTOGRAM_BINS], all = 0;
  static const uint64_t samples[] = {0, 3, 3, 3, 4, 1000, 1001, UINT64_MAX};
  (void)state;

  uint64_t fullest = histogram_fill(counts, samples, 8);

  for (uint32_t bin = 0; bin < HISTOGRAM_BINS; bin++)
    all += counts[bin];
  assert_int_equal(all, 8);
  assert_int_equal(fullest, 3);
  assert_int_equal(counts[histogram_bin(3)], 3);
  assert_int_equal(counts[histogram_bin(1000)], 2);
  assert_int_equal(counts[HISTOGRAM_BINS - 1], 1);
}

static void assert_near(double found, double wanted)
{
  assert_true(found > wanted - 1e-6 && found < wanted + 1e-6);
}

/* What two ranks would measure where these are L, o, g and G; n words a train, and delays of 5000 ns. */
static struct loggp_times times_of(uint64_t latency, uint64_t overhead, uint64_t gap, uint64_t byte, uint64_t n)
{
  uint64_t way = latency + 2 * overhead + 7 * byte, put = 2 * way + 30;
  return (struct loggp_times){.round_trips = n * 2 * way,
                              .delays = n * 5000,
                              .answers = n * (5000 + 2 * overhead),
                              .stream = 2 * way + (n - 1) * (gap + 7 * byte),
                              .put = put + LOGGP_LONG * byte,
                              .longer_put = put + LOGGP_LONGER * byte};
}

static void loggp_is_found_in_times_that_it_gives(void **state)
{
  double found[LOGGP_PARAMETERS];
  (void)state;
  for (uint64_t n = 2; n < 100; n += 7) {
    struct loggp_times times = times_of(1000, 90, 20, 3, n);

    loggp_of(&times, n, found);

    assert_near(found[LOGGP_LATENCY], 1000);
    assert_near(found[LOGGP_OVERHEAD], 90);
    assert_near(found[LOGGP_GAP], 20);
    assert_near(found[LOGGP_BYTE], 3);
  }
}

static void a_post_that_goes_on_when_its_word_has_left_is_no_longer_than_the_way(void **state)
{
  struct loggp_times times = times_of(1000, 90, 20, 3, 8);
  double found[LOGGP_PARAMETERS];
  (void)state;
  times.answers += 8 * 2000;

  loggp_of(&times, 8, found);

  assert_near(found[LOGGP_LATENCY], 0);
  assert_near(found[LOGGP_OVERHEAD], (1000 + 2 * 90) / 2);
  assert_near(found[LOGGP_GAP], 20);
}

static void what_noise_has_taken_is_below_zero(void **state)
{
  struct loggp_times times = times_of(1000, 90, 20, 3, 8);
  double found[LOGGP_PARAMETERS];
  (void)state;
  times.delays = times.answers + 160;
  times.longer_put = times.put - (LOGGP_LONGER - LOGGP_LONG);

  loggp_of(&times, 8, found);

  assert_near(found[LOGGP_OVERHEAD], -10);
  assert_near(found[LOGGP_BYTE], -1);
}

static void quartiles_of_figures_are_nearest_ranks(void **state)
{
  double one[] = {-2.5}, four[] = {4, 2, 1, 3}, many[101];
  (void)state;
  for (int k = 0; k < 101; k++)
    many[k] = k * 77 % 101;

  struct loggp_spread of_one = loggp_spread(one, 1), of_four = loggp_spread(four, 4), of_many = loggp_spread(many, 101);

  assert_true(of_one.low == -2.5 && of_one.median == -2.5 && of_one.high == -2.5);
  assert_true(of_four.low == 1 && of_four.median == 2 && of_four.high == 3);
  assert_true(of_many.low == 25 && of_many.median == 50 && of_many.high == 75);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_sample_is_all_of_its_statistics),
      cmocka_unit_test(a_known_list_has_its_known_statistics),
      cmocka_unit_test(one_late_sample_in_a_hundred_shows_in_max_and_not_in_p99),
      cmocka_unit_test(a_quantile_is_the_nearest_rank),
      cmocka_unit_test(order_holds_for_random_samples),
      cmocka_unit_test(the_bins_follow_each_other_without_a_gap),
      cmocka_unit_test(no_bin_is_wider_than_a_quarter_of_what_it_holds),
      cmocka_unit_test(every_sample_is_counted_once),
      cmocka_unit_test(loggp_is_found_in_times_that_it_gives),
      cmocka_unit_test(a_post_that_goes_on_when_its_word_has_left_is_no_longer_than_the_way),
      cmocka_unit_test(what_noise_has_taken_is_below_zero),
      cmocka_unit_test(quartiles_of_figures_are_nearest_ranks),
  };
  const char *only = getenv("ONLY");
  if (only)
    cmocka_set_test_filter(only);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
