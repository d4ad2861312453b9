/* The litmus explorer: its parser refuses what is wrong with place and reason, and its two models agree. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "execution.h"
#include "explore.h"
#include "report.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static const char mp3[] = "RDMA MP3-poll\n"
                          "\"completion of a put is not visibility at a third node\"\n"
                          "Expect=Allowed (* or so they say\n"
                          "                  *)\n"
                          "{ s@1 = 1; }\n"
                          " P0@1            | P1@3           ;\n"
                          " put z@2 <- s@1  | a := u@3       ;\n"
                          " poll 2          | get h@3 <- z@2 ;\n"
                          " put u@3 <- s@1  | poll 2         ;\n"
                          "                 | b := h@3       ;\n"
                          "exists (P1:a = 1 /\\ P1:b = 0)\n";

/* -- help -------------------------------------------------------------------- */

static struct litmus parsed(const char *text)
{
  struct litmus test;
  struct litmus_error error;
  if (!litmus_parse(text, strlen(text), &test, &error))
    fail_msg("%u:%u: %s\n%s", error.line, error.column, error.text, text);
  return test;
}

static struct model_result ran(const struct litmus *test, struct model_options options)
{
  struct model_result result;
  if (!options.max_states)
    options.max_states = 1000000;
  operational(test, &options, &result);
  return result;
}

static struct model_result enumerated(const struct litmus *test, bool gets_ordered)
{
  struct model_result result;
  declarative(test, &(struct model_options){.gets_ordered = gets_ordered, .max_states = 1000000}, &result, NULL);
  return result;
}

static enum litmus_verdict verdict(const struct litmus *test, const struct model_result *result)
{
  return report_verdict(&(struct report){.test = test, .result = result});
}

static enum litmus_verdict verdict_of(const char *text, bool gets_ordered)
{
  struct litmus test = parsed(text);
  struct model_result machine = ran(&test, (struct model_options){.gets_ordered = gets_ordered});
  struct model_result axioms = enumerated(&test, gets_ordered);
  enum litmus_verdict v = verdict(&test, &machine);
  assert_true(outcomes_equal(&machine.outcomes, &axioms.outcomes));
  outcomes_free(&machine.outcomes);
  outcomes_free(&axioms.outcomes);
  return v;
}

/* A test of one thread on node 1. */
static const char *one_thread(const char *code, const char *condition)
{
  static char text[4096];
  snprintf(text, sizeof text, "RDMA one\n{ }\n P0@1 ;\n %s\nexists (%s)\n", code, condition);
  return text;
}

/* -- the parser -------------------------------------------------------------- */

static void the_example_of_the_format_is_read(void **state)
{
  (void)state;

  struct litmus test = parsed(mp3);

  assert_string_equal(test.name, "MP3-poll");
  assert_string_equal(test.title, "completion of a put is not visibility at a third node");
  assert_int_equal(test.expect, LITMUS_ALLOWED);
  assert_int_equal(test.expect_gets_ordered, LITMUS_UNCHECKED);
  assert_int_equal(test.threads, 2);
  assert_int_equal(test.thread[0].length, 3);
  assert_int_equal(test.thread[1].length, 4);
  assert_int_equal(test.locations, 4);
  assert_int_equal(test.location[0].initial, 1);
}

static void instructions_are_written_as_they_are_read(void **state)
{
  (void)state;
  static const char *const lines[] = {"x@1 := 5",
                                      "r := x@1",
                                      "r := cas x@1 0 18446744073709551615",
                                      "mfence",
                                      "await x@1 = 5",
                                      "put z@2 <- x@1",
                                      "put z@2, w@2 <- x@1, y@1",
                                      "put z@2, w@2 <- 1, 2",
                                      "rfence 2",
                                      "get x@1 <- z@2",
                                      "get x@1, y@1 <- z@2, w@2",
                                      "x@1 <- rcas z@2 0 1",
                                      "x@1 <- rfaa z@2 7"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    char code[128], *written = NULL;
    size_t length;
    snprintf(code, sizeof code, "%s ; x@1 := 0 ;", lines[i]);
    struct litmus test = parsed(one_thread(code, "x@1 = 0"));

    FILE *out = open_memstream(&written, &length);
    litmus_print_instruction(&test, &test.code[0], out);
    fclose(out);

    assert_string_equal(written, lines[i]);
    free(written);
  }
}

