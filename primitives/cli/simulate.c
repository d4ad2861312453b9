/* `sacred simulate`: hands over to the simulator, a program of its own that is installed beside this one. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "run.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* It has the same primitives, compiled for another door: they cannot be in one program with the library's. */
int simulate_command(char **argv)
{
  static const char name[] = "sacred-simulate";
  char path[PATH_MAX + sizeof name];
  ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
  while (length > 0 && path[length - 1] != '/')
    length--;
  memcpy(path + (length > 0 ? length : 0), name, sizeof name);
  execv(path, argv);
  fprintf(stderr, "sacred: simulate: %s cannot be run: %s: install it beside sacred, as make install does\n", path,
          strerror(errno));
  return EXIT_INPUT;
}
