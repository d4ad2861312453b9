/* The machine that the compiled primitives run on, asked as the two models of litmus tests are. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DOOR_MODEL_H
#define DOOR_MODEL_H
#include "model.h"

/* Does the test say only what the door can: stores, loads, puts, gets and polls, one thread a node, small numbers? */
bool door_can_say(const struct litmus *test);

/* All final states of such a test, reduced as the explorer reduces if `options` say so. As declarative() otherwise. */
void door_model(const struct litmus *test, const struct model_options *options, struct model_result *result);
#endif
