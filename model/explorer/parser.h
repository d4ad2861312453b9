/* What the parts of the parser share: the test so far, and what may be said next. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PARSER_H
#define PARSER_H
#include "lexer.h"

/* How many operations and polls a thread has had on its queue pair to a node. */
struct balance {
  uint32_t node;
  unsigned operations, polls;
};

struct parser {
  struct lexer lexer;
  struct litmus *test;
  struct balance balance[LITMUS_THREADS][LITMUS_INSTRUCTIONS];
  unsigned balances[LITMUS_THREADS];
};

/* Take this symbol or name, or fail with what is allowed. */
bool parse_take(struct parser *p, const char *text, const char *allowed);

/* The index of a location, which is new with the value 0 if it is not known; -1 and an error if there are too many. */
int parse_location(struct parser *p, const struct token *t);

/* One instruction of a thread, from the current token, which is neither | nor ;. */
bool parse_instruction(struct parser *p, unsigned thread);

/* The last assignment of the register of this thread with the token's name; -1 where there is none. */
int parse_find_register(const struct parser *p, unsigned thread, const struct token *t);
int parse_find_location(const struct parser *p, const struct token *t);

/* The condition, from its quantifier to the end of the file. */
bool parse_condition(struct parser *p);
#endif
