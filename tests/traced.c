/* What the logs of tests/traces are of: each primitive once, in its intended use, by three ranks. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include <sacred/sacred.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 20, EPOCHS = 3, BYTES = 72000 };

static sacred_group *group;
static uint32_t me;

static uint64_t soon(void)
{
  return sacred_in(UINT64_C(30000000000));
}

static void ok(int status, const char *what)
{
  if (status == SACRED_OK)
    return;
  fprintf(stderr, "traced: rank %u: %s: %s: %s\n", me, what, sacred_strerror(status),
          group ? sacred_group_error(group) : sacred_open_error());
  exit(1);
}

#define OK(call) ok(call, #call)
/* Again while the wire is full. */
#define POST(call)                                                                                                     \
  do {                                                                                                                 \
    uint64_t until_ = soon();                                                                                          \
    int status_ = SACRED_AGAIN;                                                                                        \
    while (status_ == SACRED_AGAIN && sacred_now() < until_)                                                           \
      status_ = (call);                                                                                                \
    ok(status_, #call);                                                                                                \
  } while (0)

/* Rank 0 pushes rows to rank 1, and raises a flag behind each; rank 1 thanks by a flag. */
static void flag_behind_table(void)
{
  sacred_flag *flag;
  sacred_table *table;
  uint64_t row[WORDS], version;
  OK(sacred_flag_create(group, &flag, soon()));
  OK(sacred_table_create(group, WORDS, &table, soon()));
  for (uint64_t k = 1; k <= EPOCHS && me < 2; k++) {
    for (int i = 0; i < WORDS; i++)
      row[i] = 1000 * k + (uint64_t)i;
    if (me == 0) {
      POST(sacred_table_write(table, row));
      POST(sacred_table_push(table, 1));
      POST(sacred_flag_raise(flag, 1, k));
      OK(sacred_flag_wait(flag, 1, k, soon()));
    } else {
      OK(sacred_flag_wait(flag, 0, k, soon()));
      OK(sacred_table_read(table, 0, row, &version));
      POST(sacred_flag_raise(flag, 0, k));
    }
  }
}

/* Before it enters an epoch each rank raises its flag at all others, who look at it when they have left. */
static void flags_before_barrier(void)
{
  sacred_flag *flag;
  sacred_barrier *barrier;
  OK(sacred_flag_create(group, &flag, soon()));
  OK(sacred_barrier_create(group, SACRED_INBOUND, &barrier, soon()));
  for (uint64_t k = 1; k <= EPOCHS; k++) {
    for (uint32_t i = 0; i < sacred_size(group); i++)
      POST(sacred_flag_raise(flag, i, k));
    OK(sacred_barrier_wait(barrier, soon()));
    for (uint32_t i = 0; i < sacred_size(group); i++)
      OK(sacred_flag_test(flag, i, k));
  }
}

/* Rank 0's flag at rank 2 is placed, by a fence, before rank 1 hears of it and tells rank 2. */
static void flag_behind_fence(void)
{
  sacred_flag *flag;
  sacred_fence *fence;
  OK(sacred_flag_create(group, &flag, soon()));
  OK(sacred_fence_create(group, &fence, soon()));
  if (me == 0) {
    POST(sacred_flag_raise(flag, 2, 1));
    OK(sacred_fence_wait(fence, soon()));
    POST(sacred_flag_raise(flag, 1, 1));
  } else if (me == 1) {
    OK(sacred_flag_wait(flag, 0, 1, soon()));
    POST(sacred_flag_raise(flag, 2, 1));
  } else {
    OK(sacred_flag_wait(flag, 1, 1, soon()));
    OK(sacred_flag_test(flag, 0, 1));
  }
}

/* More than one chunk, from each rank once. */
static void broadcasts(void)
{
  static unsigned char buf[BYTES];
  sacred_broadcast *broadcast;
  OK(sacred_broadcast_create(group, &broadcast, soon()));
  for (uint32_t root = 0; root < sacred_size(group); root++) {
    for (int i = 0; i < BYTES && me == root; i++)
      buf[i] = (unsigned char)(i * 31 + i / 256 * 7 + i / 65536 * 5 + (int)root);
    OK(sacred_broadcast_run(broadcast, root, buf, BYTES, soon()));
  }
}

int main(int argc, char **argv)
{
  const char *what = argc > 1 ? argv[1] : "";
  void (*body)(void) = !strcmp(what, "table")       ? flag_behind_table
                       : !strcmp(what, "barrier")   ? flags_before_barrier
                       : !strcmp(what, "fence")     ? flag_behind_fence
                       : !strcmp(what, "broadcast") ? broadcasts
                                                    : NULL;
  if (!body) {
    fprintf(stderr, "usage: traced table|barrier|fence|broadcast, as one of three ranks\n");
    return 2;
  }
  OK(sacred_group_open(&group, soon()));
  me = sacred_rank(group);
  body();
  OK(sacred_group_close(group, soon()));
  return 0;
}
