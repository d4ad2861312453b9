/* The door: all that a primitive may do to the world. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WIRE_H
#define WIRE_H
#include <sacred/group.h>
#include <stdint.h>
#ifdef __FRAMAC__
#include PROTOCOL
#endif

/*
 * The group's wire, as a primitive sees it: who I am, how many we are, and
 * whether the group is open. The rest is the transport's own.
 */
struct wire {
  uint32_t rank, size, open;
  uint32_t kind;       /* enum wire_kind, see wire/wire_kind.h */
  unsigned char *heap; /* my symmetric memory */
  struct transport *transport;
};

/*
 * A symmetric array of one row per rank, at the same offset `at` in the heap of
 * every rank: row j, at `at + j * stride`, is written by rank j, at home by
 * stores and at the others by puts. A row starts on a cache line of its own, and
 * an offset `off` in it that is a multiple of 8 names a word that never tears.
 * With a stride of 0 there is one row for all: who asks for that proves that each
 * word has one writer, and is read as that one's (dissemination_one_writer).
 *
 * With places, a rank has rows of some ranks only, each where these say (places.h): all
 * others are 0 for ever, and nothing can be posted to them.
 */
struct rows {
  uint64_t at, stride;
  const struct places *places; /* NULL: rows of all ranks */
};

enum { WIRE_LINE = 64 }; /* bytes of a cache line */

/*
 * The contracts below are written in names that the protocol of the primitive
 * defines (acsl/): Inv, what always holds; MayStore, MayPost, MayAwait, what
 * this rank may do; Signal, which words are signals. Rely is what all the others
 * may have done meanwhile. They are proved in model/door.c.
 */
/*@
  axiomatic Region { logic integer RegionLo; logic integer RegionHi; }
  predicate CtxW{L}(struct wire *w) = \valid_read(w) && w->size == N && w->rank == ME;
  predicate Ctx{L}(struct wire *w, struct rows *r) = CtxW(w) && \valid_read(r) && r->at == O;

  // region traffic goes to and from the region at hand, wherever that is
  predicate Inside(integer at, integer len) = RegionLo <= at && at + len <= RegionHi;

  // all mine but what I have posted and stored is as it was
  predicate Quiet{A,B} = Flow{A,B} && SSaid{A,B}(ME) && SDone{A,B}(ME);
  predicate SOwn{A,B} = \forall integer a; Own{A}(a,ME) == Own{B}(a,ME);
  predicate SPost{A,B} = \forall integer i; Pair(ME,i) ==> Post{A}(ME,i) == Post{B}(ME,i);
  // I posted one more, to i
  predicate One{A,B}(integer i) = now{B}(ME) == now{A}(ME) + 1 && SOwn{A,B} &&
    \forall integer c; Node(c) ==> Post{B}(ME,c) == Post{A}(ME,c) + (c == i ? 1 : 0);
  // and it put the number v from unit b on
  predicate Put{A,B}(integer i, integer b, integer v) = pub{B}(O,b,ME,i) == v && at{B}(O,b,ME,i,v) == Post{A}(ME,i) &&
    \forall integer c, x; c != b || x != i ==> pub{B}(O,c,ME,x) == pub{A}(O,c,ME,x);
*/

/* What the inline half of the door is, is decided at file level: see wire/inline.h. */
#ifndef WIRE_INLINE
#define WIRE_INLINE static inline
#endif

/* -- loads and own stores ------------------------------------------------- */

/* The word at `off` of j's row, as my memory has it: an acquire load. */
/*@
  requires   valid:  Inv && Ctx(w,r) && Pair(ME,j) && Block(off,off + 8) && Signal(off);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    valid:  Inv;
  ensures    others: Rely{Pre,Here};
  ensures    seen:   \result == cell(O,off,ME,j);
*/
WIRE_INLINE uint64_t wire_load(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j);

/* Has that word reached `want`? An acquire load: the only way to await a word. */
/*@
  requires   valid:  Inv && Ctx(w,r) && Pair(ME,j) && Block(off,off + 8) && Signal(off);
  requires   may:    MayAwait(off,j,want);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    valid:  Inv;
  ensures    others: Rely{Pre,Here};
  ensures    seen:   \result != 0 <==> want <= cell(O,off,ME,j);
*/
WIRE_INLINE int wire_reached(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t want);

/*
 * Copy `n` words from `off` of j's row to buf. They are loaded in any order, each once, after every earlier load
 * of mine and before every later one.
 */
