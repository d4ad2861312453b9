/* A broadcast of two slots of one word each. The header of a chunk keeps its size, only half of it is in use. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLORE_SCALED_H
#define EXPLORE_SCALED_H
#define BROADCAST_SLOTS 2
#define BROADCAST_CHUNK 8
#define BROADCAST_REFER 1
#define BROADCAST_SLOT (BROADCAST_HEAD + BROADCAST_CHUNK)
#define BROADCAST_ROW (BROADCAST_DATA + BROADCAST_SLOTS * BROADCAST_SLOT)
#endif
