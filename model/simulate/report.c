/* What the simulation says of each row. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

static const char *strength_name(const struct setting *s)
{
  static const char *const names[] = {"arrive", "inbound", "full"};
  return names[s->strength];
}

const char *report_algorithm(uint32_t radix, char text[32])
{
  if (radix == ALL_TO_ALL)
    return "all-to-all";
  snprintf(text, 32, "dissemination:%u", radix);
  return text;
}

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

void report_setting(const struct options *o, FILE *out, const char *mark)
{
  const struct setting *s = &o->setting;
  fprintf(out, "%ssimulated, LogGP: L %g ns a hop, o %g ns, g %g ns, G %g ns a byte: ", mark, ns(s->latency),
          ns(s->overhead), ns(s->gap), ns(s->byte));
  fprintf(out, o->file ? "as %s and the options say\n" : "given, and not measured\n", o->file);
  fprintf(out, "%s%s; ", mark, s->ports ? "fat tree, 2 hops a level" : "flat network, one hop");
  if (s->ports)
    fprintf(out, "switches of %u ports; ", s->ports);
  hosts(s, out);
  fprintf(out, "; no contention of links\n%s%s, %u epochs", mark, strength_name(s), s->epochs);
  if (s->noise > 0)
    fprintf(out, "; noise of %g ns an overhead", ns(s->noise));
  if (s->stragglers > 0)
    fprintf(out, "; %u ranks late by %g ns", s->stragglers, ns(s->late));
  if (s->noise > 0 || s->stragglers > 0)
    fprintf(out, "; seed %llu", (unsigned long long)s->seed);
  fprintf(out, "\n");
  if (o->measured[0] != '\0')
    fprintf(out, "%sthose of %s: %s\n", mark, o->file, o->measured);
}

void report_head(void)
{
  printf("\n%9s  %-16s %6s %12s %12s %12s %10s %6s %10s %8s\n", "", "", "", "time of an", "epoch, us", "", "messages",
         "QPs", "bytes", "");
  printf("%9s  %-16s %6s %12s %12s %12s %10s %6s %10s %8s\n", "ranks", "algorithm", "rounds", "mean", "least", "most",
         "a rank", "a rank", "a rank", "CPU, s");
}

/* What there would be too much of. */
static const char *why_not(uint32_t radix)
{
  return radix == ALL_TO_ALL ? "n^2 messages" : "n^2 looks of flushes";
}

static void row_text(uint32_t ranks, uint32_t radix, const struct outcome *r)
{
  char text[32];
  const char *algorithm = report_algorithm(radix, text);
  printf("%9u  %-16s ", ranks, algorithm);
  if (!r)
    printf("not run: %s\n", why_not(radix));
  else
    printf("%6u %12.3f %12.3f %12.3f %10.1f %6u %10llu %8.2f\n", r->rounds, ns(r->mean) / 1000, ns(r->least) / 1000,
           ns(r->most) / 1000, r->messages, r->pairs, (unsigned long long)r->bytes, r->seconds);
}

static void row_json(const struct setting *s, uint32_t ranks, uint32_t radix, const struct outcome *r)
{
  char text[32];
  const char *algorithm = report_algorithm(radix, text);
  printf("{\"ranks\": %u, \"algorithm\": \"%s\", \"strength\": \"%s\", ", ranks, algorithm, strength_name(s));
  if (!r)
    printf("\"run\": false, \"why\": \"%s\"}\n", why_not(radix));
  else
    printf(
        "\"run\": true, \"rounds\": %u, \"mean_ns\": %.3f, \"least_ns\": %.3f, \"most_ns\": %.3f, "
        "\"period_ns\": %.3f, \"messages\": %.6g, \"qps\": %u, \"bytes\": %llu, \"steps\": %llu, \"seconds\": %.3f}\n",
        r->rounds, ns(r->mean), ns(r->least), ns(r->most), ns(r->period), r->messages, r->pairs,
        (unsigned long long)r->bytes, (unsigned long long)r->steps, r->seconds);
}

void report_row(const struct options *o, uint32_t ranks, uint32_t radix, const struct outcome *r)
{
  if (o->json)
    row_json(&o->setting, ranks, radix, r);
  else
    row_text(ranks, radix, r);
  fflush(stdout);
}
