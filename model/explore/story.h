/* A trace, told step by step in the words of the machine. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLORE_STORY_H
#define EXPLORE_STORY_H
#include "node.h"

/* Tell how path[0] comes to path[length], and what is wrong then. */
void story_tell(struct space *space, const uint32_t *path, uint32_t length, const char *wrong);
#endif
