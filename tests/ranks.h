/* Tests that need several ranks: each rank is a process, watched by the test that started it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef RANKS_H
#define RANKS_H
#include <sacred/sacred.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
/* after the above */
#include <cmocka.h>

enum { RANKS_MAX = 64, BOARD_WORDS = 4096 };

/* What one rank of a test knows. `word` is shared with the other ranks, outside of Sacred: the test's own eyes. */
struct rank {
  const char *test;
  uint32_t rank, size;
  sacred_group *group;
  _Atomic uint64_t *word; /* BOARD_WORDS of them, zero at the start of each run */
  uint64_t random;
  int variant; /* how.variants > 1: which one */
};

/* How a test is run. */
struct how {
  uint32_t n, from;  /* n ranks; where from is set, once with each number of ranks from `from` to n */
  int variants;      /* run with variant 0 .. variants-1 */
  uint64_t killed;   /* bit r: rank r is to die by SIGKILL */
  bool cut;          /* ranks are cut off from each other, and the close may say so */
  bool unopened;     /* the ranks open the group themselves, or not at all */
  unsigned seconds;  /* more than this is a hang; 0: 60 */
  const char *epoch; /* epochs at which barriers start: SACRED_TEST_EPOCH */
};

/* 0 where every rank ended as it should; says what happened otherwise. RANKS=n: no more of them than that. */
int ranks_run(const char *test, void (*body)(struct rank *me), struct how how);

/* TEST(sentence, .n = 3) { what every rank does } */
#define TEST(name, ...)                                                                                                \
  static void name##_rank(struct rank *me);                                                                            \
  static void name(void **state)                                                                                       \
  {                                                                                                                    \
    (void)state;                                                                                                       \
    assert_int_equal(ranks_run(#name, name##_rank, (struct how){__VA_ARGS__}), 0);                                     \
  }                                                                                                                    \
  static void name##_rank(struct rank *me)

/* Run a file's tests: prints the seed, and with ONLY=pattern takes those that match. */
#define RUN(...)                                                                                                       \
  int main(void)                                                                                                       \
  {                                                                                                                    \
    const struct CMUnitTest tests[] = {__VA_ARGS__};                                                                   \
    ranks_begin();                                                                                                     \
    return cmocka_run_group_tests(tests, NULL, NULL);                                                                  \
  }
void ranks_begin(void);

/* In a rank: is it so? Says where, who and what it was, and ends the rank. */
#define CHECK(is) ((is) ? (void)0 : rank_fail(me, __FILE__, __LINE__, "not so: %s", #is))
#define EQUAL(a, b) rank_equal(me, __FILE__, __LINE__, #a, (uint64_t)(a), #b, (uint64_t)(b))
#define GIVES(call, want) rank_gives(me, __FILE__, __LINE__, #call, call, want)
#define OK(call) GIVES(call, SACRED_OK)
#define NOTE(...) rank_note(me, __VA_ARGS__)
/* The group's last error has words, and `part` is among them. */
void says(struct rank *me, const char *part);
/* A file of rules of rank `me`'s own, which SACRED_TUNING names from now on; the test removes it. */
void write_tuning(struct rank *me, const char *text);
void rank_fail(struct rank *me, const char *file, int line, const char *text, ...) __attribute__((noreturn));
void rank_equal(struct rank *me, const char *file, int line, const char *a, uint64_t va, const char *b, uint64_t vb);
void rank_gives(struct rank *me, const char *file, int line, const char *call, int status, int want);
/* Where I am, for the report of a hang. */
void rank_note(struct rank *me, const char *text, ...);

/* A deadline by which all must be over; a short one. */
uint64_t soon(void);
uint64_t shortly(void);

/* The test's own eyes: wait until word k is at least v, or fail. */
void await_word(struct rank *me, unsigned k, uint64_t v);
/* A meeting of all living ranks outside of Sacred, at word k and with nobody missing: k is used once. */
void meet(struct rank *me, unsigned k, uint32_t n);

uint64_t rank_random(struct rank *me);
void rank_delay(struct rank *me, unsigned microseconds); /* a random delay of at most that */
void rank_sleep(unsigned milliseconds);
pid_t rank_pid(const struct rank *me, uint32_t rank);
void rank_die(struct rank *me) __attribute__((noreturn));

/* Is it that a rank is dead? Of another host (SACRED_TEST_HOSTS) is known no more than that it cannot be reached. */
bool is_dead(int status);

/* Is the wire late in this run? Is it verbs? Are we under a sanitizer? How often to do what takes `n` times otherwise. */
bool late(void);
bool over_verbs(void);
bool sanitized(void);
uint64_t times(uint64_t n);

/* The harness's allgather, and what it needs. */
int rank_allgather(void *arg, const void *mine, void *all, size_t size);

static inline sacred_barrier *new_barrier(struct rank *me, enum sacred_strength strength)
{
  sacred_barrier *b = NULL;
  OK(sacred_barrier_create(me->group, strength, &b, soon()));
  return b;
}

static inline sacred_region *new_region(struct rank *me, uint64_t size)
{
  sacred_region *r = NULL;
  OK(sacred_region_create(me->group, size, &r, soon()));
  return r;
}

static inline sacred_flag *new_flag(struct rank *me)
{
  sacred_flag *f = NULL;
  OK(sacred_flag_create(me->group, &f, soon()));
  return f;
}

/* Call again while the wire is full. */
#define POST(call)                                                                                                     \
  do {                                                                                                                 \
    uint64_t until_ = soon();                                                                                          \
    int status_;                                                                                                       \
    while ((status_ = (call)) == SACRED_AGAIN && sacred_now() < until_)                                                \
      ;                                                                                                                \
    rank_gives(me, __FILE__, __LINE__, #call, status_, SACRED_OK);                                                     \
  } while (0)
#endif
