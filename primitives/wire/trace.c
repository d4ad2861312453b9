/* The door that logs: each call goes on to the door itself, and what it did becomes a line. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "traced.h"
#include "../group/group.h"
#include "trace.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In here the door is the door. */
#undef wire_load
#undef wire_reached
#undef wire_copy_words
#undef wire_borrow_words
#undef wire_borrow_bytes
#undef wire_refer_bytes
#undef wire_fill_words
#undef wire_fill_bytes
#undef wire_signal
#undef wire_put
#undef wire_lend
#undef wire_write
#undef wire_write_word
#undef wire_read
#undef wire_flush
#undef wire_completed

enum {
  BUFFER = 1 << 16,
  LINE = 2048, /* a line is shorter */
  EACH = 8,    /* the first words of a copy are all told, and of the others the 16th, the 32nd, the 64th, ... */
  TOLD = EACH + 64,
  SEEN = 1024 /* at first */
};

/* What a word, or the words of a row from there on, were when they were last logged. */
struct seen {
  uint64_t key; /* where they are, plus one; 0: nothing */
  uint64_t value, news;
};

struct trace {
  int fd;
  uint64_t seq;
  /*
   * How often this rank has observed something new: a value that it had not seen, a completion. A look that finds
   * what the last one found is logged once after each news, and not again: what a second line would say of the
   * order follows from the first.
   */
  uint64_t news;
  uint64_t *polled; /* [rank]: completions */
  struct seen *seen;
  uint64_t room, kept; /* of `seen`: a power of two; in use */
  size_t used;
  char buffer[BUFFER];
  char path[];
};

/* -- lines ------------------------------------------------------------------------- */

/* Whole lines only: the log of a rank that is killed ends with one. */
static void write_out(struct trace *t)
{
  size_t done = 0;
  while (t->fd >= 0 && done < t->used) {
    ssize_t n = write(t->fd, t->buffer + done, t->used - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      fprintf(stderr, "sacred: the log %s cannot be written: %s; it ends here\n", t->path, strerror(errno));
      close(t->fd);
      t->fd = -1;
    } else
      done += (size_t)n;
  }
  t->used = 0;
}

static void say(struct trace *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct trace *t, const char *format, ...)
{
  va_list list;
  va_start(list, format);
  int n = vsnprintf(t->buffer + t->used, BUFFER - t->used, format, list);
  va_end(list);
  t->used += n > 0 ? (size_t)n : 0;
}

/* A number; as a string where a reader's signed 64 bits would not hold it. */
static void say_number(struct trace *t, const char *name, uint64_t v)
{
  say(t, v <= INT64_MAX ? ", \"%s\": %" PRIu64 : ", \"%s\": \"%" PRIu64 "\"", name, v);
}

static void begin(struct trace *t, const char *op, uint64_t seq)
{
  if (BUFFER - t->used < LINE)
    write_out(t);
  say(t, "{\"seq\": %" PRIu64 ", \"op\": \"%s\"", seq, op);
}

/* -- what was seen already ------------------------------------------------------------ */

static struct seen *find(struct seen *seen, uint64_t room, uint64_t key)
{
  uint64_t at = key * UINT64_C(0x9e3779b97f4a7c15) >> 20;
  while (seen[at & (room - 1)].key != 0 && seen[at & (room - 1)].key != key)
    at++;
  return &seen[at & (room - 1)];
}

/* Room for as many again. Where there is no memory all looks are logged from then on. */
static void grow(struct trace *t)
{
  struct seen *more = calloc(2 * t->room, sizeof *more);
  if (!more)
    return;
  for (uint64_t k = 0; k < t->room; k++)
    if (t->seen[k].key != 0)
      *find(more, 2 * t->room, t->seen[k].key) = t->seen[k];
  free(t->seen);
  t->seen = more;
  t->room *= 2;
}

/* Is this look to be logged? */
static int is_news(struct trace *t, uint64_t place, uint64_t value)
{
  if (2 * t->kept >= t->room)
    grow(t);
  if (4 * t->kept >= 3 * t->room)
    return 1;
  struct seen *s = find(t->seen, t->room, place + 1);
  int first = s->key == 0;
  if (!first && s->value == value && s->news == t->news)
    return 0;
  if (first || s->value != value)
    t->news++;
  t->kept += (uint64_t)first;
  *s = (struct seen){place + 1, value, t->news};
  return 1;
}

/* -- the door ------------------------------------------------------------------------- */

static struct trace *of(const struct wire *w)
{
  struct trace *t = w->transport->trace;
  return t && t->fd >= 0 ? t : NULL;
}

