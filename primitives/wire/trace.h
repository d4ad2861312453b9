/* The log of a rank: what it posts, polls and observes, as JSON Lines. See model/conform/README.md for each line. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TRACE_H
#define TRACE_H
#include "transport.h"

/*
 * With SACRED_TRACE=FILE begin the log FILE.GROUP.RANK, GROUP being the 16 hexadecimal digits of `group`, which all
 * ranks share and no other group has. SACRED_OK where the variable is not set. An error is said in sacred_open_error().
 *
 * The library that ships has no log, and refuses the variable: a log of what is observed needs a door that is called,
 * and the door of the shipped primitives is inline. `make TRACE=1` builds the library with one, from the same sources.
 */
int trace_open(struct wire *w, uint64_t group);

/* End it: a last line says so, and all of it is written. Does nothing where there is none. */
void trace_close(struct wire *w);
#endif
