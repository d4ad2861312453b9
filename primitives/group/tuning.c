/* Which algorithm a new object gets: forced, by a file of the user's, or by the table. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "tuning.h"
#include "../wire/wire_kind.h"
#include "group.h"
#include <stdlib.h>
#include <string.h>

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

int tuning_barrier_read(const char *text, struct tuning *t)
{
  static const char local[] = "local";
  *t = (struct tuning){.local = strncmp(text, local, sizeof local - 1) == 0};
  return strcmp(text, "all-to-all") == 0 ||
         is_named(text, t->local ? local : "dissemination", t->local ? 0 : TUNING_RADIX, &t->radix);
}

int tuning_tree_read(const char *text, uint32_t *radix)
{
  *radix = strcmp(text, "flat") == 0 ? TUNING_FLAT : TUNING_CHAIN;
  if (*radix == TUNING_FLAT || strcmp(text, "chain") == 0)
    return 1;
  return is_named(text, "tree", 0, radix) && *radix > 0;
}

/* The wire as rules have it. */
static uint32_t kind_of(uint32_t wire)
{
  return wire == WIRE_SHM_LATE ? WIRE_SHM : wire;
}

/* -- the barrier ------------------------------------------------------------------ */

/* The first rule of the file that fits: 1 with *t, 0 where none does, or an error. All of the file is read. */
static int ask_file(const char *path, uint32_t wire, uint32_t strength, uint32_t n, struct tuning *t)
{
  struct tuning_file f;
  struct tuning_rule r;
  int found = 0, status = tuning_file_open(&f, path);
  while (status >= 0 && (status = tuning_file_next(&f, &r)) == 1)
    if (!found && tuning_fits(&r, wire, strength, n)) {
      found = 1;
      *t = r.t;
    }
  return status < 0 ? status : found;
}

/* What is asked for, by the environment or not at all: 1 with *t, 0, or an error. */
static int asked(uint32_t wire, uint32_t strength, uint32_t n, struct tuning *t)
{
  if (!group_environment_has("SACRED_BARRIER"))
    return group_environment_has("SACRED_TUNING") ? ask_file(getenv("SACRED_TUNING"), wire, strength, n, t) : 0;
  if (tuning_barrier_read(getenv("SACRED_BARRIER"), t))
    return 1;
  return group_open_say(SACRED_ERR_ENVIRONMENT,
                        "SACRED_BARRIER=%s is no barrier: give all-to-all, dissemination or local, or one of the "
                        "latter with a radix, as local:K, K at least 2, or unset it",
                        getenv("SACRED_BARRIER"));
}

int tuning_barrier(uint32_t wire, enum sacred_strength strength, uint32_t n, uint32_t hosts, struct tuning *t)
{
  uint32_t kind = kind_of(wire);
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

int tuning_broadcast(uint32_t wire, uint32_t n, struct tuning_trees *t)
{
  struct tuning_file f;
  struct tuning_rule r;
  int status = SACRED_OK;
  *t = (struct tuning_trees){.brief = UINT64_MAX};
  if (group_environment_has("SACRED_BROADCAST")) {
    if (!tuning_tree_read(getenv("SACRED_BROADCAST"), &t->few))
      return group_open_say(SACRED_ERR_ENVIRONMENT,
                            "SACRED_BROADCAST=%s is no tree: give flat, chain, or tree:K with a radix K of at least 2, "
                            "or unset it",
                            getenv("SACRED_BROADCAST"));
    t->many = t->few;
    return SACRED_OK;
  }
  if (group_environment_has("SACRED_TUNING")) {
    status = tuning_file_open(&f, getenv("SACRED_TUNING"));
    while (status >= 0 && (status = tuning_file_next(&f, &r)) == 1)
      tuning_consider(&r, kind_of(wire), n, t);
  }
  tuning_consider_table(kind_of(wire), n, t);
  return status;
}
