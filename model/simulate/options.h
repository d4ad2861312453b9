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

struct options {
  struct setting setting;
  uint32_t ranks[LIST_MAX], radix[LIST_MAX]; /* what is run: each with each */
  unsigned ranks_count, radix_count;
  bool json, helped;               /* helped: the usage was asked for, and that is all */
  const char *plot;                /* a file, or NULL */
  const char *file;                /* that has parameters, or NULL */
  char measured[MEASURED_MAX + 1]; /* how, as that file says; or "" */
};

/* EXIT_OK; or EXIT_INPUT, and the standard error has what is wrong with which value, and what is allowed. */
int options_read(struct options *o, int argc, char **argv);
int options_bad(const char *what, const char *value, const char *remedy);

/* Parameters of the network from a file, in JSON. As options_read(). */
int parameters_read(struct options *o, const char *file);

/* Nanoseconds, 0 to NANOSECONDS_MAX, in picoseconds; false: not in that range. */
bool picoseconds(double ns, uint64_t *time);

/* -- what is said --------------------------------------------------------------------- */

/* The setting in words, and what is left out; each line behind `mark`. */
void report_setting(const struct options *o, FILE *out, const char *mark);
void report_head(void);

/* "all-to-all", "dissemination:4". */
const char *report_algorithm(uint32_t radix, char text[32]);

/* One row; NULL: this was not run, as it has too many messages. */
void report_row(const struct options *o, uint32_t ranks, uint32_t radix, const struct outcome *outcome);

/* As options_read(): is gnuplot here, and can the file be written? */
int plot_check(const char *file);

/* Keep a row to be drawn; draw those that were kept: EXIT_OK, or EXIT_FAILED and that is said. */
void plot_keep(uint32_t ranks, uint32_t radix, const struct outcome *outcome);
int plot_draw(const struct options *o);
#endif
