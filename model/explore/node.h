/* A node of the search: the machine, and where each rank is; as bytes it is a state. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLORE_NODE_H
#define EXPLORE_NODE_H
#include "cpu.h"
#include "strings.h"

struct node {
  struct machine machine;
  struct log log[RANKS];
  uint32_t snapshot[RANKS]; /* of the arena, when the call at hand began */
  uint32_t world[WORLD];    /* of the watcher; none: all 0 */
};

/* A step, and for a CPU the choices in it. */
struct move {
  struct step step;
  struct script script;
};

struct space {
  const struct scenario *scenario;
  struct strings states, snapshots;
};

void space_open(struct space *space, const struct scenario *scenario, struct node *first);
void space_close(struct space *space);

/* The number of this state. */
uint32_t space_add(struct space *space, const struct node *n, bool *is_new);
void space_get(const struct space *space, uint32_t state, struct node *n);

/* The arenas of all ranks become what they are in this node. */
void node_enter(const struct space *space, const struct node *n);

/*
 * Take the move from a node that was entered, which it still is afterwards, as the new one. Returns what does not
 * hold then, or NULL.
 */
const char *node_take(struct space *space, struct node *n, struct move *move);

/* Every rank at its end or dead, and nothing on its way. The node was entered. */
bool node_is_final(const struct space *space, const struct node *n);

typedef bool visit(struct space *space, const struct node *next, const char *wrong, const struct move *move,
                   void *context);

/* All moves of a node and what they lead to; stops where visit says false. */
void node_expand(struct space *space, const struct node *n, visit *visit, void *context);
#endif
