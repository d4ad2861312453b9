/* Posts and completions over verbs: work requests with credits, each told apart by its wr_id. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "verbs.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum {
  BATCH = 16,
  GATHER = 1 << 20 /* with fewer bytes the wait for who has them takes longer than a copy */
};

static struct verbs *of(const struct wire *w)
{
  return w->transport->verbs;
}

/* What a user can do about an error of a work request. */
static const char *remedy(enum ibv_wc_status status)
{
  switch (status) {
  case IBV_WC_RETRY_EXC_ERR:
    return "it does not answer: is it gone, its cable out, its SACRED_GID_INDEX or SACRED_MTU wrong? On a loaded "
           "network "
           "raise SACRED_QP_TIMEOUT";
  case IBV_WC_LOC_QP_OP_ERR:
  case IBV_WC_GENERAL_ERR:
  case IBV_WC_FATAL_ERR:
    return "my own port or device failed: see its cable and its network device";
  case IBV_WC_WR_FLUSH_ERR:
    return "its queue pair was in the error state before: an event, or the peer's end";
  default:
    return "an error of the wire: please report it with the line that SACRED_LOG=1 shows";
  }
}

static void failed(struct wire *w, uint32_t i, const struct ibv_wc *wc)
{
  struct verbs *v = of(w);
  char choice[WIRE_ERROR / 2], where[64];
  if (v->peers[i].failed != 0) /* the flush behind the first error */
    return;
  verbs_doubt(w, i, "rank %u%s reports %s (%d, vendor %u), queue pair %u to %u: %s. My side is %s", i,
              verbs_where(v, i, where, sizeof where), ibv_wc_status_str(wc->status), (int)wc->status, wc->vendor_err,
              v->peers[i].qp->qp_num, v->peers[i].number, remedy(wc->status), verbs_describe(v, choice, sizeof choice));
}

/* -- completions ----------------------------------------------------------------- */

/* Only wr_id is good in every completion: opcode and the rest are not where it is an error. */
static void take(struct wire *w, const struct ibv_wc *wc)
{
  struct verbs *v = of(w);
  uint32_t i = verbs_rank_of(wc);
  if (!verbs_is_mine(v, wc)) {
    if (v->other)
      v->other(v->other_arg, wc);
    return;
  }
  struct verbs_peer *p = &v->peers[i];
  int outstanding = credit_take(&p->credit, v->depth, wc->wr_id % CREDIT_NUMBERS);
  if (wc->status != IBV_WC_SUCCESS)
    failed(w, i, wc);
  else if (outstanding)
    p->completed = p->covers[(p->credit.done - 1) % v->depth];
}

static void poll_queue(struct wire *w, struct ibv_cq *cq)
{
  struct ibv_wc wc[BATCH];
  int n;
  do {
    n = cq ? ibv_poll_cq(cq, BATCH, wc) : 0; /* where there is no other rank, there may be none */
    for (int k = 0; k < n; k++)
      take(w, &wc[k]);
  } while (n == BATCH);
  if (n < 0)
    verbs_doubt_all(w, "the completion queue cannot be polled");
}

void verbs_poll(struct wire *w)
{
  const struct verbs *v = of(w);
  for (uint32_t k = 0; k < v->batches; k++)
    poll_queue(w, v->batch[k].cq);
  /*
   * ORDER complete-then-use.  An acquire fence: what a get has brought, and that a
   * source was read, is before all that I do next (rules rr, rw behind P).  Pairs
   * with fill-then-ring of who posts what I got, and of mine that follows.  Without
   * it I could read my memory as it was before the get, or refill a source that is
   * still read (theorems fence_places, table_whole).
   */
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
}

/* -- posts -------------------------------------------------------------------------- */

/* One place is kept for a probe. */
static int room(const struct verbs *v, const struct verbs_peer *p)
{
  return credit_left(&p->credit, v->depth) > 1;
}

/*
 * Post a work request that completes `covers` operations. SACRED_AGAIN: the device has no place for it. Signaled is
 * what asks for it, and where credit_due() says so.
 */
