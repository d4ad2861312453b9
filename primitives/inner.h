/* What a barrier of hosts is made of: a barrier of my host, one of the first ranks, and a flag that lets my host go. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef INNER_H
#define INNER_H
#include "wire.h"

/*
 * Objects of two groups of their own, in which ranks have other numbers: the ranks of
 * my host, and the first ranks of all hosts. An epoch of the one around them is an epoch
 * of each, of the same number.
 */
struct inner {
  uint64_t met, crossed;                /* epochs over: of my host's barrier, and, at a first rank, of theirs */
  uint32_t size, next;                  /* ranks of my host; of these, the next that I let go */
  uint32_t meeting, crossing;           /* such an epoch is entered, and not over */
  struct sacred_barrier *here, *across; /* across: at first ranks only */
  struct sacred_flag *flag;             /* of my host */
  struct sacred_group *group;           /* of the barrier around them; the two others are its parts */
};

/*
 * What is proved of them is said here in the histories of the barrier around them. They
 * have worlds of their own, where said(O',j') is what j' has entered: at most done(O,j,0),
 * in the host's, since `came` is asked before a rank enters; and at most done(O,j,1) in that
 * of the first ranks. So the theorems barrier_nobody_early and dissemination_nobody_early say
 * `all` below. In the flag's world pub(O',0,j',i') is what j' has raised, at most done(O,j,2)
 * by `crossed`: flag_publishes says `let`. Who is not missing has entered: that is `all` of
 * barrier_missing and dissemination_missing, and gives `heard`. proofs/TRUST.md says why
 * a step from world to world is sound.
 */
/*@
  predicate InnerValid{L}(struct inner *n) = \valid(n);

  // whom a part has lost the group has lost too, and says so itself
  predicate InnerStatus(integer s) = s == SACRED_OK || s == SACRED_AGAIN;
*/

/* Enter the next epoch of my host's barrier, or go on with it: has all of my host come? Never blocks. */
/*@
  requires   valid:  Inv && InnerValid(n) && n->met < UINT64_MAX;
  requires   came:   n->met + 1 <= done(O,ME,0);
  terminates \true;
  exits      \false;
  assigns    W, n->met, n->meeting;
  ensures    inv:    Inv;
  ensures    others: Rely{Pre,Here};
  ensures    status: InnerStatus(\result);
  ensures    over:   n->met == \old(n->met) + (\result == SACRED_OK ? 1 : 0);
  ensures    all:    \result == SACRED_OK ==> \forall integer i; Same(ME,i) ==> n->met <= done(O,i,0);
*/
int inner_meet(struct inner *n);

/* The same of the first ranks: has every host met? */
/*@
  requires   valid:  Inv && InnerValid(n) && n->crossed < UINT64_MAX && Lead(ME);
  requires   met:    n->crossed + 1 <= done(O,ME,1);
  terminates \true;
  exits      \false;
  assigns    W, n->crossed, n->crossing;
  ensures    inv:    Inv;
  ensures    others: Rely{Pre,Here};
  ensures    status: InnerStatus(\result);
  ensures    over:   n->crossed == \old(n->crossed) + (\result == SACRED_OK ? 1 : 0);
  ensures    all:    \result == SACRED_OK ==> \forall integer i; Lead(i) ==> n->crossed <= done(O,i,1);
*/
int inner_cross(struct inner *n);

/* Let the next rank of my host go, of epoch v. Never blocks: SACRED_AGAIN where the wire is full. */
/*@
  requires   valid:  Inv && InnerValid(n) && Lead(ME) && n->next < n->size;
  requires   crossed:v <= done(O,ME,2);
  terminates \true;
  exits      \false;
  assigns    W, n->next;
  ensures    inv:    Inv;
  ensures    others: Rely{Pre,Here};
  ensures    status: InnerStatus(\result);
  ensures    next:   n->next == \old(n->next) + (\result == SACRED_OK ? 1 : 0);
*/
int inner_let_go(struct inner *n, uint64_t v);

/* Has the first rank of my host let me go, of epoch v? Never blocks. */
/*@
  requires   valid:  Inv && InnerValid(n) && !Lead(ME);
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    inv:    Inv;
  ensures    others: Rely{Pre,Here};
  ensures    status: InnerStatus(\result);
  ensures    let:    \result == SACRED_OK ==> v <= done(O,First(ME),2);
*/
int inner_let(const struct inner *n, uint64_t v);

/* Is rank j, of my host, not yet heard of in the epoch of the meeting that is not over? Never blocks. */
/*@
  requires   valid:  Inv && InnerValid(n) && Same(ME,j) && j != ME;
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    inv:    Inv;
  ensures    others: Rely{Pre,Here};
  ensures    heard:  \result == 0 ==> n->met + 1 <= done(O,j,0);
*/
int inner_lacks(const struct inner *n, uint32_t j);

/* The same of another host, by its first rank j, in that of the crossing. */
/*@
  requires   valid:  Inv && InnerValid(n) && Lead(ME) && Lead(j) && j != ME;
  terminates \true;
  exits      \false;
  assigns    W;
  ensures    inv:    Inv;
  ensures    others: Rely{Pre,Here};
  ensures    heard:  \result == 0 ==> n->crossed + 1 <= done(O,j,1);
*/
int inner_lacks_host(const struct inner *n, uint32_t j);
#endif
