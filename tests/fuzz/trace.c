/* Feeds any bytes to the reader of logs and, where they are logs, judges them: files end at a zero byte. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "conform.h"
#include <stdlib.h>
#include <string.h>

enum { FILES = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void complain(const struct log_error *error)
{
  if (!error->name || error->text[0] == '\0')
    abort();
}

static void judge(const struct log *logs, uint32_t n, FILE *out)
{
  struct log_error error = {0};
  struct conform c = conform(logs, n, 100000, out, &error);
  if (c.verdict == CONFORM_WRONG)
    complain(&error);
  if (c.verdict == CONFORM_ALLOWED && (c.covered > c.events || c.covered * 100 < c.events * LOG_PERCENT))
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct log log[FILES];
  struct log_error error = {0};
  const char *text = (const char *)data;
  uint32_t n = 0, good = 1;
  FILE *out = fopen("/dev/null", "w");
  if (!out)
    abort();
  for (size_t left = size; n < FILES && good; n++) {
    const char *end = memchr(text, '\0', left);
    size_t length = end ? (size_t)(end - text) : left;
    good = log_parse("fuzzed", text, length, &log[n], &error);
    left -= length + (end != NULL);
    text += length + (end != NULL);
    if (left == 0) {
      n++;
      break;
    }
  }
  if (!good)
    complain(&error);
  for (uint32_t from = 0, to = 0; good && from < n; from = to) {
    while (to < n && strcmp(log[to].group, log[from].group) == 0)
      to++;
    judge(&log[from], to - from, out);
  }
  for (uint32_t k = 0; k < n; k++)
    log_free(&log[k]);
  fclose(out);
  return 0;
}