static inline int post(struct wire *w, uint32_t i, struct ibv_send_wr *wr, uint64_t covers)
{
  struct verbs *v = of(w);
  struct verbs_peer *p = &v->peers[i];
  struct ibv_send_wr *bad = NULL;
  uint64_t number = p->credit.posted + 1;
  wr->wr_id = SACRED_VERBS_WR_ID | (uint64_t)i << VERBS_RANK_SHIFT | number % CREDIT_NUMBERS;
  if (credit_due(&p->credit, v->depth))
    wr->send_flags |= IBV_SEND_SIGNALED;
  /*
   * ORDER fill-then-ring.  A release fence: what I stored, and what I have read, is
   * before the device hears of the post (rule B before pipe).  Pairs with
   * complete-then-use of who learns by a get what I put, and of my own poll before
   * it.  Without it a put could carry what was there before my stores (theorems
   * flag_publishes, broadcast_delivers).
   */
  __atomic_thread_fence(__ATOMIC_RELEASE);
  int error = ibv_post_send(p->qp, wr, &bad);
  if (error < 0) /* some devices give -1 and errno, some -errno */
    error = error == -1 ? errno : -error;
  if (error == ENOMEM || error == EAGAIN)
    return SACRED_AGAIN;
  if (error != 0) {
    verbs_doubt(w, i, "rank %u cannot be posted to: %s (%d)", i, strerror(error), error);
    return SACRED_AGAIN;
  }
  p->covers[p->place] = covers;
  p->place = p->place + 1 < v->depth ? p->place + 1 : 0; /* a division would be the dearest step of a post */
  credit_post(&p->credit, v->depth, (wr->send_flags & IBV_SEND_SIGNALED) != 0);
  return SACRED_OK;
}

int verbs_go_on(struct wire *w, uint32_t i)
{
  struct verbs *v = of(w);
  struct verbs_peer *p = &v->peers[i];
  struct verbs_rest *r = &p->rest;
  uint64_t posted = w->transport->peers[i].posted;
  while (r->length > 0) {
    uint64_t n = r->length < v->port.message ? r->length : v->port.message;
    struct ibv_sge sge = {r->from, (uint32_t)n, r->lkey};
    struct ibv_send_wr wr = {.sg_list = &sge, .num_sge = 1, .opcode = r->opcode};
    wr.wr.rdma.remote_addr = r->to;
    wr.wr.rdma.rkey = r->key;
    if (n == r->length)
      wr.send_flags = IBV_SEND_SIGNALED;
    if (!room(v, p) || post(w, i, &wr, n == r->length ? posted : posted - 1) != SACRED_OK)
      return SACRED_AGAIN;
    r->to += n;
    r->from += n;
    r->length -= n;
  }
  return SACRED_OK;
}

/* There was none: is there one once what is completed is taken? */
static int make_room_slowly(struct wire *w, uint32_t i, int *lost)
{
  struct verbs_peer *p = &of(w)->peers[i];
  if (!p->ready)
    verbs_doubt(w, i, "rank %u has no queue pair to rank %u, and posts to it: please report it", w->rank, i);
  *lost = verbs_is_lost(w, i);
  if (*lost)
    return SACRED_OK;
  verbs_poll(w);
  *lost = verbs_is_lost(w, i);
  if (*lost)
    return SACRED_OK;
  if (verbs_go_on(w, i) != SACRED_OK)
    return SACRED_AGAIN;
  return room(of(w), p) ? SACRED_OK : SACRED_AGAIN;
}

/*
 * Is there a place for one more? A rank that is lost takes all, as the memory of
 * a dead rank on one host does: SACRED_OK with *lost set, and nothing is posted.
 */
static inline int make_room(struct wire *w, uint32_t i, int *lost)
{
  const struct verbs_peer *p = &of(w)->peers[i];
  *lost = 0;
  if (p->ready && p->rest.length == 0 && !verbs_is_lost(w, i) && room(of(w), p))
    return SACRED_OK;
  return make_room_slowly(w, i, lost);
}

/* A work request by itself, which is so many operations of the door. */
static inline int post_one(struct wire *w, uint32_t i, struct ibv_send_wr *wr, uint64_t operations)
{
  struct peer *door = &w->transport->peers[i];
  int lost, status = make_room(w, i, &lost);
  if (status == SACRED_OK && !lost)
    status = post(w, i, wr, door->posted + operations);
  if (status == SACRED_OK)
    door->posted += operations;
  return status;
}

