/* Deliberate mistakes in the declarative model: a cell of a table, or a part of a relation. For tests only. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CELLS_H
#define CELLS_H
#include <stdbool.h>

enum cell_table { CELL_IPPO, CELL_OPPO };

enum { CELL_FIRST = 1000, CELL_KINDS = 12, CELL_COUNT = 2 * CELL_KINDS * CELL_KINDS };

/* X(name, what is left out) */
#define PARTS(X)                                                                                                       \
  X(IB_RF, "rf from ib")                                                                                               \
  X(IB_PF, "pf from ib")                                                                                               \
  X(IB_NFO, "nfo from ib")                                                                                             \
  X(IB_RB, "rb_b from ib")                                                                                             \
  X(IB_RAO, "rao from ib")                                                                                             \
  X(OB_RF, "rf_e from ob")                                                                                             \
  X(OB_RF_INTERNAL, "nothing: rf_b is added to ob")                                                                    \
  X(OB_PFG, "pfg from ob")                                                                                             \
  X(OB_PF, "nothing: all of pf is added to ob")                                                                        \
  X(OB_NFO, "nfo from ob")                                                                                             \
  X(OB_RB, "rb from ob")                                                                                               \
  X(OB_MO, "mo from ob")                                                                                               \
  X(OB_RAO, "rao from ob")                                                                                             \
  X(OB_LOCK, "(nAW of a, nAR of b) for (a,b) in rao from ob")                                                          \
  X(OB_INST, "[Inst];ib from ob")                                                                                      \
  X(NFO_LOCAL, "(nlR, nlW) from nfo")                                                                                  \
  X(NFO_REMOTE, "(nrR, nrW) from nfo")                                                                                 \
  X(NFO_ATOMIC, "(nrR, nAW) from nfo")

#define PARTS_ENUM(name, text) PART_##name,
enum part { PART_NONE = 2000, PARTS(PARTS_ENUM) PART_COUNT };

static inline bool cell_is_flipped(unsigned chosen, enum cell_table table, unsigned row, unsigned column)
{
#ifdef LITMUS_MUTANTS
  return chosen == CELL_FIRST + (table * CELL_KINDS + row) * CELL_KINDS + column;
#else
  (void)chosen, (void)table, (void)row, (void)column;
  return false;
#endif
}

static inline bool is_part(unsigned chosen, enum part part)
{
#ifdef LITMUS_MUTANTS
  return chosen == part;
#else
  (void)chosen, (void)part;
  return false;
#endif
}
#endif
