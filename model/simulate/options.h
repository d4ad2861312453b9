/* The simulation's command: its options, and what it says. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OPTIONS_H
#define OPTIONS_H
#include "simulate.h"
#include <stdbool.h>
#include <stdio.h>

enum { LIST_MAX = 64, MEASURED_MAX = 250, NANOSECONDS_MAX = 1000000000 };

/* What every command of Sacred exits with. */
enum exit_status { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_INPUT = 2, EXIT_LIMIT = 3 };

/* Where parameters are from. */
struct source {
  const char *file;                /* or NULL */
  bool given;                      /* one or more by an option, and not by a file */
  char measured[MEASURED_MAX + 1]; /* how, as that file says; or "" */
};

struct options {
  struct setting setting;
  uint32_t ranks[LIST_MAX]; /* what is run: each with each */
  struct tuning barrier[LIST_MAX];
  unsigned ranks_count, barriers;
  bool json, helped; /* helped: the usage was asked for, and that is all */
  const char *plot;  /* a file, or NULL */
  struct source network, memory;
};

/* EXIT_OK; or EXIT_INPUT, and the standard error has what is wrong with which value, and what is allowed. */
int options_read(struct options *o, int argc, char **argv);
int options_bad(const char *what, const char *value, const char *remedy);

/* Parameters from a file, in JSON, that `option` names. As options_read(). */
int parameters_read(const char *option, const char *file, struct loggp *p, struct source *from);

/* Nanoseconds, 0 to NANOSECONDS_MAX, in picoseconds; false: not in that range. */
bool picoseconds(double ns, uint64_t *time);

/* -- what is said --------------------------------------------------------------------- */

/* The setting in words, and what is left out; each line behind `mark`. */
void report_setting(const struct options *o, FILE *out, const char *mark);
void report_head(void);
bool report_lists_local(const struct options *o);

/* One row; NULL: this was not run, and why_not() says why. */
void report_row(const struct options *o, uint32_t ranks, struct tuning barrier, const struct outcome *outcome);

/* As options_read(): is gnuplot here, and can the file be written? */
int plot_check(const char *file);

/* Keep a row to be drawn; draw those that were kept: EXIT_OK, or EXIT_FAILED and that is said. */
void plot_keep(uint32_t ranks, struct tuning barrier, const struct outcome *outcome);
int plot_draw(const struct options *o);
#endif