struct wrong {
  const char *text;
  unsigned line, column;
  const char *says;
};

#define HEAD "RDMA t\n{ }\n P0@1 ;\n "
#define TAIL "\nexists (x@1 = 0)\n"

static void what_is_wrong_is_named_with_its_place(void **state)
{
  (void)state;
  static const struct wrong all[] = {
      {"", 1, 1, "found the end; allowed: RDMA"},
      {"X86 t\n", 1, 1, "found `X86`; allowed: RDMA"},
      {"RDMA\n{ }", 1, 5, "name of the test"},
      {"RDMA t\nExpect=Maybe\n{ }", 2, 8, "found `Maybe`; allowed: Allowed or Forbidden"},
      {"RDMA t\nExpect=Allowed\nExpect=Allowed\n{ }", 3, 1, "twice"},
      {"RDMA t\nExpcet=Allowed\nExpects=Allowed\n{ }", 3, 1, "found `Expects`; allowed: Expect"},
      {"RDMA t\n\"title\n{ }", 2, 1, "does not end"},
      {"RDMA t\n(* ", 2, 1, "*) is missing"},
      {"RDMA t\n{ x@1 = 1; x@1 = 2; }", 2, 12, "`x@1`: this location already has"},
      {"RDMA t\n{ x@1 = 18446744073709551616; }", 2, 9, "larger than"},
      {"RDMA t\n{ x@4294967296 = 1; }", 2, 3, "at most 4294967295"},
      {"RDMA t\n{ x@ = 1; }", 2, 3, "number of a node"},
      {"RDMA t\n{ }\n P1@1 ;", 3, 2, "found `P1@1`; allowed: P0@"},
      {"RDMA t\n{ }\n P0@1 | P0@2 ;", 3, 9, "found `P0@2`; allowed: P1@"},
      {HEAD "y@2 := 1 ;" TAIL, 4, 2, "only its NIC reaches other nodes"},
      {HEAD "a := y@2 ;" TAIL, 4, 7, "only its NIC reaches other nodes"},
      {HEAD "put y@1 <- x@2 ;" TAIL, 4, 13, "only its NIC reaches other nodes"},
      {HEAD "get x@2 <- y@1 ;" TAIL, 4, 6, "only its NIC reaches other nodes"},
      {HEAD "x@1 := y@1 ;" TAIL, 4, 9, "found `y@1`; allowed: a number or a register"},
      {HEAD "wait x@1 ;" TAIL, 4, 2, "found `wait`; allowed: x@n := e"},
      {HEAD "x@1 := a ;" TAIL, 4, 9, "was not assigned"},
      {HEAD "put := x@1 ;" TAIL, 4, 6, "a location such as"},
      {HEAD "poll 2 ;" TAIL, 4, 2, "no operation of its queue pair"},
      {HEAD "put z@2 <- 1 ; poll 3 ;" TAIL, 4, 17, "no operation of its queue pair"},
      {HEAD "put z@2 <- 1 ; poll 2 ; poll 2 ;" TAIL, 4, 26, "no operation of its queue pair"},
      {HEAD "rfence 2 ; poll 2 ;" TAIL, 4, 13, "no operation of its queue pair"},
      {HEAD "put z@2, w@3 <- 1, 2 ;" TAIL, 4, 11, "all on one node"},
      {HEAD "put z@2, w@2 <- 1 ;" TAIL, 4, 2, "not as many words"},
      {HEAD "put z@2, w@2 <- x@1, 1 ;" TAIL, 4, 23, "found `1`; allowed: a location"},
      {HEAD "put z@2 <- 1x ;" TAIL, 4, 13, "found `1x`"},
      {HEAD "x@1 := 1 | mfence ;" TAIL, 4, 11, "more columns"},
      {"RDMA t\n{ }\n P0@1 | P1@1 ;\n x@1 := 1 ;" TAIL, 4, 11, "a column is missing"},
      {HEAD "x@1 := 1 mfence ;" TAIL, 4, 11, "found `mfence`; allowed: ;"},
      {HEAD "x@1 := 1 ;\n", 5, 1, "found the end"},
      {HEAD "x@1 := \001 ;" TAIL, 4, 9, "found `\\x01`"},
      {HEAD "x@1 := 1 ;\nexists (y@1 = 0)", 5, 9, "no such location"},
      {HEAD "x@1 := 1 ;\nexists (P0:a = 0)", 5, 12, "does not assign"},
      {HEAD "x@1 := 1 ;\nexists (P1:a = 0)", 5, 9, "found `P1`"},
      {HEAD "x@1 := 1 ;\nexists (x@1 = 0", 5, 16, "found the end"},
      {HEAD "x@1 := 1 ;\nexists (x@1 = 0))", 5, 17, "found `)`"},
      {HEAD "x@1 := 1 ;\n~(x@1 = 0)", 5, 2, "exists after ~"},
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    struct litmus test;
    struct litmus_error error;

    bool ok = litmus_parse(all[i].text, strlen(all[i].text), &test, &error);

    if (ok || error.line != all[i].line || error.column != all[i].column || !strstr(error.text, all[i].says))
      fail_msg("%zu: %u:%u: %s\nwanted %u:%u: %s\n%s", i, error.line, error.column, error.text, all[i].line,
               all[i].column, all[i].says, all[i].text);
  }
}

