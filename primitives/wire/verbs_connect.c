/* Two queue pairs become one wire: what the ranks tell each other, agree on, and set. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../group/group.h"
#include "verbs.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum {
  READS = 16, /* gets outstanding that are asked for; the devices may allow less */
  HOPS = 64   /* routers that a packet may pass */
};

static uint32_t lesser(uint32_t a, uint32_t b)
{
  return a < b ? a : b;
}

void verbs_introduce(const struct verbs *v, struct verbs_card *card)
{
  *card = (struct verbs_card){.heap = (uintptr_t)v->heap,
                              .scratch = (uintptr_t)v->scratch,
                              .scratch_key = v->scratch_mr->rkey,
                              .link = v->port.link,
                              .lid = v->port.lid,
                              .mtu = v->port.mtu,
                              .sparse = (uint32_t)v->sparse,
                              .reads_out = lesser((uint32_t)v->device.max_qp_init_rd_atom, READS),
                              .reads_in = lesser((uint32_t)v->device.max_qp_rd_atom, READS)};
  if (v->board_mr) {
    card->board = (uintptr_t)v->board;
    card->board_key = v->board_mr->rkey;
  }
  if (v->sparse && v->size > 1) {
    card->next = v->peers[(v->rank + 1) % v->size].qp->qp_num;
    card->previous = v->peers[(v->rank + v->size - 1) % v->size].qp->qp_num;
  }
  if (v->datagrams)
    card->datagrams = verbs_datagrams_number(v->datagrams);
  memcpy(card->address, v->port.address, sizeof card->address);
  snprintf(card->device, sizeof card->device, "%s", ibv_get_device_name(v->context->device));
  for (enum ibv_mtu mtu = IBV_MTU_256; mtu <= IBV_MTU_4096; mtu++)
    if (v->settings.mtu != 0 && v->settings.mtu == 128u << mtu && mtu < card->mtu)
      card->mtu = mtu;
}

static const char *link_name(uint32_t link)
{
  return link == IBV_LINK_LAYER_ETHERNET ? "Ethernet" : "InfiniBand";
}

/* Has everybody an address of this family, of one type? */
static int all_have(const struct verbs_card *cards, uint32_t size, enum verbs_family family)
{
  for (uint32_t i = 0; i < size; i++)
    if (cards[i].address[family].score == 0 || cards[i].address[family].type != cards[0].address[family].type)
      return 0;
  return 1;
}

int verbs_agree(const struct verbs_card *cards, uint32_t size, enum verbs_family *family)
{
  for (uint32_t i = 0; i < size; i++)
    if (cards[i].link != cards[0].link)
      return group_open_say(SACRED_ERR_MISMATCH,
                            "rank %u has %s on %s, rank 0 has %s on %s: choose ports of one kind by SACRED_DEVICE", i,
                            link_name(cards[i].link), cards[i].device, link_name(cards[0].link), cards[0].device);
  for (uint32_t i = 0; i < size; i++)
    if (cards[i].sparse != cards[0].sparse)
      return group_open_say(SACRED_ERR_MISMATCH,
                            "rank %u connects to %s at the open, rank 0 to %s: give the same SACRED_CONNECT_ALL to "
                            "all ranks",
                            i, cards[i].sparse ? "two ranks" : "all", cards[0].sparse ? "two ranks" : "all");
  int four = all_have(cards, size, VERBS_IPV4), six = all_have(cards, size, VERBS_IPV6);
  /* The better of rank 0's two, where both will do: link-local IPv4 is behind routable IPv6. */
  *family = six && (!four || cards[0].address[VERBS_IPV6].score > cards[0].address[VERBS_IPV4].score) ? VERBS_IPV6
                                                                                                      : VERBS_IPV4;
  if (four || six)
    return SACRED_OK;
  return group_open_say(SACRED_ERR_MISMATCH,
                        "the ports of the ranks have no kind of address in common (IPv4 or IPv6, RoCE v1 or v2): give "
                        "their network devices one, or choose by SACRED_DEVICE and SACRED_GID_INDEX");
}

void verbs_meet(struct verbs *v, const struct verbs_card *cards, enum verbs_family family)
{
  uint32_t mtu = IBV_MTU_4096;
  v->family = family;
  for (uint32_t i = 0; i < v->size; i++)
    v->peers[i].card = cards[i];
  for (uint32_t i = 0; v->datagrams && i < v->size; i++)
    if (i == 0 || cards[i].mtu < mtu)
      mtu = cards[i].mtu;
  if (v->datagrams)
    verbs_datagrams_fit(v->datagrams, 128u << mtu);
  uint32_t next = (v->rank + 1) % v->size, previous = (v->rank + v->size - 1) % v->size;
  if (v->sparse) {
    v->peers[previous].number = cards[previous].next;
    v->peers[next].number = cards[next].previous;
  }
}

