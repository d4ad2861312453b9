/* The machine's atomic steps: who may take which, and what each of them keeps. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MODEL_STEPS_H
#define MODEL_STEPS_H
#define WORLD_MODEL
#include "primitives/wire.h"

/* clang-format off */
/*
 * What a step keeps, each layer from no more than it needs. All but the last
 * are proved once, for any protocol (acsl/any.h); a protocol owes its own.
 */
#define KEEP \
  behavior world: assumes World; \
    ensures WTime; ensures WPut; ensures WCount; ensures WQueue; ensures WGet; ensures WNone; ensures WUpto; ensures WVer; ensures WFresh; \
  behavior object: assumes World && Object; \
    ensures OShape; ensures OFifo; ensures OFly; ensures OSince; ensures OPlaced; ensures OPub; ensures OAt; ensures OAtUp; \
    ensures OCell; ensures OSeen; ensures OVal; ensures OSaid; ensures OOwn; ensures OOld; ensures FCell{Pre,Here}; \
  behavior stage: assumes OStage; \
    ensures OStage; \
  behavior history: assumes WTime && WPut; \
    ensures FTime{Pre,Here}; ensures FQueue{Pre,Here}; ensures FPut{Pre,Here}; ensures FVer{Pre,Here}; ensures FVal{Pre,Here}; \
    ensures FEntry{Pre,Here}; ensures FPub{Pre,Here}; ensures FAt{Pre,Here}; \
    ensures FSaid{Pre,Here}; ensures FWhen{Pre,Here}; ensures FDone{Pre,Here}; \
  behavior owed: assumes Inv; \
    KEEP_PROTOCOL
/* clang-format on */

/* -- the steps; o is any object, O or another -- */

/* CPU: a store to its own row. */
/*@ requires Node(j) && l < h && \forall integer a; l <= a < h ==> ver(o,a,j,now(j)) < v;
    requires o == O ==> MayStore(j,l,h,v) && (Byte(l) ==> x <= 255);
    terminates \true; assigns W; exits \false;
    ensures SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    ensures j != ME ==> SNow{Pre,Here}(ME);
    ensures \forall integer i; Pair(j,i) ==> Post(j,i) == Post{Pre}(j,i);
    ensures \forall integer a; ver(O,a,j,now(j)) == (o == O && l <= a < h ? v : ver{Pre}(O,a,j,now{Pre}(j)));
    ensures o == O ==> val(O,l,j,v) == x;
    KEEP */
void step_store(uint64_t o, uint64_t l, uint64_t h, uint32_t j, uint64_t v, uint64_t x);

/* CPU: post a put, inline or read late. */
/*@ requires Pair(j,i) && Post(j,i) < UINT64_MAX;
    requires o == O ==> MayPost(j,i,l,h,v) && (Signal(l) ? inline_ != 0 : inline_ == 0 && \forall integer a; l <= a < h ==> Own(a,j) == v);
    terminates \true; assigns W; exits \false;
    ensures SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    ensures j != ME ==> SNow{Pre,Here}(ME);
    ensures j != ME || o != O ==> SPub{Pre,Here}(ME);
    ensures now(j) == now{Pre}(j) + 1 && \forall integer a; ver(O,a,j,now(j)) == ver{Pre}(O,a,j,now{Pre}(j));
    ensures \forall integer b; Node(b) ==> Post(j,b) == Post{Pre}(j,b) + (b == i ? 1 : 0);
    ensures o == O ==> pub(O,l,j,i) == v && at(O,l,j,i,v) == Post{Pre}(j,i);
    ensures \forall integer b, c; b != l || c != i ==> pub(O,b,j,c) == pub{Pre}(O,b,j,c);
    ensures lo(j,i,Post{Pre}(j,i)) == l && hi(j,i,Post{Pre}(j,i)) == h && op(j,i,Post{Pre}(j,i)) == o
         && get(j,i,Post{Pre}(j,i)) == 0 && num(j,i,Post{Pre}(j,i)) == v;
    KEEP */
void step_put(uint64_t o, uint64_t l, uint64_t h, uint32_t j, uint32_t i, int inline_, uint64_t v);

