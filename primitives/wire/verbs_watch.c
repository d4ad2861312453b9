/* What the verbs wire does now and then: hears events, probes silent peers, and judges who is unreachable. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "verbs.h"
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

enum {
  PROBE_EVERY_NS = 100000000, /* a peer that nothing was posted to meanwhile is probed so often */
  DOUBT_NS = 2000000000,      /* so long after an error the system may tell that a peer of this host has ended */
  HEAR_EVERY_NS = 10000000    /* events are looked for so often: each look is a system call */
};

static struct verbs *of(const struct wire *w)
{
  return w->transport->verbs;
}

/*
 * Something is wrong with rank i: the first error of each peer counts, the first
 * of all is kept in words. A rank that ends takes its memory and its queue pair
 * with it, and the wire may hear of that before the system tells of its end: so
 * a rank of this host has a moment to do so, and is unreachable only then.
 */
void verbs_doubt(struct wire *w, uint32_t i, const char *format, ...)
{
  struct verbs *v = of(w);
  if (v->peers[i].failed != 0 || wire_peer_gone(w, i))
    return;
  v->peers[i].failed = sacred_now();
  if (v->said[0] != '\0')
    return;
  va_list list;
  va_start(list, format);
  vsnprintf(v->said, sizeof v->said, format, list);
  va_end(list);
  v->said_of = i;
}

/* Latch what is not explained by an end. An error may be younger than `now`: the look that began then has found it. */
static void judge(struct wire *w, uint64_t now)
{
  struct verbs *v = of(w);
  if (v->said[0] != '\0' && wire_peer_gone(w, v->said_of) && w->transport->peers[v->said_of].life != PEER_UNREACHABLE)
    v->said[0] = '\0'; /* it has died, or left: no error of the wire */
  for (uint32_t i = 0; i < v->size; i++)
    if (v->peers[i].failed != 0 && !wire_peer_gone(w, i) &&
        (w->transport->peers[i].pid == 0 || now >= v->peers[i].failed + DOUBT_NS))
      wire_peer_lose(w, i, PEER_UNREACHABLE);
}

void verbs_doubt_all(struct wire *w, const char *why)
{
  for (uint32_t i = 0; i < w->size; i++)
    if (i != w->rank)
      verbs_doubt(w, i, "%s of %s", why, ibv_get_device_name(of(w)->context->device));
}

/* The rank that this queue pair leads to; size: none. */
static uint32_t leads_to(const struct verbs *v, const struct ibv_qp *qp)
{
  uint32_t i = 0;
  while (i < v->size && v->peers[i].qp != qp)
    i++;
  return i;
}

static void heed(struct wire *w, const struct ibv_async_event *event)
{
  struct verbs *v = of(w);
  uint32_t i;
  switch (event->event_type) {
  case IBV_EVENT_QP_FATAL:
  case IBV_EVENT_QP_REQ_ERR:
  case IBV_EVENT_QP_ACCESS_ERR:
  case IBV_EVENT_PATH_MIG_ERR:
    i = leads_to(v, event->element.qp);
    if (i < v->size)
      verbs_doubt(w, i, "rank %u: the device tells of its queue pair: %s", i, ibv_event_type_str(event->event_type));
    break;
  case IBV_EVENT_CQ_ERR:
    verbs_doubt_all(w, "the completion queue failed: an event");
    break;
  case IBV_EVENT_DEVICE_FATAL:
    verbs_doubt_all(w, "an event tells of a fatal error");
    break;
  default:
    /* A port that goes down may come back, in time for the next repetition: what is posted decides. */
    break;
  }
}

static void hear(struct wire *w)
{
  struct ibv_async_event event;
  while (ibv_get_async_event(of(w)->context, &event) == 0) {
    heed(w, &event);
    ibv_ack_async_event(&event);
  }
}

/* What was posted since the last time tells as well that a peer is gone, even where it asks for no completion. */
static void probe(struct wire *w, uint32_t i)
{
  struct verbs_peer *p = &of(w)->peers[i];
  int is_answer_under_way = p->credit.done < p->credit.signaled;
  if (p->credit.posted == p->posted_before && !is_answer_under_way)
    verbs_probe(w, i);
  p->posted_before = p->credit.posted;
}

void verbs_watch(struct wire *w, uint64_t now)
{
  struct verbs *v = of(w);
  verbs_poll(w);
  judge(w, now);
  for (uint32_t i = 0; i < v->size; i++)
    if (v->peers[i].rest.length > 0 && !verbs_is_lost(w, i))
      verbs_go_on(w, i);
  if (now - v->heard >= HEAR_EVERY_NS) {
    v->heard = now;
    if (!v->brought) /* else events are the caller's */
      hear(w);
  }
  if (now - v->probed < PROBE_EVERY_NS)
    return;
  v->probed = now;
  for (uint32_t i = 0; i < v->size; i++)
    probe(w, i);
}

static int is_drained(struct wire *w)
{
  struct verbs *v = of(w);
  for (uint32_t i = 0; i < v->size; i++) {
    const struct verbs_peer *p = &v->peers[i];
    if (!p->qp || verbs_is_lost(w, i))
      continue;
    if (p->rest.length > 0 || verbs_completed(w, i) < w->transport->peers[i].posted)
      return 0;
    if (v->brought && p->credit.done < p->credit.posted) /* a probe: nobody will flush it */
      return 0;
  }
  return 1;
}

void verbs_drain(struct wire *w, uint64_t deadline)
{
  struct timespec nap = {0, 20000};
  while (!is_drained(w) && sacred_now() < deadline) {
    verbs_watch(w, sacred_now());
    nanosleep(&nap, NULL);
  }
}
