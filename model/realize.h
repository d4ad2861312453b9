/* A world made of arrays, under the names of acsl/world.h, with room for so much. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ACSL_WORLD_H
#define ACSL_WORLD_H
#include <stdint.h>

/* Any sizes would do; nothing is ever allocated. */
enum {
  MAXN = 256,   /* ranks */
  MAXO = 64,    /* objects */
  MAXA = 4096,  /* units of a row */
  MAXT = 65536, /* items of a time line */
  MAXS = 65536, /* operations of a queue pair */
  MAXV = 65536  /* numbers; and what is concluded about */
};

/* An item of the time line carries over all units and all counts: one assignment of a struct. */
struct row {
  uint64_t unit[MAXA];
};
struct memory {
  struct row of[MAXO];
};
struct counts {
  uint64_t to[MAXN];
};

struct operation {
  uint64_t op, lo, hi, num;
  int get, inl;
  struct row late; /* what the NIC has read of the source; of no meaning if inline */
};

struct world {
  uint64_t now[MAXN], out[MAXN];
  struct counts nput[MAXN][MAXT];
  struct memory ver[MAXN][MAXT];
  uint64_t val[MAXO][MAXA][MAXN][MAXV];
  struct operation queue[MAXN][MAXN][MAXS];
  uint64_t deliv[MAXN][MAXN], comp[MAXN][MAXN];
  struct memory cell[MAXN][MAXN], upto[MAXN][MAXN];
  uint64_t pub[MAXO][MAXA][MAXN][MAXN];
  uint64_t at[MAXO][MAXA][MAXN][MAXN][MAXV];
  uint64_t said[MAXO][MAXN], when[MAXO][MAXN][MAXV], done[MAXO][MAXN][MAXV];
};
extern struct world W;

/*@
  logic integer now{L}(integer j) = W.now[j];
  logic integer out{L}(integer j) = W.out[j];
  logic integer nput{L}(integer j, integer i, integer t) = W.nput[j][t].to[i];
  logic integer ver{L}(integer o, integer a, integer j, integer t) = W.ver[j][t].of[o].unit[a];
  logic integer val{L}(integer o, integer a, integer j, integer v) = W.val[o][a][j][v];

  logic integer op{L}(integer j, integer i, integer k) = W.queue[j][i][k].op;
  logic integer lo{L}(integer j, integer i, integer k) = W.queue[j][i][k].lo;
  logic integer hi{L}(integer j, integer i, integer k) = W.queue[j][i][k].hi;
  logic integer get{L}(integer j, integer i, integer k) = W.queue[j][i][k].get;
  logic integer inl{L}(integer j, integer i, integer k) = W.queue[j][i][k].inl;
  logic integer num{L}(integer j, integer i, integer k) = W.queue[j][i][k].num;
  logic integer fly{L}(integer j, integer i, integer k, integer a) =
    W.queue[j][i][k].inl != 0 ? W.queue[j][i][k].num : W.queue[j][i][k].late.unit[a];
  logic integer deliv{L}(integer j, integer i) = W.deliv[j][i];
  logic integer comp{L}(integer j, integer i) = W.comp[j][i];

  logic integer cell{L}(integer o, integer a, integer i, integer j) = W.cell[i][j].of[o].unit[a];
  logic integer upto{L}(integer o, integer a, integer i, integer j) = W.upto[i][j].of[o].unit[a];

  logic integer pub{L}(integer o, integer b, integer j, integer i) = W.pub[o][b][j][i];
  logic integer at{L}(integer o, integer b, integer j, integer i, integer v) = W.at[o][b][j][i][v];
  logic integer said{L}(integer o, integer j) = W.said[o][j];
  logic integer when{L}(integer o, integer j, integer v) = W.when[o][j][v];
  logic integer done{L}(integer o, integer j, integer x) = W.done[o][j][x];

  // as in acsl/world.h
  logic integer Post{L}(integer j, integer i) = nput(j, i, now(j));
  predicate In{L}(integer j, integer i, integer k, integer a) = lo(j,i,k) <= a < hi(j,i,k);
*/

/* What the arrays need of a state. Nobody reads the source of an inline operation: step_read requires that, too. */
// clang-format off
#define ROOM(effect) requires ROOM_##effect;
#define ROOM_store    j < MAXN && now(j) + 1 < MAXT && o < MAXO && l < MAXA && h <= MAXA && v < MAXV
#define ROOM_put      j < MAXN && i < MAXN && now(j) + 1 < MAXT && Post(j,i) < MAXS && o < MAXO && l < MAXA && v < MAXV
#define ROOM_get      j < MAXN && i < MAXN && now(j) + 1 < MAXT && Post(j,i) < MAXS
#define ROOM_flush    j < MAXN && out(j) < UINT64_MAX
#define ROOM_read     j < MAXN && i < MAXN && k < MAXS && a < MAXA && out(j) < MAXT && op(j,i,k) < MAXO && inl(j,i,k) == 0
#define ROOM_land     j < MAXN && i < MAXN && a < MAXA && deliv(j,i) < MAXS && op(j,i,deliv(j,i)) < MAXO
#define ROOM_place    j < MAXN && i < MAXN && deliv(j,i) < MAXS && op(j,i,deliv(j,i)) < MAXO && hi(j,i,deliv(j,i)) <= MAXA
#define ROOM_complete j < MAXN && i < MAXN && comp(j,i) < UINT64_MAX
#define ROOM_announce j < MAXN && o < MAXO && v < MAXV
#define ROOM_conclude j < MAXN && o < MAXO && x < MAXV
// clang-format on
#endif
