/* The verbs wire: RC queue pairs, one to a peer, and the memory that they may reach. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VERBS_H
#define VERBS_H
#include "credit.h"
#include "transport.h"
#include <infiniband/verbs.h>
#include <sacred/verbs.h>

/* Bytes of an error of this wire in words. */
enum { WIRE_ERROR = 768 };

/* -- settings: what the environment says ------------------------------------- */

enum {
  VERBS_DEPTH_LEAST = CREDIT_LEAST,
  VERBS_PIECES = 2,           /* of what is lent: its header, and its bytes where they are */
  VERBS_DEPTH = 128,          /* work requests that a queue pair may have outstanding */
  VERBS_INLINE = 64,          /* bytes of a put that are asked to go inline; a word needs 8 */
  VERBS_TIMEOUT = 14,         /* 4.096 us * 2^14 = 67 ms until a request is repeated */
  VERBS_RETRY = 6,            /* repetitions: with the timeout above a peer is given up within 2 s */
  VERBS_FOR_EVER = 7,         /* repetitions that some devices never end */
  VERBS_SOFT_ROCE = 0xffffff, /* the vendor of rxe */
  VERBS_GIDS = 256,           /* indices of addresses that a queue pair can have: a byte */
  VERBS_RANK_SHIFT = 48 /* of a wr_id: SACRED_VERBS_WR_ID, the rank, and from here the number modulo CREDIT_NUMBERS */
};

struct verbs_settings {
  const char *device; /* names with commas between them, ranks take turns; NULL: choose */
  uint32_t port;      /* 0: choose */
  int32_t gid_index;  /* -1: choose */
  uint32_t mtu;       /* bytes; 0: the lesser of both ports */
  uint32_t inlined, timeout, retry, depth;
};

/* Read them; what is wrong is said in sacred_open_error(). */
int verbs_settings_read(struct verbs_settings *s);

/* -- choice: which port of which device, and by which address ----------------- */

/* An address that a port can be reached by. */
struct verbs_address {
  union ibv_gid gid;
  uint32_t index, type; /* type: IBV_GID_TYPE_* */
  uint32_t score;       /* 0: none; see verbs_address_score() */
};

enum verbs_family { VERBS_IPV4, VERBS_IPV6, VERBS_FAMILIES };

struct verbs_port {
  uint32_t number, link, lid, mtu;              /* link: IBV_LINK_LAYER_*; mtu: enum ibv_mtu */
  uint64_t message;                             /* the longest work request, in bytes */
  struct verbs_address address[VERBS_FAMILIES]; /* the best of each; InfiniBand's is the second */
  uint32_t score;
};

/* How good is an entry of the GID table? 0: of no use. Routable RoCE v2 is best. */
uint32_t verbs_address_score(const struct ibv_gid_entry *entry);

enum verbs_family verbs_family(const union ibv_gid *gid);

/*
 * Open the best port for this rank: *context and *port are it. What was passed
 * over and why is said where nothing is left. `nth` counts ranks that take turns.
 */
int verbs_choose(const struct verbs_settings *s, uint32_t nth, struct ibv_context **context, struct verbs_port *port);

/* What remote atomics of this device are atomic with, in words. No primitive uses any: this is told, and decides nothing. */
const char *verbs_atomics(enum ibv_atomic_cap cap);

/* Look at port->number of a device, and at its addresses. What is wrong is said in sacred_open_error(). */
int verbs_look(const struct verbs_settings *s, struct ibv_context *context, struct verbs_port *port);

/* -- the wire ----------------------------------------------------------------- */

/* What a rank tells of itself, before queue pairs have numbers. */
struct verbs_card {
  uint64_t heap, scratch, board; /* addresses */
  struct verbs_address address[VERBS_FAMILIES];
  uint32_t scratch_key, board_key, link, lid, mtu;
  uint32_t reads_out, reads_in; /* gets that I may have outstanding, and that I answer at once */
  uint32_t sparse;              /* queue pairs are connected as objects need them, and at first these two only: */
  uint32_t next, previous;      /* the numbers of my queue pairs to the ranks before and behind me in the ring */
  uint32_t datagrams;           /* the number of my datagram queue pair, 0: none */
  int32_t status;
  char device[20];
};