/* A file that is cut anywhere, or has any byte changed, is a test or an error. */
static void cut_and_changed_files_are_tests_or_errors(void **state)
{
  (void)state;
  struct litmus test;
  struct litmus_error error;
  size_t length = strlen(mp3);
  char *copy = malloc(length);

  for (size_t cut = 0; cut < length; cut++) {
    memcpy(copy, mp3, cut);
    char *exact = cut ? realloc(copy, cut) : copy; /* so that a byte too far is seen */
    copy = exact;
    if (!litmus_parse(copy, cut, &test, &error))
      assert_true(error.line > 0 && error.column > 0 && error.text[0]);
    copy = realloc(copy, length);
  }
  for (size_t at = 0; at < length; at++)
    for (unsigned byte = 0; byte < 256; byte += 5) {
      memcpy(copy, mp3, length);
      copy[at] = (char)byte;
      if (!litmus_parse(copy, length, &test, &error))
        assert_true(error.line > 0 && error.column > 0 && error.text[0]);
    }

  free(copy);
}

static char *repeated(const char *head, const char *body, unsigned times, const char *tail)
{
  char *text = malloc(strlen(head) + strlen(body) * times + strlen(tail) + 1), *end = text;
  end += sprintf(end, "%s", head);
  for (unsigned i = 0; i < times; i++)
    end += sprintf(end, "%s", body);
  sprintf(end, "%s", tail);
  return text;
}

static void long_and_deep_files_end_in_an_answer(void **state)
{
  (void)state;
  static const struct {
    const char *head, *body, *tail, *says; /* says: NULL where the file is right */
    unsigned times;
  } all[] = {
      {HEAD, "\n", "x@1 := 1 ;" TAIL, NULL, 100000},
      {HEAD, " ;\n", "x@1 := 1 ;" TAIL, NULL, 100000},
      {HEAD, "(* nothing *)", "x@1 := 1 ;" TAIL, NULL, 100000},
      {HEAD, "x@1 := 1 ;\n", TAIL, "at most 64 instructions", 100000},
      {HEAD "x@1 := 1 ;\n", "exists (", "x@1 = 1)", "found `exists`", 100000},
      {HEAD "x@1 := 1 ;\nexists ", "(", "", "more than 100 deep", 100000},
      {HEAD "x@1 := 1 ;\nexists (x@1 = 1)", " /\\ x@1 = 1", "", "at most 256 terms", 100000},
      {HEAD "x@1 := 1 ;\nexists (", "~", "x@1 = 1)", "more than 100 deep", 100000},
      {HEAD "x@1 := 1 ;\nexists (", "~", "x@1 = 1)", NULL, 98},
      {HEAD "x@1 := ", "9", " ;" TAIL, "larger than", 100000},
      {HEAD, "z", "@1 := 1 ;" TAIL, "longer than 31", 100000},
      {"RDMA ", "t", "\n{ }", "longer than 255", 100000},
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    char *text = repeated(all[i].head, all[i].body, all[i].times, all[i].tail);
    struct litmus test;
    struct litmus_error error;

    bool ok = litmus_parse(text, strlen(text), &test, &error);

    if (ok != !all[i].says || (!ok && !strstr(error.text, all[i].says)))
      fail_msg("%zu: %u:%u: %s", i, error.line, error.column, error.text);
    free(text);
  }
}

