/* A group out of a group: its ranks find each other by the lists that they give. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "board.h"
#include "split.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

static uint32_t peek(const uint32_t *p)
{
  /* Relaxed is enough within read_mail(): its two looks at the word are around it. */
  return __atomic_load_n(p, __ATOMIC_RELAXED);
}

int split_read_mail(const struct splitting *s, uint32_t i, struct mail *m)
{
  struct control *c = s->parent->control;
  const struct control_rank *r = &c->rank[i];
  const uint32_t *list = control_list(c, i);
  memset(m, 0, sizeof *m);
  /* ORDER word-then-mail.  An acquire load (rule rr); pairs with mail-then-word, which says the rest. */
  m->word = __atomic_load_n(&r->split, __ATOMIC_ACQUIRE);
  m->cookie = __atomic_load_n(&r->cookie, __ATOMIC_RELAXED);
  m->n = peek(&r->n);
  m->pid = peek(&r->pid);
  m->fd = peek(&r->fd);
  m->lost = peek(&r->lost);
  m->same = m->n == s->n;
  for (uint32_t k = 0; k < m->n && k < s->parent->w.size; k++) {
    uint32_t rank = peek(&list[k]);
    m->same = m->same && rank == s->ranks[k];
    m->mine |= rank == s->parent->w.rank;
    m->gone |= rank < s->parent->w.size && wire_peer_gone(&s->parent->w, rank);
  }
  /*
   * ORDER mail-then-look.  An acquire fence: the loads above are before the second
   * look at the word (rule rr).  Pairs with idle-then-mail, which says the rest.
   */
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  return __atomic_load_n(&r->split, __ATOMIC_RELAXED) == m->word;
}

/* Fill my mailbox, and make it active. */
static void tell(struct splitting *s, uint64_t cookie, int fd)
{
  struct control *c = s->parent->control;
  struct control_rank *r = &c->rank[s->parent->w.rank];
  uint32_t *list = control_list(c, s->parent->w.rank);
  uint64_t count = r->split / 4 + 1;
  __atomic_store_n(&r->split, 4 * count + SPLIT_IDLE, __ATOMIC_RELAXED);
  /*
   * ORDER idle-then-mail.  A release fence: the word is idle before anything below
   * it changes (rule ww).  Pairs with mail-then-look.  Without it a rank could find
   * half of a new list below the old word (tests: splits_with_deadlines_at_random_agree).
   */
  __atomic_thread_fence(__ATOMIC_RELEASE);
  __atomic_store_n(&r->cookie, cookie, __ATOMIC_RELAXED);
  __atomic_store_n(&r->n, s->n, __ATOMIC_RELAXED);
  __atomic_store_n(&r->pid, (uint32_t)getpid(), __ATOMIC_RELAXED);
  __atomic_store_n(&r->fd, (uint32_t)fd, __ATOMIC_RELAXED);
  __atomic_store_n(&r->lost, s->parent->t.lost, __ATOMIC_RELAXED);
  for (uint32_t k = 0; k < s->n; k++)
    __atomic_store_n(&list[k], s->ranks[k], __ATOMIC_RELAXED);
  s->word = 4 * count + SPLIT_ACTIVE;
  /*
   * ORDER mail-then-word.  A release store: the mail is before it (rule ww).  Pairs
   * with word-then-mail.  Without it a rank could read an old list below the new
   * word (tests: splits_with_deadlines_at_random_agree).
   */
  __atomic_store_n(&r->split, s->word, __ATOMIC_RELEASE);
  if (s->parent->board)
    split_tell(s, BOARD_MAIL);
}

static void end(struct splitting *s, enum split_state state)
{
  if (s->word == 0)
    return;
  /*
   * ORDER gave-then-state.  A release store: the mail, which is still read below a
   * split that was refused, and what I gave to its gatherings are before it (rule
   * ww); over boards it is posted behind them.  Pairs with state-then-said.  Without
   * it a rank could take what is on its way for what will not come, and end a split
   * of which I have a group.
   */
  __atomic_store_n(&s->parent->control->rank[s->parent->w.rank].split, s->word / 4 * 4 + state, __ATOMIC_RELEASE);
  if (s->parent->board)
    split_tell(s, BOARD_STATE);
}

