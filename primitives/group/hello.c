/* What ranks say of themselves first: which of them are of one host, found out by trying, and its processors. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "hello.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

void hello_processors(struct hello *h)
{
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0)
    return;
  for (unsigned k = 0; k < CPU_SETSIZE && k < 1024; k++)
    if (CPU_ISSET(k, &set))
      h->processors[k / 64] |= UINT64_C(1) << k % 64;
}

static uint64_t hash(uint64_t h, const void *bytes, size_t n)
{
  for (size_t k = 0; k < n; k++) /* FNV-1a: G. Fowler, L. C. Noll, K.-P. Vo, 1991 */
    h = (h ^ ((const unsigned char *)bytes)[k]) * UINT64_C(0x100000001b3);
  return h;
}

/* -- which ranks are of one host ------------------------------------------------- */

/* What a rank leaves in a file without a name, for others of its host to find. */
struct token {
  uint64_t magic, token, rank;
};

/*
 * One boot of one kernel, and one numbering of processes on it: two containers of one
 * machine are two hosts, unless they share that. A system that does not say which boot
 * it is goes by its name. Ranks that differ here are of different hosts; those that do
 * not may be as well, since virtual machines from one snapshot say the same: see
 * hello_place(). With SACRED_TEST_HOSTS=n, for tests, ranks take turns at n hosts that are
 * none; with 0 all say that they are of one, whatever is so.
 */
int hello_host(struct hello *h, uint32_t turn)
{
  unsigned char id[64];
  struct utsname system;
  struct stat numbering;
  uint64_t hosts;
  int status = group_environment_number("SACRED_TEST_HOSTS", 0, CONTROL_RANKS_MAX, 1, &hosts);
  if (uname(&system) != 0)
    strcpy(system.nodename, "a host without a name");
  int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : read(fd, id, sizeof id);
  if (fd >= 0)
    close(fd);
  snprintf(h->name, sizeof h->name, "%.47s", system.nodename);
  h->host = UINT64_C(0xcbf29ce484222325);
  h->host = n > 0 ? hash(h->host, id, (size_t)n) : hash(h->host, system.nodename, strlen(system.nodename));
  if (stat("/proc/self/ns/pid", &numbering) == 0)
    h->host = hash(h->host, &numbering.st_ino, sizeof numbering.st_ino);
  h->host = hosts == 0 ? 0 : h->host + turn % hosts;
  return status;
}

int hello_leave_token(struct hello *h, uint32_t rank)
{
  if (getrandom(&h->token, sizeof h->token, 0) < 0)
    h->token = sacred_now();
  const struct token t = {CONTROL_MAGIC, h->token, rank};
  h->token_fd = memfd_create("sacred-token", MFD_CLOEXEC);
  if (h->token_fd >= 0 && write(h->token_fd, &t, sizeof t) == (ssize_t)sizeof t)
    return SACRED_OK;
  return group_open_say(SACRED_ERR_SYSTEM, "cannot make a file in memory for rank %u: %s%s", rank, strerror(errno),
                        group_file_remedy(errno));
}

void hello_forget_token(struct hello *h)
{
  if (h->token_fd >= 0)
    close(h->token_fd);
  h->token_fd = -1;
}

/*
 * Is there, behind rank i's process and file, its token? On another host of the same
 * name there may be any process and any file of these numbers: one that is no file,
 * or not of this size, is not touched. Another machine's copy of memory may have the
 * same number in it, and not the same rank.
 */
static int sees(const struct hello *all, uint32_t i)
{
  const struct token wanted = {CONTROL_MAGIC, all[i].token, i};
  struct token found;
  struct stat file;
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)all[i].pid, (int)all[i].token_fd);
  if (all[i].magic != CONTROL_MAGIC || stat(path, &file) != 0 || !S_ISREG(file.st_mode) || file.st_size != sizeof found)
    return 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  ssize_t n = fd < 0 ? -1 : pread(fd, &found, sizeof found, 0);
  if (fd >= 0)
    close(fd);
  return n == (ssize_t)sizeof found && memcmp(&found, &wanted, sizeof found) == 0;
}

uint32_t hello_place(const struct hello *all, uint32_t me)
{
  uint32_t i = 0;
  while (i < me && (all[i].host != all[me].host || !sees(all, i)))
    i++;
  return i;
}

uint32_t hello_count_processors(const struct hello *all, uint32_t size, uint64_t host)
{
  uint32_t n = 0;
  for (unsigned k = 0; k < 16; k++) {
    uint64_t any = 0;
    for (uint32_t i = 0; i < size; i++)
      any |= all[i].host == host ? all[i].processors[k] : 0;
    n += (uint32_t)__builtin_popcountll(any);
  }
  return n > 0 ? n : 1;
}

uint32_t hello_count_ranks(const struct hello *all, uint32_t size, uint64_t host)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < size; i++)
    n += all[i].host == host;
  return n;
}
