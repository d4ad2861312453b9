/* The control area of a group: what its ranks tell each other outside the door. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "control.h"
#include <errno.h>
#include <signal.h>
#include <string.h>

static uint64_t lists_at(uint32_t size)
{
  return sizeof(struct control) + size * sizeof(struct control_rank);
}

uint64_t control_bytes(uint32_t size)
{
  return (lists_at(size) + (uint64_t)size * size * sizeof(uint32_t) + 4095) / 4096 * 4096;
}

uint32_t *control_list(struct control *c, uint32_t i)
{
  return (uint32_t *)(void *)((unsigned char *)c + lists_at(c->size)) + (uint64_t)i * c->size;
}

int control_closing(const struct control *c, uint32_t i)
{
  /* ORDER unmap-after-closing.  An acquire load (rules rr, rw); pairs with close-after-all, which says the rest. */
  return __atomic_load_n(&c->rank[i].closing, __ATOMIC_ACQUIRE) != 0;
}

int control_left(const struct control *c, uint32_t i)
{
  /* ORDER look-after-left.  An acquire load (rule rr); pairs with leave-after-all, which says the rest. */
  return c && __atomic_load_n(&c->rank[i].left, __ATOMIC_ACQUIRE) != 0;
}

int control_gone(const struct control *c, uint32_t i)
{
  /* ORDER look-after-gone.  An acquire load (rule rr); pairs with gone-after-end, which says the rest. */
  return __atomic_load_n(&c->rank[i].gone, __ATOMIC_ACQUIRE) != 0;
}

void control_close(struct control *c, uint32_t rank)
{
  /*
   * ORDER close-after-all.  A release store: all that I posted is placed before it,
   * and what I gave is given (rules rw, ww).  Pairs with unmap-after-closing.  Without
   * it a rank could unmap ahead of a last store of mine to its file, or blame me for
   * what I did give (tests: closing_instead of await.c).
   */
  __atomic_store_n(&c->rank[rank].closing, 1, __ATOMIC_RELEASE);
}

void control_leave(struct control *c, uint32_t rank)
{
  /*
   * ORDER leave-after-all.  A release store: that I closed, and all I gave, is before
   * it (rule ww).  Pairs with look-after-left.  Without it a rank could take me for
   * one that left without closing, and call me dead (tests: close_with_a_dead_rank_ends).
   */
  __atomic_store_n(&c->rank[rank].left, 1, __ATOMIC_RELEASE);
}

int control_wait(struct control *c, uint32_t rank, uint64_t at, uint64_t epoch)
{
  struct control_rank *r = &c->rank[rank];
  if (r->waits == epoch && r->waits_at == at)
    return 0;
  __atomic_store_n(&r->waits, 0, __ATOMIC_RELAXED);
  /*
   * ORDER none-then-barrier.  A release fence: no epoch is there before another
   * barrier is (rule ww).  Pairs with barrier-then-look.  Without it the epoch of the
   * last barrier could be taken for one of this (tests: late_ranks_of_one_barrier_are_not_those_of_another).
   */
  __atomic_thread_fence(__ATOMIC_RELEASE);
  __atomic_store_n(&r->waits_at, at, __ATOMIC_RELAXED);
  /*
   * ORDER barrier-then-epoch.  A release store: the barrier is there before its epoch
   * (rule ww), and I have entered.  Pairs with epoch-then-barrier.  Without it the
   * epoch of this barrier could be taken for one of the last.
   */
  __atomic_store_n(&r->waits, epoch, __ATOMIC_RELEASE);
  return 1;
}

int control_waits(const struct control *c, uint32_t i, uint64_t at, uint64_t epoch)
{
  const struct control_rank *r = &c->rank[i];
  /* ORDER epoch-then-barrier.  An acquire load (rule rr); pairs with barrier-then-epoch, which says the rest. */
  uint64_t waits = __atomic_load_n(&r->waits, __ATOMIC_ACQUIRE);
  uint64_t where = __atomic_load_n(&r->waits_at, __ATOMIC_RELAXED);
  /*
   * ORDER barrier-then-look.  An acquire fence: the barrier is read before the epoch
   * is looked at again (rule rr).  Pairs with none-then-barrier, which says the rest.
   */
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  return waits >= epoch && where == at && __atomic_load_n(&r->waits, __ATOMIC_RELAXED) == waits;
}

uint32_t control_owner(const struct control *c, uint32_t rank)
{
  /* Relaxed is enough: only its own number is looked for, which the same thread or a forebear has written. */
  return __atomic_load_n(&c->rank[rank].owner, __ATOMIC_RELAXED);
}

uint32_t control_claim(struct control *c, uint32_t rank, uint32_t pid)
{
  /* Relaxed is enough to exclude each other: what an earlier owner wrote, it wrote before it ended. */
  uint32_t owner = 0;
  while (!__atomic_compare_exchange_n(&c->rank[rank].owner, &owner, pid, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    if (owner == pid || kill((pid_t)owner, 0) == 0 || errno != ESRCH)
      return owner;
  return pid;
}

uint64_t control_said(const struct control *c, uint32_t i)
{
  /* ORDER heard-before-message.  An acquire load (rule rr); pairs with said-after-message, which says the rest. */
  return __atomic_load_n(&c->rank[i].said, __ATOMIC_ACQUIRE);
}

uint64_t control_split_said(const struct control *c, uint32_t i)
{
  /* ORDER heard-before-message, as in control_said(): the device places the message first, it was posted first. */
  return __atomic_load_n(&c->rank[i].split_said, __ATOMIC_ACQUIRE);
}

void exchange_give(struct exchange *x, const void *mine, size_t size)
{
  struct control_rank *r = &x->control->rank[x->rank];
  x->said++;
  x->next = 0;
  memcpy(r->message[x->said % 2], mine, size);
  /*
   * ORDER said-after-message.  A release store: the message is before it (rule ww).
   * Pairs with heard-before-message.  Two slots are enough: who gives to k + 2 is over
   * with k + 1, to which nobody gives before it has read all of k.  Without it a
   * rank could read half a message.
   */
  __atomic_store_n(&r->said, x->said, __ATOMIC_RELEASE);
}

int exchange_lacks(const struct exchange *x, uint32_t i)
{
  return control_said(x->control, i) < x->said;
}

int exchange_over(struct exchange *x)
{
  while (x->next < x->size && !exchange_lacks(x, x->next))
    x->next++;
  return x->next == x->size;
}

void exchange_take(const struct exchange *x, uint32_t i, void *theirs, size_t size)
{
  memcpy(theirs, x->control->rank[i].message[x->said % 2], size);
}
