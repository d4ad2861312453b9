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
    ensures WTime: WTime; ensures WPut: WPut; ensures WCount: WCount; ensures WQueue: WQueue; ensures WGet: WGet; \
    ensures WNone: WNone; ensures WUpto: WUpto; ensures WVer: WVer; ensures WFresh: WFresh; \
  behavior object: assumes World && Object; \
    ensures OShape: OShape; ensures OFifo: OFifo; ensures OFly: OFly; ensures OSince: OSince; ensures OPlaced: OPlaced; \
    ensures OPub: OPub; ensures OAt: OAt; ensures OAtUp: OAtUp; ensures OCell: OCell; ensures OSeen: OSeen; \
    ensures OVal: OVal; ensures OSaid: OSaid; ensures OOwn: OOwn; ensures OOld: OOld; ensures FCell: FCell{Pre,Here}; \
  behavior stage: assumes OStage; \
    ensures OStage: OStage; \
  behavior history: assumes WTime && WPut; \
    ensures FTime: FTime{Pre,Here}; ensures FQueue: FQueue{Pre,Here}; ensures FPut: FPut{Pre,Here}; \
    ensures FVer: FVer{Pre,Here}; ensures FVal: FVal{Pre,Here}; ensures FEntry: FEntry{Pre,Here}; \
    ensures FPub: FPub{Pre,Here}; ensures FAt: FAt{Pre,Here}; ensures FSaid: FSaid{Pre,Here}; \
    ensures FWhen: FWhen{Pre,Here}; ensures FDone: FDone{Pre,Here}; \
  behavior owed: assumes Inv; \
    KEEP_PROTOCOL
/* clang-format on */

/* -- the steps; o is any object, O or another -- */

/* CPU: a store to its own row. */
/*@ requires newer: Node(j) && l < h && \forall integer a; l <= a < h ==> ver(o,a,j,now(j)) < v;
    requires may: o == O ==> MayStore(j,l,h,v) && (Byte(l) ==> x <= 255);
    terminates \true; assigns W; exits \false;
    ensures mine: SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    ensures line: j != ME ==> SNow{Pre,Here}(ME);
    ensures post: \forall integer i; Pair(j,i) ==> Post(j,i) == Post{Pre}(j,i);
    ensures own: \forall integer a; ver(O,a,j,now(j)) == (o == O && l <= a < h ? v : ver{Pre}(O,a,j,now{Pre}(j)));
    ensures val: o == O ==> val(O,l,j,v) == x;
    KEEP */
void step_store(uint64_t o, uint64_t l, uint64_t h, uint32_t j, uint64_t v, uint64_t x);

/* CPU: post a put, inline or read late. */
/*@ requires room: Pair(j,i) && Post(j,i) < UINT64_MAX;
    requires may: o == O ==> MayPost(j,i,l,h,v) && (Signal(l) ? inline_ != 0 : inline_ == 0 && \forall integer a; l <= a < h ==> Own(a,j) == v);
    terminates \true; assigns W; exits \false;
    ensures mine: SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    ensures line: j != ME ==> SNow{Pre,Here}(ME);
    ensures other: j != ME || o != O ==> SPub{Pre,Here}(ME);
    ensures own: now(j) == now{Pre}(j) + 1 && \forall integer a; ver(O,a,j,now(j)) == ver{Pre}(O,a,j,now{Pre}(j));
    ensures post: \forall integer b; Node(b) ==> Post(j,b) == Post{Pre}(j,b) + (b == i ? 1 : 0);
    ensures pub: o == O ==> pub(O,l,j,i) == v && at(O,l,j,i,v) == Post{Pre}(j,i);
    ensures rest: \forall integer b, c; b != l || c != i ==> pub(O,b,j,c) == pub{Pre}(O,b,j,c);
    ensures entry: lo(j,i,Post{Pre}(j,i)) == l && hi(j,i,Post{Pre}(j,i)) == h && op(j,i,Post{Pre}(j,i)) == o
         && get(j,i,Post{Pre}(j,i)) == 0 && num(j,i,Post{Pre}(j,i)) == v;
    KEEP */
void step_put(uint64_t o, uint64_t l, uint64_t h, uint32_t j, uint32_t i, int inline_, uint64_t v);

