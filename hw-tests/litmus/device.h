/* Nodes and queue pairs for litmus tests: over a device, or over none. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LITMUS_DEVICE_H
#define LITMUS_DEVICE_H
#include "litmus.h"

enum { DEVICE_NODE = 8192, DEVICE_NODES = LITMUS_LOCATIONS, DEVICE_TEXT = 512 };

/* What a test needs: nodes, numbered from 0, and the node of each thread. */
struct device_shape {
  unsigned nodes, threads;
  unsigned node_of[LITMUS_THREADS];
};

/* A remote operation of a thread. */
struct request {
  enum litmus_kind kind;     /* LITMUS_PUT, LITMUS_GET, LITMUS_RCAS, LITMUS_RFAA */
  bool is_inline, is_fenced; /* fenced: behind older gets and atomics of its queue pair */
  unsigned words;
  uint64_t *local[LITMUS_WORDS]; /* unless inline */
  uint64_t value[LITMUS_WORDS];  /* inline: the words; rcas: old, new; rfaa: what is added */
  size_t remote;                 /* offset at the other node, of the first word: the others are behind it */
};

struct device {
  struct device_shape shape;
  unsigned char *memory[DEVICE_NODES]; /* of each node, DEVICE_NODE bytes; zero at first */
  void *own;
  char error[DEVICE_TEXT]; /* of the last thing that failed */
  /* Post to a node; false: the error says why. Take one completion of that queue pair: 1, or 0 where there is none yet,
   * or -1 and an error. A thread calls them for itself, and they do not block. */
  bool (*post)(struct device *d, unsigned thread, unsigned node, const struct request *r);
  int (*poll)(struct device *d, unsigned thread, unsigned node);
  void (*close)(struct device *d);
};

/* Over RDMA devices, which the nodes take in turn; a status of Sacred, 77 where there is no device. May block for seconds. */
int device_open_verbs(struct device *d, const struct device_shape *shape);

/* Over no device: whoever posts does it, at once or when it polls. For tests of the runner and of its judge. */
int device_open_none(struct device *d, const struct device_shape *shape);
#endif
