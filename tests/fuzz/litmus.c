/* Feeds any bytes to the litmus parser and, where they are a test, a little of it to both models and all writers. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "execution.h"
#include "explore.h"
#include "report.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void answer(const struct litmus *test, struct model_result *result, FILE *out)
{
  struct report r = {.test = test, .model = "fuzzed", .result = result, .expect = test->expect, .counts_blocked = true};
  report_text(&r, out);
  report_json(&r, out);
  outcomes_free(&result->outcomes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct litmus test;
  struct litmus_error error;
  struct model_options options = {.gets_ordered = size % 2, .reduce = size % 3 == 0, .max_states = 200};
  struct model_result result;
  struct exploration e;
  if (!litmus_parse((const char *)data, size, &test, &error)) {
    if (error.line == 0 || error.column == 0 || error.text[0] == '\0')
      abort();
    return 0;
  }
  FILE *out = fopen("/dev/null", "w");
  struct execution *witness = malloc(sizeof *witness);
  if (!out || !witness)
    abort();
  explore(&e, &test, &options, &result);
  explore_trace(&e, out);
  explore_free(&e);
  answer(&test, &result, out);
  options.max_states = 20;
  declarative(&test, &options, &result, witness);
  execution_draw(witness, out);
  answer(&test, &result, out);
  fclose(out);
  free(witness);
  return 0;
}
