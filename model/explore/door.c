/* The door of primitives/wire.h, over the machine: what a primitive may do, one operation at a time. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "cpu.h"
#include <string.h>

/* -- words --------------------------------------------------------------------- */

/* What the door requires: a word is aligned, and of this memory. */
static unsigned word_at(uint64_t byte)
{
  if (byte % 8 == 0 && byte / 8 < extent.words)
    return (unsigned)(byte / 8);
  fails("door: a word that is not aligned, or not of the memory at hand");
  return 0;
}

/* And a signal, a flush and a look at a signal are of another rank. */
static void is_other(uint32_t i)
{
  if (i == cpu.rank || i >= extent.ranks)
    fails("door: a signal, a flush or a look at a signal that is not of another rank");
}

static unsigned word_of(const struct rows *r, uint64_t off, uint32_t row)
{
  return word_at(r->at + row * r->stride + off);
}

static tiny small(uint64_t v)
{
  if (v >= UNREAD)
    fails("door: a value that is no small number");
  return (tiny)v;
}

/* -- observations ----------------------------------------------------------------- */

static tiny load(unsigned word)
{
  if (extent.idle[word])
    give_up("a load of a word that nobody was to load");
  tiny v = machine_load(cpu.machine, cpu.rank, word);
  narrate("rank %u: observed %s: %u", cpu.rank, word_name(word), v);
  if (watcher)
    watcher->load(cpu.rank, word, v);
  return v;
}

uint64_t wire_load(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j)
{
  (void)w;
  is_other(j);
  if (cpu_replays())
    return cpu.log->answer[cpu.at++];
  cpu_observes();
  tiny v = load(word_of(r, off, j));
  cpu_logs(v);
  return v;
}

int wire_reached(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t want)
{
  return wire_load(w, r, off, j) >= want;
}

static unsigned unread(const tiny *answer, unsigned n)
{
  unsigned left = 0;
  for (unsigned k = 0; k < n; k++)
    left += answer[k] == UNREAD;
  return left;
}

/* The words are loaded in any order, each in a step of its own: the log has a place for each. */
static const tiny *load_all(const struct rows *r, uint64_t off, uint32_t j, unsigned n)
{
  bool is_new = !cpu_replays();
  tiny *answer = &cpu.log->answer[cpu.at];
  if (is_new || unread(answer, n) > 0) {
    cpu_observes();
    for (unsigned k = 0; is_new && k < n; k++)
      cpu_logs(UNREAD);
    unsigned left = unread(answer, n), choice = cpu_chooses(left), k = 0;
    while (answer[k] != UNREAD || choice-- > 0)
      k++;
    answer[k] = load(word_of(r, off + 8 * k, j));
    if (left > 1)
      cpu_stops();
  }
  cpu.at = (unsigned)(answer - cpu.log->answer) + n;
  return answer;
}

void wire_copy_words(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t *buf, uint64_t n)
{
  (void)w;
  const tiny *answer = load_all(r, off, j, (unsigned)n);
  for (unsigned k = 0; k < n; k++)
    buf[k] = answer[k];
}

/* What is lent is here and at home, as long as it is borrowed. */
static const tiny *borrow_all(const struct rows *r, uint64_t off, uint32_t j, unsigned n)
{
  for (unsigned k = 0; !cpu_replays() && k < n; k++) {
    unsigned word = word_of(r, off + 8 * k, j);
    if (!extent.idle[word] && cpu.machine->memory[j][word] != cpu.machine->memory[cpu.rank][word])
      fails("door: borrowed is what its lender has stored over");
  }
  return load_all(r, off, j, n);
}

void wire_borrow_words(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t *buf, uint64_t n)
{
  (void)w;
  for (; n > 0 && extent.idle[word_of(r, off + 8 * (n - 1), j)]; n--)
    buf[n - 1] = 0; /* as it is in every row: store() sees to that */
  const tiny *answer = borrow_all(r, off, j, (unsigned)n);
  for (unsigned k = 0; k < n; k++)
    buf[k] = answer[k];
}

/* A place in the arena stands for one in the heap, but that 0 is none. */
enum { HEAP = 8 };

uint64_t wire_place(const struct wire *w, const unsigned char *buf, uint64_t n)
{
  return cpu.scenario->refers && n > 0 ? (uint64_t)(buf - arena[w->rank]) + HEAP : 0;
}

/*
 * What is read where it is has to be what it was when it was lent, which is in the row, too. The arena is what it
 * was before the call at hand: so this looks at roots, and not at who passes on what came in a call that goes on.
 */
static void still_there(const struct rows *r, uint64_t off, uint32_t j, uint64_t where, uint64_t n)
{
  for (uint64_t k = 0; where && !cpu_replays() && k < n; k += 8) {
    uint64_t there;
    memcpy(&there, &arena[j][where - HEAP + k], 8);
    if (there != cpu.machine->memory[j][word_of(r, off + k, j)])
      fails("broadcast_returns: borrowed is a buffer that its owner uses again");
  }
}

