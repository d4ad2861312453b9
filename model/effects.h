/* The effects of the machine's atomic steps: definitions, realised in model/realize.c. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MODEL_EFFECTS_H
#define MODEL_EFFECTS_H
/* Only arrays ask for room (model/realize.h). */
#ifndef ROOM
#define ROOM(effect)
#endif
/*@
  predicate Not2(integer a, integer b, integer j, integer i) = a != j || b != i;
  // the parts of the world, each as it was
  predicate KNow{A,B}   = \forall integer j; now{A}(j) == now{B}(j);
  predicate KOut{A,B}   = \forall integer j; out{A}(j) == out{B}(j);
  predicate KPut{A,B}   = \forall integer j, i, t; nput{A}(j,i,t) == nput{B}(j,i,t);
  predicate KVer{A,B}   = \forall integer o, a, j, t; ver{A}(o,a,j,t) == ver{B}(o,a,j,t);
  predicate KVal{A,B}   = \forall integer o, a, j, v; val{A}(o,a,j,v) == val{B}(o,a,j,v);
  predicate KEntry{A,B} = \forall integer j, i, k; op{A}(j,i,k) == op{B}(j,i,k) && lo{A}(j,i,k) == lo{B}(j,i,k) && hi{A}(j,i,k) == hi{B}(j,i,k)
                       && get{A}(j,i,k) == get{B}(j,i,k) && inl{A}(j,i,k) == inl{B}(j,i,k) && num{A}(j,i,k) == num{B}(j,i,k);
  predicate KFly{A,B}   = \forall integer j, i, k, a; fly{A}(j,i,k,a) == fly{B}(j,i,k,a);
  predicate KDeliv{A,B} = \forall integer j, i; deliv{A}(j,i) == deliv{B}(j,i);
  predicate KComp{A,B}  = \forall integer j, i; comp{A}(j,i) == comp{B}(j,i);
  predicate KCell{A,B}  = \forall integer o, a, i, j; cell{A}(o,a,i,j) == cell{B}(o,a,i,j) && upto{A}(o,a,i,j) == upto{B}(o,a,i,j);
  predicate KPub{A,B}   = (\forall integer o, b, j, i; pub{A}(o,b,j,i) == pub{B}(o,b,j,i))
                       && (\forall integer o, b, j, i, v; at{A}(o,b,j,i,v) == at{B}(o,b,j,i,v));
  predicate KSaid{A,B}  = (\forall integer o, j; said{A}(o,j) == said{B}(o,j)) && (\forall integer o, j, v; when{A}(o,j,v) == when{B}(o,j,v));
  predicate KDone{A,B}  = \forall integer o, j, x; done{A}(o,j,x) == done{B}(o,j,x);
  predicate KHistory{A,B} = KPub{A,B} && KSaid{A,B} && KDone{A,B};
  predicate KNet{A,B}   = KEntry{A,B} && KFly{A,B} && KDeliv{A,B} && KComp{A,B} && KCell{A,B};

  // one more item on j's time line; only unit (o, l <= a < h) gets a new number, only i is posted to (p = 1 or 0)
  predicate Tick{A,B}(integer j, integer o, integer l, integer h, integer v, integer i, integer p) =
    now{B}(j) == now{A}(j) + 1 && (\forall integer b; b != j ==> now{B}(b) == now{A}(b)) &&
    (\forall integer c, a; ver{B}(c,a,j,now{B}(j)) == (c == o && l <= a < h ? v : ver{A}(c,a,j,now{A}(j)))) &&
    (\forall integer c, a, b, t; Not2(b,t,j,now{B}(j)) ==> ver{B}(c,a,b,t) == ver{A}(c,a,b,t)) &&
    (\forall integer b; nput{B}(j,b,now{B}(j)) == nput{A}(j,b,now{A}(j)) + (b == i ? p : 0)) &&
    (\forall integer c, b, t; Not2(c,t,j,now{B}(j)) ==> nput{B}(c,b,t) == nput{A}(c,b,t));
  // the k-th operation of j -> i is this one, no other has changed
  predicate New{A,B}(integer j, integer i, integer k, integer o, integer l, integer h, integer g, integer n, integer v) =
    op{B}(j,i,k) == o && lo{B}(j,i,k) == l && hi{B}(j,i,k) == h && get{B}(j,i,k) == g && inl{B}(j,i,k) == n && num{B}(j,i,k) == v &&
    (\forall integer b, c, m; b != j || c != i || m != k ==>
      op{B}(b,c,m) == op{A}(b,c,m) && lo{B}(b,c,m) == lo{A}(b,c,m) && hi{B}(b,c,m) == hi{A}(b,c,m) && get{B}(b,c,m) == get{A}(b,c,m)
      && inl{B}(b,c,m) == inl{A}(b,c,m) && num{B}(b,c,m) == num{A}(b,c,m)) &&
    (\forall integer b, c, m, a; b != j || c != i || m != k ==> fly{B}(b,c,m,a) == fly{A}(b,c,m,a));
*/

