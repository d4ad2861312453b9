/* The primitives under every schedule: the quick set holds, the reductions lose nothing, a limit does not pass. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../model/explore/walk.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

/* -- help -------------------------------------------------------------------- */

static struct result explored(const struct scenario *s, uint32_t limit)
{
  s->start(s);
  return search_all(s, limit, true);
}

static const struct scenario *named(const struct scenario *s, const char *name)
{
  while (s->name && strcmp(s->name, name) != 0)
    s++;
  if (!s->name)
    fail_msg("no scenario %s", name);
  return s;
}

/* A sanitizer looks at the program and not at the primitives: the first states will do, and passing is not claimed. */
#ifdef SANITIZED
enum { LIMIT = 4000 };
#else
enum { LIMIT = 1000000 };
#endif

static bool passes(const struct result *r)
{
  return r->verdict == COMPLETE || (r->verdict == INCOMPLETE && LIMIT < 1000000);
}

static void holds(const struct scenario *s)
{
  for (; s->name; s++) {
    if (s->is_long || s->is_wide)
      continue;
    struct result r = explored(s, LIMIT);
    if (!passes(&r))
      fail_msg("%s does not hold", s->name);
  }
}

/* With all steps for themselves there are more states, but no rank comes to another state of its own. */
static void is_the_same_unreduced(const struct scenario *s, const char *name)
{
  s = named(s, name);
  struct result less = explored(s, 1000000);
  unreduced = true;
  struct result more = explored(s, 1000000);
  unreduced = false;
  assert_int_equal(less.verdict, COMPLETE);
  assert_int_equal(more.verdict, COMPLETE);
  assert_int_equal(less.calls, more.calls);
  assert_true(less.states < more.states);
}

/* -- tests ------------------------------------------------------------------- */

static void flag_holds_under_every_schedule(void **state)
{
  (void)state;
  holds(flag_scenarios);
}

static void fence_holds_under_every_schedule(void **state)
{
  (void)state;
  holds(fence_scenarios);
}

static void barrier_holds_under_every_schedule(void **state)
{
  (void)state;
  holds(barrier_scenarios);
}

static void dissemination_holds_under_every_schedule(void **state)
{
  (void)state;
  holds(dissemination_scenarios);
}

static void local_holds_under_every_schedule(void **state)
{
  (void)state;
  holds(local_scenarios);
}

static void table_holds_under_every_schedule(void **state)
{
  (void)state;
  holds(table_scenarios);
}

static void broadcast_holds_under_every_schedule(void **state)
{
  (void)state;
  holds(broadcast_scenarios);
}

static void region_holds_under_every_schedule(void **state)
{
  (void)state;
  holds(region_scenarios);
}

static void reduction_loses_no_state_of_a_rank(void **state)
{
  (void)state;

  is_the_same_unreduced(flag_scenarios, "flag-2");
  if (LIMIT < 1000000)
    return;
  is_the_same_unreduced(flag_scenarios, "flag-2-dies");
  is_the_same_unreduced(flag_scenarios, "flag-2-waits");
  is_the_same_unreduced(fence_scenarios, "fence-2-both");
  is_the_same_unreduced(fence_scenarios, "fence-2-asks");
  is_the_same_unreduced(fence_scenarios, "fence-3");
  is_the_same_unreduced(barrier_scenarios, "barrier-2-arrive");
  is_the_same_unreduced(barrier_scenarios, "barrier-2-full");
  is_the_same_unreduced(table_scenarios, "table-2");
  is_the_same_unreduced(broadcast_scenarios, "broadcast-2-roots-change");
  is_the_same_unreduced(region_scenarios, "region-2");
}

static void search_that_meets_its_limit_is_incomplete(void **state)
{
  (void)state;
  const struct scenario *s = named(flag_scenarios, "flag-2");
  uint32_t all = explored(s, 1000000).states;

  assert_int_equal(explored(s, all - 1).verdict, INCOMPLETE);
  assert_int_equal(explored(s, all + 1).verdict, COMPLETE);
}

static void walks_of_one_seed_are_the_same(void **state)
{
  (void)state;
  const struct scenario *s = named(barrier_scenarios, "barrier-3-full");

  struct result first = search_walks(s, 5, 20, true);
  struct result again = search_walks(s, 5, 20, true);
  struct result other = search_walks(s, 6, 20, true);

  assert_null(first.wrong);
  assert_int_equal(first.verdict, INCOMPLETE);
  assert_int_equal(first.steps, again.steps);
  assert_int_equal(first.digest, again.digest);
  assert_int_not_equal(first.digest, other.digest);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(flag_holds_under_every_schedule),
      cmocka_unit_test(fence_holds_under_every_schedule),
      cmocka_unit_test(barrier_holds_under_every_schedule),
      cmocka_unit_test(dissemination_holds_under_every_schedule),
      cmocka_unit_test(local_holds_under_every_schedule),
      cmocka_unit_test(table_holds_under_every_schedule),
      cmocka_unit_test(broadcast_holds_under_every_schedule),
      cmocka_unit_test(reduction_loses_no_state_of_a_rank),
      cmocka_unit_test(region_holds_under_every_schedule),
      cmocka_unit_test(search_that_meets_its_limit_is_incomplete),
      cmocka_unit_test(walks_of_one_seed_are_the_same),
  };
  return cmocka_run_group_tests(tests, 0, 0);
}
