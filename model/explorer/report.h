/* The answer to a test, in herd7's manner or as a line of JSON. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_H
#define REPORT_H
#include "model.h"

struct report {
  const struct litmus *test;
  const char *model;                 /* its name */
  const struct model_result *result; /* with sorted outcomes */
  enum litmus_verdict expect;        /* LITMUS_UNCHECKED: none */
  bool counts_blocked;               /* does the model know which runs do not end? */
  bool shows_times;                  /* of each state, as litmus7 does for what was run on a device */
  double seconds;
};

/* What the file expects of a model where gets are ordered, or are not. Does not block. */
enum litmus_verdict report_expect(const struct litmus *test, bool gets_ordered);

/* Allowed where some final state satisfies the proposition; unknown where a limit was reached. Does not block. */
enum litmus_verdict report_verdict(const struct report *r);

/* Is the verdict the expected one, and has no run blocked that must not? Does not block. */
bool report_is_expected(const struct report *r);

/* The name of a verdict, as a file or an answer has it. Does not block. */
const char *report_verdict_name(enum litmus_verdict verdict);

/* Write the answer: several lines, or one line of JSON. Block as stdio does. */
void report_text(const struct report *r, FILE *out);
void report_json(const struct report *r, FILE *out);
#endif
