/* The condition of a test: read, evaluated, written. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "parser.h"
#include <inttypes.h>
#include <string.h>

/* -- reading: `~` binds before /\ before \/ ---------------------------------- */

static bool disjunction(struct parser *p, unsigned depth, uint16_t *term);

static bool add(struct parser *p, struct litmus_term term, uint16_t *index)
{
  if (p->test->terms == LITMUS_CONDITION)
    return lexer_wrong(&p->lexer, &p->lexer.token, "a condition has at most 256 terms", true);
  *index = (uint16_t)p->test->terms;
  p->test->term[p->test->terms++] = term;
  return true;
}

static bool find_register(struct parser *p, uint8_t *subject)
{
  struct lexer *l = &p->lexer;
  struct token thread = l->token;
  unsigned number = 0;
  while (number < p->test->threads) {
    char name[16];
    snprintf(name, sizeof name, "P%u", number);
    if (token_is(&thread, name))
      break;
    number++;
  }
  if (number == p->test->threads)
    return lexer_found(l, &thread, "a register such as P1:a, a location such as z@2, ~ or (");
  if (!lexer_advance(l) || !parse_take(p, ":", ": and a register"))
    return false;
  int reg = l->token.kind == TOKEN_NAME ? parse_find_register(p, number, &l->token) : -1;
  if (reg < 0)
    return lexer_wrong(l, &l->token, "this thread does not assign such a register", true);
  *subject = (uint8_t)reg;
  return lexer_advance(l);
}

static bool find_location(struct parser *p, uint8_t *subject)
{
  int location = parse_find_location(p, &p->lexer.token);
  if (location < 0)
    return lexer_wrong(&p->lexer, &p->lexer.token, "the test has no such location", true);
  *subject = (uint8_t)location;
  return lexer_advance(&p->lexer);
}

static bool equation(struct parser *p, uint16_t *term)
{
  struct lexer *l = &p->lexer;
  struct litmus_term t = {.kind = l->token.kind == TOKEN_LOCATION ? LITMUS_IS_LOCATION : LITMUS_IS_REGISTER};
  if (!(t.kind == LITMUS_IS_LOCATION ? find_location(p, &t.subject) : find_register(p, &t.subject)) ||
      !parse_take(p, "=", "= and a number"))
    return false;
  if (l->token.kind != TOKEN_NUMBER)
    return lexer_found(l, &l->token, "a number");
  t.value = l->token.number;
  return lexer_advance(l) && add(p, t, term);
}

static bool negation(struct parser *p, unsigned depth, uint16_t *term)
{
  struct lexer *l = &p->lexer;
  uint16_t inner;
  if (depth == LITMUS_DEPTH)
    return lexer_wrong(l, &l->token, "this is nested more than 100 deep", true);
  if (token_is(&l->token, "~"))
    return lexer_advance(l) && negation(p, depth + 1, &inner) &&
           add(p, (struct litmus_term){.kind = LITMUS_NOT, .left = inner}, term);
  if (token_is(&l->token, "("))
    return lexer_advance(l) && disjunction(p, depth + 1, term) && parse_take(p, ")", "/\\, \\/ or )");
  return equation(p, term);
}

static bool conjunction(struct parser *p, unsigned depth, uint16_t *term)
{
  if (!negation(p, depth, term))
    return false;
  while (token_is(&p->lexer.token, "/\\")) {
    struct litmus_term t = {.kind = LITMUS_AND, .left = *term};
    if (!lexer_advance(&p->lexer) || !negation(p, depth, &t.right) || !add(p, t, term))
      return false;
  }
  return true;
}

static bool disjunction(struct parser *p, unsigned depth, uint16_t *term)
{
  if (!conjunction(p, depth, term))
    return false;
  while (token_is(&p->lexer.token, "\\/")) {
    struct litmus_term t = {.kind = LITMUS_OR, .left = *term};
    if (!lexer_advance(&p->lexer) || !conjunction(p, depth, &t.right) || !add(p, t, term))
      return false;
  }
  return true;
}

bool parse_condition(struct parser *p)
{
  struct lexer *l = &p->lexer;
  uint16_t whole;
  if (token_is(&l->token, "forall"))
    p->test->quantifier = LITMUS_FORALL;
  else if (token_is(&l->token, "~")) {
    p->test->quantifier = LITMUS_NOT_EXISTS;
    if (!lexer_advance(l))
      return false;
    if (!token_is(&l->token, "exists"))
      return lexer_found(l, &l->token, "exists after ~");
  }
  if (!lexer_advance(l) || !disjunction(p, 0, &whole))
    return false;
  return l->token.kind == TOKEN_END || lexer_found(l, &l->token, "/\\, \\/ or the end of the file");
}

/* -- evaluating: every term after those that it uses ------------------------- */

bool litmus_holds(const struct litmus *test, const uint64_t *state)
{
  uint64_t registers[LITMUS_REGISTERS] = {0}, memory[LITMUS_LOCATIONS] = {0};
  struct litmus_column columns[LITMUS_REGISTERS + LITMUS_LOCATIONS];
  bool holds[LITMUS_CONDITION];
  unsigned count = litmus_columns(test, columns);
  for (unsigned i = 0; i < count; i++)
    (columns[i].is_register ? registers : memory)[columns[i].index] = state[i];
  for (unsigned i = 0; i < test->terms; i++) {
    const struct litmus_term *t = &test->term[i];
    switch (t->kind) {
    case LITMUS_IS_REGISTER:
      holds[i] = registers[t->subject] == t->value;
      break;
    case LITMUS_IS_LOCATION:
      holds[i] = memory[t->subject] == t->value;
      break;
    case LITMUS_NOT:
      holds[i] = !holds[t->left];
      break;
    case LITMUS_AND:
      holds[i] = holds[t->left] && holds[t->right];
      break;
    case LITMUS_OR:
      holds[i] = holds[t->left] || holds[t->right];
      break;
    }
  }
  return test->terms > 0 && holds[test->terms - 1];
}

/* -- writing ----------------------------------------------------------------- */

static int strength(enum litmus_term_kind kind)
{
  return kind == LITMUS_OR ? 0 : kind == LITMUS_AND ? 1 : 2;
}

/* Recurses at most as deep as there are terms. */
static void print_term(const struct litmus *test, unsigned index, int outer, FILE *out)
{
  const struct litmus_term *t = &test->term[index];
  bool parentheses = strength(t->kind) < outer;
  if (parentheses)
    fputc('(', out);
  switch (t->kind) {
  case LITMUS_IS_REGISTER:
    litmus_print_column(test, (struct litmus_column){true, t->subject}, out);
    fprintf(out, " = %" PRIu64, t->value);
    break;
  case LITMUS_IS_LOCATION:
    litmus_print_column(test, (struct litmus_column){false, t->subject}, out);
    fprintf(out, " = %" PRIu64, t->value);
    break;
  case LITMUS_NOT:
    fputc('~', out);
    print_term(test, t->left, 3, out);
    break;
  case LITMUS_AND:
  case LITMUS_OR:
    print_term(test, t->left, strength(t->kind), out);
    fputs(t->kind == LITMUS_AND ? " /\\ " : " \\/ ", out);
    print_term(test, t->right, strength(t->kind) + 1, out);
    break;
  }
  if (parentheses)
    fputc(')', out);
}

void litmus_print_condition(const struct litmus *test, FILE *out)
{
  static const char *const quantifiers[] = {"exists", "~exists", "forall"};
  fprintf(out, "%s (", quantifiers[test->quantifier]);
  print_term(test, test->terms - 1, 0, out);
  fputc(')', out);
}
