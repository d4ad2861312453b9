/* The opening of a group: everybody says hello, maps the file, and says how that went. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../wire/trace.h"
#include "../wire/verbs.h"
#include "board.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* What a rank says of itself first. */
struct hello {
  uint64_t magic, cookie, heap_bytes, split;
  int32_t pid, fd;
  uint32_t wire;           /* WIRE_SHM or WIRE_VERBS: what SACRED_WIRE asks for; 0: nothing */
  uint32_t brought;        /* it brings queue pairs and memory of its own */
  uint64_t processors[16]; /* that it may run on, a bit each */
  uint64_t host;  /* another one: it is surely of another host; from place_all() on the same as all of its host */
  uint64_t token; /* is in its file token_fd, see sees() */
  int32_t token_fd;
  char name[48]; /* of the host, for words */
};
_Static_assert(sizeof(struct hello) <= CONTROL_MESSAGE, "a hello fits an exchange");

static pthread_mutex_t groups_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sacred_group *groups; /* all ever opened: handles outlive their close */

static void keep_group(struct sacred_group *g)
{
  pthread_mutex_lock(&groups_lock);
  g->next = groups;
  groups = g;
  pthread_mutex_unlock(&groups_lock);
}

static void my_processors(struct hello *h)
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
 * place(). With SACRED_TEST_HOSTS=n, for tests, ranks take turns at n hosts that are
 * none; with 0 all say that they are of one, whatever is so.
 */
static int my_host(struct hello *h, uint32_t turn)
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

/* Leave my token. */
static int leave_token(struct hello *h, uint32_t rank)
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

/* The first rank whose token I find is that by which my host goes: the same for all that find each other's. */
static uint32_t place(const struct hello *all, uint32_t me)
{
  uint32_t i = 0;
  while (i < me && (all[i].host != all[me].host || !sees(all, i)))
    i++;
  return i;
}

/* The processors that the ranks of my host may run on, and how many ranks those are. */
static uint32_t count_processors(const struct hello *all, uint32_t size, uint64_t host)
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

static uint32_t count_ranks(const struct hello *all, uint32_t size, uint64_t host)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < size; i++)
    n += all[i].host == host;
  return n;
}

static const char *wire_name(uint32_t kind)
{
  return kind == WIRE_VERBS ? "SACRED_WIRE=verbs" : kind == WIRE_SHM ? "SACRED_WIRE=shm" : "no SACRED_WIRE";
}

/* Do all ranks speak the same version, want the same heap, and can they have one wire? *wire is that. */
static int agree(const struct hello *all, uint32_t size, uint32_t *wire)
{
  *wire = all[0].wire != 0 ? all[0].wire : count_ranks(all, size, all[0].host) < size ? WIRE_VERBS : WIRE_SHM;
  for (uint32_t i = 1; i < size; i++) {
    if (all[i].magic != all[0].magic)
      return group_open_say(SACRED_ERR_MISMATCH,
                            "rank %u runs another version of Sacred than rank 0: install one on all", i);
    if (all[i].brought != all[0].brought)
      return group_open_say(SACRED_ERR_MISMATCH,
                            "rank %u opens on its own queue pairs, rank %u does not: call the same function on all",
                            all[i].brought ? i : 0, all[i].brought ? 0 : i);
    if (all[i].brought && all[i].heap_bytes != all[0].heap_bytes)
      return group_open_say(SACRED_ERR_MISMATCH,
                            "rank %u brings %" PRIu64 " bytes of memory, rank 0 %" PRIu64 ": bring the same on all", i,
                            all[i].heap_bytes, all[0].heap_bytes);
    if (all[i].heap_bytes != all[0].heap_bytes)
      return group_open_say(SACRED_ERR_MISMATCH,
                            "rank %u has SACRED_HEAP=%" PRIu64 ", rank 0 has %" PRIu64 ": give the same on all ranks",
                            i, all[i].heap_bytes, all[0].heap_bytes);
    if (all[i].wire != all[0].wire)
      return group_open_say(SACRED_ERR_MISMATCH, "rank %u has %s, rank 0 has %s: give the same on all ranks", i,
                            wire_name(all[i].wire), wire_name(all[0].wire));
    if (all[i].host != all[0].host && *wire == WIRE_SHM)
      return group_open_say(SACRED_ERR_ENVIRONMENT,
                            "SACRED_WIRE=shm, and rank 0 is on host %.47s, rank %u on host %.47s (another system, "
                            "another pid namespace, or another user): unset it, or give SACRED_WIRE=verbs",
                            all[0].name, i, all[i].name);
  }
  return SACRED_OK;
}

