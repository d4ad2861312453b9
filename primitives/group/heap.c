/* The group's file: a control area, then one heap a rank that grows as objects take from it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../wire/verbs.h"
#include "group.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PAGE = 4096, ASK_ABOVE = 1 << 20 };

/* Memory of a group's object; the list makes it reachable until the process ends. */
struct kept {
  struct kept *next;
  _Alignas(64) unsigned char memory[];
};

/* The greatest file that this process may write. */
static uint64_t file_limit(void)
{
  struct rlimit file;
  return getrlimit(RLIMIT_FSIZE, &file) == 0 && file.rlim_cur != RLIM_INFINITY ? file.rlim_cur : UINT64_MAX;
}

const char *group_file_remedy(int error)
{
  return error == EFBIG    ? ": raise ulimit -f"
         : error == EMFILE ? ": raise ulimit -n"
         : error == ENOSPC ? ": free some memory"
                           : "";
}

/* A file that no directory shows: whatever dies, nothing is left behind. */
int group_file_create(uint32_t size, uint64_t cookie)
{
  struct control head = {.magic = CONTROL_MAGIC, .cookie = cookie, .size = size};
  int fd = memfd_create("sacred", MFD_CLOEXEC);
  if (fd < 0)
    return -1;
  /* Beyond the limit of files the system would end the process. */
  int error = control_bytes(size) > file_limit() ? EFBIG : posix_fallocate(fd, 0, (off_t)control_bytes(size));
  if (error == 0 && pwrite(fd, &head, offsetof(struct control, rank), 0) != (ssize_t)offsetof(struct control, rank))
    error = errno;
  if (error == 0)
    return fd;
  close(fd);
  errno = error;
  return -1;
}

/* Bytes of memory that the host can still give, as far as it says. */
static uint64_t available(void)
{
  char line[128];
  uint64_t kib = UINT64_MAX / 1024;
  FILE *file = fopen("/proc/meminfo", "re");
  if (!file)
    return UINT64_MAX;
  while (fgets(line, sizeof line, file))
    if (sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
      break;
  fclose(file);
  return kib * 1024;
}

/* Have pages behind the first `want` bytes of my heap: later stores there cannot fail. */
static int back(struct sacred_group *g, uint64_t want)
{
  if (want <= g->backed || g->t.brought)
    return SACRED_OK;
  uint64_t from = control_bytes(g->w.size) + g->w.rank * g->t.heap_bytes + g->backed, bytes = want - g->backed;
  uint64_t room = bytes > ASK_ABOVE ? available() : UINT64_MAX;
  if (bytes > room)
    return wire_say(&g->w, SACRED_ERR_MEMORY,
                    "%" PRIu64 " bytes of memory are wanted, %" PRIu64 " are available: use less", bytes, room);
  if (g->w.kind == WIRE_VERBS) { /* what is registered has pages */
    g->backed = want;
    return SACRED_OK;
  }
  if (from + bytes > file_limit())
    return wire_say(&g->w, SACRED_ERR_MEMORY,
                    "a file of %" PRIu64 " bytes is wanted, the limit of files is %" PRIu64 ": raise ulimit -f",
                    from + bytes, file_limit());
  int error;
  do
    error = posix_fallocate(g->fd, (off_t)from, (off_t)bytes);
  while (error == EINTR);
  if (error != 0)
    return wire_say(&g->w, SACRED_ERR_MEMORY, "no %" PRIu64 " bytes of shared memory: %s; use less, or raise its limit",
                    bytes, strerror(error));
  g->backed = want;
  return SACRED_OK;
}

int group_heap_take(struct sacred_group *g, uint64_t bytes, uint64_t *at, uint32_t *key)
{
  uint64_t left = g->t.heap_bytes - g->used;
  *at = g->used;
  if (bytes > left)
    return wire_say(&g->w, SACRED_ERR_MEMORY,
                    "%" PRIu64 " bytes are wanted, %" PRIu64 " of the heap's %" PRIu64 " are left: %s", bytes, left,
                    g->t.heap_bytes,
                    g->t.brought ? "bring more memory" : "set SACRED_HEAP to more, as in SACRED_HEAP=4G");
  uint64_t end = g->used + (bytes + WIRE_LINE - 1) / WIRE_LINE * WIRE_LINE;
  int status = back(g, (end + PAGE - 1) / PAGE * PAGE);
  if (status == SACRED_OK && g->w.kind == WIRE_VERBS && bytes > 0)
    status = verbs_register(&g->w, *at, end, key);
  if (status != SACRED_OK)
    return status;
  if (g->t.brought) /* before anybody hears what opens it */
    memset(g->w.heap + *at, 0, end - *at);
  g->used = end;
  return SACRED_OK;
}

void group_heap_give_back(struct sacred_group *g, uint64_t at)
{
  g->used = at;
}

void *group_keep(struct sacred_group *g, size_t bytes)
{
  struct kept *k = NULL;
  if (posix_memalign((void **)&k, 64, sizeof *k + bytes) != 0)
    return NULL;
  memset(k, 0, sizeof *k + bytes);
  k->next = g->kept;
  g->kept = k;
  return k->memory;
}

void group_unkeep(struct sacred_group *g, void *memory)
{
  struct kept **p = &g->kept;
  if (!memory)
    return;
  while ((*p)->memory != (unsigned char *)memory)
    p = &(*p)->next;
  struct kept *k = *p;
  *p = k->next;
  free(k);
}