/* A put that is too long for one work request, and has more to post. */
struct verbs_rest {
  uint64_t to, from, length; /* addresses here and there; length 0: none */
  uint32_t key, lkey;
  enum ibv_wr_opcode opcode;
};

/* What a post of a word looks at comes first. */
struct verbs_peer {
  struct ibv_qp *qp;    /* NULL: myself, or none is needed yet */
  int ready;            /* it is connected at both ends */
  uint32_t place;       /* of the next work request: how many were posted, modulo the depth */
  uint64_t *covers;     /* [place]: operations completed once the work request that had it is */
  struct credit credit; /* its work requests */
  uint64_t failed;      /* when it reported its first error; 0: it has not */
  struct verbs_rest rest;
  struct ibv_sge word_at;
  struct ibv_send_wr word; /* of a word: as the last one was, so that most of it is not made anew each time */
  uint64_t *words;         /* of mine: where flushes of it land, then [place]: the source of a signal */
  uint32_t words_key;
  uint64_t completed;     /* operations of the door */
  uint64_t told;          /* the last that told it something outside the door */
  uint64_t posted_before; /* work requests, when it was last to be probed */
  uint32_t batch;         /* that it was made in */
  uint32_t number;        /* of its queue pair */
  uint32_t leads_to;      /* brought: the number that mine is connected to */
  struct verbs_card card;
};

/* Queue pairs that were made at one time: all of the group at its open, or what an object needed. */
struct verbs_batch {
  struct ibv_cq *cq;   /* which they share */
  unsigned char *area; /* their words, see struct verbs_peer */
  uint64_t bytes;
  struct ibv_mr *mr;
};

/* Memory of mine that the device knows. */
struct verbs_memory {
  struct ibv_mr *mr;
  uint64_t from, to; /* in the heap */
};

/* A part of the heap, the same on all ranks, and what opens it at each. */
struct verbs_range {
  uint64_t from, to;
  uint32_t lkey;
  uint32_t *keys; /* [rank] */
};

struct verbs {
  struct verbs_settings settings;
  struct ibv_context *context;
  struct ibv_device_attr device;
  struct verbs_port port;
  enum verbs_family family; /* that all ranks have */
  struct ibv_pd *pd;
  struct verbs_batch *batch;
  uint32_t batches, pairs;           /* pairs: queue pairs that are connected at both ends */
  int fresh;                         /* those of the last batch are not yet */
  int sparse;                        /* not all of them at once, see verbs_pairs.c */
  uint64_t seed;                     /* of the group, the same on all ranks */
  struct verbs_datagrams *datagrams; /* see verbs_datagrams.c; NULL: none */
  int brought;                       /* context, domain, queues and heap are the caller's: see sacred/verbs.h */
  void (*other)(void *arg, const struct ibv_wc *wc);
  void *other_arg;
  uint32_t rank, size, inlined;
  uint32_t
      pieces; /* of a put's source: 2, a header and its bytes elsewhere; of a program's own queue pairs it may be 1 */
  uint32_t depth; /* of each queue pair: see credit.h */
  int in_order;   /* what ibv_query_qp_data_in_order() says of writes; -1: not asked */
  struct verbs_peer *peers;
  unsigned char *scratch; /* a page with the word that others get when they flush me */
  struct ibv_mr *scratch_mr;
  unsigned char *board; /* of a group over several hosts: see group/board.h */
  struct ibv_mr *board_mr;
  unsigned char *heap;
  struct verbs_memory *memory;
  struct verbs_range *ranges;
  uint32_t memories, ranges_n;
  uint32_t found;         /* the range that was asked for last */
  uint64_t probed, heard; /* when peers were last probed, when events were last looked for */
  char said[WIRE_ERROR];  /* the first error in words, "" where there was none */
  uint32_t said_of;       /* the rank that it was of */
};

/*
 * Open device, memory and queue pairs of a group, unconnected: to all ranks, or, sparse, to the next and the
 * previous one in the ring. What fails is said in sacred_open_error().
 */
