/* The meeting under PMIx: put, commit, fence, get. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The library is opened at run time: whoever is not started by a PMIx launcher has no
 * use for it, for the event loop and the plug-ins that it brings, nor need it be there.
 * Its header is asked for when Sacred is built, and where it is not there, neither is this.
 */
#include "pmix.h"
#include "group.h"

#if __has_include(<pmix.h>)
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <pmix.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What of it is used; the types are those of its header. */
static struct {
  __typeof__(PMIx_Init) *init;
  __typeof__(PMIx_Finalize) *finalize;
  __typeof__(PMIx_Put) *put;
  __typeof__(PMIx_Commit) *commit;
  __typeof__(PMIx_Fence_nb) *fence;
  __typeof__(PMIx_Get) *get;
  __typeof__(PMIx_Get_nb) *ask;
  __typeof__(PMIx_Error_string) *words;
  __typeof__(PMIx_Get_version) *version;
} pmix;

enum { ASK_EVERY_NS = 100000000, ANSWER_NS = 500000000, ASK_BEFORE_NS = 1000000000, KEY_BYTES = 48 };

/* The job, one a process, and its pid: a child of fork() does not end it. */
struct pmix_job {
  struct bootstrap b;
  pmix_proc_t me;
  struct pmix_members *all;
};

/* What the launcher says of one rank of a list: has it given? All of it under the lock of the list. */
struct pmix_answer {
  struct pmix_members *of;
  uint32_t number; /* of the gathering that was asked for */
  uint64_t since;  /* when that was first asked */
  int asked;       /* and it has not been answered */
  int came;
  char key[KEY_BYTES]; /* the library keeps the address until it answers */
};

struct pmix_members {
  uint64_t list;   /* a number made of the list: no two lists have one key */
  uint32_t number; /* of the gathering: keys are never used twice, for what was got is kept */
  uint32_t n;
  int given; /* and the fence has not been seen to be over */
  pthread_mutex_t lock;
  pthread_cond_t fenced;
  int over; /* under the lock, which the library's thread takes too */
  pmix_status_t result;
  struct pmix_answer *answers;
  pmix_proc_t everybody; /* of the job, in one name */
  int whole;             /* the list is everybody */
  pmix_proc_t procs[];
};

static int fail(const char *what, pmix_status_t status)
{
  return group_open_say(SACRED_ERR_SYSTEM, "PMIx: %s: %s (%d): see what the launcher says", what, pmix.words(status),
                        (int)status);
}

/* -- the library ------------------------------------------------------------------ */

static int load(void)
{
  void *library = dlopen("libpmix.so.2", RTLD_NOW | RTLD_GLOBAL); /* global: its plug-ins look for its names */
  if (!library)
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "PMIX_NAMESPACE is set and PMIx cannot be loaded: %s; install PMIx 4 or later, or start the "
                          "ranks with SACRED_ROOT=host:port",
                          dlerror());
  const struct {
    const char *name;
    void *to;
  } names[] = {{"PMIx_Init", &pmix.init},          {"PMIx_Finalize", &pmix.finalize},   {"PMIx_Put", &pmix.put},
               {"PMIx_Commit", &pmix.commit},      {"PMIx_Fence_nb", &pmix.fence},      {"PMIx_Get", &pmix.get},
               {"PMIx_Error_string", &pmix.words}, {"PMIx_Get_version", &pmix.version}, {"PMIx_Get_nb", &pmix.ask}};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
    void *at = dlsym(library, names[k].name);
    if (!at)
      return group_open_say(SACRED_ERR_ENVIRONMENT, "libpmix.so.2 has no %s: install PMIx 4 or later", names[k].name);
    memcpy(names[k].to, &at, sizeof at);
  }
  const char *version = pmix.version();
  const char *digits = version + strcspn(version, "0123456789");
  if (strtoul(digits, NULL, 10) < 4)
    return group_open_say(SACRED_ERR_ENVIRONMENT, "libpmix.so.2 is %.60s: install PMIx 4 or later", version);
  return SACRED_OK;
}

/* -- a gathering --------------------------------------------------------------------- */

