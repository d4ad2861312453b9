/* `sacred doctor`: looks at what RDMA needs on this host, and says for each finding what to do. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor.h"
#include "../wire/verbs.h"
#include "run.h"
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <sacred/sacred.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROBE_WORDS = 512, PROBE_BYTES = 8 * PROBE_WORDS, MESSAGE = 4096 };
#define SECOND UINT64_C(1000000000)

static int problems;

void doctor_fine(const char *what, const char *detail)
{
  printf("  ok       %s%s%s\n", what, *detail ? ": " : "", detail);
}

void doctor_problem(const char *what, const char *remedy)
{
  printf("  PROBLEM  %s\n           do: %s\n", what, remedy);
  problems++;
}

/* -- what the system shows ------------------------------------------------------ */

static void look_at_nodes(void)
{
  glob_t found;
  int usable = 0, n = glob("/dev/infiniband/uverbs*", 0, NULL, &found) == 0 ? (int)found.gl_pathc : 0;
  for (int k = 0; k < n; k++)
    usable += access(found.gl_pathv[k], R_OK | W_OK) == 0;
  if (n == 0)
    doctor_problem("there is no /dev/infiniband/uverbs*",
                   "modprobe ib_uverbs; in a container, pass /dev/infiniband on (--device /dev/infiniband)");
  else if (usable < n)
    doctor_problem("this user may not open every /dev/infiniband/uverbs*", "chmod or chown them by a udev rule");
  else
    doctor_fine("device nodes", "/dev/infiniband/uverbs* are there and can be opened");
  globfree(&found);
}

static void look_at_memlock(void)
{
  struct rlimit locked;
  char text[160];
  if (getrlimit(RLIMIT_MEMLOCK, &locked) != 0)
    return;
  if (locked.rlim_cur == RLIM_INFINITY) {
    doctor_fine("locked memory", "unlimited");
    return;
  }
  snprintf(text, sizeof text, "the limit of locked memory is %" PRIu64 " bytes", (uint64_t)locked.rlim_cur);
  if (locked.rlim_cur < UINT64_C(64) << 20 && geteuid() != 0)
    doctor_problem(text,
                   "ulimit -l unlimited; memlock in /etc/security/limits.conf; LimitMEMLOCK=infinity of a service");
  else
    doctor_fine("locked memory", text);
}

/* No problem in any case: no primitive uses them. Who brings locks of his own wants to know. */
static void look_at_atomics(struct ibv_context *context)
{
  struct ibv_device_attr attr;
  char text[256];
  if (ibv_query_device(context, &attr) != 0) {
    doctor_problem("the device cannot be queried", "see dmesg for what its driver says");
    return;
  }
  snprintf(text, sizeof text, "%s; Sacred uses none", verbs_atomics(attr.atomic_cap));
  doctor_fine("remote atomics", text);
}

static int look_at_port(void)
{
  struct verbs_settings s;
  struct ibv_context *context;
  struct verbs_port port;
  char text[256];
  if (verbs_settings_read(&s) != SACRED_OK || verbs_choose(&s, 0, &context, &port) != SACRED_OK) {
    doctor_problem(sacred_open_error(), "see sacred info for all devices, ports and addresses");
    return 0;
  }
  snprintf(text, sizeof text, "%s port %u is active", ibv_get_device_name(context->device), port.number);
  doctor_fine("port", text);
  if (port.score <= 2)
    doctor_problem("its best address is good on one link only, or is RoCE v1",
                   "give its network device a routable IPv4 or IPv6 address");
  else
    doctor_fine("address", "a routable one of RoCE v2, or InfiniBand");
  look_at_atomics(context);
  ibv_close_device(context);
  return 1;
}

/* -- two ranks on the device ------------------------------------------------------ */

/* How the two ranks meet, and what they found. */
struct table {
  uint64_t said[2];
  unsigned char message[2][2][MESSAGE]; /* [parity][rank] */
  uint64_t looks, torn, blocks, over;
  char error[512];
};

struct seat {
  struct table *table;
  uint32_t rank;
};

static int gather(void *arg, const void *mine, void *all, size_t size)
{
  struct seat *s = arg;
  uint64_t call = s->table->said[s->rank] + 1, until = sacred_in(20 * SECOND);
  if (size > MESSAGE)
    return -1;
  memcpy(s->table->message[call % 2][s->rank], mine, size);
  /*
   * ORDER tell-after-note.  A release store: the message is before it (rule ww).
   * Pairs with note-before-read.  Without it the other rank could read half a message.
   */
  __atomic_store_n(&s->table->said[s->rank], call, __ATOMIC_RELEASE);
  /* ORDER note-before-read.  An acquire load (rule rr); pairs with tell-after-note, which says the rest. */
  while (__atomic_load_n(&s->table->said[1 - s->rank], __ATOMIC_ACQUIRE) < call) {
    if (sacred_now() > until)
      return -1;
    sched_yield();
  }
  for (uint32_t i = 0; i < 2; i++)
    memcpy((unsigned char *)all + i * size, s->table->message[call % 2][i], size);
  return 0;
}