/* The first packet's number of what `from` posts to `to`: both sides know it, and no earlier group's packets fit. */
static uint32_t first_packet(uint64_t seed, uint32_t from, uint32_t to)
{
  uint64_t x = seed ^ ((uint64_t)from << 32 | to);
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return (uint32_t)(x >> 31) & 0xffffff;
}

static int to_receive(struct verbs *v, uint32_t i, uint64_t seed)
{
  const struct verbs_peer *p = &v->peers[i];
  struct ibv_qp_attr attr = {.qp_state = IBV_QPS_RTR,
                             .path_mtu = (enum ibv_mtu)lesser(v->peers[v->rank].card.mtu, p->card.mtu),
                             .dest_qp_num = p->number,
                             .rq_psn = first_packet(seed, i, v->rank),
                             .max_dest_rd_atomic = (uint8_t)v->peers[v->rank].card.reads_in,
                             .min_rnr_timer = 12};
  attr.ah_attr = (struct ibv_ah_attr){.port_num = (uint8_t)v->port.number, .dlid = (uint16_t)p->card.lid};
  if (v->port.link == IBV_LINK_LAYER_ETHERNET || p->card.lid == 0) {
    attr.ah_attr.is_global = 1;
    attr.ah_attr.grh = (struct ibv_global_route){.dgid = p->card.address[v->family].gid,
                                                 .sgid_index = (uint8_t)v->port.address[v->family].index,
                                                 .hop_limit = HOPS};
  }
  return ibv_modify_qp(p->qp, &attr,
                       IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
                           IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
}

static int to_send(struct verbs *v, uint32_t i, uint64_t seed)
{
  const struct verbs_peer *p = &v->peers[i];
  struct ibv_qp_attr attr = {.qp_state = IBV_QPS_RTS,
                             .timeout = (uint8_t)v->settings.timeout,
                             .retry_cnt = (uint8_t)v->settings.retry,
                             .rnr_retry = 0, /* nothing is received here: nobody can be not ready for it */
                             .sq_psn = first_packet(seed, v->rank, i),
                             .max_rd_atomic = (uint8_t)lesser(v->peers[v->rank].card.reads_out, p->card.reads_in)};
  return ibv_modify_qp(p->qp, &attr,
                       IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN |
                           IBV_QP_MAX_QP_RD_ATOMIC);
}

static const char *address_text(const struct verbs_address *a, char *text, size_t room)
{
  if (verbs_family(&a->gid) == VERBS_IPV4)
    inet_ntop(AF_INET, a->gid.raw + 12, text, (socklen_t)room);
  else
    inet_ntop(AF_INET6, a->gid.raw, text, (socklen_t)room);
  return text;
}

int verbs_connect(struct verbs *v, uint32_t i, uint64_t seed)
{
  int status = v->brought ? verbs_verify(v, i) : verbs_join(v, i, seed);
  if (status == SACRED_OK) {
    v->peers[i].ready = 1;
    v->pairs++;
  }
  return status;
}

int verbs_join(struct verbs *v, uint32_t i, uint64_t seed)
{
  char here[INET6_ADDRSTRLEN], there[INET6_ADDRSTRLEN];
  int error = to_receive(v, i, seed);
  if (error == 0)
    error = to_send(v, i, seed);
  if (error == 0)
    return SACRED_OK;
  return group_open_say(SACRED_ERR_UNREACHABLE,
                        "rank %u at %s cannot be connected from %s on %s: %s; is there a route between the two, and is "
                        "SACRED_GID_INDEX right?",
                        i, address_text(&v->peers[i].card.address[v->family], there, sizeof there),
                        address_text(&v->port.address[v->family], here, sizeof here),
                        ibv_get_device_name(v->context->device), strerror(error));
}

const char *verbs_where(const struct verbs *v, uint32_t i, char *text, size_t room)
{
  char there[INET6_ADDRSTRLEN];
  const struct verbs_address *a = &v->peers[i].card.address[v->family];
  text[0] = '\0';
  if (a->score > 0)
    snprintf(text, room, " at %s", address_text(a, there, sizeof there));
  return text;
}

const char *verbs_describe(const struct verbs *v, char *text, size_t room)
{
  static const char *const types[] = {"InfiniBand", "RoCE v1", "RoCE v2"};
  char here[INET6_ADDRSTRLEN];
  const struct verbs_address *a = &v->port.address[v->family];
  snprintf(text, room,
           "%s port %u, %s, GID %u %s, MTU %u at most, %u of %u queue pairs, inline %u, depth %u, timeout %u, retry "
           "%u, order within a write "
           "%s, remote atomics (not used): %s",
           ibv_get_device_name(v->context->device), v->port.number, a->type <= 2 ? types[a->type] : "an unknown link",
           a->index, address_text(a, here, sizeof here), 128u << v->port.mtu, v->pairs, v->size - 1, v->inlined,
           v->depth, v->settings.timeout, v->settings.retry,
           v->in_order > 0    ? "is promised by the device"
           : v->in_order == 0 ? "is not promised by the device, nor needed"
                              : "was not asked for",
           verbs_atomics(v->device.atomic_cap));
  return text;
}
