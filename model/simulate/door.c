/* The door of primitives/wire.h, over the simulated network: what a primitive asks for becomes events. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "world.h"

/* Which rank of the world a wire's rank i is. */
static uint32_t among_all(const struct wire *w, uint32_t i)
{
  return w->transport->base + i * w->transport->step;
}

static struct rank *rank_of(const struct wire *w)
{
  return &world.rank[among_all(w, w->rank)];
}

/* Is the time that this operation takes the rank over? At first it begins. */
static bool is_paid(const struct wire *w)
{
  struct rank *r = rank_of(w);
  r->payment = r->payment == PAID ? NOTHING : PAYING;
  if (r->payment == PAYING)
    r->price = processor_overhead(network_of(w->transport->part)->overhead);
  return r->payment == NOTHING;
}

/* Each object has a word to a line: that of `off` in row j, of those that there are. */
static uint32_t line_of(const struct transport *t, const struct rows *r, uint64_t off, uint32_t j)
{
  uint64_t at = r->at + j * r->stride + off;
  if (at % WIRE_LINE == 0 && at / WIRE_LINE < t->lines)
    return (uint32_t)(at / WIRE_LINE);
  fails("the word at byte %llu is none of %u %s lines", (unsigned long long)at, t->lines,
        t->part == HOST ? "shared" : "registered");
  return 0;
}

/* Nobody asks for it but a fence, which is on the wire of all. */
static struct flow *flow(const struct wire *w, uint32_t i)
{
  if (w->transport->part != WHOLE)
    fails("rank %u asks for a completion on a wire without a fence", w->rank);
  return &world.flow[(size_t)w->rank * world.ranks + i];
}

/* Another rank's line, as memory has it. */
static const uint64_t *word(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j)
{
  if (j == w->rank || j >= w->size)
    fails("rank %u looks at a signal of rank %u", w->rank, j);
  return word_of(w->transport, w->rank, line_of(w->transport, r, off, j));
}

uint64_t wire_load(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j)
{
  return *word(w, r, off, j);
}

/* To look in vain costs nothing: there is nothing else to do. */
int wire_reached(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t want)
{
  const uint64_t *at = word(w, r, off, j);
  if (*at >= want)
    return is_paid(w);
  rank_of(w)->awaited = at;
  return 0;
}

static int post(struct wire *w, uint32_t i, struct event message)
{
  if (i == w->rank || i >= w->size)
    fails("rank %u posts to rank %u", w->rank, i);
  if (!is_paid(w))
    return SACRED_AGAIN;
  message.part = (uint8_t)w->transport->part;
  message.from = among_all(w, w->rank);
  message.rank = among_all(w, i);
  if (world.flow && message.part == WHOLE)
    flow(w, i)->posted++;
  if (message.kind == REQUEST)
    message.value = flow(w, i)->posted;
  network_post(message);
  return SACRED_OK;
}

int wire_signal(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v)
{
  return post(w, i, (struct event){.kind = SIGNAL, .line = line_of(w->transport, r, off, w->rank), .value = v});
}

int wire_flush(struct wire *w, uint32_t i)
{
  return post(w, i, (struct event){.kind = REQUEST});
}

/* A CPU waits for its own stores no longer than it takes to look. */
int wire_drained(struct wire *w)
{
  (void)w;
  return 1;
}

uint64_t wire_posted(const struct wire *w, uint32_t i)
{
  return flow(w, i)->posted;
}

/* To hear of completions takes the time of one operation, however many there are. */
uint64_t wire_completed(struct wire *w, uint32_t i)
{
  struct flow *f = flow(w, i);
  if (f->told == f->completed)
    rank_of(w)->awaited = &f->completed;
  else if (is_paid(w))
    f->told = (uint32_t)f->completed;
  return f->told;
}

/* Nobody dies. */
int wire_health(struct wire *w)
{
  (void)w;
  return SACRED_AGAIN;
}

/* A step is a test: none waits. */
int wire_relax(struct wire *w, struct wire_wait *wait)
{
  (void)wait;
  fails("rank %u waits in its step", w->rank);
  return 1;
}

int wire_refuse(const struct wire *w, int status, enum wire_refusal what, uint64_t value, uint64_t limit)
{
  fails("rank %u is refused a call: %s (reason %d: %llu, %llu)", w->rank, sacred_strerror(status), (int)what,
        (unsigned long long)value, (unsigned long long)limit);
  return status;
}
