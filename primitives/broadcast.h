/* The broadcast: chunks that go along a tree of ranks, over slots that are used again once all took them. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BROADCAST_H
#define BROADCAST_H
#if defined WIRE_INLINE_H && !defined WIRE_SPARSE
#error "broadcast.h is to be read before wire.h, or behind WIRE_SPARSE"
#endif
#define WIRE_SPARSE /* its rows may be: see wire/sparse.h */
#include "tree.h"
#include "wire.h"
#include <sacred/broadcast.h>

enum {
  BROADCAST_SLOTS = 4,
  BROADCAST_CHUNK = 65536, /* bytes of the user's in a chunk */
  BROADCAST_HEAD =
      64, /* bytes of a chunk's header: call, root, size, offset, and where its bytes are: see wire_lend() */
  BROADCAST_REFER = 8192, /* from so many bytes on, others read them where they are, if they can */
  BROADCAST_SLOT = BROADCAST_HEAD + BROADCAST_CHUNK,
  /* offsets in a row */
  BROADCAST_READY = 0,  /* a word for each slot: the chunk of mine that is there */
  BROADCAST_TAKEN = 64, /* the last chunk of yours that I have taken */
  BROADCAST_DATA = 128,
  BROADCAST_ROW = BROADCAST_DATA + BROADCAST_SLOTS * BROADCAST_SLOT
};

enum broadcast_phase {
  BROADCAST_IDLE,
  BROADCAST_TAKE,   /* but the root: until the chunk at hand is there */
  BROADCAST_THANK,  /* but the root: tell the parent that it is taken */
  BROADCAST_CREDIT, /* with children: until all to whom the slot was sent took what was in it */
  BROADCAST_SEND,   /* with children: chunk and signal, child by child */
  BROADCAST_BROKEN  /* two ranks disagree */
};

struct sacred_broadcast {
  struct wire *w;
  struct rows rows;
  uint32_t phase; /* enum broadcast_phase */
  uint32_t next;  /* CREDIT, SEND: done with all children from this one on, counted from the root */
  uint32_t half;  /* SEND: the child that has the chunk, and not its signal yet, or 0 */
  uint32_t scan;  /* TAKE: the rank to look at next for one that should not send to me, */
  uint32_t word;  /* ... and which of its READY words */
  uint64_t call;  /* calls begun */
  uint32_t root, radix;
  unsigned char *buf;
  uint64_t place;        /* of buf in my heap, where others read it; 0: they read what I copy for them */
  uint64_t size, offset; /* of this call: all bytes, and those before the chunk at hand */
  uint64_t first;        /* chunks of all calls before this one */
  uint64_t chunks;       /* chunks that I am done with, of all calls: the next is at hand */
  /* [s]: the last chunk that I sent from slot s, or 0, and along which tree */
  uint64_t held[BROADCAST_SLOTS];
  uint32_t held_root[BROADCAST_SLOTS], held_radix[BROADCAST_SLOTS];
  uint32_t short_radix, long_radix; /* of calls of up to `brief` bytes, and of more: see tree.h */
  uint64_t brief;
  uint64_t *taken;                     /* [j]: the last chunk that I took from j */
  struct sacred_broadcast_call theirs; /* BROKEN: what the other rank said */
};