/* Bytes come in whole words whose values are small, so that a word has one byte that counts. */
void wire_borrow_bytes(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t where,
                       unsigned char *buf, uint64_t at, uint64_t n)
{
  (void)w;
  if (n % 8 != 0) {
    fails("door: bytes that are no whole words");
    return;
  }
  still_there(r, off, j, where, n);
  const tiny *answer = borrow_all(r, off, j, (unsigned)(n / 8));
  for (unsigned k = 0; k < n / 8; k++)
    memcpy(buf + at + 8 * k, &(uint64_t){answer[k]}, 8);
}

uint64_t wire_completed(struct wire *w, uint32_t i)
{
  if (!extent.polls)
    give_up("a poll where nobody was to poll");
  if (cpu_replays())
    return cpu.log->answer[cpu.at++];
  cpu_observes();
  unsigned pair = pair_of(w->rank, i, 0);
  machine_tell(cpu.machine, pair, cpu_chooses(cpu.machine->pair[pair].ripe + 1U));
  tiny n = (tiny)machine_completed(cpu.machine, pair);
  if (n == cpu.machine->pair[pair].posted)
    machine_seen(cpu.machine, cpu.rank, i);
  narrate("rank %u: polls: %u completed towards rank %u", cpu.rank, n, i);
  cpu_logs(n);
  return n;
}

/*
 * What leaves the buffer where nobody sees it is taken out at once (machine_settle): so whether all of it is out is
 * drawn, as it is of completions how many are told.
 */
int wire_drained(struct wire *w)
{
  (void)w;
  if (cpu_replays())
    return cpu.log->answer[cpu.at++];
  cpu_observes();
  bool drained = cpu.machine->buffered[cpu.rank] == 0;
  if (drained && cpu.machine->newest[cpu.rank] != NOTHING)
    drained = cpu_chooses(2) == 0;
  if (drained)
    cpu.machine->newest[cpu.rank] = NOTHING;
  narrate("rank %u: its store buffer is %s", cpu.rank, drained ? "empty" : "not empty");
  if (watcher && drained)
    watcher->drained(cpu.rank);
  cpu_logs(drained);
  return drained;
}

/* -- stores ------------------------------------------------------------------------ */

static void store(unsigned word, uint64_t v)
{
  if (watcher)
    watcher->store(cpu.rank, word, small(v));
  if (!extent.idle[word]) {
    machine_store(cpu.machine, cpu.rank, word, small(v));
    narrate("rank %u: stores %s := %u, in its store buffer", cpu.rank, word_name(word), small(v));
  } else if (v != 0)
    give_up("a word that nobody was to use");
}

/* They enter the store buffer at once: it is the buffer that lets them out one by one. */
void wire_fill_words(const struct wire *w, const struct rows *r, uint64_t off, const uint64_t *buf, uint64_t n)
{
  if (cpu_replays()) {
    cpu.at++;
    return;
  }
  cpu_acts();
  for (unsigned k = 0; k < n; k++)
    store(word_of(r, off + 8 * k, w->rank), buf[k]);
  cpu_logs(0);
}

void wire_fill_bytes(const struct wire *w, const struct rows *r, uint64_t off, const unsigned char *buf, uint64_t at,
                     uint64_t n)
{
  uint64_t words[COPIES] = {0};
  if (n % 8 != 0 || n > sizeof words) {
    fails("door: bytes that are no whole words, or too many");
    return;
  }
  memcpy(words, buf + at, n);
  wire_fill_words(w, r, off, words, n / 8);
}

void wire_refer_bytes(const struct wire *w, const struct rows *r, uint64_t off, const unsigned char *buf, uint64_t at,
                      uint64_t n)
{
  wire_fill_bytes(w, r, off, buf, at, n);
}

/* -- posts -------------------------------------------------------------------------- */

static int post(unsigned to, unsigned lane, const struct operation *o, unsigned word, unsigned words)
{
  if (cpu_replays())
    return cpu.log->answer[cpu.at++] ? SACRED_AGAIN : SACRED_OK;
  cpu_acts();
  bool refused = cpu.scenario->refusals && cpu_chooses(2) == 1;
  if (refused)
    narrate("rank %u: a post to rank %u is refused", cpu.rank, to);
  else {
    if (watcher)
      watcher->post(cpu.rank, to, lane, o, word, words);
    machine_post(cpu.machine, cpu.rank, pair_of(cpu.rank, to, lane), o);
  }
  cpu_logs(refused);
  return refused ? SACRED_AGAIN : SACRED_OK;
}

/* Nobody writes to the row of the rank whose memory it is: that its stores are seen by its own NIC alone hangs on it. */
static unsigned target_word(unsigned i, uint64_t byte)
{
  unsigned word = word_at(byte);
  const struct place *p = place_of(word);
  if (!p->is_shared && (byte - p->rows.at) / p->rows.stride == i)
    fails("door: a put to a row that is its target's own");
  return word;
}

