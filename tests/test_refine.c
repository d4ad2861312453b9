/* Bounded refinement: the machine's steps map to the proofs' world; worlds and machines that are wrong are refused. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../model/explore/search.h"
#include "../model/explore/refine/refine.h"
#include "../model/explore/refine/spoil.h"
#include "../model/explore/refine/world.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* -- help -------------------------------------------------------------------- */

/* A sanitizer looks at the program and not at the primitives: the first states will do, and passing is not claimed. */
#ifdef SANITIZED
enum { LIMIT = 2000 };
#else
enum { LIMIT = 1000000 };
#endif

static const struct scenario *named(const char *name)
{
  static const struct scenario *const all[] = {flag_scenarios,          fence_scenarios,  barrier_scenarios,
                                               dissemination_scenarios, table_scenarios,  broadcast_scenarios,
                                               region_scenarios,        program_scenarios};
  for (unsigned f = 0; f < sizeof all / sizeof all[0]; f++)
    for (const struct scenario *s = all[f]; s->name; s++)
      if (strcmp(s->name, name) == 0)
        return s;
  fail_msg("no scenario %s", name);
  return 0;
}

static struct result explored(const char *name)
{
  named(name)->start(named(name));
  return search_all(named(name), LIMIT, true);
}

static struct result refined(const char *name, bool tells)
{
  named(name)->start(named(name));
  refine_begin(named(name));
  struct result r = search_all(named(name), LIMIT, tells);
  refine_end();
  return r;
}

/* All maps; and the world adds no states: it is told by the machine and by where the ranks are. */
static void maps(const char *name)
{
  struct result plain = explored(name), r = refined(name, true);
  if (r.verdict == INCOMPLETE && LIMIT < 1000000)
    return;
  if (r.verdict != COMPLETE)
    fail_msg("%s does not map", name);
  assert_int_equal(r.states, plain.states);
}

static void is_refused(const char *name, const char *why)
{
  struct result r = refined(name, false);
  if (r.verdict != VIOLATION || strcmp(r.wrong, why) != 0)
    fail_msg("%s: expected `%s', and it is `%s'", name, why, r.wrong ? r.wrong : "nothing");
}

static void world_is_refused(enum mistaken_world mistake, const char *name, const char *why)
{
  mistaken_world = mistake;
  is_refused(name, why);
  mistaken_world = RIGHT_WORLD;
}

static void machine_is_refused(enum mistaken_machine mistake, const char *name, const char *why)
{
  mistaken_machine = mistake;
  is_refused(name, why);
  mistaken_machine = RIGHT_MACHINE;
}

/* -- tests ------------------------------------------------------------------- */

static void every_step_maps(void **state)
{
  (void)state;

  maps("flag-2-both");
  maps("flag-2-dies");
  maps("fence-3-both");
  maps("barrier-2-inbound");
  maps("barrier-2-full");
  maps("dissemination-2-inbound");
  maps("dissemination-3-arrive");
  maps("table-2");
  maps("broadcast-2-roots-change");
  maps("region-2");
  maps("program-write-again");
  maps("program-two-peers");
}

static void every_step_maps_unreduced(void **state)
{
  (void)state;

  unreduced = true;
  maps("flag-2");
  maps("fence-2-both");
  maps("barrier-2-arrive");
  maps("dissemination-2-waits");
  maps("table-2");
  maps("program-write-again");
  unreduced = false;
}

/* All that the theorems of a fence say is of what was posted when its call began. */
static void theorems_speak_of_what_a_call_began_with(void **state)
{
  (void)state;
  refine_theorems = 0;

  maps("fence-2");
  assert_true(refine_theorems > 0);
}

static void world_that_publishes_stores_at_once_is_refused(void **state)
{
  (void)state;
  const char *why = "a NIC has read from its rank's memory what it cannot have read in the world";

  world_is_refused(PUBLISHES_STORES, "program-write-again", why);
}

static void world_that_reads_sources_only_at_the_post_is_refused(void **state)
{
  (void)state;
  const char *why = "a NIC has read from its rank's memory what it cannot have read in the world";

  world_is_refused(READS_AT_POST, "program-write-again", why);
}

static void world_that_lands_units_in_order_is_refused(void **state)
{
  (void)state;

  world_is_refused(LANDS_IN_ORDER, "flag-2", "no step of that world: a unit lands before one in front of it");
}

static void world_that_lands_a_put_whole_is_refused(void **state)
{
  (void)state;

  world_is_refused(LANDS_WHOLE, "flag-2", "no step of that world: a part of a put lands");
}

static void world_whose_completions_say_placed_is_refused(void **state)
{
  (void)state;

  world_is_refused(COMPLETES_PLACED, "flag-2", "no step of that world: an operation is completed that is not placed");
}

static void world_with_one_queue_for_all_peers_is_refused(void **state)
{
  (void)state;

  world_is_refused(ONE_QUEUE, "program-two-peers",
                   "no step of that world: a word is placed before what was posted earlier to another rank");
}

static void machine_whose_gets_complete_ahead_of_placing_is_refused(void **state)
{
  (void)state;

  machine_is_refused(READS_EARLY, "fence-2", "no step of the world: step_complete requires `can'");
}

static void machine_that_places_out_of_order_is_refused(void **state)
{
  (void)state;

  machine_is_refused(PLACES_ANY, "flag-2",
                     "no step of the world: a word is placed before an operation that was posted earlier");
}

static void machine_whose_nic_reads_the_store_buffer_is_refused(void **state)
{
  (void)state;

  machine_is_refused(READS_BUFFERED, "program-write-again",
                     "a NIC has read from its rank's memory what it cannot have read in the world");
}

