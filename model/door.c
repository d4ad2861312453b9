/* The door over the machine: everybody else's steps, and bodies for the door that prove its contracts. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Proved once, for any protocol whose steps keep its invariant (acsl/any.h).
 * env() is any number of steps of all others. A call of the door is env() and
 * then at most one step of this rank.
 */
#include "model/steps.h"
#include "model/questions.h"

/* -- everybody else, any number of steps -- */

/* Another rank takes a step: by the object's protocol, or anything on other objects. */
/*@ requires valid: Inv; terminates \true; assigns W; exits \false; ensures valid: Inv; ensures others: Rely{Pre,Here}; */
static void peer(uint64_t o, uint64_t l, uint64_t h, uint32_t j, uint32_t i, uint64_t v, uint64_t x)
{
  if (!is_rank(j) || !is_rank(i) || j == me())
    return;
  switch (nondet()) {
  case 0:
    if (l < h && is_newer(o, l, h, j, v) && (o != obj() || may_store(j, l, h, v, x)))
      step_store(o, l, h, j, v, x);
    break;
  case 1:
    if (i != j && has_room(j, i)) {
      int inline_ = nondet();
      if (o != obj() || may_put(j, i, l, h, inline_, v))
        step_put(o, l, h, j, i, inline_, v);
    }
    break;
  case 2:
    if (i != j && has_room(j, i))
      step_get(j, i);
    break;
  case 3:
    if (o != obj() || may_announce(j, v))
      step_announce(o, j, v);
    break;
  case 4:
    if (o != obj() || may_conclude(j, x, v))
      step_conclude(o, j, x, v);
    break;
  default:
    break;
  }
}

/* The network takes a step, on any queue pair, mine included; or a store buffer drains. */
/*@ requires valid: Inv; terminates \true; assigns W; exits \false; ensures valid: Inv; ensures others: Rely{Pre,Here}; */
static void network(uint32_t j, uint32_t i, uint64_t k, uint64_t a)
{
  if (!is_rank(j) || !is_rank(i))
    return;
  if (i == j) {
    if (can_flush(j))
      step_flush(j);
    return;
  }
  switch (nondet()) {
  case 0:
    if (can_read(j, i, k))
      step_read(j, i, k, a);
    break;
  case 1:
    if (can_land(j, i, a))
      step_land(j, i, a);
    break;
  case 2:
    if (can_place(j, i))
      step_place(j, i);
    break;
  case 3:
    if (can_complete(j, i))
      step_complete(j, i);
    break;
  default:
    break;
  }
}

void env(void)
{
  /*@ loop invariant inv: Inv;
      loop invariant rely: Rely{Pre,Here};
      loop assigns W, n;
      loop variant n; */
  for (uint64_t n = nondet64(); n > 0; n--) {
    peer(nondet64(), nondet64(), nondet64(), nondet32(), nondet32(), nondet64(), nondet64());
    network(nondet32(), nondet32(), nondet64(), nondet64());
  }
}

/* -- the door -- */

uint64_t wire_load(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j)
{
  env();
  return see(r->at, off, w->rank, j);
}

int wire_reached(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t want)
{
  env();
  return see(r->at, off, w->rank, j) >= want;
}

void wire_copy_words(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t *buf, uint64_t n)
{
  /*@ loop invariant valid: Inv && Rely{Pre,Here} && 0 <= k <= n;
      loop invariant theirs: \forall integer x; 0 <= x < k && j != ME &&
        cell{Pre}(O,off + 8 * x, ME,j) == cell(O,off + 8 * x, ME,j) ==>
        buf[x] == val(O,off + 8 * x, j, cell(O,off + 8 * x, ME,j));
      loop invariant mine: \forall integer x; 0 <= x < k && j == ME ==> buf[x] == val(O,off + 8 * x, ME, Own(off + 8 * x, ME));
      loop assigns W, k, buf[0 .. n - 1]; loop variant n - k; */
  for (uint64_t k = 0; k < n; k++) {
    env();
    uint64_t x;
    if (j == w->rank)
      x = see_own(r->at, off + 8 * k, j);
    else
      x = see_val(r->at, off + 8 * k, w->rank, j);
    buf[k] = x;
  }
}

/* What of unit a rank j lends: it may be read here, or at home. */
/*@ requires valid: Inv && Pair(ME,j) && i == ME && o == O; terminates \true; assigns \nothing; exits \false;
    ensures range: \result <= UINT64_MAX && (Byte(a) ==> \result <= 255);
    ensures lent: \forall integer v; Lent(j,a,v) ==> \result == val(O,a,j,v); */
static uint64_t see_lent(uint64_t o, uint64_t a, uint32_t i, uint32_t j)
{
  return nondet() ? see_val(o, a, i, j) : see_home(o, a, j);
}

