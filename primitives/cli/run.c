/* The local launcher: starts N ranks, passes on what they print, and lets none outlive the job. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "run.h"
#include "../group/group.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum child_end { END_NONE, END_GRACE, END_TERM, END_KILL };

struct child {
  pid_t pid; /* 0: ended */
  int group; /* leads a process group */
  struct stream streams[2];
};

struct job {
  const struct run_options *options;
  struct control *control;
  int file, signals, exec_error[2];
  sigset_t before;
  struct child *children;
  struct pollfd *fds;
  uint32_t alive;
  int end; /* enum child_end: how far the job's end has gone */
  int worst, limit, interrupted, not_run;
  uint64_t started, act; /* when the next step of the end is due */
};

static int fail(const char *what)
{
  fprintf(stderr, "sacred run: %s: %s%s\n", what, strerror(errno), group_file_remedy(errno));
  return EXIT_FAILED;
}

static int worse(int a, int b)
{
  if (a == EXIT_OK || (a == EXIT_SKIPPED && b != EXIT_OK))
    return b;
  return b == EXIT_OK || b == EXIT_SKIPPED || a > b ? a : b;
}

static void signal_child(const struct child *c, int signal)
{
  if (c->pid > 0)
    kill(c->group ? -c->pid : c->pid, signal);
}

static void signal_all(struct job *j, int signal)
{
  for (uint32_t r = 0; r < j->options->n; r++)
    signal_child(&j->children[r], signal);
}

/* -- in the child ------------------------------------------------------------- */

static void set_number(const char *name, long n)
{
  char text[24];
  snprintf(text, sizeof text, "%ld", n);
  setenv(name, text, 1);
}

static void become(struct job *j, uint32_t rank, const int pipes[2][2], int group, pid_t launcher)
{
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != launcher)
    _exit(EXIT_FAILED);
  if (group)
    setpgid(0, 0);
  sigprocmask(SIG_SETMASK, &j->before, NULL);
  for (int k = 0; k < 2; k++)
    if (pipes[k][1] >= 0)
      dup2(pipes[k][1], 1 + k);
  if (rank > 0) {
    int null = open("/dev/null", O_RDONLY);
    if (null > 0)
      dup2(null, 0), close(null);
  }
  set_number("SACRED_RANK", rank);
  set_number("SACRED_SIZE", j->options->n);
  set_number("SACRED_FD", j->file);
  if (j->options->pin)
    pin_rank(rank);
  fcntl(j->file, F_SETFD, 0);
  execvp(j->options->program[0], j->options->program);
  int error = errno;
  if (write(j->exec_error[1], &error, sizeof error) < 0)
    perror("sacred run");
  _exit(EXIT_INPUT);
}

/* -- in the launcher ------------------------------------------------------------ */

static int start(struct job *j, uint32_t rank)
{
  struct child *c = &j->children[rank];
  int pipes[2][2] = {{-1, -1}, {-1, -1}};
  pid_t launcher = getpid();
  if (j->options->prefix && (pipe2(pipes[0], O_CLOEXEC) != 0 || pipe2(pipes[1], O_CLOEXEC) != 0))
    return fail("cannot make a pipe");
  c->group = !(rank == 0 && isatty(0));
  c->pid = fork();
  if (c->pid < 0) {
    c->pid = 0;
    return fail("cannot start a process");
  }
  if (c->pid == 0)
    become(j, rank, (const int(*)[2])pipes, c->group, launcher);
  if (c->group)
    setpgid(c->pid, c->pid);
  j->alive++;
  for (int k = 0; k < 2 && j->options->prefix; k++) {
    close(pipes[k][1]);
    if (!stream_open(&c->streams[k], pipes[k][0], 1 + k, rank))
      return fail("no memory for a line");
  }
  return EXIT_OK;
}

static const char *signal_name(int signal, char *text, size_t room)
{
  const char *name = sigabbrev_np(signal);
  if (name)
    snprintf(text, room, "SIG%s", name);
  else
    snprintf(text, room, "signal %d", signal);
  return text;
}

static void report(const struct job *j, uint32_t rank, int status)
{
  char text[32];
  if (WIFSIGNALED(status))
    fprintf(stderr, "sacred run: rank %u was killed by %s\n", rank, signal_name(WTERMSIG(status), text, sizeof text));
  else if (WEXITSTATUS(status) != EXIT_OK && WEXITSTATUS(status) != EXIT_SKIPPED && !j->not_run)
    fprintf(stderr, "sacred run: rank %u exited with status %d\n", rank, WEXITSTATUS(status));
}

/* Begin the end of the job: the ranks have until then to go by themselves. */
static void begin_end(struct job *j, int end, double seconds)
{
  if (j->end >= end)
    return;
  j->end = end;
  j->act = sacred_in((uint64_t)(seconds * 1e9));
}

/* A rank has ended with `status` of waitpid(). */
static void ended(struct job *j, uint32_t rank, int status)
{
  int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), error;
  int by_me = j->end >= END_TERM && WIFSIGNALED(status);
  j->children[rank].pid = 0;
  j->alive--;
  if (!j->not_run && read(j->exec_error[0], &error, sizeof error) == (ssize_t)sizeof error) {
    j->not_run = 1;
    fprintf(stderr, "sacred run: cannot run %s: %s\n", j->options->program[0], strerror(error));
  }
  /*
   * ORDER gone-after-end.  A release store: all that the rank gave, it gave before
   * waitpid() told of its end (rule ww).  Pairs with look-after-gone.  Without it a
   * rank that opens late could take one that came and went for one that never came
   * (tests: two_programs_in_a_row_open_one_after_the_other).
   */
  __atomic_store_n(&j->control->rank[rank].gone, 1 + (uint32_t)code, __ATOMIC_RELEASE);
  if (by_me)
    return;
  report(j, rank, status);
  j->worst = worse(j->worst, code);
  if (code != EXIT_OK && code != EXIT_SKIPPED && !j->options->keep_going)
    begin_end(j, END_GRACE, j->options->grace);
}

