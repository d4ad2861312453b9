/* Which trees a broadcast takes: forced, by a file, by the table. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "group/group.h"
#include "group/tuning.h"
#include "wire/wire_kind.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[64];

static int set_up(void **state)
{
  (void)state;
  unsetenv("SACRED_BROADCAST");
  unsetenv("SACRED_TUNING");
  return 0;
}

static void write_file(const char *text)
{
  strcpy(path, "/tmp/sacred-tuning-XXXXXX");
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
  close(fd);
  setenv("SACRED_TUNING", path, 1);
}

static int tear_down(void **state)
{
  (void)state;
  return getenv("SACRED_TUNING") ? unlink(path) : 0;
}

/* What n ranks take over this wire, in words. */
static void takes(uint32_t wire, uint32_t n, const char *wanted)
{
  struct tuning_trees t;
  char text[TUNING_TREES_NAME];
  assert_int_equal(tuning_broadcast(wire, n, &t), SACRED_OK);
  assert_string_equal(tuning_trees_name(t, text), wanted);
}

static void the_table_has_trees_for_many_ranks_over_verbs(void **state)
{
  (void)state;
  takes(WIRE_SHM, 2, "flat");
  takes(WIRE_SHM_LATE, 1024, "flat");
  takes(WIRE_VERBS, 2, "flat up to 32768 bytes, then chain");
  takes(WIRE_VERBS, 16, "flat up to 32768 bytes, then chain");
  takes(WIRE_VERBS, 17, "tree:4 up to 1048576 bytes, then chain");
  takes(WIRE_VERBS, 65, "tree:4 up to 4194304 bytes, then chain");
}

static void what_is_forced_is_taken_for_all_sizes(void **state)
{
  (void)state;
  write_file("broadcast any any any flat\n");
  setenv("SACRED_BROADCAST", "tree:3", 1);
  takes(WIRE_SHM, 2, "tree:3");
  takes(WIRE_VERBS, 100, "tree:3");
}

static void the_first_lines_that_fit_are_taken(void **state)
{
  (void)state;
  write_file("barrier any any any dissemination:2   # of other objects\n"
             "broadcast verbs 4K 8 tree:5\n"
             "broadcast verbs 2K 8 tree:6          # for no more bytes than the line before\n"
             "broadcast verbs 1M 8 tree:7\n"
             "broadcast any any any chain\n");
  takes(WIRE_VERBS, 8, "tree:5 up to 4096 bytes, then tree:7");
  takes(WIRE_VERBS, 9, "chain");
  takes(WIRE_SHM, 8, "chain");
  takes(WIRE_SHM_LATE, 8, "chain");
}

static void of_what_a_file_does_not_say_the_table_does(void **state)
{
  (void)state;
  write_file("broadcast any 100 any tree:2\n");
  takes(WIRE_SHM, 8, "tree:2 up to 100 bytes, then flat");
  takes(WIRE_VERBS, 17, "tree:2 up to 100 bytes, then tree:4");
}

static void without_a_line_of_broadcasts_the_table_is_taken(void **state)
{
  (void)state;
  write_file("barrier any any any dissemination:2\n");
  takes(WIRE_SHM, 8, "flat");
  takes(WIRE_VERBS, 64, "tree:4 up to 1048576 bytes, then chain");
}

static void a_barrier_does_not_take_the_lines_of_broadcasts(void **state)
{
  (void)state;
  struct tuning t;
  unsetenv("SACRED_BARRIER");
  write_file("broadcast any any any tree:7\nbarrier any any any dissemination:5\n");
  assert_int_equal(tuning_barrier(WIRE_SHM, SACRED_FULL, 8, 1, &t), SACRED_OK);
  assert_int_equal(t.radix, 5);
}

static void a_line_that_is_not_understood_is_an_error_with_words(void **state)
{
  (void)state;
  static const struct {
    const char *text, *says;
  } bad[] = {{"broadcast tcp 4 4 flat\n", ":1: tcp: give shm, verbs or any"},
             {"\nbroadcast shm 0 4 flat\n", ":2: 0: give a number of bytes, at least 1"},
             {"broadcast shm 4T 4 flat\n", ":1: 4T: give a number of bytes"},
             {"broadcast shm full 4 flat\n", ":1: full: give a number of bytes"},
             {"broadcast shm 99999999999999999999 4 flat\n", "give a number of bytes"},
             {"broadcast shm 4 0 flat\n", ":1: 0: give a number of ranks"},
             {"broadcast shm 4 4 tree\n", ":1: tree: give flat, chain, or tree:K"},
             {"broadcast shm 4 4 tree:1\n", ":1: tree:1: give flat, chain, or tree:K"},
             {"broadcast shm 4 4 all-to-all\n", ":1: all-to-all: give flat, chain, or tree:K"},
             {"barrier shm full 4 chain\n", ":1: chain: give all-to-all"},
             {"broadcast any any any flat\nbroadcasts any any any flat\n", ":2: broadcasts: give barrier or broadcast"},
             {"broadcast any any flat\n", ":1: fewer than five words"}};
  struct tuning_trees t;
  for (unsigned k = 0; k < sizeof bad / sizeof *bad; k++) {
    write_file(bad[k].text);
    assert_int_equal(tuning_broadcast(WIRE_SHM, 4, &t), SACRED_ERR_ENVIRONMENT);
    assert_non_null(strstr(sacred_open_error(), bad[k].says));
    assert_int_equal(unlink(path), 0);
  }
  assert_int_equal(tuning_broadcast(WIRE_SHM, 4, &t), SACRED_ERR_ENVIRONMENT); /* it is not there any more */
  assert_non_null(strstr(sacred_open_error(), "No such file"));
  unsetenv("SACRED_TUNING");
}

#define FILED(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
  const struct CMUnitTest tests[] = {FILED(the_table_has_trees_for_many_ranks_over_verbs),
                                     FILED(what_is_forced_is_taken_for_all_sizes),
                                     FILED(the_first_lines_that_fit_are_taken),
                                     FILED(of_what_a_file_does_not_say_the_table_does),
                                     FILED(without_a_line_of_broadcasts_the_table_is_taken),
                                     FILED(a_barrier_does_not_take_the_lines_of_broadcasts),
                                     FILED(a_line_that_is_not_understood_is_an_error_with_words)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
