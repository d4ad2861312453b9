/* Numbers from the environment, and what is wrong with them. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "group.h"
#include <inttypes.h>
#include <stdlib.h>

/* The factor of a suffix, 0 for one that is none. */
static uint64_t factor(const char *suffix)
{
  if (suffix[0] == '\0')
    return 1;
  if (suffix[1] != '\0')
    return 0;
  switch (suffix[0]) {
  case 'k':
  case 'K':
    return UINT64_C(1) << 10;
  case 'm':
  case 'M':
    return UINT64_C(1) << 20;
  case 'g':
  case 'G':
    return UINT64_C(1) << 30;
  default:
    return 0;
  }
}

int group_environment_has(const char *name)
{
  const char *text = getenv(name);
  return text && text[0] != '\0';
}

enum number group_number(const char *text, uint64_t *value)
{
  const char *end;
  uint64_t n = 0;
  enum number read = number_read(text, 0, UINT64_MAX, &n, &end);
  uint64_t times = read == NUMBER_NONE ? 0 : factor(end);
  if (times == 0)
    return NUMBER_NONE;
  if (read == NUMBER_OUT || n > UINT64_MAX / times)
    return NUMBER_OUT;
  *value = n * times;
  return NUMBER_READ;
}

int group_environment_number(const char *name, uint64_t least, uint64_t most, uint64_t otherwise, uint64_t *value)
{
  const char *text = getenv(name);
  *value = otherwise;
  if (!group_environment_has(name))
    return SACRED_OK;
  uint64_t n = 0;
  enum number read = group_number(text, &n);
  if (read == NUMBER_NONE)
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "%s=%s is not a number: give one from %" PRIu64 " to %" PRIu64
                          " (K, M, G are allowed), or unset it",
                          name, text, least, most);
  if (read == NUMBER_OUT || n < least || n > most)
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "%s=%s is out of range: give a number from %" PRIu64 " to %" PRIu64 ", or unset it", name,
                          text, least, most);
  *value = n;
  return SACRED_OK;
}
