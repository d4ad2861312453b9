/* Draws random litmus programs of the whole language. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "program.h"
#include <stdarg.h>
#include <string.h>

/* What a thread may say next. */
struct author {
  struct program *p;
  uint64_t random;
  bool door; /* only what the door can say */
  unsigned thread, registers, value;
  unsigned unpolled[4]; /* by node */
};

/* splitmix64, Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014. */
static unsigned draw(struct author *a, unsigned below)
{
  uint64_t z = a->random += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return (unsigned)((z ^ z >> 31) % below);
}

static bool chance(struct author *a, unsigned percent)
{
  return draw(a, 100) < percent;
}

static unsigned own(const struct author *a)
{
  return a->p->node[a->thread];
}

static unsigned peer(struct author *a)
{
  unsigned other = own(a) % a->p->nodes + 1;
  if (chance(a, 15))
    return own(a);
  return a->p->nodes > 2 && chance(a, 30) ? draw(a, a->p->nodes) + 1 : other;
}

static char letter(struct author *a)
{
  return (char)('x' + draw(a, 2));
}

/* The initial value of a location, which program_write() repeats. */
static unsigned initial(char name, unsigned node)
{
  return node * 2 + (unsigned)(name - 'x');
}

/* A register that was assigned, or a value that nobody else writes. */
static const char *operand(struct author *a, char text[16])
{
  if (a->registers > 0 && chance(a, 30))
    snprintf(text, 16, "r%u", draw(a, a->registers));
  else
    snprintf(text, 16, "%u", a->value++);
  return text;
}

__attribute__((format(printf, 2, 3))) static void say(struct author *a, const char *format, ...)
{
  va_list values;
  unsigned *lines = &a->p->lines[a->thread];
  va_start(values, format);
  vsnprintf(a->p->line[a->thread][(*lines)++], PROGRAM_LINE, format, values);
  va_end(values);
}

static void say_put(struct author *a, unsigned node)
{
  char v[16], w[16];
  if (chance(a, 25))
    say(a, "put %c@%u <- %s", letter(a), node, operand(a, v));
  else if (chance(a, 80))
    say(a, "put %c@%u <- %c@%u", letter(a), node, letter(a), own(a));
  else if (chance(a, 30))
    say(a, "put x@%u, y@%u <- %s, %s", node, node, operand(a, v), operand(a, w));
  else
    say(a, "put %c@%u, %c@%u <- %c@%u, %c@%u", letter(a), node, letter(a), node, letter(a), own(a), letter(a), own(a));
}

static void say_get(struct author *a, unsigned node)
{
  if (chance(a, 80))
    say(a, "get %c@%u <- %c@%u", letter(a), own(a), letter(a), node);
  else
    say(a, "get %c@%u, %c@%u <- %c@%u, %c@%u", letter(a), own(a), letter(a), own(a), letter(a), node, letter(a), node);
}

/* Often a comparison that holds: with the initial value, or one that another atomic of the program has written. */
static void say_atomic(struct author *a, unsigned node)
{
  char v[16], to = letter(a), at = letter(a);
  if (chance(a, 50))
    say(a, "%c@%u <- rfaa %c@%u %u", to, own(a), at, node, 100u * (1 + draw(a, 3)));
  else
    say(a, "%c@%u <- rcas %c@%u %u %s", to, own(a), at, node, chance(a, 70) ? initial(at, node) : draw(a, 14) + 1,
        operand(a, v));
}

static void say_operation(struct author *a)
{
  unsigned node = peer(a), kind = draw(a, a->door ? 80 : 100);
  if (kind < 45)
    say_put(a, node);
  else if (kind < 80)
    say_get(a, node);
  else
    say_atomic(a, node);
  a->unpolled[node]++;
}

static void say_cpu(struct author *a)
{
  char v[16], at = letter(a);
  unsigned kind = draw(a, a->door ? 70 : 100);
  if (kind < 35)
    say(a, "%c@%u := %s", at, own(a), operand(a, v));
  else if (kind < 70)
    say(a, "r%u := %c@%u", a->registers++, at, own(a));
  else if (kind < 80)
    say(a, "r%u := cas %c@%u %u %u", a->registers++, at, own(a), initial(at, own(a)), a->value++);
  else if (kind < 90)
    say(a, "mfence");
  else
    say(a, "await %c@%u = %u", at, own(a), chance(a, 50) ? draw(a, 7) + 1 : initial(at, own(a)));
}