uint64_t traced_load(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j)
{
  uint64_t v = wire_load(w, r, off, j);
  struct trace *t = of(w);
  if (t && ++t->seq && is_news(t, row_offset(w, r, off, w->rank, j), v)) {
    begin(t, "load", t->seq);
    say(t, ", \"peer\": %u, \"cell\": %" PRIu64, j, row_offset(w, r, off, w->rank, j));
    say_number(t, "value", v);
    say(t, "}\n");
  }
  return v;
}

int traced_reached(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t want)
{
  return traced_load(w, r, off, j) >= want;
}

/* The next word to be told of a copy. */
static uint64_t next_word(uint64_t k)
{
  return k + 1 < EACH ? k + 1 : 2 * (k + 1) - 1;
}

/* A line of words of rank j's row, which are at `buf` now: [[cell, value], ...]. */
static void say_words(struct trace *t, const char *op, uint64_t cell, uint32_t j, const unsigned char *buf, uint64_t n)
{
  const char *between = "";
  begin(t, op, t->seq);
  say(t, ", \"peer\": %u, \"cell\": %" PRIu64 ", \"length\": %" PRIu64 ", \"words\": [", j, cell, n);
  for (uint64_t k = 0; 8 * k + 8 <= n; k = next_word(k)) {
    uint64_t v;
    memcpy(&v, buf + 8 * k, 8);
    say(t, v <= INT64_MAX ? "%s[%" PRIu64 ", %" PRIu64 "]" : "%s[%" PRIu64 ", \"%" PRIu64 "\"]", between, cell + 8 * k,
        v);
    between = ", ";
  }
  say(t, "]}\n");
}

