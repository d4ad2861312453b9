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
static int run(const struct options *o, uint32_t ranks, uint32_t radix)
{
  struct outcome outcome;
  char text[32];
  if (is_square(&o->setting, radix) && ranks > SQUARE_MAX) {
    report_row(o, ranks, radix, NULL);
    return EXIT_OK;
  }
  simulate(&o->setting, ranks, radix, &outcome);
  if (outcome.wrong[0] != '\0') {
    fprintf(stderr, "sacred simulate: %u ranks, %s: %s\n", ranks, report_algorithm(radix, text), outcome.wrong);
    return EXIT_FAILED;
  }
  report_row(o, ranks, radix, &outcome);
  plot_keep(ranks, radix, &outcome);
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
    for (unsigned k = 0; k < o.radix_count; k++)
      if (run(&o, o.ranks[n], o.radix[k]) != EXIT_OK)
        failed = EXIT_FAILED;
  signal(SIGPIPE, SIG_IGN);
  if (o.plot && failed == EXIT_OK)
    return plot_draw(&o);
  return failed;
}
