/* The effects of the machine's steps, done to a world made of arrays: so what model/effects.h assumes has a model. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The contracts are those of model/effects.h itself, proved here for every
 * state that has room. Outside this file they are assumed, of worlds without
 * bounds.
 */
#include "model/realize.h"
#include "model/effects.h"

void eff_store(uint64_t o, uint64_t l, uint64_t h, uint32_t j, uint64_t v, uint64_t x)
{
  uint64_t n = W.now[j];
  struct row own = W.ver[j][n].of[o];
  /*@ loop invariant l <= a && (a <= h || a == l);
      loop invariant \forall integer b; own.unit[b] == (l <= b < a ? v : ver(o,b,j,n));
      loop assigns a, own.unit[0 .. MAXA - 1];
      loop variant h - a; */
  for (uint64_t a = l; a < h; a++)
    own.unit[a] = v;
  W.ver[j][n + 1] = W.ver[j][n];
  W.ver[j][n + 1].of[o] = own;
  W.nput[j][n + 1] = W.nput[j][n];
  W.now[j] = n + 1;
  W.val[o][l][j][v] = x;
}

/* A post leaves the rows as they are and adds to one count. */
void eff_put(uint64_t o, uint64_t l, uint64_t h, uint32_t j, uint32_t i, int inline_, uint64_t v)
{
  uint64_t n = W.now[j], k = W.nput[j][n].to[i];
  W.ver[j][n + 1] = W.ver[j][n];
  W.nput[j][n + 1] = W.nput[j][n];
  W.nput[j][n + 1].to[i] = k + 1;
  W.now[j] = n + 1;
  W.queue[j][i][k].op = o;
  W.queue[j][i][k].lo = l;
  W.queue[j][i][k].hi = h;
  W.queue[j][i][k].get = 0;
  W.queue[j][i][k].inl = inline_;
  W.queue[j][i][k].num = v;
  W.queue[j][i][k].late = W.ver[j][n].of[o];
  /*@ loop invariant pub(o,l,j,i) <= u && (u <= v || u == pub(o,l,j,i));
      loop invariant \forall integer w; pub(o,l,j,i) < w <= u ==> at(o,l,j,i,w) == k;
      loop invariant \forall integer c, b, s, d, w; c != o || b != l || s != j || d != i || !(pub(o,l,j,i) < w <= u) ==>
        at(c,b,s,d,w) == at{Pre}(c,b,s,d,w);
      loop assigns u, W.at[o][l][j][i][0 .. MAXV - 1];
      loop variant v - u; */
  for (uint64_t u = W.pub[o][l][j][i]; u < v; u++)
    W.at[o][l][j][i][u + 1] = k;
  W.pub[o][l][j][i] = v;
}

void eff_get(uint32_t j, uint32_t i)
{
  uint64_t n = W.now[j], k = W.nput[j][n].to[i];
  W.ver[j][n + 1] = W.ver[j][n];
  W.nput[j][n + 1] = W.nput[j][n];
  W.nput[j][n + 1].to[i] = k + 1;
  W.now[j] = n + 1;
  W.queue[j][i][k].op = 0;
  W.queue[j][i][k].lo = 0;
  W.queue[j][i][k].hi = 0;
  W.queue[j][i][k].get = 1;
  W.queue[j][i][k].inl = 0;
  W.queue[j][i][k].num = 0;
}

void eff_flush(uint32_t j)
{
  W.out[j]++;
}

void eff_read(uint32_t j, uint32_t i, uint64_t k, uint64_t a)
{
  W.queue[j][i][k].late.unit[a] = W.ver[j][W.out[j]].of[W.queue[j][i][k].op].unit[a];
}

/* What is placed in unit a: the number of an inline operation, or what was last read. */
/*@ requires j < MAXN && i < MAXN && k < MAXS && a < MAXA;
    terminates \true; assigns \nothing; exits \false; ensures \result == fly(j,i,k,a); */
static uint64_t carried(uint32_t j, uint32_t i, uint64_t k, uint64_t a)
{
  return W.queue[j][i][k].inl ? W.queue[j][i][k].num : W.queue[j][i][k].late.unit[a];
}

void eff_land(uint32_t j, uint32_t i, uint64_t a)
{
  uint64_t k = W.deliv[j][i];
  W.cell[i][j].of[W.queue[j][i][k].op].unit[a] = carried(j, i, k, a);
}

void eff_place(uint32_t j, uint32_t i)
{
  uint64_t k = W.deliv[j][i], o = W.queue[j][i][k].op, l = W.queue[j][i][k].lo, h = W.queue[j][i][k].hi;
  struct row cell = W.cell[i][j].of[o], upto = W.upto[i][j].of[o];
  /*@ loop invariant l <= a && (a <= h || a == l);
      loop invariant \forall integer b; cell.unit[b] == (l <= b < a ? fly(j,i,k,b) : cell(o,b,i,j));
      loop invariant \forall integer b; upto.unit[b] == (l <= b < a ? k + 1 : upto(o,b,i,j));
      loop assigns a, cell.unit[0 .. MAXA - 1], upto.unit[0 .. MAXA - 1];
      loop variant h - a; */
  for (uint64_t a = l; a < h; a++) {
    cell.unit[a] = carried(j, i, k, a);
    upto.unit[a] = k + 1;
  }
  W.cell[i][j].of[o] = cell;
  W.upto[i][j].of[o] = upto;
  W.deliv[j][i] = k + 1;
}

void eff_complete(uint32_t j, uint32_t i)
{
  W.comp[j][i]++;
}

void eff_announce(uint64_t o, uint32_t j, uint64_t v)
{
  W.said[o][j] = v;
  W.when[o][j][v] = W.now[j];
}

void eff_conclude(uint64_t o, uint32_t j, uint64_t x, uint64_t v)
{
  W.done[o][j][x] = v;
}
