/* The local launcher: N ranks of one program on this host. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef RUN_H
#define RUN_H
#include <stdint.h>

/* What every command of Sacred exits with. */
enum exit_status { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_INPUT = 2, EXIT_LIMIT = 3, EXIT_SKIPPED = 77 };

struct run_options {
  uint32_t n;
  double timeout, grace; /* seconds; timeout 0: none */
  int prefix, pin, keep_going;
  char **program; /* its argv */
};

/* Run it; returns the exit status for main(). */
int run(const struct run_options *options);

/* The other commands; they return the exit status for main() too. */
int info(void);
int doctor(void);
/* `sacred key`, `sacred bench`, `sacred tune`: argv[0] is "key", "bench", "tune". */
int key_command(int argc, char **argv);
int bench_command(int argc, char **argv);
int tune_command(int argc, char **argv);
/* `sacred simulate`: argv[0] is "simulate", NULL is behind the last. Returns where it could not be started only. */
int simulate_command(char **argv);

/* Bind this process to the rank-th of the processors that it may use, modulo their number; never an error. */
void pin_rank(uint32_t rank);

/* What a rank printed, on its way to ours, in whole lines. */
struct stream {
  int from, to;
  uint32_t rank, used;
  char *line;
};

int stream_open(struct stream *s, int from, int to, uint32_t rank);

/* Pass on what is there; 0 once the end was read. */
int stream_pass(struct stream *s);
void stream_close(struct stream *s);
#endif