static bool say_poll(struct author *a)
{
  unsigned node = draw(a, a->p->nodes) + 1;
  if (a->unpolled[node] == 0)
    return false;
  a->unpolled[node]--;
  say(a, "poll %u", node);
  return true;
}

static void say_one(struct author *a)
{
  unsigned kind = draw(a, 100);
  if (kind < 25 && say_poll(a))
    return;
  if (kind < 30 && !a->door)
    say(a, "rfence %u", peer(a));
  else if (kind < 70)
    say_operation(a);
  else
    say_cpu(a);
}

static void say_thread(struct author *a)
{
  a->registers = 0;
  memset(a->unpolled, 0, sizeof a->unpolled);
  unsigned threads = a->p->threads;
  unsigned lines = threads == 1 ? 2 + draw(a, 7) : threads == 2 ? 1 + draw(a, 5) : 1 + draw(a, 3);
  while (a->p->lines[a->thread] < lines)
    say_one(a);
}

void program_draw_door(struct program *p, uint64_t seed)
{
  struct author a = {.p = p, .random = seed, .value = 10, .door = true};
  memset(p, 0, sizeof *p);
  p->nodes = 2 + chance(&a, 25);
  p->threads = 1 + draw(&a, p->nodes);
  for (a.thread = 0; a.thread < p->threads; a.thread++) {
    p->node[a.thread] = a.thread + 1;
    say_thread(&a);
  }
}

void program_draw(struct program *p, uint64_t seed)
{
  struct author a = {.p = p, .random = seed, .value = 10};
  memset(p, 0, sizeof *p);
  p->nodes = 2 + chance(&a, 25);
  p->threads = 1 + draw(&a, 100) % PROGRAM_THREADS;
  for (a.thread = 0; a.thread < p->threads; a.thread++) {
    p->node[a.thread] = chance(&a, 70) ? a.thread % p->nodes + 1 : draw(&a, p->nodes) + 1;
    say_thread(&a);
  }
}

static void drop(struct program *p, unsigned thread, unsigned line)
{
  for (unsigned i = line + 1; i < p->lines[thread]; i++)
    memcpy(p->line[thread][i - 1], p->line[thread][i], PROGRAM_LINE);
  p->lines[thread]--;
}

void program_shrink(struct program *p, bool (*still)(const struct program *p, void *arg), void *arg)
{
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (unsigned t = 0; t < p->threads && !smaller; t++)
      for (unsigned line = 0; line < p->lines[t] && !smaller; line++) {
        struct program less = *p;
        drop(&less, t, line);
        smaller = still(&less, arg);
        if (smaller)
          *p = less;
      }
  }
}

void program_write(const struct program *p, const char *name, const char *from, const char *condition,
                   char text[PROGRAM_TEXT])
{
  FILE *out = fmemopen(text, PROGRAM_TEXT, "w");
  if (!out)
    return;
  fprintf(out, "RDMA %s\nFrom=%s\n{", name, from);
  for (unsigned node = 1; node <= p->nodes; node++)
    fprintf(out, " x@%u = %u; y@%u = %u;", node, initial('x', node), node, initial('y', node));
  fputs(" }\n", out);
  for (unsigned t = 0; t < p->threads; t++)
    fprintf(out, "%s P%u@%-31u", t ? " |" : "", t, p->node[t]);
  fputs(" ;\n", out);
  for (unsigned row = 0; row < PROGRAM_LINES; row++) {
    bool any = false;
    for (unsigned t = 0; t < p->threads; t++)
      any |= row < p->lines[t];
    for (unsigned t = 0; any && t < p->threads; t++)
      fprintf(out, "%s %-34s", t ? " |" : "", row < p->lines[t] ? p->line[t][row] : "");
    fputs(any ? " ;\n" : "", out);
  }
  if (condition)
    fprintf(out, "exists (%s)\n", condition);
  else
    fprintf(out, "exists (x@1 = %u)\n", initial('x', 1));
  fclose(out);
}
