/* Events and orders from the logs: each event gets a few edges, and a joint stands for all before it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "order.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A queue pair, as far as its poster's log has been read: what later operations are behind. */
struct pair {
  uint32_t read, placed, landed;   /* all nlR; all nrW; all nlW so far: events, or joints; NONE */
  uint32_t posted, completed;      /* operations; known to be completed */
  uint32_t *placed_by, *landed_by; /* [k]: `placed` and `landed` behind operation k */
  uint32_t room;
};

/* A put of a word of mine, whose source the NIC may still read. */
struct reading {
  uint32_t write, source, peer, number, next; /* source: its nlR; next: another of that word */
};

/* A word of my row at home. */
struct home {
  uint64_t cell;
  uint32_t location, reading;
};

/* The log at hand. */
struct rank {
  struct order *o;
  uint32_t log, line;
  uint32_t cpu;          /* the last CPU event: for ib */
  uint32_t look, stored; /* the last lR or P; the last lW: for ob */
  struct pair *pair;     /* [peer] */
  struct home *home;     /* sorted by cell */
  struct reading *reading;
  uint32_t homes, readings, reading_room;
};

/* -- the graph --------------------------------------------------------------- */

/* An event of these is where [Inst];ib begins. */
static bool is_instant(enum event_kind kind)
{
  return kind == lR || kind == P || kind == nlR || kind == nrR;
}

void order_ob(struct order *o, uint32_t a, uint32_t b, enum why why)
{
  if (a != NONE)
    graph_add(&o->graph, 2 * a, 2 * b, why);
}

/*
 * ob has ([Inst];ib)+ besides its own edges. So ib has nodes of its own, which are entered from an instant event by an
 * edge of ib, and left for ob at each event (see add_event): what goes around there is a cycle of ib, or of ob.
 */
void order_ib(struct order *o, uint32_t a, uint32_t b, enum why why)
{
  if (a == NONE)
    return;
  if (is_instant(o->event[a].kind))
    graph_add(&o->graph, 2 * a, 2 * b + 1, why);
  graph_add(&o->graph, 2 * a + 1, 2 * b + 1, why);
}

void order_both(struct order *o, uint32_t a, uint32_t b, enum why why)
{
  order_ib(o, a, b, why);
  order_ob(o, a, b, why);
}

void *order_more(struct order *o, void *array, uint32_t n, uint32_t *room, size_t size)
{
  if (n < *room)
    return array;
  uint32_t more = *room < 64 ? 64 : *room < UINT32_MAX / 4 ? 2 * *room : 0;
  void *p = more ? realloc(array, more * size) : NULL;
  if (p)
    *room = more;
  else
    o->limit = "there is no memory for more";
  return p;
}

static uint32_t add_event(struct rank *r, enum event_kind kind, uint64_t cell, uint64_t value, bool has_value)
{
  struct order *o = r->o;
  if (o->events >= o->most)
    o->limit = "--max-states events were looked at";
  struct event *p = o->limit ? NULL : order_more(o, o->event, o->events, &o->event_room, sizeof *p);
  if (!p)
    return NONE;
  o->event = p;
  p[o->events] = (struct event){(uint8_t)kind, r->log, r->line, cell, value, has_value};
  o->graph.nodes = 2 * o->events + 2;
  if (kind != JOINT)
    graph_add(&o->graph, 2 * o->events + 1, 2 * o->events, BY_NAME);
  return o->events++;
}

/* -- locations --------------------------------------------------------------- */

