/* The `sacred` command: what it can do, and the reading of its options. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../group/control.h"
#include "../group/number.h"
#include "run.h"
#include <fcntl.h>
#include <getopt.h>
#include <sacred/sacred.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "usage: sacred run -n RANKS [options] [--] program [arguments]\n"
                           "       sacred bench barrier|broadcast|flag|put|loggp [options]\n"
                           "       sacred tune [options]\n"
                           "       sacred key FILE\n"
                           "       sacred simulate barrier [options]\n"
                           "       sacred info | doctor | version\n"
                           "\n"
                           "Sacred: synchronisation over RDMA whose ordering is proved.\n"
                           "\n"
                           "  run      start the ranks of a program on this host; see sacred run --help\n"
                           "  bench    measure a primitive between the ranks of a job; see sacred bench --help\n"
                           "  tune     measure the barriers there are, for SACRED_TUNING; see sacred tune --help\n"
                           "  simulate how long a barrier would take many ranks; see sacred simulate --help\n"
                           "  info     list the RDMA devices, their addresses, and what would be chosen\n"
                           "  doctor   look at what RDMA needs on this host, and say what to do;\n"
                           "           as the ranks of a job, also whether they reach each other\n"
                           "  key      make a secret for ranks that meet over TCP; see sacred key --help\n"
                           "  version  print the version\n"
                           "\n"
                           "Exit statuses: 0 ok, 1 a check failed, 2 bad input, 3 a limit was reached, 77 skipped.\n";

static const char run_help[] =
    "usage: sacred run -n RANKS [options] [--] program [arguments]\n"
    "\n"
    "Start RANKS processes of a program on this host and pass on what they print,\n"
    "each line behind its rank. Rank 0 has the standard input.\n"
    "\n"
    "  -n RANKS       how many, 1 to 1024\n"
    "  --timeout S    end all after S seconds, with exit status 3\n"
    "  --grace S      after a rank failed, leave the others S seconds to return\n"
    "                 with their own errors; then SIGTERM, then SIGKILL (2)\n"
    "  --keep-going   let the others run on when a rank fails\n"
    "  --no-prefix    print lines as they are\n"
    "  --pin          bind rank r to the r-th processor allowed, modulo their number\n"
    "  --help         this text\n"
    "\n"
    "Environment of the program:\n"
    "  SACRED_HEAP=1G         bytes of heap a rank; K, M, G are suffixes\n"
    "  SACRED_WIRE=verbs      RDMA; shm: shared memory, the default\n"
    "  SACRED_DEVICE=a,b      its devices, ranks take turns; SACRED_PORT, SACRED_GID_INDEX,\n"
    "  SACRED_MTU             and the rest of the choice; hw-tests/README.md has all\n"
    "  SACRED_LOG=1           each rank says what it chose\n"
    "  SACRED_SHM_LATE=seed   for tests: perform posts late, in a random order that is allowed\n"
    "  SACRED_TEST_EPOCH=n    for tests: barriers start as if n epochs were over\n"
    "\n"
    "Exit status: that of the worst rank, 128 + n for one killed by signal n;\n"
    "2 bad input, 3 --timeout was reached.\n";

static int bad(const char *what, const char *value, const char *remedy)
{
  fprintf(stderr, "sacred: %s%s%s: %s\n", what, value ? " " : "", value ? value : "", remedy);
  return EXIT_INPUT;
}

static int read_ranks(const char *text, uint32_t *n)
{
  char words[NUMBER_WORDS];
  uint64_t v;
  if (number_read(text, 1, CONTROL_RANKS_MAX, &v, NULL) != NUMBER_READ)
    return bad("-n", text, number_remedy(1, CONTROL_RANKS_MAX, words));
  *n = (uint32_t)v;
  return EXIT_OK;
}

static int read_seconds(const char *option, const char *text, double *seconds)
{
  char *end;
  double v = strtod(text, &end);
  if (end == text || *end != '\0' || !(v >= 0) || v > 1e8)
    return bad(option, text, "give seconds, from 0 to 100000000, as in 2.5");
  *seconds = v;
  return EXIT_OK;
}

static const struct option long_options[] = {{"timeout", required_argument, NULL, 't'},
                                             {"grace", required_argument, NULL, 'g'},
                                             {"keep-going", no_argument, NULL, 'k'},
                                             {"no-prefix", no_argument, NULL, 'p'},
                                             {"pin", no_argument, NULL, 'c'},
                                             {"help", no_argument, NULL, 'h'},
                                             {NULL, 0, NULL, 0}};

/* argv[0] is "run". */
static int run_command(int argc, char **argv)
{
  struct run_options o = {.grace = 2, .prefix = 1};
  int status = EXIT_OK, c;
  opterr = 0;
  while (status == EXIT_OK && (c = getopt_long(argc, argv, "+:n:h", long_options, NULL)) != -1)
    switch (c) {
    case 'n':
      status = read_ranks(optarg, &o.n);
      break;
    case 't':
      status = read_seconds("--timeout", optarg, &o.timeout);
      break;
    case 'g':
      status = read_seconds("--grace", optarg, &o.grace);
      break;
    case 'k':
      o.keep_going = 1;
      break;
    case 'p':
      o.prefix = 0;
      break;
    case 'c':
      o.pin = 1;
      break;
    case 'h':
      fputs(run_help, stdout);
      return EXIT_OK;
    case ':':
      status = bad(argv[optind - 1], NULL, "a value is missing; see sacred run --help");
      break;
    default:
      status = bad("option", argv[optind - 1], "unknown, or with a value that it does not take; see sacred run --help");
    }
  if (status != EXIT_OK)
    return status;
  if (o.n == 0)
    return bad("-n", NULL, "missing: how many ranks? as in sacred run -n 4 program");
  if (optind == argc)
    return bad("program", NULL, "missing: what shall the ranks run? as in sacred run -n 4 program");
  o.program = argv + optind;
  return run(&o);
}

/* 0, 1 and 2 are to be what they are thought to be, and no file of ours. */
static void open_standard(void)
{
  int fd;
  while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= 2)
    ;
  if (fd > 2)
    close(fd);
}

int main(int argc, char **argv)
{
  open_standard();
  if (argc < 2)
    return bad("command", NULL, "missing: see sacred --help");
  const char *command = argv[1];
  if (!strcmp(command, "run"))
    return run_command(argc - 1, argv + 1);
  if (!strcmp(command, "bench"))
    return bench_command(argc - 1, argv + 1);
  if (!strcmp(command, "tune"))
    return tune_command(argc - 1, argv + 1);
  if (!strcmp(command, "key"))
    return key_command(argc - 1, argv + 1);
  if (!strcmp(command, "simulate"))
    return simulate_command(argv + 1);
  if (!strcmp(command, "version") || !strcmp(command, "--version")) {
    puts("sacred " SACRED_VERSION);
    return EXIT_OK;
  }
  if (!strcmp(command, "info") || !strcmp(command, "doctor")) {
    if (argc > 2)
      return bad(command, argv[2], "takes no arguments; see sacred --help");
    return !strcmp(command, "info") ? info() : doctor();
  }
  if (!strcmp(command, "help") || !strcmp(command, "--help") || !strcmp(command, "-h")) {
    fputs(help, stdout);
    return EXIT_OK;
  }
  return bad("command", command, "unknown; see sacred --help");
}
