/* The machine of model/README.md, for compiled primitives: its state, and the steps of its store buffers and NICs. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLORE_MACHINE_H
#define EXPLORE_MACHINE_H
#include <stdbool.h>
#include <stdint.h>

enum {
  RANKS = 3, /* at most */
  LANES = 2, /* queue pairs from one rank to another; a mistaken door uses the second */
  PAIRS = RANKS * RANKS * LANES,
  WORDS = 120, /* of a rank's memory */
  COPIES = 5,  /* words of one operation */
  DEPTH = 8,   /* operations in a pipe */
  BUFFER = 24, /* entries of a store buffer */
  REMOTE = 24, /* words in wbR */
};

/* How far a word of an operation is. */
enum stage { POSTED, READ, ACCEPTED }; /* its source is not read yet; its value is taken; it is in wbR, or was */

struct copy {
  uint8_t to, from, value, stage;
};

enum kind { PUT, GET }; /* a get has no words: its value is of no interest, only when it completes */

struct operation {
  uint8_t kind, read, words; /* read: of a get, that the NIC has read the remote word */
  struct copy copy[COPIES];
};

/* An entry of a store buffer: a store to an own word, or an operation for the pair. */
struct buffered {
  uint8_t is_store, to, value, pair;
  struct operation operation;
};

struct pair {
  uint8_t posted; /* all operations ever, the ones in the store buffer included */
  uint8_t length, remote;
  struct operation pipe[DEPTH];
  struct accepted {
    uint8_t operation, to, value; /* operation: its number, low byte */
  } wbr[REMOTE];
};

struct machine {
  uint8_t memory[RANKS][WORDS];
  uint8_t buffered[RANKS];
  struct buffered buffer[RANKS][BUFFER];
  struct pair pair[PAIRS];
  uint8_t dead; /* a bit a rank */
};

/* What of the machine a scenario needs: the rest is left out of the state. */
struct extent {
  unsigned ranks, words;
  bool polls;          /* does anybody look at completions? Else they come at once */
  bool looks_home;     /* does a predicate look at stores at home? Else they are seen by the NIC of that rank only */
  uint8_t idle[WORDS]; /* words that nobody ever loads: they are not carried, and the door refuses to load them */
};

extern struct extent extent;

/* Take every step for itself, also those that nobody can notice: to see that it makes no difference. */
extern bool unreduced;

enum rule {
  HAND,   /* the oldest post of a buffer goes into its pipe      */
  STORE,  /* the oldest store of a buffer reaches memory         */
  NLR,    /* a put's word: its source is read                    */
  NRW,    /* a put's word goes to wbR                            */
  NRR,    /* a get reads                                         */
  PLACE,  /* a word of the oldest operation in wbR reaches memory */
  FINISH, /* the oldest operation leaves its pipe, and is counted */
  DIE,    /* a rank's CPU does nothing any more                  */
  CPU,    /* a rank's next door operation                        */
};

struct step {
  uint8_t rule, who, operation, copy; /* who: rank or pair */
};

enum { STEPS = 256 };

static inline unsigned pair_of(unsigned from, unsigned to, unsigned lane)
{
  return (from * RANKS + to) * LANES + lane;
}

/* Machines that are wrong on purpose: the world of the proofs must refuse them. */
enum mistaken_machine {
  RIGHT_MACHINE,
  READS_EARLY,    /* a get does not wait for what is posted before it, nor for wbR */
  PLACES_ANY,     /* wbR has no order, not even of operations */
  READS_BUFFERED, /* a NIC reads what is still in the store buffer */
};
extern enum mistaken_machine mistaken_machine;

/* Who maps each step of the machine to steps of the proofs' world (refine/refine.c); NULL: nobody. */
struct watcher {
  void (*enter)(const uint32_t *world);                       /* a move begins, in a state with this world */
  void (*store)(unsigned rank, unsigned word, uint8_t value); /* also of a word that is idle */
  void (*post)(unsigned rank, unsigned to, unsigned lane, const struct operation *o, unsigned word, unsigned words);
  void (*load)(unsigned rank, unsigned word, uint8_t value);
  void (*step)(const struct machine *before, struct step step);
  const char *(*leave)(uint32_t *world, const struct machine *m); /* it is over: NULL, or what does not map */
};
extern const struct watcher *watcher;

enum { WORLD = RANKS + 1 }; /* numbers that say what the world is */

/* The steps that the machine can take without a CPU: how many. */
unsigned machine_steps(const struct machine *m, struct step *steps);

/* Take one, and after it all those that nobody can notice. */
void machine_take(struct machine *m, struct step step);

/* Take all steps that nobody can notice. */
void machine_settle(struct machine *m);

/* A store to an own word, or an operation on a pair, at the end of the rank's buffer. */
void machine_store(struct machine *m, unsigned rank, unsigned word, uint8_t value);
void machine_post(struct machine *m, unsigned rank, unsigned pair, const struct operation *operation);

/* What a load of an own word returns: the newest store in the buffer, or memory. */
uint8_t machine_load(const struct machine *m, unsigned rank, unsigned word);

/* What the pair's NIC reads as the source of this word. */
uint8_t machine_source(const struct machine *m, unsigned pair, const struct copy *c);

/* How many operations of the pair are completed. */
unsigned machine_completed(const struct machine *m, unsigned pair);

/* Is nothing on its way any more? */
bool machine_is_quiet(const struct machine *m);

/* Tell what happens, in the words of the machine; silent unless `narrating`. */
extern bool narrating;
void narrate(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The name of a word, for stories. */
const char *word_name(unsigned word);

/* Stop: the exploration itself cannot go on. */
void give_up(const char *what) __attribute__((noreturn));
#endif
