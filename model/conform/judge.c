/* Who reads from whom, by the values; then a cycle is sought, and told event by event. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "order.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The first and the last write of a value to a location. */
struct value {
  uint32_t first, last;
};

struct judge {
  struct order o;
  struct value *value; /* open addressing; first == NONE: free */
  uint64_t values;     /* a power of two */
  struct conform *sum;
  uint32_t invented; /* a look at a value that nobody wrote */
};

/* What a look may have read from: the writes from `lowest` to `highest` of its location; NONE: the initial value. */
struct sources {
  uint32_t lowest, highest, how_many; /* how_many: 0, 1, or 2 for more */
};

/* -- values ------------------------------------------------------------------ */

static struct value *find(const struct judge *j, uint32_t location, uint64_t value)
{
  uint64_t at = (value ^ (uint64_t)location << 32) * UINT64_C(0x9e3779b97f4a7c15);
  at ^= at >> 31;
  for (;; at++) {
    struct value *v = &j->value[at & (j->values - 1)];
    const struct write *w = v->first == NONE ? NULL : &j->o.write[v->first];
    if (!w || (w->location == location && w->value == value))
      return v;
  }
}

static bool list_values(struct judge *j)
{
  for (j->values = 64; j->values < 2 * (uint64_t)j->o.writes; j->values *= 2)
    ;
  j->value = malloc(j->values * sizeof *j->value);
  if (!j->value)
    return false;
  memset(j->value, 0xff, j->values * sizeof *j->value); /* NONE */
  /* the writes to a location come in their order */
  for (uint32_t k = 0; k < j->o.writes; k++) {
    const struct write *w = &j->o.write[k];
    struct location *l = &j->o.location[w->location];
    if (w->is_wild) {
      l->wild = l->wild == NONE ? k : l->wild;
      l->last_wild = k;
      continue;
    }
    struct value *v = find(j, w->location, w->value);
    v->first = v->first == NONE ? k : v->first;
    v->last = k;
  }
  return true;
}

/* All memory is 0 at first. */
static struct sources sources(const struct judge *j, const struct look *look, uint64_t value)
{
  const struct location *l = &j->o.location[look->location];
  const struct value *v = find(j, look->location, value);
  struct sources s = {v->first, v->last, v->first == NONE ? 0 : v->first == v->last ? 1 : 2};
  if (l->wild != NONE) {
    s.how_many = s.how_many == 0 && l->wild == l->last_wild ? 1 : 2;
    if (s.lowest == NONE || l->wild < s.lowest)
      s.lowest = l->wild;
    if (s.highest == NONE || l->last_wild > s.highest)
      s.highest = l->last_wild;
  }
  if (value == 0) {
    s.how_many += s.how_many < 2;
    s.lowest = NONE;
  }
  return s;
}

/* -- reading ----------------------------------------------------------------- */

/* Is the whole log of whoever may write here at hand, so that a value that is not in it is nobody's? */
static bool is_known(const struct judge *j, const struct location *l)
{
  return l->writer != NONE && j->o.logs[l->writer].closed;
}

/* Returns whether the value is somebody's. */
static bool place_look(struct judge *j, const struct look *look, bool *several)
{
  struct order *o = &j->o;
  const struct location *l = &o->location[look->location];
  const struct event *e = &o->event[look->event];
  struct sources s = sources(j, look, e->value);
  if (s.how_many == 0) {
    /* a barrier of the tests may begin with another value than 0: that is below all that are put */
    bool below = l->is_signal && l->first != NONE && e->value < o->write[l->first].value;
    if (below)
      order_ob(o, look->event, o->write[l->first].event, BY_OVERWRITE);
    else if (is_known(j, l) && j->invented == NONE)
      j->invented = look->event;
    return false;
  }
  *several |= s.how_many > 1;
  if (s.lowest != NONE) {
    uint32_t from = o->write[s.lowest].event;
    if (s.how_many == 1)
      order_ib(o, from, look->event, BY_READING);
    if (!look->is_home) /* the first is before the look, whichever it was: by mo, then rf */
      order_ob(o, from, look->event, BY_READING);
  }
  uint32_t next = s.highest == NONE ? l->first : o->write[s.highest].next;
  if (next != NONE) {
    order_ob(o, look->event, o->write[next].event, BY_OVERWRITE);
    if (look->is_home)
      order_ib(o, look->event, o->write[next].event, BY_OVERWRITE);
  }
  return true;
}

/* The looks of one line come together. */
static void place_looks(struct judge *j)
{
  for (uint32_t k = 0; k < j->o.looks;) {
    const struct look *first = &j->o.look[k];
    bool good = true, several = false;
    for (; k < j->o.looks && j->o.look[k].line == first->line &&
           j->o.event[j->o.look[k].event].log == j->o.event[first->event].log;
         k++)
      good &= place_look(j, &j->o.look[k], &several);
    j->sum->covered -= !good;
    j->sum->several += good && several;
  }
}

/* -- telling ----------------------------------------------------------------- */

static void tell_place(const struct judge *j, const struct event *e, FILE *out)
{
  const struct log *log = &j->o.logs[e->log];
  fprintf(out, "  %s:%u: rank %u ", log->name, log->line[e->line].number, log->rank);
}

