/* Every state that can be reached, each once, breadth first; and whether the end can be reached from each. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "search.h"
#include "ending.h"
#include "story.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct search {
  struct space space;
  struct edges edges;
  uint32_t *parent, room, from, bad;
  const char *wrong;
};

double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void remember(struct search *s, uint32_t state)
{
  if (state >= s->room) {
    s->room = s->room ? 2 * s->room : 1 << 12;
    s->parent = realloc(s->parent, s->room * sizeof *s->parent);
    if (!s->parent)
      give_up("out of memory: --max-states N bounds it");
  }
  s->parent[state] = s->from;
}

static bool reach(struct space *space, const struct node *next, const char *wrong, const struct move *move,
                  void *context)
{
  struct search *s = context;
  bool is_new;
  uint32_t state = space_add(space, next, &is_new);
  (void)move;
  if (is_new)
    remember(s, state);
  edges_add(&s->edges, s->from, state);
  if (!wrong)
    return true;
  s->wrong = wrong;
  s->bad = state;
  return false;
}

/* A long search says every few seconds how far it is, on stderr. */
static void tell_progress(const struct search *s, double *last)
{
  if (s->from % (1 << 14) != 0 || seconds() - *last < 30)
    return;
  *last = seconds();
  fprintf(stderr, "%s: %u states so far, %u of them explored\n", s->space.scenario->name, s->space.states.count,
          s->from);
}

static void explore(struct search *s, const struct node *first, uint32_t limit)
{
  static struct node n;
  double last = seconds();
  remember(s, space_add(&s->space, first, 0));
  for (s->from = 0; s->from < s->space.states.count && s->space.states.count < limit && !s->wrong; s->from++) {
    space_get(&s->space, s->from, &n);
    node_expand(&s->space, &n, reach, s);
    if (node_is_final(&s->space, &n))
      edges_end(&s->edges, s->from);
    tell_progress(s, &last);
  }
}

/* A state from which no run comes to its end, be it blocked or spinning for ever. */
static void seek_stuck(struct search *s)
{
  uint32_t stuck = edges_stuck(&s->edges, s->space.states.count);
  if (stuck == UINT32_MAX)
    return;
  s->bad = stuck;
  s->wrong = "from here the end cannot be reached";
}

/* The violation is the last move's: from the state at hand, or for a stuck state from its parent. */
static void tell(struct search *s, bool on_move)
{
  uint32_t length = 1, at = on_move ? s->from : s->parent[s->bad];
  for (uint32_t a = at; a != 0; a = s->parent[a])
    length++;
  uint32_t *path = malloc((length + 1) * sizeof *path);
  if (!path)
    give_up("out of memory: --max-states N bounds it");
  path[length] = s->bad;
  for (uint32_t k = length; k > 0; k--, at = s->parent[at])
    path[k - 1] = at;
  story_tell(&s->space, path, length, s->wrong);
  free(path);
}

struct result search_all(const struct scenario *scenario, uint32_t limit, bool tells)
{
  static struct node first;
  struct search s = {0};
  double start = seconds();
  space_open(&s.space, scenario, &first);
  explore(&s, &first, limit);
  s.from -= s.wrong != 0; /* the loop has gone past it */
  bool on_move = s.wrong != 0, complete = !on_move && s.from == s.space.states.count;
  if (complete)
    seek_stuck(&s);
  if (s.wrong && tells)
    tell(&s, on_move);
  struct result r = {.verdict = s.wrong    ? VIOLATION
                                : complete ? COMPLETE
                                           : INCOMPLETE,
                     .states = s.space.states.count,
                     .calls = s.space.snapshots.count,
                     .steps = s.edges.count,
                     .wrong = s.wrong,
                     .seconds = seconds() - start};
  space_close(&s.space);
  edges_close(&s.edges);
  free(s.parent);
  return r;
}
