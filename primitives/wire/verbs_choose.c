/* The verbs wire's choice: the best active port of all devices, and the address that it is reached by. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../group/group.h"
#include "verbs.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { GIDS = 1024 }; /* entries of a port's table that are looked at */

/* Scores of an address: routable before link-local, RoCE v2 before v1, IPv4 before IPv6. */
enum { SCORE_ROCE1 = 1, SCORE_LINK_LOCAL = 2, SCORE_IPV6 = 4, SCORE_IPV4 = 5, SCORE_INFINIBAND = 5 };

/* What was passed over, and why: said where nothing is left. */
struct passed {
  char text[WIRE_ERROR];
  size_t used;
};

static void __attribute__((format(printf, 2, 3))) pass_over(struct passed *p, const char *format, ...)
{
  va_list list;
  va_start(list, format);
  int n = vsnprintf(p->text + p->used, sizeof p->text - p->used, format, list);
  va_end(list);
  if (n > 0)
    p->used = p->used + (size_t)n < sizeof p->text ? p->used + (size_t)n : sizeof p->text - 1;
}

enum verbs_family verbs_family(const union ibv_gid *gid)
{
  static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return memcmp(gid->raw, mapped, sizeof mapped) == 0 ? VERBS_IPV4 : VERBS_IPV6;
}

static int is_zero(const union ibv_gid *gid)
{
  static const union ibv_gid zero;
  return memcmp(gid, &zero, sizeof zero) == 0;
}

/* fe80::/10, or 169.254.0.0/16: good on one link only. */
static int is_link_local(const union ibv_gid *gid)
{
  if (verbs_family(gid) == VERBS_IPV4)
    return gid->raw[12] == 169 && gid->raw[13] == 254;
  return gid->raw[0] == 0xfe && (gid->raw[1] & 0xc0) == 0x80;
}

uint32_t verbs_address_score(const struct ibv_gid_entry *entry)
{
  if (is_zero(&entry->gid))
    return 0;
  if (entry->gid_type == IBV_GID_TYPE_IB)
    return SCORE_INFINIBAND;
  if (entry->gid_type == IBV_GID_TYPE_ROCE_V1)
    return SCORE_ROCE1;
  if (is_link_local(&entry->gid))
    return SCORE_LINK_LOCAL;
  return verbs_family(&entry->gid) == VERBS_IPV4 ? SCORE_IPV4 : SCORE_IPV6;
}

/* The best address of each family, of all that the port has, or the one that is asked for. */
static void find_addresses(const struct verbs_settings *s, struct ibv_context *context, struct verbs_port *port)
{
  static _Thread_local struct ibv_gid_entry entries[GIDS];
  ssize_t n = ibv_query_gid_table(context, entries, GIDS, 0);
  for (ssize_t k = 0; k < n; k++) {
    const struct ibv_gid_entry *e = &entries[k];
    uint32_t score = verbs_address_score(e);
    if (e->port_num != port->number || e->gid_index >= VERBS_GIDS ||
        (s->gid_index >= 0 && e->gid_index != (uint32_t)s->gid_index))
      continue;
    struct verbs_address *best = &port->address[verbs_family(&e->gid)];
    if (score > best->score)
      *best = (struct verbs_address){e->gid, e->gid_index, e->gid_type, score};
    if (score > port->score)
      port->score = score;
  }
}

/* Look at one port; its score stays 0 where it is of no use. */
static void look_at_port(const struct verbs_settings *s, struct ibv_context *context, const char *name,
                         struct verbs_port *port, struct passed *passed)
{
  struct ibv_port_attr attr;
  memset(&attr, 0, sizeof attr);
  if (ibv_query_port(context, (uint8_t)port->number, &attr) != 0) {
    pass_over(passed, "; %s port %u cannot be queried", name, port->number);
    return;
  }
  if (attr.state != IBV_PORT_ACTIVE) {
    pass_over(passed, "; %s port %u is not active (state %d): is its cable in, its network device up?", name,
              port->number, (int)attr.state);
    return;
  }
  port->link = attr.link_layer == IBV_LINK_LAYER_UNSPECIFIED ? IBV_LINK_LAYER_INFINIBAND : attr.link_layer;
  port->lid = attr.lid;
  port->mtu = attr.active_mtu;
  port->message = attr.max_msg_sz > 0 ? attr.max_msg_sz : 1 << 20;
  find_addresses(s, context, port);
  if (port->score == 0 && s->gid_index >= 0)
    pass_over(passed, "; %s port %u has no GID at index %d (SACRED_GID_INDEX)", name, port->number, s->gid_index);
  else if (port->score == 0)
    pass_over(passed, "; %s port %u has no GID: give its network device an address", name, port->number);
}