/* CPU: post a get; it writes nothing of anybody's. */
/*@ requires Pair(j,i) && Post(j,i) < UINT64_MAX;
    terminates \true; assigns W; exits \false;
    ensures SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    ensures j != ME ==> SNow{Pre,Here}(ME);
    ensures now(j) == now{Pre}(j) + 1 && \forall integer a; ver(O,a,j,now(j)) == ver{Pre}(O,a,j,now{Pre}(j));
    ensures \forall integer b; Node(b) ==> Post(j,b) == Post{Pre}(j,b) + (b == i ? 1 : 0);
    ensures get(j,i,Post{Pre}(j,i)) != 0;
    KEEP */
void step_get(uint32_t j, uint32_t i);

/* Store buffer: its oldest store or post leaves it. */
/*@ requires Node(j) && out(j) < now(j);
    terminates \true; assigns W; exits \false;
    ensures SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    KEEP */
void step_flush(uint32_t j);

/* NIC: read one unit of the source of a put, again as often as it likes, until the put is placed or completed. */
/*@ requires Pair(j,i) && deliv(j,i) <= k < Sent(j,i) && comp(j,i) <= k && inl(j,i,k) == 0 && get(j,i,k) == 0;
    terminates \true; assigns W; exits \false;
    ensures SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    KEEP */
void step_read(uint32_t j, uint32_t i, uint64_t k, uint64_t a);

/* NIC: one unit of the oldest operation lands before the others. */
/*@ requires Pair(j,i) && deliv(j,i) < Sent(j,i) && In(j,i,deliv(j,i),a);
    terminates \true; assigns W; exits \false;
    ensures SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    KEEP */
void step_land(uint32_t j, uint32_t i, uint64_t a);

/* NIC: the oldest operation is placed: all that is left of it lands. */
/*@ requires Pair(j,i) && deliv(j,i) < Sent(j,i);
    terminates \true; assigns W; exits \false;
    ensures SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    KEEP */
void step_place(uint32_t j, uint32_t i);

/* NIC: the oldest operation not yet completed is; a get only behind the placing of all that was posted before it. */
/*@ requires Pair(j,i) && comp(j,i) < Sent(j,i) && (get(j,i,comp(j,i)) != 0 ==> comp(j,i) <= deliv(j,i));
    terminates \true; assigns W; exits \false;
    ensures SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    KEEP */
void step_complete(uint32_t j, uint32_t i);

/* History: j announces v. */
/*@ requires Node(j) && (o == O ==> MayAnnounce(j,v));
    terminates \true; assigns W; exits \false;
    ensures SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    ensures j != ME || o != O ==> SSaid{Pre,Here}(ME);
    ensures o == O ==> said(O,j) == v && when(O,j,v) == now(j);
    KEEP */
void step_announce(uint64_t o, uint32_t j, uint64_t v);

/* History: j concludes v of x. */
/*@ requires Node(j) && (o == O ==> MayConclude(j,x,v));
    terminates \true; assigns W; exits \false;
    ensures SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME);
    ensures j != ME || o != O ==> SDone{Pre,Here}(ME);
    ensures o == O ==> done(O,j,x) == v;
    ensures \forall integer y; y != x ==> done(O,j,y) == done{Pre}(O,j,y);
    KEEP */
void step_conclude(uint64_t o, uint32_t j, uint64_t x, uint64_t v);

/* -- everybody else -- */

/* Any number of steps of all others, and of the network: model/door.c. */
/*@ requires Inv; terminates \true; assigns W; exits \false; ensures Inv && Rely{Pre,Here}; */
void env(void);

/* What I may post I may still post after them: a protocol owes that, too. */
/*@ requires Inv && Pair(ME,i) && MayPost(ME,i,l,h,v); terminates \true; assigns W; exits \false;
    ensures Inv && Rely{Pre,Here};
    behavior owed: ensures MayPost(ME,i,l,h,v); */
void env_before_post(uint32_t i, uint64_t l, uint64_t h, uint64_t v);
#endif
