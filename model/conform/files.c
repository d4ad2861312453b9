/* The logs of --check-trace: read, put together by their groups, and answered. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "conform.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_INPUT = 2, STATUS_LIMIT = 3 };

/* All of a file, for free(); NULL and errno. */
static char *contents(const char *path, size_t *length)
{
  FILE *in = fopen(path, "rb");
  char *text = NULL;
  size_t room = 0, n = 1;
  *length = 0;
  if (!in)
    return NULL;
  while (n > 0) {
    if (*length == room) {
      room = room ? 2 * room : 1 << 16;
      char *more = realloc(text, room);
      if (!more)
        break;
      text = more;
    }
    n = fread(text + *length, 1, room - *length, in);
    *length += n;
  }
  if (n > 0 || ferror(in)) {
    free(text);
    text = NULL;
    errno = errno ? errno : EIO;
  }
  fclose(in);
  return text;
}

bool conform_is_log(const char *path)
{
  FILE *in = fopen(path, "rb");
  int first = in ? fgetc(in) : EOF;
  if (in)
    fclose(in);
  return first == '{';
}

static int wrong(const struct log_error *error)
{
  if (error->line > 0)
    fprintf(stderr, "%s:%u: %s\n", error->name, error->line, error->text);
  else
    fprintf(stderr, "%s: %s\n", error->name, error->text);
  return STATUS_INPUT;
}

static int read_one(const char *path, struct log *log)
{
  struct log_error error = {.name = path};
  size_t length;
  errno = 0;
  char *text = contents(path, &length);
  if (!text) {
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return STATUS_INPUT;
  }
  bool good = log_parse(path, text, length, log, &error);
  free(text);
  return good ? STATUS_OK : wrong(&error);
}

/* What stands against a firm answer: ranks whose logs are not here, or not whole. */
static void tell_gaps(const struct log *logs, uint32_t n)
{
  if (n < logs[0].size)
    printf("  %u of %u ranks' logs are here\n", n, logs[0].size);
  for (uint32_t k = 0; k < n; k++)
    if (!logs[k].closed)
      printf("  the log of rank %u ends early, in line %u\n", logs[k].rank, logs[k].lines + 1);
}

static int answer(const struct log *logs, uint32_t n, uint64_t most)
{
  static const char *const answers[] = {"allowed", "forbidden", "undecided"};
  static const int statuses[] = {STATUS_OK, STATUS_FAILED, STATUS_LIMIT};
  struct log_error error = {.name = logs[0].name};
  char *told = NULL;
  size_t length = 0;
  FILE *out = open_memstream(&told, &length);
  if (!out) {
    fprintf(stderr, "sacred-litmus: %s\n", strerror(errno));
    return STATUS_LIMIT;
  }
  struct conform c = conform(logs, n, most, out, &error);
  fclose(out);
  if (c.verdict == CONFORM_WRONG) {
    free(told);
    return wrong(&error);
  }
  printf("group %s: %s: %" PRIu64 " of %" PRIu64 " events covered (%.1f %%)", logs[0].group, answers[c.verdict],
         c.covered, c.events, c.events ? 100.0 * (double)c.covered / (double)c.events : 100.0);
  if (c.valueless > 0)
    printf(", %" PRIu64 " of them of a region, whose bytes are in no log", c.valueless);
  if (c.several > 0)
    printf(", %" PRIu64 " of them observe what several writes have put", c.several);
  printf("\n%s", told ? told : "");
  if (c.limit)
    printf("  no answer: %s\n", c.limit);
  else if (c.verdict == CONFORM_UNDECIDED)
    printf("  no answer: at least %d %% have to be covered\n", LOG_PERCENT);
  tell_gaps(logs, n);
  free(told);
  return statuses[c.verdict];
}

static int by_group(const void *a, const void *b)
{
  const struct log *x = a, *y = b;
  int order = strcmp(x->group, y->group);
  return order ? order : x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* Bad input before a failed check before a limit. */
static int worse(int a, int b)
{
  static const int ranks[] = {[STATUS_OK] = 0, [STATUS_LIMIT] = 1, [STATUS_FAILED] = 2, [STATUS_INPUT] = 3};
  return ranks[a] >= ranks[b] ? a : b;
}

int conform_files(char **paths, int n, uint64_t most)
{
  struct log *logs = calloc((size_t)n, sizeof *logs);
  int status = logs ? STATUS_OK : STATUS_LIMIT;
  if (!logs)
    fprintf(stderr, "sacred-litmus: no memory for %d logs\n", n);
  for (int k = 0; logs && k < n; k++)
    status = worse(status, read_one(paths[k], &logs[k]));
  if (status == STATUS_OK) {
    qsort(logs, (size_t)n, sizeof *logs, by_group);
    for (int from = 0, to = 0; from < n; from = to) {
      while (to < n && strcmp(logs[to].group, logs[from].group) == 0)
        to++;
      status = worse(status, answer(&logs[from], (uint32_t)(to - from), most));
    }
  }
  for (int k = 0; logs && k < n; k++)
    log_free(&logs[k]);
  free(logs);
  return status;
}