/* Open rank 0's file, by the process that has it open. */
static int open_file(struct sacred_group *g, const struct hello *first)
{
  char path[64];
  struct control head;
  if (g->fd >= 0)
    return SACRED_OK;
  snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)first->pid, (int)first->fd);
  g->fd = first->fd < 0 ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (g->fd < 0)
    return group_open_say(
        SACRED_ERR_SYSTEM,
        "cannot open the memory of rank 0, %s: %s; all ranks must be of one user and one pid namespace", path,
        first->fd < 0 ? "it made none" : strerror(errno));
  if (pread(g->fd, &head, offsetof(struct control, rank), 0) != (ssize_t)offsetof(struct control, rank) ||
      head.magic != CONTROL_MAGIC || head.cookie != first->cookie)
    return group_open_say(SACRED_ERR_SYSTEM, "%s is not the memory of this group: restart the job", path);
  return SACRED_OK;
}

/*
 * Over verbs the heaps of the others are elsewhere: their places here have no
 * memory, so that nothing goes there but by the wire. Mine is shared with my
 * children, so that the device and I go on seeing the same pages after a fork.
 */
static void *map_mine(const struct sacred_group *g, uint64_t heaps)
{
  if (g->t.brought)
    return g->t.heaps;
  unsigned char *p = mmap(NULL, heaps, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p != MAP_FAILED && mprotect(p + g->w.rank * g->t.heap_bytes, g->t.heap_bytes, PROT_READ | PROT_WRITE) == 0)
    return p;
  if (p != MAP_FAILED)
    munmap(p, heaps);
  return MAP_FAILED;
}

static int map_control(struct sacred_group *g)
{
  uint64_t control = control_bytes(g->w.size);
  void *p = mmap(NULL, control, PROT_READ | PROT_WRITE, MAP_SHARED, g->fd, 0);
  if (p == MAP_FAILED)
    return group_open_say(SACRED_ERR_MEMORY, "cannot map %" PRIu64 " bytes of control area: %s", control,
                          strerror(errno));
  g->control = g->t.control = p;
  return SACRED_OK;
}

static int map_heaps(struct sacred_group *g)
{
  uint64_t heaps = g->w.size * g->t.heap_bytes;
  void *p = g->w.kind == WIRE_VERBS ? map_mine(g, heaps)
                                    : mmap(NULL, heaps, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, g->fd,
                                           (off_t)control_bytes(g->w.size));
  if (p == MAP_FAILED)
    return group_open_say(SACRED_ERR_MEMORY,
                          "cannot map %u heaps of %" PRIu64 " bytes: %s; set SACRED_HEAP to less, or raise ulimit -v",
                          g->w.size, g->t.heap_bytes, strerror(errno));
  g->t.heaps = p;
  g->w.heap = shm_place(&g->t, g->w.rank, 0);
  return SACRED_OK;
}

/* Of ranks of my host the system says when they end; of the others the wire and the bootstrap say what they hear. */
static void meet_peers(struct sacred_group *g, const struct hello *all)
{
  for (uint32_t i = 0; i < g->w.size; i++) {
    g->heeded[i] = all[i].split;
    if (all[i].host != all[g->w.rank].host)
      continue;
    g->t.peers[i].pid = all[i].pid;
    g->t.peers[i].pidfd = i == g->w.rank ? -1 : (int)syscall(SYS_pidfd_open, all[i].pid, 0);
    if (g->t.peers[i].pidfd < 0 && errno == ESRCH && i != g->w.rank) {
      g->t.peers[i].life = PEER_DIED;
      g->t.lost++;
    }
  }
}

/* All that a rank does by itself between the two gatherings. */
static int settle(struct sacred_group *g, const struct opening *o, const struct hello *all, uint32_t wire)
{
  uint64_t seed, host = all[o->rank].host;
  uint32_t here = count_ranks(all, o->size, host), processors = count_processors(all, o->size, host);
  int far = here < o->size, status = SACRED_OK;
  g->w.kind = wire;
  if (far && g->fd >= 0) {
    close(g->fd); /* nobody else could open it */
    g->fd = -1;
  }
  if (!far)
    status = open_file(g, &all[0]);
  if (status == SACRED_OK && !far)
    status = map_control(g);
  if (status == SACRED_OK)
    status = map_heaps(g);
  if (status != SACRED_OK)
    return status;
  meet_peers(g, all);
  g->crowd = o->parent ? o->parent->crowd : here;
  g->t.policy = o->parent ? o->parent->t.policy : wire_policy_default(g->crowd, processors);
  if (g->w.kind == WIRE_VERBS) {
    status = o->verbs ? verbs_open_brought(&g->w, o->verbs, &g->t.verbs) : verbs_open(&g->w, g->turn, &g->t.verbs);
    return status == SACRED_OK && far ? board_open(g, o) : status;
  }
  if (!group_environment_has("SACRED_SHM_LATE"))
    return SACRED_OK;
  status = group_environment_number("SACRED_SHM_LATE", 0, UINT64_MAX, 0, &seed);
  if (status != SACRED_OK)
    return status;
  g->w.kind = WIRE_SHM_LATE;
  g->t.policy = o->parent ? o->parent->t.policy : wire_policy_default(2 * g->crowd, processors);
  g->t.late = shm_late_open(&g->w, seed);
  return g->t.late ? SACRED_OK : group_open_say(SACRED_ERR_SYSTEM, "cannot start the thread of the late wire");
}