/* One number for all words that would be told. */
static uint64_t digest(const unsigned char *buf, uint64_t n)
{
  uint64_t sum = n;
  for (uint64_t k = 0; 8 * k + 8 <= n; k = next_word(k)) {
    uint64_t v;
    memcpy(&v, buf + 8 * k, 8);
    sum = (sum ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    sum ^= sum >> 29;
  }
  return sum;
}

static void copied(const struct wire *w, uint64_t cell, uint32_t j, const unsigned char *buf, uint64_t n)
{
  struct trace *t = of(w);
  /* a word's place is a multiple of 8: one more than that is a copy from there on */
  if (t && ++t->seq && is_news(t, cell + 1, digest(buf, n)))
    say_words(t, "copy", cell, j, buf, n);
}

void traced_copy_words(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t *buf, uint64_t n)
{
  wire_copy_words(w, r, off, j, buf, n);
  copied(w, row_offset(w, r, off, w->rank, j), j, (const unsigned char *)buf, 8 * n);
}

void traced_borrow_words(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t *buf,
                         uint64_t n)
{
  wire_borrow_words(w, r, off, j, buf, n);
  copied(w, row_offset(w, r, off, w->rank, j), j, (const unsigned char *)buf, 8 * n);
}

void traced_borrow_bytes(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t where,
                         unsigned char *buf, uint64_t at, uint64_t n)
{
  wire_borrow_bytes(w, r, off, j, where, buf, at, n);
  copied(w, row_offset(w, r, off, w->rank, j), j, buf + at, n);
}

static void filled(const struct wire *w, uint64_t cell, const unsigned char *buf, uint64_t n)
{
  struct trace *t = of(w);
  if (t && ++t->seq)
    say_words(t, "fill", cell, w->rank, buf, n);
}

void traced_fill_words(const struct wire *w, const struct rows *r, uint64_t off, const uint64_t *buf, uint64_t n)
{
  wire_fill_words(w, r, off, buf, n);
  filled(w, row_offset(w, r, off, w->rank, w->rank), (const unsigned char *)buf, 8 * n);
}

void traced_fill_bytes(const struct wire *w, const struct rows *r, uint64_t off, const unsigned char *buf, uint64_t at,
                       uint64_t n)
{
  wire_fill_bytes(w, r, off, buf, at, n);
  filled(w, row_offset(w, r, off, w->rank, w->rank), buf + at, n);
}

void traced_refer_bytes(const struct wire *w, const struct rows *r, uint64_t off, const unsigned char *buf, uint64_t at,
                        uint64_t n)
{
  wire_refer_bytes(w, r, off, buf, at, n);
  filled(w, row_offset(w, r, off, w->rank, w->rank), buf + at, n);
}

/* A post to rank i, begun as a line; NULL where nothing was posted, or nobody logs. */
static struct trace *posted(const struct wire *w, uint32_t i, const char *op, int status)
{
  struct trace *t = of(w);
  if (!t || status != SACRED_OK)
    return NULL;
  begin(t, op, ++t->seq);
  say(t, ", \"peer\": %u", i);
  return t;
}

int traced_signal(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v)
{
  int status = wire_signal(w, i, r, off, v);
  struct trace *t = posted(w, i, "signal", status);
  if (t) {
    say_number(t, "cell", row_offset(w, r, off, i, w->rank));
    say_number(t, "value", v);
    say(t, "}\n");
  }
  return status;
}

static int put(const struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len, int status)
{
  struct trace *t = posted(w, i, "put", status);
  if (t) {
    say_number(t, "cell", row_offset(w, r, off, i, w->rank));
    say_number(t, "from", row_offset(w, r, off, w->rank, w->rank));
    say_number(t, "length", len);
    say(t, "}\n");
  }
  return status;
}

int traced_put(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len)
{
  return put(w, i, r, off, len, wire_put(w, i, r, off, len));
}

/* To who borrows it, it is a put. */
int traced_lend(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len)
{
  return put(w, i, r, off, len, wire_lend(w, i, r, off, len));
}

int traced_write(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t len)
{
  int status = wire_write(w, i, to, from, len);
  struct trace *t = posted(w, i, "write", status);
  if (t)
    say(t, ", \"cell\": %" PRIu64 ", \"from\": %" PRIu64 ", \"length\": %" PRIu64 "}\n", to, from, len);
  return status;
}

int traced_write_word(struct wire *w, uint32_t i, uint64_t to, uint64_t v)
{
  int status = wire_write_word(w, i, to, v);
  struct trace *t = posted(w, i, "word", status);
  if (t) {
    say_number(t, "cell", to);
    say_number(t, "value", v);
    say(t, "}\n");
  }
  return status;
}

int traced_read(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t len)
{
  int status = wire_read(w, i, to, from, len);
  struct trace *t = posted(w, i, "read", status);
  if (t)
    say(t, ", \"cell\": %" PRIu64 ", \"from\": %" PRIu64 ", \"length\": %" PRIu64 "}\n", to, from, len);
  return status;
}

int traced_flush(struct wire *w, uint32_t i)
{
  int status = wire_flush(w, i);
  struct trace *t = posted(w, i, "flush", status);
  if (t)
    say(t, "}\n");
  return status;
}

uint64_t traced_completed(struct wire *w, uint32_t i)
{
  uint64_t n = wire_completed(w, i);
  struct trace *t = of(w);
  if (t && ++t->seq && n > t->polled[i]) {
    t->polled[i] = n;
    t->news++;
    begin(t, "poll", t->seq);
    say(t, ", \"peer\": %u, \"value\": %" PRIu64 "}\n", i, n);
  }
  return n;
}

/* -- its life ------------------------------------------------------------------------- */

int trace_open(struct wire *w, uint64_t group)
{
  static const char *const kinds[] = {[WIRE_SHM] = "shm", [WIRE_SHM_LATE] = "late", [WIRE_VERBS] = "verbs"};
  if (!group_environment_has("SACRED_TRACE"))
    return SACRED_OK;
  const char *file = getenv("SACRED_TRACE");
  size_t room = strlen(file) + 32;
  struct trace *t = calloc(1, sizeof *t + room);
  if (t) {
    snprintf(t->path, room, "%s.%016" PRIx64 ".%u", file, group, w->rank);
    t->room = SEEN;
    t->seen = calloc(t->room, sizeof *t->seen);
    t->polled = calloc(w->size, sizeof *t->polled);
  }
  if (!t || !t->seen || !t->polled) {
    if (t) {
      free(t->seen);
      free(t->polled);
    }
    free(t);
    return group_open_say(SACRED_ERR_MEMORY, "no memory for the log of SACRED_TRACE=%s", file);
  }
  t->fd = open(t->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  w->transport->trace = t;
  if (t->fd < 0) {
    int error = errno;
    group_open_say(SACRED_ERR_ENVIRONMENT, "the log %s of SACRED_TRACE cannot be begun: %s", t->path, strerror(error));
    trace_close(w);
    return SACRED_ERR_ENVIRONMENT;
  }
  say(t, "{\"op\": \"open\", \"group\": \"%016" PRIx64 "\", \"rank\": %u, \"size\": %u, \"wire\": \"%s\"}\n", group,
      w->rank, w->size, kinds[w->kind]);
  write_out(t); /* a rank that is killed soon has begun its log */
  return SACRED_OK;
}

void trace_close(struct wire *w)
{
  struct trace *t = w->transport->trace;
  w->transport->trace = NULL;
  if (!t)
    return;
  if (t->fd >= 0) {
    begin(t, "close", ++t->seq);
    say(t, "}\n");
    write_out(t);
  }
  if (t->fd >= 0)
    close(t->fd);
  free(t->seen);
  free(t->polled);
  free(t);
}