static void not_binds_before_and_before_or(void **state)
{
  (void)state;
  struct litmus test = parsed(HEAD "x@1 := 1 ; y@1 := 1 ; z@1 := 1 ;\n"
                                   "exists (~x@1 = 1 /\\ y@1 = 1 \\/ z@1 = 1)");
  struct litmus other = parsed(HEAD "x@1 := 1 ; y@1 := 1 ; z@1 := 1 ;\n"
                                    "exists (~(x@1 = 1 /\\ (y@1 = 1 \\/ z@1 = 1)))");

  assert_true(litmus_holds(&test, (uint64_t[]){1, 0, 1}));
  assert_true(litmus_holds(&test, (uint64_t[]){0, 1, 0}));
  assert_false(litmus_holds(&test, (uint64_t[]){1, 1, 0}));
  assert_false(litmus_holds(&test, (uint64_t[]){0, 0, 0}));
  assert_true(litmus_holds(&other, (uint64_t[]){1, 0, 0}));
  assert_false(litmus_holds(&other, (uint64_t[]){1, 0, 1}));
}

static void a_condition_is_written_with_the_parentheses_it_needs(void **state)
{
  (void)state;
  static const char wanted[] = "~exists (~(x@1 = 1 /\\ (y@1 = 1 \\/ z@1 = 1)) \\/ x@1 = 2)";
  char text[512], *written = NULL;
  size_t length;
  snprintf(text, sizeof text, HEAD "x@1 := 1 ; y@1 := 1 ; z@1 := 1 ;\n%s", wanted);
  struct litmus test = parsed(text);

  FILE *out = open_memstream(&written, &length);
  litmus_print_condition(&test, out);
  fclose(out);

  assert_string_equal(written, wanted);
  free(written);
}

/* -- the histogram ----------------------------------------------------------- */

static void outcomes_are_sorted_and_each_there_once(void **state)
{
  (void)state;
  struct outcomes o;
  outcomes_start(&o, 2);

  for (uint64_t i = 0; i < 10000; i++)
    assert_true(outcomes_add(&o, (uint64_t[]){i * 7 % 10, i % 3}, 1));
  outcomes_sort(&o);

  assert_int_equal(o.count, 30);
  uint64_t times = 0;
  for (size_t i = 0; i < o.count; i++) {
    assert_int_equal(outcomes_state(&o, i)[0], i / 3);
    assert_int_equal(outcomes_state(&o, i)[1], i % 3);
    times += outcomes_times(&o, i);
  }
  assert_int_equal(times, 10000);
  assert_true(outcomes_has(&o, (uint64_t[]){9, 2}));
  assert_false(outcomes_has(&o, (uint64_t[]){9, 3}));
  outcomes_free(&o);
}

/* -- the models -------------------------------------------------------------- */

static void a_put_reads_late_and_an_inline_put_does_not(void **state)
{
  (void)state;

  assert_int_equal(verdict_of(one_thread("put z@2 <- x@1 ; x@1 := 1 ;", "z@2 = 1"), false), LITMUS_ALLOWED);
  assert_int_equal(verdict_of(one_thread("a := x@1 ; put z@2 <- a ; x@1 := 1 ;", "z@2 = 1"), false), LITMUS_FORBIDDEN);
}

static void the_reading_of_question_1_decides_two_gets(void **state)
{
  (void)state;
  static const char text[] = "RDMA t\n{ }\n P0@1 | P1@2 ;\n get x@1 <- z@2 | z@2 := 1 ;\n get y@1 <- z@2 | ;\n"
                             "exists (x@1 = 1 /\\ y@1 = 0)";

  assert_int_equal(verdict_of(text, false), LITMUS_ALLOWED);
  assert_int_equal(verdict_of(text, true), LITMUS_FORBIDDEN);
}

static void addition_wraps(void **state)
{
  (void)state;
  static const char text[] = "RDMA t\n{ z@2 = 18446744073709551615; }\n P0@1 ;\n x@1 <- rfaa z@2 3 ;\n"
                             "exists (z@2 = 2 /\\ x@1 = 18446744073709551615)";

  assert_int_equal(verdict_of(text, false), LITMUS_ALLOWED);
}

static void a_register_keeps_its_value_for_what_was_posted(void **state)
{
  (void)state;
  static const char text[] = "RDMA t\n{ x@1 = 1; y@1 = 2; }\n P0@1 ;\n a := x@1 ; put z@2 <- a ; a := y@1 ;\n"
                             "exists (z@2 = 1 /\\ P0:a = 2)";
  struct litmus test = parsed(text);

  struct model_result r = ran(&test, (struct model_options){0});

  assert_int_equal(r.outcomes.count, 1);
  assert_int_equal(verdict(&test, &r), LITMUS_ALLOWED);
  outcomes_free(&r.outcomes);
}