/*@ ROOM(store) terminates \true; assigns W; exits \false;
    ensures Tick{Pre,Here}(j,o,l,h,v,0,0);
    ensures val(o,l,j,v) == x && \forall integer c, a, b, u; c != o || a != l || b != j || u != v ==> val(c,a,b,u) == \old(val(c,a,b,u));
    ensures KOut{Pre,Here} && KNet{Pre,Here} && KHistory{Pre,Here}; */
void eff_store(uint64_t o, uint64_t l, uint64_t h, uint32_t j, uint64_t v, uint64_t x);

/*@ ROOM(put) terminates \true; assigns W; exits \false;
    ensures Tick{Pre,Here}(j,o,0,0,0,i,1);
    ensures New{Pre,Here}(j,i,Post{Pre}(j,i),o,l,h,0,inline_,v);
    ensures \forall integer a; fly(j,i,Post{Pre}(j,i),a) == (inline_ != 0 ? v : ver{Pre}(o,a,j,now{Pre}(j)));
    ensures pub(o,l,j,i) == v;
    ensures \forall integer c, b, s, d; c != o || b != l || s != j || d != i ==> pub(c,b,s,d) == \old(pub(c,b,s,d));
    ensures \forall integer u; \old(pub(o,l,j,i)) < u <= v ==> at(o,l,j,i,u) == Post{Pre}(j,i);
    ensures \forall integer c, b, s, d, u; c != o || b != l || s != j || d != i || !(\old(pub(o,l,j,i)) < u <= v) ==> at(c,b,s,d,u) == \old(at(c,b,s,d,u));
    ensures KOut{Pre,Here} && KVal{Pre,Here} && KDeliv{Pre,Here} && KComp{Pre,Here} && KCell{Pre,Here} && KSaid{Pre,Here} && KDone{Pre,Here}; */
void eff_put(uint64_t o, uint64_t l, uint64_t h, uint32_t j, uint32_t i, int inline_, uint64_t v);

/*@ ROOM(get) terminates \true; assigns W; exits \false;
    ensures Tick{Pre,Here}(j,0,0,0,0,i,1);
    ensures New{Pre,Here}(j,i,Post{Pre}(j,i),0,0,0,1,0,0);
    ensures KOut{Pre,Here} && KVal{Pre,Here} && KDeliv{Pre,Here} && KComp{Pre,Here} && KCell{Pre,Here} && KHistory{Pre,Here}; */
void eff_get(uint32_t j, uint32_t i);

/*@ ROOM(flush) terminates \true; assigns W; exits \false;
    ensures out(j) == \old(out(j)) + 1 && \forall integer b; b != j ==> out(b) == \old(out(b));
    ensures KNow{Pre,Here} && KPut{Pre,Here} && KVer{Pre,Here} && KVal{Pre,Here} && KNet{Pre,Here} && KHistory{Pre,Here}; */
void eff_flush(uint32_t j);

/*@ ROOM(read) terminates \true; assigns W; exits \false;
    ensures fly(j,i,k,a) == ver(op(j,i,k),a,j,out(j));
    ensures \forall integer b, c, m, u; b != j || c != i || m != k || u != a ==> fly(b,c,m,u) == \old(fly(b,c,m,u));
    ensures KNow{Pre,Here} && KOut{Pre,Here} && KPut{Pre,Here} && KVer{Pre,Here} && KVal{Pre,Here} && KEntry{Pre,Here}
         && KDeliv{Pre,Here} && KComp{Pre,Here} && KCell{Pre,Here} && KHistory{Pre,Here}; */
