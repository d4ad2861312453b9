/* What the broadcast's invariant implies, as its code uses it: the ghost calls of primitives/broadcast.h, proved. */
/* SPDX-License-Identifier: BSD-2-Clause */
#define WORLD_MODEL
#define LEMMAS_PROVED
#include "primitives/broadcast.h"

/*@
  lemma carried{L}: OAt{L} && CReady{L} && CSeen{L} && CTaken{L} ==> \forall integer j, p; Pair(ME,j) && 1 <= p <= cell(O,0,ME,j) ==>
    Entry(j,ME,at(O,Off(p),j,ME,p)) && lo(j,ME,at(O,Off(p),j,ME,p)) == Off(p) && num(j,ME,at(O,Off(p),j,ME,p)) == p;
  lemma whole{L}: OAt{L} && CReady{L} && CSeen{L} && CTaken{L} && CWhole{L} ==> \forall integer j, p; Pair(ME,j) && 1 <= p <= cell(O,0,ME,j) ==>
    hi(j,ME,at(O,Off(p),j,ME,p)) == Off(p) + 64 + Bytes(j,p);
  lemma placed{L}: Inv{L} ==> \forall integer j, p, a; Pair(ME,j) && 1 <= p <= cell(O,0,ME,j) && In(j,ME,at(O,Off(p),j,ME,p),a) ==>
    p <= cell(O,a,ME,j) && Off(p) <= a < Off(p) + 32832 && Data(a);
  // what is READY and not yet taken stays: all of chunk p is here, nothing newer is
  lemma fresh{L}: Inv{L} ==> \forall integer j, p, a; Pair(ME,j) && done(O,ME,j) < p <= cell(O,0,ME,j) &&
    Off(p) <= a < Off(p) + 64 + Bytes(j,p) ==> cell(O,a,ME,j) == p;
  lemma fresh_head{L}: Inv{L} ==> \forall integer j, p, a; Pair(ME,j) && done(O,ME,j) < p <= cell(O,0,ME,j) &&
    Off(p) <= a < Off(p) + 64 ==> cell(O,a,ME,j) == p;
  // once all have thanked for what was in its slot, nothing of chunk p's slot is still to be read
  lemma idle{L}: Inv{L} ==> \forall integer p, l, h; 1 <= p && Off(p) <= l && h <= Off(p) + 32832
    && (\forall integer i; Pair(ME,i) ==> p <= cell(O,64,ME,i) + 4) && (\forall integer a; l <= a < h ==> Own(a,ME) < p) ==> Idle(ME,l,h);
*/

/* Numbers are counts, and none is ahead of what I have announced. */
/*@ LEMMA_COUNTS */
void lemma_counts(void)
{
}

/* Once all have thanked for what was in its slot, nothing of chunk p's slot is still to be read. */
/*@ LEMMA_IDLE */
void lemma_idle(uint64_t p)
{
  (void)p;
}

/* What is READY and not yet taken stays: all of chunk p is here, and nothing newer. */
/*@ LEMMA_HERE */
void lemma_here(uint32_t j, uint64_t p)
{
  (void)j, (void)p;
}
