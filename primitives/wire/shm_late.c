/* The late wire: posts are queued, and one thread performs them as a hostile NIC may. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "copy.h"
#include "transport.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum { QUEUE = 64, IDLE_LOOKS = 64 };
enum late_kind { LATE_WORD, LATE_PUT, LATE_GET, LATE_FLUSH };

/* One posted operation. Its units are the aligned words, or parts of them, of its remote side. */
struct operation {
  uint32_t kind;
  uint32_t skew; /* bytes of an aligned word before the remote side */
  unsigned char *to;
  const unsigned char *from;
  uint64_t value, length;
  unsigned char *copy;   /* what was read of a put's source, up to its placing; skew bytes in front */
  uint64_t read, placed; /* units so far */
  uint64_t first, step;  /* the order: unit (first + k * step) mod units is the k-th */
};

/*
 * The operations posted to one rank. Everything below `completed` may be
 * forgotten by the poster, below `placed` is in the peer's memory, below `read`
 * has its source read; between them they move at the thread's whim.
 */
struct queue {
  struct operation ring[QUEUE];
  uint64_t posted, completed, freed; /* shared with the poster */
  uint64_t read, placed;             /* the thread's own */
  uint32_t frozen;                   /* visits that do nothing */
};

struct shm_late {
  struct shm_late *next;
  uint32_t size;
  uint64_t random;
  struct queue *queues;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t posted_one = PTHREAD_COND_INITIALIZER;
static struct shm_late *wires; /* under lock, as are all fields that are the thread's own */
static pthread_t helper;
static int stop;
static int asleep; /* the thread waits for posted_one, or is about to */

/* xorshift64*, S. Vigna, 2016. */
static uint64_t draw(struct shm_late *l)
{
  l->random ^= l->random >> 12;
  l->random ^= l->random << 25;
  l->random ^= l->random >> 27;
  return l->random * 0x2545F4914F6CDD1D;
}

static uint64_t below(struct shm_late *l, uint64_t n)
{
  return (draw(l) >> 11) % n;
}

static uint64_t units(const struct operation *o)
{
  return o->length == 0 ? 0 : (o->skew + o->length + 7) / 8;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
  while (b != 0) {
    uint64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/* Choose another order of the units. */
static void shuffle(struct shm_late *l, struct operation *o)
{
  uint64_t n = units(o);
  o->first = n > 1 ? below(l, n) : 0;
  o->step = 1;
  for (int k = 0; k < 8 && n > 2 && n < UINT32_MAX; k++) {
    uint64_t step = 1 + below(l, n - 1);
    if (gcd(n, step) == 1)
      o->step = step;
  }
}

/* The products fit: step is 1 where there are 2^32 units or more. */
static uint64_t unit(const struct operation *o, uint64_t k)
{
  return (o->first + k * o->step) % units(o);
}

/* Copy the k-th unit between places whose byte 0 is that of the operation. */
static void move(const struct operation *o, unsigned char *to, const unsigned char *from, uint64_t k)
{
  uint64_t u = unit(o, k), begin = u == 0 ? 0 : 8 * u - o->skew, end = 8 * u + 8 - o->skew;
  if (end > o->length)
    end = o->length;
  shared_copy(to + begin, from + begin, end - begin, o->kind == LATE_GET ? from + begin : to + begin);
}

static struct operation *at(struct queue *q, uint64_t k)
{
  return &q->ring[k % QUEUE];
}

/* How many of n units to do at once: a few, or a good part of many. */
static uint64_t some(struct shm_late *l, uint64_t n)
{
  return 1 + below(l, n < 512 ? 64 : n / 8);
}

/* Read some of the source of the operation at the read cursor; a unit may be read more than once. */
static void read_some(struct shm_late *l, struct queue *q)
{
  struct operation *o = at(q, q->read);
  if (o->kind == LATE_PUT) {
    uint64_t n = units(o), burst = some(l, n), again = o->read > 0 ? below(l, 4) : 0;
    if (o->read == 0)
      shuffle(l, o);
    for (; burst > 0 && o->read < n; burst--)
      move(o, o->copy + o->skew, o->from, o->read++);
    for (; again > 0; again--)
      move(o, o->copy + o->skew, o->from, below(l, o->read));
    if (o->read < n)
      return;
  }
  shuffle(l, o);
  q->read++;
}

/* Place some of the operation at the place cursor. */
static void place_some(struct shm_late *l, struct queue *q)
{
  struct operation *o = at(q, q->placed);
  uint64_t n = units(o), burst = some(l, n);
  /*
   * ORDER late-in-order.  A full fence: every unit of the operations before is in
   * memory before this one reads or writes (rules nrW and nrR in order).  Pairs
   * with observe-then-read and read-then-observe of the peer.  Without it a put
   * could overtake, or a get miss, an older put (theorems flag_publishes,
   * table_whole, fence_places).
   */
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (o->kind == LATE_WORD)
    /* ORDER signal-after-all, as in place_word() of shm.c: the same line of the late wire. */
    __atomic_store_n((shared_word *)o->to, o->value, __ATOMIC_RELEASE);
  for (; burst > 0 && o->placed < n; burst--)
    move(o, o->to, o->kind == LATE_PUT ? o->copy + o->skew : o->from, o->placed++);
  if (o->placed < n)
    return;
  free(o->copy);
  o->copy = NULL;
  q->placed++;
}

static void complete_one(struct queue *q)
{
  /*
   * ORDER completed-after-read.  A release store: the source was read, and what a
   * get brought is there, before the poster can learn of it (rules nlR, nlW before
   * P).  Pairs with reuse-after-completed in shm_late_completed().  Without it a reused source could be read by an older put (theorems table_whole, fence_places).
   */
  __atomic_store_n(&q->completed, q->completed + 1, __ATOMIC_RELEASE);
}

/* One step of one queue, if it has any to do. */
static int step(struct shm_late *l, struct queue *q)
{
  /*
   * ORDER perform-after-post.  An acquire load: the operation's fields, and its
   * source, are as they were at the post (rule B before pipe).  Pairs with
   * post-after-stores in post().  Without it a put could carry what was there
   * before the poster's own stores (theorems flag_publishes, broadcast_delivers).
   */
  uint64_t posted = __atomic_load_n(&q->posted, __ATOMIC_ACQUIRE);
  uint64_t freed = q->placed < q->completed ? q->placed : q->completed;
  if (freed == posted)
    return 0;
  if (q->frozen > 0) {
    q->frozen--;
    return 1;
  }
  if (below(l, 256) == 0)
    q->frozen = (uint32_t)below(l, 512);
  switch (below(l, 4)) {
  case 0:
    if (q->read < posted)
      read_some(l, q);
    break;
  case 1:
    if (q->completed < q->read && (at(q, q->completed)->kind <= LATE_PUT || q->completed < q->placed))
      complete_one(q);
    break;
  default:
    if (q->placed < q->read)
      place_some(l, q);
  }
  freed = q->placed < q->completed ? q->placed : q->completed;
  /*
   * ORDER free-after-use.  A release store: the last use of the slot is before it
   * (rules rw, ww).  Pairs with reuse-after-free.  Without it the poster could
   * overwrite an operation in the middle (theorem flag_publishes), or unmap its target.
   */
  __atomic_store_n(&q->freed, freed, __ATOMIC_RELEASE);
  return 1;
}

/* One step of every queue of every wire, from a random one on; was there any to do? */
static int round_of_steps(void)
{
  int busy = 0;
  for (struct shm_late *l = wires; l; l = l->next) {
    uint32_t from = (uint32_t)below(l, l->size), dwell = 1 + (uint32_t)below(l, 8);
    for (uint32_t k = 0; k < l->size; k++)
      for (uint32_t d = 0; d < dwell && step(l, &l->queues[(from + k) % l->size]); d++)
        busy = 1;
  }
  return busy;
}

/* Mostly go on at once, sometimes give up the processor, rarely sleep. */
static void dawdle(void)
{
  uint64_t dice = wires ? below(wires, 4096) : 0;
  struct timespec nap = {0, 50000};
  if (dice != 0 && dice < 4096 - 256)
    return;
  pthread_mutex_unlock(&lock);
  if (dice == 0)
    nanosleep(&nap, NULL);
  else
    sched_yield();
  pthread_mutex_lock(&lock);
}

/* Say that I wait to be woken; one last look at the queues has to follow. */
static void fall_asleep(void)
{
  __atomic_store_n(&asleep, 1, __ATOMIC_RELAXED);
  /*
   * ORDER sleep-then-look.  A full fence: the store is in memory before the last
   * look (rule wr).  Pairs with post-then-wake.  Without it the post and the sleep
   * could miss each other, and nobody would perform it (none: progress is tested).
   */
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void *perform(void *arg)
{
  uint32_t idle = 0;
  pthread_mutex_lock(&lock);
  while (!stop) {
    if (round_of_steps()) {
      idle = 0;
      dawdle();
    } else if (++idle < IDLE_LOOKS) {
      pthread_mutex_unlock(&lock);
      sched_yield();
      pthread_mutex_lock(&lock);
    } else if (idle == IDLE_LOOKS)
      fall_asleep();
    else {
      pthread_cond_wait(&posted_one, &lock);
      idle = 0;
    }
    if (idle < IDLE_LOOKS)
      /* Relaxed is enough to say that I am awake: who does not see it signals in vain. */
      __atomic_store_n(&asleep, 0, __ATOMIC_RELAXED);
  }
  pthread_mutex_unlock(&lock);
  return arg;
}

/* Start the thread; it takes no signals of the program's. */
static int start(void)
{
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&helper, NULL, perform, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

/* A free slot of the queue to rank i, or NULL. */
static struct operation *room(struct shm_late *l, uint32_t i)
{
  struct queue *q = &l->queues[i];
  /* ORDER reuse-after-free.  An acquire load (rules rr, rw); pairs with free-after-use, which says the rest. */
  return q->posted - __atomic_load_n(&q->freed, __ATOMIC_ACQUIRE) < QUEUE ? at(q, q->posted) : NULL;
}

/* Hand over the slot that room() gave. */
static int post(struct shm_late *l, uint32_t i)
{
  struct queue *q = &l->queues[i];
  /* ORDER post-after-stores.  A release store; pairs with perform-after-post, which says the rest. */
  __atomic_store_n(&q->posted, q->posted + 1, __ATOMIC_RELEASE);
  /*
   * ORDER post-then-wake.  A full fence: the post is in memory before I look whether
   * the thread sleeps (rule wr).  Pairs with sleep-then-look, which says the rest.
   */
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (__atomic_load_n(&asleep, __ATOMIC_RELAXED)) {
    pthread_mutex_lock(&lock);
    pthread_cond_signal(&posted_one);
    pthread_mutex_unlock(&lock);
  }
  return SACRED_OK;
}

int shm_late_word(struct shm_late *late, uint32_t i, unsigned char *to, uint64_t v)
{
  struct operation *o = room(late, i);
  if (!o)
    return SACRED_AGAIN;
  *o = (struct operation){.kind = LATE_WORD, .to = to, .value = v};
  return post(late, i);
}

int shm_late_put(struct shm_late *late, uint32_t i, unsigned char *to, const unsigned char *from, uint64_t len)
{
  struct operation *o = room(late, i);
  unsigned char *copy = o ? malloc(len + 16) : NULL;
  if (!copy)
    return SACRED_AGAIN;
  *o = (struct operation){.kind = LATE_PUT, .skew = (uintptr_t)to % 8, .to = to, .from = from, .length = len};
  o->copy = copy;
  return post(late, i);
}

int shm_late_get(struct shm_late *late, uint32_t i, unsigned char *to, const unsigned char *from, uint64_t len)
{
  struct operation *o = room(late, i);
  if (!o)
    return SACRED_AGAIN;
  *o = (struct operation){.kind = LATE_GET, .skew = (uintptr_t)from % 8, .to = to, .from = from, .length = len};
  return post(late, i);
}

int shm_late_flush(struct shm_late *late, uint32_t i)
{
  struct operation *o = room(late, i);
  if (!o)
    return SACRED_AGAIN;
  *o = (struct operation){.kind = LATE_FLUSH};
  return post(late, i);
}

uint64_t shm_late_completed(struct shm_late *late, uint32_t i)
{
  /* ORDER reuse-after-completed.  An acquire load; pairs with completed-after-read, which says the rest. */
  return __atomic_load_n(&late->queues[i].completed, __ATOMIC_ACQUIRE);
}

struct shm_late *shm_late_open(struct wire *w, uint64_t seed)
{
  struct shm_late *l = calloc(1, sizeof *l);
  if (!l || !(l->queues = calloc(w->size, sizeof *l->queues))) {
    free(l);
    return NULL;
  }
  l->size = w->size;
  l->random = (seed + 1) * 0x9E3779B97F4A7C15 ^ (w->rank + 1);
  if (l->random == 0)
    l->random = 1;
  pthread_mutex_lock(&lock);
  stop = 0;
  int failed = !wires && start() != 0;
  if (!failed) {
    l->next = wires;
    wires = l;
  }
  pthread_mutex_unlock(&lock);
  if (failed) {
    free(l->queues);
    free(l);
    return NULL;
  }
  return l;
}

static int drained(const struct shm_late *l)
{
  for (uint32_t i = 0; i < l->size; i++)
    /* ORDER reuse-after-free, as in room(): what is drained is placed. */
    if (__atomic_load_n(&l->queues[i].freed, __ATOMIC_ACQUIRE) < l->queues[i].posted)
      return 0;
  return 1;
}

void shm_late_close(struct shm_late *late, uint64_t deadline)
{
  struct timespec nap = {0, 20000};
  while (!drained(late) && sacred_now() < deadline)
    nanosleep(&nap, NULL);
  pthread_mutex_lock(&lock);
  struct shm_late **p = &wires;
  while (*p != late)
    p = &(*p)->next;
  *p = late->next;
  int last = !wires;
  stop = last;
  pthread_cond_signal(&posted_one);
  pthread_mutex_unlock(&lock);
  if (last)
    pthread_join(helper, NULL);
  for (uint32_t i = 0; i < late->size; i++)
    for (uint64_t k = late->queues[i].placed; k < late->queues[i].posted; k++)
      free(at(&late->queues[i], k)->copy);
  free(late->queues);
  free(late);
}