/*@
  requires   valid:  Inv && Ctx(w,r) && Node(j) && 1 <= n && off + 8 * n <= UINT64_MAX;
  requires   stored: \forall integer a; off <= a < off + 8 * n ==> Data(a);
  requires   room:   \valid(buf + (0 .. n - 1)) && \separated(buf + (0 .. n - 1), w, r);
  terminates \true;
  exits      \false;
  assigns    W, buf[0 .. n - 1];
  ensures    valid:  Inv;
  ensures    others: Rely{Pre,Here};
  ensures    theirs: !Lends && j != ME ==> \forall integer k; 0 <= k < n && cell{Pre}(O,off + 8 * k,ME,j) == cell(O,off + 8 * k,ME,j) ==>
                       buf[k] == val(O,off + 8 * k,j,cell(O,off + 8 * k,ME,j));
  ensures    mine:   j == ME ==> \forall integer k; 0 <= k < n ==> buf[k] == val(O,off + 8 * k,ME,Own(off + 8 * k,ME));
*/
WIRE_INLINE void wire_copy_words(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t *buf,
                                 uint64_t n);
/* Store `n` words of buf (bytes of buf + at) at `off` of my own row, here at home: the version that I have announced. */
/*@
  requires   valid:  Inv && Ctx(w,r) && 1 <= n && off + 8 * n <= UINT64_MAX;
  requires   data:   \valid_read(buf + (0 .. n - 1));
  requires   words:  \forall integer k; 0 <= k < n ==> !Byte(off + 8 * k);
  requires   may:    MayStore(ME,off,off + 8 * n,said(O,ME));
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    valid:  Inv;
  ensures    others: Quiet{Pre,Here} && SPub{Pre,Here}(ME) && SPost{Pre,Here};
  ensures    number: \forall integer a; Own(a,ME) == (off <= a < off + 8 * n ? said(O,ME) : Own{Pre}(a,ME));
  ensures    value:  \forall integer k; 0 <= k < n ==> val(O,off + 8 * k,ME,said(O,ME)) == buf[k];
*/
WIRE_INLINE void wire_fill_words(const struct wire *w, const struct rows *r, uint64_t off, const uint64_t *buf,
                                 uint64_t n);
/*@
  requires   valid:  Inv && Ctx(w,r) && 1 <= n && off + n <= UINT64_MAX;
  requires   data:   at + n <= UINT64_MAX && \valid_read(buf + (at .. at + n - 1));
  requires   here:   val(O,off - 32,ME,said(O,ME)) == 0;
  requires   bytes:  \forall integer a; off <= a < off + n ==> Byte(a);
  requires   may:    MayStore(ME,off,off + n,said(O,ME));
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    valid:  Inv;
  ensures    others: Quiet{Pre,Here} && SPub{Pre,Here}(ME) && SPost{Pre,Here};
  ensures    number: \forall integer a; Own(a,ME) == (off <= a < off + n ? said(O,ME) : Own{Pre}(a,ME));
  ensures    value:  \forall integer y; at <= y < at + n ==> val(O,off + (y - at),ME,said(O,ME)) == buf[y];
*/
WIRE_INLINE void wire_fill_bytes(const struct wire *w, const struct rows *r, uint64_t off, const unsigned char *buf,
                                 uint64_t at, uint64_t n);

/*
 * Where others may read buf: its offset in my heap; or 0, where they may not, or where it is of no use to them. Never blocks.
 */
/*@
  axiomatic Heap { logic integer Heap(unsigned char *p); } // the offset of a place in my heap
*/
/*@
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    place:  \result != 0 ==> \result == Heap(buf) && \result + n <= UINT64_MAX;
*/
uint64_t wire_place(const struct wire *w, const unsigned char *buf, uint64_t n);

/*
 * As wire_fill_bytes(), of bytes that others may read where they are: they stay there, and who lends them sees to it that
 * they do until all have done with them. The word 32 bytes before says where that is.
 */
/*@
  requires   valid:  Inv && Ctx(w,r) && 1 <= n && off + n <= UINT64_MAX;
  requires   data:   at + n <= UINT64_MAX && \valid_read(buf + (at .. at + n - 1));
  requires   there:  Heap(buf) + at == val(O,off - 32,ME,said(O,ME));
  requires   bytes:  \forall integer a; off <= a < off + n ==> Byte(a);
  requires   may:    MayStore(ME,off,off + n,said(O,ME));
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    valid:  Inv;
  ensures    others: Quiet{Pre,Here} && SPub{Pre,Here}(ME) && SPost{Pre,Here};
  ensures    number: \forall integer a; Own(a,ME) == (off <= a < off + n ? said(O,ME) : Own{Pre}(a,ME));
  ensures    value:  \forall integer y; at <= y < at + n ==> val(O,off + (y - at),ME,said(O,ME)) == buf[y];
*/
void wire_refer_bytes(const struct wire *w, const struct rows *r, uint64_t off, const unsigned char *buf, uint64_t at,
                      uint64_t n);

