/* What a user relies on of a flag. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/flag.h"

/* Who observes an epoch observes every word that was posted to it before the raise. */
/*@
  requires  valid: Inv && FlagValid(f) && Pair(peer,ME) && 1 <= epoch;
  exits     \false;
  assigns   W;
  ensures   seen:  \result == SACRED_OK ==> epoch <= pub(O,0,peer,ME) && Placed(peer,ME,at(O,0,peer,ME,epoch));
*/
int flag_publishes(struct sacred_flag *f, uint32_t peer, uint64_t epoch, uint64_t deadline)
{
  return sacred_flag_wait(f, peer, epoch, deadline);
}

/* What counts as before the raise is all that I had posted when I called it. */
/*@
  requires  valid: Inv && FlagValid(f) && Pair(ME,peer) && f->raised[peer] < epoch;
  terminates \true;
  exits     \false;
  assigns   W, f->raised[0 .. N - 1];
  ensures   before: \result == SACRED_OK ==> at(O,0,ME,peer,epoch) == Post{Pre}(ME,peer);
*/
int flag_raise_comes_after(struct sacred_flag *f, uint32_t peer, uint64_t epoch)
{
  return sacred_flag_raise(f, peer, epoch);
}

/* A flag never goes back: seen once, it is seen ever after. */
/*@
  requires  valid: Inv && FlagValid(f) && Pair(peer,ME) && f->w->open != 0;
  terminates \true;
  exits     \false;
  assigns   W;
  ensures   again: \result == 0;
*/
int flag_never_goes_back(struct sacred_flag *f, uint32_t peer, uint64_t epoch)
{
  return sacred_flag_test(f, peer, epoch) == SACRED_OK && sacred_flag_test(f, peer, epoch) != SACRED_OK;
}