/* An opening that is not over: its group, and what is given and heard in the two gatherings. */
struct half_open {
  struct sacred_group *g;
  struct hello mine, *all; /* room for all; what the later gatherings bring comes to the same place */
  uint32_t place, *places; /* the rank by which my host goes; those of all */
  struct wiring wiring;    /* over verbs */
  int32_t status;          /* how it went here */
  int greeted, placed;     /* the first gathering is over, and the second */
  int agreed;              /* all said the same */
  uint32_t wire;           /* that all have */
};

static void close_token(struct half_open *h)
{
  if (h->mine.token_fd >= 0)
    close(h->mine.token_fd);
  h->mine.token_fd = -1;
}

/* All but the group. */
static void free_half(struct half_open *h)
{
  close_token(h);
  free(h->places);
  free(h->all);
  free(h);
}

/* Undo an opening that has failed. */
static void undo(struct half_open *h, int own_file)
{
  struct sacred_group *g = h->g;
  trace_close(&g->w);
  if (g->t.late)
    shm_late_close(g->t.late, 0);
  if (g->t.verbs)
    verbs_close(g->t.verbs);
  for (uint32_t i = 0; g->t.peers && i < g->w.size; i++)
    if (g->t.peers[i].pidfd >= 0)
      close(g->t.peers[i].pidfd);
  if (g->t.heaps && !g->t.brought)
    munmap(g->t.heaps, g->w.size * g->t.heap_bytes);
  if (g->control)
    munmap(g->control, control_bytes(g->w.size));
  board_free(g);
  if (g->fd >= 0 && own_file)
    close(g->fd);
  free(g->t.peers);
  free(g->heeded);
  free(g);
}

static struct sacred_group *allocate(const struct opening *o)
{
  struct sacred_group *g = calloc(1, sizeof *g);
  if (!g)
    return NULL;
  g->w = (struct wire){.rank = o->rank, .size = o->size, .transport = &g->t};
  g->t.owner = g;
  g->turn = o->parent ? o->parent->turn : o->rank;
  g->fd = o->fd;
  g->t.peers = calloc(o->size, sizeof *g->t.peers);
  g->heeded = calloc(o->size, sizeof *g->heeded);
  if (!g->t.peers || !g->heeded) {
    undo(&(struct half_open){.g = g}, 0);
    return NULL;
  }
  for (uint32_t i = 0; i < o->size; i++)
    g->t.peers[i].pidfd = -1;
  return g;
}

/* My heap is the caller's memory, whatever the environment says. */
static void bring(struct half_open *h, const struct sacred_verbs *verbs)
{
  h->g->t.brought = 1;
  h->g->t.heaps = verbs->memory;
  h->mine.brought = 1;
  h->mine.wire = WIRE_VERBS;
  h->mine.heap_bytes = verbs->bytes;
  h->status = SACRED_OK;
}

/* What I say first; what is wrong with me is said in the second gathering, so that all hear of it. */
static void prepare(struct half_open *h, const struct opening *o)
{
  struct sacred_group *g = h->g;
  h->mine = (struct hello){
      .magic = CONTROL_MAGIC, .cookie = o->cookie, .split = o->split, .pid = getpid(), .fd = g->fd, .token_fd = -1};
  h->status = group_environment_number("SACRED_HEAP", 65536, UINT64_C(1) << 40, UINT64_C(1) << 30, &h->mine.heap_bytes);
  int known = group_wire_kind(&h->mine.wire);
  if (h->status == SACRED_OK)
    h->status = known;
  h->mine.heap_bytes = (h->mine.heap_bytes + 65535) / 65536 * 65536;
  if (o->verbs)
    bring(h, o->verbs);
  g->t.heap_bytes = h->mine.heap_bytes;
  g->t.stride = g->t.brought ? 0 : g->t.heap_bytes;
  my_processors(&h->mine);
  int hosted = my_host(&h->mine, g->turn);
  if (hosted == SACRED_OK && o->parent)
    h->mine.host = o->parent->host;
  else if (hosted == SACRED_OK)
    hosted = leave_token(&h->mine, o->rank);
  if (h->status == SACRED_OK)
    h->status = hosted;
  if (o->rank == 0 && g->fd < 0) {
    if (getrandom(&h->mine.cookie, sizeof h->mine.cookie, 0) < 0)
      h->mine.cookie = sacred_now();
    h->mine.fd = g->fd = group_file_create(o->size, h->mine.cookie);
    if (g->fd < 0 && h->status == SACRED_OK)
      h->status = group_open_say(SACRED_ERR_MEMORY, "cannot make a file in memory for %u ranks: %s%s", o->size,
                                 strerror(errno), group_file_remedy(errno));
  }
}

