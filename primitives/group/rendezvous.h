/* The meeting of a job's ranks over TCP: rank 0 listens at SACRED_ROOT, the others connect and stay. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef RENDEZVOUS_H
#define RENDEZVOUS_H
#include "bootstrap.h"
#include "channel.h"
#include "group.h"
#include <poll.h>

enum {
  RENDEZVOUS_PENDING = 64,           /* connections that rank 0 hears before they have shown the key */
  RENDEZVOUS_STEP_NS = 50 * 1000000, /* between two looks at what has no event */
  RENDEZVOUS_FRAME = MESSAGE_HEAD + MESSAGE_PIECE + SEAL_TAG,
  RENDEZVOUS_SMALL = MESSAGE_HEAD + MESSAGE_WORDS + SEAL_TAG
};
/* A handshake takes no longer, or it is none. */
#define RENDEZVOUS_HANDSHAKE_NS UINT64_C(5000000000)

/* Some of the ranks. */
struct ranks {
  unsigned char bits[MESSAGE_RANKS / 8];
};

static inline int ranks_has(const struct ranks *s, uint32_t i)
{
  return s->bits[i / 8] >> i % 8 & 1;
}

static inline void ranks_put(struct ranks *s, uint32_t i, int in)
{
  unsigned bit = 1u << i % 8;
  s->bits[i / 8] = (unsigned char)(in ? s->bits[i / 8] | bit : s->bits[i / 8] & ~bit);
}

struct served {
  uint32_t number;
  uint64_t until;
};

/* What rank 0 has besides. */
struct rendezvous_root {
  uint32_t listeners;
  int listener[ADDRESSES];
  struct channel pending[RENDEZVOUS_PENDING]; /* not shown the key yet */
  struct channel *peers;                      /* by rank */
  struct served *served;                      /* rank i has the last gathering when so many bytes are sent to it */
  uint64_t refused;                           /* connections */
  struct ranks told;                          /* who lacks, as the others know it */
  uint64_t told_at;
};

/* What the others have. */
struct rendezvous_member {
  struct channel root;
  uint32_t next;  /* address to try */
  uint32_t tries; /* that failed */
  uint64_t again; /* when to try it */
  uint32_t given; /* the last gathering that I gave to on this connection */
  int over;       /* all of it has come */
  int told;       /* `lacks` is from rank 0, of this gathering */
  char why[256];  /* the last try failed */
};

struct rendezvous {
  struct bootstrap b;
  int keyed;
  unsigned char key[SEAL_KEY];
  char place[300], interface[32];
  struct lookup lookup;
  struct addresses addresses;
  int found; /* they are looked up */

  uint32_t number, each; /* of the gathering: its number, bytes of a rank */
  int begun;
  const void *mine;
  unsigned char *all;
  struct ranks lacks, lost; /* who has not given; whose connection is lost */

  int status; /* the job has failed: why, for ever */
  char words[MESSAGE_WORDS];

  struct rendezvous_root root;
  struct rendezvous_member member;
  struct pollfd *fds;
};

/* Note that the job has failed, if it has not. */
void rendezvous_fail(struct rendezvous *r, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* What this rank says of itself in the handshake. */
struct handshake rendezvous_self(const struct rendezvous *r, uint32_t kind);

/* Options that a connection of the job has. */
void rendezvous_tune(int fd);

/* One line to stderr. */
void rendezvous_log(const struct rendezvous *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* -- the two sides: begin a gathering; go on without waiting; is it over? wait for at most so long */
int root_begin(struct rendezvous *r);
void root_step(struct rendezvous *r);
int root_over(const struct rendezvous *r);
void root_wait(struct rendezvous *r, uint64_t ns);
void root_tell_lacks(struct rendezvous *r, int now);
void root_look(struct rendezvous *r); /* between gatherings: who is gone? */

void member_begin(struct rendezvous *r);
void member_step(struct rendezvous *r);
void member_wait(struct rendezvous *r, uint64_t ns);
void member_look(struct rendezvous *r);
#endif
