/* What a rank prints, prefixed and passed on in whole lines. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "run.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 65536, PREFIX_MAX = 16 };

static void write_all(int fd, const char *text, size_t n)
{
  while (n > 0) {
    ssize_t done = write(fd, text, n);
    if (done < 0 && errno == EAGAIN)
      poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, 100);
    else if (done < 0 && errno != EINTR)
      return;
    else if (done > 0) {
      text += done;
      n -= (size_t)done;
    }
  }
}

/* One line, or a part of one too long, with its prefix and its end in one write. */
static void write_line(const struct stream *s, const char *text, size_t n)
{
  static char out[PREFIX_MAX + LINE_MAX_BYTES + 1];
  size_t used = (size_t)snprintf(out, PREFIX_MAX, "[%u] ", s->rank);
  memcpy(out + used, text, n);
  used += n;
  if (n == 0 || text[n - 1] != '\n')
    out[used++] = '\n';
  write_all(s->to, out, used);
}

int stream_open(struct stream *s, int from, int to, uint32_t rank)
{
  *s = (struct stream){.from = from, .to = to, .rank = rank, .line = malloc(LINE_MAX_BYTES)};
  return s->line && fcntl(from, F_SETFL, O_NONBLOCK) == 0;
}

int stream_pass(struct stream *s)
{
  ssize_t n = read(s->from, s->line + s->used, LINE_MAX_BYTES - s->used);
  if (n == 0)
    return 0;
  if (n < 0)
    return errno == EAGAIN || errno == EINTR;
  s->used += (uint32_t)n;
  char *begin = s->line, *end;
  uint32_t left = s->used;
  while ((end = memchr(begin, '\n', left))) {
    uint32_t bytes = (uint32_t)(end - begin) + 1;
    write_line(s, begin, bytes);
    begin += bytes;
    left -= bytes;
  }
  if (left == LINE_MAX_BYTES) {
    write_line(s, begin, left);
    left = 0;
  }
  memmove(s->line, begin, left);
  s->used = left;
  return 1;
}

void stream_close(struct stream *s)
{
  if (s->from >= 0)
    close(s->from);
  if (s->used > 0)
    write_line(s, s->line, s->used);
  free(s->line);
  s->from = -1;
  s->used = 0;
  s->line = NULL;
}