static bool wrong(struct rank *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool wrong(struct rank *r, const char *format, ...)
{
  const struct log *log = &r->o->logs[r->log];
  va_list list;
  r->o->wrong = true;
  r->o->error->name = log->name;
  r->o->error->line = log->line[r->line].number;
  va_start(list, format);
  vsnprintf(r->o->error->text, sizeof r->o->error->text, format, list);
  va_end(list);
  return false;
}

static uint64_t hash(uint32_t rank, uint64_t cell)
{
  uint64_t x = (cell + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)rank * UINT64_C(0xbf58476d1ce4e5b9);
  return x ^ x >> 29;
}

static bool make_places(struct order *o)
{
  uint64_t places = o->places ? 2 * o->places : 1024;
  uint32_t *more = malloc(places * sizeof *more);
  if (!more) {
    o->limit = "there is no memory for more";
    return false;
  }
  memset(more, 0xff, places * sizeof *more); /* NONE */
  for (uint32_t k = 0; k < o->locations; k++) {
    uint64_t at = hash(o->location[k].rank, o->location[k].cell);
    while (more[at & (places - 1)] != NONE)
      at++;
    more[at & (places - 1)] = k;
  }
  free(o->place);
  o->place = more;
  o->places = places;
  return true;
}

/* The location of this word at that rank; NONE: there is no memory. */
static uint32_t locate(struct order *o, uint32_t rank, uint64_t cell)
{
  if (2 * (uint64_t)o->locations >= o->places && !make_places(o))
    return NONE;
  uint64_t at = hash(rank, cell);
  for (; o->place[at & (o->places - 1)] != NONE; at++) {
    uint32_t k = o->place[at & (o->places - 1)];
    if (o->location[k].rank == rank && o->location[k].cell == cell)
      return k;
  }
  struct location *p = order_more(o, o->location, o->locations, &o->location_room, sizeof *p);
  if (!p)
    return NONE;
  o->location = p;
  p[o->locations] = (struct location){cell, rank, NONE, 0, NONE, NONE, NONE, NONE, false};
  o->place[at & (o->places - 1)] = o->locations;
  return o->locations++;
}

/* Event `event` writes there. Returns the write; NONE where that cannot be. */
static uint32_t add_write(struct rank *r, uint32_t event, uint32_t location, uint64_t value, bool is_signal)
{
  struct order *o = r->o;
  struct write *p = order_more(o, o->write, o->writes, &o->write_room, sizeof *p);
  if (!p || event == NONE || location == NONE)
    return NONE;
  o->write = p;
  struct location *l = &o->location[location];
  if (l->writer != NONE && l->writer != r->log) {
    const struct log *other = &o->logs[l->writer];
    wrong(r, "cell %" PRIu64 " of rank %u is written here, and in line %u of %s: a word has one writer", l->cell,
          l->rank, other->line[l->line].number, other->name);
    return NONE;
  }
  if (is_signal && l->last != NONE && value <= p[l->last].value) {
    wrong(r, "cell %" PRIu64 " of rank %u gets %" PRIu64 " behind %" PRIu64 ": the values of a word rise", l->cell,
          l->rank, value, p[l->last].value);
    return NONE;
  }
  if (l->writer == NONE)
    l->line = r->line;
  l->writer = r->log;
  l->is_signal |= is_signal;
  if (l->last != NONE) {
    p[l->last].next = o->writes;
    order_ob(o, p[l->last].event, event, BY_WRITES);
  } else
    l->first = o->writes;
  l->last = o->writes;
  p[o->writes] = (struct write){event, location, NONE, value, false};
  return o->writes++;
}

/* -- the CPU ----------------------------------------------------------------- */

/* Behind all that my CPU has done that this kind is behind. */
static void behind_cpu(struct rank *r, uint32_t event)
{
  enum event_kind kind = r->o->event[event].kind;
  order_ib(r->o, r->cpu, event, BY_PROGRAM);
  order_ob(r->o, r->look, event, BY_PROGRAM);
  if (kind != lR && kind != P) /* they may overtake a store */
    order_ob(r->o, r->stored, event, BY_PROGRAM);
}

/* What words do in any order, as one for all that comes behind it. */
static void words_are_over(struct rank *r, const uint32_t *event, uint32_t n, enum event_kind kind)
{
  uint32_t joint = n == 1 ? event[0] : n > 1 ? add_event(r, JOINT, 0, 0, false) : NONE;
  if (joint == NONE)
    return;
  for (uint32_t k = 0; k < n && n > 1; k++)
    order_both(r->o, event[k], joint, BY_PROGRAM);
  r->cpu = joint;
  *(kind == lW ? &r->stored : &r->look) = joint;
}

static void add_look(struct rank *r, uint32_t event, uint64_t cell)
{
  struct order *o = r->o;
  const struct log *log = &o->logs[r->log];
  struct look *p = order_more(o, o->look, o->looks, &o->look_room, sizeof *p);
  uint32_t location = p && event != NONE ? locate(o, log->rank, cell) : NONE;
  if (location == NONE)
    return;
  o->look = p;
  p[o->looks++] = (struct look){event, location, r->line, log->line[r->line].peer == log->rank};
}

static bool load(struct rank *r, const struct log_line *l)
{
  uint32_t event = add_event(r, lR, l->cell, l->value, true);
  if (event == NONE)
    return false;
  behind_cpu(r, event);
  add_look(r, event, l->cell);
  words_are_over(r, &event, 1, lR);
  return true;
}

static bool copy(struct rank *r, const struct log_line *l)
{
  const struct log_word *w = &r->o->logs[r->log].word[l->word];
  uint32_t event[LOG_WORDS];
  for (uint32_t k = 0; k < l->words; k++) {
    event[k] = add_event(r, lR, w[k].cell, w[k].value, true);
    if (event[k] == NONE)
      return false;
    behind_cpu(r, event[k]);
    add_look(r, event[k], w[k].cell);
  }
  words_are_over(r, event, l->words, lR);
  return true;
}

static struct home *find_home(const struct rank *r, uint64_t cell)
{
  uint32_t low = 0, high = r->homes;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (r->home[middle].cell < cell)
      low = middle + 1;
    else
      high = middle;
  }
  return &r->home[low]; /* the first at `cell` or behind it */
}

