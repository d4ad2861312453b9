/* The machine under the door: its atomic steps, everybody else's, and bodies for the door that prove its contracts. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Proved once per protocol (-DPROTOCOL). An effect (model/effects.h) says what
 * one step of the machine does; model/realize.c realises every effect with
 * arrays. A step adds who may take it and shows that the invariant survives it.
 * env() is any number of steps of all others. A call of the door is env() and
 * then at most one step of this rank.
 */
#define WORLD_MODEL
#include "primitives/wire.h"
#include "model/effects.h"
#include "model/questions.h"

/* clang-format off */
/* What a step keeps, each layer from no more than it needs. */
#define KEEP \
  behavior world: assumes World; \
    ensures WTime; ensures WPut; ensures WCount; ensures WQueue; ensures WGet; ensures WNone; ensures WUpto; ensures WVer; ensures WFresh; \
  behavior object: assumes World && Object; \
    ensures OShape; ensures OFifo; ensures OFly; ensures OSince; ensures OPlaced; ensures OPub; ensures OAt; ensures OAtUp; \
    ensures OCell; ensures OSeen; ensures OVal; ensures OSaid; ensures OOwn; ensures OOld; ensures FCell{Pre,Here}; \
  behavior stage: assumes OStage; \
    ensures OStage; \
  behavior protocol: assumes Inv; KEEP_PROTOCOL \
    ensures FSaid{Pre,Here}; ensures FWhen{Pre,Here}; ensures FDone{Pre,Here}; \
  behavior history: assumes WTime && WPut; \
    ensures FTime{Pre,Here}; ensures FQueue{Pre,Here}; ensures FPut{Pre,Here}; ensures FVer{Pre,Here}; ensures FVal{Pre,Here}; \
    ensures FEntry{Pre,Here}; ensures FPub{Pre,Here}; ensures FAt{Pre,Here};

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
static void step_store(uint64_t o, uint64_t l, uint64_t h, uint32_t j, uint64_t v, uint64_t x)
{
  eff_store(o, l, h, j, v, x);
  //@ assert own: \forall integer a; Own(a,j) == (o == O && l <= a < h ? v : Own{Pre}(a,j));
  //@ assert others: \forall integer a, b; Node(b) && b != j ==> Own(a,b) == Own{Pre}(a,b);
  //@ assert same: \forall integer b, i; Post(b,i) == Post{Pre}(b,i);
  //@ assert ent: \forall integer b, i, k; Pair(b,i) && Entry(b,i,k) ==> Entry{Pre}(b,i,k);
  //@ assert ini: \forall integer b, i, k, a; In(b,i,k,a) ==> In{Pre}(b,i,k,a);
  //@ assert idl: o == O ==> \forall integer i, k, a; Pair(j,i) && Entry(j,i,k) && inl(j,i,k) == 0 && In(j,i,k,a) && l <= a < h ==> k < deliv(j,i) || k < comp(j,i);
  //@ assert s1: OStage{Pre} ==> \forall integer b, i, k, a; b != j && Pair(b,i) && Entry(b,i,k) && inl(b,i,k) == 0 && In(b,i,k,a) && deliv(b,i) <= k && comp(b,i) <= k ==> Own(a,b) == num(b,i,k);
  //@ assert s2: OStage{Pre} ==> \forall integer i, k, a; Pair(j,i) && Entry(j,i,k) && inl(j,i,k) == 0 && In(j,i,k,a) && deliv(j,i) <= k && comp(j,i) <= k ==> Own(a,j) == num(j,i,k);
}

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
static void step_put(uint64_t o, uint64_t l, uint64_t h, uint32_t j, uint32_t i, int inline_, uint64_t v)
{
  eff_put(o, l, h, j, i, inline_, v);
}

/* CPU: post a get; it writes nothing of anybody's. */
/*@ requires Pair(j,i) && Post(j,i) < UINT64_MAX;
    terminates \true; assigns W; exits \false;
    ensures SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    ensures j != ME ==> SNow{Pre,Here}(ME);
    ensures now(j) == now{Pre}(j) + 1 && \forall integer a; ver(O,a,j,now(j)) == ver{Pre}(O,a,j,now{Pre}(j));
    ensures \forall integer b; Node(b) ==> Post(j,b) == Post{Pre}(j,b) + (b == i ? 1 : 0);
    ensures get(j,i,Post{Pre}(j,i)) != 0;
    KEEP */
