/* The tokens of a litmus file, each with its place. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LEXER_H
#define LEXER_H
#include "litmus.h"

enum token_kind {
  TOKEN_END,
  TOKEN_NAME,     /* a, P1, exists   */
  TOKEN_LOCATION, /* z@2: name, node */
  TOKEN_NUMBER,   /* decimal, 64 bits */
  TOKEN_STRING,   /* "…", on one line */
  TOKEN_SYMBOL,   /* { } ( ) ; | , : = := <- ~ /\ \/ */
};

struct token {
  enum token_kind kind;
  const char *text; /* in the file */
  size_t length;
  unsigned line, column;
  uint64_t number; /* number: its value; location: its node */
  size_t name;     /* location: length of the name before the @ */
};

struct lexer {
  const char *next, *end;
  const char *line_start;
  unsigned line;
  uint64_t hash; /* FNV-1a of the tokens so far */
  struct token token;
  struct litmus_error *error;
};

void lexer_start(struct lexer *l, const char *text, size_t length, struct litmus_error *error);

/* Go on to the next token. False: not a token, and `error` says so. */
bool lexer_advance(struct lexer *l);

/* Skip blanks and comments. False: a comment that does not end. */
bool lexer_skip(struct lexer *l);

/* The next word of this line, empty where there is none; the rest of it, up to a comment, without blanks around. */
struct token lexer_word(struct lexer *l);
struct token lexer_rest_of_line(struct lexer *l);

/* Is the token this symbol or name? */
bool token_is(const struct token *t, const char *text);

/* Set the error to: `found …; allowed: …`, at the token. Returns false. */
bool lexer_found(const struct lexer *l, const struct token *t, const char *allowed);

/* Set the error to `text` and, if it is not NULL, the quoted token, at the token. Returns false. */
bool lexer_wrong(const struct lexer *l, const struct token *t, const char *text, bool quote);
#endif