/*
 * Event `store` stores to a word. A put of it that is completed has read what was there before; of one that is not
 * the NIC may read either.
 */
static void store_behind_puts(struct rank *r, struct home *h, uint32_t store)
{
  struct order *o = r->o;
  for (uint32_t k = h->reading; k != NONE; k = r->reading[k].next) {
    const struct reading *g = &r->reading[k];
    struct write *w = &o->write[g->write];
    if (g->number <= r->pair[g->peer].completed) {
      order_ob(o, g->source, store, BY_OVERWRITE);
      continue;
    }
    w->is_wild = true;
    o->event[g->source].has_value = o->event[w->event].has_value = false;
  }
  h->reading = NONE;
}

static bool fill(struct rank *r, const struct log_line *l)
{
  const struct log_word *w = &r->o->logs[r->log].word[l->word];
  uint32_t event[LOG_WORDS];
  for (uint32_t k = 0; k < l->words; k++) {
    struct home *h = find_home(r, w[k].cell);
    event[k] = add_event(r, lW, w[k].cell, w[k].value, true);
    if (event[k] == NONE)
      return false;
    behind_cpu(r, event[k]);
    store_behind_puts(r, h, event[k]);
    if (h->location == NONE)
      h->location = locate(r->o, r->o->logs[r->log].rank, w[k].cell);
    if (add_write(r, event[k], h->location, w[k].value, false) == NONE)
      return false;
  }
  words_are_over(r, event, l->words, lW);
  return true;
}

static bool poll(struct rank *r, const struct log_line *l)
{
  struct pair *p = &r->pair[l->peer];
  if (l->value > p->posted)
    return wrong(r, "%" PRIu64 " operations to rank %u are completed, of %u posted", l->value, l->peer, p->posted);
  if (l->value <= p->completed)
    return wrong(r, "%" PRIu64 " operations to rank %u are completed, after %u: they rise", l->value, l->peer,
                 p->completed);
  uint32_t event = add_event(r, P, 0, l->value, true), k = (uint32_t)l->value - 1;
  if (event == NONE)
    return false;
  p->completed = (uint32_t)l->value;
  behind_cpu(r, event);
  order_ib(r->o, p->placed_by[k], event, BY_POLL);
  order_both(r->o, p->landed_by[k], event, BY_POLL);
  words_are_over(r, &event, 1, P);
  return true;
}

/* -- the NIC ----------------------------------------------------------------- */

static uint32_t joined(struct rank *r, uint32_t before, const uint32_t *event, uint32_t n)
{
  if (n == 1)
    return event[0]; /* which is behind `before` itself */
  uint32_t joint = n == 0 ? NONE : add_event(r, JOINT, 0, 0, false);
  if (joint == NONE)
    return before;
  order_both(r->o, before, joint, BY_PAIR);
  for (uint32_t k = 0; k < n; k++)
    order_both(r->o, event[k], joint, BY_PAIR);
  return joint;
}