static void step_get(uint32_t j, uint32_t i)
{
  eff_get(j, i);
}

/* Store buffer: its oldest store or post leaves it. */
/*@ requires Node(j) && out(j) < now(j);
    terminates \true; assigns W; exits \false;
    ensures SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    KEEP */
static void step_flush(uint32_t j)
{
  eff_flush(j);
}

/* NIC: read one unit of the source of a put, again as often as it likes, until the put is placed or completed. */
/*@ requires Pair(j,i) && deliv(j,i) <= k < Sent(j,i) && comp(j,i) <= k && inl(j,i,k) == 0 && get(j,i,k) == 0;
    terminates \true; assigns W; exits \false;
    ensures SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    KEEP */
static void step_read(uint32_t j, uint32_t i, uint64_t k, uint64_t a)
{
  eff_read(j, i, k, a);
}

/* NIC: one unit of the oldest operation lands before the others. */
/*@ requires Pair(j,i) && deliv(j,i) < Sent(j,i) && In(j,i,deliv(j,i),a);
    terminates \true; assigns W; exits \false;
    ensures SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    KEEP */
static void step_land(uint32_t j, uint32_t i, uint64_t a)
{
  eff_land(j, i, a);
}

/* NIC: the oldest operation is placed: all that is left of it lands. */
/*@ requires Pair(j,i) && deliv(j,i) < Sent(j,i);
    terminates \true; assigns W; exits \false;
    ensures SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    KEEP */
static void step_place(uint32_t j, uint32_t i)
{
  eff_place(j, i);
}

/* NIC: the oldest operation not yet completed is; a get only behind the placing of all that was posted before it. */
/*@ requires Pair(j,i) && comp(j,i) < Sent(j,i) && (get(j,i,comp(j,i)) != 0 ==> comp(j,i) <= deliv(j,i));
    terminates \true; assigns W; exits \false;
    ensures SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    KEEP */
static void step_complete(uint32_t j, uint32_t i)
{
  eff_complete(j, i);
}

/* History: j announces v. */
/*@ requires Node(j) && (o == O ==> MayAnnounce(j,v));
    terminates \true; assigns W; exits \false;
    ensures SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SDone{Pre,Here}(ME);
    ensures j != ME || o != O ==> SSaid{Pre,Here}(ME);
    ensures o == O ==> said(O,j) == v && when(O,j,v) == now(j);
    KEEP */
static void step_announce(uint64_t o, uint32_t j, uint64_t v)
{
  eff_announce(o, j, v);
}

/* History: j concludes v of x. */
/*@ requires Node(j) && (o == O ==> MayConclude(j,x,v));
    terminates \true; assigns W; exits \false;
    ensures SNow{Pre,Here}(ME) && SPub{Pre,Here}(ME) && SSaid{Pre,Here}(ME);
    ensures j != ME || o != O ==> SDone{Pre,Here}(ME);
    ensures o == O ==> done(O,j,x) == v;
    ensures \forall integer y; y != x ==> done(O,j,y) == done{Pre}(O,j,y);
    KEEP */
static void step_conclude(uint64_t o, uint32_t j, uint64_t x, uint64_t v)
{
  eff_conclude(o, j, x, v);
}

/* -- everybody else, any number of steps -- */

/* Another rank takes a step: by the object's protocol, or anything on other objects. */
/*@ requires Inv; terminates \true; assigns W; exits \false; ensures Inv && Rely{Pre,Here}; */
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
/*@ requires Inv; terminates \true; assigns W; exits \false; ensures Inv && Rely{Pre,Here}; */
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