int verbs_open(struct wire *w, uint32_t nth, struct verbs **verbs);
int verbs_open_sparse(struct wire *w, uint32_t nth, struct verbs **verbs);

/* The same on what the caller has. verbs_verify: is my queue pair to rank i connected to what that gave for me? */
int verbs_open_brought(struct wire *w, const struct sacred_verbs *given, struct verbs **verbs);
int verbs_verify(const struct verbs *v, uint32_t i);

/* What I tell the others; whether all told can form a group (the same answer on each), and which address they use. */
void verbs_introduce(const struct verbs *v, struct verbs_card *card);
int verbs_agree(const struct verbs_card *cards, uint32_t size, enum verbs_family *family);
void verbs_meet(struct verbs *v, const struct verbs_card *cards, enum verbs_family family);

/*
 * Connect the queue pair to rank i, once its number is known. `seed` is the group's. verbs_join: my end of it only;
 * verbs_use: both ends of all that I have joined are connected, so that one may post to them.
 */
int verbs_connect(struct verbs *v, uint32_t i, uint64_t seed);
int verbs_join(struct verbs *v, uint32_t i, uint64_t seed);
void verbs_use(struct verbs *v);

/*
 * Make unconnected queue pairs to those of these ranks that I have none to, myself apart. verbs_drop_pairs: give
 * back those of the last call, to which nothing was posted. Words in sacred_open_error().
 */
int verbs_make_pairs(struct verbs *v, const uint32_t *ranks, uint32_t n);
void verbs_drop_pairs(struct verbs *v);

/* A list of all ranks, in order and myself included, to be freed; NULL: no memory. */
uint32_t *verbs_all_ranks(const struct verbs *v);

/* The choice in one line, without a newline. */
const char *verbs_describe(const struct verbs *v, char *text, size_t room);

/* " at " and the address of rank i as it told it; "" where it told none, as on queue pairs that a caller has brought. */
const char *verbs_where(const struct verbs *v, uint32_t i, char *text, size_t room);

/* Complete what is posted, until `deadline`. */
void verbs_drain(struct wire *w, uint64_t deadline);

/* Queue pairs to the error state, drained, and all given back. */
void verbs_close(struct verbs *v);

/* -- datagrams, to any rank, unreliable: see verbs_datagrams.c --------------------- */

/* Bytes of one, at most; some MTUs make them less. */
enum { VERBS_DATAGRAM = 1024 };

/* Have a queue pair for them. Words in sacred_open_error(). Its number; ranks hear no more than so many bytes. */
int verbs_datagrams_open(struct verbs *v);
void verbs_datagrams_close(struct verbs *v);
uint32_t verbs_datagrams_number(const struct verbs_datagrams *d);
void verbs_datagrams_fit(struct verbs_datagrams *d, uint32_t bytes);

/*
 * Where the next one is to be written, aligned as any type is, of up to *room bytes: NULL: the queue is full, until
 * verbs_datagram_next() was called. Then send it to rank i: SACRED_AGAIN: it cannot be just now. They never block.
 */
unsigned char *verbs_datagram_begin(const struct verbs *v, uint32_t *room);
int verbs_datagram_send(struct verbs *v, uint32_t i, uint32_t bytes);

/* The next that has come, its bytes, and the queue pair it is from; there until the next call. NULL: none. Never blocks. */
const unsigned char *verbs_datagram_next(struct verbs *v, uint32_t *from, uint32_t *bytes);

/* -- memory ------------------------------------------------------------------ */

/* Have [from, to) of my heap registered; *key opens it to others. Words in sacred_group_error(). */
int verbs_register(struct wire *w, uint64_t from, uint64_t to, uint32_t *key);

/* Register `bytes` at `at`. NULL: *why has the limit and the remedy. */
struct ibv_mr *verbs_register_at(const struct verbs *v, void *at, uint64_t bytes, char why[WIRE_ERROR]);

/* All ranks have registered [from, to), and these open it. */
int verbs_learn(struct verbs *v, uint64_t from, uint64_t to, const uint32_t *keys);

