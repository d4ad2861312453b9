/* The operational model: the machine's state as bytes, and its steps. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MACHINE_H
#define MACHINE_H
#include "model.h"

enum {
  MACHINE_PAIRS = LITMUS_INSTRUCTIONS,          /* queue pairs: at most one for each instruction */
  MACHINE_COPIES = 127,                         /* words of all operations; an atomic counts two */
  MACHINE_STEPS = 2 * LITMUS_THREADS + 4 * 128, /* that one state can have */
  MACHINE_VALUES = 256,                         /* that one exploration may see */
  MACHINE_COMPLETION = 255,                     /* in wbL, among the copies that land */
};

/* What a queue pair does with one word. */
enum copy_kind {
  COPY_PUT,   /* local word to remote word                        */
  COPY_GET,   /* remote word to local word, as an atomic's old value */
  COPY_WRITE, /* an atomic's new value to the remote word           */
};

struct copy {
  enum copy_kind kind;
  uint8_t instruction, word, local, remote;
};

/* How far a copy is. */
enum stage { STAGE_POSTED, STAGE_READ, STAGE_MOVED }; /* moved: to wbR or wbL */

struct pair {
  uint8_t thread, length;
  uint32_t node;
  uint8_t code[LITMUS_INSTRUCTIONS]; /* what is posted to it, in program order */
  unsigned entered, removed;         /* offsets: how many of them entered the pipe, and have left it */
  unsigned completions;              /* offset: those the CPU sees and has not polled */
  unsigned remote, local;            /* offsets of wbR and wbL: a length, then copies */
};

/*
 * A state is `size` bytes, at offsets that the test gives. Values are indices into `values`.
 * A store buffer is the part of its thread's program between what was flushed and what was executed, since
 * registers are in single-assignment form; a pipe is likewise a part of the program.
 */
struct machine {
  const struct litmus *test;
  struct model_options options;
  unsigned size;
  unsigned executed, flushed; /* offsets: by thread */
  unsigned memory, registers; /* offsets: by location, by register */
  unsigned stages, copied;    /* offsets: by copy, its stage and the value on its way */
  unsigned pairs, copies;
  struct pair pair[MACHINE_PAIRS];
  struct copy copy[MACHINE_COPIES];
  uint8_t pair_of[LITMUS_INSTRUCTIONS]; /* of what is posted, and of polls */
  uint8_t first_copy[LITMUS_INSTRUCTIONS], copies_of[LITMUS_INSTRUCTIONS];
  uint8_t buffered[LITMUS_THREADS][LITMUS_INSTRUCTIONS];            /* the k-th instruction that B(t) holds */
  uint8_t buffered_before[LITMUS_THREADS][LITMUS_INSTRUCTIONS + 1]; /* how many of them before this place */
  uint8_t constant[LITMUS_INSTRUCTIONS][LITMUS_WORDS];              /* values of the operands that are numbers */
  bool constant_location[LITMUS_LOCATIONS];                         /* that nobody writes */
  bool private_location[LITMUS_LOCATIONS];                          /* that one write, and nothing else, accesses */
  unsigned values;
  bool values_full;
  uint64_t value[MACHINE_VALUES];
};

enum rule {
  RULE_CPU,          /* the next instruction of a thread                       */
  RULE_FLUSH,        /* the oldest entry of B(t) goes to memory or to its pipe */
  RULE_READ,         /* nlR, nrR, or an atomic as a whole: a copy is read      */
  RULE_REMOTE_WRITE, /* nrW: a copy goes to wbR                                */
  RULE_LAND,         /* nlW: a copy goes to wbL, and the completion behind the last one */
  RULE_REMOVE,       /* an acknowledged put, or an rfence, leaves the pipe     */
  RULE_DRAIN_REMOTE, /* an entry of wbR goes to memory: the oldest             */
  RULE_DRAIN_LOCAL,  /* an entry of wbL goes to memory or to the CPU: the oldest */
};

struct step {
  uint8_t rule;
  uint8_t who; /* thread, copy or pair, as the rule says; remove: the pair */
  uint8_t at;  /* remove: place in the pair's code; drains: place in the buffer */
};

/*
 * Lay out the machine of a test. Does not block. False: the test has more words than the machine has room for.
 */
bool machine_start(struct machine *m, const struct litmus *test, const struct model_options *options);

/* The first state of all, into m->size bytes. Does not block. */
void machine_first(const struct machine *m, uint8_t *s);

/* The steps that a state can take, in an order that is always the same: how many. Does not block. */
unsigned machine_steps(const struct machine *m, const uint8_t *s, struct step *steps);

/* Take a step. Does not block. */
void machine_take(struct machine *m, uint8_t *s, struct step step);

/* Is every thread at its end, and every buffer empty? Does not block. */
bool machine_is_final(const struct machine *m, const uint8_t *s);

/* The final state, in the columns of the test. Does not block. */
void machine_outcome(const struct machine *m, const uint8_t *s, uint64_t *state);
#endif