static void tell_event(const struct judge *j, uint32_t event, FILE *out)
{
  const struct event *e = &j->o.event[event];
  const struct log_line *l = &j->o.logs[e->log].line[e->line];
  tell_place(j, e, out);
  switch (e->kind) {
  case lR:
    fprintf(out, "observes cell %" PRIu64 " of rank %u", e->cell, l->peer);
    break;
  case lW:
    fprintf(out, "stores cell %" PRIu64 " of its own", e->cell);
    break;
  case P:
    fprintf(out, "polls: %" PRIu64 " operations to rank %u are completed\n", e->value, l->peer);
    return;
  case nlR:
    fprintf(out, "has the source of a put to rank %u read, cell %" PRIu64, l->peer, e->cell);
    break;
  case nrW:
    fprintf(out, "has cell %" PRIu64 " placed at rank %u", e->cell, l->peer);
    break;
  case nrR:
    fprintf(out, l->op == LOG_FLUSH ? "has its flush read rank %u\n" : "has a get read rank %u\n", l->peer);
    return;
  default:
    fprintf(out, l->op == LOG_FLUSH ? "has its flush of rank %u land\n" : "has a get from rank %u land\n", l->peer);
    return;
  }
  if (e->has_value)
    fprintf(out, ": %" PRIu64, e->value);
  fputc('\n', out);
}

static const char *reason(enum why why)
{
  static const char *const reasons[] = {[BY_PROGRAM] = "program order",
                                        [BY_PAIR] = "the order of a queue pair",
                                        [BY_OPERATION] = "two parts of one operation",
                                        [BY_READING] = "rf: it was observed",
                                        [BY_OVERWRITE] = "rb: it was observed, and this would have overwritten it",
                                        [BY_WRITES] = "mo: an older value of the same word",
                                        [BY_POLL] = "pf: its completion"};
  return reasons[why];
}

/* Each event once, and why it is before the next; from one that is read, so that it can be told as a story. */
static void tell_cycle(const struct judge *j, const struct graph_edge *cycle, uint64_t length, FILE *out)
{
  uint64_t first = 0;
  while (first < length && (cycle[first].why == BY_NAME || j->o.event[cycle[first].from / 2].kind == JOINT))
    first++;
  fprintf(out, "a cycle: each of these is before the next, and the last is before the first\n");
  for (uint64_t k = 0; k < length; k++) {
    const struct graph_edge *e = &cycle[(first + k) % length];
    if (e->why == BY_NAME)
      continue;
    if (j->o.event[e->from / 2].kind != JOINT)
      tell_event(j, e->from / 2, out);
    if (j->o.event[e->to / 2].kind != JOINT)
      fprintf(out, "      %s\n", reason((enum why)e->why));
  }
}

static void forbid(struct judge *j, const struct graph_edge *cycle, uint64_t length, FILE *out)
{
  j->sum->verdict = CONFORM_FORBIDDEN;
  if (cycle) {
    tell_cycle(j, cycle, length, out);
    return;
  }
  fprintf(out, "a value that nobody wrote, though the log of who writes there is whole\n");
  tell_event(j, j->invented, out);
}

/* -- all together ------------------------------------------------------------ */

/* Are these the logs of one group, each rank once? */
static bool belong(const struct log *logs, uint32_t n, struct log_error *error)
{
  static const char *names[LOG_RANKS];
  memset(names, 0, sizeof names);
  for (uint32_t k = 0; k < n; k++) {
    error->name = logs[k].name;
    error->line = 1;
    if (logs[k].size != logs[0].size) {
      snprintf(error->text, sizeof error->text, "a group of %u ranks, which has %u in %.80s", logs[k].size,
               logs[0].size, logs[0].name);
      return false;
    }
    if (names[logs[k].rank]) {
      snprintf(error->text, sizeof error->text, "rank %u again, as in %.80s", logs[k].rank, names[logs[k].rank]);
      return false;
    }
    names[logs[k].rank] = logs[k].name;
  }
  return true;
}

static void count(const struct log *logs, uint32_t n, struct conform *sum)
{
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t k = 0; k < logs[i].lines; k++) {
      enum log_op op = logs[i].line[k].op;
      sum->events += op != LOG_CLOSE;
      sum->valueless += op == LOG_WRITE || op == LOG_WORD || op == LOG_READ;
    }
  sum->covered = sum->events;
}

static void decide(struct judge *j, FILE *out)
{
  uint64_t length = 0;
  struct graph_edge *cycle = NULL;
  if (!j->o.limit) {
    place_looks(j);
    cycle = graph_cycle(&j->o.graph, &length);
    if (!cycle && length > 0)
      j->o.limit = "there is no memory to seek a cycle";
  }
  if (!j->o.limit && (cycle || j->invented != NONE))
    forbid(j, cycle, length, out);
  else if (!j->o.limit)
    j->sum->verdict = j->sum->covered * 100 >= j->sum->events * LOG_PERCENT ? CONFORM_ALLOWED : CONFORM_UNDECIDED;
  free(cycle);
}

struct conform conform(const struct log *logs, uint32_t n, uint64_t most, FILE *out, struct log_error *error)
{
  struct conform sum = {.verdict = CONFORM_WRONG};
  struct judge j = {.o = {.logs = logs, .n = n, .most = most < UINT32_MAX / 4 ? most : UINT32_MAX / 4, .error = error},
                    .sum = &sum,
                    .invented = NONE};
  if (!belong(logs, n, error))
    return sum;
  count(logs, n, &sum);
  order_start(&j.o);
  if (!j.o.wrong) {
    sum.verdict = CONFORM_UNDECIDED;
    if (!j.o.limit && !list_values(&j))
      j.o.limit = "there is no memory for the values";
    decide(&j, out);
    sum.limit = j.o.limit;
  }
  order_free(&j.o);
  free(j.value);
  return sum;
}
