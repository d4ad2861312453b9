/* A litmus test on a device, many times. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LITMUS_RUN_H
#define LITMUS_RUN_H
#include "device.h"
#include "outcomes.h"

/* Deliberate mistakes of the device, which the judge has to notice. */
enum doctor {
  DOCTOR_NONE,
  DOCTOR_SWAP, /* a put is held back, and posted behind the next operation of its queue pair */
  DOCTOR_EARLY /* a poll finds a completion at once, of what is posted behind the next one only, or when the run is over */
};

struct run_options {
  uint64_t runs, seed;
  enum doctor doctor;
  bool without_device;
  const struct outcomes *machine; /* all states that there may be: the first other one ends it */
};

struct run_result {
  struct outcomes outcomes; /* the final states, with how often each was seen */
  uint64_t blocked;         /* runs with an await that was not met by its deadline */
  char error[DEVICE_TEXT + 64];
};

/*
 * Run a test. 0; 1: the device failed, or a thread is stuck, and the error says how; 77: there is no device, or the test
 * cannot be laid out in memory for it. Blocks until it is over: an await, a poll and a drain have their deadlines.
 * Give the outcomes back with outcomes_free().
 */
int run_test(const struct litmus *test, const struct run_options *options, struct run_result *result);
#endif