static inline int verbs_is_within(const struct verbs_range *r, uint64_t at, uint64_t length)
{
  return r->from <= at && at <= r->to && length <= r->to - at;
}

/* What opens [at, at + length), NULL where it is no object's. */
const struct verbs_range *verbs_range(const struct verbs *v, uint64_t at, uint64_t length);

/* -- behind the door: see wire.h ------------------------------------------------ */

int verbs_word(struct wire *w, uint32_t i, uint64_t to, uint64_t word);
int verbs_put(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t length);

/* As verbs_put(), but of the bytes only the first `head` are at `from`; those behind them are from `rest` on. */
int verbs_put_two(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t head, uint64_t rest,
                  uint64_t length);

/* Are so many bytes of my heap, at `at`, worth to be second pieces of puts of at most `most` bytes each, and may they be? */
int verbs_may_gather(const struct verbs *v, uint64_t at, uint64_t length, uint64_t most);
int verbs_get(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t length);
int verbs_flush(struct wire *w, uint32_t i);
uint64_t verbs_completed(struct wire *w, uint32_t i);

/*
 * Outside the door: `length` bytes of my board, or a word, to the same place of rank i's; no operation of
 * the door is counted. SACRED_AGAIN: there is no place for it. Bytes are read when the device gets to it.
 */
int verbs_tell(struct wire *w, uint32_t i, uint64_t at, uint64_t length);
int verbs_tell_word(struct wire *w, uint32_t i, uint64_t at, uint64_t word);

/* Is all that I told rank i placed there, as of the last poll, or is it lost? Ask behind a word. */
int verbs_has_told(const struct wire *w, uint32_t i);

/* Poll, go on with long puts; now and then hear events, probe the peers, judge who is lost. */
void verbs_watch(struct wire *w, uint64_t now);

/* -- what the files of this wire have of each other ----------------------------- */

/* Nothing yet, for these ranks; NULL: no memory. The page that others get: see verbs_open.c. */
struct verbs *verbs_new(const struct wire *w);
int verbs_make_scratch(struct verbs *v);

/* One more batch, with nothing in it; NULL: no memory. Words of mine for n queue pairs of it; those of the nth. */
struct verbs_batch *verbs_new_batch(struct verbs *v);
int verbs_make_words(const struct verbs *v, struct verbs_batch *b, uint32_t n);
int verbs_give_words(struct verbs *v, const struct verbs_batch *b, uint32_t nth, uint32_t i);

/* Give back what there is of it, once its queue pairs are in the error state and drained. */
void verbs_free_batch(struct verbs *v, uint32_t k);

/* Await what is under way on queue pairs that stay as they are, for a while. */
void verbs_leave(struct verbs *v);

/* Does it tell of a work request of mine, and to which rank? */
static inline uint32_t verbs_rank_of(const struct ibv_wc *wc)
{
  return (uint32_t)((wc->wr_id & ~SACRED_VERBS_WR_ID) >> VERBS_RANK_SHIFT);
}

static inline int verbs_is_mine(const struct verbs *v, const struct ibv_wc *wc)
{
  return (wc->wr_id & SACRED_VERBS_WR_ID) != 0 && verbs_rank_of(wc) < v->size && v->peers[verbs_rank_of(wc)].qp;
}

/* Take what is completed. */
void verbs_poll(struct wire *w);

/* Go on with a put that was too long for one work request; SACRED_OK once all of it is posted. */
int verbs_go_on(struct wire *w, uint32_t i);

/* A put of nothing, that tells of itself: all before it is completed with it, and a peer that is gone does not answer. */
void verbs_probe(struct wire *w, uint32_t i);

/* Rank i (all others) had its first error: it is lost from now on, and unreachable where it has not died. */
void verbs_doubt(struct wire *w, uint32_t i, const char *format, ...) __attribute__((format(printf, 3, 4)));
void verbs_doubt_all(struct wire *w, const char *why);
static inline int verbs_is_lost(const struct wire *w, uint32_t i)
{
  return w->transport->verbs->peers[i].failed != 0 || wire_peer_gone(w, i);
}
#endif
