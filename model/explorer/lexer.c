/* The tokens of a litmus file: whatever bytes it holds, a token or an error with its place. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "lexer.h"
#include <string.h>

static bool is_blank(char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static bool starts_name(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool in_name(char c)
{
  return starts_name(c) || is_digit(c);
}

void lexer_start(struct lexer *l, const char *text, size_t length, struct litmus_error *error)
{
  *l = (struct lexer){.next = text, .end = text + length, .line_start = text, .line = 1, .error = error};
  l->hash = 0xcbf29ce484222325u;
}

static struct token here(const struct lexer *l)
{
  return (struct token){.text = l->next, .line = l->line, .column = (unsigned)(l->next - l->line_start) + 1};
}

static char peek(const struct lexer *l, size_t ahead)
{
  return (size_t)(l->end - l->next) > ahead ? l->next[ahead] : '\0';
}

/* Pass one byte of a blank or a comment. */
static void pass(struct lexer *l)
{
  if (*l->next++ == '\n') {
    l->line++;
    l->line_start = l->next;
  }
}

static bool skip_comment(struct lexer *l)
{
  struct token begin = here(l);
  for (l->next += 2; l->end - l->next >= 2; pass(l))
    if (l->next[0] == '*' && l->next[1] == ')') {
      l->next += 2;
      return true;
    }
  return lexer_wrong(l, &begin, "this comment does not end: *) is missing", false);
}

bool lexer_skip(struct lexer *l)
{
  while (l->next < l->end) {
    if (is_blank(*l->next))
      pass(l);
    else if (peek(l, 0) == '(' && peek(l, 1) == '*') {
      if (!skip_comment(l))
        return false;
    } else
      break;
  }
  return true;
}

static bool read_number(struct lexer *l, struct token *t)
{
  for (; is_digit(peek(l, 0)); l->next++) {
    unsigned digit = (unsigned)(*l->next - '0');
    if (t->number > (UINT64_MAX - digit) / 10)
      return lexer_wrong(l, t, "this number is larger than 18446744073709551615", false);
    t->number = t->number * 10 + digit;
  }
  if (starts_name(peek(l, 0))) {
    t->length = (size_t)(l->next - t->text) + 1;
    return lexer_found(l, t, "a blank or a symbol after a number");
  }
  return true;
}

static bool read_name(struct lexer *l, struct token *t)
{
  while (in_name(peek(l, 0)))
    l->next++;
  t->name = (size_t)(l->next - t->text);
  t->kind = TOKEN_NAME;
  if (t->name >= LITMUS_NAME)
    return lexer_wrong(l, t, "this name is longer than 31 letters", false);
  if (peek(l, 0) != '@')
    return true;
  l->next++;
  t->kind = TOKEN_LOCATION;
  t->length = (size_t)(l->next - t->text);
  if (!is_digit(peek(l, 0)))
    return lexer_found(l, t, "the number of a node after the @");
  if (!read_number(l, t))
    return false;
  return t->number <= UINT32_MAX || lexer_wrong(l, t, "a node's number is at most 4294967295", false);
}

static bool read_string(struct lexer *l, struct token *t)
{
  t->kind = TOKEN_STRING;
  for (l->next++; l->next < l->end && *l->next != '\n'; l->next++)
    if (*l->next == '"') {
      l->next++;
      return true;
    }
  return lexer_wrong(l, t, "this title does not end on its line: \" is missing", false);
}

static bool read_symbol(struct lexer *l, struct token *t)
{
  static const char *const symbols[] = {":=", "<-", "/\\", "\\/", "{", "}", "(", ")", ";", "|", ",", ":", "=", "~"};
  t->kind = TOKEN_SYMBOL;
  for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
    size_t length = strlen(symbols[i]);
    if ((size_t)(l->end - l->next) >= length && memcmp(l->next, symbols[i], length) == 0) {
      l->next += length;
      return true;
    }
  }
  t->length = 1;
  return lexer_found(l, t, "a name, a location, a number, or one of { } ( ) ; | , : = := <- ~ /\\ \\/");
}

static bool read_token(struct lexer *l, struct token *t)
{
  char c = *l->next;
  if (is_digit(c)) {
    t->kind = TOKEN_NUMBER;
    return read_number(l, t);
  }
  if (starts_name(c))
    return read_name(l, t);
  return c == '"' ? read_string(l, t) : read_symbol(l, t);
}

static void mix(struct lexer *l, const struct token *t)
{
  for (size_t i = 0; i <= t->length; i++)
    l->hash = (l->hash ^ (i < t->length ? (unsigned char)t->text[i] : ' ')) * 0x100000001b3u;
}

bool lexer_advance(struct lexer *l)
{
  if (!lexer_skip(l))
    return false;
  struct token t = here(l);
  t.kind = TOKEN_END;
  if (l->next < l->end && !read_token(l, &t))
    return false;
  t.length = (size_t)(l->next - t.text);
  mix(l, &t);
  l->token = t;
  return true;
}

static void skip_in_line(struct lexer *l)
{
  while (peek(l, 0) == ' ' || peek(l, 0) == '\t')
    l->next++;
}

struct token lexer_word(struct lexer *l)
{
  skip_in_line(l);
  struct token t = here(l);
  while (l->next < l->end && !is_blank(*l->next))
    l->next++;
  t.kind = l->next == t.text ? TOKEN_END : TOKEN_NAME;
  t.length = (size_t)(l->next - t.text);
  return t;
}

struct token lexer_rest_of_line(struct lexer *l)
{
  skip_in_line(l);
  struct token t = here(l);
  while (l->next < l->end && *l->next != '\n' && !(peek(l, 0) == '(' && peek(l, 1) == '*'))
    l->next++;
  t.kind = TOKEN_NAME;
  t.length = (size_t)(l->next - t.text);
  while (t.length > 0 && is_blank(t.text[t.length - 1]))
    t.length--;
  return t;
}

bool token_is(const struct token *t, const char *text)
{
  return (t->kind == TOKEN_NAME || t->kind == TOKEN_SYMBOL) && t->length == strlen(text) &&
         memcmp(t->text, text, t->length) == 0;
}

/* At most 40 bytes of the token, with what is not printable as \xNN. */
static void quote(const struct token *t, char *out, size_t room)
{
  size_t used = 0;
  for (size_t i = 0; i < t->length && i < 40 && used + 5 < room; i++) {
    unsigned char c = (unsigned char)t->text[i];
    used += (size_t)snprintf(out + used, room - used, c >= ' ' && c < 127 ? "%c" : "\\x%02x", c);
  }
  out[used] = '\0';
}

bool lexer_found(const struct lexer *l, const struct token *t, const char *allowed)
{
  char found[200];
  quote(t, found, sizeof found);
  l->error->line = t->line;
  l->error->column = t->column;
  const char *mark = t->kind == TOKEN_END ? "" : "`";
  snprintf(l->error->text, sizeof l->error->text, "found %s%s%s; allowed: %s", mark,
           t->kind == TOKEN_END ? "the end" : found, mark, allowed);
  return false;
}

bool lexer_wrong(const struct lexer *l, const struct token *t, const char *text, bool quoted)
{
  char found[200];
  quote(t, found, sizeof found);
  l->error->line = t->line;
  l->error->column = t->column;
  if (quoted)
    snprintf(l->error->text, sizeof l->error->text, "found `%s`: %s", found, text);
  else
    snprintf(l->error->text, sizeof l->error->text, "%s", text);
  return false;
}