/* In a thread of the library. */
static void fenced(pmix_status_t status, void *members)
{
  struct pmix_members *m = members;
  pthread_mutex_lock(&m->lock);
  m->result = status;
  m->over = 1;
  pthread_cond_broadcast(&m->fenced);
  pthread_mutex_unlock(&m->lock);
}

static void key(const struct pmix_members *m, char text[KEY_BYTES])
{
  snprintf(text, KEY_BYTES, "sacred.%016" PRIx64 ".%" PRIu32, m->list, m->number);
}

/* Give mine, and begin to wait for all. */
static int give(struct pmix_members *m, const void *mine, size_t size)
{
  char name[KEY_BYTES];
  pmix_value_t value = {.type = PMIX_BYTE_OBJECT, .data.bo = {.bytes = (char *)(uintptr_t)mine, .size = size}};
  pmix_info_t collect = {.flags = PMIX_INFO_REQD, .value = {.type = PMIX_BOOL, .data.flag = true}};
  strcpy(collect.key, PMIX_COLLECT_DATA);
  pthread_mutex_lock(&m->lock);
  m->number++;
  m->over = 0;
  pthread_mutex_unlock(&m->lock);
  key(m, name);
  pmix_status_t status = pmix.put(PMIX_GLOBAL, name, &value);
  if (status == PMIX_SUCCESS)
    status = pmix.commit();
  if (status != PMIX_SUCCESS)
    return fail("what this rank gives is not taken", status);
  /* Slurm's plugin (22.05 to 26.05 at least) tells other nodes the first of a list, n times: only one name arrives. */
  status = m->whole ? pmix.fence(&m->everybody, 1, &collect, 1, fenced, m)
                    : pmix.fence(m->procs, m->n, &collect, 1, fenced, m);
  if (status == PMIX_OPERATION_SUCCEEDED) /* at once, and nobody calls back */
    fenced(PMIX_SUCCESS, m);
  else if (status != PMIX_SUCCESS)
    return fail("no fence", status);
  m->given = 1;
  return SACRED_OK;
}

/* In a thread of the library, which keeps the value. */
static void answered(pmix_status_t status, pmix_value_t *value, void *answer)
{
  struct pmix_answer *a = answer;
  (void)value;
  pthread_mutex_lock(&a->of->lock);
  a->asked = 0;
  a->came = status == PMIX_SUCCESS;
  pthread_mutex_unlock(&a->of->lock);
}

/* Is rank i of the list to be asked for? Then it is, from now on. */
static int to_be_asked(struct pmix_members *m, uint32_t i)
{
  struct pmix_answer *a = &m->answers[i];
  pthread_mutex_lock(&m->lock);
  int ask = !a->asked && !(a->came && a->number == m->number);
  if (ask && a->number != m->number) {
    a->number = m->number;
    a->since = sacred_now();
    key(m, a->key);
  }
  if (ask)
    a->came = 0;
  a->asked |= ask;
  pthread_mutex_unlock(&m->lock);
  return ask;
}

/*
 * A fence says that all have come, and never who has not. But what one rank has given
 * can be asked for while the fence is under way: a launcher answers at once where the
 * rank has given, and where it has not, says so, or stays silent until it has. So
 * shortly before a deadline each rank is asked for, and again where the answer was no.
 * That is n requests of each of n ranks: an open that has more than a second makes none.
 */
static void ask(struct pmix_members *m)
{
  for (uint32_t i = 0; i < m->n; i++)
    if (to_be_asked(m, i)) {
      pmix_status_t status = pmix.ask(&m->procs[i], m->answers[i].key, NULL, 0, answered, &m->answers[i]);
      if (status != PMIX_SUCCESS) /* and nobody calls back */
        answered(status, NULL, &m->answers[i]);
    }
}

static int came(const struct pmix_members *m, uint32_t i)
{
  return m->answers[i].number == m->number && m->answers[i].came;
}

static int lacks(const void *members, uint32_t rank)
{
  const struct pmix_members *m = members;
  for (uint32_t i = 0; i < m->n; i++)
    if (m->procs[i].rank == rank)
      return !came(m, i);
  return 0;
}

