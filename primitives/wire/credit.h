/* Credits: how many work requests may be outstanding, so that no queue of the device overruns. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CREDIT_H
#define CREDIT_H
#include <stdint.h>

/* Work requests that a queue pair needs at least, to signal some of them only and to keep a place for a probe. */
enum { CREDIT_LEAST = 8 };

/* A completion tells the number of its work request modulo this: what is outstanding is far less. */
#define CREDIT_NUMBERS (UINT64_C(1) << 48)

/* How deep each queue pair is, and how long the completion queue that they share. */
struct credit_fit {
  uint32_t depth, entries;
};

/* The work requests of a queue pair, numbered from 1. */
struct credit {
  uint64_t posted, done; /* done: the last known to be over, and all before it */
  uint64_t signaled;     /* the last that asked for a completion */
};

/*@
  // The sizes are those that what is asked, and what the device has, allow at most; `kept` of a queue pair are another's.
  predicate Fits(integer pairs, integer asked, integer wr_most, integer cqe_most, integer kept) =
    CREDIT_LEAST <= asked && pairs * (CREDIT_LEAST + kept) <= cqe_most && (0 < wr_most ==> CREDIT_LEAST + kept <= wr_most);

  // At most `depth` are outstanding, and less than half as many in a row have asked for no completion.
  predicate Credit{L}(struct credit *c, integer depth) =
    CREDIT_LEAST <= depth && c->done <= c->posted <= c->done + depth
    && c->signaled <= c->posted <= c->signaled + depth / 2 - 1;
*/

/*
 * Choose the sizes for `pairs` queue pairs on one completion queue: `asked` work requests in each, or as many as
 * there is room for, besides `kept` of somebody else's. wr_most: of a queue pair, 0 or less: the device does not
 * say; cqe_most: of a completion queue. 1, and *f; 0: there is not even room for CREDIT_LEAST, or they are not asked.
 */
/*@
  requires   pairs:  1 <= pairs;
  requires   f:      \valid(f);
  terminates \true;
  exits      \false;
  assigns    *f;
  ensures    truth:  \result == 0 || \result == 1;
  ensures    exact:  \result == 1 <==> Fits(pairs, asked, wr_most, cqe_most, kept);
  ensures    depth:  \result == 1 ==> CREDIT_LEAST <= f->depth <= asked && (0 < wr_most ==> f->depth + kept <= wr_most);
  ensures    length: \result == 1 ==> f->entries == pairs * (f->depth + kept) && f->entries <= cqe_most;
  ensures    most:   \result == 1 && f->depth < asked ==> !Fits(pairs, asked, wr_most, cqe_most, kept + f->depth + 1 - CREDIT_LEAST);
*/
int credit_fit(uint32_t pairs, uint32_t asked, int32_t wr_most, int32_t cqe_most, uint32_t kept, struct credit_fit *f);

/* How many more may be posted. */
/*@
  requires   valid:  \valid_read(c) && Credit(c, depth);
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    left:   \result == (c->posted == UINT64_MAX ? 0 : c->done + depth - c->posted);
*/
uint32_t credit_left(const struct credit *c, uint32_t depth);

/* Must the next one ask for a completion? Otherwise a queue pair could be full, and nothing in it would tell. */
/*@
  requires   valid:  \valid_read(c) && Credit(c, depth);
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    due:    \result == 0 ==> c->posted + 1 < c->signaled + depth / 2;
  ensures    half:   \result != 0 ==> c->signaled + depth / 2 <= c->posted + 1;
*/
int credit_due(const struct credit *c, uint32_t depth);

/* One more is posted. */
/*@
  requires   valid:  \valid(c) && Credit(c, depth);
  requires   left:   c->posted < UINT64_MAX && c->posted < c->done + depth;
  requires   due:    signaled != 0 || c->posted + 1 < c->signaled + depth / 2;
  terminates \true;
  exits      \false;
  assigns    *c;
  ensures    valid:  Credit(c, depth);
  ensures    posted: c->posted == \old(c->posted) + 1 && c->done == \old(c->done);
  ensures    tells:  c->signaled == (signaled != 0 ? c->posted : \old(c->signaled));
*/
void credit_post(struct credit *c, uint32_t depth, int signaled);

/*
 * A completion tells of the work request whose number is `number` modulo CREDIT_NUMBERS. 1 where it is outstanding:
 * it is done then, and all before it; 0 where it is not, and nothing has changed.
 */
/*@
  requires   valid:  \valid(c) && Credit(c, depth);
  requires   number: number < CREDIT_NUMBERS;
  terminates \true;
  exits      \false;
  assigns    c->done;
  ensures    valid:  Credit(c, depth);
  ensures    truth:  \result == 0 || \result == 1;
  ensures    done:   \result == 1 ==> \old(c->done) < c->done <= c->posted && c->done % CREDIT_NUMBERS == number;
  ensures    found:  \forall integer k; \old(c->done) < k <= c->posted && k % CREDIT_NUMBERS == number ==> \result == 1 && c->done == k;
  ensures    none:   \result == 0 ==> c->done == \old(c->done);
*/
int credit_take(struct credit *c, uint32_t depth, uint64_t number);
#endif
