/* The broadcast: every rank's stream of chunks to every other, over slots that are used again once all took them. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BROADCAST_H
#define BROADCAST_H
#include "wire.h"
#include <sacred/broadcast.h>

enum {
  BROADCAST_SLOTS = 4,
  BROADCAST_CHUNK = 32768, /* bytes of the user's in a chunk */
  BROADCAST_HEAD = 64,     /* bytes of a chunk's header: call, root, size, offset */
  BROADCAST_SLOT = BROADCAST_HEAD + BROADCAST_CHUNK,
  /* offsets in a row */
  BROADCAST_READY = 0,  /* chunks of my stream that are there */
  BROADCAST_TAKEN = 64, /* chunks of your stream that I have taken */
  BROADCAST_DATA = 128,
  BROADCAST_ROW = BROADCAST_DATA + BROADCAST_SLOTS * BROADCAST_SLOT
};

enum broadcast_phase {
  BROADCAST_IDLE,
  BROADCAST_CREDIT, /* root: until everybody took the chunk that was in the slot */
  BROADCAST_SEND,   /* root: chunk and signal, rank by rank */
  BROADCAST_TAKE,   /* others: until the next chunk is there */
  BROADCAST_THANK,  /* others: tell the root that it is taken */
  BROADCAST_BROKEN  /* two ranks disagree */
};

struct sacred_broadcast {
  struct wire *w;
  struct rows rows;
  uint32_t phase; /* enum broadcast_phase */
  uint32_t next;  /* CREDIT, SEND: done with all ranks before it */
  uint32_t half;  /* SEND: is the chunk posted to `next`, and its signal not yet */
  uint32_t scan;  /* TAKE: the rank to look at next for a root that should not be one */
  uint64_t call;  /* calls begun */
  uint32_t root;
  unsigned char *buf;
  uint64_t size, offset;               /* of this call: all bytes, and those before the chunk at hand */
  uint64_t first;                      /* chunks of the root's stream before this call: what the contracts count from */
  uint64_t sent;                       /* chunks of my stream posted to everybody */
  uint64_t *taken;                     /* [j]: chunks of j's stream that I have taken */
  struct sacred_broadcast_call theirs; /* BROKEN: what the other rank said */
};