void wire_borrow_words(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t *buf, uint64_t n)
{
  /*@ loop invariant valid: Inv && Rely{Pre,Here} && 0 <= k <= n;
      loop invariant theirs: \forall integer x; 0 <= x < k && Stays{Pre,Here}(j,off + 8 * x) ==>
        buf[x] == val(O,off + 8 * x, j, cell(O,off + 8 * x, ME,j));
      loop assigns W, k, buf[0 .. n - 1]; loop variant n - k; */
  for (uint64_t k = 0; k < n; k++) {
    env();
    /*@ assert between: \forall integer a; Stays{Pre,Here}(j,a) ==> Stays{Pre,LoopCurrent}(j,a) && Lent(j,a,cell(O,a,ME,j)) &&
          val{LoopCurrent}(O,a,j,cell(O,a,ME,j)) == val(O,a,j,cell(O,a,ME,j)); */
    uint64_t x = see_lent(r->at, off + 8 * k, w->rank, j);
    //@ assert this: Stays{Pre,Here}(j,off + 8 * k) ==> x == val(O,off + 8 * k, j, cell(O,off + 8 * k, ME,j));
    buf[k] = x;
  }
}

void wire_borrow_bytes(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t where,
                       unsigned char *buf, uint64_t at, uint64_t n)
{
  (void)where;
  /*@ loop invariant valid: Inv && Rely{Pre,Here} && 0 <= k <= n;
      loop invariant theirs: \forall integer y; at <= y < at + k && Stays{Pre,Here}(j,off + (y - at)) ==>
        buf[y] == val(O,off + (y - at), j, cell(O,off + (y - at), ME,j));
      loop assigns W, k, buf[at .. at + n - 1]; loop variant n - k; */
  for (uint64_t k = 0; k < n; k++) {
    env();
    /*@ assert between: \forall integer a; Stays{Pre,Here}(j,a) ==> Stays{Pre,LoopCurrent}(j,a) && Lent(j,a,cell(O,a,ME,j)) &&
          val{LoopCurrent}(O,a,j,cell(O,a,ME,j)) == val(O,a,j,cell(O,a,ME,j)); */
    uint64_t x = see_lent(r->at, off + k, w->rank, j);
    //@ assert this: Stays{Pre,Here}(j,off + k) ==> x == val(O,off + k, j, cell(O,off + k, ME,j));
    buf[at + k] = (unsigned char)x;
  }
}

void wire_fill_words(const struct wire *w, const struct rows *r, uint64_t off, const uint64_t *buf, uint64_t n)
{
  /*@ loop invariant valid: Inv && 0 <= k <= n && Quiet{Pre,Here} && SPub{Pre,Here}(ME) && SPost{Pre,Here};
      loop invariant may: k < n ==> MayStore(ME, off + 8 * k, off + 8 * n, said(O, ME));
      loop invariant number: \forall integer a; Own(a, ME) == (off <= a < off + 8 * k ? said(O, ME) : Own{Pre}(a, ME));
      loop invariant value: \forall integer x; 0 <= x < k ==> val(O,off + 8 * x, ME, said(O, ME)) == buf[x];
      loop assigns W, k; loop variant n - k; */
  for (uint64_t k = 0; k < n; k++) {
    env();
    //@ assert word: !Byte(off + 8 * k);
    //@ assert part: MayStore(ME, off + 8 * k, off + 8 * k + 8, said(O, ME));
    step_store(r->at, off + 8 * k, off + 8 * k + 8, w->rank, see_said(r->at, w->rank), buf[k]);
  }
}

void wire_fill_bytes(const struct wire *w, const struct rows *r, uint64_t off, const unsigned char *buf, uint64_t at,
                     uint64_t n)
{
  /*@ loop invariant valid: Inv && 0 <= k <= n && Quiet{Pre,Here} && SPub{Pre,Here}(ME) && SPost{Pre,Here};
      loop invariant may: k < n ==> MayStore(ME, off + k, off + n, said(O, ME));
      loop invariant number: \forall integer a; Own(a, ME) == (off <= a < off + k ? said(O, ME) : Own{Pre}(a, ME));
      loop invariant value: \forall integer y; at <= y < at + k ==> val(O,off + (y - at), ME, said(O, ME)) == buf[y];
      loop assigns W, k; loop variant n - k; */
  for (uint64_t k = 0; k < n; k++) {
    env();
    //@ assert byte: Byte(off + k);
    step_store(r->at, off + k, off + k + 1, w->rank, see_said(r->at, w->rank), buf[at + k]);
  }
}

uint64_t wire_place(const struct wire *w, const unsigned char *buf, uint64_t n)
{
  (void)w;
  return wire_heap_at(buf, n);
}