static void runs_that_block_are_counted(void **state)
{
  (void)state;
  struct litmus never = parsed(one_thread("await x@1 = 1 ; x@1 := 1 ;", "x@1 = 1"));
  struct litmus missed = parsed("RDMA t\n{ }\n P0@1 | P1@1 ;\n x@1 := 1 | await x@1 = 1 ;\n x@1 := 2 | ;\n"
                                "exists (x@1 = 2)");

  struct model_result r = ran(&never, (struct model_options){0});
  struct model_result full = ran(&missed, (struct model_options){0});
  struct model_result reduced = ran(&missed, (struct model_options){.reduce = true});

  assert_int_equal(r.outcomes.count, 0);
  assert_int_equal(r.blocked, 1);
  assert_int_equal(full.outcomes.count, 1);
  assert_int_equal(full.blocked, 1);
  assert_int_equal(reduced.blocked, 1);
  outcomes_free(&r.outcomes);
  outcomes_free(&full.outcomes);
  outcomes_free(&reduced.outcomes);
}

static void a_limit_makes_the_verdict_unknown(void **state)
{
  (void)state;
  struct litmus test = parsed(mp3);

  struct model_result r = ran(&test, (struct model_options){.max_states = 10});

  assert_non_null(r.limit);
  assert_int_equal(verdict(&test, &r), LITMUS_UNKNOWN);
  assert_int_equal(r.explored, 10);
  outcomes_free(&r.outcomes);
}

static void too_many_values_are_a_limit_and_no_guess(void **state)
{
  (void)state;
  static const char text[] = "RDMA t\n{ }\n P0@1 | P1@1 | P2@1 ;\n"
                             " x@1 <- rfaa z@2 1 | y@1 <- rfaa z@2 10   | w@1 <- rfaa z@2 1000   ;\n"
                             " x@1 <- rfaa z@2 2 | y@1 <- rfaa z@2 30   | w@1 <- rfaa z@2 7000   ;\n"
                             " x@1 <- rfaa z@2 4 | y@1 <- rfaa z@2 100  | w@1 <- rfaa z@2 90000  ;\n"
                             " x@1 <- rfaa z@2 9 | y@1 <- rfaa z@2 500  | w@1 <- rfaa z@2 700000 ;\n"
                             "exists (z@2 = 1)";
  struct litmus test = parsed(text);

  struct model_result r = ran(&test, (struct model_options){.reduce = true, .max_states = 3000000});

  assert_non_null(r.limit);
  assert_int_equal(verdict(&test, &r), LITMUS_UNKNOWN);
  outcomes_free(&r.outcomes);
}

static void reduction_loses_no_final_state(void **state)
{
  (void)state;
  struct litmus test = parsed(mp3);

  struct model_result full = ran(&test, (struct model_options){0});
  struct model_result reduced = ran(&test, (struct model_options){.reduce = true});

  assert_true(outcomes_equal(&full.outcomes, &reduced.outcomes));
  assert_true(reduced.explored < full.explored);
  outcomes_free(&full.outcomes);
  outcomes_free(&reduced.outcomes);
}

static void a_trace_is_told_in_the_words_of_the_machine(void **state)
{
  (void)state;
  static const char *const words[] = {
      "posted     put z@2 <- s@1", "NIC read   s@1 = 1",         "completed", "polled     poll 2",
      "placed     u@3 = 1",        "observed   a := u@3: a = 1", "b = 0"};
  struct litmus test = parsed(mp3);
  struct model_result result;
  struct exploration e;
  char *text = NULL, *at;
  size_t length;

  explore(&e, &test, &(struct model_options){.max_states = 100000}, &result);
  FILE *out = open_memstream(&text, &length);
  assert_true(explore_trace(&e, out));
  fclose(out);

  at = text;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    at = strstr(at, words[i]);
    if (!at)
      fail_msg("`%s` is not there, or not in order:\n%s", words[i], text);
  }
  free(text);
  outcomes_free(&result.outcomes);
  explore_free(&e);
}