/* Who has not come, in words: a rank whose answer may still be on its way is not accused. */
static int timed_out(struct pmix_members *m)
{
  char who[GROUP_LIST];
  uint32_t lacking = 0, early = 0;
  uint64_t now = sacred_now();
  pthread_mutex_lock(&m->lock);
  for (uint32_t i = 0; i < m->n; i++) {
    const struct pmix_answer *a = &m->answers[i];
    lacking += !came(m, i);
    early += !came(m, i) && (a->number != m->number || now - a->since < ANSWER_NS);
  }
  group_rank_list(who, m->procs[m->n - 1].rank + 1, lacks, m);
  pthread_mutex_unlock(&m->lock);
  if (early > 0)
    return group_open_say(
        SACRED_TIMEOUT,
        "timed out: not all of %u ranks came in time to open the group, and the launcher has not said "
        "yet who is missing: call again",
        m->n);
  if (lacking == 0)
    return group_open_say(
        SACRED_TIMEOUT,
        "timed out: all of %u ranks came to open the group, and the launcher's fence is not over yet: "
        "call again",
        m->n);
  return group_open_say(SACRED_TIMEOUT, "timed out: %s of %u did not come in time to open the group: call again", who,
                        m->n);
}

/* Is the fence over, `until` at the latest? */
static int wait_until(struct pmix_members *m, uint64_t until)
{
  int error = 0;
  uint64_t seconds = until / 1000000000u;
  struct timespec time = {seconds < INT32_MAX ? (time_t)seconds : INT32_MAX, (long)(until % 1000000000u)};
  pthread_mutex_lock(&m->lock);
  while (!m->over && error == 0)
    error = pthread_cond_timedwait(&m->fenced, &m->lock, &time);
  int over = m->over;
  pthread_mutex_unlock(&m->lock);
  return over;
}

/* What became of a fence that is over. */
static int after_fence(const struct pmix_members *m)
{
  if (m->result == PMIX_ERR_TIMEOUT)
    return group_open_say(
        SACRED_ERR_SYSTEM,
        "PMIx: the launcher gave up before all of %u ranks had come, and does not say which: restart the "
        "job; Slurm waits as long as PMIxTimeout in its mpi.conf, 300 s where that is not set",
        m->n);
  return m->result == PMIX_SUCCESS ? SACRED_OK : fail("the fence of all ranks failed", m->result);
}

/* Until all have given. */
static int wait_for_all(struct pmix_members *m, uint64_t deadline)
{
  uint64_t until = deadline > ASK_BEFORE_NS ? deadline - ASK_BEFORE_NS : 0;
  for (int last = 0; !wait_until(m, last ? deadline : until); last = until > deadline) {
    if (last)
      return timed_out(m);
    ask(m);
    until = sacred_now() + ASK_EVERY_NS;
  }
  m->given = 0;
  return after_fence(m);
}

static int take(const struct pmix_members *m, uint32_t i, void *theirs, size_t size)
{
  char name[KEY_BYTES];
  pmix_value_t *value = NULL;
  key(m, name);
  pmix_status_t status = pmix.get(&m->procs[i], name, NULL, 0, &value);
  if (status != PMIX_SUCCESS)
    return group_open_say(SACRED_ERR_SYSTEM, "PMIx: what rank %u gave is not there: %s (%d)", m->procs[i].rank,
                          pmix.words(status), (int)status);
  int same = value->type == PMIX_BYTE_OBJECT && value->data.bo.size == size;
  if (same && size > 0)
    memcpy(theirs, value->data.bo.bytes, size);
  status = same ? SACRED_OK
                : group_open_say(SACRED_ERR_MISMATCH,
                                 "rank %u gives another number of bytes than %zu: install one version of Sacred",
                                 m->procs[i].rank, size);
  if (value->type == PMIX_BYTE_OBJECT)
    free(value->data.bo.bytes);
  free(value);
  return status;
}

int pmix_gather(struct pmix_members *m, const void *mine, void *all, size_t size, uint64_t deadline)
{
  int status = m->given ? SACRED_OK : give(m, mine, size);
  if (status == SACRED_OK)
    status = wait_for_all(m, deadline);
  for (uint32_t i = 0; status == SACRED_OK && i < m->n; i++)
    status = take(m, i, (unsigned char *)all + i * size, size);
  return status;
}

