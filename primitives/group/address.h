/* Addresses of the rendezvous: resolved in time, of one interface, of this host alone or not. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ADDRESS_H
#define ADDRESS_H
#include "place.h"
#include <netdb.h>
#include <sys/socket.h>

enum { ADDRESSES = 16, ADDRESS_TEXT = 72 };

struct address {
  struct sockaddr_storage socket;
  socklen_t length;
  char text[ADDRESS_TEXT]; /* 10.0.0.1:4711, [fd00::1]:4711 */
};

struct addresses {
  uint32_t n;
  struct address at[ADDRESSES];
};

/* A name that is being looked up; a deadline does not end it. All zero at first. */
struct lookup {
  char host[256], port[8];
  int begun;
  struct addrinfo hints;
  struct gaicb request;
};

/* SACRED_OK; SACRED_TIMEOUT: call again; SACRED_ERR_ENVIRONMENT. With words in group_open_say(). */
int address_look_up(struct lookup *l, uint64_t deadline, struct addresses *found);

/* Note an address as text. */
void address_word(struct address *a);

/* Is it an address that other hosts cannot reach? */
int address_is_loopback(const struct address *a);

/* Is `name` an interface of this host? SACRED_ERR_ENVIRONMENT lists those that are. */
int address_interface(const char *name);

/* Has interface `name` this very address? */
int address_is_on(const struct address *a, const char *name);

/* An address of interface `name` from which `to` may be reached; 0 where it has none of that family. */
int address_from(const char *name, const struct address *to, struct address *from);
#endif
