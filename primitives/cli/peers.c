/* `sacred doctor` as the ranks of a job: each connects to each other one, writes to it, and reads from it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../group/bootstrap.h"
#include "../group/group.h"
#include "../wire/verbs.h"
#include "doctor.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
enum { STEP_SECONDS = 60, ANSWER_SECONDS = 25, NUMBERS = 64, LINES = 16, WROTE = 1, SAW = 2 };

/* What a rank says of itself; its card has a status: not SACRED_OK where it has no port. */
struct intro {
  struct verbs_card card;
  uint64_t seed; /* rank 0's is that of all queue pairs */
  char host[48];
};
_Static_assert(sizeof(struct intro) <= CONTROL_MESSAGE, "an introduction fits a gathering");

/* What row i, column j says: has rank i written to rank j, and seen what rank j wrote to it? */
struct peers {
  struct bootstrap *job;
  uint32_t rank, size;
  struct wire w;
  struct transport t;
  struct intro *intros;
  unsigned char *matrix; /* [size][size] */
  unsigned char *heard;  /* of one gathering */
  char why[WIRE_ERROR];  /* I cannot write to one: the first reason */
  uint32_t of;           /* the row that is_cut() speaks of */
  int broken;            /* a gathering failed: nobody can gather after it */
};

/* -- the steps ---------------------------------------------------------------------- */

/* Among all ranks, however it went before: else the others would wait. */
static int gather(struct peers *p, const void *mine, size_t size)
{
  p->job->deadline = sacred_in(STEP_SECONDS * SECOND);
  int status = p->job->gather(p->job, mine, p->heard, size);
  p->broken |= status != SACRED_OK;
  return status;
}

static void note(struct peers *p, const char *why)
{
  if (p->why[0] == '\0')
    snprintf(p->why, sizeof p->why, "%s", why);
}

