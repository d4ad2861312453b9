/* Who of a sparse group is gone: found by those that have a queue pair to it, and told to all. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NEWS_H
#define NEWS_H
#include "group.h"

/* Tell and hear from now on, whenever somebody waits. Words in sacred_open_error(). */
int news_open(struct sacred_group *g);
void news_free(struct sacred_group *g);

/* Tell whom I have found, heed what others have told. Never blocks. */
void news_look(struct sacred_group *g, uint64_t now);
#endif