/*@
  // v is what number p of unit a of j's row stands for
  predicate Carried{L}(integer j, integer a, integer p, integer v) = p <= Own(a,j) && v == val(O,a,j,p);
  // chunk p of r's stream, in call c of s bytes that begins behind chunk f, says so
  predicate Head{L}(integer c, integer r, integer s, integer f, integer p) =
    Carried(r,Off(p),p,c) && Carried(r,Off(p) + 8,p,r) && Carried(r,Off(p) + 16,p,s) && Carried(r,Off(p) + 24,p,(p - f - 1) * 32768);
  predicate Heads{L}(integer c, integer r, integer s, integer f, integer p) = \forall integer q; f < q < p ==> Head(c,r,s,f,q); // all before p
  // chunk p of j's stream says its call and its offset; calls rise along the stream, and offsets within a call
  predicate Headed{L}(integer j, integer p) = p <= Own(Off(p),j) && p <= Own(Off(p) + 24,j);
  predicate Rising{L}(integer j, integer n) = \forall integer p, q; 1 <= p < q <= n && Headed(j,p) && Headed(j,q) ==>
    val(O,Off(p),j,p) < val(O,Off(q),j,q) ||
    val(O,Off(p),j,p) == val(O,Off(q),j,q) && val(O,Off(q) + 24,j,q) == val(O,Off(p) + 24,j,p) + (q - p) * 32768;
  // the n chunks of mine are of calls up to c, and those before my chunk f of older ones, if r, the root of c, is me
  predicate Older{L}(integer c, integer r, integer f, integer n) = \forall integer q; 1 <= q <= n ==>
    Headed(ME,q) && val(O,Off(q),ME,q) <= c - (r == ME && q <= f ? 1 : 0);
  predicate Past{L}(integer c, integer r, integer f, integer n) = Older(c,r,f,n) && Rising(ME,n);
  // the bytes of the buffer before `end` are those of r's stream behind chunk f
  logic integer ChunkOf(integer f, integer y) = f + 1 + y / 32768;
  logic integer UnitOf(integer f, integer y) = Off(f + 1 + y / 32768) + 64 + y % 32768;
  predicate Got{L}(integer r, integer f, unsigned char *buf, integer end) =
    \forall integer y; 0 <= y < end ==> Carried(r,UnitOf(f,y),ChunkOf(f,y),buf[y]);

  predicate BroadcastStatic{L}(struct sacred_broadcast *b) =
    \valid(b) && Ctx(b->w,&b->rows) && \valid(b->taken + (0 .. N - 1)) && \separated(b, b->w, b->taken + (0 .. N - 1));
  predicate Over{L}(struct sacred_broadcast *b) = b->phase == BROADCAST_IDLE || b->phase == BROADCAST_BROKEN;
  predicate Giving{L}(struct sacred_broadcast *b) = b->phase == BROADCAST_CREDIT || b->phase == BROADCAST_SEND;
  predicate Taking{L}(struct sacred_broadcast *b) = b->phase == BROADCAST_TAKE || b->phase == BROADCAST_THANK;
  // where I am in all the streams
  predicate Said{L}(integer sending, integer next, integer sent) = said(O,ME) == sent + sending &&
    \forall integer i; Pair(ME,i) ==> pub(O,0,ME,i) == sent + (i < next ? sending : 0);
  predicate Took{L}(integer thanking, integer root, uint64_t *taken) =
    \forall integer i; Pair(ME,i) ==> pub(O,64,ME,i) == taken[i] && done(O,ME,i) == taken[i] + (i == root ? thanking : 0);
  logic integer Before{L}(struct sacred_broadcast *b) = b->root == ME ? b->sent : b->taken[b->root];
  // the call at hand: the chunk at hand is the root's chunk first + 1 + offset / 32768
  predicate Call{L}(struct sacred_broadcast *b) =
    Node(b->root) && (b->root == ME ? Giving(b) : Taking(b)) && b->next <= N && b->scan < N && b->half <= 1 &&
    (b->half != 0 ==> b->root == ME && b->next < N && b->next != ME) &&
    0 <= b->offset <= b->size && (b->offset < b->size || b->size == 0) &&
    (Before(b) - b->first) * 32768 == b->offset && b->first + b->size / 32768 + 1 <= UINT64_MAX;
  predicate Room{L}(struct sacred_broadcast *b) =
    \valid(b->buf + (0 .. b->size - 1)) && \separated(b->buf + (0 .. b->size - 1), b, b->w, b->taken + (0 .. N - 1));
  // root: all before n have taken the chunk that was in the slot of p
  predicate Credit{L}(integer p, integer n) = \forall integer i; 0 <= i < n && i != ME ==> p <= cell(O,64,ME,i) + 4;
  // root: chunk p of n bytes is stored, and posted to all before `next`
  predicate Stored{L}(integer p, integer n) = \forall integer a; Off(p) <= a < Off(p) + 64 + n ==> Own(a,ME) == p;
  predicate Posted{L}(integer p, integer next, integer half) = \forall integer i; Pair(ME,i) ==>
    (i < next || i == next && half != 0 ? pub(O,Off(p),ME,i) == p : pub(O,Off(p),ME,i) < p);
  predicate Free{L}(integer p) = \forall integer a; Off(p) <= a < Off(p) + 32832 ==> Own(a,ME) < p;

  // the parts of BroadcastValid: where I am in the streams, the call at hand, its bytes so far, and the root's chunk
  predicate Streams{L}(struct sacred_broadcast *b) = b->phase <= BROADCAST_BROKEN &&
    Said(b->phase == BROADCAST_SEND ? 1 : 0, b->next, b->sent) && Took(b->phase == BROADCAST_THANK ? 1 : 0, b->root, b->taken);
  predicate Calling{L}(struct sacred_broadcast *b) = !Over(b) ==> Call(b) && Room(b);
  predicate SoFar{L}(struct sacred_broadcast *b) = Past(b->call, b->root, b->first, b->sent) &&
    (b->phase == BROADCAST_CREDIT || b->phase == BROADCAST_TAKE ==>
       Heads(b->call, b->root, b->size, b->first, Before(b) + 1) && Got(b->root, b->first, b->buf, b->offset)) &&
    (b->phase == BROADCAST_SEND || b->phase == BROADCAST_THANK ==>
       Heads(b->call, b->root, b->size, b->first, Before(b) + 2) && Got(b->root, b->first, b->buf, b->offset + Chunk(b->size,b->offset)));
  predicate AtHand{L}(struct sacred_broadcast *b) =
    (b->phase == BROADCAST_CREDIT ==> Credit(b->sent + 1,b->next) && b->half == 0) &&
    (b->phase == BROADCAST_SEND ==> Credit(b->sent + 1,N) && Stored(b->sent + 1,Chunk(b->size,b->offset)) && Posted(b->sent + 1,b->next,b->half));
  predicate BroadcastValid{L}(struct sacred_broadcast *b) = BroadcastStatic(b) && Streams(b) && Calling(b) && SoFar(b) && AtHand(b);

  // root: chunk p is announced, and on its way into its slot
  predicate Filling{L}(struct sacred_broadcast *b, integer p) =
    BroadcastStatic(b) && Call(b) && Room(b) && Past(b->call, b->root, b->first, b->sent) && b->root == ME && 1 <= p == b->sent + 1 == said(O,ME) <= UINT64_MAX && Took(0, b->root, b->taken) &&
    Heads(b->call, b->root, b->size, b->first, p) && Got(b->root, b->first, b->buf, b->offset) && Credit(p,N) &&
    \forall integer i; Pair(ME,i) ==> pub(O,0,ME,i) == b->sent && pub(O,Off(p),ME,i) < p;

  // the root's buffer is read, and only read
  predicate OnlyRead{A,B}(struct sacred_broadcast *b) = \at(b->root,A) == ME ==>
    \forall integer y; 0 <= y < \at(b->size,A) ==> \at(\at(b->buf,A)[y],B) == \at(b->buf[y],A);
  // nothing of the call itself has changed
  predicate SameCall{A,B}(struct sacred_broadcast *b) = \at(b->call,A) == \at(b->call,B) && \at(b->root,A) == \at(b->root,B) &&
    \at(b->buf,A) == \at(b->buf,B) && \at(b->size,A) == \at(b->size,B) && \at(b->first,A) == \at(b->first,B);
  predicate BroadcastStatus(integer s) = WaitStatus(s) || s == SACRED_ERR_MISMATCH;
  // the theorem: every chunk of the call says which call it is of, and the buffer's bytes are those of the root's stream
  predicate Delivered{L}(struct sacred_broadcast *b) =
    (\forall integer q; b->first < q && (q == b->first + 1 || (q - b->first - 1) * 32768 < b->size) ==> Head(b->call,b->root,b->size,b->first,q)) &&
    Got(b->root, b->first, b->buf, b->size);

  // time goes on, and what has been said stays said
  lemma post_grows{A,B}: World{B} && FTime{A,B} && FPut{A,B} && WTime{A} ==> \forall integer j, i; Pair(j,i) ==> Post{A}(j,i) <= Post{B}(j,i);
  lemma own_grows{A,B}: World{B} && FTime{A,B} && FVer{A,B} && WTime{A} ==> \forall integer a, j; Node(j) ==> Own{A}(a,j) <= Own{B}(a,j);
  lemma carried_kept{A,B}: World{A} && World{B} && Flow{A,B} ==> \forall integer j, a, p, v; Node(j) && Carried{A}(j,a,p,v) ==> Carried{B}(j,a,p,v);
  lemma past_kept{A,B}: World{A} && World{B} && Flow{A,B} ==> \forall integer c, r, f, n; Past{A}(c,r,f,n) ==> Past{B}(c,r,f,n);
  lemma heads_kept{A,B}: World{A} && World{B} && Flow{A,B} ==> \forall integer c, r, s, f, p; Node(r) && Heads{A}(c,r,s,f,p) ==> Heads{B}(c,r,s,f,p);
*/
#ifdef __FRAMAC__
/* Ghost calls: what an invariant implies, each where it is used (proofs/lemmas/broadcast.c). */
/* clang-format off */
#define LEMMA terminates \true; exits \false; assigns \nothing;
#define LEMMA_COUNTS requires Inv; LEMMA \
  ensures \forall integer i; Pair(ME,i) ==> 0 <= cell(O,64,ME,i); \
  ensures \forall integer a; Own(a,ME) <= said(O,ME); \
  ensures \forall integer b, i; Pair(ME,i) && b != 64 ==> pub(O,b,ME,i) <= said(O,ME);