/* The operation is posted: what a poll of it is behind. */
static bool end_operation(struct rank *r, struct pair *p)
{
  uint32_t room = p->room;
  uint32_t *placed = order_more(r->o, p->placed_by, p->posted, &room, sizeof *placed);
  room = p->room;
  uint32_t *landed = placed ? order_more(r->o, p->landed_by, p->posted, &room, sizeof *landed) : NULL;
  if (placed)
    p->placed_by = placed;
  if (!landed)
    return false;
  p->landed_by = landed;
  p->room = room;
  p->placed_by[p->posted] = p->placed;
  p->landed_by[p->posted++] = p->landed;
  return true;
}

/* nlR: behind older nlR of its queue pair. */
static uint32_t add_read(struct rank *r, const struct pair *p, uint64_t cell, uint64_t value, bool has_value)
{
  uint32_t event = add_event(r, nlR, cell, value, has_value);
  if (event == NONE)
    return NONE;
  behind_cpu(r, event);
  order_both(r->o, p->read, event, BY_PAIR);
  return event;
}

/* nrW: behind its own nlR where it has one, and older nlR and nrW. */
static uint32_t add_placing(struct rank *r, const struct pair *p, uint32_t read, uint64_t cell, uint64_t value,
                            bool has_value)
{
  uint32_t event = add_event(r, nrW, cell, value, has_value);
  if (event == NONE)
    return NONE;
  if (read == NONE)
    behind_cpu(r, event);
  order_both(r->o, read, event, BY_OPERATION);
  order_both(r->o, p->read, event, BY_PAIR);
  order_both(r->o, p->placed, event, BY_PAIR);
  return event;
}

static bool signal(struct rank *r, const struct log_line *l)
{
  struct pair *p = &r->pair[l->peer];
  bool named = l->op == LOG_SIGNAL; /* nobody's log looks at a word of a region */
  uint32_t event = add_placing(r, p, NONE, l->cell, l->value, true);
  if (event == NONE)
    return false;
  if (named && add_write(r, event, locate(r->o, l->peer, l->cell), l->value, true) == NONE)
    return false;
  p->placed = event;
  return end_operation(r, p);
}

/* One word of a put of my row, which I have stored at home. */
static bool put_word(struct rank *r, const struct log_line *l, struct home *h, uint32_t *read, uint32_t *placed)
{
  struct order *o = r->o;
  struct pair *p = &r->pair[l->peer];
  uint32_t stored = o->location[h->location].last;
  uint64_t value = o->write[stored].value, there = h->cell - l->from + l->cell;
  *read = add_read(r, p, h->cell, value, true);
  *placed = *read == NONE ? NONE : add_placing(r, p, *read, there, value, true);
  uint32_t location = *placed == NONE ? NONE : locate(o, l->peer, there);
  uint32_t write = location == NONE ? NONE : add_write(r, *placed, location, value, false);
  struct reading *g = write == NONE ? NULL : order_more(o, r->reading, r->readings, &r->reading_room, sizeof *g);
  if (!g)
    return false;
  r->reading = g;
  g[r->readings] = (struct reading){write, *read, l->peer, p->posted + 1, h->reading};
  h->reading = r->readings++;
  return true;
}

static bool put(struct rank *r, const struct log_line *l)
{
  struct pair *p = &r->pair[l->peer];
  /* what a region's bytes are is not in the log */
  struct home *first = find_home(r, l->from), *end = l->op == LOG_PUT ? find_home(r, l->from + l->value) : first;
  uint32_t n = 0, room = (uint32_t)(end - first) + 1;
  uint32_t *event = malloc(2 * (size_t)room * sizeof *event), *placed = event ? event + room : NULL;
  bool good = event != NULL;
  if (!good)
    r->o->limit = "there is no memory for more";
  for (struct home *h = first; good && h < end; h++)
    if (h->location != NONE) { /* it was stored to, if ever, before */
      good = put_word(r, l, h, &event[n], &placed[n]);
      n += good;
    }
  if (good && n == 0) { /* of no word that is known */
    event[0] = add_read(r, p, l->from, 0, false);
    placed[0] = event[0] == NONE ? NONE : add_placing(r, p, event[0], l->cell, 0, false);
    good = placed[0] != NONE;
    n = good;
  }
  if (good) {
    p->read = joined(r, p->read, event, n);
    p->placed = joined(r, p->placed, placed, n);
    good = !r->o->limit && end_operation(r, p);
  }
  free(event);
  return good;
}