/*@
  // how far i is behind the root r in the ring of ranks, and who is that far behind it
  logic integer Rel(integer r, integer i) = r <= i ? i - r : i + N - r;
  logic integer Abs(integer r, integer v) = r + v < N ? r + v : r + v - N;
  // i is a child of mine in the tree of root r and radix k
  predicate Child(integer r, integer k, integer i) = Rel(r,ME) < Rel(r,i) && Parent(k,Rel(r,i)) == Rel(r,ME);

  // v is what number p of unit a of j's row stands for
  predicate Carried{L}(integer j, integer a, integer p, integer v) = p <= Own(a,j) && v == val(O,a,j,p);
  // chunk p, which r has filled as a root, in call c of s bytes that begins behind chunk f, says so
  predicate Head{L}(integer c, integer r, integer s, integer f, integer p) = Gave(r,p) &&
    Carried(r,Off(p),p,c) && Carried(r,Off(p) + 8,p,r) && Carried(r,Off(p) + 16,p,s) && Carried(r,Off(p) + 24,p,(p - f - 1) * 65536);
  predicate Heads{L}(integer c, integer r, integer s, integer f, integer p) = \forall integer q; f < q < p ==> Head(c,r,s,f,q); // all before p
  // chunk p, of a root j, says its call and its offset; calls rise along such chunks, and offsets within a call
  predicate Headed{L}(integer j, integer p) = Gave(j,p) && p <= Own(Off(p),j) && p <= Own(Off(p) + 24,j);
  predicate Rising{L}(integer j, integer n) = \forall integer p, q; 1 <= p < q <= n && Headed(j,p) && Headed(j,q) ==>
    val(O,Off(p),j,p) < val(O,Off(q),j,q) ||
    val(O,Off(p),j,p) == val(O,Off(q),j,q) && val(O,Off(q) + 24,j,q) == val(O,Off(p) + 24,j,p) + (q - p) * 65536;
  // of the first n chunks, those that I gave as a root are of calls up to c, and the first f of older ones
  predicate Older{L}(integer c, integer f, integer n) = \forall integer q; 1 <= q <= n && Gave(ME,q) ==>
    Headed(ME,q) && val(O,Off(q),ME,q) <= c - (q <= f ? 1 : 0);
  predicate Past{L}(integer c, integer f, integer n) = Older(c,f,n) && Rising(ME,n);
  // the bytes of the buffer before `end` are those of r's chunks behind chunk f
  logic integer ChunkOf(integer f, integer y) = f + 1 + y / 65536;
  logic integer UnitOf(integer f, integer y) = Off(f + 1 + y / 65536) + 64 + y % 65536;
  predicate Got{L}(integer r, integer f, unsigned char *buf, integer end) =
    \forall integer y; 0 <= y < end ==> Carried(r,UnitOf(f,y),ChunkOf(f,y),buf[y]);

  predicate BroadcastStatic{L}(struct sacred_broadcast *b) = \valid(b) && Ctx(b->w,&b->rows) && \valid(b->taken + (0 .. N - 1)) && \separated(b, b->w, b->taken + (0 .. N - 1));
  predicate Over{L}(struct sacred_broadcast *b) = b->phase == BROADCAST_IDLE || b->phase == BROADCAST_BROKEN;
  predicate Taking{L}(struct sacred_broadcast *b) = b->phase == BROADCAST_TAKE || b->phase == BROADCAST_THANK;
  predicate Giving{L}(struct sacred_broadcast *b) = b->phase == BROADCAST_CREDIT || b->phase == BROADCAST_SEND;
  logic integer Up{L}(struct sacred_broadcast *b) = Abs(b->root,Parent(b->radix,Rel(b->root,ME))); // my parent
  // does the buffer hold the chunk at hand, is it taken, and thanked for?
  logic integer Has{L}(struct sacred_broadcast *b) =
    b->phase == BROADCAST_THANK || b->phase == BROADCAST_SEND || b->phase == BROADCAST_CREDIT && b->root != ME ? 1 : 0;
  logic integer Taken{L}(struct sacred_broadcast *b) = b->root != ME && Has(b) == 1 ? 1 : 0;
  logic integer Thanked{L}(struct sacred_broadcast *b) = b->root != ME && (b->phase == BROADCAST_CREDIT || b->phase == BROADCAST_SEND) ? 1 : 0;
  logic integer Given{L}(struct sacred_broadcast *b) = b->root == ME && b->phase == BROADCAST_SEND ? 1 : 0;
  // what I have announced, n chunks or up to n; taken up to d, thanked for up to t, and given none as a root behind g
  predicate Said{L}(integer sending, integer n) = sending != 0 ? said(O,ME) == n + 1 : said(O,ME) <= n;
  predicate Took{L}(integer d, integer t, integer g) = done(O,ME,0) <= d && (\forall integer q; g < q ==> done(O,ME,q) <= 0) &&
    \forall integer i; Pair(ME,i) ==> pub(O,64,ME,i) <= t;
  // the call at hand: the chunk at hand is chunk first + 1 + offset / 65536
  predicate Call{L}(struct sacred_broadcast *b) =
    Node(b->root) && (b->root == ME ==> Giving(b)) && b->next <= N && b->scan < N && b->word < 4 &&
    0 <= b->offset <= b->size && (b->offset < b->size || b->size == 0) &&
    b->place + b->size <= UINT64_MAX && (b->place != 0 ==> b->place == Heap(b->buf)) &&
    (b->chunks - b->first) * 65536 == b->offset && b->first + b->size / 65536 + 1 <= UINT64_MAX;
  predicate Room{L}(struct sacred_broadcast *b) =
    \valid(b->buf + (0 .. b->size - 1)) && \separated(b->buf + (0 .. b->size - 1), b, b->w, b->taken + (0 .. N - 1));
  // all children from n on have taken chunk u, which was in the slot; then all have who had anything there
  predicate Credit{L}(integer r, integer k, integer u, integer n) = \forall integer i; Pair(ME,i) && Child(r,k,i) && n <= Rel(r,i) ==> u <= cell(O,64,ME,i);
  predicate Free{L}(integer p) = \forall integer i; Pair(ME,i) ==> pub(O,Off(p),ME,i) <= cell(O,64,ME,i);
  // chunk p of n bytes is stored, and is the root's
  predicate Stored{L}(integer p, integer n) = \forall integer a; Off(p) <= a < Off(p) + 64 + n ==> Own(a,ME) == p;
  predicate Copied{L}(integer r, integer p, integer n) = Told(ME,p) && Bytes(ME,p) == n && Same(ME,r,p,Off(p) + 64 + n);
  // it is posted to all children from n on, and to h; and so is its signal, but to h
  predicate Posted{L}(integer r, integer k, integer p, integer n, integer h) = \forall integer i; Pair(ME,i) ==>
    (Child(r,k,i) && (n <= Rel(r,i) || Rel(r,i) == h) ? pub(O,Off(p),ME,i) == p : pub(O,Off(p),ME,i) < p && pub(O,Off(p),ME,i) <= cell(O,64,ME,i));
  predicate Signed{L}(integer r, integer k, integer p, integer n) = \forall integer i; Pair(ME,i) ==>
    (Child(r,k,i) && n <= Rel(r,i) ? pub(O,Says(p),ME,i) == p : pub(O,Says(p),ME,i) < p);
  predicate Half{L}(integer r, integer k, integer n, integer h) = h != 0 ==>
    Rel(r,ME) < h < n && Parent(k,h) == Rel(r,ME) && \forall integer x; h < x < n ==> Parent(k,x) != Rel(r,ME);
  // slot s: where something of it is not thanked for, it is chunk u, or one before it, to a child in that tree, and u was READY there
  predicate Holds{L}(integer s, integer u, integer r, integer k) = Node(r) && (u != 0 ==> u % 4 == s) && \forall integer i; Pair(ME,i) ==>
    (pub(O,128 + s * 65600,ME,i) <= cell(O,64,ME,i) || Child(r,k,i) && pub(O,128 + s * 65600,ME,i) <= u) &&
    (Child(r,k,i) && u != 0 ==> u <= pub(O,8 * s,ME,i));

  // the parts of BroadcastValid: what I have told the others, the call at hand, its bytes so far, the chunk at hand, what is in the slots
  predicate Streams{L}(struct sacred_broadcast *b) = b->phase <= BROADCAST_BROKEN && Said(b->phase == BROADCAST_SEND ? 1 : 0, b->chunks) &&
    Took(b->chunks + Taken(b), b->chunks + Thanked(b), b->chunks + Given(b));
  predicate Calling{L}(struct sacred_broadcast *b) = !Over(b) ==> Call(b) && Room(b);
  predicate SoFar{L}(struct sacred_broadcast *b) = Past(b->call, b->first, b->chunks) && b->first <= b->chunks &&
    (!Over(b) && Has(b) == 0 ==> Heads(b->call, b->root, b->size, b->first, b->chunks + 1) && Got(b->root, b->first, b->buf, b->offset)) &&
    (!Over(b) && Has(b) == 1 ==>
       Heads(b->call, b->root, b->size, b->first, b->chunks + 2) && Got(b->root, b->first, b->buf, b->offset + Chunk(b->size,b->offset)));
  predicate AtHand{L}(struct sacred_broadcast *b) =
    (b->phase == BROADCAST_THANK ==> done(O,ME,0) == b->chunks + 1 && Arrived(ME,Up(b),b->chunks + 1)) &&
    (b->phase == BROADCAST_CREDIT ==> Credit(b->held_root[(b->chunks + 1) % 4], b->held_radix[(b->chunks + 1) % 4], b->held[(b->chunks + 1) % 4], b->next)) &&
    (b->phase == BROADCAST_SEND ==> Stored(b->chunks + 1,Chunk(b->size,b->offset)) && Copied(b->root,b->chunks + 1,Chunk(b->size,b->offset)) &&
       Posted(b->root,b->radix,b->chunks + 1,b->next,b->half) && Signed(b->root,b->radix,b->chunks + 1,b->next) && Half(b->root,b->radix,b->next,b->half));
  predicate Slots{L}(struct sacred_broadcast *b) = \forall integer s; 0 <= s < 4 && (b->phase == BROADCAST_SEND ==> s != (b->chunks + 1) % 4) ==>
    Holds(s, b->held[s], b->held_root[s], b->held_radix[s]);
  predicate BroadcastValid{L}(struct sacred_broadcast *b) =
    BroadcastStatic(b) && Streams(b) && Calling(b) && SoFar(b) && AtHand(b) && Slots(b);

  // my child i in that tree has not thanked for chunk u; or for what is in the slot of the chunk at hand
  predicate Owed{L}(integer r, integer k, integer u, integer i) = Pair(ME,i) && Child(r,k,i) && cell(O,64,ME,i) < u;
  predicate Owes{L}(struct sacred_broadcast *b, integer i) =
    Owed(b->held_root[(b->chunks + 1) % 4], b->held_radix[(b->chunks + 1) % 4], b->held[(b->chunks + 1) % 4], i);
  // all children have the chunk at hand; they have thanked for it, and so for all that I ever sent: nobody reads any more
  predicate AllHave{L}(struct sacred_broadcast *b) = \forall integer x; Rel(b->root,ME) < x < b->next ==> Parent(b->radix,x) != Rel(b->root,ME);
  predicate Returned{L}(struct sacred_broadcast *b) = \forall integer i; Pair(ME,i) && Child(b->root,b->radix,i) ==> said(O,ME) <= cell(O,64,ME,i);
  // where in my heap the chunk at hand lies, 0: in its slot
  logic integer Where{L}(struct sacred_broadcast *b) = b->place != 0 ? b->place + b->offset : 0;

  // the root's buffer is read, and only read
  predicate OnlyRead{A,B}(struct sacred_broadcast *b) = \at(b->root,A) == ME ==>
    \forall integer y; 0 <= y < \at(b->size,A) ==> \at(\at(b->buf,A)[y],B) == \at(b->buf[y],A);
  // nothing of the call itself has changed
  predicate SameCall{A,B}(struct sacred_broadcast *b) = \at(b->call,A) == \at(b->call,B) && \at(b->root,A) == \at(b->root,B) &&
    \at(b->radix,A) == \at(b->radix,B) && \at(b->buf,A) == \at(b->buf,B) && \at(b->place,A) == \at(b->place,B) && \at(b->size,A) == \at(b->size,B) && \at(b->first,A) == \at(b->first,B);
  predicate BroadcastStatus(integer s) = WaitStatus(s) || s == SACRED_ERR_MISMATCH;
  // the theorem: every chunk of the call says which call it is of, and the buffer's bytes are those of the root's chunks
  predicate Delivered{L}(struct sacred_broadcast *b) =
    (\forall integer q; b->first < q && (q == b->first + 1 || (q - b->first - 1) * 65536 < b->size) ==> Head(b->call,b->root,b->size,b->first,q)) &&
    Got(b->root, b->first, b->buf, b->size);

  // time goes on, and what has been said stays said
  lemma carried_kept{A,B}: World{A} && World{B} && Flow{A,B} ==> \forall integer j, a, p, v; Node(j) && Carried{A}(j,a,p,v) ==> Carried{B}(j,a,p,v);
  lemma head_kept{A,B}: World{A} && World{B} && Flow{A,B} ==> \forall integer c, r, s, f, p; Node(r) && Head{A}(c,r,s,f,p) ==> Head{B}(c,r,s,f,p);
  lemma heads_kept{A,B}: World{A} && World{B} && Flow{A,B} ==> \forall integer c, r, s, f, p; Node(r) && Heads{A}(c,r,s,f,p) ==> Heads{B}(c,r,s,f,p);
  lemma past_kept{A,B}: World{A} && World{B} && Flow{A,B} && (\forall integer q; 1 <= q ==> (Gave{A}(ME,q) <==> Gave{B}(ME,q))) ==>
    \forall integer c, f, n; Past{A}(c,f,n) ==> Past{B}(c,f,n);
  lemma copied_kept{A,B}: World{A} && World{B} && Flow{A,B} ==> \forall integer r, p, n; 0 <= n && Stored{A}(p,n) && Copied{A}(r,p,n) ==> Copied{B}(r,p,n);
*/
#ifdef __FRAMAC__
/* Ghost calls: what an invariant implies, each where it is used (proofs/lemmas/broadcast.c). */
/* clang-format off */
#define LEMMA terminates \true; exits \false; assigns \nothing;
#define LEMMA_COUNTS requires Inv; LEMMA \
  ensures \forall integer i; Pair(ME,i) ==> 0 <= cell(O,64,ME,i); \
  ensures \forall integer a; Own(a,ME) <= said(O,ME); \
  ensures \forall integer b, i; Pair(ME,i) && b != 64 ==> pub(O,b,ME,i) <= said(O,ME);
