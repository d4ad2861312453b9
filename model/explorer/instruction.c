/* Reads one instruction, and refuses what no thread of this node could do. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "parser.h"
#include <string.h>

#define INSTRUCTIONS                                                                                                   \
  "x@n := e, r := x@n, r := cas x@n e e, mfence, await x@n = e, put, get, x@n <- rcas, x@n <- rfaa, rfence n, poll n"

static bool is_keyword(const struct token *t)
{
  static const char *const keywords[] = {"put", "get", "cas", "rcas", "rfaa", "mfence", "rfence", "poll", "await"};
  for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
    if (token_is(t, keywords[i]))
      return true;
  return false;
}

int parse_find_register(const struct parser *p, unsigned thread, const struct token *t)
{
  for (int i = (int)p->test->registers - 1; i >= 0; i--) {
    const struct litmus_register *r = &p->test->reg[i];
    if (r->thread == thread && strlen(r->name) == t->length && memcmp(r->name, t->text, t->length) == 0)
      return i;
  }
  return -1;
}

/* A register to assign: a new one, whether or not the name was there before. */
static bool assign(struct parser *p, unsigned thread, const struct token *t, uint8_t *reg)
{
  struct litmus *test = p->test;
  if (is_keyword(t))
    return lexer_wrong(&p->lexer, t, "this is an instruction's name and cannot be a register", true);
  if (test->registers == LITMUS_REGISTERS)
    return lexer_wrong(&p->lexer, t, "a test assigns at most 64 registers", true);
  int old = parse_find_register(p, thread, t);
  if (old >= 0)
    test->reg[old].last = false;
  struct litmus_register *r = &test->reg[test->registers];
  *r = (struct litmus_register){.thread = (uint8_t)thread, .last = true};
  memcpy(r->name, t->text, t->length);
  *reg = (uint8_t)test->registers++;
  return true;
}

static bool operand(struct parser *p, unsigned thread, struct litmus_operand *e)
{
  struct token t = p->lexer.token;
  *e = (struct litmus_operand){.number = t.number};
  if (t.kind == TOKEN_NAME && !is_keyword(&t)) {
    int reg = parse_find_register(p, thread, &t);
    if (reg < 0)
      return lexer_wrong(&p->lexer, &t, "this register was not assigned before", true);
    *e = (struct litmus_operand){.is_register = true, .reg = (uint8_t)reg};
  } else if (t.kind != TOKEN_NUMBER)
    return lexer_found(&p->lexer, &t, "a number or a register");
  return lexer_advance(&p->lexer);
}

static bool location(struct parser *p, uint8_t *x)
{
  if (p->lexer.token.kind != TOKEN_LOCATION)
    return lexer_found(&p->lexer, &p->lexer.token, "a location such as x@1");
  int index = parse_location(p, &p->lexer.token);
  if (index < 0)
    return false;
  *x = (uint8_t)index;
  return lexer_advance(&p->lexer);
}

/* A location of the thread's own node. */
static bool own_location(struct parser *p, unsigned thread, uint8_t *x)
{
  struct token t = p->lexer.token;
  if (t.kind == TOKEN_LOCATION && t.number != p->test->thread[thread].node) {
    char text[128];
    snprintf(text, sizeof text, "P%u runs on node %lu, and only its NIC reaches other nodes; allowed: a location @%lu",
             thread, (unsigned long)p->test->thread[thread].node, (unsigned long)p->test->thread[thread].node);
    return lexer_wrong(&p->lexer, &t, text, true);
  }
  return location(p, x);
}

static bool node(struct parser *p, uint32_t *n)
{
  struct token t = p->lexer.token;
  if (t.kind != TOKEN_NUMBER || t.number > UINT32_MAX)
    return lexer_found(&p->lexer, &t, "the number of a node");
  *n = (uint32_t)t.number;
  return lexer_advance(&p->lexer);
}

