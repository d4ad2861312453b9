/* Whole decimal numbers with limits, as options, files and the environment give them. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "number.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* strtoull() would take a space and a sign before it. */
enum number number_read(const char *text, uint64_t least, uint64_t most, uint64_t *value, const char **end)
{
  char *behind;
  if (text[0] < '0' || text[0] > '9')
    return NUMBER_NONE;
  errno = 0;
  uint64_t n = strtoull(text, &behind, 10);
  if (end)
    *end = behind;
  else if (*behind != '\0')
    return NUMBER_NONE;
  if (errno != 0 || n < least || n > most)
    return NUMBER_OUT;
  *value = n;
  return NUMBER_READ;
}

const char *number_remedy(uint64_t least, uint64_t most, char words[NUMBER_WORDS])
{
  snprintf(words, NUMBER_WORDS, "give a whole number from %" PRIu64 " to %" PRIu64, least, most);
  return words;
}