/* A word for each rank to write, on a page that they know of. */
static int open_board(struct peers *p, struct verbs *v)
{
  char why[WIRE_ERROR];
  void *board = mmap(NULL, p->size * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (board == MAP_FAILED)
    return group_open_say(SACRED_ERR_MEMORY, "no memory for %u words", p->size);
  v->board = board;
  v->board_mr = verbs_register_at(v, board, p->size * sizeof(uint64_t), why);
  return v->board_mr ? SACRED_OK : group_open_say(SACRED_ERR_MEMORY, "%s", why);
}

/* Open my port, and hear of everybody's. */
static int introduce(struct peers *p)
{
  struct intro mine = {.seed = sacred_now() ^ (uint64_t)getpid() << 32};
  int status = verbs_open(&p->w, p->rank, &p->t.verbs);
  if (status == SACRED_OK)
    status = open_board(p, p->t.verbs);
  if (status == SACRED_OK)
    verbs_introduce(p->t.verbs, &mine.card);
  else
    note(p, sacred_open_error());
  mine.card.status = status;
  if (gethostname(mine.host, sizeof mine.host - 1) != 0)
    strcpy(mine.host, "a host without a name");
  status = gather(p, &mine, sizeof mine);
  if (status == SACRED_OK)
    memcpy(p->intros, p->heard, p->size * sizeof *p->intros);
  return status;
}

static int has_port(const struct peers *p, uint32_t i)
{
  return p->intros[i].card.status == SACRED_OK;
}

/* Can those that have a port form a group? The same answer on each. */
static int agree(struct peers *p)
{
  enum verbs_family family = VERBS_IPV4;
  struct verbs_card *cards = calloc(p->size, sizeof *cards);
  uint32_t one = 0;
  if (!cards)
    return group_open_say(SACRED_ERR_MEMORY, "no memory for %u ranks", p->size);
  while (one < p->size - 1 && !has_port(p, one))
    one++;
  for (uint32_t i = 0; i < p->size; i++) /* who has none is as another one here, and is passed over */
    cards[i] = p->intros[has_port(p, i) ? i : one].card;
  int status = has_port(p, one) ? verbs_agree(cards, p->size, &family) : SACRED_OK;
  if (status == SACRED_OK && p->t.verbs)
    verbs_meet(p->t.verbs, cards, family);
  free(cards);
  return status;
}

/* The numbers of the queue pairs, of so many at a time as a gathering carries. */
static int tell_numbers(struct peers *p)
{
  struct verbs_peer *peers = p->t.verbs ? p->t.verbs->peers : NULL;
  for (uint32_t first = 0; first < p->size; first += NUMBERS) {
    uint32_t mine[NUMBERS] = {0}, theirs;
    for (uint32_t k = 0; peers && k < NUMBERS && first + k < p->size; k++)
      mine[k] = peers[first + k].qp ? peers[first + k].qp->qp_num : 0;
    int status = gather(p, mine, sizeof mine);
    if (status != SACRED_OK)
      return status;
    for (uint32_t i = 0; peers && i < p->size && p->rank >= first && p->rank < first + NUMBERS; i++) {
      memcpy(&theirs, p->heard + i * sizeof mine + (p->rank - first) * sizeof theirs, sizeof theirs);
      peers[i].number = theirs;
    }
  }
  return SACRED_OK;
}

/* Is rank i one that I am to reach? */
static int is_other(const struct peers *p, uint32_t i)
{
  return i != p->rank && has_port(p, i) && has_port(p, p->rank);
}

/* Connect to all; who cannot be is lost. Behind the gathering nobody is written to before it is ready. */
static int connect_all(struct peers *p)
{
  for (uint32_t i = 0; i < p->size; i++)
    if (is_other(p, i) && verbs_connect(p->t.verbs, i, p->intros[0].seed) != SACRED_OK) {
      note(p, sacred_open_error());
      wire_peer_lose(&p->w, i, PEER_UNREACHABLE);
    }
  return gather(p, "", 0);
}

/* What rank i writes to rank j: never 0. */
static uint64_t word(const struct peers *p, uint32_t i, uint32_t j)
{
  return (p->intros[0].seed + ((uint64_t)i << 32 | j) * 2) | 1;
}

/* Write to all at once, and read behind it: when that is there, the word is placed. */
static int write_all(struct peers *p)
{
  struct timespec nap = {0, 100000};
  uint64_t until = sacred_in(ANSWER_SECONDS * SECOND);
  unsigned char *row = p->matrix + p->rank * (size_t)p->size;
  uint32_t left = 0;
  for (uint32_t i = 0; i < p->size; i++)
    if (is_other(p, i) && !verbs_is_lost(&p->w, i)) {
      verbs_tell_word(&p->w, i, p->rank * sizeof(uint64_t), word(p, p->rank, i));
      verbs_flush(&p->w, i);
      left++;
    }
  while (left > 0 && sacred_now() < until) {
    nanosleep(&nap, NULL);
    verbs_watch(&p->w, sacred_now());
    for (uint32_t i = left = 0; i < p->size; i++)
      if (is_other(p, i) && !verbs_is_lost(&p->w, i)) {
        row[i] = verbs_completed(&p->w, i) > 0 ? WROTE : 0;
        left += row[i] == 0;
      }
  }
  if (p->t.verbs && p->t.verbs->said[0])
    note(p, p->t.verbs->said);
  return gather(p, "", 0);
}

/* What has come to me, behind all that is placed; then everybody's rows. */
static int compare(struct peers *p)
{
  unsigned char *row = p->matrix + p->rank * (size_t)p->size, mine[CONTROL_MESSAGE];
  for (uint32_t i = 0; i < p->size; i++)
    if (is_other(p, i))
      /* Relaxed is enough: the gathering was behind the reads that placed the word. */
      row[i] |=
          __atomic_load_n((uint64_t *)(void *)p->t.verbs->board + i, __ATOMIC_RELAXED) == word(p, i, p->rank) ? SAW : 0;
  for (uint32_t first = 0; first < p->size; first += sizeof mine) {
    uint32_t n = p->size - first < sizeof mine ? p->size - first : sizeof mine;
    memcpy(mine, row + first, n);
    int status = gather(p, mine, n);
    if (status != SACRED_OK)
      return status;
    for (uint32_t i = 0; i < p->size; i++)
      memcpy(p->matrix + i * (size_t)p->size + first, p->heard + i * (size_t)n, n);
  }
  return SACRED_OK;
}

/* -- what is said of it ------------------------------------------------------------------- */

static int lacks_port(const void *peers, uint32_t i)
{
  return !has_port(peers, i);
}

/* Is rank i not reached by rank `of`? */
static int is_cut(const void *peers, uint32_t i)
{
  const struct peers *p = peers;
  if (i == p->of || !has_port(p, i) || !has_port(p, p->of))
    return 0;
  return !(p->matrix[p->of * (size_t)p->size + i] & WROTE) || !(p->matrix[i * (size_t)p->size + p->of] & SAW);
}

static int cuts(struct peers *p, uint32_t of)
{
  int n = 0;
  p->of = of;
  for (uint32_t i = 0; i < p->size; i++)
    n += is_cut(p, i);
  return n;
}

/* Each rank speaks of itself, rank 0 of all. */
static void report(struct peers *p)
{
  char who[GROUP_LIST], text[GROUP_LIST + 128];
  uint32_t without = 0, lines = 0, more = 0;
  for (uint32_t i = 0; i < p->size; i++)
    without += lacks_port(p, i) != 0;
  if (without > 0) {
    snprintf(text, sizeof text, "peers: no RDMA port that can be used: %s of %u",
             group_rank_list(who, p->size, lacks_port, p), p->size);
    doctor_problem(text, p->why[0] && !has_port(p, p->rank) ? p->why : "see what the doctor says there");
  }
  for (uint32_t i = 0; i < p->size; i++) {
    if ((p->rank != 0 && p->rank != i) || cuts(p, i) == 0)
      continue;
    if (lines++ >= LINES) {
      more++;
      continue;
    }
    snprintf(text, sizeof text, "peers: rank %u on %s cannot write to %s of %u", i, p->intros[i].host,
             group_rank_list(who, p->size, is_cut, p), p->size);
    doctor_problem(text, i != p->rank ? "see what the doctor says there" : p->why[0] ? p->why : "see what rank 0 says");
  }
  if (more > 0) {
    snprintf(text, sizeof text, "peers: and so it is of %u ranks more", more);
    doctor_problem(text, "see what the doctor says there");
  }
  snprintf(text, sizeof text, "each of %u ranks wrote to each other one, and read from it", p->size);
  if (lines == 0 && without == 0)
    doctor_fine("peers", p->rank == 0 ? text : "rank 0 says how all of them did; this one reaches all");
}

static int try_all(struct peers *p)
{
  int status = introduce(p);
  if (status == SACRED_OK)
    status = agree(p);
  if (status == SACRED_OK)
    status = tell_numbers(p);
  if (status == SACRED_OK)
    status = connect_all(p);
  if (status == SACRED_OK)
    status = write_all(p);
  return status == SACRED_OK ? compare(p) : status;
}

static void meet(struct peers *p)
{
  p->rank = p->job->rank;
  p->size = p->job->size;
  p->w = (struct wire){.rank = p->rank, .size = p->size, .transport = &p->t};
  p->t.peers = calloc(p->size, sizeof *p->t.peers);
  p->intros = calloc(p->size, sizeof *p->intros);
  p->matrix = calloc(p->size, p->size);
  p->heard = calloc(p->size, CONTROL_MESSAGE);
  if (!p->t.peers || !p->intros || !p->matrix || !p->heard)
    doctor_problem("peers: there is no memory for them", "start the doctor as fewer ranks");
  else if (try_all(p) == SACRED_OK)
    report(p);
  else
    doctor_problem("peers: the ranks of this job could not be tried", sacred_open_error());
  if (p->job->whole && !p->broken)
    p->job->whole(p->job);
  void *board = p->t.verbs ? p->t.verbs->board : NULL;
  if (p->t.verbs)
    verbs_close(p->t.verbs);
  if (board)
    munmap(board, p->size * sizeof(uint64_t));
  free(p->t.peers);
  free(p->intros);
  free(p->matrix);
  free(p->heard);
}

void doctor_peers(void)
{
  static struct peers p;
  if (!bootstrap_is_there())
    puts("  --       peers: not looked at, for nobody else is there: start the doctor as the ranks of a job, by mpirun "
         "or\n"
         "           sacred run, or with SACRED_ROOT, SACRED_RANK and SACRED_SIZE set, one on each host or more");
  else if (bootstrap_find(&p.job) != SACRED_OK)
    doctor_problem("peers: this process is no rank of a job", sacred_open_error());
  else
    meet(&p);
}
