/* The machine of model/README.md, for compiled primitives: its state, and the steps of its store buffers and NICs. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLORE_MACHINE_H
#define EXPLORE_MACHINE_H
#include <stdbool.h>
#include <stdint.h>

/* What a search keeps and hashes is small; where there are only walks (make explore-wide) there is room. */
#ifdef EXPLORE_WIDE
typedef uint16_t tiny; /* a value, the place of a word, a count */
enum { RANKS = 16, LANES = 1, WORDS = 640, DEPTH = 24, BUFFER = 256, REMOTE = 256, STEPS = 4096 };
#else
typedef uint8_t tiny;
enum {
  RANKS = 4,   /* at most */
  LANES = 2,   /* queue pairs from one rank to another; a mistaken door uses the second */
  WORDS = 120, /* of a rank's memory */
  DEPTH = 8,   /* operations in a pipe */
  BUFFER = 24, /* entries of a store buffer */
  REMOTE = 24, /* words in wbR */
  STEPS = 256, /* that a state can have */
};
#endif
enum {
  PAIRS = RANKS * RANKS * LANES,
  COPIES = 6, /* words of one operation */
  MOST = (tiny)-1,
  WAITS = sizeof(tiny) > 1, /* for room, in a pipe or in wbR: a walk may, a search that is to be complete gives up */
};

/* How far a word of an operation is: its source is not read yet; its value is taken; it is in wbR, or landed, or was. */
enum stage { POSTED, READ, ACCEPTED };

struct copy {
  tiny to, from, value, stage; /* of a put, from an own word to one of the target; of a get, the other way */
};

enum kind { PUT, GET };
enum { NOTHING = 0, FOR = 1, STORED = FOR + RANKS };

struct operation {
  tiny kind, read, words; /* read: of a get without words, which is of no interest, that the NIC has read */
  struct copy copy[COPIES];
};

/* An entry of a store buffer: a store to an own word, or an operation for the pair. */
struct buffered {
  tiny is_store, to, value, pair;
  struct operation operation;
};

struct pair {
  tiny posted; /* all operations ever, the ones in the store buffer included */
  tiny ripe;   /* the newest that are completed, and that the CPU may be told of at its next look, or later */
  tiny length, remote;
  struct operation pipe[DEPTH];
  struct accepted {
    tiny operation, to, value; /* operation: its number */
  } wbr[REMOTE];
};

struct machine {
  tiny memory[RANKS][WORDS];
  tiny buffered[RANKS];
  tiny newest
      [RANKS]; /* NOTHING is known to be in the buffer; else the rank that the newest in it is for, or a STORED one */
  struct buffered buffer[RANKS][BUFFER];
  struct pair pair[PAIRS];
  tiny dead; /* a bit a rank */
};

/* What of the machine a scenario needs: the rest is left out of the state. */
struct extent {
  unsigned ranks, words;
  bool polls;          /* does anybody look at completions, and whether its buffer is empty? Else they come at once */
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
  NRR,    /* a get reads, or a word of it                        */
  NLW,    /* a word of the oldest operation, a get, lands        */
  PLACE,  /* a word of the oldest operation in wbR reaches memory */
  FINISH, /* the oldest operation leaves its pipe, and is counted */
  DIE,    /* a rank's CPU does nothing any more                  */
  CPU,    /* a rank's next door operation                        */
};

struct step {
  tiny rule, who, operation, copy; /* who: rank or pair */
};

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

struct given;

/* Who maps each step of the machine to steps of the proofs' world (refine/refine.c); NULL: nobody. */
struct watcher {
  void (*enter)(const uint32_t *world);                    /* a move begins, in a state with this world */
  void (*store)(unsigned rank, unsigned word, tiny value); /* also of a word that is idle */
  void (*post)(unsigned rank, unsigned to, unsigned lane, const struct operation *o, unsigned word, unsigned words);
  void (*load)(unsigned rank, unsigned word, tiny value);
  void (*step)(const struct machine *before, struct step step);
  void (*tell)(unsigned pair);              /* the CPU is told that one more is completed */
  void (*drained)(unsigned rank);           /* the CPU is told that its store buffer is empty */
  void (*call)(unsigned rank, bool begins); /* see scenario.h */
  void (*theorem)(unsigned rank, const char *name, const struct given *given); /* see scenario.h */
  const char *(*leave)(uint32_t *world, const struct machine *m); /* it is over: NULL, or what does not map */
};
extern const struct watcher *watcher;

enum { WORLD = RANKS + 1 }; /* numbers that say what the world is */

/* Whose the pair is, and whom it leads to. */
static inline unsigned source(unsigned pair)
{
  return pair / LANES / RANKS;
}

static inline unsigned target(unsigned pair)
{
  return pair / LANES % RANKS;
}

/* The steps that the machine can take without a CPU: how many. */
unsigned machine_steps(const struct machine *m, struct step *steps);

/* Take one, and after it all those that nobody can notice. */
void machine_take(struct machine *m, struct step step);

/* Take all steps that nobody can notice. */
void machine_settle(struct machine *m);

/* A store to an own word, or an operation on a pair, at the end of the rank's buffer. */
void machine_store(struct machine *m, unsigned rank, unsigned word, tiny value);
void machine_post(struct machine *m, unsigned rank, unsigned pair, const struct operation *operation);

/* What a load of an own word returns: the newest store in the buffer, or memory. */
tiny machine_load(const struct machine *m, unsigned rank, unsigned word);

/* What the pair's NIC reads as the source of this word. */
tiny machine_source(const struct machine *m, unsigned pair, const struct copy *c);

/* How many operations of the pair have left its pipe; how many of these the CPU knows to be completed. */
unsigned machine_finished(const struct machine *m, unsigned pair);
unsigned machine_completed(const struct machine *m, unsigned pair);

/* It is told of so many more, of those that are ripe. */
void machine_tell(struct machine *m, unsigned pair, unsigned more);

/* The CPU has seen that all it posted to this rank is completed: if the newest in its buffer was, it is out, and all before it. */
void machine_seen(struct machine *m, unsigned rank, unsigned to);

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
