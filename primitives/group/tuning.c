/* Which algorithm a new object gets: forced, by a file of the user's, or by the table here. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "tuning.h"
#include "../wire/wire_kind.h"
#include "group.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANY = TUNING_STRENGTHS, WORDS = 5, LINE = 256, RADIX = 4 };

static const char all_to_all[] = "all-to-all", dissemination[] = "dissemination";
const char *const tuning_strengths[TUNING_STRENGTHS] = {"arrive", "inbound", "full"};

const char *tuning_barrier_name(uint32_t radix, char text[TUNING_NAME])
{
  if (radix == 0)
    return all_to_all;
  snprintf(text, TUNING_NAME, "%s:%" PRIu32, dissemination, radix);
  return text;
}

/* A line of the table: which barrier is taken where all of this fits. */
struct rule {
  uint32_t wire;     /* WIRE_SHM, WIRE_VERBS, 0: any */
  uint32_t strength; /* enum sacred_strength, or ANY */
  uint32_t ranks;    /* up to so many */
  uint32_t radix;    /* 0: all to all */
};

/*
 * All to all is one round, and n - 1 signals a rank; dissemination by radix k is
 * log_k n rounds, and k - 1 signals a rank in each. Up to 16 ranks a round costs
 * more than the signals that it saves. `sacred tune` measures such a table.
 */
static const struct rule table[] = {{0, ANY, 16, 0}, {0, ANY, UINT32_MAX, RADIX}};

static int fits(const struct rule *r, uint32_t wire, uint32_t strength, uint32_t n)
{
  return (r->wire == 0 || r->wire == wire) && (r->strength == ANY || r->strength == strength) && n <= r->ranks;
}

/* A number of decimal digits alone, from least to UINT32_MAX. */
static int number(const char *text, uint32_t least, uint32_t *value)
{
  char *end;
  errno = 0;
  unsigned long long n = strtoull(text, &end, 10);
  if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || n < least || n > UINT32_MAX)
    return 0;
  *value = (uint32_t)n;
  return 1;
}

static int is_barrier(const char *text, uint32_t *radix)
{
  *radix = strcmp(text, all_to_all) == 0 ? 0 : RADIX;
  if (*radix == 0 || strcmp(text, dissemination) == 0)
    return 1;
  return strncmp(text, dissemination, sizeof dissemination - 1) == 0 && text[sizeof dissemination - 1] == ':' &&
         number(text + sizeof dissemination, 2, radix);
}

/* Which of `n` names it is; n where it is none. */
static uint32_t find(const char *text, const char *const *names, uint32_t n)
{
  uint32_t k = 0;
  while (k < n && strcmp(text, names[k]) != 0)
    k++;
  return k;
}

/* -- a file of rules ------------------------------------------------------------- */

/* The rule of a line; which of its words is none, counted from 0; WORDS where all are. */
static int read_rule(char *const word[WORDS], struct rule *r)
{
  static const char *const wires[] = {"any", "shm", "verbs"};
  const uint32_t kinds[] = {0, WIRE_SHM, WIRE_VERBS};
  if (strcmp(word[0], "barrier") != 0)
    return 0;
  uint32_t wire = find(word[1], wires, 3);
  if (wire == 3)
    return 1;
  r->wire = kinds[wire];
  r->strength = find(word[2], tuning_strengths, TUNING_STRENGTHS);
  if (r->strength == ANY && strcmp(word[2], "any") != 0)
    return 2;
  if (strcmp(word[3], "any") == 0)
    r->ranks = UINT32_MAX;
  else if (!number(word[3], 1, &r->ranks))
    return 3;
  return is_barrier(word[4], &r->radix) ? WORDS : 4;
}

/* The words of a line, up to a #; WORDS + 1 where there are more than a rule has. */
static int split(char *line, char *word[WORDS])
{
  int n = 0;
  char *rest, *next = strtok_r(line, " \t\r\n", &rest);
  for (; next && next[0] != '#'; next = strtok_r(NULL, " \t\r\n", &rest)) {
    if (n == WORDS)
      return WORDS + 1;
    word[n++] = next;
  }
  return n;
}

/* One line of the file: 1 where it is a rule, 0 where it is empty, or an error. */
static int read_line(const char *path, int at, char *line, struct rule *r)
{
  static const char *const wanted[WORDS] = {"barrier", "shm, verbs or any", "arrive, inbound, full or any",
                                            "a number of ranks, at least 1, or any",
                                            "all-to-all, dissemination, or dissemination:K with K at least 2"};
  char *word[WORDS];
  if (strlen(line) == LINE - 1)
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "SACRED_TUNING: %s:%d: a line of %d characters or more: make it shorter", path, at, LINE - 1);
  int n = split(line, word);
  if (n == 0)
    return 0;
  if (n != WORDS)
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "SACRED_TUNING: %s:%d: %s than five words: give barrier, wire, strength, ranks and algorithm",
                          path, at, n < WORDS ? "fewer" : "more");
  int bad = read_rule(word, r);
  if (bad != WORDS)
    return group_open_say(SACRED_ERR_ENVIRONMENT, "SACRED_TUNING: %s:%d: %s: give %s", path, at, word[bad],
                          wanted[bad]);
  return 1;
}

/* The first rule of the file that fits: 1 with *radix, 0 where none does, or an error. All of the file is read. */
static int read_file(const char *path, uint32_t wire, uint32_t strength, uint32_t n, uint32_t *radix)
{
  char line[LINE];
  int found = 0, status = 0;
  FILE *file = fopen(path, "re");
  if (!file)
    return group_open_say(SACRED_ERR_ENVIRONMENT, "SACRED_TUNING=%s cannot be read: %s", path, strerror(errno));
  for (int at = 1; status >= 0 && fgets(line, sizeof line, file); at++) {
    struct rule r;
    status = read_line(path, at, line, &r);
    if (status == 1 && !found && fits(&r, wire, strength, n)) {
      found = 1;
      *radix = r.radix;
    }
  }
  if (status >= 0 && ferror(file))
    status = group_open_say(SACRED_ERR_ENVIRONMENT, "SACRED_TUNING=%s cannot be read: is it a file?", path);
  fclose(file);
  return status < 0 ? status : found;
}

/* -- the choice ------------------------------------------------------------------- */

int tuning_barrier(uint32_t wire, enum sacred_strength strength, uint32_t n, uint32_t *radix)
{
  uint32_t kind = wire == WIRE_SHM_LATE ? WIRE_SHM : wire;
  if (group_environment_has("SACRED_BARRIER")) {
    if (is_barrier(getenv("SACRED_BARRIER"), radix))
      return SACRED_OK;
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "SACRED_BARRIER=%s is no barrier: give all-to-all, dissemination, or dissemination:K with "
                          "a radix K of at least 2, or unset it",
                          getenv("SACRED_BARRIER"));
  }
  int found = group_environment_has("SACRED_TUNING") ? read_file(getenv("SACRED_TUNING"), kind, strength, n, radix) : 0;
  if (found < 0)
    return found;
  for (const struct rule *r = table; !found; r++) { /* the last one fits always */
    found = fits(r, kind, strength, n);
    *radix = r->radix;
  }
  return SACRED_OK;
}