/* CPU: post a get; it writes nothing of anybody's. */
/*@ requires room: Pair(j,i) && Post(j,i) < UINT64_MAX;
    terminates \true; assigns W; exits \false;
    ensures mine: SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    ensures line: j != ME ==> SNow{Pre,Here}(ME);
    ensures own: now(j) == now{Pre}(j) + 1 && \forall integer a; ver(O,a,j,now(j)) == ver{Pre}(O,a,j,now{Pre}(j));
    ensures post: \forall integer b; Node(b) ==> Post(j,b) == Post{Pre}(j,b) + (b == i ? 1 : 0);
    ensures get: get(j,i,Post{Pre}(j,i)) != 0;
    KEEP */
void step_get(uint32_t j, uint32_t i);

/* Store buffer: its oldest store or post leaves it. */
/*@ requires can: Node(j) && out(j) < now(j);
    terminates \true; assigns W; exits \false;
    ensures mine: SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    KEEP */
void step_flush(uint32_t j);

/* NIC: read one unit of the source of a put, again as often as it likes, until the put is placed or completed. */
/*@ requires can: Pair(j,i) && deliv(j,i) <= k < Sent(j,i) && comp(j,i) <= k && inl(j,i,k) == 0 && get(j,i,k) == 0;
    terminates \true; assigns W; exits \false;
    ensures mine: SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    KEEP */
void step_read(uint32_t j, uint32_t i, uint64_t k, uint64_t a);

/* NIC: one unit of the oldest operation lands before the others. */
/*@ requires can: Pair(j,i) && deliv(j,i) < Sent(j,i) && In(j,i,deliv(j,i),a);
    terminates \true; assigns W; exits \false;
    ensures mine: SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    KEEP */
void step_land(uint32_t j, uint32_t i, uint64_t a);

/* NIC: the oldest operation is placed: all that is left of it lands; a get has read. */
/*@ requires can: Pair(j,i) && deliv(j,i) < Sent(j,i);
    terminates \true; assigns W; exits \false;
    ensures mine: SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    KEEP */
void step_place(uint32_t j, uint32_t i);

/* NIC: the oldest operation not yet completed is; a get only once it has read, behind the placing of all before it. */
/*@ requires can: Pair(j,i) && comp(j,i) < Sent(j,i) && (get(j,i,comp(j,i)) != 0 ==> comp(j,i) < deliv(j,i));
    terminates \true; assigns W; exits \false;
    ensures mine: SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    KEEP */
void step_complete(uint32_t j, uint32_t i);

/* History: j announces v. */
/*@ requires may: Node(j) && (o == O ==> MayAnnounce(j,v));
    terminates \true; assigns W; exits \false;
    ensures mine: SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    ensures other: j != ME || o != O ==> SSaid{Pre,Here}(ME);
    ensures said: o == O ==> said(O,j) == v && when(O,j,v) == now(j);
    KEEP */
void step_announce(uint64_t o, uint32_t j, uint64_t v);

/* History: j concludes v of x. */
/*@ requires may: Node(j) && (o == O ==> MayConclude(j,x,v));
    terminates \true; assigns W; exits \false;
    ensures mine: SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME);
    ensures other: j != ME || o != O ==> SDone{Pre,Here}(ME);
    ensures done: o == O ==> done(O,j,x) == v;
    ensures rest: \forall integer y; y != x ==> done(O,j,y) == done{Pre}(O,j,y);
    KEEP */
void step_conclude(uint64_t o, uint32_t j, uint64_t x, uint64_t v);

/* -- everybody else -- */

/* Any number of steps of all others, and of the network: model/door.c. */
/*@ requires valid: Inv; terminates \true; assigns W; exits \false; ensures valid: Inv && Rely{Pre,Here}; */
void env(void);

/* What I may post I may still post after them: a protocol owes that, too. */
/*@ requires valid: Inv && Pair(ME,i) && MayPost(ME,i,l,h,v); terminates \true; assigns W; exits \false;
    ensures valid: Inv && Rely{Pre,Here};
    behavior owed: ensures still: MayPost(ME,i,l,h,v); */
void env_before_post(uint32_t i, uint64_t l, uint64_t h, uint64_t v);
#endif