#define LEMMA_IDLE requires Inv && 1 <= p; \
  requires \forall integer i; Pair(ME,i) ==> p <= cell(O,64,ME,i) + 4; LEMMA \
  ensures \forall integer l, h; Off(p) <= l && h <= Off(p) + 32832 && (\forall integer a; l <= a < h ==> Own(a,ME) < p) ==> Idle(ME,l,h);
#define LEMMA_HERE requires Inv && Pair(ME,j) && done(O,ME,j) < p <= cell(O,0,ME,j); LEMMA \
  ensures \forall integer a; Off(p) <= a < Off(p) + 64 + Bytes(j,p) ==> cell(O,a,ME,j) == p && p <= Own(a,j); \
  ensures \forall integer a; Off(p) <= a < Off(p) + 64 ==> cell(O,a,ME,j) == p && p <= Own(a,j);
/* clang-format on */
#ifndef LEMMAS_PROVED
/*@ ghost
  /@ LEMMA_COUNTS @/ void lemma_counts(void);
  /@ LEMMA_IDLE @/ void lemma_idle(uint64_t p);
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
  assigns    b->call, b->root, b->buf, b->size, b->first, b->offset, b->next, b->half, b->scan, b->phase;
  ensures    valid:  BroadcastValid(b);
  ensures    status: \result == SACRED_OK || \result == SACRED_ERR_CLOSED || \result == SACRED_ERR_RANK ||
                       \result == SACRED_ERR_ARGUMENT || \result == SACRED_ERR_MISMATCH || \result == SACRED_ERR_STATE || \result == SACRED_ERR_RANGE;
  ensures    begun:  \result == SACRED_OK ==> !Over(b) && b->call == \old(b->call) + 1 && b->root == root && b->buf == buf && b->size == size &&
                       b->first == (root == ME ? b->sent : b->taken[root]);
  ensures    kept:   \result != SACRED_OK ==> SameCall{Pre,Here}(b) && b->phase == \old(b->phase);
  ensures    closed: \old(b->w->open) == 0 ==> \result == SACRED_ERR_CLOSED;
*/
int broadcast_start(struct sacred_broadcast *b, uint32_t root, unsigned char *buf, uint64_t size);