/* -- posts: SACRED_OK, or SACRED_AGAIN where the wire is full and nothing was posted -- */

/* Post an inline put of the word v to `off` of my row at rank i: v is taken now. */
/*@
  requires   valid:  Inv && Ctx(w,r) && Pair(ME,i);
  requires   may:    Signal(off) && MayPost(ME,i,off,off + 8,v);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    valid:  Inv;
  ensures    result: \result == SACRED_OK || \result == SACRED_AGAIN;
  ensures    others: Quiet{Pre,Here};
  ensures    full:   \result != SACRED_OK ==> Rely{Pre,Here};
  ensures    posted: \result == SACRED_OK ==> One{Pre,Here}(i) && Put{Pre,Here}(i,off,v) && Entry(ME,i,Post{Pre}(ME,i));
*/
int wire_signal(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v);

/*
 * Post a put of the version announced, `len` bytes at `off` of my own row to the same place at rank i.
 * The source is read late: any time until the put is completed. It lands in any order.
 */
/*@
  requires   valid:  Inv && Ctx(w,r) && Pair(ME,i) && off + len <= UINT64_MAX;
  requires   may:    !Signal(off) && MayPost(ME,i,off,off + len,said(O,ME));
  requires   source: \forall integer a; off <= a < off + len ==> Own(a,ME) == said(O,ME);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    valid:  Inv;
  ensures    result: \result == SACRED_OK || \result == SACRED_AGAIN;
  ensures    others: Quiet{Pre,Here};
  ensures    full:   \result != SACRED_OK ==> Rely{Pre,Here};
  ensures    posted: \result == SACRED_OK ==> One{Pre,Here}(i) && Put{Pre,Here}(i,off,said(O,ME));
  ensures    late:   \result == SACRED_OK ==> lo(ME,i,Post{Pre}(ME,i)) == off && hi(ME,i,Post{Pre}(ME,i)) == off + len
                       && op(ME,i,Post{Pre}(ME,i)) == O && get(ME,i,Post{Pre}(ME,i)) == 0 && num(ME,i,Post{Pre}(ME,i)) == said(O,ME);
*/
int wire_put(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len);

/*
 * The same where the source stays until rank i says that it has done with it, which the protocol sees to: it is lent.
 * Its bytes may stay where they are; wire_borrow_words() and wire_borrow_bytes() find them, and nothing else does. The
 * word 32 bytes before bytes that are lent says where in the lender's heap they lie; 0: in its row.
 */
/*@
  requires   valid:  Inv && Ctx(w,r) && Pair(ME,i) && off + len <= UINT64_MAX;
  requires   may:    !Signal(off) && Lends && MayPost(ME,i,off,off + len,said(O,ME));
  requires   source: \forall integer a; off <= a < off + len ==> Own(a,ME) == said(O,ME);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    valid:  Inv;
  ensures    result: \result == SACRED_OK || \result == SACRED_AGAIN;
  ensures    others: Quiet{Pre,Here};
  ensures    full:   \result != SACRED_OK ==> Rely{Pre,Here};
  ensures    posted: \result == SACRED_OK ==> One{Pre,Here}(i) && Put{Pre,Here}(i,off,said(O,ME));
  ensures    late:   \result == SACRED_OK ==> lo(ME,i,Post{Pre}(ME,i)) == off && hi(ME,i,Post{Pre}(ME,i)) == off + len
                       && op(ME,i,Post{Pre}(ME,i)) == O && get(ME,i,Post{Pre}(ME,i)) == 0 && num(ME,i,Post{Pre}(ME,i)) == said(O,ME);
*/
int wire_lend(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len);

/*
 * Copy `n` words (bytes) of what rank j lends, from `off` of its row on, to buf (to buf + at), be they here
 * or at home in j's memory: what was at both places from the beginning to the end. They are loaded in any
 * order, each once, after every earlier load of mine and before all that I do later.
 */