const char *verbs_atomics(enum ibv_atomic_cap cap)
{
  switch (cap) {
  case IBV_ATOMIC_NONE:
    return "it has none";
  case IBV_ATOMIC_HCA:
    return "with each other, not with the processor's";
  case IBV_ATOMIC_GLOB:
    return "with each other and with the processor's";
  }
  return "it does not say what with";
}

int verbs_look(const struct verbs_settings *s, struct ibv_context *context, struct verbs_port *port)
{
  struct passed passed = {.used = 0};
  look_at_port(s, context, ibv_get_device_name(context->device), port, &passed);
  return port->score > 0 ? SACRED_OK : group_open_say(SACRED_ERR_SYSTEM, "no RDMA port can be used%s", passed.text);
}

/* Is `name` the one that the nth rank is to take? */
static int is_wanted(const struct verbs_settings *s, uint32_t nth, const char *name)
{
  uint32_t names = 1;
  if (!s->device)
    return 1;
  for (const char *c = s->device; *c; c++)
    names += *c == ',';
  const char *begin = s->device;
  for (uint32_t k = nth % names; k > 0; k--)
    begin = strchr(begin, ',') + 1;
  size_t length = strcspn(begin, ",");
  return strlen(name) == length && memcmp(name, begin, length) == 0;
}

/* Keep the context open where a port of it is better than what there is. */
static void look_at_device(const struct verbs_settings *s, struct ibv_device *device, struct ibv_context **best,
                           struct verbs_port *port, struct passed *passed)
{
  const char *name = ibv_get_device_name(device);
  struct ibv_device_attr attr;
  int better = 0;
  if (device->transport_type == IBV_TRANSPORT_IWARP) {
    pass_over(passed, "; %s is iWARP, which this wire does not speak", name);
    return;
  }
  struct ibv_context *context = ibv_open_device(device);
  if (!context) {
    pass_over(passed, "; %s cannot be opened: %s (is /dev/infiniband there for this user, in this container?)", name,
              strerror(errno));
    return;
  }
  if (ibv_query_device(context, &attr) != 0)
    attr.phys_port_cnt = 0;
  for (uint32_t k = 1; k <= attr.phys_port_cnt; k++) {
    struct verbs_port one = {.number = k};
    if (s->port != 0 && s->port != k)
      continue;
    look_at_port(s, context, name, &one, passed);
    if (one.score > port->score) {
      *port = one;
      better = 1;
    }
  }
  if (s->port > attr.phys_port_cnt)
    pass_over(passed, "; %s has %u ports, no port %u (SACRED_PORT)", name, attr.phys_port_cnt, s->port);
  struct ibv_context *worse = better ? *best : context;
  if (better)
    *best = context;
  if (worse)
    ibv_close_device(worse);
}

int verbs_choose(const struct verbs_settings *s, uint32_t nth, struct ibv_context **context, struct verbs_port *port)
{
  struct passed passed = {.used = 0};
  struct ibv_device **list = ibv_get_device_list(NULL);
  *context = NULL;
  *port = (struct verbs_port){.score = 0};
  for (uint32_t k = 0; list && list[k]; k++)
    if (is_wanted(s, nth, ibv_get_device_name(list[k])))
      look_at_device(s, list[k], context, port, &passed);
    else
      pass_over(&passed, "; %s is not what SACRED_DEVICE=%s gives this rank", ibv_get_device_name(list[k]), s->device);
  int none = !list || !list[0];
  if (list)
    ibv_free_device_list(list);
  if (*context)
    return SACRED_OK;
  if (none)
    return group_open_say(SACRED_ERR_SYSTEM, "there is no RDMA device: load its driver, see that /sys/class/infiniband "
                                             "lists it, or set SACRED_WIRE=shm for ranks of one host");
  return group_open_say(SACRED_ERR_SYSTEM, "no RDMA port can be used%s; sacred doctor looks at each", passed.text);
}