static struct half_open *begin(const struct opening *o)
{
  struct half_open *h = calloc(1, sizeof *h);
  if (h)
    h->mine.token_fd = -1;
  if (h && (h->all = calloc(o->size, CONTROL_MESSAGE)) && (h->places = calloc(o->size, sizeof *h->places)) &&
      (h->g = allocate(o))) {
    prepare(h, o);
    return h;
  }
  if (h)
    free_half(h);
  return NULL;
}

/* Who is of whose host, by looking: in a split as in its parent. All have looked before it is over. */
static int place_all(struct half_open *h, const struct opening *o)
{
  int gathered = o->parent ? SACRED_OK : o->gather(o->arg, &h->place, h->places, sizeof h->place);
  if (gathered != SACRED_OK)
    return gathered;
  h->placed = 1;
  for (uint32_t i = 0; !o->parent && i < o->size; i++)
    h->all[i].host = h->places[i];
  h->g->host = h->all[o->rank].host;
  close_token(h);
  int agreed = agree(h->all, o->size, &h->wire);
  h->agreed = agreed == SACRED_OK;
  h->wiring.seed = h->all[0].cookie + h->all[0].split;
  if (h->status == SACRED_OK)
    h->status = agreed;
  if (h->status == SACRED_OK)
    h->status = settle(h->g, o, h->all, h->wire);
  if (h->status == SACRED_OK)
    h->status = trace_open(&h->g->w, h->wiring.seed);
  return SACRED_OK;
}

/* Say hello, and how it went here; hear both of everybody. */
static int meet(struct half_open *h, struct opening *o)
{
  int gathered = h->greeted ? SACRED_OK : o->gather(o->arg, &h->mine, h->all, sizeof h->mine);
  if (gathered == SACRED_OK && !h->greeted) {
    h->greeted = 1;
    h->place = o->parent ? 0 : place(h->all, o->rank);
  }
  if (gathered == SACRED_OK && !h->placed)
    gathered = place_all(h, o);
  if (gathered != SACRED_OK)
    return gathered;
  if (h->agreed && h->wire == WIRE_VERBS) {
    gathered = group_wire_up(&h->wiring, h->g, o, h->all, &h->status);
    if (gathered != SACRED_OK)
      return gathered;
  }
  int32_t *said = (int32_t *)(void *)h->all;
  o->last = 1;
  gathered = o->gather(o->arg, &h->status, said, sizeof h->status);
  if (gathered != SACRED_OK)
    return gathered;
  o->over = 1;
  for (uint32_t i = 0; h->status == SACRED_OK && i < o->size; i++)
    if (said[i] != SACRED_OK)
      h->status = group_open_say(said[i], "rank %u could not open the group: %s; its sacred_open_error() says more", i,
                                 sacred_strerror(said[i]));
  return h->status;
}

void group_open_drop(struct opening *o)
{
  struct half_open *h = o->half;
  o->half = NULL;
  if (!h)
    return;
  undo(h, o->fd < 0);
  free_half(h);
}

int group_open(struct opening *o, struct sacred_group **group)
{
  *group = NULL;
  if (!o->half)
    o->half = begin(o);
  if (!o->half)
    return group_open_say(SACRED_ERR_MEMORY, "no memory for a group of %u ranks", o->size);
  int status = meet(o->half, o);
  if (status == SACRED_TIMEOUT)
    return status;
  if (status != SACRED_OK) {
    group_open_drop(o);
    return status;
  }
  struct sacred_group *g = o->half->g;
  free_half(o->half);
  o->half = NULL;
  g->x = (struct exchange){.control = g->control, .rank = o->rank, .size = o->size};
  g->w.open = 1;
  keep_group(g);
  *group = g;
  return SACRED_OK;
}