#define LEMMA_IDLE requires Inv && 1 <= p && Free(p); LEMMA \
  ensures \forall integer l, h; Off(p) <= l && h <= Off(p) + 65600 && (\forall integer a; l <= a < h ==> Own(a,ME) < p) ==> Idle(ME,l,h);
#define LEMMA_QUIT requires Inv && 1 <= p && Free(p); LEMMA \
  ensures \forall integer i; Pair(ME,i) && 1 <= pub(O,Off(p),ME,i) ==> pub(O,Off(p),ME,i) <= done(O,i,0);
#define LEMMA_ARRIVED requires Inv && Pair(ME,j) && 1 <= p == cell(O,Says(p),ME,j); LEMMA \
  ensures Arrived(ME,j,p);
#define LEMMA_HERE requires Inv && Pair(ME,j) && done(O,ME,0) < p && Arrived(ME,j,p); LEMMA \
  ensures \forall integer a; Off(p) <= a < Off(p) + 64 + Bytes(j,p) ==> Lent(j,a,p); \
  ensures \forall integer a; Off(p) <= a < Off(p) + 64 ==> Lent(j,a,p); \
  ensures Same(j,RootOf(j,p),p,Off(p) + 64 + Bytes(j,p));
/* clang-format on */
#ifndef LEMMAS_PROVED
/*@ ghost
  /@ LEMMA_COUNTS @/ void lemma_counts(void);
  /@ LEMMA_IDLE @/ void lemma_idle(uint64_t p);
  /@ LEMMA_QUIT @/ void lemma_quit(uint64_t p);
  /@ LEMMA_ARRIVED @/ void lemma_arrived(uint32_t j, uint64_t p);
  /@ LEMMA_HERE @/ void lemma_here(uint32_t j, uint64_t p);
*/
#endif
#endif

