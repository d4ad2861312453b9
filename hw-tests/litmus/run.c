/* Threads that do what a test says, over and over: reset, meet, go, drain, meet, look. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "run.h"
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* gcc's thread sanitizer does not know fences and warns of each: what an mfence here orders are atomic accesses. */
#if defined(__SANITIZE_THREAD__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wtsan"
#endif

enum {
  LINE = 64,
  AWAIT_NS = 1000000000,        /* until a run counts as blocked */
  AWAIT_EXPECTED_NS = 50000000, /* the same where the test says that runs block */
  STUCK_NS = 60,                /* seconds until a completion is not waited for any more */
  DRAIN_AT = DEVICE_NODE - LINE
};

struct runner {
  const struct litmus *test;
  const struct run_options *options;
  struct run_result *result;
  struct device device;
  unsigned node[LITMUS_LOCATIONS]; /* of each location */
  size_t offset[LITMUS_LOCATIONS];
  uint32_t number[DEVICE_NODES]; /* that the test gives to each node */
  uint64_t reg[LITMUS_REGISTERS];
  uint32_t gathered, turn; /* of the meeting: how many threads have come; how often all had */
  pthread_mutex_t lock;
  pthread_cond_t all_here;
  int blocked, over, failed; /* blocked: in this run; over: what the machine forbids was seen */
};

struct worker {
  struct runner *r;
  unsigned thread;
  uint64_t random;
  unsigned outstanding[DEVICE_NODES]; /* operations posted and not polled */
  bool fenced[DEVICE_NODES];          /* the next work request is */
  bool holds[DEVICE_NODES];           /* a deliberate mistake: this one is not posted yet */
  struct request held[DEVICE_NODES];
  unsigned early[DEVICE_NODES]; /* DOCTOR_EARLY: polls that took a completion that is still to come */
};

static uint64_t now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t draw(struct worker *w)
{
  w->random ^= w->random << 13;
  w->random ^= w->random >> 7;
  w->random ^= w->random << 17;
  return w->random * UINT64_C(0x2545F4914F6CDD1D) >> 32;
}