static uint64_t eight(uint64_t k)
{
  return (k & 0xff) * UINT64_C(0x0101010101010101);
}

/* Put blocks of equal bytes over each other for a second. */
static int put_blocks(sacred_region *r)
{
  uint64_t *mine = (uint64_t *)sacred_region_base(r) + PROBE_WORDS, until = sacred_in(SECOND), ticket = 0;
  int status = SACRED_OK;
  for (uint64_t k = 1; status == SACRED_OK && sacred_now() < until; k++) {
    for (int i = 0; i < PROBE_WORDS; i++)
      mine[i] = eight(k);
    do
      status = sacred_region_put(r, 1, 0, PROBE_BYTES, PROBE_BYTES, &ticket);
    while (status == SACRED_AGAIN && sacred_now() < until + SECOND);
    if (status == SACRED_OK)
      status = sacred_region_wait(r, 1, ticket, sacred_in(5 * SECOND));
  }
  return status;
}

/* Look whether a word is ever half of one block and half of the next. */
static void look_for_torn(struct table *t, sacred_region *r)
{
  const uint64_t *words = sacred_region_base(r);
  uint64_t until = sacred_in(SECOND), before = 0;
  for (uint64_t k = 0; k % 4096 != 0 || sacred_now() < until; k++) {
    uint64_t v = __atomic_load_n(&words[k % PROBE_WORDS], __ATOMIC_RELAXED);
    t->looks++;
    t->torn += v != eight(v);
    t->blocks += v != before;
    before = v;
  }
}

static int be_rank(struct table *t, uint32_t rank)
{
  struct seat seat = {t, rank};
  sacred_group *g;
  sacred_region *r = NULL;
  sacred_barrier *b = NULL;
  uint64_t by = sacred_in(20 * SECOND);
  int status = sacred_group_open_with(&g, rank, 2, gather, &seat, by);
  if (status != SACRED_OK) {
    if (rank == 0)
      snprintf(t->error, sizeof t->error, "%s", sacred_open_error());
    return status;
  }
  status = sacred_region_create(g, 2 * PROBE_BYTES, &r, by);
  if (status == SACRED_OK)
    status = sacred_barrier_create(g, SACRED_FULL, &b, by);
  if (status == SACRED_OK)
    status = sacred_barrier_wait(b, by);
  if (status == SACRED_OK && rank == 0)
    status = put_blocks(r);
  if (status == SACRED_OK && rank == 1)
    look_for_torn(t, r);
  if (status == SACRED_OK)
    status = sacred_barrier_wait(b, sacred_in(10 * SECOND));
  if (status != SACRED_OK && rank == 0)
    snprintf(t->error, sizeof t->error, "%s", sacred_group_error(g));
  sacred_group_close(g, sacred_in(5 * SECOND));
  return status;
}

static void try_two_ranks(void)
{
  struct table *t = mmap(NULL, sizeof *t, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  char text[256];
  int ended = 0;
  if (t == MAP_FAILED)
    return;
  setenv("SACRED_WIRE", "verbs", 1);
  fflush(NULL);
  pid_t child = fork();
  if (child == 0)
    _exit(be_rank(t, 1) == SACRED_OK ? 0 : 1);
  int status = child > 0 ? be_rank(t, 0) : SACRED_ERR_SYSTEM;
  if (child > 0)
    waitpid(child, &ended, 0);
  if (status != SACRED_OK || ended != 0)
    doctor_problem("two ranks cannot write to each other over this device",
                   t->error[0] ? t->error : "see its other rank");
  else
    doctor_fine("loopback", "two ranks of this host wrote to each other, and crossed barriers");
  snprintf(text, sizeof text, "%" PRIu64 " looks at words under way, %" PRIu64 " changes, %" PRIu64 " torn", t->looks,
           t->blocks, t->torn);
  if (t->torn > 0)
    doctor_problem(text, "do not use this device: it tears 8-byte words. For Soft-RoCE, use a processor without erms");
  else if (t->blocks > 10)
    doctor_fine("whole words", text);
  munmap(t, sizeof *t);
}

int doctor(void)
{
  problems = 0;
  puts("RDMA on this host:");
  look_at_nodes();
  look_at_memlock();
  if (look_at_port())
    try_two_ranks();
  doctor_peers();
  printf("%d %s\n", problems, problems == 1 ? "problem" : "problems");
  return problems == 0 ? EXIT_OK : EXIT_FAILED;
}