static void a_graph_has_a_cluster_for_each_thread_and_queue_pair(void **state)
{
  (void)state;
  static const char *const parts[] = {"cluster_P0 ", "cluster_P0_2 ", "cluster_P0_3 ", "cluster_P1 ",  "cluster_P1_2 ",
                                      "nrR z@2 = 0", "label=\"rf\"",  "label=\"rb\"",  "label=\"pf\"", "label=\"po\""};
  struct litmus test = parsed(mp3);
  struct execution *witness = malloc(sizeof *witness);
  struct model_result result;
  char *text = NULL;
  size_t length;

  declarative(&test, &(struct model_options){.max_states = 100000}, &result, witness);
  FILE *out = open_memstream(&text, &length);
  execution_draw(witness, out);
  fclose(out);

  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (!strstr(text, parts[i]))
      fail_msg("`%s` is not there:\n%s", parts[i], text);
  free(text);
  free(witness);
  outcomes_free(&result.outcomes);
}

/* -- what is written --------------------------------------------------------- */

static char *written(void (*write)(const struct report *, FILE *), const char *text)
{
  struct litmus test = parsed(text);
  struct model_result result = ran(&test, (struct model_options){0});
  struct report r = {.test = &test,
                     .model = "operational",
                     .result = &result,
                     .expect = test.expect,
                     .counts_blocked = true,
                     .seconds = 0.25};
  char *out = NULL;
  size_t length;
  FILE *file = open_memstream(&out, &length);
  write(&r, file);
  fclose(file);
  outcomes_free(&result.outcomes);
  return out;
}

static void a_test_without_executions_is_drawn_without_events(void **state)
{
  (void)state;
  struct litmus test = parsed(one_thread("await x@1 = 1 ;", "x@1 = 1"));
  struct execution *witness = malloc(sizeof *witness);
  struct model_result result;

  declarative(&test, &(struct model_options){.max_states = 100000}, &result, witness);

  assert_int_equal(witness->events, 0);
  free(witness);
  outcomes_free(&result.outcomes);
}

static void the_answer_is_in_the_manner_of_herd7(void **state)
{
  (void)state;

  char *out = written(report_text, "RDMA store\nExpect=Allowed\n{ }\n P0@1 ;\n a := x@1 ;\n x@1 := 1 ;\n"
                                   "exists (P0:a = 0)\n");

  *strstr(out, "Hash=") = '\0';
  assert_string_equal(out, "Test store Allowed\nStates 1\nP0:a=0; x@1=1;\nOk\nWitnesses\nPositive: 1 Negative: 0\n"
                           "Condition exists (P0:a = 0)\nObservation store Always 1 0\nBlocked 0\n"
                           "Expect store Allowed, as expected\nTime store 0.25\n");
  free(out);
}

static void the_answer_is_a_line_of_json(void **state)
{
  (void)state;

  char *out = written(report_json, "RDMA a\"b\\c\n{ }\n P0@1 ;\n a := x@1 ;\nforall (P0:a = 0 /\\ x@1 = 0)\n");

  assert_string_equal(out, "{\"test\": \"a\\\"b\\\\c\", \"model\": \"operational\", \"states\": "
                           "[{\"P0:a\": 0, \"x@1\": 0}], \"condition\": \"forall (P0:a = 0 /\\\\ x@1 = 0)\", "
                           "\"observation\": \"Always\", \"verdict\": \"Allowed\", \"expect\": null, \"blocked\": 0, "
                           "\"explored\": 2, \"seconds\": 0.250}\n");
  free(out);
}

static void what_was_run_on_a_device_is_shown_with_its_times(void **state)
{
  (void)state;
  struct litmus test = parsed("RDMA t\n{ }\n P0@1 ;\n a := x@1 ;\nexists (P0:a = 1)");
  struct model_result result = {0};
  struct report r = {.test = &test, .model = "device", .result = &result, .shows_times = true};
  char *text = NULL;
  size_t length;

  outcomes_start(&result.outcomes, 2);
  outcomes_add(&result.outcomes, (uint64_t[]){1, 0}, 3);
  outcomes_add(&result.outcomes, (uint64_t[]){0, 0}, 90);
  outcomes_add(&result.outcomes, (uint64_t[]){1, 0}, 4);
  outcomes_sort(&result.outcomes);
  FILE *out = open_memstream(&text, &length);
  report_text(&r, out);
  fclose(out);

  assert_non_null(strstr(text, "States 2\n90      :>P0:a=0; x@1=0;\n7       *>P0:a=1; x@1=0;\nOk\n"));
  free(text);
  outcomes_free(&result.outcomes);
}

