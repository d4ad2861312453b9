/* The demonstration: flags, a table, barriers and a broadcast between the ranks of `sacred run`, with their latencies. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include <openssl/evp.h>
#include <sacred/sacred.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 2000, WORDS = 64 };

static sacred_group *group;

static void must(int status, const char *what)
{
  if (status == SACRED_OK)
    return;
  fprintf(stderr, "demo: %s: %s (%s)\n", what, sacred_strerror(status),
          group ? sacred_group_error(group) : sacred_open_error());
  exit(1);
}
#define MUST(call) must(call, #call)

static uint64_t soon(void)
{
  return sacred_in(30000000000u);
}

static int by_size(const void *a, const void *b)
{
  const uint64_t *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

/* Rank 0 says what it measured. */
static void say(const char *what, uint64_t *ns, int n)
{
  if (sacred_rank(group) != 0)
    return;
  qsort(ns, (size_t)n, sizeof *ns, by_size);
  printf("%-44s median %9.2f us   p99 %9.2f us\n", what, (double)ns[n / 2] / 1e3, (double)ns[n * 99 / 100] / 1e3);
  fflush(stdout);
}

static void post(sacred_flag *f, uint32_t peer, uint64_t epoch)
{
  int status;
  while ((status = sacred_flag_raise(f, peer, epoch)) == SACRED_AGAIN)
    ;
  must(status, "sacred_flag_raise");
}

/* One flag goes around all ranks, each raising the next one's when it has seen its own. */
static void flags(uint32_t me, uint32_t n)
{
  static uint64_t ns[SAMPLES];
  sacred_flag *flag;
  MUST(sacred_flag_create(group, &flag, soon()));
  for (uint64_t k = 1; k <= SAMPLES; k++) {
    uint64_t begin = sacred_now();
    if (me != 0)
      MUST(sacred_flag_wait(flag, me - 1, k, soon()));
    post(flag, (me + 1) % n, k);
    if (me == 0)
      MUST(sacred_flag_wait(flag, n - 1, k, soon()));
    ns[k - 1] = sacred_now() - begin;
  }
  say("flag: once around all ranks", ns, SAMPLES);
}

static void table(uint32_t me, uint32_t n)
{
  static uint64_t ns[SAMPLES / 4];
  uint64_t row[WORDS], version;
  sacred_table *rows;
  MUST(sacred_table_create(group, WORDS, &rows, soon()));
  for (uint64_t k = 1; k <= SAMPLES / 4; k++) {
    uint64_t begin = sacred_now();
    int status;
    for (int i = 0; i < WORDS; i++)
      row[i] = k * 1000 + me;
    while ((status = sacred_table_write(rows, row)) == SACRED_AGAIN)
      ;
    must(status, "sacred_table_write");
    while ((status = sacred_table_push_all(rows)) == SACRED_AGAIN)
      ;
    must(status, "sacred_table_push_all");
    for (uint32_t j = 0; j < n; j++) {
      MUST(sacred_table_read_until(rows, j, k, row, &version, soon()));
      for (int i = 0; i < WORDS; i++)
        if (row[i] != version * 1000 + j)
          must(SACRED_ERR_RANGE, "a torn row");
    }
    ns[k - 1] = sacred_now() - begin;
  }
  say("table: push 64 words to all, read all rows", ns, SAMPLES / 4);
}

static void barriers(enum sacred_strength strength, const char *what)
{
  static uint64_t ns[SAMPLES];
  sacred_barrier *barrier;
  MUST(sacred_barrier_create(group, strength, &barrier, soon()));
  for (int k = 0; k < SAMPLES; k++) {
    uint64_t begin = sacred_now();
    MUST(sacred_barrier_wait(barrier, soon()));
    ns[k] = sacred_now() - begin;
  }
  say(what, ns, SAMPLES);
}

static void sha256(const unsigned char *buf, uint64_t size, char *hex)
{
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (!EVP_Digest(buf, size, sum, &length, EVP_sha256(), NULL))
    must(SACRED_ERR_SYSTEM, "EVP_Digest");
  for (unsigned i = 0; i < length; i++)
    sprintf(hex + 2 * i, "%02x", sum[i]);
}

/* All of a file; rank 0 only. */
static unsigned char *slurp(const char *path, uint64_t *size)
{
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) {
    perror(path);
    exit(2);
  }
  *size = (uint64_t)ftell(file);
  rewind(file);
  unsigned char *buf = malloc(*size + 1);
  if (!buf || fread(buf, 1, *size, file) != *size) {
    perror(path);
    exit(2);
  }
  fclose(file);
  return buf;
}

/* demo FILE SHA256: the sum is what sha256sum(1) says of the file, by way of the command line and not of Sacred. */
static int broadcast(uint32_t me, const char *path, const char *want)
{
  sacred_broadcast *channel;
  MUST(sacred_broadcast_create(group, &channel, soon()));
  uint64_t size = 0;
  unsigned char *buf = me == 0 ? slurp(path, &size) : NULL;
  uint64_t begin = sacred_now();
  MUST(sacred_broadcast_run(channel, 0, &size, sizeof size, soon()));
  if (me != 0)
    buf = malloc(size + 1);
  if (!buf)
    must(SACRED_ERR_MEMORY, "malloc");
  MUST(sacred_broadcast_run(channel, 0, buf, size, sacred_in(90000000000u)));
  uint64_t ns = sacred_now() - begin;
  char hex[2 * EVP_MAX_MD_SIZE + 1] = "";
  sha256(buf, size, hex);
  int same = strcmp(hex, want) == 0;
  printf("broadcast: %llu bytes in %.2f ms, sha256 %s: %s\n", (unsigned long long)size, (double)ns / 1e6, hex,
         same ? "the file's own" : "NOT the file's");
  fflush(stdout);
  free(buf);
  return same ? 0 : 1;
}

int main(int argc, char **argv)
{
  if (argc != 3) {
    fprintf(stderr, "usage: sacred run -n 4 demo FILE SHA256\n");
    return 2;
  }
  MUST(sacred_group_open(&group, soon()));
  uint32_t me = sacred_rank(group), n = sacred_size(group);
  flags(me, n);
  table(me, n);
  barriers(SACRED_ARRIVE, "barrier: arrive");
  barriers(SACRED_INBOUND, "barrier: inbound (the default)");
  barriers(SACRED_FULL, "barrier: full");
  int bad = broadcast(me, argv[1], argv[2]);
  MUST(sacred_group_close(group, soon()));
  return bad;
}