/*@ requires Inv; terminates \true; assigns W; exits \false; ensures Inv && Rely{Pre,Here}; */
static void env(void)
{
  /*@ loop invariant Inv;
      loop invariant Rely{Pre,Here};
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
  /*@ loop invariant Inv && Rely{Pre,Here} && 0 <= k <= n;
      loop invariant \forall integer x; 0 <= x < k && j != ME &&
        cell{Pre}(O,off + 8 * x, ME,j) == cell(O,off + 8 * x, ME,j) ==>
        buf[x] == val(O,off + 8 * x, j, cell(O,off + 8 * x, ME,j));
      loop invariant \forall integer x; 0 <= x < k && j == ME ==> buf[x] == val(O,off + 8 * x, ME, Own(off + 8 * x, ME));
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

void wire_copy_bytes(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, unsigned char *buf,
                     uint64_t n)
{
  /*@ loop invariant Inv && Rely{Pre,Here} && 0 <= k <= n;
      loop invariant \forall integer x; 0 <= x < k && j != ME &&
        cell{Pre}(O,off + x, ME,j) == cell(O,off + x, ME,j) ==>
        buf[x] == val(O,off + x, j, cell(O,off + x, ME,j));
      loop invariant \forall integer x; 0 <= x < k && j == ME ==> buf[x] == val(O,off + x, ME, Own(off + x, ME));
      loop assigns W, k, buf[0 .. n - 1]; loop variant n - k; */
  for (uint64_t k = 0; k < n; k++) {
    env();
    uint64_t x;
    if (j == w->rank)
      x = see_own(r->at, off + k, j);
    else
      x = see_val(r->at, off + k, w->rank, j);
    buf[k] = (unsigned char)x;
  }
}

void wire_fill_words(const struct wire *w, const struct rows *r, uint64_t off, const uint64_t *buf, uint64_t n)
{
  /*@ loop invariant Inv && 0 <= k <= n && Quiet{Pre,Here} && SPub{Pre,Here}(ME) && SPost{Pre,Here};
      loop invariant k < n ==> MayStore(ME, off + 8 * k, off + 8 * n, said(O, ME));
      loop invariant \forall integer a; Own(a, ME) == (off <= a < off + 8 * k ? said(O, ME) : Own{Pre}(a, ME));
      loop invariant \forall integer x; 0 <= x < k ==> val(O,off + 8 * x, ME, said(O, ME)) == buf[x];
      loop assigns W, k; loop variant n - k; */
  for (uint64_t k = 0; k < n; k++) {
    env();
    step_store(r->at, off + 8 * k, off + 8 * k + 8, w->rank, see_said(r->at, w->rank), buf[k]);
  }
}

void wire_fill_bytes(const struct wire *w, const struct rows *r, uint64_t off, const unsigned char *buf, uint64_t n)
{
  /*@ loop invariant Inv && 0 <= k <= n && Quiet{Pre,Here} && SPub{Pre,Here}(ME) && SPost{Pre,Here};
      loop invariant k < n ==> MayStore(ME, off + k, off + n, said(O, ME));
      loop invariant \forall integer a; Own(a, ME) == (off <= a < off + k ? said(O, ME) : Own{Pre}(a, ME));
      loop invariant \forall integer x; 0 <= x < k ==> val(O,off + x, ME, said(O, ME)) == buf[x];
      loop assigns W, k; loop variant n - k; */
  for (uint64_t k = 0; k < n; k++) {
    env();
    step_store(r->at, off + k, off + k + 1, w->rank, see_said(r->at, w->rank), buf[k]);
  }
}

int wire_signal(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v)
{
  env();
  if (nondet() || !has_room(w->rank, i))
    return SACRED_AGAIN;
  step_put(r->at, off, off + 8, w->rank, i, 1, v);
  return SACRED_OK;
}

int wire_put(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len)
{
  env();
  if (nondet() || !has_room(w->rank, i))
    return SACRED_AGAIN;
  step_put(r->at, off, off + len, w->rank, i, 0, see_said(r->at, w->rank));
  return SACRED_OK;
}

/* Region traffic is another object's: a rank's posts to itself are not in the world. */
/*@ requires Inv && Node(i); terminates \true; assigns W; exits \false;
    ensures Inv;
    ensures FTime{Pre,Here} && FQueue{Pre,Here} && FPut{Pre,Here} && FVer{Pre,Here} && FVal{Pre,Here} && FEntry{Pre,Here};
    ensures FPub{Pre,Here} && FAt{Pre,Here}; ensures FSaid{Pre,Here}; ensures FWhen{Pre,Here}; ensures FDone{Pre,Here}; ensures FCell{Pre,Here};
    ensures SSaid{Pre,Here}(ME) && SDone{Pre,Here}(ME) && SPub{Pre,Here}(ME);
    ensures \result == SACRED_OK || \result == SACRED_AGAIN;
    ensures \result != SACRED_OK ==> Rely{Pre,Here}; */
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

int wire_refuse(const struct wire *w, int status, uint64_t value, uint64_t limit)
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