static struct balance *balance(struct parser *p, unsigned thread, uint32_t n)
{
  struct balance *b = p->balance[thread];
  unsigned i = 0;
  while (i < p->balances[thread] && b[i].node != n)
    i++;
  if (i == p->balances[thread])
    b[p->balances[thread]++] = (struct balance){.node = n};
  return &b[i];
}

/* -- remote operations -------------------------------------------------------- */

/* Locations separated by commas, all of one node. `own`: of the thread's node. */
static bool locations(struct parser *p, unsigned thread, bool own, uint8_t *x, uint8_t *words)
{
  struct lexer *l = &p->lexer;
  uint64_t first = l->token.number;
  *words = 0;
  do {
    if (*words == LITMUS_WORDS)
      return lexer_wrong(l, &l->token, "an operation has at most 8 words", true);
    if (*words > 0 && !lexer_advance(l))
      return false;
    if (l->token.kind == TOKEN_LOCATION && l->token.number != first)
      return lexer_wrong(l, &l->token, "the words of one operation are all on one node", true);
    if (!(own ? own_location(p, thread, &x[*words]) : location(p, &x[*words])))
      return false;
    ++*words;
  } while (token_is(&l->token, ","));
  return true;
}

/* Numbers and registers separated by commas. */
static bool operands(struct parser *p, unsigned thread, struct litmus_operand *e, uint8_t *words)
{
  struct lexer *l = &p->lexer;
  *words = 0;
  do {
    if (*words == LITMUS_WORDS)
      return lexer_wrong(l, &l->token, "an operation has at most 8 words", true);
    if (*words > 0 && !lexer_advance(l))
      return false;
    if (!operand(p, thread, &e[*words]))
      return false;
    ++*words;
  } while (token_is(&l->token, ","));
  return true;
}

static bool same_words(struct parser *p, const struct token *begin, unsigned left, unsigned right)
{
  return left == right ||
         lexer_wrong(&p->lexer, begin, "this operation has not as many words on the left of <- as on its right", true);
}

static bool put(struct parser *p, unsigned thread, struct litmus_instruction *i)
{
  struct token begin = p->lexer.token;
  uint8_t sources;
  i->kind = LITMUS_PUT;
  if (!lexer_advance(&p->lexer) || !locations(p, thread, false, i->remote, &i->words) ||
      !parse_take(p, "<-", ", and a location, or <-"))
    return false;
  i->is_inline = p->lexer.token.kind != TOKEN_LOCATION;
  return (i->is_inline ? operands(p, thread, i->operand, &sources) : locations(p, thread, true, i->local, &sources)) &&
         same_words(p, &begin, i->words, sources);
}

static bool get(struct parser *p, unsigned thread, struct litmus_instruction *i)
{
  struct token begin = p->lexer.token;
  uint8_t sources;
  i->kind = LITMUS_GET;
  return lexer_advance(&p->lexer) && locations(p, thread, true, i->local, &i->words) &&
         parse_take(p, "<-", ", and a location, or <-") && locations(p, thread, false, i->remote, &sources) &&
         same_words(p, &begin, i->words, sources);
}

/* After x@m <- */
static bool atomic(struct parser *p, unsigned thread, struct litmus_instruction *i)
{
  struct token t = p->lexer.token;
  i->words = 1;
  i->kind = token_is(&t, "rcas") ? LITMUS_RCAS : LITMUS_RFAA;
  if (i->kind == LITMUS_RFAA && !token_is(&t, "rfaa"))
    return lexer_found(&p->lexer, &t, "rcas or rfaa");
  return lexer_advance(&p->lexer) && location(p, &i->remote[0]) && operand(p, thread, &i->operand[0]) &&
         (i->kind == LITMUS_RFAA || operand(p, thread, &i->operand[1]));
}

/* -- all instructions --------------------------------------------------------- */