void wire_refer_bytes(const struct wire *w, const struct rows *r, uint64_t off, const unsigned char *buf, uint64_t at,
                      uint64_t n)
{
  /*@ loop invariant valid: Inv && 0 <= k <= n && Quiet{Pre,Here} && SPub{Pre,Here}(ME) && SPost{Pre,Here};
      loop invariant may: k < n ==> MayStore(ME, off + k, off + n, said(O, ME));
      loop invariant number: \forall integer a; Own(a, ME) == (off <= a < off + k ? said(O, ME) : Own{Pre}(a, ME));
      loop invariant value: \forall integer y; at <= y < at + k ==> val(O,off + (y - at), ME, said(O, ME)) == buf[y];
      loop assigns W, k; loop variant n - k; */
  for (uint64_t k = 0; k < n; k++) {
    env();
    //@ assert byte: Byte(off + k);
    step_store(r->at, off + k, off + k + 1, w->rank, see_said(r->at, w->rank), buf[at + k]);
  }
}

int wire_signal(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v)
{
  env_before_post(i, off, off + 8, v);
  if (nondet() || !has_room(w->rank, i))
    return SACRED_AGAIN;
  step_put(r->at, off, off + 8, w->rank, i, 1, v);
  return SACRED_OK;
}

int wire_put(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len)
{
  uint64_t v = see_said(r->at, w->rank);
  env_before_post(i, off, off + len, v);
  if (nondet() || !has_room(w->rank, i))
    return SACRED_AGAIN;
  step_put(r->at, off, off + len, w->rank, i, 0, v);
  return SACRED_OK;
}

int wire_lend(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len)
{
  uint64_t v = see_said(r->at, w->rank);
  env_before_post(i, off, off + len, v);
  if (nondet() || !has_room(w->rank, i))
    return SACRED_AGAIN;
  step_put(r->at, off, off + len, w->rank, i, 0, v);
  return SACRED_OK;
}

/* Region traffic is another object's: a rank's posts to itself are not in the world. */
/*@ requires valid: Inv && Node(i); terminates \true; assigns W; exits \false;
    ensures valid: Inv; ensures flow: Flow{Pre,Here}; ensures others: SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME) && SPub{Pre,Here}(ME);
    ensures result: \result == SACRED_OK || \result == SACRED_AGAIN;
    ensures full: \result != SACRED_OK ==> Rely{Pre,Here}; */
static int elsewhere(uint32_t i, uint64_t o, uint64_t l, uint64_t h, int inline_, uint64_t v)
{
  env();
  if (i == me() || o == obj())
    return SACRED_OK;
  if (nondet() || !has_room(me(), i))
    return SACRED_AGAIN;
  if (nondet()) {
    step_get(me(), i);
    return SACRED_OK;
  }
  step_put(o, l, h, me(), i, inline_, v);
  return SACRED_OK;
}

int wire_write(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t len)
{
  (void)w, (void)from;
  return elsewhere(i, nondet64(), to, len, 0, nondet64());
}

int wire_write_word(struct wire *w, uint32_t i, uint64_t to, uint64_t v)
{
  (void)w, (void)v;
  return elsewhere(i, nondet64(), to, nondet64(), 1, nondet64());
}

int wire_read(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t len)
{
  (void)w, (void)to, (void)from, (void)len;
  return elsewhere(i, nondet64(), 0, 0, 0, 0);
}

int wire_flush(struct wire *w, uint32_t i)
{
  env();
  if (nondet() || !has_room(w->rank, i))
    return SACRED_AGAIN;
  step_get(w->rank, i);
  return SACRED_OK;
}

int wire_drained(struct wire *w)
{
  env();
  return !can_flush(w->rank);
}

uint64_t wire_posted(const struct wire *w, uint32_t i)
{
  env();
  if (i == w->rank)
    return nondet64();
  return see_posted(w->rank, i);
}

uint64_t wire_completed(struct wire *w, uint32_t i)
{
  env();
  if (i == w->rank)
    return nondet64();
  return see_completed(w->rank, i);
}

int wire_health(struct wire *w)
{
  (void)w;
  return nondet() ? SACRED_AGAIN : nondet() ? SACRED_ERR_DEAD : SACRED_ERR_UNREACHABLE;
}

int wire_relax(struct wire *w, struct wire_wait *wait)
{
  (void)w;
  wait->looks = nondet64();
  return nondet();
}

int wire_refuse(const struct wire *w, int status, enum wire_refusal what, uint64_t value, uint64_t limit)
{
  (void)w, (void)value, (void)limit;
  return status;
}

void history_announce(uint64_t v)
{
  step_announce(obj(), me(), v);
}

void history_conclude(uint64_t x, uint64_t v)
{
  step_conclude(obj(), me(), x, v);
}