/*@
  requires   valid:  BroadcastValid(b);
  requires   room:   \valid(buf + (0 .. size - 1)) || buf == \null;
  requires   apart:  \separated(buf + (0 .. size - 1), b, b->w, b->taken + (0 .. N - 1));
  terminates \true;
  exits      \false;
  assigns    b->call, b->root, b->radix, b->buf, b->place, b->size, b->first, b->offset, b->next, b->half, b->scan, b->word, b->phase;
  ensures    valid:  BroadcastValid(b);
  ensures    status: \result == SACRED_OK || \result == SACRED_ERR_CLOSED || \result == SACRED_ERR_RANK ||
                       \result == SACRED_ERR_ARGUMENT || \result == SACRED_ERR_MISMATCH || \result == SACRED_ERR_STATE || \result == SACRED_ERR_RANGE;
  ensures    begun:  \result == SACRED_OK ==> !Over(b) && b->call == \old(b->call) + 1 && b->root == root && b->buf == buf && b->size == size &&
                       b->first == b->chunks;
  ensures    kept:   \result != SACRED_OK ==> SameCall{Pre,Here}(b) && b->phase == \old(b->phase);
  ensures    closed: \old(b->w->open) == 0 ==> \result == SACRED_ERR_CLOSED;
*/
int broadcast_start(struct sacred_broadcast *b, uint32_t root, unsigned char *buf, uint64_t size);