void eff_read(uint32_t j, uint32_t i, uint64_t k, uint64_t a);

/*@ ROOM(land) terminates \true; assigns W; exits \false;
    ensures cell(op(j,i,deliv(j,i)),a,i,j) == fly(j,i,deliv(j,i),a);
    ensures \forall integer o, u, d, s; o != op(j,i,deliv(j,i)) || u != a || d != i || s != j ==> cell(o,u,d,s) == \old(cell(o,u,d,s));
    ensures \forall integer o, u, d, s; upto(o,u,d,s) == \old(upto(o,u,d,s));
    ensures KNow{Pre,Here} && KOut{Pre,Here} && KPut{Pre,Here} && KVer{Pre,Here} && KVal{Pre,Here} && KEntry{Pre,Here} && KFly{Pre,Here}
         && KDeliv{Pre,Here} && KComp{Pre,Here} && KHistory{Pre,Here}; */
void eff_land(uint32_t j, uint32_t i, uint64_t a);

/*@ ROOM(place) terminates \true; assigns W; exits \false;
    ensures deliv(j,i) == \old(deliv(j,i)) + 1 && \forall integer b, c; Not2(b,c,j,i) ==> deliv(b,c) == \old(deliv(b,c));
    ensures \forall integer a; In(j,i,\old(deliv(j,i)),a) ==>
      cell(op(j,i,\old(deliv(j,i))),a,i,j) == fly(j,i,\old(deliv(j,i)),a) && upto(op(j,i,\old(deliv(j,i))),a,i,j) == deliv(j,i);
    ensures \forall integer o, a, d, s; o != op(j,i,\old(deliv(j,i))) || d != i || s != j || !In(j,i,\old(deliv(j,i)),a) ==>
      cell(o,a,d,s) == \old(cell(o,a,d,s)) && upto(o,a,d,s) == \old(upto(o,a,d,s));
    ensures KNow{Pre,Here} && KOut{Pre,Here} && KPut{Pre,Here} && KVer{Pre,Here} && KVal{Pre,Here} && KEntry{Pre,Here} && KFly{Pre,Here}
         && KComp{Pre,Here} && KHistory{Pre,Here}; */
void eff_place(uint32_t j, uint32_t i);

/*@ ROOM(complete) terminates \true; assigns W; exits \false;
    ensures comp(j,i) == \old(comp(j,i)) + 1 && \forall integer b, c; Not2(b,c,j,i) ==> comp(b,c) == \old(comp(b,c));
    ensures KNow{Pre,Here} && KOut{Pre,Here} && KPut{Pre,Here} && KVer{Pre,Here} && KVal{Pre,Here} && KEntry{Pre,Here} && KFly{Pre,Here}
         && KDeliv{Pre,Here} && KCell{Pre,Here} && KHistory{Pre,Here}; */
void eff_complete(uint32_t j, uint32_t i);

/*@ ROOM(announce) terminates \true; assigns W; exits \false;
    ensures said(o,j) == v && \forall integer c, b; Not2(c,b,o,j) ==> said(c,b) == \old(said(c,b));
    ensures when(o,j,v) == now(j) && \forall integer c, b, u; c != o || b != j || u != v ==> when(c,b,u) == \old(when(c,b,u));
    ensures KNow{Pre,Here} && KOut{Pre,Here} && KPut{Pre,Here} && KVer{Pre,Here} && KVal{Pre,Here} && KNet{Pre,Here}
         && KPub{Pre,Here} && KDone{Pre,Here}; */
void eff_announce(uint64_t o, uint32_t j, uint64_t v);

/*@ ROOM(conclude) terminates \true; assigns W; exits \false;
    ensures done(o,j,x) == v && \forall integer c, b, y; c != o || b != j || y != x ==> done(c,b,y) == \old(done(c,b,y));
    ensures KNow{Pre,Here} && KOut{Pre,Here} && KPut{Pre,Here} && KVer{Pre,Here} && KVal{Pre,Here} && KNet{Pre,Here}
         && KPub{Pre,Here} && KSaid{Pre,Here}; */
void eff_conclude(uint64_t o, uint32_t j, uint64_t x, uint64_t v);
#endif
