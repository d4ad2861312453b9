/* A trace, told step by step in the words of the machine. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "story.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool narrating;
static unsigned line;

void narrate(const char *format, ...)
{
  va_list arguments;
  if (!narrating)
    return;
  printf("  %3u  ", ++line);
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  putchar('\n');
}

void give_up(const char *what)
{
  fflush(stdout);
  fprintf(stderr, "sacred-explore: %s\n", what);
  exit(2);
}

const char *word_name(unsigned word)
{
  static char names[4][48];
  static unsigned turn;
  char *name = names[turn++ % 4];
  if (!narrating)
    return "";
  const struct place *p = place_of(word);
  uint64_t off = 8 * word - p->rows.at;
  snprintf(name, sizeof names[0], "%s[%u]+%u", p->name, (unsigned)(off / p->rows.stride),
           (unsigned)(off % p->rows.stride));
  return name;
}

struct wanted {
  uint32_t state;
  const char *wrong;
  struct move move;
  bool found;
};

static bool is_wanted(struct space *space, const struct node *next, const char *wrong, const struct move *move,
                      void *context)
{
  struct wanted *w = context;
  w->found = wrong == w->wrong && space_add(space, next, 0) == w->state;
  w->move = *move;
  return !w->found;
}

/* The move from one state to the next; the last one may be what is wrong. */
static struct move move_between(struct space *space, const struct node *n, uint32_t state, const char *wrong)
{
  struct wanted w = {.state = state, .wrong = wrong};
  node_expand(space, n, is_wanted, &w);
  if (!w.found && wrong) {
    w.wrong = 0;
    node_expand(space, n, is_wanted, &w);
  }
  return w.move;
}

void story_tell(struct space *space, const uint32_t *path, uint32_t length, const char *wrong)
{
  static struct node n;
  line = 0;
  for (uint32_t k = 0; k < length; k++) {
    space_get(space, path[k], &n);
    struct move move = move_between(space, &n, path[k + 1], k + 1 == length ? wrong : 0);
    node_enter(space, &n);
    narrating = true;
    node_take(space, &n, &move);
    narrating = false;
  }
  printf("  so:  %s\n", wrong);
}
