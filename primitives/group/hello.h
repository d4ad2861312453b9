/* What ranks say of themselves first: which of them are of one host, found out by trying, and its processors. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HELLO_H
#define HELLO_H
#include "group.h"

/* What a rank says of itself first. */
struct hello {
  uint64_t magic, cookie, heap_bytes, split;
  int32_t pid, fd;
  uint32_t wire;           /* WIRE_SHM or WIRE_VERBS: what SACRED_WIRE asks for; 0: nothing */
  uint32_t brought;        /* it brings queue pairs and memory of its own */
  uint64_t processors[16]; /* that it may run on, a bit each */
  uint64_t host;  /* another one: it is surely of another host; once all have looked, the same as all of its host */
  uint64_t token; /* is in its file token_fd */
  int32_t token_fd;
  char name[48]; /* of the host, for words */
};
_Static_assert(sizeof(struct hello) <= CONTROL_MESSAGE, "a hello fits an exchange");

/* Fill in which host this may be, and its name; which processors I may run on. SACRED_ERR_ENVIRONMENT. */
int hello_host(struct hello *h, uint32_t turn);
void hello_processors(struct hello *h);

/* Leave a token for the others of my host to find, until I have heard that all have looked. SACRED_ERR_SYSTEM. */
int hello_leave_token(struct hello *h, uint32_t rank);
void hello_forget_token(struct hello *h);

/* The first rank whose token I find: my host goes by it, and it is the same for all that find each other's. */
uint32_t hello_place(const struct hello *all, uint32_t me);

/* How many ranks are of this host, and how many processors they may run on. */
uint32_t hello_count_ranks(const struct hello *all, uint32_t size, uint64_t host);
uint32_t hello_count_processors(const struct hello *all, uint32_t size, uint64_t host);
#endif
