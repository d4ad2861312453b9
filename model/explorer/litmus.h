/* A litmus test, parsed and checked: the one thing that the two models of the machine share. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LITMUS_H
#define LITMUS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Larger tests are refused with an error: the models enumerate, and would not end. */
enum {
  LITMUS_THREADS = 8,
  LITMUS_LOCATIONS = 32,
  LITMUS_INSTRUCTIONS = 64, /* of all threads together */
  LITMUS_REGISTERS = 64,    /* of all threads together, one for each assignment */
  LITMUS_WORDS = 8,         /* of one remote operation */
  LITMUS_CONDITION = 256,   /* terms and connectives of the condition */
  LITMUS_DEPTH = 100,       /* of parentheses and negations */
  LITMUS_NAME = 32,
  LITMUS_TITLE = 256,
  LITMUS_BYTES = 16 << 20, /* of one file */
};

enum litmus_kind {
  LITMUS_STORE,  /* x := e          */
  LITMUS_LOAD,   /* r := x          */
  LITMUS_CAS,    /* r := cas x e e  */
  LITMUS_MFENCE, /* mfence          */
  LITMUS_AWAIT,  /* await x = e     */
  LITMUS_POLL,   /* poll n          */
  LITMUS_RFENCE, /* rfence n        */
  LITMUS_PUT,    /* put z, … <- x, …  or, inline, put z, … <- e, … */
  LITMUS_GET,    /* get x, … <- z, … */
  LITMUS_RCAS,   /* x <- rcas z e e */
  LITMUS_RFAA,   /* x <- rfaa z e   */
};

/* A number, or the value that a register was given. */
struct litmus_operand {
  bool is_register;
  uint8_t reg; /* index into the test's registers */
  uint64_t number;
};

/*
 * One instruction of one thread. Registers are in single-assignment form: each assignment has a register
 * of its own, so that an operand keeps its value however late it is used.
 */
struct litmus_instruction {
  enum litmus_kind kind;
  bool is_inline;               /* put: the values are in `operand` */
  uint8_t reg;                  /* load, cas: the register assigned */
  uint8_t words;                /* remote operations: how many */
  uint32_t node;                /* rfence, poll, remote operations: the node at the other end */
  uint8_t local[LITMUS_WORDS];  /* locations: of the CPU's access, or the local words */
  uint8_t remote[LITMUS_WORDS]; /* locations: the remote words */
  struct litmus_operand
      operand[LITMUS_WORDS]; /* store, await: v; cas, rcas: old, new; rfaa: d; inline put: a word each */
};

struct litmus_thread {
  uint32_t node;
  uint8_t length;
  uint8_t code[LITMUS_INSTRUCTIONS]; /* indices into litmus.code, in program order */
};

struct litmus_location {
  char name[LITMUS_NAME];
  uint32_t node;
  uint64_t initial;
};

/* One assignment of a register; `last` if the final state shows it. */
struct litmus_register {
  char name[LITMUS_NAME];
  uint8_t thread;
  bool last;
};

enum litmus_term_kind { LITMUS_IS_REGISTER, LITMUS_IS_LOCATION, LITMUS_NOT, LITMUS_AND, LITMUS_OR };

/* One term of the condition; `left` and `right` are terms before this one. */
struct litmus_term {
  enum litmus_term_kind kind;
  uint16_t left, right;
  uint8_t subject; /* register or location */
  uint64_t value;
};

enum litmus_quantifier { LITMUS_EXISTS, LITMUS_NOT_EXISTS, LITMUS_FORALL };
enum litmus_verdict { LITMUS_UNCHECKED, LITMUS_ALLOWED, LITMUS_FORBIDDEN, LITMUS_UNKNOWN };

struct litmus {
  char name[LITMUS_TITLE];
  char title[LITMUS_TITLE];
  enum litmus_verdict expect;              /* of the proposition, gets in any order */
  enum litmus_verdict expect_gets_ordered; /* of the proposition, gets in order */
  bool blocked_allowed;
  uint64_t hash; /* of all tokens from the initial values on */

  unsigned threads, locations, instructions, registers, terms;
  struct litmus_thread thread[LITMUS_THREADS];
  struct litmus_location location[LITMUS_LOCATIONS];
  struct litmus_instruction code[LITMUS_INSTRUCTIONS];
  struct litmus_register reg[LITMUS_REGISTERS];

  enum litmus_quantifier quantifier;
  struct litmus_term term[LITMUS_CONDITION]; /* the last one is the whole proposition */
};

struct litmus_error {
  unsigned line, column; /* from 1; 0 where the file as a whole is meant */
  char text[512];
};

/*
 * Read a test from `length` bytes of `text`, which may hold anything.
 *
 * Does not block, allocates nothing. Returns true; or false, with the place and the reason in `error`
 * and nothing of use in `test`.
 */
bool litmus_parse(const char *text, size_t length, struct litmus *test, struct litmus_error *error);

/* As litmus_parse(), from the file `path`, of at most LITMUS_BYTES. */
bool litmus_read(const char *path, struct litmus *test, struct litmus_error *error);

/* Does this instruction post an operation, which will have a completion? Or that, or a remote fence? Do not block. */
bool litmus_is_operation(enum litmus_kind kind);
bool litmus_is_posted(enum litmus_kind kind);

/* Write an instruction as a test has it. Blocks as stdio does. */
void litmus_print_instruction(const struct litmus *test, const struct litmus_instruction *i, FILE *out);

/* Write the condition with its quantifier, as a test has it. Blocks as stdio does. */
void litmus_print_condition(const struct litmus *test, FILE *out);

/* A column of the final states: a register with `last`, or a location. */
struct litmus_column {
  bool is_register;
  unsigned index;
};

/*
 * The columns of the final states, registers by thread and then locations, into `columns`, which has room
 * for LITMUS_REGISTERS + LITMUS_LOCATIONS. Returns how many there are. Does not block.
 */
unsigned litmus_columns(const struct litmus *test, struct litmus_column *columns);

/* Write the name of a column: P1:a or z@2. Blocks as stdio does. */
void litmus_print_column(const struct litmus *test, struct litmus_column column, FILE *out);

/*
 * Does the proposition, without its quantifier, hold in this final state? Does not block.
 * `state` has one value for each of litmus_columns().
 */
bool litmus_holds(const struct litmus *test, const uint64_t *state);
#endif