/*
 * Can this split not come to its end, for want of rank k of my list? All give to
 * the first gathering before one gives to the second: who is gone before the
 * first was over has not given to the second, and who gave to that is not wanted
 * any more. Over boards that is said of the last gathering, see split_fails().
 */
static int lost(struct splitting *s, uint32_t k)
{
  struct exchange *x = &s->gathering.x;
  if (!wire_peer_gone(&s->parent->w, s->ranks[k]))
    return 0;
  if (s->parent->board)
    return split_fails(s, k);
  return !x->control || (x->said < 2 ? !exchange_over(x) : exchange_lacks(x, k));
}

static int check_lives(struct splitting *s)
{
  for (uint32_t k = 0; k < s->n; k++)
    if (lost(s, k))
      return group_open_say(s->parent->t.peers[s->ranks[k]].life == PEER_UNREACHABLE ? SACRED_ERR_UNREACHABLE
                                                                                     : SACRED_ERR_DEAD,
                            "rank %u of the parent group is gone: split off the living ranks only", s->ranks[k]);
  return SACRED_OK;
}

/*
 * Does rank k of my list wait for me with another list? Then both wait for ever,
 * unless its split is an old one that I am over with (heeded), or it is over with
 * this one (then everybody has given to the last gathering, me included; over boards
 * it says nothing new to me before I am over as well).
 */
static int waits_otherwise(struct splitting *s, uint32_t k, struct mail *m)
{
  uint32_t i = s->ranks[k];
  return split_read_mail(s, i, m) && m->word % 4 != SPLIT_IDLE && m->word / 4 > s->parent->heeded[i] && m->mine &&
         !m->same && !(s->gathering.x.control && exchange_over(&s->gathering.x));
}

/*
 * And is that to be told? Not where a rank has died, and one of us has heard of it
 * and splits off the living already: the other one's split ends by itself.
 */
static int disagrees(struct splitting *s, uint32_t k)
{
  struct mail m;
  if (!waits_otherwise(s, k, &m))
    return 0;
  group_look(s->parent);
  if (!waits_otherwise(s, k, &m) || m.gone || m.lost > s->parent->t.lost || check_lives(s) != SACRED_OK)
    return 0;
  s->parent->heeded[s->ranks[k]] = m.word / 4;
  return 1;
}

int split_check(struct splitting *s)
{
  struct sacred_group *p = s->parent;
  int status = wire_health(&p->w) != SACRED_AGAIN ? check_lives(s) : SACRED_OK;
  for (uint32_t k = 0; status == SACRED_OK && k < s->n; k++)
    if (s->ranks[k] != p->w.rank && disagrees(s, k))
      return group_open_say(SACRED_ERR_MISMATCH,
                            "rank %u gave another list of ranks than rank %u did: give the same on all ranks",
                            s->ranks[k], p->w.rank);
  return status;
}

static int check_gathering(struct gathering *g)
{
  return split_check(g->arg);
}

/* Open the leader's file, if it is still there and is the one that the mail means. */
static int open_mail(const struct mail *m)
{
  char path[64];
  struct control head;
  snprintf(path, sizeof path, "/proc/%u/fd/%u", m->pid, m->fd);
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd >= 0 && pread(fd, &head, offsetof(struct control, rank), 0) == (ssize_t)offsetof(struct control, rank) &&
      head.magic == CONTROL_MAGIC && head.cookie == m->cookie)
    return fd;
  if (fd >= 0)
    close(fd);
  return -1;
}

/* Wait for the leader's mail with my list. */
static int follow(struct splitting *s, uint64_t deadline)
{
  uint32_t leader = s->ranks[0];
  for (uint64_t looks = 0;; looks++) {
    struct mail m;
    if (split_read_mail(s, leader, &m) && m.word % 4 == SPLIT_ACTIVE && m.word / 4 > s->parent->heeded[leader] &&
        m.same && (s->fd = open_mail(&m)) >= 0)
      return SACRED_OK;
    int status = split_check(s);
    if (status != SACRED_OK)
      return status;
    if (deadline != SACRED_FOREVER && sacred_now() >= deadline)
      return SACRED_TIMEOUT;
    group_doze(looks);
  }
}