static void pause_cpu(void)
{
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/* -- layout ------------------------------------------------------------------ */

static unsigned node_index(struct runner *r, uint32_t number)
{
  unsigned k = 0;
  while (k < r->device.shape.nodes && r->number[k] != number)
    k++;
  if (k == r->device.shape.nodes)
    r->number[r->device.shape.nodes++] = number;
  return k;
}

/* Words of one remote operation have to lie one behind the other: each location goes where the first such wants it. */
static bool lay_out(struct runner *r)
{
  const struct litmus *t = r->test;
  size_t used[DEVICE_NODES] = {0};
  bool placed[LITMUS_LOCATIONS] = {false};
  for (unsigned l = 0; l < t->locations; l++)
    r->node[l] = node_index(r, t->location[l].node);
  for (unsigned i = 0; i < t->instructions; i++) {
    const struct litmus_instruction *c = &t->code[i];
    if (!litmus_is_posted(c->kind))
      continue;
    unsigned node = node_index(r, c->node);
    for (unsigned w = 0; c->kind != LITMUS_RFENCE && c->words > 1 && w < c->words; w++) {
      unsigned l = c->remote[w];
      if (!placed[l])
        r->offset[l] = used[node] + 8 * w;
      placed[l] = true;
      if (r->offset[l] != r->offset[c->remote[0]] + 8 * w)
        return false;
    }
    if (c->kind != LITMUS_RFENCE && c->words > 1)
      used[node] += 2 * LINE;
  }
  for (unsigned l = 0; l < t->locations; l++)
    if (!placed[l]) {
      r->offset[l] = used[r->node[l]];
      used[r->node[l]] += LINE;
    }
  for (unsigned k = 0; k < r->device.shape.nodes; k++)
    if (used[k] > DRAIN_AT)
      return false;
  return true;
}

static uint64_t *word(struct runner *r, unsigned location)
{
  return (uint64_t *)(void *)(r->device.memory[r->node[location]] + r->offset[location]);
}

/* -- meeting ----------------------------------------------------------------- */

static void meet(struct runner *r)
{
  uint32_t turn = __atomic_load_n(&r->turn, __ATOMIC_SEQ_CST);
  if (__atomic_add_fetch(&r->gathered, 1, __ATOMIC_SEQ_CST) == r->test->threads) {
    __atomic_store_n(&r->gathered, 0, __ATOMIC_SEQ_CST);
    pthread_mutex_lock(&r->lock);
    __atomic_store_n(&r->turn, turn + 1, __ATOMIC_SEQ_CST);
    pthread_cond_broadcast(&r->all_here);
    pthread_mutex_unlock(&r->lock);
    return;
  }
  for (unsigned looks = 0; looks < 500 && __atomic_load_n(&r->turn, __ATOMIC_SEQ_CST) == turn; looks++)
    pause_cpu();
  pthread_mutex_lock(&r->lock);
  while (__atomic_load_n(&r->turn, __ATOMIC_SEQ_CST) == turn)
    pthread_cond_wait(&r->all_here, &r->lock);
  pthread_mutex_unlock(&r->lock);
}

/* The threads of a run do not start together, and not always with the same one ahead. */
static void dawdle(struct worker *w, uint64_t most)
{
  uint64_t how = draw(w) % 16;
  struct timespec nap = {0, (long)(draw(w) % 50000)};
  if (how == 0)
    nanosleep(&nap, NULL);
  else if (how == 1)
    sched_yield();
  else if (how < 10)
    for (uint64_t n = draw(w) % (most << how % 4); n > 0; n--)
      pause_cpu();
}

/* -- the device -------------------------------------------------------------- */

static void fail(struct worker *w, const char *what)
{
  if (!__atomic_exchange_n(&w->r->failed, 1, __ATOMIC_SEQ_CST))
    snprintf(w->r->result->error, sizeof w->r->result->error, "%s: %s", what, w->r->device.error);
}

static void post(struct worker *w, unsigned node, const struct request *request)
{
  struct device *d = &w->r->device;
  bool good = d->post(d, w->thread, node, request);
  if (good && w->holds[node]) {
    dawdle(w, 200); /* so that it can be seen */
    w->holds[node] = false;
    good = d->post(d, w->thread, node, &w->held[node]);
  }
  if (!good)
    fail(w, "post");
}

static void let_go(struct worker *w, unsigned node)
{
  if (!w->holds[node])
    return;
  w->holds[node] = false;
  post(w, node, &w->held[node]);
}

static void operate(struct worker *w, unsigned node, const struct request *request)
{
  enum doctor doctor = w->r->options->doctor;
  w->outstanding[node]++;
  if (doctor == DOCTOR_EARLY) /* in order, but each late: many a device has done it all before post returns */
    let_go(w, node);
  if (doctor == DOCTOR_EARLY || (doctor == DOCTOR_SWAP && request->kind == LITMUS_PUT && !w->holds[node])) {
    w->held[node] = *request;
    w->holds[node] = true;
    return;
  }
  post(w, node, request);
}

/* Wait for a completion. */
static void complete(struct worker *w, unsigned node)
{
  struct device *d = &w->r->device;
  uint64_t until = 0;
  let_go(w, node);
  for (unsigned looks = 0; !__atomic_load_n(&w->r->failed, __ATOMIC_RELAXED); looks++) {
    int n = d->poll(d, w->thread, node);
    if (n > 0)
      return;
    if (n < 0)
      fail(w, "poll");
    if (looks % 64 != 63)
      continue;
    sched_yield();
    until = until ? until : now() + STUCK_NS * UINT64_C(1000000000);
    if (now() > until) {
      snprintf(d->error, sizeof d->error, "thread %u waits for node %u in vain", w->thread, w->r->number[node]);
      fail(w, "completion");
    }
  }
}

static void poll_one(struct worker *w, unsigned node)
{
  w->outstanding[node]--;
  if (w->r->options->doctor == DOCTOR_EARLY)
    w->early[node]++;
  else
    complete(w, node);
}

/* All that was posted is placed and completed: behind it all, a get from each node. */
static void drain(struct worker *w)
{
  struct runner *r = w->r;
  unsigned char *mine = r->device.memory[r->device.shape.node_of[w->thread]];
  for (unsigned k = 0; k < r->device.shape.nodes; k++) {
    struct request get = {.kind = LITMUS_GET, .words = 1, .remote = DRAIN_AT};
    get.local[0] = (uint64_t *)(void *)(mine + DRAIN_AT + 8 * (w->thread % 7 + 1));
    let_go(w, k);
    post(w, k, &get);
    w->outstanding[k]++;
  }
  for (unsigned k = 0; k < r->device.shape.nodes; k++) {
    for (; w->outstanding[k] + w->early[k] > 0; w->outstanding[k] > 0 ? w->outstanding[k]-- : w->early[k]--)
      complete(w, k);
    w->fenced[k] = false;
  }
}

/* -- the program ------------------------------------------------------------- */

static uint64_t value(const struct runner *r, const struct litmus_operand *o)
{
  return o->is_register ? r->reg[o->reg] : o->number;
}

static void remote(struct worker *w, const struct litmus_instruction *c)
{
  struct runner *r = w->r;
  unsigned node = node_index(r, c->node);
  struct request q = {.kind = c->kind, .is_inline = c->is_inline, .is_fenced = w->fenced[node], .words = c->words};
  w->fenced[node] = false;
  for (unsigned k = 0; k < c->words && !c->is_inline; k++)
    q.local[k] = word(r, c->local[k]);
  unsigned values = c->kind == LITMUS_RCAS ? 2 : c->kind == LITMUS_RFAA ? 1 : c->is_inline ? c->words : 0;
  for (unsigned k = 0; k < values; k++)
    q.value[k] = value(r, &c->operand[k]);
  q.remote = r->offset[c->remote[0]];
  operate(w, node, &q);
}

static bool await(struct worker *w, const uint64_t *at, uint64_t wanted)
{
  uint64_t until = 0;
  for (unsigned looks = 1; __atomic_load_n(at, __ATOMIC_ACQUIRE) != wanted; looks++) {
    if (looks % 256 != 0)
      continue;
    sched_yield();
    until = until ? until : now() + (w->r->test->blocked_allowed ? AWAIT_EXPECTED_NS : AWAIT_NS);
    if (now() > until)
      return false;
  }
  return true;
}

/* On an x86 these are its plain loads and stores, in program order. False: blocked. */
static bool step(struct worker *w, const struct litmus_instruction *c)
{
  struct runner *r = w->r;
  uint64_t v;
  switch (c->kind) {
  case LITMUS_STORE:
    __atomic_store_n(word(r, c->local[0]), value(r, &c->operand[0]), __ATOMIC_RELEASE);
    return true;
  case LITMUS_LOAD:
    r->reg[c->reg] = __atomic_load_n(word(r, c->local[0]), __ATOMIC_ACQUIRE);
    return true;
  case LITMUS_CAS:
    v = value(r, &c->operand[0]);
    __atomic_compare_exchange_n(word(r, c->local[0]), &v, value(r, &c->operand[1]), false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    r->reg[c->reg] = v;
    return true;
  case LITMUS_MFENCE:
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return true;
  case LITMUS_AWAIT:
    return await(w, word(r, c->local[0]), value(r, &c->operand[0]));
  case LITMUS_POLL:
    poll_one(w, node_index(r, c->node));
    return true;
  case LITMUS_RFENCE:
    w->fenced[node_index(r, c->node)] = true;
    return true;
  default:
    remote(w, c);
    return true;
  }
}

/* Each node's words are set by a thread of that node; where it has none, by the first thread, who stands for it. */
static void reset(struct worker *w)
{
  struct runner *r = w->r;
  for (unsigned l = 0; l < r->test->locations; l++) {
    unsigned owner = 0;
    for (unsigned t = r->test->threads; t > 0; t--)
      if (r->device.shape.node_of[t - 1] == r->node[l])
        owner = t - 1;
    if (owner == w->thread)
      __atomic_store_n(word(r, l), r->test->location[l].initial, __ATOMIC_SEQ_CST);
  }
}

static void look(struct runner *r)
{
  uint64_t state[LITMUS_REGISTERS + LITMUS_LOCATIONS];
  struct litmus_column columns[LITMUS_REGISTERS + LITMUS_LOCATIONS];
  unsigned n = litmus_columns(r->test, columns);
  if (r->blocked) {
    r->result->blocked++;
    return;
  }
  for (unsigned k = 0; k < n; k++)
    state[k] = columns[k].is_register ? r->reg[columns[k].index]
                                      : __atomic_load_n(word(r, columns[k].index), __ATOMIC_SEQ_CST);
  if (!outcomes_add(&r->result->outcomes, state, 1))
    r->failed = 1;
  r->over = r->options->machine && !outcomes_has(r->options->machine, state);
  if (r->result->outcomes.count > 4096)
    outcomes_sort(&r->result->outcomes);
}

static void *work(void *arg)
{
  struct worker *w = arg;
  struct runner *r = w->r;
  const struct litmus_thread *t = &r->test->thread[w->thread];
  for (uint64_t run = 0; run < r->options->runs; run++) {
    reset(w);
    meet(r);
    dawdle(w, 200);
    for (unsigned k = 0; k < t->length; k++) {
      if (!step(w, &r->test->code[t->code[k]])) {
        __atomic_store_n(&r->blocked, 1, __ATOMIC_SEQ_CST);
        break;
      }
      if (draw(w) % 4 == 0)
        dawdle(w, 20);
    }
    drain(w);
    meet(r);
    if (w->thread == 0) {
      look(r);
      r->blocked = 0;
    }
    meet(r);
    /* all see the same: nobody fails between two meetings but these */
    if (__atomic_load_n(&r->over, __ATOMIC_SEQ_CST) || __atomic_load_n(&r->failed, __ATOMIC_SEQ_CST))
      break;
  }
  return NULL;
}

static int run_threads(struct runner *r)
{
  pthread_t thread[LITMUS_THREADS];
  struct worker *w = calloc(r->test->threads, sizeof *w);
  unsigned n = 0;
  for (; w && n < r->test->threads; n++) {
    w[n] = (struct worker){.r = r, .thread = n, .random = (r->options->seed + 1) * (2 * n + 3)};
    if (pthread_create(&thread[n], NULL, work, &w[n]) != 0)
      break;
  }
  if (!w || n < r->test->threads) {
    fprintf(stderr, "litmus: a thread cannot be started\n");
    exit(1); /* those that were started wait for it */
  }
  for (unsigned k = 0; k < n; k++)
    pthread_join(thread[k], NULL);
  free(w);
  return r->failed ? 1 : 0;
}

int run_test(const struct litmus *test, const struct run_options *options, struct run_result *result)
{
  struct litmus_column columns[LITMUS_REGISTERS + LITMUS_LOCATIONS];
  struct runner *r = calloc(1, sizeof *r);
  *result = (struct run_result){.blocked = 0};
  outcomes_start(&result->outcomes, litmus_columns(test, columns));
  if (!r)
    return 1;
  r->test = test;
  r->options = options;
  r->result = result;
  pthread_mutex_init(&r->lock, NULL);
  pthread_cond_init(&r->all_here, NULL);
  r->device.shape.threads = test->threads;
  int status = 77;
  for (unsigned t = 0; t < test->threads; t++)
    r->device.shape.node_of[t] = node_index(r, test->thread[t].node);
  if (!lay_out(r))
    snprintf(result->error, sizeof result->error, "no layout has the words of each operation behind each other");
  else {
    struct device_shape shape = r->device.shape;
    status = options->without_device ? device_open_none(&r->device, &shape) : device_open_verbs(&r->device, &shape);
    snprintf(result->error, sizeof result->error, "%s", r->device.error);
    if (status == 0) {
      status = run_threads(r);
      r->device.close(&r->device);
    }
  }
  outcomes_sort(&result->outcomes);
  free(r);
  return status;
}