/* The place of the next work request's word among the source slots: free again once that is done. */
static uint64_t *slot(const struct verbs_peer *p)
{
  return p->words + 1 + p->place;
}

static const struct verbs_range *find_anew(struct wire *w, uint64_t at, uint64_t length)
{
  struct verbs *v = of(w);
  const struct verbs_range *r = verbs_range(v, at, length);
  if (r)
    v->found = (uint32_t)(r - v->ranges);
  else
    wire_say(w, SACRED_ERR_RANGE, "%" PRIu64 " bytes at %" PRIu64 " of the heap are no object's: please report it",
             length, at);
  return r;
}

/* Mostly it is that of the post before. */
static inline const struct verbs_range *find(struct wire *w, uint64_t at, uint64_t length)
{
  const struct verbs *v = of(w);
  if (v->found < v->ranges_n && verbs_is_within(&v->ranges[v->found], at, length))
    return &v->ranges[v->found];
  return find_anew(w, at, length);
}

static inline int post_word(struct wire *w, uint32_t i, uint64_t address, uint32_t key, uint64_t word, unsigned flags,
                            uint64_t operations)
{
  struct verbs_peer *p = &of(w)->peers[i];
  uint64_t value = word, *from = &value;
  if (of(w)->inlined < sizeof value) {
    int lost, status = make_room(w, i, &lost); /* before the slot: it is free where there is a place */
    if (status != SACRED_OK)
      return status;
    if (!lost) { /* else there may be none, and nothing is posted */
      from = slot(p);
      *from = word;
    }
  }
  p->word_at.addr = (uintptr_t)from;
  p->word.send_flags = flags | (from == &value ? IBV_SEND_INLINE : 0);
  p->word.wr.rdma.remote_addr = address;
  p->word.wr.rdma.rkey = key;
  return post_one(w, i, &p->word, operations);
}

int verbs_word(struct wire *w, uint32_t i, uint64_t to, uint64_t word)
{
  const struct verbs_range *r = find(w, to, 8);
  return r ? post_word(w, i, of(w)->peers[i].card.heap + to, r->keys[i], word, 0, 1) : SACRED_AGAIN;
}

int verbs_tell_word(struct wire *w, uint32_t i, uint64_t at, uint64_t word)
{
  struct verbs_peer *p = &of(w)->peers[i];
  int status = post_word(w, i, p->card.board + at, p->card.board_key, word, IBV_SEND_SIGNALED, 0);
  p->told = p->credit.posted;
  return status;
}

int verbs_tell(struct wire *w, uint32_t i, uint64_t at, uint64_t length)
{
  const struct verbs *v = of(w);
  struct ibv_sge sge = {(uintptr_t)v->board + at, (uint32_t)length, v->board_mr->lkey};
  struct ibv_send_wr wr = {.sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_RDMA_WRITE};
  wr.wr.rdma.remote_addr = v->peers[i].card.board + at;
  wr.wr.rdma.rkey = v->peers[i].card.board_key;
  return post_one(w, i, &wr, 0);
}

int verbs_has_told(const struct wire *w, uint32_t i)
{
  const struct verbs_peer *p = &of(w)->peers[i];
  return p->credit.done >= p->told || verbs_is_lost(w, i);
}

/* Post a put or a get of any length. */
static int transfer(struct wire *w, uint32_t i, const struct verbs_rest *all)
{
  struct verbs_peer *p = &of(w)->peers[i];
  struct peer *door = &w->transport->peers[i];
  int lost, status = make_room(w, i, &lost);
  if (status != SACRED_OK)
    return status;
  if (lost) {
    door->posted++;
    return SACRED_OK;
  }
  uint64_t before = p->credit.posted;
  door->posted++;
  p->rest = *all;
  verbs_go_on(w, i);
  if (p->credit.posted != before || verbs_is_lost(w, i))
    return SACRED_OK; /* all of it, or a part: the rest follows before anything else does */
  door->posted--;
  p->rest.length = 0;
  return SACRED_AGAIN;
}

