/* Whole decimal numbers with limits, as options, files and the environment give them. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NUMBER_H
#define NUMBER_H
#include <stdint.h>

enum number {
  NUMBER_READ,
  NUMBER_NONE, /* something else than digits, or nothing */
  NUMBER_OUT   /* one that is not within the limits */
};

/*
 * Read a number of decimal digits alone, from least to most: *value is set where it is NUMBER_READ. Nothing may follow
 * it; or, where `end` is not NULL, anything may, and *end is where that begins. Thread-safe; never blocks.
 */
enum number number_read(const char *text, uint64_t least, uint64_t most, uint64_t *value, const char **end);

/* What to do about one that was not read: "give a whole number from 1 to 1000". */
enum { NUMBER_WORDS = 80 };
const char *number_remedy(uint64_t least, uint64_t most, char words[NUMBER_WORDS]);
#endif