static int allowed(struct splitting *s)
{
  uint32_t size = s->parent->w.size;
  s->me = s->n;
  for (uint32_t k = 0; k < s->n; k++) {
    if (s->ranks[k] >= size)
      return group_open_say(SACRED_ERR_RANK, "there is no rank %u: the parent group has ranks 0 to %u", s->ranks[k],
                            size - 1);
    for (uint32_t l = 0; l < k; l++)
      if (s->ranks[l] == s->ranks[k])
        return group_open_say(SACRED_ERR_ARGUMENT, "rank %u is in the list twice: give every rank once", s->ranks[k]);
    if (s->ranks[k] == s->parent->w.rank)
      s->me = k;
  }
  if (s->me == s->n)
    return group_open_say(SACRED_ERR_ARGUMENT, "rank %u is not in its own list: only the ranks listed call this",
                          s->parent->w.rank);
  return SACRED_OK;
}

/* Map the new group's control area, and be ready to gather over it. */
static int map(struct splitting *s)
{
  void *p = mmap(NULL, control_bytes(s->n), PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
  if (p == MAP_FAILED)
    return group_open_say(SACRED_ERR_MEMORY, "cannot map the new group's control area: %s", strerror(errno));
  s->gathering =
      (struct gathering){.x = {.control = p, .rank = s->me, .size = s->n}, .check = check_gathering, .arg = s};
  s->opening = (struct opening){.rank = s->me,
                                .size = s->n,
                                .fd = s->fd,
                                .cookie = s->gathering.x.control->cookie,
                                .split = s->word / 4,
                                .parent = s->parent,
                                .wire = s->wire,
                                .gather = gathering_run,
                                .arg = &s->gathering};
  return SACRED_OK;
}

/* Find the leader's file, and be ready to gather there. */
static int meet_in_memory(struct splitting *s, uint64_t deadline)
{
  int status = s->fd < 0 ? follow(s, deadline) : SACRED_OK;
  return status == SACRED_OK && !s->gathering.x.control ? map(s) : status;
}

/* Tell my list on the boards, and be ready to gather there. */
static int meet_on_boards(struct splitting *s, uint64_t deadline)
{
  if (s->word != 0)
    return SACRED_OK;
  int status = split_await_boards(s, deadline);
  if (status != SACRED_OK)
    return status;
  tell(s, 0, -1);
  s->opening = (struct opening){.rank = s->me,
                                .size = s->n,
                                .fd = -1,
                                .split = s->word / 4,
                                .parent = s->parent,
                                .ranks = s->ranks,
                                .wire = s->wire,
                                .gather = split_gather,
                                .arg = s};
  return SACRED_OK;
}

/* Go on with a split: meet, then open the group. */
static int go_on(struct splitting *s, uint64_t deadline, struct sacred_group **group)
{
  int status = s->parent->board ? meet_on_boards(s, deadline) : meet_in_memory(s, deadline);
  if (status != SACRED_OK)
    return status;
  s->gathering.deadline = deadline;
  status = group_open(&s->opening, group);
  if (status == SACRED_OK) {
    if (!s->parent->board)
      (*group)->x.said = s->gathering.x.said;
    for (uint32_t k = 0; k < s->n; k++)
      s->parent->heeded[s->ranks[k]] = (*group)->heeded[k];
    memset((*group)->heeded, 0, s->n * sizeof *(*group)->heeded);
  }
  return status;
}

/* Has rank i of the parent not come to this split yet? */
static int lacks(const void *splitting, uint32_t i)
{
  struct splitting *s = (struct splitting *)(uintptr_t)splitting;
  struct mail m;
  for (uint32_t k = 0; k < s->n; k++)
    if (s->ranks[k] == i && k != s->me)
      return s->parent->board         ? split_lacks(s, k) || (s->over != 0 && !board_has(s->parent, i))
             : s->gathering.x.control ? exchange_lacks(&s->gathering.x, k)
                                      : !(split_read_mail(s, i, &m) && m.word % 4 == SPLIT_ACTIVE && m.same);
  return 0;
}

/* Release all of a split but the group that came of it. */
static void release(struct splitting *s, int status)
{
  end(s, status == SACRED_ERR_MISMATCH ? SPLIT_REFUSED : SPLIT_IDLE);
  if (status != SACRED_OK && s->parent->board && s->parent->board->mail)
    board_settle(s->parent, sacred_in(FAREWELL_NS)); /* who waits for me is to hear of it */
  group_open_drop(&s->opening);
  for (uint32_t k = 0; s->number && k < s->n; k++)
    if (s->number[k] > s->parent->heeded[s->ranks[k]])
      s->parent->heeded[s->ranks[k]] = s->number[k];
  free(s->number);
  if (s->gathering.x.control)
    munmap(s->gathering.x.control, control_bytes(s->n));
  if (status != SACRED_OK && s->fd >= 0)
    close(s->fd);
  free(s);
}

void group_split_drop(struct sacred_group *parent)
{
  if (parent->splitting)
    release(parent->splitting, SACRED_TIMEOUT);
  parent->splitting = NULL;
}

/* Begin a split: the leader makes the file; tell all of my list. */
static int begin(struct sacred_group *parent, const uint32_t *ranks, uint32_t n, uint32_t wire,
                 struct splitting **splitting)
{
  uint64_t cookie = 0;
  if (n > CONTROL_RANKS_MAX)
    return group_open_say(SACRED_ERR_ARGUMENT, "a list of %u ranks: give each of the parent's %u at most once", n,
                          parent->w.size);
  struct splitting *s = calloc(1, sizeof *s + n * sizeof *s->ranks);
  if (!s)
    return group_open_say(SACRED_ERR_MEMORY, "no memory for a list of %u ranks", n);
  s->parent = parent;
  s->n = n;
  s->wire = wire;
  s->fd = -1;
  memcpy(s->ranks, ranks, n * sizeof *ranks);
  int status = allowed(s);
  if (status == SACRED_OK && parent->board) {
    s->number = calloc(n, sizeof *s->number);
    if (!s->number)
      status = group_open_say(SACRED_ERR_MEMORY, "no memory for a list of %u ranks", n);
  } else if (status == SACRED_OK && s->me == 0) {
    if (getrandom(&cookie, sizeof cookie, 0) < 0)
      cookie = sacred_now();
    s->fd = group_file_create(n, cookie);
    if (s->fd < 0)
      status = group_open_say(SACRED_ERR_MEMORY, "cannot make a file in memory for %u ranks: %s%s", n, strerror(errno),
                              group_file_remedy(errno));
  }
  if (status != SACRED_OK) {
    free(s);
    return status;
  }
  if (!parent->board)
    tell(s, cookie, s->fd);
  *splitting = s;
  return SACRED_OK;
}

int group_split(struct sacred_group *parent, const uint32_t *ranks, uint32_t n, uint32_t wire,
                struct sacred_group **group, uint64_t deadline)
{
  if (group)
    *group = NULL;
  if (!parent || !group || !ranks || n == 0)
    return group_open_say(SACRED_ERR_ARGUMENT, "a NULL argument, or an empty list: give a parent, a list and a handle");
  if (!parent->w.open)
    return group_open_say(SACRED_ERR_CLOSED, "the parent group has been closed");
  struct splitting *s = parent->splitting;
  if (s && (s->n != n || memcmp(s->ranks, ranks, n * sizeof *ranks) != 0))
    return group_open_say(SACRED_ERR_STATE,
                          "rank %u gives another list while an earlier split has timed out: repeat that one first",
                          parent->w.rank);
  int status = s ? SACRED_OK : begin(parent, ranks, n, wire, &s);
  if (status != SACRED_OK)
    return status;
  status = go_on(s, deadline, group);
  parent->splitting = status == SACRED_TIMEOUT ? s : NULL;
  if (status == SACRED_TIMEOUT) {
    char who[GROUP_LIST];
    return group_open_say(status, "timed out: %s of the parent did not come in time to split: call again",
                          group_rank_list(who, parent->w.size, lacks, s));
  }
  release(s, status);
  return status;
}

int sacred_group_split(sacred_group *parent, const uint32_t *ranks, uint32_t n, sacred_group **group, uint64_t deadline)
{
  return group_split(parent, ranks, n, 0, group, deadline);
}