/*@
  requires   valid:  Inv && BroadcastValid(b);
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->half, b->scan, b->word, b->phase, b->offset, b->chunks, b->held[0 .. 3], b->held_root[0 .. 3], b->held_radix[0 .. 3], b->taken[0 .. N - 1], b->theirs, b->buf[0 .. b->size - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: BroadcastStatus(\result) || \result == SACRED_ERR_CLOSED || \result == SACRED_ERR_STATE;
  ensures    over:   \result == SACRED_OK ==> b->phase == BROADCAST_IDLE;
  ensures    root:   OnlyRead{Pre,Here}(b);
  ensures    bytes:  \result == SACRED_OK ==> Delivered(b);
  ensures    back:   \result == SACRED_OK && b->place != 0 ==> Returned(b);
  ensures    broken: \result == SACRED_ERR_MISMATCH ==> b->phase == BROADCAST_BROKEN;
  ensures    begun:  BroadcastStatus(\result) ==> \old(b->phase) != BROADCAST_IDLE;
  ensures    goes_on:\result == SACRED_AGAIN ==> !Over(b);
  ensures    closed: \old(b->w->open) == 0 ==> \result == SACRED_ERR_CLOSED;
*/
int sacred_broadcast_test(struct sacred_broadcast *b);

/*@
  requires   valid:  Inv && BroadcastValid(b);
  exits      \false;
  assigns    W, b->next, b->half, b->scan, b->word, b->phase, b->offset, b->chunks, b->held[0 .. 3], b->held_root[0 .. 3], b->held_radix[0 .. 3], b->taken[0 .. N - 1], b->theirs, b->buf[0 .. b->size - 1];
  ensures    valid:  Inv && BroadcastValid(b);
  ensures    over:   \result == SACRED_OK ==> b->phase == BROADCAST_IDLE;
  ensures    root:   OnlyRead{Pre,Here}(b);
  ensures    bytes:  \result == SACRED_OK ==> Delivered(b);
  ensures    back:   \result == SACRED_OK && b->place != 0 ==> Returned(b);
  ensures    goes_on:\result == SACRED_TIMEOUT ==> !Over(b);
  ensures    never:  \result != SACRED_AGAIN;
  ensures    closed: \old(b->w->open) == 0 ==> \result == SACRED_ERR_CLOSED;
*/
int sacred_broadcast_wait(struct sacred_broadcast *b, uint64_t deadline);

