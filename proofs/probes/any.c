/* Under an open protocol nothing here may be provable: neither its laws nor a contract of the door is contradictory. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/wire.h"
#include "proofs/probes/door.h"

/*@ requires Inv && Ctx(w,r) && Pair(ME,j) && Block(off,off + 8) && Signal(off) && MayAwait(off,j,v); ensures \result != 0 ==> \false; */
int p_reached(struct wire *w, struct rows *r, uint64_t off, uint32_t j, uint64_t v)
{
  return wire_reached(w, r, off, j, v);
}

/*@ requires Inv && Ctx(w,r) && Pair(ME,i) && Signal(off) && MayPost(ME,i,off,off + 8,v); ensures \result == SACRED_OK ==> \false; */
int p_signal(struct wire *w, uint32_t i, struct rows *r, uint64_t off, uint64_t v)
{
  return wire_signal(w, i, r, off, v);
}

/*@ requires Inv && Ctx(w,r) && Pair(ME,i) && off + len <= UINT64_MAX && !Signal(off) && MayPost(ME,i,off,off + len,said(O,ME));
    requires \forall integer a; off <= a < off + len ==> Own(a,ME) == said(O,ME); ensures \result == SACRED_OK ==> \false; */
int p_put(struct wire *w, uint32_t i, struct rows *r, uint64_t off, uint64_t len)
{
  return wire_put(w, i, r, off, len);
}

/*@ requires Inv && Ctx(w,r) && Pair(ME,j) && 1 <= n && off + 8 * n <= UINT64_MAX && \forall integer a; off <= a < off + 8 * n ==> Data(a);
    requires \valid(buf + (0 .. n - 1)) && \separated(buf + (0 .. n - 1), w, r); ensures \false; */
void p_copy(struct wire *w, struct rows *r, uint64_t off, uint32_t j, uint64_t *buf, uint64_t n)
{
  wire_copy_words(w, r, off, j, buf, n);
}

/*@ requires Inv && Ctx(w,r) && 1 <= n && off + 8 * n <= UINT64_MAX && \valid_read(buf + (0 .. n - 1));
    requires \forall integer k; 0 <= k < n ==> !Byte(off + 8 * k);
    requires MayStore(ME,off,off + 8 * n,said(O,ME)); ensures \false; */
void p_fill(struct wire *w, struct rows *r, uint64_t off, uint64_t *buf, uint64_t n)
{
  wire_fill_words(w, r, off, buf, n);
}

/*@ requires Inv && MayAnnounce(ME,v); ensures \false; */
void p_announce(uint64_t v)
{
  //@ ghost history_announce(v);
}

/*@ requires Inv && MayConclude(ME,x,v); ensures \false; */
void p_conclude(uint64_t x, uint64_t v)
{
  //@ ghost history_conclude(x, v);
}
