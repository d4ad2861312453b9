/* Were the logs of a group's ranks possible on the machine? Read, judged, told. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CONFORM_H
#define CONFORM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
  LOG_RANKS = 4096,    /* of a group */
  LOG_WORDS = 128,     /* of one line */
  LOG_LINE = 64 << 10, /* bytes of one line */
  LOG_NAME = 16,       /* digits of a group */
  LOG_PERCENT = 90     /* of the events have to be covered, or nothing is said */
};

enum log_op {
  LOG_LOAD,   /* a word of peer's row, here: value */
  LOG_COPY,   /* some words of peer's row, here */
  LOG_FILL,   /* some words of my row, at home */
  LOG_SIGNAL, /* an inline put of a word of my row to peer: value */
  LOG_PUT,    /* a put of value bytes of my row, at `from`, to peer */
  LOG_WRITE,  /* a put of value bytes of a region */
  LOG_WORD,   /* an inline put of a word of a region */
  LOG_READ,   /* a get of value bytes of a region */
  LOG_FLUSH,  /* a get of nothing of interest */
  LOG_POLL,   /* of what was posted to peer, value operations are completed */
  LOG_CLOSE,  /* the end */
  LOG_OPS
};

struct log_word {
  uint64_t cell, value;
};

struct log_line {
  enum log_op op;
  uint32_t number; /* of the line in its file */
  uint32_t peer;
  uint64_t cell, value;
  uint64_t from;        /* put: where it is at home */
  uint32_t word, words; /* fill, copy: which of the log's words */
};

/* One rank's log. */
struct log {
  const char *name; /* of its file */
  char group[LOG_NAME + 1];
  uint32_t rank, size;
  bool closed; /* it has its last line */
  struct log_line *line;
  struct log_word *word;
  uint32_t lines, words, line_room, word_room;
};

/* Where and why; `line` 0: the file as a whole. */
struct log_error {
  const char *name;
  uint32_t line;
  char text[256];
};

/*
 * Read a log from `length` bytes of `text`, which may hold anything.
 *
 * Does not block. Returns true; or false, with the place and the reason in `error`. Give it back with log_free() in
 * either case. `name` has to stay.
 */
bool log_parse(const char *name, const char *text, size_t length, struct log *log, struct log_error *error);
void log_free(struct log *log);

enum conform_verdict { CONFORM_ALLOWED, CONFORM_FORBIDDEN, CONFORM_UNDECIDED, CONFORM_WRONG };

struct conform {
  enum conform_verdict verdict; /* CONFORM_WRONG: see the error */
  uint64_t events;              /* lines but for the closing ones */
  uint64_t covered;             /* of these: all but the looks whose values are nobody's that is known */
  uint64_t several;             /* covered, but several writes had one of their values */
  uint64_t valueless;           /* covered, but what was put or got is not in the log */
  const char *limit;            /* NULL, or why nothing is said */
};

/*
 * Judge the logs of one group, of n ranks, which need not be all. What was found is written to `out`: the cycle where
 * there is one. Time and memory in proportion to the logs, but for one sorting of the places that a rank fills; at most
 * `most` events are looked at. Does not block but as stdio does.
 */
struct conform conform(const struct log *logs, uint32_t n, uint64_t most, FILE *out, struct log_error *error);

/* Read and judge all of these files, each group by itself. The exit status of --check-trace. */
int conform_files(char **paths, int n, uint64_t most);

/* Does this file begin as a log does? */
bool conform_is_log(const char *path);
#endif
