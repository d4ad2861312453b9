/* Sacred: synchronisation over RDMA whose ordering is proved. This header has all of it. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SACRED_H
#define SACRED_H
#include <sacred/barrier.h>
#include <sacred/broadcast.h>
#include <sacred/fence.h>
#include <sacred/flag.h>
#include <sacred/group.h>
#include <sacred/region.h>
#include <sacred/status.h>
#include <sacred/table.h>

#define SACRED_VERSION "0.1.0"
#endif