/*@
  // number v of unit a is here, is in the memory of j, and j has not stored another since
  predicate Lent{L}(integer j, integer a, integer v) = Lends && cell(O,a,ME,j) == v && ver(O,a,j,out(j)) == v && Own(a,j) == v;
  // and from A to B it was so all the time
  predicate Stays{A,B}(integer j, integer a) = Lends && cell{A}(O,a,ME,j) == cell{B}(O,a,ME,j) &&
    ver{A}(O,a,j,out{A}(j)) == cell{B}(O,a,ME,j) && Own{B}(a,j) == cell{B}(O,a,ME,j);
*/
/*@
  requires   valid:  Inv && Ctx(w,r) && Pair(ME,j) && 1 <= n && off + 8 * n <= UINT64_MAX;
  requires   room:   \valid(buf + (0 .. n - 1)) && \separated(buf + (0 .. n - 1), w, r);
  terminates \true;
  exits      \false;
  assigns    W, buf[0 .. n - 1];
  ensures    valid:  Inv;
  ensures    others: Rely{Pre,Here};
  ensures    theirs: \forall integer k; 0 <= k < n && Stays{Pre,Here}(j,off + 8 * k) ==>
                       buf[k] == val(O,off + 8 * k,j,cell(O,off + 8 * k,ME,j));
*/
void wire_borrow_words(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t *buf, uint64_t n);
/*@
  requires   valid:  Inv && Ctx(w,r) && Pair(ME,j) && 1 <= n && off + n <= UINT64_MAX;
  requires   room:   at + n <= UINT64_MAX && \valid(buf + (at .. at + n - 1)) && \separated(buf + (at .. at + n - 1), w, r);
  requires   where:  where == val(O,off - 32,j,cell(O,off - 32,ME,j));
  requires   bytes:  \forall integer a; off <= a < off + n ==> Byte(a);
  terminates \true;
  exits      \false;
  assigns    W, buf[at .. at + n - 1];
  ensures    valid:  Inv;
  ensures    others: Rely{Pre,Here};
  ensures    theirs: \forall integer y; at <= y < at + n && Stays{Pre,Here}(j,off + (y - at)) ==>
                       buf[y] == val(O,off + (y - at),j,cell(O,off + (y - at),ME,j));
*/
void wire_borrow_bytes(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t where,
                       unsigned char *buf, uint64_t at, uint64_t n);

/* The same between any two places of the heap (region traffic): put, inline put, get. */
/*@
  requires   valid:  Inv && CtxW(w) && Node(i);
  requires   inside: Inside(to,len) && Inside(from,len);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    valid:  Inv;
  ensures    result: \result == SACRED_OK || \result == SACRED_AGAIN;
  ensures    others: Quiet{Pre,Here} && SPub{Pre,Here}(ME);
  ensures    full:   \result != SACRED_OK ==> Rely{Pre,Here};
*/
int wire_write(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t len);
/*@
  requires   valid:  Inv && CtxW(w) && Node(i);
  requires   inside: Inside(to,8);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    valid:  Inv;
  ensures    result: \result == SACRED_OK || \result == SACRED_AGAIN;
  ensures    others: Quiet{Pre,Here} && SPub{Pre,Here}(ME);
  ensures    full:   \result != SACRED_OK ==> Rely{Pre,Here};
*/
int wire_write_word(struct wire *w, uint32_t i, uint64_t to, uint64_t v);
/*@
  requires   valid:  Inv && CtxW(w) && Node(i);
  requires   inside: Inside(to,len) && Inside(from,len);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    valid:  Inv;
  ensures    result: \result == SACRED_OK || \result == SACRED_AGAIN;
  ensures    others: Quiet{Pre,Here} && SPub{Pre,Here}(ME);
  ensures    full:   \result != SACRED_OK ==> Rely{Pre,Here};
*/
int wire_read(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t len);

/* Post a get of nothing of interest to rank i: it completes behind the placing of all that I posted to i before. */
/*@
  requires   valid:  Inv && CtxW(w) && Pair(ME,i);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    valid:  Inv;
  ensures    result: \result == SACRED_OK || \result == SACRED_AGAIN;
  ensures    others: Quiet{Pre,Here} && SPub{Pre,Here}(ME);
  ensures    full:   \result != SACRED_OK ==> Rely{Pre,Here};
  ensures    posted: \result == SACRED_OK ==> One{Pre,Here}(i) && get(ME,i,Post{Pre}(ME,i)) != 0;
*/
int wire_flush(struct wire *w, uint32_t i);

/* Is all that I have stored and posted so far out of my store buffer? Nonzero: it is. */
/*@
  requires   valid:  Inv && CtxW(w);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    valid:  Inv;
  ensures    others: Rely{Pre,Here};
  ensures    out:    \result != 0 ==> now(ME) <= out(ME);
*/
int wire_drained(struct wire *w);

