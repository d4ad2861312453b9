/* A log's lines, from JSON: each checked before anything is made of it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "conform.h"
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A heap has at most so many bytes: sums of two such numbers fit. */
#define LAST_CELL ((UINT64_C(1) << 40) - 1)

static const char *const ops[LOG_OPS] = {"load", "copy", "fill",  "signal", "put",  "write",
                                         "word", "read", "flush", "poll",   "close"};

struct reader {
  struct log *log;
  struct log_error *error;
  uint32_t number; /* of the line */
  uint64_t seq;
};

static bool wrong(struct reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool wrong(struct reader *r, const char *format, ...)
{
  va_list list;
  r->error->name = r->log->name;
  r->error->line = r->number;
  va_start(list, format);
  vsnprintf(r->error->text, sizeof r->error->text, format, list);
  va_end(list);
  return false;
}

/* -- numbers ----------------------------------------------------------------- */

/* 64 bits without sign: a JSON integer, or a string of digits where it is above 2^63. */
static bool number_of(const json_t *value, uint64_t *n)
{
  if (json_is_integer(value)) {
    *n = (uint64_t)json_integer_value(value);
    return json_integer_value(value) >= 0;
  }
  if (!json_is_string(value) || json_string_length(value) == 0 || json_string_length(value) > 20)
    return false;
  *n = 0;
  for (const char *c = json_string_value(value); *c; c++) {
    if (*c < '0' || *c > '9' || *n > UINT64_MAX / 10 || *n * 10 > UINT64_MAX - (uint64_t)(*c - '0'))
      return false;
    *n = *n * 10 + (uint64_t)(*c - '0');
  }
  return true;
}

static bool number(struct reader *r, const json_t *line, const char *name, uint64_t most, uint64_t *n)
{
  const json_t *value = json_object_get(line, name);
  if (!value)
    return wrong(r, "this line has no \"%s\"", name);
  if (!number_of(value, n))
    return wrong(r, "\"%s\" is not a number from 0 to %" PRIu64, name, most);
  return *n <= most || wrong(r, "\"%s\" is %" PRIu64 ": at most %" PRIu64, name, *n, most);
}

static bool peer(struct reader *r, const json_t *line, struct log_line *l)
{
  uint64_t n;
  if (!number(r, line, "peer", r->log->size - 1, &n))
    return false;
  l->peer = (uint32_t)n;
  return true;
}

/* -- lines ------------------------------------------------------------------- */

static void *one_more(void *array, uint32_t n, uint32_t *room, size_t size)
{
  if (n < *room)
    return array;
  uint32_t more = *room < 64 ? 64 : *room < UINT32_MAX / 2 ? 2 * *room : 0;
  void *p = more ? realloc(array, more * size) : NULL;
  if (p)
    *room = more;
  return p;
}

static bool keep_word(struct reader *r, const struct log_word *word)
{
  struct log_word *p = one_more(r->log->word, r->log->words, &r->log->word_room, sizeof *p);
  if (!p)
    return wrong(r, "no memory for more words");
  r->log->word = p;
  p[r->log->words++] = *word;
  return true;
}

static bool keep_line(struct reader *r, const struct log_line *line)
{
  struct log_line *p = one_more(r->log->line, r->log->lines, &r->log->line_room, sizeof *p);
  if (!p)
    return wrong(r, "no memory for more lines");
  r->log->line = p;
  p[r->log->lines++] = *line;
  return true;
}

static bool words(struct reader *r, const json_t *line, struct log_line *l)
{
  const json_t *list = json_object_get(line, "words");
  size_t n = json_array_size(list);
  if (!json_is_array(list) || n > LOG_WORDS)
    return wrong(r, "\"words\" is not a list of at most %d [cell, value]", LOG_WORDS);
  l->word = r->log->words;
  l->words = (uint32_t)n;
  for (size_t k = 0; k < n; k++) {
    const json_t *pair = json_array_get(list, k);
    struct log_word w;
    if (json_array_size(pair) != 2 || !number_of(json_array_get(pair, 0), &w.cell) ||
        !number_of(json_array_get(pair, 1), &w.value))
      return wrong(r, "entry %zu of \"words\" is not [cell, value]", k + 1);
    if (w.cell < l->cell || w.cell - l->cell + 8 > l->value ||
        (k > 0 && w.cell <= r->log->word[r->log->words - 1].cell))
      return wrong(r, "\"words\" has cell %" PRIu64 ": they rise, and are within \"length\" of \"cell\"", w.cell);
    if (!keep_word(r, &w))
      return false;
  }
  return true;
}

/* What a line of this op has to say. */
static bool fields(struct reader *r, const json_t *line, struct log_line *l)
{
  enum log_op op = l->op;
  bool has_cell = op != LOG_FLUSH && op != LOG_POLL && op != LOG_CLOSE;
  bool has_length = op == LOG_COPY || op == LOG_FILL || op == LOG_PUT || op == LOG_WRITE || op == LOG_READ;
  bool has_value = op == LOG_LOAD || op == LOG_SIGNAL || op == LOG_WORD || op == LOG_POLL;
  if (op == LOG_CLOSE)
    return true;
  if (!peer(r, line, l) || (has_cell && !number(r, line, "cell", LAST_CELL, &l->cell)) ||
      (has_length && !number(r, line, "length", LAST_CELL, &l->value)) ||
      (has_value && !number(r, line, "value", UINT64_MAX, &l->value)))
    return false;
  l->from = l->cell; /* where a put does not say otherwise */
  if (op == LOG_PUT && json_object_get(line, "from") && !number(r, line, "from", LAST_CELL, &l->from))
    return false;
  if (op == LOG_FILL && l->peer != r->log->rank)
    return wrong(r, "rank %u fills the row of rank %u: a row is filled by its own rank", r->log->rank, l->peer);
  return (op != LOG_COPY && op != LOG_FILL) || words(r, line, l);
}

static bool take(struct reader *r, const json_t *line)
{
  const char *op = json_string_value(json_object_get(line, "op"));
  struct log_line l = {.number = r->number};
  uint64_t seq;
  if (!op)
    return wrong(r, "this line has no \"op\"");
  while (l.op < LOG_OPS && strcmp(ops[l.op], op) != 0)
    l.op++;
  if (l.op == LOG_OPS)
    return wrong(r, "unknown \"op\": \"%.40s\"", op);
  if (!number(r, line, "seq", UINT64_MAX, &seq))
    return false;
  if (seq <= r->seq)
    return wrong(r, "\"seq\" is %" PRIu64 " behind %" PRIu64 ": it has to rise", seq, r->seq);
  r->seq = seq;
  if (r->log->closed)
    return wrong(r, "a line behind the closing one");
  r->log->closed = l.op == LOG_CLOSE;
  return fields(r, line, &l) && keep_line(r, &l);
}

static bool take_first(struct reader *r, const json_t *line)
{
  const char *op = json_string_value(json_object_get(line, "op"));
  const char *group = json_string_value(json_object_get(line, "group"));
  uint64_t size, rank;
  if (!op || strcmp(op, "open") != 0)
    return wrong(r, "a log begins with a line whose \"op\" is \"open\"");
  if (!group || strlen(group) != LOG_NAME || strspn(group, "0123456789abcdef") != LOG_NAME)
    return wrong(r, "\"group\" is not 16 hexadecimal digits");
  memcpy(r->log->group, group, LOG_NAME + 1);
  if (!number(r, line, "size", LOG_RANKS, &size))
    return false;
  if (size == 0)
    return wrong(r, "\"size\" is 0: a group has a rank or more");
  if (!number(r, line, "rank", size - 1, &rank))
    return false;
  r->log->size = (uint32_t)size;
  r->log->rank = (uint32_t)rank;
  return true;
}

static bool parse_line(struct reader *r, const char *text, size_t length)
{
  json_error_t why;
  if (length > LOG_LINE)
    return wrong(r, "a line of %zu bytes: at most %d", length, LOG_LINE);
  json_t *line = json_loadb(text, length, JSON_REJECT_DUPLICATES, &why);
  if (!line)
    return wrong(r, "no JSON: %.160s", why.text);
  bool good = json_is_object(line) ? r->number == 1 ? take_first(r, line) : take(r, line)
                                   : wrong(r, "a line is an object of JSON: {\"seq\": ...}");
  json_decref(line);
  return good;
}

bool log_parse(const char *name, const char *text, size_t length, struct log *log, struct log_error *error)
{
  struct reader r = {.log = log, .error = error};
  *log = (struct log){.name = name};
  if (length == 0)
    return wrong(&r, "an empty file is no log");
  while (length > 0) {
    const char *end = memchr(text, '\n', length);
    r.number++;
    if (!end)
      return wrong(&r, "the line is cut off: it has no end");
    if (r.number == UINT32_MAX || !parse_line(&r, text, (size_t)(end - text)))
      return r.number == UINT32_MAX ? wrong(&r, "more lines than this can count") : false;
    length -= (size_t)(end - text) + 1;
    text = end + 1;
  }
  return true;
}

void log_free(struct log *log)
{
  free(log->line);
  free(log->word);
  *log = (struct log){0};
}
