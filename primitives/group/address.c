/* Addresses of the rendezvous: resolved in time, of one interface, of this host alone or not. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "address.h"
#include "group.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct sockaddr_in *v4(const struct address *a)
{
  return (const struct sockaddr_in *)(const void *)&a->socket;
}

static const struct sockaddr_in6 *v6(const struct address *a)
{
  return (const struct sockaddr_in6 *)(const void *)&a->socket;
}

void address_word(struct address *a)
{
  char host[NI_MAXHOST], port[NI_MAXSERV];
  int six = a->socket.ss_family == AF_INET6;
  if (getnameinfo((const struct sockaddr *)&a->socket, a->length, host, sizeof host, port, sizeof port,
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    snprintf(a->text, sizeof a->text, "an address without words");
  else
    snprintf(a->text, sizeof a->text, "%s%.56s%s:%.6s", six ? "[" : "", host, six ? "]" : "", port);
}

int address_is_loopback(const struct address *a)
{
  if (a->socket.ss_family == AF_INET)
    return ntohl(v4(a)->sin_addr.s_addr) >> 24 == 127;
  const struct in6_addr *six = &v6(a)->sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(six) || (IN6_IS_ADDR_V4MAPPED(six) && six->s6_addr[12] == 127);
}

/* -- names ------------------------------------------------------------------- */

static void take(const struct addrinfo *list, struct addresses *found)
{
  found->n = 0;
  for (; list && found->n < ADDRESSES; list = list->ai_next) {
    struct address *a = &found->at[found->n];
    if ((list->ai_family != AF_INET && list->ai_family != AF_INET6) || list->ai_addrlen > sizeof a->socket)
      continue;
    memcpy(&a->socket, list->ai_addr, list->ai_addrlen);
    a->length = list->ai_addrlen;
    address_word(a);
    found->n++;
  }
}

static int unknown(const struct lookup *l, int error)
{
  return group_open_say(SACRED_ERR_ENVIRONMENT,
                        "SACRED_ROOT: host %s is not known: %s; give a name that this host can look up, or an address",
                        l->host, gai_strerror(error));
}

/* A name may take the resolver long: it looks in a thread of its own, and I wait for no longer than I may. */
static int look_up_name(struct lookup *l, uint64_t deadline, struct addresses *found)
{
  struct gaicb *list[1] = {&l->request};
  if (!l->begun) {
    l->hints = (struct addrinfo){.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    l->request = (struct gaicb){.ar_name = l->host, .ar_service = l->port, .ar_request = &l->hints};
    int error = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);
    if (error != 0)
      return unknown(l, error);
    l->begun = 1;
  }
  int error;
  while ((error = gai_error(&l->request)) == EAI_INPROGRESS) {
    uint64_t now = sacred_now(), left = deadline > now ? deadline - now : 0;
    if (left == 0)
      return group_open_say(SACRED_TIMEOUT, "timed out: host %s of SACRED_ROOT is still looked up: call again",
                            l->host);
    left = left < 100000000 ? left : 100000000;
    gai_suspend((const struct gaicb *const *)list, 1, &(struct timespec){0, (long)left});
  }
  l->begun = 0;
  if (error != 0)
    return unknown(l, error);
  take(l->request.ar_result, found);
  freeaddrinfo(l->request.ar_result);
  return SACRED_OK;
}

int address_look_up(struct lookup *l, uint64_t deadline, struct addresses *found)
{
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV}, *list = NULL;
  int status = SACRED_OK;
  if (getaddrinfo(l->host, l->port, &hints, &list) == 0) {
    take(list, found);
    freeaddrinfo(list);
  } else
    status = look_up_name(l, deadline, found);
  if (status == SACRED_OK && found->n == 0)
    return unknown(l, EAI_NONAME);
  return status;
}

/* -- interfaces ----------------------------------------------------------------- */

int address_interface(const char *name)
{
  char list[512] = "";
  size_t used = 0;
  struct if_nameindex *all = if_nameindex();
  for (struct if_nameindex *i = all; i && i->if_index != 0; i++) {
    if (!strcmp(i->if_name, name)) {
      if_freenameindex(all);
      return SACRED_OK;
    }
    if (used < sizeof list - 1)
      used += (size_t)snprintf(list + used, sizeof list - used, " %s", i->if_name);
  }
  if (all)
    if_freenameindex(all);
  return group_open_say(SACRED_ERR_ENVIRONMENT, "SACRED_INTERFACE=%s is none of this host: there are%s", name, list);
}

static int same(const struct sockaddr *s, const struct address *a)
{
  struct address other = {.length = 0};
  if (!s || s->sa_family != a->socket.ss_family)
    return 0;
  memcpy(&other.socket, s, s->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
  if (s->sa_family == AF_INET)
    return v4(&other)->sin_addr.s_addr == v4(a)->sin_addr.s_addr;
  return memcmp(&v6(&other)->sin6_addr, &v6(a)->sin6_addr, sizeof(struct in6_addr)) == 0;
}

int address_is_on(const struct address *a, const char *name)
{
  struct ifaddrs *all;
  int found = 0;
  if (getifaddrs(&all) != 0)
    return 0;
  for (struct ifaddrs *i = all; i; i = i->ifa_next)
    found |= !strcmp(i->ifa_name, name) && same(i->ifa_addr, a);
  freeifaddrs(all);
  return found;
}

/* A link-local address reaches a link-local one, and no other. */
static int may_reach(const struct sockaddr *s, const struct address *to)
{
  if (!s || s->sa_family != to->socket.ss_family)
    return 0;
  if (s->sa_family != AF_INET6)
    return 1;
  const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)s;
  return (IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr) != 0) == (IN6_IS_ADDR_LINKLOCAL(&v6(to)->sin6_addr) != 0);
}

int address_from(const char *name, const struct address *to, struct address *from)
{
  struct ifaddrs *all;
  from->length = 0;
  if (getifaddrs(&all) != 0)
    return 0;
  for (struct ifaddrs *i = all; i && from->length == 0; i = i->ifa_next)
    if (!strcmp(i->ifa_name, name) && may_reach(i->ifa_addr, to)) {
      from->length = i->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
      memcpy(&from->socket, i->ifa_addr, from->length);
    }
  freeifaddrs(all);
  return from->length > 0;
}