static void reap(struct job *j)
{
  int status;
  for (uint32_t r = 0; r < j->options->n; r++)
    if (j->children[r].pid > 0 && waitpid(j->children[r].pid, &status, WNOHANG) == j->children[r].pid)
      ended(j, r, status);
}

static void take_signal(struct job *j)
{
  struct signalfd_siginfo s;
  while (read(j->signals, &s, sizeof s) == (ssize_t)sizeof s) {
    if (s.ssi_signo == SIGCHLD)
      continue;
    /* The second Ctrl-C does not wait. */
    j->act = 0;
    j->end = j->interrupted ? END_TERM : END_GRACE;
    j->interrupted = (int)s.ssi_signo;
  }
  reap(j);
}

/* Go on with the end of the job where it is due: SIGTERM, then SIGKILL. Returns milliseconds to the next step. */
static int go_on_ending(struct job *j)
{
  uint64_t now = sacred_now();
  if (j->end == END_NONE && j->options->timeout > 0) {
    uint64_t due = j->started + (uint64_t)(j->options->timeout * 1e9);
    if (now < due)
      return (int)((due - now) / 1000000 < 1000 ? (due - now) / 1000000 + 1 : 1000);
    fprintf(stderr, "sacred run: %g seconds have passed: ending all ranks (--timeout)\n", j->options->timeout);
    j->limit = 1;
    begin_end(j, END_GRACE, 0);
  }
  if (j->end == END_NONE || j->end == END_KILL)
    return 1000;
  if (now >= j->act) {
    signal_all(j, j->end == END_GRACE ? SIGTERM : SIGKILL);
    if (j->end == END_GRACE)
      signal_all(j, SIGCONT);
    j->end++;
    if (j->end == END_GRACE + 1)
      j->act = sacred_in((uint64_t)(1e9));
  }
  return 20;
}

/* Wait for something to happen, and pass on what is printed; returns how many streams are open. */
static uint32_t listen_to(struct job *j, int timeout)
{
  struct stream *who[1 + 2 * CONTROL_RANKS_MAX];
  nfds_t n = 0;
  j->fds[n++] = (struct pollfd){.fd = j->signals, .events = POLLIN};
  for (uint32_t r = 0; r < j->options->n; r++)
    for (int k = 0; k < 2; k++)
      if (j->children[r].streams[k].line) {
        who[n] = &j->children[r].streams[k];
        j->fds[n] = (struct pollfd){.fd = who[n]->from, .events = POLLIN};
        n++;
      }
  if (poll(j->fds, n, timeout) <= 0)
    return (uint32_t)n - 1;
  for (nfds_t k = 1; k < n; k++)
    if (j->fds[k].revents && !stream_pass(who[k]))
      stream_close(who[k]);
  if (j->fds[0].revents)
    take_signal(j);
  return (uint32_t)n - 1;
}

/* Until all ranks have ended, and all that they printed is passed on. */
static void watch(struct job *j)
{
  uint64_t until = 0;
  for (;;) {
    uint32_t streams = listen_to(j, j->alive ? go_on_ending(j) : 20);
    reap(j);
    if (j->alive > 0)
      continue;
    /* A grandchild may hold a pipe open: not for ever. */
    if (until == 0)
      until = sacred_in(200000000);
    if (streams == 0 || sacred_now() >= until)
      break;
  }
  for (uint32_t r = 0; r < j->options->n; r++)
    for (int k = 0; k < 2; k++)
      if (j->children[r].streams[k].line)
        stream_close(&j->children[r].streams[k]);
}

/* The file where the ranks meet, the signals, the memory. */
static int prepare(struct job *j)
{
  sigset_t mine;
  uint32_t n = j->options->n;
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  j->children = calloc(n, sizeof *j->children);
  j->fds = calloc(2 * (size_t)n + 1, sizeof *j->fds);
  if (!j->children || !j->fds)
    return fail("no memory for the ranks");
  j->file = group_file_create(n, (uint64_t)getpid());
  if (j->file < 0)
    return fail("cannot make a file in memory");
  j->control = mmap(NULL, control_bytes(n), PROT_READ | PROT_WRITE, MAP_SHARED, j->file, 0);
  if (j->control == MAP_FAILED)
    return fail("cannot map a file in memory");
  sigemptyset(&mine);
  sigaddset(&mine, SIGCHLD);
  sigaddset(&mine, SIGINT);
  sigaddset(&mine, SIGTERM);
  sigaddset(&mine, SIGHUP);
  sigprocmask(SIG_BLOCK, &mine, &j->before);
  j->signals = signalfd(-1, &mine, SFD_CLOEXEC | SFD_NONBLOCK);
  if (j->signals < 0 || pipe2(j->exec_error, O_CLOEXEC | O_NONBLOCK) != 0)
    return fail("cannot watch the ranks");
  return EXIT_OK;
}

int run(const struct run_options *options)
{
  struct job j = {.options = options, .started = sacred_now()};
  int status = prepare(&j);
  for (uint32_t r = 0; status == EXIT_OK && r < options->n; r++) {
    status = start(&j, r);
    if (status != EXIT_OK)
      begin_end(&j, END_GRACE, 0);
  }
  if (j.alive > 0)
    watch(&j);
  free(j.children);
  free(j.fds);
  if (status != EXIT_OK)
    return status;
  if (j.not_run)
    return EXIT_INPUT;
  if (j.interrupted)
    return 128 + j.interrupted;
  return j.limit ? EXIT_LIMIT : j.worst;
}