int verbs_put(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t length)
{
  struct verbs *v = of(w);
  const struct verbs_range *r = find(w, to, length), *mine = find(w, from, length);
  if (!r || !mine)
    return SACRED_AGAIN;
  uint64_t there = v->peers[i].card.heap + to, here = (uintptr_t)v->heap + from;
  if (length > v->inlined && length > 0)
    return transfer(w, i, &(struct verbs_rest){there, here, length, r->keys[i], mine->lkey, IBV_WR_RDMA_WRITE});
  struct ibv_sge sge = {here, (uint32_t)length, mine->lkey};
  struct ibv_send_wr wr = {.sg_list = &sge, .num_sge = length > 0, .opcode = IBV_WR_RDMA_WRITE};
  wr.send_flags = IBV_SEND_SIGNALED | (length > 0 ? IBV_SEND_INLINE : 0);
  wr.wr.rdma.remote_addr = there;
  wr.wr.rdma.rkey = r->keys[i];
  return post_one(w, i, &wr, 1);
}

int verbs_put_two(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t head, uint64_t rest, uint64_t length)
{
  struct verbs *v = of(w);
  const struct verbs_range *r = find(w, to, length), *first = find(w, from, head),
                           *second = find(w, rest, length - head);
  if (!r || !first || !second)
    return SACRED_AGAIN;
  struct ibv_sge pieces[VERBS_PIECES] = {{(uintptr_t)v->heap + from, (uint32_t)head, first->lkey},
                                         {(uintptr_t)v->heap + rest, (uint32_t)(length - head), second->lkey}};
  struct ibv_send_wr wr = {
      .sg_list = pieces, .num_sge = VERBS_PIECES, .opcode = IBV_WR_RDMA_WRITE, .send_flags = IBV_SEND_SIGNALED};
  wr.wr.rdma.remote_addr = v->peers[i].card.heap + to;
  wr.wr.rdma.rkey = r->keys[i];
  return post_one(w, i, &wr, 1);
}

int verbs_may_gather(const struct verbs *v, uint64_t at, uint64_t length, uint64_t most)
{
  return length >= GATHER && v->pieces >= VERBS_PIECES && v->port.message >= most && verbs_range(v, at, length) != NULL;
}

int verbs_get(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t length)
{
  struct verbs *v = of(w);
  const struct verbs_range *r = find(w, from, length), *mine = find(w, to, length);
  if (!r || !mine)
    return SACRED_AGAIN;
  if (length == 0)
    return verbs_flush(w, i);
  return transfer(w, i,
                  &(struct verbs_rest){v->peers[i].card.heap + from, (uintptr_t)v->heap + to, length, r->keys[i],
                                       mine->lkey, IBV_WR_RDMA_READ});
}

int verbs_flush(struct wire *w, uint32_t i)
{
  struct verbs_peer *p = &of(w)->peers[i];
  struct ibv_sge sge = {(uintptr_t)p->words, 8, p->words_key};
  struct ibv_send_wr wr = {.sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_RDMA_READ, .send_flags = IBV_SEND_SIGNALED};
  wr.wr.rdma.remote_addr = p->card.scratch;
  wr.wr.rdma.rkey = p->card.scratch_key;
  if (p->ready)
    return post_one(w, i, &wr, 1);
  /* ORDER placed-before-completed, as in wire_flush(): nothing was ever posted there, and what I stored is out. */
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  p->completed = ++w->transport->peers[i].posted;
  return SACRED_OK;
}

void verbs_probe(struct wire *w, uint32_t i)
{
  struct verbs *v = of(w);
  struct verbs_peer *p = &v->peers[i];
  struct ibv_send_wr wr = {.opcode = IBV_WR_RDMA_WRITE, .send_flags = IBV_SEND_SIGNALED};
  wr.wr.rdma.remote_addr = p->card.scratch;
  wr.wr.rdma.rkey = p->card.scratch_key;
  if (p->ready && p->rest.length == 0 && !verbs_is_lost(w, i) && credit_left(&p->credit, v->depth) > 0)
    post(w, i, &wr, w->transport->peers[i].posted);
}

uint64_t verbs_completed(struct wire *w, uint32_t i)
{
  struct verbs_peer *p = &of(w)->peers[i];
  verbs_poll(w);
  if (!p->ready)
    return p->completed;
  if (p->rest.length > 0 && !verbs_is_lost(w, i))
    verbs_go_on(w, i);
  else if (p->completed < w->transport->peers[i].posted && p->credit.signaled < p->credit.posted)
    verbs_probe(w, i); /* the last ones would not tell of themselves */
  return p->completed;
}
