/* What the broadcast's invariant implies, as its code uses it: the ghost calls of primitives/broadcast.h, proved. */
/* SPDX-License-Identifier: BSD-2-Clause */
#define WORLD_MODEL
#define LEMMAS_PROVED
#include "primitives/broadcast.h"

/*@
  // what is READY and not yet taken stays: all of chunk p is here, nothing newer is
  lemma arrived{L}: Inv{L} ==> \forall integer j, p; Pair(ME,j) && 1 <= p == cell(O,Says(p),ME,j) ==> Arrived(ME,j,p);
  lemma whole{L}: Inv{L} ==> \forall integer j, p; Pair(ME,j) && Arrived(ME,j,p) ==>
    hi(j,ME,at(O,Off(p),j,ME,p)) == Off(p) + 64 + Bytes(j,p) && Same(j,RootOf(j,p),p,Off(p) + 64 + Bytes(j,p)) && 0 <= Bytes(j,p) <= 65536;
  lemma in_data: \forall integer p, a; 0 <= p && Off(p) <= a < Off(p) + 65600 ==> Data(a);
  lemma placed{L}: Inv{L} ==> \forall integer j, p, a; Pair(ME,j) && Arrived(ME,j,p) && Off(p) <= a < Off(p) + 64 + Bytes(j,p) ==>
    In(j,ME,at(O,Off(p),j,ME,p),a) && p <= cell(O,a,ME,j);
  lemma last{L}: Inv{L} ==> \forall integer j, p; Pair(ME,j) && Arrived(ME,j,p) && done(O,ME,0) < p ==> pub(O,Off(p),j,ME) == p;
  lemma fresh{L}: Inv{L} ==> \forall integer j, p, a; Pair(ME,j) && done(O,ME,0) < p && Arrived(ME,j,p) &&
    Off(p) <= a < Off(p) + 64 + Bytes(j,p) ==> cell(O,a,ME,j) == p;
  lemma fresh_head{L}: Inv{L} ==> \forall integer j, p, a; Pair(ME,j) && done(O,ME,0) < p && Arrived(ME,j,p) &&
    Off(p) <= a < Off(p) + 64 ==> cell(O,a,ME,j) == p;
  // and it is at home, too, as long as it is not taken
  lemma at_home{L}: Inv{L} ==> \forall integer j, p, a; Pair(ME,j) && Arrived(ME,j,p) && Off(p) <= a < Off(p) + 64 + Bytes(j,p) ==>
    p <= ver(O,a,j,out(j)) <= Own(a,j);
  lemma lent{L}: Inv{L} ==> \forall integer j, p, a; Pair(ME,j) && Arrived(ME,j,p) && done(O,ME,0) < p && Off(p) <= a < Off(p) + 64 + Bytes(j,p) ==>
    Lent(j,a,p);
  // once all have thanked for what was in its slot, nothing of chunk p's slot is still to be read
  lemma spent{L}: Inv{L} ==> \forall integer p, i, k, a; 1 <= p && Free(p) && Pair(ME,i) && Entry(ME,i,k) && inl(ME,i,k) == 0 && In(ME,i,k,a) &&
    Off(p) <= a < Off(p) + 65600 ==> Chunky(ME,i,k) && num(ME,i,k) <= pub(O,64,i,ME);
  lemma idle{L}: Inv{L} ==> \forall integer p, l, h; 1 <= p && Off(p) <= l && h <= Off(p) + 65600
    && Free(p) && (\forall integer a; l <= a < h ==> Own(a,ME) < p) ==> Idle(ME,l,h);
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

/* ... and all have done with it: it may be filled again. */
/*@ LEMMA_QUIT */
void lemma_quit(uint64_t p)
{
  (void)p;
}

/* Where READY says p, just that chunk is here. */
/*@ LEMMA_ARRIVED */
void lemma_arrived(uint32_t j, uint64_t p)
{
  (void)j, (void)p;
}

/* What is READY and not yet taken stays: all of chunk p is here, the root's, and nothing newer. */
/*@ LEMMA_HERE */
void lemma_here(uint32_t j, uint64_t p)
{
  (void)j, (void)p;
}
