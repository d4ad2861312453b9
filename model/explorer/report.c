/* The answer to a test: histogram, verdict, observation. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "report.h"
#include <inttypes.h>
#include <stdlib.h>

enum litmus_verdict report_expect(const struct litmus *test, bool gets_ordered)
{
  return gets_ordered && test->expect_gets_ordered != LITMUS_UNCHECKED ? test->expect_gets_ordered : test->expect;
}

static size_t witnesses(const struct report *r)
{
  size_t count = 0;
  for (size_t i = 0; i < r->result->outcomes.count; i++)
    count += litmus_holds(r->test, outcomes_state(&r->result->outcomes, i));
  return count;
}

enum litmus_verdict report_verdict(const struct report *r)
{
  if (r->result->limit)
    return LITMUS_UNKNOWN;
  return witnesses(r) > 0 ? LITMUS_ALLOWED : LITMUS_FORBIDDEN;
}

bool report_is_expected(const struct report *r)
{
  bool blocked = r->counts_blocked && r->result->blocked > 0 && !r->test->blocked_allowed;
  return !blocked && (r->expect == LITMUS_UNCHECKED || r->expect == report_verdict(r));
}

const char *report_verdict_name(enum litmus_verdict verdict)
{
  static const char *const names[] = {"unchecked", "Allowed", "Forbidden", "Unknown"};
  return names[verdict];
}

static const char *observation(const struct report *r, size_t positive)
{
  if (r->result->limit)
    return "Unknown";
  if (positive == 0)
    return "Never";
  return positive == r->result->outcomes.count ? "Always" : "Sometimes";
}

static bool quantified_holds(const struct report *r, size_t positive)
{
  switch (r->test->quantifier) {
  case LITMUS_EXISTS:
    return positive > 0;
  case LITMUS_NOT_EXISTS:
    return positive == 0;
  default:
    return positive == r->result->outcomes.count;
  }
}

/* -- text -------------------------------------------------------------------- */

static void print_state(const struct report *r, size_t i, FILE *out)
{
  struct litmus_column columns[LITMUS_REGISTERS + LITMUS_LOCATIONS];
  unsigned count = litmus_columns(r->test, columns);
  const uint64_t *state = outcomes_state(&r->result->outcomes, i);
  if (r->shows_times)
    fprintf(out, "%-8" PRIu64 "%s>", outcomes_times(&r->result->outcomes, i), litmus_holds(r->test, state) ? "*" : ":");
  for (unsigned k = 0; k < count; k++) {
    fputs(k ? " " : "", out);
    litmus_print_column(r->test, columns[k], out);
    fprintf(out, "=%" PRIu64 ";", state[k]);
  }
  fputc('\n', out);
}

void report_text(const struct report *r, FILE *out)
{
  static const char *const kinds[] = {"Allowed", "Forbidden", "Required"};
  const char *name = r->test->name;
  size_t positive = witnesses(r), states = r->result->outcomes.count;
  fprintf(out, "Test %s %s\nStates %zu\n", name, kinds[r->test->quantifier], states);
  for (size_t i = 0; i < states; i++)
    print_state(r, i, out);
  if (r->result->limit)
    fprintf(out, "Unknown: %s after %" PRIu64 "\n", r->result->limit, r->result->explored);
  else
    fprintf(out, "%s\n", quantified_holds(r, positive) ? "Ok" : "No");
  fprintf(out, "Witnesses\nPositive: %zu Negative: %zu\nCondition ", positive, states - positive);
  litmus_print_condition(r->test, out);
  fprintf(out, "\nObservation %s %s %zu %zu\n", name, observation(r, positive), positive, states - positive);
  if (r->counts_blocked)
    fprintf(out, "Blocked %" PRIu64 "\n", r->result->blocked);
  if (r->expect != LITMUS_UNCHECKED)
    fprintf(out, "Expect %s %s, %s\n", name, report_verdict_name(r->expect),
            report_is_expected(r)                 ? "as expected"
            : r->expect == report_verdict(r)      ? "but some runs block"
            : report_verdict(r) == LITMUS_UNKNOWN ? "not decided"
            : report_verdict(r) == LITMUS_ALLOWED ? "BUT ALLOWED"
                                                  : "BUT FORBIDDEN");
  fprintf(out, "Time %s %.2f\nHash=%016" PRIx64 "\n\n", name, r->seconds, r->test->hash);
}

/* -- JSON -------------------------------------------------------------------- */

/* A file may hold any bytes: what is not ASCII goes byte by byte, as \u00xx. */
static void print_string(const char *text, FILE *out)
{
  fputc('"', out);
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\')
      fprintf(out, "\\%c", c);
    else if (c < ' ' || c > 126)
      fprintf(out, "\\u%04x", c);
    else
      fputc(c, out);
  }
  fputc('"', out);
}

static void print_json_state(const struct report *r, size_t i, FILE *out)
{
  struct litmus_column columns[LITMUS_REGISTERS + LITMUS_LOCATIONS];
  unsigned count = litmus_columns(r->test, columns);
  fputc('{', out);
  for (unsigned k = 0; k < count; k++) {
    fputs(k ? ", \"" : "\"", out);
    litmus_print_column(r->test, columns[k], out);
    fprintf(out, "\": %" PRIu64, outcomes_state(&r->result->outcomes, i)[k]);
  }
  fputc('}', out);
}

static void print_condition(const struct litmus *test, FILE *out)
{
  char *condition = NULL;
  size_t length;
  FILE *text = open_memstream(&condition, &length);
  if (text) {
    litmus_print_condition(test, text);
    fclose(text);
  }
  print_string(condition ? condition : "", out);
  free(condition);
}

void report_json(const struct report *r, FILE *out)
{
  fputs("{\"test\": ", out);
  print_string(r->test->name, out);
  fprintf(out, ", \"model\": \"%s\", \"states\": [", r->model);
  for (size_t i = 0; i < r->result->outcomes.count; i++) {
    fputs(i ? ", " : "", out);
    print_json_state(r, i, out);
  }
  fputs("], \"condition\": ", out);
  print_condition(r->test, out);
  fprintf(out, ", \"observation\": \"%s\", \"verdict\": \"%s\", \"expect\": ", observation(r, witnesses(r)),
          report_verdict_name(report_verdict(r)));
  fprintf(out, r->expect == LITMUS_UNCHECKED ? "null" : "\"%s\"", report_verdict_name(r->expect));
  fputs(", \"blocked\": ", out);
  if (r->counts_blocked)
    fprintf(out, "%" PRIu64, r->result->blocked);
  else
    fputs("null", out);
  fprintf(out, ", \"explored\": %" PRIu64 ", \"seconds\": %.3f}\n", r->result->explored, r->seconds);
}