/*@
  requires   valid:  Inv && BroadcastValid(b);
  requires   room:   \valid(buf + (0 .. size - 1)) || buf == \null;
  requires   apart:  \separated(buf + (0 .. size - 1), b, b->w, b->taken + (0 .. N - 1));
  exits      \false;
  assigns    W, b->call, b->root, b->radix, b->buf, b->place, b->size, b->first, b->next, b->half, b->scan, b->word, b->phase, b->offset, b->chunks,
             b->held[0 .. 3], b->held_root[0 .. 3], b->held_radix[0 .. 3], b->taken[0 .. N - 1], b->theirs, buf[0 .. size - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    over:   \result == SACRED_OK ==> b->phase == BROADCAST_IDLE && Node(root) && b->root == root && b->buf == buf && b->size == size;
  ensures    root:   root == ME ==> \forall integer y; 0 <= y < size ==> buf[y] == \old(buf[y]);
  ensures    bytes:  \result == SACRED_OK ==> Delivered(b);
  ensures    back:   \result == SACRED_OK && b->place != 0 ==> Returned(b);
  ensures    goes_on:\result == SACRED_TIMEOUT ==> !Over(b);
  ensures    closed: \old(b->w->open) == 0 ==> \result == SACRED_ERR_CLOSED;
  ensures    broken: b->w->open != 0 && \old(b->phase) == BROADCAST_BROKEN ==> \result == SACRED_ERR_MISMATCH;
*/
int broadcast_run(struct sacred_broadcast *b, uint32_t root, unsigned char *buf, uint64_t size, uint64_t deadline);

