/* A set of final states: rows are appended, and from time to time sorted and merged. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "outcomes.h"
#include <stdlib.h>
#include <string.h>

void outcomes_start(struct outcomes *o, unsigned width)
{
  *o = (struct outcomes){.width = width};
}

static uint64_t *row(const struct outcomes *o, size_t i)
{
  return o->rows + i * (o->width + 1);
}

static int compare(const uint64_t *a, const uint64_t *b, unsigned width)
{
  for (unsigned i = 0; i < width; i++)
    if (a[i] != b[i])
      return a[i] < b[i] ? -1 : 1;
  return 0;
}

static int compare_rows(const void *a, const void *b, void *width)
{
  return compare(a, b, *(unsigned *)width);
}

void outcomes_sort(struct outcomes *o)
{
  size_t kept = 0, bytes = (o->width + 1) * sizeof *o->rows;
  if (o->sorted == o->count)
    return;
  qsort_r(o->rows, o->count, bytes, compare_rows, &o->width);
  for (size_t i = 0; i < o->count; i++)
    if (kept > 0 && compare(row(o, kept - 1), row(o, i), o->width) == 0)
      row(o, kept - 1)[o->width] += row(o, i)[o->width];
    else if (kept++ != i)
      memcpy(row(o, kept - 1), row(o, i), bytes);
  o->count = o->sorted = kept;
}

/* Room for one row more: sort and merge first, and grow if that has not freed half of it. */
static bool make_room(struct outcomes *o)
{
  if (o->count < o->room)
    return true;
  outcomes_sort(o);
  if (o->count < o->room / 2)
    return true;
  size_t room = o->room ? 2 * o->room : 64;
  uint64_t *rows = realloc(o->rows, room * (o->width + 1) * sizeof *rows);
  if (!rows)
    return o->count < o->room;
  o->rows = rows;
  o->room = room;
  return true;
}

bool outcomes_add(struct outcomes *o, const uint64_t *state, uint64_t times)
{
  if (!make_room(o))
    return false;
  memcpy(row(o, o->count), state, o->width * sizeof *state);
  row(o, o->count)[o->width] = times;
  o->count++;
  return true;
}

const uint64_t *outcomes_state(const struct outcomes *o, size_t i)
{
  return row(o, i);
}

uint64_t outcomes_times(const struct outcomes *o, size_t i)
{
  return row(o, i)[o->width];
}

bool outcomes_has(const struct outcomes *o, const uint64_t *state)
{
  size_t low = 0, high = o->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = compare(row(o, middle), state, o->width);
    if (order == 0)
      return true;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return false;
}

bool outcomes_equal(const struct outcomes *a, const struct outcomes *b)
{
  if (a->count != b->count || a->width != b->width)
    return false;
  for (size_t i = 0; i < a->count; i++)
    if (compare(row(a, i), row(b, i), a->width) != 0)
      return false;
  return true;
}

void outcomes_free(struct outcomes *o)
{
  free(o->rows);
  *o = (struct outcomes){0};
}
