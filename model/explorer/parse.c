/* Reads a litmus file: header, initial values, the table of threads, condition. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "parser.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool parse_take(struct parser *p, const char *text, const char *allowed)
{
  if (!token_is(&p->lexer.token, text))
    return lexer_found(&p->lexer, &p->lexer.token, allowed);
  return lexer_advance(&p->lexer);
}

int parse_find_location(const struct parser *p, const struct token *t)
{
  for (unsigned i = 0; i < p->test->locations; i++) {
    const struct litmus_location *x = &p->test->location[i];
    if (x->node == t->number && strlen(x->name) == t->name && memcmp(x->name, t->text, t->name) == 0)
      return (int)i;
  }
  return -1;
}

int parse_location(struct parser *p, const struct token *t)
{
  int known = parse_find_location(p, t);
  if (known >= 0)
    return known;
  if (p->test->locations == LITMUS_LOCATIONS) {
    lexer_wrong(&p->lexer, t, "a test has at most 32 locations", true);
    return -1;
  }
  struct litmus_location *x = &p->test->location[p->test->locations];
  *x = (struct litmus_location){.node = (uint32_t)t->number};
  memcpy(x->name, t->text, t->name);
  return (int)p->test->locations++;
}

/* -- header ----------------------------------------------------------------- */

static bool copy_text(struct parser *p, const struct token *t, const char *text, size_t length, char *out)
{
  if (length >= LITMUS_TITLE)
    return lexer_wrong(&p->lexer, t, "this is longer than 255 bytes", false);
  memcpy(out, text, length);
  out[length] = '\0';
  for (size_t i = 0; i < length; i++)
    if ((unsigned char)out[i] < ' ' || out[i] == 127)
      return lexer_wrong(&p->lexer, t, "names and titles have no control characters", false);
  return true;
}

static bool is_word(const struct token *t, const char *text)
{
  return t->length == strlen(text) && memcmp(t->text, text, t->length) == 0;
}

static bool parse_name(struct parser *p)
{
  struct lexer *l = &p->lexer;
  if (!lexer_skip(l))
    return false;
  struct token word = lexer_word(l);
  if (!is_word(&word, "RDMA"))
    return lexer_found(l, &word, "RDMA and the name of the test");
  struct token name = lexer_word(l);
  if (name.length == 0)
    return lexer_wrong(l, &name, "RDMA is followed by the name of the test", false);
  return copy_text(p, &name, name.text, name.length, p->test->name);
}

static bool parse_verdict(struct parser *p, const struct token *value, enum litmus_verdict *verdict)
{
  *verdict = is_word(value, "Allowed") ? LITMUS_ALLOWED : LITMUS_FORBIDDEN;
  return *verdict == LITMUS_ALLOWED || is_word(value, "Forbidden") ||
         lexer_found(&p->lexer, value, "Allowed or Forbidden");
}

/* A verdict that is not set yet. */
static bool parse_expect(struct parser *p, const struct token *key, const struct token *value,
                         enum litmus_verdict *verdict)
{
  if (*verdict != LITMUS_UNCHECKED)
    return lexer_wrong(&p->lexer, key, "this key is there twice", true);
  return parse_verdict(p, value, verdict);
}

static bool starts_with(const struct token *t, const char *text)
{
  return t->length >= strlen(text) && memcmp(t->text, text, strlen(text)) == 0;
}

/* The keys that decide something are checked; others, such as Why= and From=, are for the reader. */
static bool set_key(struct parser *p, const struct token *key, const struct token *value)
{
  struct litmus *test = p->test;
  if (is_word(key, "Expect"))
    return parse_expect(p, key, value, &test->expect);
  if (is_word(key, "Expect-gets-ordered"))
    return parse_expect(p, key, value, &test->expect_gets_ordered);
  if (is_word(key, "Blocked")) {
    if (test->blocked_allowed)
      return lexer_wrong(&p->lexer, key, "this key is there twice", true);
    test->blocked_allowed = true;
    return is_word(value, "Allowed") || lexer_found(&p->lexer, value, "Allowed");
  }
  if (starts_with(key, "Expect") || starts_with(key, "expect") || starts_with(key, "Blocked"))
    return lexer_found(&p->lexer, key, "Expect, Expect-gets-ordered, Blocked, or a key of your own");
  return true;
}