/*
 * The others move while I look, so exactness is a sandwich where I wait for thanks:
 * missing after the call => listed => missing before it. Who waits for a chunk misses its parent.
 */
/*@
  requires   valid:  Inv && BroadcastValid(b);
  requires   room:   \valid(ranks + (0 .. N - 1)) && \separated(ranks + (0 .. N - 1), b, b->w, b->taken + (0 .. N - 1)) &&
                     (!Over(b) ==> \separated(ranks + (0 .. N - 1), b->buf + (0 .. b->size - 1)));
  terminates \true;
  exits      \false;
  assigns    W, ranks[0 .. N - 1];
  ensures    valid:  Inv && BroadcastValid(b);
  ensures    others: Rely{Pre,Here};
  ensures    few:    \result <= N;
  ensures    order:  \forall integer k, l; 0 <= k < l < \result ==> ranks[k] < ranks[l];
  ensures    up:     b->w->open != 0 && Taking(b) ==> \result == 1 && ranks[0] == Up(b);
  ensures    sound:  b->phase == BROADCAST_CREDIT ==> \forall integer k; 0 <= k < \result ==> Owes{Pre}(b,ranks[k]);
  ensures    all:    b->w->open != 0 && b->phase == BROADCAST_CREDIT ==> \forall integer i; Owes(b,i) ==> \exists integer k; 0 <= k < \result && ranks[k] == i;
  ensures    lent:   b->phase == BROADCAST_SEND && AllHave(b) ==> \forall integer k; 0 <= k < \result ==> Owed{Pre}(b->root,b->radix,b->chunks + 1,ranks[k]);
  ensures    back:   b->w->open != 0 && b->phase == BROADCAST_SEND && AllHave(b) ==>
                       \forall integer i; Owed(b->root,b->radix,b->chunks + 1,i) ==> \exists integer k; 0 <= k < \result && ranks[k] == i;
*/
uint32_t sacred_broadcast_missing(const struct sacred_broadcast *b, uint32_t *ranks);

/*@
  requires   valid:  BroadcastStatic(b) && \valid(mine) && \valid(theirs) && \separated(mine, theirs, b, b->w);
  terminates \true;
  exits      \false;
  assigns    *mine, *theirs;
  ensures    broken: \result == SACRED_OK <==> b->phase == BROADCAST_BROKEN;
  ensures    mine:   \result == SACRED_OK ==> mine->rank == ME && mine->call == b->call && mine->root == b->root &&
                       mine->size == b->size && mine->offset == b->offset;
  ensures    theirs: \result == SACRED_OK ==> theirs->rank == b->theirs.rank && theirs->call == b->theirs.call &&
                       theirs->root == b->theirs.root && theirs->size == b->theirs.size && theirs->offset == b->theirs.offset;
*/
int sacred_broadcast_mismatch(const struct sacred_broadcast *b, struct sacred_broadcast_call *mine,
                              struct sacred_broadcast_call *theirs);
#endif
