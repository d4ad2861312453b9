/* `sacred info`: the RDMA devices there are, how good each address is, and what would be chosen. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../group/group.h"
#include "../wire/verbs.h"
#include "run.h"
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GIDS = 256 };

static const char *const kinds[] = {"InfiniBand", "RoCE v1", "RoCE v2"};

static void show_gids(struct ibv_context *context, uint32_t port)
{
  static struct ibv_gid_entry entries[GIDS];
  char text[INET6_ADDRSTRLEN];
  ssize_t n = ibv_query_gid_table(context, entries, GIDS, 0);
  for (ssize_t k = 0; k < n; k++) {
    const struct ibv_gid_entry *e = &entries[k];
    if (e->port_num != port)
      continue;
    int four = verbs_family(&e->gid) == VERBS_IPV4;
    inet_ntop(four ? AF_INET : AF_INET6, e->gid.raw + (four ? 12 : 0), text, sizeof text);
    printf("    GID %-3u %-10s %-39s score %u\n", e->gid_index, e->gid_type < 3 ? kinds[e->gid_type] : "unknown", text,
           verbs_address_score(e));
  }
}

static void show_device(struct ibv_device *device)
{
  struct ibv_device_attr attr;
  struct ibv_context *context = ibv_open_device(device);
  if (!context) {
    printf("%s: cannot be opened: %s\n", ibv_get_device_name(device), strerror(errno));
    return;
  }
  if (ibv_query_device(context, &attr) != 0)
    memset(&attr, 0, sizeof attr);
  printf("%s: firmware %s, vendor 0x%x, remote atomics (not used): %s\n", ibv_get_device_name(device), attr.fw_ver,
         attr.vendor_id, verbs_atomics(attr.atomic_cap));
  for (uint32_t k = 1; k <= attr.phys_port_cnt; k++) {
    struct ibv_port_attr port;
    memset(&port, 0, sizeof port);
    if (ibv_query_port(context, (uint8_t)k, &port) != 0)
      continue;
    printf("  port %u: %s, %s, MTU %u, messages up to %u bytes\n", k, ibv_port_state_str(port.state),
           port.link_layer == IBV_LINK_LAYER_ETHERNET ? "Ethernet" : "InfiniBand", 128u << port.active_mtu,
           port.max_msg_sz);
    show_gids(context, k);
  }
  ibv_close_device(context);
}

/* What a rank that takes the nth turn would choose. */
static int show_choice(void)
{
  struct verbs_settings s;
  struct ibv_context *context;
  struct verbs_port port;
  int status = verbs_settings_read(&s);
  if (status != SACRED_OK) {
    fprintf(stderr, "sacred info: %s\n", sacred_open_error());
    return EXIT_INPUT;
  }
  status = verbs_choose(&s, 0, &context, &port);
  if (status != SACRED_OK) {
    printf("chosen: nothing: %s\n", sacred_open_error());
    return EXIT_FAILED;
  }
  enum verbs_family family = port.address[VERBS_IPV4].score >= port.address[VERBS_IPV6].score ? VERBS_IPV4 : VERBS_IPV6;
  uint64_t most;
  if (group_connect_all(&most) != SACRED_OK) {
    fprintf(stderr, "sacred info: %s\n", sacred_open_error());
    return EXIT_INPUT;
  }
  printf("chosen by rank 0: %s port %u, GID %u (%s); timeout %u, retry %u, inline up to %u, depth up to %u\n",
         ibv_get_device_name(context->device), port.number, port.address[family].index,
         family == VERBS_IPV4 ? "IPv4" : "IPv6", s.timeout, s.retry, s.inlined, s.depth);
  printf("queue pairs: up to %" PRIu64
         " ranks, to all when the group opens; above, to two, and to those that an object "
         "posts to when it is made (SACRED_CONNECT_ALL; SACRED_LOG=1 says how many)\n",
         most);
  ibv_close_device(context);
  return EXIT_OK;
}

int info(void)
{
  const char *wire = getenv("SACRED_WIRE");
  int n = 0;
  struct ibv_device **list = ibv_get_device_list(&n);
  printf("wire: %s\n", wire && *wire ? wire : "shm (SACRED_WIRE=verbs for RDMA)");
  for (int k = 0; list && k < n; k++)
    show_device(list[k]);
  if (list)
    ibv_free_device_list(list);
  if (n == 0) {
    puts("there is no RDMA device: see sacred doctor");
    return EXIT_OK;
  }
  return show_choice();
}