static bool in_key(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

static bool parse_key(struct parser *p)
{
  struct lexer *l = &p->lexer;
  struct token key = {
      .kind = TOKEN_NAME, .text = l->next, .line = l->line, .column = (unsigned)(l->next - l->line_start) + 1};
  while (l->next < l->end && in_key(*l->next))
    l->next++;
  key.length = (size_t)(l->next - key.text);
  if (key.length == 0 || l->next == l->end || *l->next != '=') {
    key.length += l->next < l->end;
    return lexer_found(l, &key, "a title in quotes, a line Key=Value, or { and the initial values");
  }
  l->next++;
  struct token value = lexer_rest_of_line(l);
  return set_key(p, &key, &value);
}

static bool parse_header(struct parser *p)
{
  struct lexer *l = &p->lexer;
  if (!parse_name(p) || !lexer_skip(l))
    return false;
  if (l->next < l->end && *l->next == '"') {
    if (!lexer_advance(l) || !copy_text(p, &l->token, l->token.text + 1, l->token.length - 2, p->test->title) ||
        !lexer_skip(l))
      return false;
  }
  while (l->next < l->end && *l->next != '{')
    if (!parse_key(p) || !lexer_skip(l))
      return false;
  l->hash = 0xcbf29ce484222325u; /* names and verdicts do not count */
  return lexer_advance(l);
}

/* -- initial values --------------------------------------------------------- */

static bool parse_initial(struct parser *p)
{
  struct lexer *l = &p->lexer;
  struct token x = l->token;
  if (x.kind != TOKEN_LOCATION)
    return lexer_found(l, &x, "a location such as x@1, or }");
  if (parse_find_location(p, &x) >= 0)
    return lexer_wrong(l, &x, "this location already has an initial value", true);
  int index = parse_location(p, &x);
  if (index < 0 || !lexer_advance(l) || !parse_take(p, "=", "= and a number"))
    return false;
  if (l->token.kind != TOKEN_NUMBER)
    return lexer_found(l, &l->token, "a number");
  p->test->location[index].initial = l->token.number;
  if (!lexer_advance(l))
    return false;
  return token_is(&l->token, "}") || parse_take(p, ";", "; or }");
}

static bool parse_initials(struct parser *p)
{
  if (!parse_take(p, "{", "{ and the initial values"))
    return false;
  while (!token_is(&p->lexer.token, "}"))
    if (!parse_initial(p))
      return false;
  return lexer_advance(&p->lexer);
}

/* -- threads ---------------------------------------------------------------- */

static bool parse_thread(struct parser *p)
{
  struct lexer *l = &p->lexer;
  struct litmus *test = p->test;
  char name[16], allowed[64];
  if (test->threads == LITMUS_THREADS)
    return lexer_wrong(l, &l->token, "a test has at most 8 threads", true);
  snprintf(name, sizeof name, "P%u", test->threads);
  snprintf(allowed, sizeof allowed, "%s@ and the number of its node", name);
  if (l->token.kind != TOKEN_LOCATION || l->token.name != strlen(name) || memcmp(l->token.text, name, l->token.name))
    return lexer_found(l, &l->token, allowed);
  test->thread[test->threads++].node = (uint32_t)l->token.number;
  return lexer_advance(l);
}

static bool parse_thread_names(struct parser *p)
{
  do {
    if (!parse_thread(p))
      return false;
    if (token_is(&p->lexer.token, ";"))
      return lexer_advance(&p->lexer);
  } while (parse_take(p, "|", "| and the next thread, or ;"));
  return false;
}

static bool ends_cell(const struct token *t)
{
  return token_is(t, "|") || token_is(t, ";");
}

static bool parse_row(struct parser *p)
{
  struct lexer *l = &p->lexer;
  for (unsigned thread = 0; thread < p->test->threads; thread++) {
    bool last = thread + 1 == p->test->threads;
    if (!ends_cell(&l->token) && !parse_instruction(p, thread))
      return false;
    if (!ends_cell(&l->token))
      return lexer_found(l, &l->token, last ? "; at the end of the instruction" : "| at the end of the instruction");
    if (last != token_is(&l->token, ";"))
      return lexer_wrong(l, &l->token,
                         last ? "this row has more columns than there are threads: ; expected"
                              : "a column is missing in this row: | expected",
                         true);
    if (!lexer_advance(l))
      return false;
  }
  return true;
}

static bool starts_condition(const struct token *t)
{
  return token_is(t, "exists") || token_is(t, "forall") || token_is(t, "~");
}

static bool parse_file(struct parser *p)
{
  if (!parse_header(p) || !parse_initials(p) || !parse_thread_names(p))
    return false;
  while (!starts_condition(&p->lexer.token)) {
    if (p->lexer.token.kind == TOKEN_END)
      return lexer_found(&p->lexer, &p->lexer.token, "an instruction, or exists, ~exists, forall");
    if (!parse_row(p))
      return false;
  }
  if (!parse_condition(p))
    return false;
  p->test->hash = p->lexer.hash;
  return true;
}

bool litmus_parse(const char *text, size_t length, struct litmus *test, struct litmus_error *error)
{
  struct parser p = {.test = test};
  memset(test, 0, sizeof *test);
  memset(error, 0, sizeof *error);
  lexer_start(&p.lexer, text, length, error);
  return parse_file(&p);
}

static bool fail(struct litmus_error *error, const char *text)
{
  *error = (struct litmus_error){0};
  snprintf(error->text, sizeof error->text, "%s", text);
  return false;
}

/* The whole file, doubled in size as it comes: it may be a pipe. */
static char *read_all(FILE *file, size_t *length, struct litmus_error *error)
{
  char *text = NULL;
  size_t room = 0;
  *length = 0;
  do {
    if (*length == room) {
      room = room ? 2 * room : 4096;
      char *larger = room <= LITMUS_BYTES ? realloc(text, room) : NULL;
      if (!larger) {
        free(text);
        fail(error, room <= LITMUS_BYTES ? "out of memory" : "this file is larger than 16 MiB");
        return NULL;
      }
      text = larger;
    }
    *length += fread(text + *length, 1, room - *length, file);
  } while (!feof(file) && !ferror(file));
  if (ferror(file)) {
    fail(error, strerror(errno));
    free(text);
    return NULL;
  }
  return text;
}

bool litmus_read(const char *path, struct litmus *test, struct litmus_error *error)
{
  size_t length;
  FILE *file = fopen(path, "rb");
  if (!file)
    return fail(error, strerror(errno));
  char *text = read_all(file, &length, error);
  fclose(file);
  bool ok = text && litmus_parse(text, length, test, error);
  free(text);
  return ok;
}
