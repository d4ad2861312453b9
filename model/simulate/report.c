/* What the simulation says of each row. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

static double ns(uint64_t time)
{
  return (double)time / 1000;
}

static void hosts(const struct setting *s, FILE *out)
{
  if (s->per_host == 0)
    fprintf(out, "all ranks on one host");
  else if (s->per_host == 1)
    fprintf(out, "a host for each rank");
  else
    fprintf(out, "%u ranks a host", s->per_host);
  if (s->cores > 0)
    fprintf(out, ", %u processor%s a host, %g ns to turn to another rank", s->cores, s->cores == 1 ? "" : "s",
            ns(s->switching));
}

bool report_lists_local(const struct options *o)
{
  unsigned k = 0;
  while (k < o->barriers && !o->barrier[k].local)
    k++;
  return k < o->barriers;
}

static void parameters(const struct loggp *p, const struct source *from, const char *otherwise, FILE *out)
{
  fprintf(out, "L %g ns, o %g ns, g %g ns, G %g ns a byte: ", ns(p->latency), ns(p->overhead), ns(p->gap), ns(p->byte));
  if (from->file)
    fprintf(out, "as %s and the options say\n", from->file);
  else
    fprintf(out, "%s\n", from->given ? "given, and not measured" : otherwise);
}

static void measured(const struct source *from, FILE *out, const char *mark)
{
  if (from->measured[0] != '\0')
    fprintf(out, "%sthose of %s: %s\n", mark, from->file, from->measured);
}

void report_setting(const struct options *o, FILE *out, const char *mark)
{
  const struct setting *s = &o->setting;
  fprintf(out, "%ssimulated, LogGP, a hop: ", mark);
  parameters(&s->network, &o->network, "given, and not measured", out);
  fprintf(out, "%s%s; ", mark, s->ports ? "fat tree, 2 hops a level" : "flat network, one hop");
  if (s->ports)
    fprintf(out, "switches of %u ports; ", s->ports);
  hosts(s, out);
  fprintf(out, "; no contention of links\n%s%s, %u epochs", mark, tuning_strengths[s->strength], s->epochs);
  if (s->strength != SACRED_ARRIVE)
    fprintf(out, "; before each, everybody has put something to %u others", s->puts);
  if (s->noise > 0)
    fprintf(out, "; noise of %g ns an overhead", ns(s->noise));
  if (s->stragglers > 0)
    fprintf(out, "; %u ranks late by %g ns", s->stragglers, ns(s->late));
  if (s->noise > 0 || s->stragglers > 0)
    fprintf(out, "; seed %llu", (unsigned long long)s->seed);
  fprintf(out, "\n");
  if (report_lists_local(o)) {
    fprintf(out, "%sby local within a host: ", mark);
    parameters(&s->memory, &o->memory, "measured by sacred bench loggp in a virtual machine (Intel Xeon)", out);
  }
  measured(&o->network, out, mark);
  measured(&o->memory, out, mark);
}

void report_head(void)
{
  printf("\n%9s  %-16s %6s %12s %12s %12s %10s %8s %6s %10s %8s\n", "", "", "", "time of an", "epoch, us", "",
         "messages", "words", "QPs", "bytes", "");
  printf("%9s  %-16s %6s %12s %12s %12s %10s %8s %6s %10s %8s\n", "ranks", "algorithm", "rounds", "mean", "least",
         "most", "a rank", "a rank", "a rank", "a rank", "CPU, s");
}

static void row_text(const struct setting *s, uint32_t ranks, struct tuning barrier, const struct outcome *r)
{
  char name[TUNING_NAME];
  printf("%9u  %-16s ", ranks, tuning_barrier_name(barrier, name));
  if (!r)
    printf("not run: %s\n", why_not(s, ranks, barrier));
  else
    printf("%6u %12.3f %12.3f %12.3f %10.1f %8.1f %6u %10llu %8.2f\n", r->rounds, ns(r->mean) / 1000,
           ns(r->least) / 1000, ns(r->most) / 1000, r->messages, r->words, r->pairs, (unsigned long long)r->bytes,
           r->seconds);
}

static void row_json(const struct setting *s, uint32_t ranks, struct tuning barrier, const struct outcome *r)
{
  char name[TUNING_NAME];
  printf("{\"ranks\": %u, \"hosts\": %u, \"algorithm\": \"%s\", \"strength\": \"%s\", ", ranks, hosts_of(s, ranks),
         tuning_barrier_name(barrier, name), tuning_strengths[s->strength]);
  if (!r)
    printf("\"run\": false, \"why\": \"%s\"}\n", why_not(s, ranks, barrier));
  else
    printf("\"run\": true, \"rounds\": %u, \"mean_ns\": %.3f, \"least_ns\": %.3f, \"most_ns\": %.3f, "
           "\"period_ns\": %.3f, \"messages\": %.6g, \"words\": %.6g, \"qps\": %u, \"bytes\": %llu, \"steps\": %llu, "
           "\"seconds\": %.3f}\n",
           r->rounds, ns(r->mean), ns(r->least), ns(r->most), ns(r->period), r->messages, r->words, r->pairs,
           (unsigned long long)r->bytes, (unsigned long long)r->steps, r->seconds);
}

void report_row(const struct options *o, uint32_t ranks, struct tuning barrier, const struct outcome *r)
{
  (o->json ? row_json : row_text)(&o->setting, ranks, barrier, r);
  fflush(stdout);
}
