/* What the model asks of the world: who may take which step. Questions change nothing. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MODEL_QUESTIONS_H
#define MODEL_QUESTIONS_H
/* A contract and its prototype share a line here. */
/* clang-format off */
#define PURE terminates \true; assigns \nothing; exits \false;
/*@ PURE */ int nondet(void);
/*@ PURE */ uint32_t nondet32(void);
/*@ PURE */ uint64_t nondet64(void);
/*@ PURE ensures \result == ME; */ uint32_t me(void);
/*@ PURE ensures \result == O; */ uint64_t obj(void);
/*@ PURE ensures \result != 0 <==> Node(j); */ int is_rank(uint32_t j);
/*@ requires 0 <= cell(o,a,i,j) <= UINT64_MAX; PURE ensures \result == cell(o,a,i,j); */
uint64_t see(uint64_t o, uint64_t a, uint32_t i, uint32_t j);
/*@ requires 0 <= val(o,a,j,cell(o,a,i,j)) <= UINT64_MAX; PURE ensures \result == val(o,a,j,cell(o,a,i,j)); */
uint64_t see_val(uint64_t o, uint64_t a, uint32_t i, uint32_t j);
/*@ requires 0 <= val(o,a,j,ver(o,a,j,out(j))) <= UINT64_MAX; PURE ensures \result == val(o,a,j,ver(o,a,j,out(j))); */
uint64_t see_home(uint64_t o, uint64_t a, uint32_t j);
/*@ requires 0 <= val(o,a,j,ver(o,a,j,now(j))) <= UINT64_MAX; PURE ensures \result == val(o,a,j,ver(o,a,j,now(j))); */
uint64_t see_own(uint64_t o, uint64_t a, uint32_t j);
/*@ PURE ensures \result != 0 ==> \result == Heap(buf) && \result + n <= UINT64_MAX; */
uint64_t wire_heap_at(const unsigned char *buf, uint64_t n);
/*@ requires 0 <= said(o,j) <= UINT64_MAX; PURE ensures \result == said(o,j); */ uint64_t see_said(uint64_t o, uint32_t j);
/*@ requires 0 <= Post(j,i) <= UINT64_MAX; PURE ensures \result == Post(j,i); */ uint64_t see_posted(uint32_t j, uint32_t i);
/*@ requires 0 <= comp(j,i) <= UINT64_MAX; PURE ensures \result == comp(j,i); */ uint64_t see_completed(uint32_t j, uint32_t i);
/*@ PURE ensures \result != 0 <==> \forall integer a; l <= a < h ==> ver(o,a,j,now(j)) < v; */
int is_newer(uint64_t o, uint64_t l, uint64_t h, uint32_t j, uint64_t v);
/*@ PURE ensures \result != 0 <==> Post(j,i) < UINT64_MAX; */ int has_room(uint32_t j, uint32_t i);
/*@ PURE ensures \result != 0 <==> MayStore(j,l,h,v) && (Byte(l) ==> x <= 255); */
int may_store(uint32_t j, uint64_t l, uint64_t h, uint64_t v, uint64_t x);
/*@ PURE ensures \result != 0 <==> MayPost(j,i,l,h,v) &&
      (Signal(l) ? inline_ != 0 : inline_ == 0 && \forall integer a; l <= a < h ==> Own(a,j) == v); */
int may_put(uint32_t j, uint32_t i, uint64_t l, uint64_t h, int inline_, uint64_t v);
/*@ PURE ensures \result != 0 <==> MayAnnounce(j,v); */ int may_announce(uint32_t j, uint64_t v);
/*@ PURE ensures \result != 0 <==> MayConclude(j,x,v); */ int may_conclude(uint32_t j, uint64_t x, uint64_t v);
/*@ PURE ensures \result != 0 <==> out(j) < now(j); */ int can_flush(uint32_t j);
/*@ PURE ensures \result != 0 <==> deliv(j,i) <= k < Sent(j,i) && comp(j,i) <= k && inl(j,i,k) == 0 && get(j,i,k) == 0; */
int can_read(uint32_t j, uint32_t i, uint64_t k);
/*@ PURE ensures \result != 0 <==> deliv(j,i) < Sent(j,i) && In(j,i,deliv(j,i),a); */ int can_land(uint32_t j, uint32_t i, uint64_t a);
/*@ PURE ensures \result != 0 <==> deliv(j,i) < Sent(j,i); */ int can_place(uint32_t j, uint32_t i);
/*@ PURE ensures \result != 0 <==> comp(j,i) < Sent(j,i) && (get(j,i,comp(j,i)) != 0 ==> comp(j,i) < deliv(j,i)); */
int can_complete(uint32_t j, uint32_t i);
/* clang-format on */
#endif
