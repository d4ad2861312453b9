/* Time against ranks, drawn by gnuplot. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POINTS_MAX = LIST_MAX * LIST_MAX };

static struct {
  uint32_t ranks;
  struct tuning barrier;
  double us;
} points[POINTS_MAX];
static unsigned count;

void plot_keep(uint32_t ranks, struct tuning barrier, const struct outcome *o)
{
  if (!o || count == POINTS_MAX)
    return;
  points[count].ranks = ranks;
  points[count].barrier = barrier;
  points[count++].us = (double)o->mean / 1e6;
}

int plot_check(const char *file)
{
  if (system("gnuplot --version >/dev/null 2>&1") != 0)
    return options_bad("--plot", file, "there is no gnuplot: apt-get install gnuplot-nox");
  FILE *out = fopen(file, "w");
  if (!out)
    return options_bad("--plot", file, strerror(errno));
  fclose(out);
  return EXIT_OK;
}

static bool is_of(unsigned k, struct tuning barrier)
{
  return points[k].barrier.local == barrier.local && points[k].barrier.radix == barrier.radix;
}

/* Where it was not run at all it has none. */
static bool has_curve(struct tuning barrier)
{
  unsigned k = 0;
  while (k < count && !is_of(k, barrier))
    k++;
  return k < count;
}

static void curve(FILE *gnuplot, unsigned index, struct tuning barrier)
{
  fprintf(gnuplot, "$curve%u << end\n", index);
  for (unsigned k = 0; k < count; k++)
    if (is_of(k, barrier))
      fprintf(gnuplot, "%u %.6f\n", points[k].ranks, points[k].us);
  fprintf(gnuplot, "end\n");
}

static void script(const struct options *o, FILE *gnuplot)
{
  char name[TUNING_NAME];
  const char *comma = "";
  fprintf(gnuplot, "set terminal svg size 900,600 background 'white'\n"
                   "set logscale x 2\nset logscale y 10\nset grid\nset key left top\n"
                   "set xlabel 'ranks'\nset ylabel 'time of an epoch, µs (simulated)'\n$setting << end\n");
  report_setting(o, gnuplot, "");
  fprintf(gnuplot, "end\nset title $setting[1].\"\\n\".$setting[2].\"\\n\".$setting[3]%s noenhanced font ',10'\n",
          report_lists_local(o) ? ".\"\\n\".$setting[4]" : "");
  for (unsigned k = 0; k < o->barriers; k++)
    curve(gnuplot, k, o->barrier[k]);
  fprintf(gnuplot, "plot ");
  for (unsigned k = 0; k < o->barriers; k++) {
    if (!has_curve(o->barrier[k]))
      continue;
    fprintf(gnuplot, "%s$curve%u using 1:2 with linespoints title '%s'", comma, k,
            tuning_barrier_name(o->barrier[k], name));
    comma = ", ";
  }
  fprintf(gnuplot, "\n");
}

/* gnuplot, with the file for its output; returns the end that takes its script, or NULL. */
static FILE *start(const char *file, pid_t *pid)
{
  int ends[2];
  if (pipe(ends) != 0)
    return NULL;
  *pid = fork();
  if (*pid == 0) {
    if (dup2(ends[0], STDIN_FILENO) < 0 || !freopen(file, "w", stdout))
      _exit(1);
    close(ends[1]);
    execlp("gnuplot", "gnuplot", (char *)NULL);
    _exit(1);
  }
  close(ends[0]);
  return fdopen(ends[1], "w");
}

int plot_draw(const struct options *o)
{
  pid_t pid;
  int status = 1;
  if (count == 0)
    return options_bad("--plot", o->plot, "nothing was run that could be drawn");
  FILE *gnuplot = start(o->plot, &pid);
  if (gnuplot) {
    script(o, gnuplot);
    fclose(gnuplot);
    waitpid(pid, &status, 0);
  }
  if (status == 0)
    return EXIT_OK;
  options_bad("--plot", o->plot, "gnuplot could not draw it; what it says is above");
  return EXIT_FAILED;
}
