/* The flag: one word per ordered pair of ranks, inline, counting up. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FLAG_H
#define FLAG_H
#include "wire.h"
#include <sacred/flag.h>

struct sacred_flag {
  struct wire *w;
  struct rows rows; /* a row is one word: the epoch */
  uint64_t *raised; /* [i]: where my flag at rank i stands */
};

/*@
  predicate FlagValid{L}(struct sacred_flag *f) =
    \valid(f) && Ctx(f->w,&f->rows) && \valid(f->raised + (0 .. N - 1)) &&
    \separated(f, f->w, f->raised + (0 .. N - 1)) &&
    \forall integer i; Node(i) && i != ME ==> f->raised[i] == pub(O,0,ME,i);
*/

/*
 * Nothing is claimed of a flag to myself but that it counts. What is placed
 * when the epoch is seen: all that I had posted to the peer before this call.
 */
/*@
  requires   valid:  Inv && FlagValid(f);
  terminates \true;
  exits      \false;
  assigns    W, f->raised[0 .. N - 1];
  ensures    valid:  Inv && FlagValid(f);
  ensures    others: Quiet{Pre,Here};
  ensures    status: \result == SACRED_OK || \result == SACRED_AGAIN || \result == SACRED_ERR_CLOSED || \result == SACRED_ERR_RANK
                       || \result == SACRED_ERR_RANGE || \result == SACRED_ERR_DEAD || \result == SACRED_ERR_UNREACHABLE;
  ensures    raised: \result == SACRED_OK ==> peer < N && f->raised[peer] == epoch;
  ensures    posted: \result == SACRED_OK && peer != ME && \old(f->raised[peer]) < epoch ==>
                       at(O,0,ME,peer,epoch) == Post{Pre}(ME,peer);
  ensures    back:   peer < N && epoch < \old(f->raised[peer]) ==> \result != SACRED_OK;
  ensures    kept:   \forall integer i; Node(i) && (i != peer || \result != SACRED_OK) ==> f->raised[i] == \old(f->raised[i]);
*/
int sacred_flag_raise(struct sacred_flag *f, uint32_t peer, uint64_t epoch);

/* Seen: the peer did raise it, and all that it had posted to me before is placed. */
/*@
  requires   valid:  Inv && FlagValid(f);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    valid:  Inv && FlagValid(f);
  ensures    others: Rely{Pre,Here};
  ensures    status: \result == SACRED_OK || \result == SACRED_AGAIN || \result == SACRED_ERR_CLOSED || \result == SACRED_ERR_RANK
                       || \result == SACRED_ERR_DEAD || \result == SACRED_ERR_UNREACHABLE;
  ensures    raised: \result == SACRED_OK && peer != ME ==> peer < N && epoch <= pub(O,0,peer,ME);
  ensures    placed: \result == SACRED_OK && peer != ME && 1 <= epoch ==> Placed(peer,ME,at(O,0,peer,ME,epoch));
  ensures    here:   \result == SACRED_OK && peer != ME ==> epoch <= cell(O,0,ME,peer);
  ensures    stays:  peer < N && peer != ME && epoch <= cell{Pre}(O,0,ME,peer) && f->w->open != 0 ==> \result == SACRED_OK;
*/
int sacred_flag_test(struct sacred_flag *f, uint32_t peer, uint64_t epoch);

/*@
  requires   valid:  Inv && FlagValid(f);
  exits      \false;
  assigns    W;
  ensures    valid:  Inv && FlagValid(f);
  ensures    others: Rely{Pre,Here};
  ensures    status: \result == SACRED_OK || \result == SACRED_TIMEOUT || \result == SACRED_ERR_CLOSED || \result == SACRED_ERR_RANK
                       || \result == SACRED_ERR_DEAD || \result == SACRED_ERR_UNREACHABLE;
  ensures    raised: \result == SACRED_OK && peer != ME ==> peer < N && epoch <= pub(O,0,peer,ME);
  ensures    placed: \result == SACRED_OK && peer != ME && 1 <= epoch ==> Placed(peer,ME,at(O,0,peer,ME,epoch));
*/
int sacred_flag_wait(struct sacred_flag *f, uint32_t peer, uint64_t epoch, uint64_t deadline);
#endif
