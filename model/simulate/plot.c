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
  uint32_t ranks, radix;
  double us;
} points[POINTS_MAX];
static unsigned count;

void plot_keep(uint32_t ranks, uint32_t radix, const struct outcome *o)
{
  if (!o || count == POINTS_MAX)
    return;
  points[count].ranks = ranks;
  points[count].radix = radix;
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

static void curve(FILE *gnuplot, unsigned index, uint32_t radix)
{
  fprintf(gnuplot, "$curve%u << end\n", index);
  for (unsigned k = 0; k < count; k++)
    if (points[k].radix == radix)
      fprintf(gnuplot, "%u %.6f\n", points[k].ranks, points[k].us);
  fprintf(gnuplot, "end\n");
}

static void script(const struct options *o, FILE *gnuplot)
{
  char text[32];
  fprintf(gnuplot, "set terminal svg size 900,600 background 'white'\n"
                   "set logscale x 2\nset logscale y 10\nset grid\nset key left top\n"
                   "set xlabel 'ranks'\nset ylabel 'time of an epoch, µs (simulated)'\n$setting << end\n");
  report_setting(o, gnuplot, "");
  fprintf(gnuplot, "end\nset title $setting[1].\"\\n\".$setting[2].\"\\n\".$setting[3] noenhanced font ',10'\n");
  for (unsigned k = 0; k < o->radix_count; k++)
    curve(gnuplot, k, o->radix[k]);
  fprintf(gnuplot, "plot ");
  for (unsigned k = 0; k < o->radix_count; k++)
    fprintf(gnuplot, "%s$curve%u using 1:2 with linespoints title '%s'", k ? ", " : "", k,
            report_algorithm(o->radix[k], text));
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