struct pmix_members *pmix_members(const struct bootstrap *job, const uint32_t *ranks, uint32_t n)
{
  const struct pmix_job *j = (const struct pmix_job *)job;
  struct pmix_members *m = calloc(1, sizeof *m + n * sizeof *m->procs);
  pthread_condattr_t clock;
  struct pmix_answer *answers = calloc(n, sizeof *answers);
  if (!m || !answers) {
    free(m);
    free(answers);
    return NULL;
  }
  m->n = n;
  m->answers = answers;
  m->whole = n == j->b.size;
  m->everybody = j->me;
  m->everybody.rank = PMIX_RANK_WILDCARD;
  m->list = UINT64_C(0xcbf29ce484222325); /* FNV-1a, as in hello.c */
  for (uint32_t i = 0; i < n; i++) {
    memcpy(m->procs[i].nspace, j->me.nspace, sizeof j->me.nspace);
    m->procs[i].rank = ranks[i];
    answers[i].of = m;
    for (int k = 0; k < 4; k++)
      m->list = (m->list ^ (ranks[i] >> 8 * k & 255)) * UINT64_C(0x100000001b3);
  }
  pthread_mutex_init(&m->lock, NULL);
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_cond_init(&m->fenced, &clock);
  pthread_condattr_destroy(&clock);
  return m;
}

/* -- the job ------------------------------------------------------------------------------- */

static pid_t initialised; /* the process that is the client */

/* A launcher takes a rank that ends without it for one that has failed. */
static void finalise(void)
{
  if (initialised == getpid())
    pmix.finalize(NULL, 0);
}

static int gather(void *bootstrap, const void *mine, void *all, size_t size)
{
  struct pmix_job *j = bootstrap;
  return pmix_gather(j->all, mine, all, size, j->b.deadline);
}

static int job_size(struct pmix_job *j)
{
  pmix_value_t *value = NULL;
  pmix_proc_t everybody = j->me;
  everybody.rank = PMIX_RANK_WILDCARD;
  pmix_status_t status = pmix.get(&everybody, PMIX_JOB_SIZE, NULL, 0, &value);
  if (status != PMIX_SUCCESS || value->type != PMIX_UINT32)
    return fail("the launcher does not say how many ranks there are", status);
  j->b.size = value->data.uint32;
  free(value);
  if (j->b.size < 1 || j->b.size > CONTROL_RANKS_MAX || j->b.rank >= j->b.size)
    return group_open_say(SACRED_ERR_ENVIRONMENT, "the launcher says that this is rank %u of %u: start 1 to %d ranks",
                          j->b.rank, j->b.size, CONTROL_RANKS_MAX);
  return SACRED_OK;
}

static int all_of(struct pmix_job *j)
{
  uint32_t ranks[CONTROL_RANKS_MAX];
  for (uint32_t i = 0; i < j->b.size; i++)
    ranks[i] = i;
  j->all = pmix_members(&j->b, ranks, j->b.size);
  return j->all ? SACRED_OK : group_open_say(SACRED_ERR_MEMORY, "no memory for %u ranks", j->b.size);
}

int pmix_begin(struct bootstrap **b)
{
  struct pmix_job *j = calloc(1, sizeof *j);
  int status = j ? load() : group_open_say(SACRED_ERR_MEMORY, "no memory for a job");
  if (status == SACRED_OK && initialised != getpid()) {
    pmix_status_t done = pmix.init(&j->me, NULL, 0);
    status = done == PMIX_SUCCESS ? SACRED_OK : fail("no connection to the launcher", done);
    if (status == SACRED_OK && initialised == 0)
      atexit(finalise);
    initialised = status == SACRED_OK ? getpid() : 0;
  }
  if (status == SACRED_OK) {
    j->b.rank = j->me.rank;
    j->b.pid = getpid();
    j->b.gather = gather;
    status = job_size(j);
  }
  if (status == SACRED_OK)
    status = all_of(j);
  if (status != SACRED_OK) {
    free(j);
    return status;
  }
  *b = &j->b;
  return SACRED_OK;
}

#else

int pmix_begin(struct bootstrap **b)
{
  *b = NULL;
  return group_open_say(SACRED_ERR_ENVIRONMENT,
                        "this Sacred was built without PMIx: build it where libpmix-dev is, start the program with "
                        "sacred run, or set SACRED_ROOT, SACRED_RANK and SACRED_SIZE for each rank");
}

#endif
