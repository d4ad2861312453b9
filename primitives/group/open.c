/* The opening of a group: everybody says hello, maps the file, and says how that went. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../hosts.h"
#include "../wire/trace.h"
#include "../wire/verbs.h"
#include "board.h"
#include "hello.h"
#include "news.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t groups_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sacred_group *groups; /* all ever opened: handles outlive their close */

static void keep_group(struct sacred_group *g)
{
  pthread_mutex_lock(&groups_lock);
  g->next = groups;
  groups = g;
  pthread_mutex_unlock(&groups_lock);
}

static const char *wire_name(uint32_t kind)
{
  return kind == WIRE_VERBS ? "SACRED_WIRE=verbs" : kind == WIRE_SHM ? "SACRED_WIRE=shm" : "no SACRED_WIRE";
}

/* Do all ranks speak the same version, want the same heap, and can they have one wire? *wire is that. */
static int agree(const struct hello *all, uint32_t size, uint32_t *wire)
{
  *wire = all[0].wire != 0 ? all[0].wire : hello_count_ranks(all, size, all[0].host) < size ? WIRE_VERBS : WIRE_SHM;
  for (uint32_t i = 1; i < size; i++) {
    if (all[i].magic != all[0].magic)
      return group_open_say(SACRED_ERR_MISMATCH,
                            "rank %u runs another version of Sacred than rank 0: install one on all", i);
    if (all[i].brought != all[0].brought)
      return group_open_say(SACRED_ERR_MISMATCH,
                            "rank %u opens on its own queue pairs, rank %u does not: call the same function on all",
                            all[i].brought ? i : 0, all[i].brought ? 0 : i);
    if (all[i].heap_bytes != all[0].heap_bytes)
      return group_open_say(
          SACRED_ERR_MISMATCH,
          all[i].brought ? "rank %u brings %" PRIu64 " bytes of memory, rank 0 %" PRIu64 ": bring the same on all"
                         : "rank %u has SACRED_HEAP=%" PRIu64 ", rank 0 has %" PRIu64 ": give the same on all ranks",
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

/* A group of many ranks is sparse: see wire/verbs_pairs.c. */
static int open_verbs(struct sacred_group *g, const struct opening *o)
{
  uint64_t most;
  if (o->verbs)
    return verbs_open_brought(&g->w, o->verbs, &g->t.verbs);
  int status = group_connect_all(&most);
  if (status != SACRED_OK)
    return status;
  return (o->size > most ? verbs_open_sparse : verbs_open)(&g->w, g->turn, &g->t.verbs);
}

/* All that a rank does by itself between the two gatherings. */
static int settle(struct sacred_group *g, const struct opening *o, const struct hello *all, uint32_t wire)
{
  uint64_t seed, host = all[o->rank].host;
  uint32_t here = hello_count_ranks(all, o->size, host), processors = hello_count_processors(all, o->size, host);
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
    status = open_verbs(g, o);
    if (status == SACRED_OK && far)
      status = board_open(g, o);
    return status == SACRED_OK && g->t.verbs->sparse ? news_open(g) : status;
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

/* All but the group. */
static void free_half(struct half_open *h)
{
  hello_forget_token(&h->mine);
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
  news_free(g);
  if (g->fd >= 0 && own_file)
    close(g->fd);
  free(g->t.peers);
  free(g->heeded);
  free(g->first);
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
  g->first = calloc(o->size, sizeof *g->first);
  if (!g->t.peers || !g->heeded || !g->first) {
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
  if (o->wire)
    h->mine.wire = o->wire;
  if (o->verbs)
    bring(h, o->verbs);
  g->t.heap_bytes = h->mine.heap_bytes;
  g->t.stride = g->t.brought ? 0 : g->t.heap_bytes;
  hello_processors(&h->mine);
  int hosted = hello_host(&h->mine, g->turn);
  if (hosted == SACRED_OK && o->parent)
    h->mine.host = o->parent->host;
  else if (hosted == SACRED_OK)
    hosted = hello_leave_token(&h->mine, o->rank);
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

static void count_hosts(struct sacred_group *g, const struct hello *all)
{
  uint64_t host[CONTROL_RANKS_MAX];
  for (uint32_t i = 0; i < g->w.size; i++)
    host[i] = all[i].host;
  g->hosts = hosts_first(host, g->w.size, g->first);
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
  count_hosts(h->g, h->all);
  hello_forget_token(&h->mine);
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
    h->place = o->parent ? 0 : hello_place(h->all, o->rank);
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
