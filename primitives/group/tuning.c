/* Which algorithm a new object gets: forced, by a file of the user's, or by the table. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "tuning.h"
#include "../wire/wire_kind.h"
#include "group.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 5, LINE = 256 };

static const char all_to_all[] = "all-to-all", dissemination[] = "dissemination", local[] = "local";
static const char flat[] = "flat", tree[] = "tree", chain[] = "chain";
enum { CHAIN = 1 };
static const uint32_t FLAT = UINT32_MAX; /* no more ranks than that */

/* A number of decimal digits alone, from least to UINT32_MAX. */
static int number(const char *text, uint32_t least, uint32_t *value)
{
  uint64_t n;
  if (number_read(text, least, UINT32_MAX, &n, NULL) != NUMBER_READ)
    return 0;
  *value = (uint32_t)n;
  return 1;
}

/* Is the text this name, or the name and a radix? */
static int is_named(const char *text, const char *name, uint32_t otherwise, uint32_t *radix)
{
  size_t n = strlen(name);
  *radix = otherwise;
  return strncmp(text, name, n) == 0 && (text[n] == '\0' || (text[n] == ':' && number(text + n + 1, 2, radix)));
}

static int is_barrier(const char *text, struct tuning *t)
{
  *t = (struct tuning){.local = strncmp(text, local, sizeof local - 1) == 0};
  return strcmp(text, all_to_all) == 0 ||
         is_named(text, t->local ? local : dissemination, t->local ? 0 : TUNING_RADIX, &t->radix);
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
static int read_rule(char *const word[WORDS], struct tuning_rule *r)
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
  if (r->strength == TUNING_STRENGTHS && strcmp(word[2], "any") != 0)
    return 2;
  if (strcmp(word[3], "any") == 0)
    r->ranks = UINT32_MAX;
  else if (!number(word[3], 1, &r->ranks))
    return 3;
  return is_barrier(word[4], &r->t) ? WORDS : 4;
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
static int read_line(const char *path, int at, char *line, struct tuning_rule *r)
{
  static const char *const wanted[WORDS] = {
      "barrier", "shm, verbs or any", "arrive, inbound, full or any", "a number of ranks, at least 1, or any",
      "all-to-all, dissemination or local, or one of the latter with :K, K at least 2"};
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

/* The first rule of the file that fits: 1 with *t, 0 where none does, or an error. All of the file is read. */
static int read_file(const char *path, uint32_t wire, uint32_t strength, uint32_t n, struct tuning *t)
{
  char line[LINE];
  int found = 0, status = 0;
  FILE *file = fopen(path, "re");
  if (!file)
    return group_open_say(SACRED_ERR_ENVIRONMENT, "SACRED_TUNING=%s cannot be read: %s", path, strerror(errno));
  for (int at = 1; status >= 0 && fgets(line, sizeof line, file); at++) {
    struct tuning_rule r;
    status = read_line(path, at, line, &r);
    if (status == 1 && !found && tuning_fits(&r, wire, strength, n)) {
      found = 1;
      *t = r.t;
    }
  }
  if (status >= 0 && ferror(file))
    status = group_open_say(SACRED_ERR_ENVIRONMENT, "SACRED_TUNING=%s cannot be read: is it a file?", path);
  fclose(file);
  return status < 0 ? status : found;
}

/* -- the choice ------------------------------------------------------------------- */

/* What is asked for, by the environment or not at all: 1 with *t, 0, or an error. */
static int asked(uint32_t wire, uint32_t strength, uint32_t n, struct tuning *t)
{
  if (!group_environment_has("SACRED_BARRIER"))
    return group_environment_has("SACRED_TUNING") ? read_file(getenv("SACRED_TUNING"), wire, strength, n, t) : 0;
  if (is_barrier(getenv("SACRED_BARRIER"), t))
    return 1;
  return group_open_say(SACRED_ERR_ENVIRONMENT,
                        "SACRED_BARRIER=%s is no barrier: give all-to-all, dissemination or local, or one of the "
                        "latter with a radix, as local:K, K at least 2, or unset it",
                        getenv("SACRED_BARRIER"));
}

int tuning_barrier(uint32_t wire, enum sacred_strength strength, uint32_t n, uint32_t hosts, struct tuning *t)
{
  uint32_t kind = wire == WIRE_SHM_LATE ? WIRE_SHM : wire;
  int found = asked(kind, strength, n, t);
  if (found < 0)
    return found;
  if (!found)
    *t = (struct tuning){.radix = tuning_radix(kind, strength, n)};
  if (!t->local)
    return SACRED_OK;
  if (t->radix == 0 || hosts == 1)
    t->radix = tuning_radix(kind, strength, hosts == 1 ? n : hosts);
  t->one_part = hosts == 1 || hosts == n;
  t->local = !t->one_part;
  return SACRED_OK;
}

/* -- the broadcast ------------------------------------------------------------------ */

const char *tuning_broadcast_name(uint32_t radix, char text[TUNING_NAME])
{
  if (radix == 0)
    return "none";
  if (radix == FLAT || radix == CHAIN)
    return radix == FLAT ? flat : chain;
  snprintf(text, TUNING_NAME, "%s:%" PRIu32, tree, radix);
  return text;
}

static int is_tree(const char *text, uint32_t *radix)
{
  *radix = strcmp(text, flat) == 0 ? FLAT : CHAIN;
  if (*radix == FLAT || strcmp(text, chain) == 0)
    return 1;
  return strncmp(text, tree, sizeof tree - 1) == 0 && text[sizeof tree - 1] == ':' &&
         number(text + sizeof tree, 2, radix);
}

int tuning_broadcast(uint32_t *radix)
{
  *radix = 0;
  if (!group_environment_has("SACRED_BROADCAST") || is_tree(getenv("SACRED_BROADCAST"), radix))
    return SACRED_OK;
  return group_open_say(SACRED_ERR_ENVIRONMENT,
                        "SACRED_BROADCAST=%s is no tree: give flat, chain, or tree:K with a radix K of at least 2, or "
                        "unset it",
                        getenv("SACRED_BROADCAST"));
}

/* Unless another one is asked for, flat: the root gives to everybody. */
struct tuning_trees tuning_trees(uint32_t radix)
{
  uint32_t of_all = radix ? radix : FLAT;
  return (struct tuning_trees){.few = of_all, .many = of_all, .brief = UINT64_MAX};
}
