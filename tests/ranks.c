/* The ranks of a test: started, watched, and ended. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "ranks.h"
#include <errno.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

enum { GATHER = 65536, NOTE_SIZE = 120 };

/* Shared by the ranks of one run and the test that watches them. */
static struct board {
  _Atomic uint64_t word[BOARD_WORDS];
  _Atomic pid_t pid[RANKS_MAX];
  char note[RANKS_MAX][NOTE_SIZE];
  _Atomic uint64_t gathered[2][RANKS_MAX]; /* [parity][rank]: calls begun, calls over */
  unsigned char gather[2][RANKS_MAX][GATHER];
} * board;

static uint64_t seed;

static uint64_t mix(uint64_t x)
{
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

bool late(void)
{
  const char *value = getenv("SACRED_SHM_LATE");
  return value && *value;
}

bool over_verbs(void)
{
  const char *value = getenv("SACRED_WIRE");
  return value && strcmp(value, "verbs") == 0;
}

bool is_dead(int status)
{
  const char *hosts = getenv("SACRED_TEST_HOSTS");
  return status == SACRED_ERR_DEAD || (status == SACRED_ERR_UNREACHABLE && hosts && *hosts);
}

bool sanitized(void)
{
#ifdef SANITIZED
  return true;
#else
  return false;
#endif
}

uint64_t times(uint64_t n)
{
  if (late())
    n /= 20;
  if (over_verbs()) /* the device may be software, in a machine that is interpreted */
    n /= 50;
  if (sanitized())
    n /= 5;
  return n > 3 ? n : 3;
}

void ranks_begin(void)
{
  const char *given = getenv("SEED"), *only = getenv("ONLY");
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  seed = given && *given ? strtoull(given, NULL, 0) : mix((uint64_t)t.tv_sec * 1000000007u + (uint64_t)t.tv_nsec) >> 32;
  printf("SEED=%llu%s%s\n", (unsigned long long)seed, late() ? " SACRED_SHM_LATE=" : "",
         late() ? getenv("SACRED_SHM_LATE") : "");
  fflush(stdout);
  if (only && *only)
    cmocka_set_test_filter(only);
  board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (board == MAP_FAILED) {
    perror("mmap");
    exit(1);
  }
}

/* -- in a rank -------------------------------------------------------------- */

void rank_note(struct rank *me, const char *text, ...)
{
  va_list args;
  va_start(args, text);
  vsnprintf(board->note[me->rank], NOTE_SIZE, text, args);
  va_end(args);
}

void rank_fail(struct rank *me, const char *file, int line, const char *text, ...)
{
  char said[512];
  va_list args;
  va_start(args, text);
  vsnprintf(said, sizeof said, text, args);
  va_end(args);
  fprintf(stderr, "%s:%d: %s: rank %u of %u: %s\n", file, line, me->test, me->rank, me->size, said);
  if (me->group)
    fprintf(stderr, "    the group says: %s\n", sacred_group_error(me->group));
  fflush(NULL);
  _exit(1);
}

void says(struct rank *me, const char *part)
{
  const char *text = sacred_group_error(me->group);
  if (!strstr(text, part))
    rank_fail(me, __FILE__, __LINE__, "the error does not name %s: %s", part, text);
}

void write_tuning(struct rank *me, const char *text)
{
  char path[] = "/tmp/sacred-tuning-XXXXXX", rules[600] = "";
  int fd = mkstemp(path);
  CHECK(fd >= 0);
  snprintf(rules, sizeof rules, "%s", text);
  CHECK(write(fd, rules, strlen(rules)) == (ssize_t)strlen(rules));
  close(fd);
  setenv("SACRED_TUNING", path, 1);
}

void rank_equal(struct rank *me, const char *file, int line, const char *a, uint64_t va, const char *b, uint64_t vb)
{
  if (va != vb)
    rank_fail(me, file, line, "%s is %llu (0x%llx), not %s = %llu (0x%llx)", a, (unsigned long long)va,
              (unsigned long long)va, b, (unsigned long long)vb, (unsigned long long)vb);
}

void rank_gives(struct rank *me, const char *file, int line, const char *call, int status, int want)
{
  if (status != want && !(want == SACRED_ERR_DEAD && is_dead(status)))
    rank_fail(me, file, line, "%s gave %d (%s), not %d (%s)", call, status, sacred_strerror(status), want,
              sacred_strerror(want));
}

uint64_t soon(void)
{
  return sacred_in(40000000000u);
}

uint64_t shortly(void)
{
  return sacred_in(20000000u);
}

void rank_sleep(unsigned milliseconds)
{
  struct timespec t = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  while (nanosleep(&t, &t) && errno == EINTR)
    ;
}

uint64_t rank_random(struct rank *me)
{
  me->random = mix(me->random);
  return me->random;
}

void rank_delay(struct rank *me, unsigned microseconds)
{
  struct timespec t = {0, (long)(rank_random(me) % (microseconds + 1)) * 1000};
  nanosleep(&t, NULL);
}

static bool reached(_Atomic uint64_t *word, uint64_t v)
{
  for (uint64_t looks = 0, until = soon(); atomic_load(word) < v; looks++) {
    if (sacred_now() > until)
      return false;
    if (looks < 1000)
      sched_yield();
    else
      rank_sleep(1);
  }
  return true;
}

void await_word(struct rank *me, unsigned k, uint64_t v)
{
  NOTE("awaits word %u of the test, %llu", k, (unsigned long long)v);
  if (!reached(&me->word[k], v))
    rank_fail(me, __FILE__, __LINE__, "waited in vain for word %u of the test to be %llu: it is %llu", k,
              (unsigned long long)v, (unsigned long long)me->word[k]);
}

void meet(struct rank *me, unsigned k, uint32_t n)
{
  atomic_fetch_add(&me->word[k], 1);
  await_word(me, k, n);
}

pid_t rank_pid(const struct rank *me, uint32_t rank)
{
  (void)me;
  return board->pid[rank];
}

void rank_die(struct rank *me)
{
  NOTE("dies");
  raise(SIGKILL);
  abort();
}

/* Nobody comes into the call after next before all have left this one: its slots are of the other parity. */
int rank_allgather(void *arg, const void *mine, void *all, size_t size)
{
  struct rank *me = arg;
  uint64_t call = board->gathered[0][me->rank] + 1;
  if (size > GATHER)
    return -1;
  memcpy(board->gather[call % 2][me->rank], mine, size);
  atomic_store(&board->gathered[0][me->rank], call);
  for (uint32_t j = 0; j < me->size; j++) {
    if (!reached(&board->gathered[0][j], call))
      return -1;
    memcpy((unsigned char *)all + j * size, board->gather[call % 2][j], size);
  }
  atomic_store(&board->gathered[1][me->rank], call);
  for (uint32_t j = 0; j < me->size; j++)
    if (call > 1 && !reached(&board->gathered[1][j], call - 1))
      return -1;
  return 0;
}

static void be_rank(const char *test, void (*body)(struct rank *me), const struct how *how, uint32_t rank, uint32_t n,
                    int variant)
{
  struct rank me = {test, rank, n, NULL, board->word, mix(mix(seed + (uint64_t)variant) ^ mix(rank)), variant};
  for (const char *c = test; *c; c++)
    me.random = mix(me.random ^ (unsigned char)*c);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (how->epoch)
    setenv("SACRED_TEST_EPOCH", how->epoch, 1);
  if (how->unopened) {
    body(&me);
  } else {
    rank_note(&me, "opens the group");
    int status = sacred_group_open_with(&me.group, rank, n, rank_allgather, &me, soon());
    if (status != SACRED_OK)
      rank_fail(&me, __FILE__, __LINE__, "sacred_group_open_with gave %d (%s): %s", status, sacred_strerror(status),
                sacred_open_error());
    rank_note(&me, "runs");
    body(&me);
    rank_note(&me, "closes the group");
    status = sacred_group_close(me.group, soon());
    if (status != SACRED_OK && !(how->killed && status == SACRED_ERR_DEAD) &&
        !((how->killed || how->cut) && status == SACRED_ERR_UNREACHABLE))
      rank_fail(&me, __FILE__, __LINE__, "sacred_group_close gave %d (%s)", status, sacred_strerror(status));
  }
  rank_note(&me, "is over");
  fflush(NULL);
  exit(0);
}

/* -- in the test ------------------------------------------------------------ */

static int run_once(const char *test, void (*body)(struct rank *me), const struct how *how, uint32_t n, int variant)
{
  int bad = 0;
  uint32_t left = n;
  unsigned seconds = how->seconds ? how->seconds : 60;
  if (sanitized())
    seconds *= 2;
  memset(board, 0, offsetof(struct board, gather));
  fflush(NULL);
  uint64_t until = sacred_in(seconds * UINT64_C(1000000000));
  pid_t pid[RANKS_MAX] = {0};
  for (uint32_t r = 0; r < n; r++) {
    pid[r] = fork();
    if (pid[r] == 0) {
      board->pid[r] = getpid();
      be_rank(test, body, how, r, n, variant);
    }
    if (pid[r] < 0) {
      perror("fork");
      exit(1);
    }
    board->pid[r] = pid[r];
  }
  while (left > 0) {
    bool progress = false;
    for (uint32_t r = 0; r < n; r++) {
      int how_ended;
      if (pid[r] <= 0 || waitpid(pid[r], &how_ended, WNOHANG) != pid[r])
        continue;
      progress = true;
      pid[r] = 0;
      left--;
      bool killed = WIFSIGNALED(how_ended) && WTERMSIG(how_ended) == SIGKILL;
      bool as_planned = how->killed >> r & 1 ? killed : WIFEXITED(how_ended) && WEXITSTATUS(how_ended) == 0;
      if (as_planned || bad)
        continue;
      bad = 1;
      if (WIFSIGNALED(how_ended))
        fprintf(stderr, "%s: rank %u of %u ended by signal %d (%s); it %s\n", test, r, n, WTERMSIG(how_ended),
                strsignal(WTERMSIG(how_ended)), board->note[r]);
      else
        fprintf(stderr, "%s: rank %u of %u ended with status %d; it %s\n", test, r, n, WEXITSTATUS(how_ended),
                board->note[r]);
      for (uint32_t j = 0; j < n; j++)
        if (pid[j] > 0)
          kill(pid[j], SIGKILL);
    }
    if (!bad && sacred_now() > until) {
      bad = 1;
      fprintf(stderr, "%s: HANG: %u of %u ranks are not over after %u s\n", test, left, n, seconds);
      for (uint32_t j = 0; j < n; j++)
        if (pid[j] > 0) {
          fprintf(stderr, "    rank %u %s\n", j, board->note[j]);
          kill(pid[j], SIGKILL);
        }
    }
    if (!progress) {
      struct timespec t = {0, 300000};
      nanosleep(&t, NULL);
    }
  }
  if (bad)
    fprintf(stderr, "%s: failed with %u ranks, variant %d; again with: SEED=%llu ONLY=%s%s%s\n", test, n, variant,
            (unsigned long long)seed, test, late() ? " SACRED_SHM_LATE=" : "", late() ? getenv("SACRED_SHM_LATE") : "");
  return bad;
}

int ranks_run(const char *test, void (*body)(struct rank *me), struct how how)
{
  const char *given = getenv("RANKS");
  uint32_t most = given && *given ? (uint32_t)strtoul(given, NULL, 10) : RANKS_MAX;
  if ((how.from ? how.from : how.n) > most) {
    printf("[  SKIPPED ] %s: it takes more ranks than RANKS=%u\n", test, most);
    skip();
  }
  for (uint32_t n = how.from ? how.from : how.n; n <= how.n && n <= most; n++)
    for (int v = 0; v < (how.variants ? how.variants : 1); v++)
      if (run_once(test, body, &how, n, v))
        return 1;
  return 0;
}
