/* The completion queue never overruns, and a queue pair that is full tells of itself. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "primitives/wire/credit.h"

/*
 * A queue pair, and what of it is in the completion queue: told[from .. to - 1], numbers of work requests, the oldest
 * first, and `others` entries of whoever else posts to it. An entry is made when a work request is completed, or flushed
 * in the error state, and taken when it is polled.
 */
struct pair {
  struct credit c;
  uint64_t *told;
  uint64_t from, to, others;
};

/*@
  // What a device may tell: each work request once, in the order of posting, and none before it is posted.
  predicate Told{L}(struct pair *p) =
    p->from <= p->to && \valid_read(p->told + (p->from .. p->to - 1))
    && (\forall integer j; p->from <= j < p->to ==> p->c.done < p->told[j] <= p->c.posted)
    && \forall integer i, j; p->from <= i < j < p->to ==> p->told[i] < p->told[j];
  predicate Pair{L}(struct pair *p, integer depth, integer kept) = Credit(&p->c, depth) && Told(p) && p->others <= kept;

  // All that the first k queue pairs have in the completion queue.
  logic integer Entries{L}(struct pair *p, integer k) =
    k <= 0 ? 0 : Entries(p, k - 1) + (p[k - 1].to - p[k - 1].from) + p[k - 1].others;
*/

/* What a queue pair has in the completion queue, it has outstanding. */
/*@
  requires   pair:   \valid_read(p) && Pair(p, depth, kept);
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    few:    p->to - p->from <= p->c.posted - p->c.done <= depth;
*/
void credit_told_is_outstanding(const struct pair *p, uint32_t depth, uint32_t kept)
{
  /*@ loop invariant rises: p->from <= j <= p->to && (p->from < j ==> p->c.done + (j - p->from) <= p->told[j - 1]);
      loop assigns j;
      loop variant p->to - j; */
  for (uint64_t j = p->from; j < p->to; j++)
    ;
}

/* Whatever is posted, completed, flushed and polled: the entries fit the queue whose length credit_fit() has given. */
/*@
  requires   pairs:  1 <= pairs && \valid_read(p + (0 .. pairs - 1));
  requires   depth:  \forall integer i; 0 <= i < pairs ==> Pair(p + i, f->depth, kept);
  requires   length: \valid_read(f) && f->entries == pairs * (f->depth + kept);
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    room:   Entries(p, pairs) <= f->entries;
*/
void credit_queue_never_overruns(const struct pair *p, uint32_t pairs, const struct credit_fit *f, uint32_t kept)
{
  uint32_t i = 0;
  /*@ loop invariant some: 0 <= i <= pairs && Entries(p, i) <= i * (f->depth + kept);
      loop assigns i;
      loop variant pairs - i; */
  for (; i < pairs; i++)
    credit_told_is_outstanding(p + i, f->depth, kept);
  //@ assert all: i == pairs;
}

/* It stays so: a post .. */
/*@
  requires   pair:   \valid(p) && Pair(p, depth, kept) && \separated(p, p->told + (p->from .. p->to - 1));
  terminates \true;
  exits      \false;
  assigns    p->c;
  ensures    pair:   Pair(p, depth, kept);
  ensures    posted: \old(p->c.posted) < UINT64_MAX && \old(p->c.posted) < \old(p->c.done) + depth ==> p->c.posted == \old(p->c.posted) + 1;
*/
void credit_kept_by_a_post(struct pair *p, uint32_t depth, uint32_t kept, int wanted)
{
  if (credit_left(&p->c, depth) > 0)
    credit_post(&p->c, depth, wanted || credit_due(&p->c, depth));
}

/* .. what the device tells, of any that is posted and not told, in order .. */
/*@
  requires   pair:   \valid(p) && Pair(p, depth, kept);
  requires   room:   p->to < UINT64_MAX && \valid(p->told + p->to) && \separated(p, p->told + (p->from .. p->to));
  requires   device: p->c.done < number <= p->c.posted && (p->from < p->to ==> p->told[p->to - 1] < number);
  terminates \true;
  exits      \false;
  assigns    p->told[p->to], p->to;
  ensures    pair:   Pair(p, depth, kept);
*/
void credit_kept_by_a_completion(struct pair *p, uint32_t depth, uint32_t kept, uint64_t number)
{
  p->told[p->to] = number;
  p->to++;
}

/* .. and a poll, which takes the oldest entry, and is told its number modulo CREDIT_NUMBERS. */
/*@
  requires   pair:   \valid(p) && Pair(p, depth, kept) && p->from < p->to && \separated(p, p->told + (p->from .. p->to - 1));
  terminates \true;
  exits      \false;
  assigns    p->c.done, p->from;
  ensures    pair:   Pair(p, depth, kept);
  ensures    taken:  \result == 1 && p->c.done == p->told[\old(p->from)] && p->from == \old(p->from) + 1;
*/
int credit_kept_by_a_poll(struct pair *p, uint32_t depth, uint32_t kept)
{
  int is = credit_take(&p->c, depth, p->told[p->from] % CREDIT_NUMBERS);
  //@ assert oldest: p->c.done == p->told[p->from];
  p->from++;
  return is;
}

/* Where there is at most one place left, one of those outstanding will tell of itself, and of all before it. */
/*@
  requires   valid:  \valid_read(c) && Credit(c, depth);
  requires   full:   c->posted < UINT64_MAX;
  terminates \true;
  exits      \false;
  assigns    \nothing;
  ensures    tells:  \result != 0 ==> c->done < c->signaled <= c->posted;
*/
int credit_full_tells(const struct credit *c, uint32_t depth)
{
  return credit_left(c, depth) <= 1;
}