/*@
  requires   valid:  Inv && BroadcastValid(b);
  terminates \true;
  exits      \false;
  assigns    W, b->next, b->half, b->scan, b->phase, b->offset, b->sent, b->taken[0 .. N - 1], b->theirs, b->buf[0 .. b->size - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    status: BroadcastStatus(\result) || \result == SACRED_ERR_CLOSED || \result == SACRED_ERR_STATE;
  ensures    over:   \result == SACRED_OK ==> b->phase == BROADCAST_IDLE;
  ensures    root:   OnlyRead{Pre,Here}(b);
  ensures    bytes:  \result == SACRED_OK ==> Delivered(b);
  ensures    broken: \result == SACRED_ERR_MISMATCH ==> b->phase == BROADCAST_BROKEN;
  ensures    begun:  BroadcastStatus(\result) ==> \old(b->phase) != BROADCAST_IDLE;
  ensures    goes_on:\result == SACRED_AGAIN ==> !Over(b);
  ensures    closed: \old(b->w->open) == 0 ==> \result == SACRED_ERR_CLOSED;
*/
int sacred_broadcast_test(struct sacred_broadcast *b);

/*@
  requires   valid:  Inv && BroadcastValid(b);
  exits      \false;
  assigns    W, b->next, b->half, b->scan, b->phase, b->offset, b->sent, b->taken[0 .. N - 1], b->theirs, b->buf[0 .. b->size - 1];
  ensures    valid:  Inv && BroadcastValid(b);
  ensures    over:   \result == SACRED_OK ==> b->phase == BROADCAST_IDLE;
  ensures    root:   OnlyRead{Pre,Here}(b);
  ensures    bytes:  \result == SACRED_OK ==> Delivered(b);
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
  assigns    W, b->call, b->root, b->buf, b->size, b->first, b->next, b->half, b->scan, b->phase, b->offset, b->sent,
             b->taken[0 .. N - 1], b->theirs, buf[0 .. size - 1];
  ensures    inv:    Inv;
  ensures    valid:  BroadcastValid(b);
  ensures    over:   \result == SACRED_OK ==> b->phase == BROADCAST_IDLE && Node(root) && b->root == root && b->buf == buf && b->size == size;
  ensures    root:   root == ME ==> \forall integer y; 0 <= y < size ==> buf[y] == \old(buf[y]);
  ensures    bytes:  \result == SACRED_OK ==> Delivered(b);
  ensures    goes_on:\result == SACRED_TIMEOUT ==> !Over(b);
  ensures    closed: \old(b->w->open) == 0 ==> \result == SACRED_ERR_CLOSED;
  ensures    broken: b->w->open != 0 && \old(b->phase) == BROADCAST_BROKEN ==> \result == SACRED_ERR_MISMATCH;
*/
int broadcast_run(struct sacred_broadcast *b, uint32_t root, unsigned char *buf, uint64_t size, uint64_t deadline);

/*
 * The others move while I look, so exactness is a sandwich at the root:
 * missing after the call => listed => missing before it. Elsewhere it is the root.
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
  ensures    root:   b->w->open != 0 && Taking(b) ==> \result == 1 && ranks[0] == b->root;
  ensures    sound:  !Taking(b) ==> \forall integer k; 0 <= k < \result ==> Pair(ranks[k],ME) && cell{Pre}(O,64,ME,ranks[k]) < b->sent;
  ensures    all:    b->w->open != 0 && Giving(b) ==> \forall integer i; Pair(i,ME) && cell(O,64,ME,i) < b->sent ==>
                       \exists integer k; 0 <= k < \result && ranks[k] == i;
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