/* x@m := e, x@m <- rcas …, x@m <- rfaa … */
static bool write_location(struct parser *p, unsigned thread, struct litmus_instruction *i)
{
  if (!own_location(p, thread, &i->local[0]))
    return false;
  if (token_is(&p->lexer.token, "<-"))
    return lexer_advance(&p->lexer) && atomic(p, thread, i);
  i->kind = LITMUS_STORE;
  return parse_take(p, ":=", ":= and a number or a register, or <- and rcas or rfaa") &&
         operand(p, thread, &i->operand[0]);
}

/* r := x@m, r := cas x@m e e; r is assigned last, so that the operands may read its old value. */
static bool write_register(struct parser *p, unsigned thread, struct litmus_instruction *i)
{
  struct token name = p->lexer.token;
  if (!lexer_advance(&p->lexer))
    return false;
  if (!token_is(&p->lexer.token, ":="))
    return lexer_found(&p->lexer, &name, INSTRUCTIONS);
  if (!lexer_advance(&p->lexer))
    return false;
  i->kind = LITMUS_LOAD;
  if (token_is(&p->lexer.token, "cas")) {
    i->kind = LITMUS_CAS;
    if (!lexer_advance(&p->lexer) || !own_location(p, thread, &i->local[0]) || !operand(p, thread, &i->operand[0]) ||
        !operand(p, thread, &i->operand[1]))
      return false;
  } else if (p->lexer.token.kind != TOKEN_LOCATION)
    return lexer_found(&p->lexer, &p->lexer.token, "a location such as x@1, or cas");
  else if (!own_location(p, thread, &i->local[0]))
    return false;
  return assign(p, thread, &name, &i->reg);
}

static bool await(struct parser *p, unsigned thread, struct litmus_instruction *i)
{
  i->kind = LITMUS_AWAIT;
  return lexer_advance(&p->lexer) && own_location(p, thread, &i->local[0]) &&
         parse_take(p, "=", "= and a number or a register") && operand(p, thread, &i->operand[0]);
}

static bool poll(struct parser *p, unsigned thread, struct litmus_instruction *i)
{
  struct token begin = p->lexer.token;
  i->kind = LITMUS_POLL;
  if (!lexer_advance(&p->lexer) || !node(p, &i->node))
    return false;
  struct balance *b = balance(p, thread, i->node);
  return ++b->polls <= b->operations ||
         lexer_wrong(&p->lexer, &begin,
                     "this poll has no operation of its queue pair before it and would block for ever", true);
}

static bool parse_any(struct parser *p, unsigned thread, struct litmus_instruction *i)
{
  struct token *t = &p->lexer.token;
  if (t->kind == TOKEN_LOCATION)
    return write_location(p, thread, i);
  if (token_is(t, "put"))
    return put(p, thread, i);
  if (token_is(t, "get"))
    return get(p, thread, i);
  if (token_is(t, "await"))
    return await(p, thread, i);
  if (token_is(t, "poll"))
    return poll(p, thread, i);
  if (token_is(t, "mfence") || token_is(t, "rfence")) {
    i->kind = token_is(t, "mfence") ? LITMUS_MFENCE : LITMUS_RFENCE;
    return lexer_advance(&p->lexer) && (i->kind == LITMUS_MFENCE || node(p, &i->node));
  }
  if (t->kind == TOKEN_NAME && !is_keyword(t))
    return write_register(p, thread, i);
  return lexer_found(&p->lexer, t, INSTRUCTIONS);
}

bool parse_instruction(struct parser *p, unsigned thread)
{
  struct litmus *test = p->test;
  if (test->instructions == LITMUS_INSTRUCTIONS)
    return lexer_wrong(&p->lexer, &p->lexer.token, "a test has at most 64 instructions", true);
  struct litmus_instruction *i = &test->code[test->instructions];
  *i = (struct litmus_instruction){0};
  if (!parse_any(p, thread, i))
    return false;
  if (litmus_is_operation(i->kind)) {
    i->node = test->location[i->remote[0]].node;
    balance(p, thread, i->node)->operations++;
  }
  struct litmus_thread *t = &test->thread[thread];
  t->code[t->length++] = (uint8_t)test->instructions++;
  return true;
}
