/* The verbs wire's memory: what of the heap is registered, and the keys that open it at each rank. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "verbs.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Register at least so much at once: each registration has its price, and so has each pinned page. */
enum { REGISTER = 1 << 20 };

/*
 * Relaxed ordering is never asked for: with it the device could place a signal
 * ahead of the data before it, and every theorem would be void.
 */
enum { ACCESS = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ };

struct ibv_mr *verbs_register_at(const struct verbs *v, void *at, uint64_t bytes, char why[WIRE_ERROR])
{
  struct ibv_mr *mr = ibv_reg_mr(v->pd, at, bytes, ACCESS);
  int error = errno;
  struct rlimit locked;
  char limit[32] = "unlimited";
  if (mr)
    return mr;
  if (getrlimit(RLIMIT_MEMLOCK, &locked) == 0 && locked.rlim_cur != RLIM_INFINITY)
    snprintf(limit, sizeof limit, "%" PRIu64 " bytes", (uint64_t)locked.rlim_cur);
  snprintf(why, WIRE_ERROR,
           "%" PRIu64
           " bytes of memory cannot be registered with %s: %s; the limit of locked memory (ulimit -l) is %s, "
           "pages have %ld bytes: raise it (memlock in /etc/security/limits.conf, LimitMEMLOCK= of a service, "
           "--ulimit memlock=-1 of a container), or use less",
           bytes, ibv_get_device_name(v->context->device), strerror(error), limit, sysconf(_SC_PAGESIZE));
  return NULL;
}

/* Room for one more at the end of an array of n; NULL where there is no memory. */
static void *one_more(void **array, uint32_t n, size_t size)
{
  void *more = realloc(*array, (n + 1) * size);
  if (!more)
    return NULL;
  *array = more;
  return memset((unsigned char *)more + n * size, 0, size);
}

/* What of my memory holds [from, to). */
static const struct verbs_memory *held(const struct verbs *v, uint64_t from, uint64_t to)
{
  for (uint32_t k = v->memories; k > 0; k--)
    if (v->memory[k - 1].from <= from && to <= v->memory[k - 1].to)
      return &v->memory[k - 1];
  return NULL;
}

int verbs_register(struct wire *w, uint64_t from, uint64_t to, uint32_t *key)
{
  struct verbs *v = w->transport->verbs;
  const struct verbs_memory *there = held(v, from, to);
  if (!there) {
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), begin = from / page * page, end = (to + page - 1) / page * page;
    if (end < begin + REGISTER)
      end = begin + REGISTER;
    if (end > w->transport->heap_bytes)
      end = w->transport->heap_bytes;
    char why[WIRE_ERROR];
    struct verbs_memory *m = one_more((void **)&v->memory, v->memories, sizeof *v->memory);
    if (!m)
      return wire_say(w, SACRED_ERR_MEMORY, "no memory for one more registration: use less");
    *m = (struct verbs_memory){verbs_register_at(v, v->heap + begin, end - begin, why), begin, end};
    if (!m->mr)
      return wire_say(w, SACRED_ERR_MEMORY, "%s", why);
    v->memories++;
    there = m;
  }
  *key = there->mr->rkey;
  return SACRED_OK;
}

int verbs_learn(struct verbs *v, uint64_t from, uint64_t to, const uint32_t *keys)
{
  const struct verbs_memory *m = held(v, from, to);
  struct verbs_range *last = v->ranges_n > 0 ? &v->ranges[v->ranges_n - 1] : NULL;
  if (last && m && last->lkey == m->mr->lkey && last->to <= from &&
      memcmp(last->keys, keys, v->size * sizeof *keys) == 0) {
    last->to = to;
    return SACRED_OK;
  }
  uint32_t *copy = m ? malloc(v->size * sizeof *copy) : NULL;
  struct verbs_range *r = copy ? one_more((void **)&v->ranges, v->ranges_n, sizeof *v->ranges) : NULL;
  if (!r) {
    free(copy);
    return SACRED_ERR_MEMORY;
  }
  memcpy(copy, keys, v->size * sizeof *copy);
  *r = (struct verbs_range){from, to, m->mr->lkey, copy};
  v->ranges_n++;
  return SACRED_OK;
}

/* Objects come one behind the other, and an object lies in one range: the last that begins at or below `at`. */
const struct verbs_range *verbs_range(const struct verbs *v, uint64_t at, uint64_t length)
{
  uint32_t low = 0, high = v->ranges_n;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (v->ranges[middle].from <= at)
      low = middle + 1;
    else
      high = middle;
  }
  return low > 0 && verbs_is_within(&v->ranges[low - 1], at, length) ? &v->ranges[low - 1] : NULL;
}
