/* Groups of many ranks on a device that is none: who is gone, and who says so. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "sparse_ranks.h"

static void say_that_it_is_gone(struct sacred_group *g, uint32_t by, uint32_t rank)
{
  g->control->rank[by].lost_set[rank / 64] |= UINT64_C(1) << rank % 64;
  g->control->rank[by].lost_told++;
}

static void look_twice(struct sacred_group *g)
{
  uint64_t now = sacred_now();
  news_look(g, now);
  news_look(g, now + 1000 * MS);
  verbs_watch(&g->w, sacred_now());
}

static void who_is_found_gone_by_others_is_lost_and_named(void **state)
{
  (void)state;
  open_alone(100);
  struct sacred_group *g = &node[0].g;

  say_that_it_is_gone(g, 70, 71);
  look_twice(g);

  assert_int_equal(wire_health(&g->w), SACRED_ERR_UNREACHABLE);
  assert_int_equal(g->t.lost, 1);
  assert_true(wire_peer_gone(&g->w, 71));
  assert_non_null(strstr(sacred_group_error(g), "rank 71 cannot be reached by rank 70"));
  look_twice(g);
  assert_int_equal(g->control->rank[0].lost_told, 0); /* I do not say so: I have it from others */
  close_all(1);
}

static void what_i_have_found_i_tell_to_all_once(void **state)
{
  (void)state;
  open_alone(20);
  struct sacred_group *g = &node[0].g;

  verbs_doubt(&g->w, 1, "it is gone");
  verbs_watch(&g->w, sacred_now());
  look_twice(g);
  look_twice(g);

  assert_int_equal(g->control->rank[0].lost_told, 1);
  assert_int_equal(g->control->rank[0].lost_set[0], 2);
  assert_int_equal(g->board->rank[2].part, BOARD_LOST);
  assert_int_equal(g->board->rank[19].part, BOARD_LOST);
  assert_int_equal(g->board->rank[1].part, 0);
  close_all(1);
}

/* Rank 1 misses all others, and they miss it: it is the one. */
static void who_is_cut_off_is_not_believed(void **state)
{
  (void)state;
  open_alone(8);
  struct sacred_group *g = &node[0].g;

  for (uint32_t i = 2; i < 8; i++)
    say_that_it_is_gone(g, 1, i);
  say_that_it_is_gone(g, 1, 0);
  say_that_it_is_gone(g, 2, 1);
  say_that_it_is_gone(g, 3, 1);
  look_twice(g);

  assert_int_equal(wire_health(&g->w), SACRED_ERR_UNREACHABLE);
  assert_int_equal(g->t.lost, 1);
  assert_true(wire_peer_gone(&g->w, 1));
  close_all(1);
}

/* By an object: the two of the ring alone may both be gone. */
static void who_reaches_none_of_its_own_misses_all(void **state)
{
  (void)state;
  open_alone(20);
  struct sacred_group *g = &node[0].g;
  struct verbs *v = g->t.verbs;

  verbs_doubt(&g->w, 1, "it is gone");
  verbs_doubt(&g->w, 19, "it is gone");
  verbs_watch(&g->w, sacred_now());
  look_twice(g);
  assert_int_equal(g->t.lost, 2);

  assert_int_equal(verbs_make_pairs(v, (const uint32_t[]){4, 16}, 2), SACRED_OK);
  assert_int_equal(verbs_join(v, 4, GROUP), SACRED_OK);
  assert_int_equal(verbs_join(v, 16, GROUP), SACRED_OK);
  verbs_use(v);
  verbs_doubt(&g->w, 4, "it is gone");
  verbs_watch(&g->w, sacred_now());
  look_twice(g);
  assert_int_equal(g->t.lost, 3);
  verbs_doubt(&g->w, 16, "it is gone");
  verbs_watch(&g->w, sacred_now());
  look_twice(g);
  assert_int_equal(g->t.lost, 19);
  assert_int_equal(__builtin_popcountll(g->control->rank[0].lost_set[0]), 4); /* I tell of those that I have found */
  close_all(1);
}