/* nrR: behind older nlR and nrW; nlW: behind it, and older nlR, nrW, nrR, nlW. All older nrR are before their nlW. */
static bool get(struct rank *r, const struct log_line *l)
{
  struct pair *p = &r->pair[l->peer];
  uint32_t from = add_event(r, nrR, l->cell, 0, false), to = add_event(r, nlW, l->cell, 0, false);
  if (to == NONE)
    return false;
  behind_cpu(r, from);
  order_both(r->o, p->read, from, BY_PAIR);
  order_both(r->o, p->placed, from, BY_PAIR);
  order_both(r->o, from, to, BY_OPERATION);
  order_both(r->o, p->landed, to, BY_PAIR);
  p->landed = to;
  return end_operation(r, p);
}

/* -- one log ----------------------------------------------------------------- */

static bool take(struct rank *r, const struct log_line *l)
{
  switch (l->op) {
  case LOG_LOAD:
    return load(r, l);
  case LOG_COPY:
    return copy(r, l);
  case LOG_FILL:
    return fill(r, l);
  case LOG_SIGNAL:
  case LOG_WORD:
    return signal(r, l);
  case LOG_PUT:
  case LOG_WRITE:
    return put(r, l);
  case LOG_READ:
  case LOG_FLUSH:
    return get(r, l);
  case LOG_POLL:
    return poll(r, l);
  default:
    return true;
  }
}

static int by_cell(const void *a, const void *b)
{
  const struct home *x = a, *y = b;
  return x->cell < y->cell ? -1 : x->cell > y->cell;
}

/* All words that this rank ever stores to its row, sorted, each once. */
static bool list_homes(struct rank *r)
{
  const struct log *log = &r->o->logs[r->log];
  uint32_t n = 0;
  r->home = malloc(((size_t)log->words + 1) * sizeof *r->home);
  if (!r->home)
    return false;
  for (uint32_t k = 0; k < log->lines; k++)
    for (uint32_t w = 0; w < log->line[k].words && log->line[k].op == LOG_FILL; w++)
      r->home[n++] = (struct home){log->word[log->line[k].word + w].cell, NONE, NONE};
  qsort(r->home, n, sizeof *r->home, by_cell);
  for (uint32_t k = 0; k < n; k++)
    if (k == 0 || r->home[k].cell != r->home[r->homes - 1].cell)
      r->home[r->homes++] = r->home[k];
  return true;
}

static void read_log(struct order *o, uint32_t number)
{
  const struct log *log = &o->logs[number];
  struct rank r = {.o = o, .log = number, .cpu = NONE, .look = NONE, .stored = NONE};
  r.pair = calloc(log->size, sizeof *r.pair);
  if (!r.pair || !list_homes(&r))
    o->limit = "there is no memory for more";
  for (uint32_t i = 0; r.pair && i < log->size; i++)
    r.pair[i].read = r.pair[i].placed = r.pair[i].landed = NONE;
  bool good = !o->limit;
  for (r.line = 0; good && r.line < log->lines; r.line++)
    good = take(&r, &log->line[r.line]);
  for (uint32_t i = 0; r.pair && i < log->size; i++) {
    free(r.pair[i].placed_by);
    free(r.pair[i].landed_by);
  }
  free(r.pair);
  free(r.home);
  free(r.reading);
}

void order_start(struct order *o)
{
  for (uint32_t k = 0; k < o->n && !o->limit && !o->wrong; k++)
    read_log(o, k);
}

void order_free(struct order *o)
{
  graph_free(&o->graph);
  free(o->event);
  free(o->location);
  free(o->write);
  free(o->look);
  free(o->place);
}
