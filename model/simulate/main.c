/* The command: simulate a barrier among many ranks. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"
#include <signal.h>
#include <stdlib.h>

void *enough(void *memory)
{
  if (memory)
    return memory;
  fputs("sacred simulate: out of memory: simulate fewer ranks, or a smaller radix\n", stderr);
  exit(EXIT_LIMIT);
}

void *zeroed(size_t count, size_t size)
{
  return enough(calloc(count > 0 ? count : 1, size));
}

/* One row; EXIT_FAILED where a check has failed. */
static int run(const struct options *o, uint32_t ranks, struct tuning barrier)
{
  struct outcome outcome;
  char name[TUNING_NAME];
  if (why_not(&o->setting, ranks, barrier)) {
    report_row(o, ranks, barrier, NULL);
    return EXIT_OK;
  }
  simulate(&o->setting, ranks, barrier, &outcome);
  if (outcome.wrong[0] != '\0') {
    fprintf(stderr, "sacred simulate: %u ranks, %s: %s\n", ranks, tuning_barrier_name(barrier, name), outcome.wrong);
    return EXIT_FAILED;
  }
  report_row(o, ranks, barrier, &outcome);
  plot_keep(ranks, barrier, &outcome);
  return EXIT_OK;
}

int main(int argc, char **argv)
{
  struct options o;
  int status = options_read(&o, argc, argv), failed = EXIT_OK;
  if (status != EXIT_OK || o.helped)
    return status;
  if (!o.json) {
    report_setting(&o, stdout, "");
    report_head();
  }
  for (unsigned n = 0; n < o.ranks_count; n++)
    for (unsigned k = 0; k < o.barriers; k++)
      if (run(&o, o.ranks[n], o.barrier[k]) != EXIT_OK)
        failed = EXIT_FAILED;
  signal(SIGPIPE, SIG_IGN);
  if (o.plot && failed == EXIT_OK)
    return plot_draw(&o);
  return failed;
}
