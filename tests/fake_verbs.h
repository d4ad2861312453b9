/* A device that is none: libibverbs' functions, answered as a test wants them to be. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FAKE_VERBS_H
#define FAKE_VERBS_H
#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stdint.h>

enum {
  FAKE_DEVICES = 3,
  FAKE_PORTS = 2,
  FAKE_GIDS = 6,
  FAKE_QPS = 256,
  FAKE_POSTS = 4096,
  FAKE_REGISTRATIONS = 32,
  FAKE_RECEIVES = 256
};

/* A work request as it was posted; its first word as the device read it: inline at the post, else when it is performed. */
struct fake_post {
  struct ibv_send_wr wr;
  struct ibv_sge sge, second;
  uint64_t word;
};

struct fake_qp {
  struct ibv_qp qp; /* first: what the caller holds */
  struct fake_post posts[FAKE_POSTS];
  uint32_t posted, performed;
  struct ibv_qp_attr init, receive, send; /* as it was moved to INIT, to RTR, and to RTS */
  struct ibv_qp_init_attr made;
  bool alive, erred;
  struct fake_receive { /* of datagrams: where the next ones go to */
    uint64_t wr_id;
    unsigned char *at;
    uint32_t bytes;
  } place[FAKE_RECEIVES];
  uint32_t receives, received;
};

/* A completion queue: `qp` gives the numbers that are in it. */
struct fake_cq {
  struct ibv_cq cq; /* first: what the caller holds */
  struct ibv_wc wc[2 * FAKE_POSTS];
  uint32_t in, out;
};

struct fake_port {
  enum ibv_port_state state;
  enum ibv_mtu mtu;
  uint8_t link;
  uint32_t message;
  struct ibv_gid_entry gids[FAKE_GIDS];
  uint32_t gids_n;
};

struct fake_device {
  const char *name;
  struct fake_port port[FAKE_PORTS];
  uint32_t ports, vendor;
  bool closed_to_me, iwarp;
};

/* What the test sets, and what it finds. */
extern struct fake {
  struct fake_device device[FAKE_DEVICES];
  uint32_t devices;
  uint32_t inline_most, inline_told; /* queue pairs with more are refused; told: what is read back, 0: what was asked */
  int max_cqe, max_qp_wr;
  enum ibv_atomic_cap atomics;
  int in_order;             /* what it says of the bytes of one write */
  bool no_memory;           /* registrations fail */
  int refuse, refuse_after; /* post_send gives this, once refuse_after posts went well */
  int async_fd;
  struct ibv_async_event event;
  bool has_event;
  bool removed; /* the device is gone: every call on it says so */
  struct fake_qp *qp[FAKE_QPS];
  uint32_t qps;
  int access[FAKE_REGISTRATIONS]; /* of each registration */
  uint32_t registrations;
  uint32_t wc_in, wc_out; /* of all completion queues */
  int cqe;                /* the length of the last completion queue that was made */
  uint64_t registered;    /* bytes that are */
  uint32_t handles;       /* address handles that there are */
  bool overrun;           /* one was too short */
  bool destroyed_live;    /* a queue pair was destroyed that was not in the error state, or not drained */
  int open;               /* contexts, domains, queues and registrations that are not given back */
} fake;

/* One device with one active port and a routable address. */
void fake_reset(void);

void fake_gid(struct fake_port *port, uint32_t index, enum ibv_gid_type type, const char *address);

/* Perform n work requests of a queue pair (all: UINT32_MAX); the signaled ones complete. */
void fake_perform(struct fake_qp *q, uint32_t n);

/* A datagram comes: false where no place was posted for it, and it is lost. */
bool fake_arrive(struct fake_qp *q, uint32_t from, const void *text, uint32_t bytes);

/* The next one fails with `status`, and all behind it are flushed. */
void fake_fail(struct fake_qp *q, enum ibv_wc_status status);
#endif