/* How many operations I have posted to rank i, and how many of these are completed (this one polls). */
/*@
  requires   valid:  Inv && CtxW(w) && Node(i);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    valid:  Inv;
  ensures    others: Rely{Pre,Here};
  ensures    count:  i != ME ==> \result == Post(ME,i);
*/
uint64_t wire_posted(const struct wire *w, uint32_t i);
/*@
  requires   valid:  Inv && CtxW(w) && Node(i);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    valid:  Inv;
  ensures    others: Rely{Pre,Here};
  ensures    count:  i != ME ==> \result == comp(ME,i);
*/
uint64_t wire_completed(struct wire *w, uint32_t i);

/* -- waiting -------------------------------------------------------------- */

/* What a call that may be called again answers, besides errors of its own. */
//@ predicate WaitStatus(integer s) = s == SACRED_OK || s == SACRED_AGAIN || s == SACRED_ERR_DEAD || s == SACRED_ERR_UNREACHABLE;

/* SACRED_AGAIN; or the group's first error, once a rank is known to be dead or unreachable. */
/*@
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    result: \result == SACRED_AGAIN || \result == SACRED_ERR_DEAD || \result == SACRED_ERR_UNREACHABLE;
*/
int wire_health(struct wire *w);

/* A wait's own memory: how often it has looked. Starts as zero. */
struct wire_wait {
  uint64_t looks, deadline;
};

/* Spend time as the group's policy says; nonzero once the clock has passed wait->deadline. */
/*@
  requires   valid:  \valid(wait);
  terminates \true;
  exits      \false;
  assigns    wait->looks;
*/
int wire_relax(struct wire *w, struct wire_wait *wait);

/* What is refused, with its value and its limit: primitives/group/errors.c has the words. */
enum wire_refusal {
  WIRE_CLOSED,     /* a call on a closed group; 0, 0 */
  WIRE_NO_RANK,    /* a rank; the number of ranks */
  WIRE_NO_BUFFER,  /* 0; the bytes that want a buffer */
  WIRE_USED_UP,    /* the numbers that are used; how many there are */
  WIRE_BACKWARD,   /* an epoch; the later one that the flag is at */
  WIRE_TO,         /* an offset at the target, or of a get's bytes here; the largest that fits */
  WIRE_FROM,       /* an offset of the source; the largest that fits */
  WIRE_LENGTH,     /* a length; the region's size */
  WIRE_UNALIGNED,  /* an offset; what it is to be a multiple of */
  WIRE_NO_TICKET,  /* a ticket; the last that was given */
  WIRE_NOT_OVER,   /* the number of what is begun; 0 */
  WIRE_NOT_BEGUN,  /* how many were begun, and are over; 0 */
  WIRE_OTHER_CALL, /* the number of the broadcast that goes on; its root */
  WIRE_DISAGREE,   /* the rank that gave other arguments; the number of the broadcast */
  WIRE_AGREE       /* how many broadcasts were begun without a mismatch; 0 */
};

/* Note what was refused, for sacred_group_error(). Returns status. */
/*@
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    result: \result == status;
*/
int wire_refuse(const struct wire *w, int status, enum wire_refusal what, uint64_t value, uint64_t limit);

#ifdef __FRAMAC__
/* -- history: ghost calls that say what a rank has announced and concluded -- */
/* clang-format off */
#define HISTORY_ANNOUNCE \
  requires valid : Inv; \
  requires may : MayAnnounce(ME, v); \
  terminates \true; \
  exits \false; \
  assigns W; \
  ensures valid : Inv; \
  ensures others : Flow{Pre, Here} && SNow{Pre, Here}(ME) && SPub{Pre, Here}(ME) && SDone{Pre, Here}(ME); \
  ensures said : said(O, ME) == v && when(O, ME, v) == now(ME);
#define HISTORY_CONCLUDE \
  requires valid : Inv; \
  requires may : MayConclude(ME, x, v); \
  terminates \true; \
  exits \false; \
  assigns W; \
  ensures valid : Inv; \
  ensures others : Flow{Pre, Here} && SNow{Pre, Here}(ME) && SPub{Pre, Here}(ME) && SSaid{Pre, Here}(ME); \
  ensures done : done(O, ME, x) == v && \forall integer y; y != x ==> done(O, ME, y) == done{Pre}(O, ME, y);
/* clang-format on */
#ifdef WORLD_MODEL
/*@ HISTORY_ANNOUNCE */ void history_announce(uint64_t v);
/*@ HISTORY_CONCLUDE */ void history_conclude(uint64_t x, uint64_t v);
#else
/*@ ghost
  /@ HISTORY_ANNOUNCE @/ void history_announce(uint64_t v);
  /@ HISTORY_CONCLUDE @/ void history_conclude(uint64_t x, uint64_t v);
*/
#endif
#endif

#ifndef WIRE_DECLARED_ONLY
#include "wire/inline.h"
#endif
#endif
