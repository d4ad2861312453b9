/* The machine's atomic steps: an effect each, and the hints that its proof takes. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An effect (model/effects.h) says what one step of the machine does;
 * model/realize.c realises every effect with arrays. Proved here is that every
 * invariant survives it: those of the world and of objects for any protocol,
 * and those of a protocol (-DPROTOCOL) under that protocol.
 */
#include "model/steps.h"
#include "model/effects.h"

void step_store(uint64_t o, uint64_t l, uint64_t h, uint32_t j, uint64_t v, uint64_t x)
{
  eff_store(o, l, h, j, v, x);
  //@ assert own: \forall integer a; Own(a,j) == (o == O && l <= a < h ? v : Own{Pre}(a,j));
  //@ assert others: \forall integer a, b; Node(b) && b != j ==> Own(a,b) == Own{Pre}(a,b);
  //@ assert same: \forall integer b, i; Post(b,i) == Post{Pre}(b,i);
  //@ assert ent: \forall integer b, i, k; Pair(b,i) && Entry(b,i,k) ==> Entry{Pre}(b,i,k);
  //@ assert ini: \forall integer b, i, k, a; In(b,i,k,a) ==> In{Pre}(b,i,k,a);
  //@ assert vals: World{Pre} ==> \forall integer a, b, u; Node(b) && u <= Own{Pre}(a,b) ==> val(O,a,b,u) == val{Pre}(O,a,b,u);
  //@ assert idl: o == O ==> \forall integer i, k, a; Pair(j,i) && Entry(j,i,k) && inl(j,i,k) == 0 && In(j,i,k,a) && l <= a < h ==> k < deliv(j,i) || k < comp(j,i);
  //@ assert s1: OStage{Pre} ==> \forall integer b, i, k, a; b != j && Pair(b,i) && Entry(b,i,k) && inl(b,i,k) == 0 && In(b,i,k,a) && deliv(b,i) <= k && comp(b,i) <= k ==> Own(a,b) == num(b,i,k);
  //@ assert s2: OStage{Pre} ==> \forall integer i, k, a; Pair(j,i) && Entry(j,i,k) && inl(j,i,k) == 0 && In(j,i,k,a) && deliv(j,i) <= k && comp(j,i) <= k ==> Own(a,j) == num(j,i,k);
}

void step_put(uint64_t o, uint64_t l, uint64_t h, uint32_t j, uint32_t i, int inline_, uint64_t v)
{
  eff_put(o, l, h, j, i, inline_, v);
  //@ assert own: \forall integer a, b; Own(a,b) == Own{Pre}(a,b);
  //@ assert data: o == O ==> \forall integer a; l <= a < h && Data(a) ==> Own(a,j) == v;
  //@ assert old: \forall integer b, c, k; Entry(b,c,k) && (b != j || c != i || k != Post{Pre}(j,i)) ==> Entry{Pre}(b,c,k);
  //@ assert past: \forall integer b, c, k; b != j || c != i || k != Post{Pre}(j,i) ==> lo(b,c,k) == lo{Pre}(b,c,k) && hi(b,c,k) == hi{Pre}(b,c,k) && num(b,c,k) == num{Pre}(b,c,k);
}

void step_get(uint32_t j, uint32_t i)
{
  eff_get(j, i);
  //@ assert old: \forall integer b, c, k; Entry(b,c,k) ==> Entry{Pre}(b,c,k);
  //@ assert past: \forall integer b, c, k; Entry(b,c,k) ==> lo(b,c,k) == lo{Pre}(b,c,k) && hi(b,c,k) == hi{Pre}(b,c,k) && num(b,c,k) == num{Pre}(b,c,k);
}

void step_flush(uint32_t j)
{
  eff_flush(j);
}

void step_read(uint32_t j, uint32_t i, uint64_t k, uint64_t a)
{
  eff_read(j, i, k, a);
}

void step_land(uint32_t j, uint32_t i, uint64_t a)
{
  eff_land(j, i, a);
}

void step_place(uint32_t j, uint32_t i)
{
  eff_place(j, i);
  //@ assert it: World{Pre} && Object{Pre} && Entry{Pre}(j,i,deliv{Pre}(j,i)) ==> \let k = deliv{Pre}(j,i); Block(lo(j,i,k),hi(j,i,k)) && at(O,lo(j,i,k),j,i,num(j,i,k)) == k && \forall integer a; In(j,i,k,a) ==> cell(O,a,i,j) == num(j,i,k);
}

void step_complete(uint32_t j, uint32_t i)
{
  eff_complete(j, i);
}

void step_announce(uint64_t o, uint32_t j, uint64_t v)
{
  eff_announce(o, j, v);
}

void step_conclude(uint64_t o, uint32_t j, uint64_t x, uint64_t v)
{
  eff_conclude(o, j, x, v);
}

void env_before_post(uint32_t i, uint64_t l, uint64_t h, uint64_t v)
{
  (void)i, (void)l, (void)h, (void)v;
  env();
}