/* Of one that ended while I computed the wire may tell before I look at what it had told. */
static void what_a_rank_told_before_it_was_lost_is_heard(void **state)
{
  (void)state;
  open_alone(4);
  struct sacred_group *g = &node[0].g;
  struct told first = tell_of_1(g, 1, 11), then = tell_of_1(g, 2, 12);

  assert_true(fake_arrive(node[0].datagrams, 5001, &first, sizeof first));
  verbs_doubt(&g->w, 1, "it is gone");
  assert_int_equal(said_by_1(g), 0);
  board_datagrams_look(g, sacred_now());
  assert_int_equal(said_by_1(g), 11);

  hear(&node[0], 5001, &then, sizeof then); /* but nothing that it tells from now on */
  assert_int_equal(said_by_1(g), 11);
  close_all(1);
}

static void who_comes_again_is_told_that_it_is_lost_and_misses_who_says_so(void **state)
{
  (void)state;
  open_alone(4);
  struct sacred_group *g = &node[0].g;
  struct fake_qp *q = node[0].datagrams;
  struct told good = tell_of_1(g, 1, 11), lost = {.group = GROUP, .from = 2, .number = UINT64_MAX};

  verbs_doubt(&g->w, 1, "it is gone");
  board_datagrams_look(g, sacred_now()); /* all that it told before is heard */
  hear(&node[0], 5001, &good, sizeof good);
  assert_int_equal(said_by_1(g), 0);
  assert_int_equal(q->posted, 1);
  uint64_t number;
  memcpy(&number, (unsigned char *)(uintptr_t)q->posts[0].sge.addr + 16, 8);
  assert_int_equal(number, UINT64_MAX);

  lost.from = 3;
  hear(&node[0], 5002, &lost, 32); /* not of its queue pair */
  assert_false(verbs_is_lost(&g->w, 3));
  lost.from = 2;
  hear(&node[0], 5002, &lost, 32);
  assert_true(verbs_is_lost(&g->w, 2));
  assert_int_equal(q->posted, 1); /* and no answer to that */
  lost.from = 3;
  control_close(g->control, 3);
  hear(&node[0], 5003, &lost, 32); /* who closes is not gone */
  assert_false(verbs_is_lost(&g->w, 3));
  close_all(1);
}

static void who_closes_is_not_gone(void **state)
{
  (void)state;
  open_alone(8);
  struct sacred_group *g = &node[0].g;

  control_close(g->control, 3);
  say_that_it_is_gone(g, 2, 3);
  look_twice(g);

  assert_int_equal(wire_health(&g->w), SACRED_AGAIN);
  close_all(1);
}

/* A rank that has closed and left explains nothing of one that cannot be reached. */
static void a_close_that_misses_the_unreachable_does_not_call_it_dead(void **state)
{
  (void)state;
  open_alone(4);
  struct sacred_group *g = &node[0].g;
  struct told answer = {.group = GROUP};

  control_close(g->control, 0);
  board_tell_all(g, BOARD_CLOSE);
  for (uint32_t i = 2; i < 4; i++) { /* they close, have heard of my close, and leave */
    control_close(g->control, i);
    answer.from = i;
    answer.heard = g->board->rank[i].number;
    hear(&node[0], 5000 + i, &answer, 32);
    control_leave(g->control, i);
  }
  verbs_doubt(&g->w, 1, "it is gone");
  group_look(g);
  assert_int_equal(wire_health(&g->w), SACRED_ERR_DEAD); /* as some have left */

  assert_int_equal(group_await(g, OBJECT_CLOSE, sacred_in(1000 * MS)), SACRED_ERR_UNREACHABLE);
  assert_non_null(strstr(sacred_group_error(g), "rank 1 is gone"));
  close_all(1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      CASE(who_is_found_gone_by_others_is_lost_and_named),
      CASE(what_i_have_found_i_tell_to_all_once),
      CASE(who_is_cut_off_is_not_believed),
      CASE(who_reaches_none_of_its_own_misses_all),
      CASE(what_a_rank_told_before_it_was_lost_is_heard),
      CASE(who_comes_again_is_told_that_it_is_lost_and_misses_who_says_so),
      CASE(who_closes_is_not_gone),
      CASE(a_close_that_misses_the_unreachable_does_not_call_it_dead),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
