/* Draws an execution in dot's language: a cluster for each thread and queue pair, and its relations. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "execution.h"
#include <inttypes.h>

static void say_event(const struct execution *x, unsigned e, FILE *out)
{
  static const char *const names[] = {"lR", "lW", "CAS", "F", "P", "nlR", "nrW", "nrR", "nlW", "nF", "nAR", "nAW"};
  const struct event *event = &x->event[e];
  fputs(names[event->kind], out);
  if (event_reads(event) || event_writes(event)) {
    fputc(' ', out);
    litmus_print_column(x->test, (struct litmus_column){false, event->location}, out);
  }
  if (event_reads(event))
    fprintf(out, " = %" PRIu64, x->value_read[e]);
  if (event_writes(event) && !(x->unwritten >> e & 1))
    fprintf(out, " := %" PRIu64, x->value_written[e]);
}

static bool is_there(const struct execution *x, unsigned e)
{
  return x->event[e].kind != nAW || !(x->unwritten >> e & 1);
}

static void draw_node(const struct execution *x, unsigned e, FILE *out)
{
  fprintf(out, "      e%u [label=\"", e);
  say_event(x, e, out);
  fputs("\\n", out);
  litmus_print_instruction(x->test, &x->test->code[x->event[e].instruction], out);
  fputs("\"];\n", out);
}

static void edge(unsigned a, unsigned b, const char *label, const char *style, FILE *out)
{
  fprintf(out, "  e%u -> e%u [label=\"%s\", %s];\n", a, b, label, style);
}

/* The NIC's events of one queue pair, of which `first` is the first. */
static void draw_pair(const struct execution *x, unsigned first, FILE *out)
{
  const struct event *e = &x->event[first];
  fprintf(out, "    subgraph cluster_P%u_%" PRIu32 " {\n      label=\"NIC, to node %" PRIu32 "\"; style=rounded;\n",
          e->thread, e->node, e->node);
  for (unsigned a = first; a < x->events; a++)
    if (event_on_nic(&x->event[a]) && event_same_pair(&x->event[a], e) && is_there(x, a))
      draw_node(x, a, out);
  fputs("    }\n", out);
}

static bool is_first_of_pair(const struct execution *x, unsigned e)
{
  for (unsigned a = 0; a < e; a++)
    if (event_on_nic(&x->event[a]) && event_same_pair(&x->event[a], &x->event[e]))
      return false;
  return event_on_nic(&x->event[e]);
}

static void draw_thread(const struct execution *x, unsigned thread, FILE *out)
{
  fprintf(out, "  subgraph cluster_P%u {\n    label=\"P%u on node %" PRIu32 "\";\n", thread, thread,
          x->test->thread[thread].node);
  for (unsigned e = 0; e < x->events; e++)
    if (x->event[e].thread == thread && !event_on_nic(&x->event[e]))
      draw_node(x, e, out);
  for (unsigned e = 0; e < x->events; e++)
    if (x->event[e].thread == thread && is_first_of_pair(x, e))
      draw_pair(x, e, out);
  fputs("  }\n", out);
}

/* po from each event to the next instruction's, and inside of operations. */
static void draw_po(const struct execution *x, FILE *out)
{
  for (unsigned a = 0; a < x->events; a++)
    for (unsigned b = 0; b < x->events; b++) {
      const struct event *from = &x->event[a], *to = &x->event[b];
      if (!is_there(x, a) || !is_there(x, b) || from->thread != to->thread)
        continue;
      bool inside = a != b && to->partner == a;
      bool next = from->place + 1 == to->place && to->partner == b && to->word == 0 &&
                  (a + 1 == x->events || x->event[a].partner == a) && from->word == 0;
      if (inside || next)
        edge(a, b, inside ? "" : "po", inside ? "color=gray, style=dashed" : "color=black, weight=8", out);
    }
}

static void draw_memory(const struct execution *x, FILE *out)
{
  for (unsigned r = 0; r < x->events; r++)
    if (event_reads(&x->event[r]) && x->reads_from[r] != INITIAL)
      edge(x->reads_from[r], r, "rf", "color=red, fontcolor=red, constraint=false", out);
  for (unsigned at = 0; at < x->test->locations; at++)
    for (unsigned i = 1; i < x->writes[at]; i++)
      edge(x->order[at][i - 1], x->order[at][i], "mo", "color=blue, fontcolor=blue, constraint=false", out);
}

/* rb to the first write behind the one that was read: the others follow by mo. */
static void draw_rb(const struct execution *x, FILE *out)
{
  for (unsigned r = 0; r < x->events; r++) {
    unsigned at = x->event[r].location, i = 0;
    if (!event_reads(&x->event[r]) || x->writes[at] == 0)
      continue;
    if (x->reads_from[r] != INITIAL)
      while (i < x->writes[at] && x->order[at][i++] != x->reads_from[r])
        ;
    if (i < x->writes[at] && x->order[at][i] == r)
      i++;
    if (i < x->writes[at])
      edge(r, x->order[at][i], "rb", "color=orange, fontcolor=orange, constraint=false", out);
  }
}

static void draw_polls(const struct execution *x, FILE *out)
{
  for (unsigned a = 0; a < x->events; a++)
    for (unsigned b = 0; b < x->events; b++)
      if (execution_pf(x, a, b))
        edge(a, b, execution_pfg(x, a, b) ? "pfg" : "pf", "color=purple, fontcolor=purple", out);
}

/* nfo where the program has not ordered the two already, and rao. */
static void draw_choices(const struct execution *x, FILE *out)
{
  for (unsigned i = 0; i < x->choices; i++) {
    const struct choice *c = &x->choice[i];
    unsigned a = x->forward[i] ? c->first : c->second, b = x->forward[i] ? c->second : c->first;
    if (c->is_rao)
      edge(a, b, "rao", "color=brown, fontcolor=brown, constraint=false", out);
    else if (!execution_ippo(x, a, b))
      edge(a, b, "nfo", "color=darkgreen, fontcolor=darkgreen, constraint=false, style=dotted", out);
  }
}

void execution_draw(const struct execution *x, FILE *out)
{
  fprintf(out, "digraph litmus {\n  label=\"");
  for (const char *c = x->test->name; *c; c++)
    fprintf(out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
  fputs("\"; labelloc=t; rankdir=TB; compound=true;\n  node [shape=box, style=rounded, fontsize=11]; "
        "edge [fontsize=10];\n",
        out);
  for (unsigned thread = 0; thread < x->test->threads; thread++)
    draw_thread(x, thread, out);
  draw_po(x, out);
  draw_memory(x, out);
  draw_rb(x, out);
  draw_polls(x, out);
  draw_choices(x, out);
  fputs("}\n", out);
}