/* -- the command ------------------------------------------------------------- */

/* The status of build/sacred-litmus, which is beside this program's folder, on a file of this text. */
static int status_of(const char *options, const char *text)
{
  char self[4096], path[] = "/tmp/litmus-XXXXXX", command[8400];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  assert_true(length > 0);
  self[length] = '\0';
  *strrchr(self, '/') = '\0';
  int file = mkstemp(path);
  assert_true(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
  close(file);
  snprintf(command, sizeof command, "%s/../sacred-litmus %s %s >/dev/null 2>&1", self, options, path);
  int status = system(command);
  unlink(path);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static void the_exit_status_tells_what_happened(void **state)
{
  (void)state;
  static const char forbidden[] = "RDMA t\nExpect=Forbidden\n{ }\n P0@1 ;\n a := x@1 ;\nexists (P0:a = 0)";
  static const char impossible[] = "RDMA t\n{ }\n P0@1 ;\n a := x@1 ;\nexists (P0:a = 1)";
  static const char blocks[] = "RDMA t\n{ }\n P0@1 ;\n await x@1 = 1 ;\nexists (x@1 = 1)";
  static const char may_block[] = "RDMA t\nBlocked=Allowed\n{ }\n P0@1 ;\n await x@1 = 1 ;\nexists (x@1 = 1)";

  assert_int_equal(status_of("", mp3), 0);
  assert_int_equal(status_of("--model declarative --gets-ordered --json", mp3), 0);
  assert_int_equal(status_of("--trace --reduce none", mp3), 0);
  assert_int_equal(status_of("", forbidden), 1);
  assert_int_equal(status_of("--check-trace", forbidden), 0);
  assert_int_equal(status_of("--check-trace", impossible), 1);
  assert_int_equal(status_of("--check-trace --max-states 1", forbidden), 3);
  assert_int_equal(status_of("", blocks), 1);
  assert_int_equal(status_of("", may_block), 0);
  assert_int_equal(status_of("", "nothing"), 2);
  assert_int_equal(status_of("--frobnicate", mp3), 2);
  assert_int_equal(status_of("--max-states 0", mp3), 2);
  assert_int_equal(status_of("--trace --model declarative", mp3), 2);
  assert_int_equal(status_of("/nowhere/at/all", mp3), 2);
  assert_int_equal(status_of("--max-states 5", mp3), 3);
  assert_int_equal(status_of("--model declarative --max-states 1", mp3), 3);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_example_of_the_format_is_read),
      cmocka_unit_test(instructions_are_written_as_they_are_read),
      cmocka_unit_test(what_is_wrong_is_named_with_its_place),
      cmocka_unit_test(cut_and_changed_files_are_tests_or_errors),
      cmocka_unit_test(long_and_deep_files_end_in_an_answer),
      cmocka_unit_test(not_binds_before_and_before_or),
      cmocka_unit_test(a_condition_is_written_with_the_parentheses_it_needs),
      cmocka_unit_test(outcomes_are_sorted_and_each_there_once),
      cmocka_unit_test(a_put_reads_late_and_an_inline_put_does_not),
      cmocka_unit_test(the_reading_of_question_1_decides_two_gets),
      cmocka_unit_test(addition_wraps),
      cmocka_unit_test(a_register_keeps_its_value_for_what_was_posted),
      cmocka_unit_test(runs_that_block_are_counted),
      cmocka_unit_test(a_limit_makes_the_verdict_unknown),
      cmocka_unit_test(too_many_values_are_a_limit_and_no_guess),
      cmocka_unit_test(reduction_loses_no_final_state),
      cmocka_unit_test(a_trace_is_told_in_the_words_of_the_machine),
      cmocka_unit_test(a_graph_has_a_cluster_for_each_thread_and_queue_pair),
      cmocka_unit_test(a_test_without_executions_is_drawn_without_events),
      cmocka_unit_test(the_answer_is_in_the_manner_of_herd7),
      cmocka_unit_test(the_answer_is_a_line_of_json),
      cmocka_unit_test(what_was_run_on_a_device_is_shown_with_its_times),
      cmocka_unit_test(the_exit_status_tells_what_happened),
  };
  const char *only = getenv("ONLY");
  if (only)
    cmocka_set_test_filter(only);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