/* Without the guard it is the invariant that notices. */
static void invariant_notices_what_guards_let_pass(void **state)
{
  (void)state;

  world_unguarded = true;
  machine_is_refused(READS_EARLY, "barrier-2-full", "the invariant of the world does not hold: WGet");
  world_unguarded = false;
}

/* And where the fence is over with that, its theorem. */
static void theorem_notices_what_guards_let_pass(void **state)
{
  (void)state;

  world_unguarded = true;
  machine_is_refused(READS_EARLY, "fence-2", "fence_places does not hold in the world: placed");
  world_unguarded = false;
}

static void effect_is_refused(enum mistaken_effect mistake, const char *name, const char *why)
{
  mistaken_effect = mistake;
  is_refused(name, why);
  mistaken_effect = RIGHT_EFFECTS;
}

static void world_whose_history_changes_is_refused(void **state)
{
  (void)state;

  effect_is_refused(REWRITES_HISTORY, "barrier-2-inbound", "the world does not flow: FWhen");
  effect_is_refused(REWRITES_HISTORY, "dissemination-2-inbound", "the world does not flow: FWhen");
}

static void world_whose_copies_or_counts_go_back_is_refused(void **state)
{
  (void)state;

  effect_is_refused(COPY_GOES_BACK, "flag-2", "the world does not flow: FCell");
  effect_is_refused(FORGETS_COMPLETIONS, "fence-2", "the world does not flow: FQueue");
}

static void world_where_one_rank_announces_for_another_is_refused(void **state)
{
  (void)state;

  effect_is_refused(SPEAKS_FOR_ANOTHER, "barrier-2-inbound", "no rank may rely on the world: SSaid");
  effect_is_refused(SPEAKS_FOR_ANOTHER, "dissemination-2-inbound", "no rank may rely on the world: SSaid");
}

/* -- nothing of what is evaluated holds by itself ------------------------------- */

static const char *const each[] = {"flag-2-both",
                                   "fence-2-both",
                                   "barrier-2-arrive",
                                   "barrier-2-full",
                                   "dissemination-2-inbound",
                                   "dissemination-3-arrive",
                                   "table-2",
                                   "broadcast-2-one-root"};

/* These say that a number fits 64 bits, which a byte does; or that there is nothing to keep. */
static bool says_nothing(const char *broken)
{
  static const char *const names[] = {": WCount", ": OPub", ": OVal", ": OSaid", ": Protocol"};
  for (unsigned k = 0; k < sizeof names / sizeof names[0]; k++)
    if (strstr(broken, names[k]))
      return true;
  return false;
}

/* In the world of some protocol: where a protocol has no data, say, what is said of data holds by itself. */
static void all_fail_somewhere(struct spoiled spoil(unsigned times, uint64_t seed), unsigned times)
{
  struct spoiled all = {0};
  for (unsigned k = 0; k < sizeof each / sizeof each[0]; k++) {
    named(each[k])->start(named(each[k]));
    refine_begin(named(each[k]));
    search_all(named(each[k]), 3000, false);
    spoiled_add(&all, spoil(times, k + 1));
    refine_end();
  }

  assert_true(all.count > 0);
  for (unsigned c = 0; c < all.count; c++)
    if (all.failed[c] == says_nothing(all.name[c]))
      fail_msg("%s: %s", all.name[c], all.failed[c] ? "it can fail, and is said to say nothing" : "it never fails");
}

static void every_axiom_can_fail(void **state)
{
  (void)state;

  all_fail_somewhere(spoil_axioms, 1000);
}

static void every_conjunct_can_fail(void **state)
{
  (void)state;

  all_fail_somewhere(spoil_conjuncts, 20000);
}

static void every_relation_can_fail(void **state)
{
  (void)state;

  all_fail_somewhere(spoil_relations, 20000);
}

static void every_theorem_can_fail(void **state)
{
  (void)state;

  all_fail_somewhere(spoil_theorems, 20000);
}

static void every_guard_can_refuse(void **state)
{
  (void)state;

  all_fail_somewhere(spoil_guards, 20000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_step_maps),
      cmocka_unit_test(every_step_maps_unreduced),
      cmocka_unit_test(theorems_speak_of_what_a_call_began_with),
      cmocka_unit_test(world_that_publishes_stores_at_once_is_refused),
      cmocka_unit_test(world_that_reads_sources_only_at_the_post_is_refused),
      cmocka_unit_test(world_that_lands_units_in_order_is_refused),
      cmocka_unit_test(world_that_lands_a_put_whole_is_refused),
      cmocka_unit_test(world_whose_completions_say_placed_is_refused),
      cmocka_unit_test(world_with_one_queue_for_all_peers_is_refused),
      cmocka_unit_test(machine_whose_gets_complete_ahead_of_placing_is_refused),
      cmocka_unit_test(machine_that_places_out_of_order_is_refused),
      cmocka_unit_test(machine_whose_nic_reads_the_store_buffer_is_refused),
      cmocka_unit_test(invariant_notices_what_guards_let_pass),
      cmocka_unit_test(theorem_notices_what_guards_let_pass),
      cmocka_unit_test(world_whose_history_changes_is_refused),
      cmocka_unit_test(world_whose_copies_or_counts_go_back_is_refused),
      cmocka_unit_test(world_where_one_rank_announces_for_another_is_refused),
      cmocka_unit_test(every_axiom_can_fail),
      cmocka_unit_test(every_conjunct_can_fail),
      cmocka_unit_test(every_relation_can_fail),
      cmocka_unit_test(every_theorem_can_fail),
      cmocka_unit_test(every_guard_can_refuse),
  };
  if (getenv("ONLY"))
    cmocka_set_test_filter(getenv("ONLY"));
  return cmocka_run_group_tests(tests, 0, 0);
}