int door_signal(unsigned i, unsigned lane, uint64_t to, uint64_t v)
{
  unsigned word = target_word(i, to);
  struct operation o = {.kind = PUT, .words = 1, .copy = {{(tiny)word, 0, small(v), READ}}};
  if (!cpu_replays())
    narrate("rank %u: posts to rank %u, inline: %s := %u", cpu.rank, i, word_name(word), small(v));
  return post(i, lane, &o, word, 1);
}

int wire_signal(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v)
{
  is_other(i);
  return door_signal(i, 0, r->at + w->rank * r->stride + off, v);
}

int wire_write_word(struct wire *w, uint32_t i, uint64_t to, uint64_t v)
{
  (void)w;
  return door_signal(i, 0, to, v);
}

int wire_write(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t len)
{
  struct operation o = {.kind = PUT};
  (void)w;
  for (uint64_t k = 0; k < len; k += 8) {
    unsigned word = target_word(i, to + k);
    if (extent.idle[word])
      continue;
    if (o.words == COPIES)
      give_up("an operation of more words than COPIES");
    o.copy[o.words++] = (struct copy){(tiny)word, (tiny)word_at(from + k), 0, POSTED};
  }
  if (!cpu_replays())
    narrate("rank %u: posts to rank %u: %u words from %s on, to be read later", cpu.rank, i, o.words,
            word_name(word_at(from)));
  return post(i, 0, &o, word_at(to), (unsigned)(len / 8));
}

int wire_put(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len)
{
  uint64_t at = r->at + w->rank * r->stride + off;
  return wire_write(w, i, at, at, len);
}

int wire_lend(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len)
{
  return wire_put(w, i, r, off, len);
}

int wire_flush(struct wire *w, uint32_t i)
{
  (void)w;
  is_other(i);
  if (!cpu_replays())
    narrate("rank %u: posts to rank %u: a get of no interest", cpu.rank, i);
  return post(i, 0, &(struct operation){.kind = GET}, 0, 0);
}

/* A get reads a row of its target's own, too. */
int wire_read(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t len)
{
  struct operation o = {.kind = GET};
  (void)w;
  if (!extent.looks_home)
    give_up("a get of data where nobody was to look at stores at home");
  if (len == 0 || len > 8 * COPIES)
    give_up("a get of no words, or of more than COPIES");
  for (uint64_t k = 0; k < len; k += 8)
    o.copy[o.words++] = (struct copy){(tiny)word_at(to + k), (tiny)word_at(from + k), 0, POSTED};
  if (!cpu_replays())
    narrate("rank %u: posts to rank %u: a get of %u words from %s on", cpu.rank, i, o.words, word_name(word_at(from)));
  return post(i, 0, &o, 0, 0);
}

/* My own doing alone: the log gives it back as it was. */
uint64_t wire_posted(const struct wire *w, uint32_t i)
{
  if (cpu_replays())
    return cpu.log->answer[cpu.at++];
  cpu_acts();
  tiny n = cpu.machine->pair[pair_of(w->rank, i, 0)].posted;
  cpu_logs(n);
  return n;
}

/* -- waiting ------------------------------------------------------------------------- */

/* A death is known sooner or later, so that AGAIN is always a possible answer. */
int wire_health(struct wire *w)
{
  (void)w;
  if (cpu.scenario->mortal < 0)
    return SACRED_AGAIN;
  if (cpu_replays())
    return cpu.log->answer[cpu.at++] ? SACRED_ERR_DEAD : SACRED_AGAIN;
  cpu_acts();
  bool known = cpu.machine->dead && cpu_chooses(2) == 1;
  if (known)
    narrate("rank %u: learns of the death", cpu.rank);
  cpu_logs(known);
  return known ? SACRED_ERR_DEAD : SACRED_AGAIN;
}

/* The clock passes the deadline when it likes, at the latest behind so many looks. */
enum { LOOKS = 2 };

int wire_relax(struct wire *w, struct wire_wait *wait)
{
  (void)w;
  if (!wait) {
    fails("a wait without its memory");
    return 1;
  }
  bool late = false;
  if (cpu_replays())
    late = cpu.log->answer[cpu.at++];
  else {
    cpu_acts();
    late = wait->looks + 1 == LOOKS || cpu_chooses(2) == 1;
    cpu_logs(late);
  }
  wait->looks++;
  if (late)
    cpu.late = cpu.at;
  return late;
}

/* Scenarios keep to the rules of the API: a refusal is a violation, unless it says that ranks disagree. */
int wire_refuse(const struct wire *w, int status, enum wire_refusal what, uint64_t value, uint64_t limit)
{
  (void)w, (void)value, (void)limit;
  if (what != WIRE_DISAGREE)
    fails("a call is refused, where all ranks keep to the rules");
  return status;
}
