/* What `sacred bench --plot` draws, by gnuplot. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"
#include "run.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Run gnuplot with this input and output; its exit status, or -1 where it is not there. */
static int gnuplot(char *option, int input, int output)
{
  char name[] = "gnuplot", *argv[] = {name, option, NULL};
  posix_spawn_file_actions_t actions;
  pid_t pid;
  int status = 0;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, 0);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  int error = posix_spawnp(&pid, name, &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    return -1;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
    ;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int open_plot(const char *file, int flags)
{
  int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
  if (fd < 0)
    fprintf(stderr, "sacred bench: --plot %s: %s\n", file, strerror(errno));
  return fd;
}

int bench_plot_check(const char *file)
{
  char version[] = "--version";
  int null = open("/dev/null", O_RDWR | O_CLOEXEC), status = gnuplot(version, null, null);
  close(null);
  if (status != 0) {
    fprintf(stderr, "sacred bench: --plot %s: gnuplot %s: install Debian's gnuplot-nox, or leave out --plot\n", file,
            status < 0 ? "is not there" : "does not run");
    return EXIT_FAILED;
  }
  int fd = open_plot(file, 0);
  if (fd < 0)
    return EXIT_INPUT;
  close(fd);
  return EXIT_OK;
}

/* Where a bin begins, in microseconds; not at 0, which a logarithmic axis has not. */
static double edge(uint32_t bin)
{
  return bin == 0 ? 1e-4 : (double)histogram_most(bin - 1) / 1e3 + 1e-3;
}

/* How many samples took how long. */
static void script_histogram(FILE *out, const struct bench_row *row)
{
  uint32_t from = histogram_bin(row->whole.min), to = histogram_bin(row->whole.max);
  fprintf(out, "set xlabel 'microseconds'\nset ylabel 'samples'\nset logscale x\nset style fill solid 0.6\n"
               "$counts << END\n");
  for (uint32_t bin = from; bin <= to; bin++) /* where it begins, where the next one does, and how many */
    fprintf(out, "%.4f %.4f %" PRIu64 "\n", edge(bin), edge(bin + 1), row->histogram[bin]);
  fprintf(out, "END\nset xrange [%.4f:%.4f]\nset yrange [0:*]\n", edge(from), edge(to + 1));
  fprintf(out,
          "set label 'median %.3f, p99 %.3f' at graph 0.97, graph 0.95 right\n"
          "plot $counts using (($1+$2)/2):($3/2):1:2:(0):3 with boxxyerror notitle\n",
          (double)row->whole.median / 1e3, (double)row->whole.p99 / 1e3);
}

/* Time against size; what is lost in the noise is left out. */
static void script_sizes(FILE *out, const struct bench_row *rows, uint32_t n)
{
  uint64_t least = rows[0].size, most = rows[0].size;
  int shown = 0;
  fprintf(out, "set xlabel 'bytes'\nset ylabel 'microseconds'\nset logscale x 2\nset logscale y\nset key left top\n");
  fprintf(out, "$rows << END\n");
  for (uint32_t k = 0; k < n; k++) {
    const struct bench_row *row = &rows[k];
    least = row->size < least ? row->size : least;
    most = row->size > most ? row->size : most;
    shown |= row->alone > 0;
    fprintf(out, "%" PRIu64 " %.4f %.4f %.4f %.4f\n", row->size, row->alone / 1e3, (double)row->whole.median / 1e3,
            (double)row->whole.min / 1e3, (double)row->whole.p99 / 1e3);
  }
  fprintf(out, "END\nset xrange [%.1f:%.1f]\nplot ", (double)least / 1.5, (double)most * 1.5);
  if (shown)
    fprintf(out, "$rows using 1:($2 > 0 ? $2 : NaN) with linespoints title 'alone', ");
  fprintf(out, "$rows using 1:3 with linespoints title 'median of the whole', "
               "$rows using 1:4 with lines title 'min', $rows using 1:5 with lines title 'p99'\n");
}

static void script(FILE *out, const struct bench_setting *s, const struct bench_row *rows)
{
  const struct bench_plan *plan = &s->options->plan;
  fprintf(out, "set terminal svg size 900,540 background 'white'\nset grid\n");
  fprintf(out, "set title 'sacred bench %s: ranks %u, wire %s, barrier %s %s'\n", bench_name(plan->what), s->ranks,
          s->wire, s->barrier, tuning_strengths[plan->strength]);
  if (plan->what == BENCH_BARRIER || plan->what == BENCH_FLAG)
    script_histogram(out, rows);
  else
    script_sizes(out, rows, plan->sizes);
}

int bench_plot(const struct bench_setting *setting, const struct bench_row *rows)
{
  char quiet[] = "-";
  FILE *in = tmpfile();
  int out = open_plot(setting->options->plot, O_TRUNC), status = EXIT_FAILED;
  if (in && out >= 0) {
    script(in, setting, rows);
    fflush(in);
    rewind(in);
    status = gnuplot(quiet, fileno(in), out) == 0 ? EXIT_OK : EXIT_FAILED;
    if (status != EXIT_OK)
      fprintf(stderr, "sacred bench: --plot %s: gnuplot could not draw it\n", setting->options->plot);
  }
  if (in)
    fclose(in);
  if (out >= 0)
    close(out);
  return status;
}
