/* `sacred key`: a secret for one job, which its ranks show each other when they meet over TCP. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../group/seal.h"
#include "run.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char help[] = "usage: sacred key FILE\n"
                           "\n"
                           "Make FILE with a new random key in it, which only you can read (mode 0600). FILE\n"
                           "must not be there. Copy it to every host of the job by a way that you trust, as\n"
                           "in scp -p FILE host:, and set on every rank\n"
                           "\n"
                           "  SACRED_KEY_FILE=FILE\n"
                           "\n"
                           "Ranks that meet at SACRED_ROOT=host:port then show each other that they have it,\n"
                           "and encrypt what they say. Make a new one for each job that is to be kept apart.\n"
                           "\n"
                           "Exit status: 0 made, 2 not made.\n";

int key_command(int argc, char **argv)
{
  if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
    fputs(help, stdout);
    return EXIT_OK;
  }
  if (argc != 2 || argv[1][0] == '-') {
    fputs("sacred: key: give one file to make, as in sacred key job.key; see sacred key --help\n", stderr);
    return EXIT_INPUT;
  }
  if (seal_key_make(argv[1]) == 0)
    return EXIT_OK;
  fprintf(stderr, "sacred: key %s: %s%s\n", argv[1], strerror(errno),
          errno == EEXIST ? ": a key is never written over, give another name" : "");
  return EXIT_INPUT;
}
