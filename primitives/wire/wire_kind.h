/* The kinds of wire there are. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WIRE_KIND_H
#define WIRE_KIND_H

enum wire_kind {
  WIRE_SHM = 1,  /* ranks of one host: a post is performed by the caller, at once */
  WIRE_SHM_LATE, /* the same memory, but a thread performs the posts late, as a hostile NIC may */
  WIRE_VERBS     /* queue pairs of an RDMA device, between hosts or on one */
};
#endif
