/* A file of rules, for SACRED_TUNING: a line each, of five words. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../wire/wire_kind.h"
#include "group.h"
#include "tuning.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 5, LINE = 256 };

/* Which of `n` names it is; n where it is none. */
static uint32_t find(const char *text, const char *const *names, uint32_t n)
{
  uint32_t k = 0;
  while (k < n && strcmp(text, names[k]) != 0)
    k++;
  return k;
}

/* The strength of a barrier, or how many bytes a broadcast has at most. */
static int read_third(const char *word, struct tuning_rule *r)
{
  int any = strcmp(word, "any") == 0;
  if (r->is_broadcast) {
    r->bytes = UINT64_MAX;
    return any || (group_number(word, &r->bytes) == NUMBER_READ && r->bytes > 0);
  }
  r->strength = find(word, tuning_strengths, TUNING_STRENGTHS);
  return any || r->strength < TUNING_STRENGTHS;
}

static int read_ranks(const char *word, struct tuning_rule *r)
{
  uint64_t ranks = UINT32_MAX;
  int good = strcmp(word, "any") == 0 || number_read(word, 1, UINT32_MAX, &ranks, NULL) == NUMBER_READ;
  r->ranks = (uint32_t)ranks;
  return good;
}

/* The rule of a line; which of its words is none, counted from 0; WORDS where all are. */
static int read_rule(char *const word[WORDS], struct tuning_rule *r)
{
  static const char *const wires[] = {"any", "shm", "verbs"};
  const uint32_t kinds[] = {0, WIRE_SHM, WIRE_VERBS};
  *r = (struct tuning_rule){.is_broadcast = strcmp(word[0], "broadcast") == 0};
  if (!r->is_broadcast && strcmp(word[0], "barrier") != 0)
    return 0;
  uint32_t wire = find(word[1], wires, 3);
  if (wire == 3)
    return 1;
  r->wire = kinds[wire];
  if (!read_third(word[2], r))
    return 2;
  if (!read_ranks(word[3], r))
    return 3;
  return (r->is_broadcast ? tuning_tree_read(word[4], &r->radix) : tuning_barrier_read(word[4], &r->t)) ? WORDS : 4;
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
static int read_line(const struct tuning_file *f, char *line, struct tuning_rule *r)
{
  static const char *const wanted[2][WORDS] = {
      {"barrier or broadcast", "shm, verbs or any", "arrive, inbound, full or any",
       "a number of ranks, at least 1, or any",
       "all-to-all, dissemination or local, or one of the latter with :K, K at least 2"},
      {"barrier or broadcast", "shm, verbs or any", "a number of bytes, at least 1, as 4096 or 32K, or any",
       "a number of ranks, at least 1, or any", "flat, chain, or tree:K, K at least 2"}};
  char *word[WORDS];
  if (strlen(line) == LINE - 1)
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "SACRED_TUNING: %s:%d: a line of %d characters or more: make it shorter", f->path, f->line,
                          LINE - 1);
  int n = split(line, word);
  if (n == 0)
    return 0;
  if (n != WORDS)
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "SACRED_TUNING: %s:%d: %s than five words: give barrier, wire, strength, ranks and "
                          "algorithm, or broadcast, wire, bytes, ranks and tree",
                          f->path, f->line, n < WORDS ? "fewer" : "more");
  int bad = read_rule(word, r);
  if (bad != WORDS)
    return group_open_say(SACRED_ERR_ENVIRONMENT, "SACRED_TUNING: %s:%d: %s: give %s", f->path, f->line, word[bad],
                          wanted[r->is_broadcast][bad]);
  return 1;
}

int tuning_file_open(struct tuning_file *f, const char *path)
{
  *f = (struct tuning_file){.path = path, .file = fopen(path, "re")};
  return f->file ? SACRED_OK
                 : group_open_say(SACRED_ERR_ENVIRONMENT, "SACRED_TUNING=%s cannot be read: %s", path, strerror(errno));
}

int tuning_file_next(struct tuning_file *f, struct tuning_rule *r)
{
  char line[LINE];
  int status = 0;
  while (status == 0 && fgets(line, sizeof line, f->file)) {
    f->line++;
    status = read_line(f, line, r);
  }
  if (status == 1)
    return 1;
  if (status == 0 && ferror(f->file))
    status = group_open_say(SACRED_ERR_ENVIRONMENT, "SACRED_TUNING=%s cannot be read: is it a file?", f->path);
  fclose(f->file);
  return status;
}
