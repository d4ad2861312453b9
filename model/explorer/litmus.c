/* What can be said of a test without running it: its columns, and its instructions as text. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "litmus.h"
#include <inttypes.h>

bool litmus_is_operation(enum litmus_kind kind)
{
  return kind == LITMUS_PUT || kind == LITMUS_GET || kind == LITMUS_RCAS || kind == LITMUS_RFAA;
}

bool litmus_is_posted(enum litmus_kind kind)
{
  return litmus_is_operation(kind) || kind == LITMUS_RFENCE;
}

unsigned litmus_columns(const struct litmus *test, struct litmus_column *columns)
{
  unsigned count = 0;
  for (unsigned thread = 0; thread < test->threads; thread++)
    for (unsigned i = 0; i < test->registers; i++)
      if (test->reg[i].last && test->reg[i].thread == thread)
        columns[count++] = (struct litmus_column){true, i};
  for (unsigned i = 0; i < test->locations; i++)
    columns[count++] = (struct litmus_column){false, i};
  return count;
}

void litmus_print_column(const struct litmus *test, struct litmus_column column, FILE *out)
{
  if (column.is_register)
    fprintf(out, "P%u:%s", test->reg[column.index].thread, test->reg[column.index].name);
  else
    fprintf(out, "%s@%" PRIu32, test->location[column.index].name, test->location[column.index].node);
}

static void print_location(const struct litmus *test, unsigned index, FILE *out)
{
  litmus_print_column(test, (struct litmus_column){false, index}, out);
}

static void print_operand(const struct litmus *test, const struct litmus_operand *e, FILE *out)
{
  if (e->is_register)
    fputs(test->reg[e->reg].name, out);
  else
    fprintf(out, "%" PRIu64, e->number);
}

static void print_words(const struct litmus *test, const uint8_t *x, unsigned words, FILE *out)
{
  for (unsigned i = 0; i < words; i++) {
    fputs(i ? ", " : "", out);
    print_location(test, x[i], out);
  }
}

static void print_put(const struct litmus *test, const struct litmus_instruction *i, FILE *out)
{
  fputs("put ", out);
  print_words(test, i->remote, i->words, out);
  fputs(" <- ", out);
  if (!i->is_inline)
    print_words(test, i->local, i->words, out);
  for (unsigned w = 0; i->is_inline && w < i->words; w++) {
    fputs(w ? ", " : "", out);
    print_operand(test, &i->operand[w], out);
  }
}

static void print_operands(const struct litmus *test, const struct litmus_instruction *i, unsigned count, FILE *out)
{
  for (unsigned k = 0; k < count; k++) {
    fputc(' ', out);
    print_operand(test, &i->operand[k], out);
  }
}

static void print_register(const struct litmus *test, const struct litmus_instruction *i, const char *to, FILE *out)
{
  fprintf(out, "%s := %s", test->reg[i->reg].name, to);
  print_location(test, i->local[0], out);
}

static void print_atomic(const struct litmus *test, const struct litmus_instruction *i, FILE *out)
{
  print_location(test, i->local[0], out);
  fputs(i->kind == LITMUS_RCAS ? " <- rcas " : " <- rfaa ", out);
  print_location(test, i->remote[0], out);
  print_operands(test, i, i->kind == LITMUS_RCAS ? 2 : 1, out);
}

void litmus_print_instruction(const struct litmus *test, const struct litmus_instruction *i, FILE *out)
{
  switch (i->kind) {
  case LITMUS_STORE:
    print_location(test, i->local[0], out);
    fputs(" :=", out);
    print_operands(test, i, 1, out);
    break;
  case LITMUS_LOAD:
    print_register(test, i, "", out);
    break;
  case LITMUS_CAS:
    print_register(test, i, "cas ", out);
    print_operands(test, i, 2, out);
    break;
  case LITMUS_MFENCE:
    fputs("mfence", out);
    break;
  case LITMUS_AWAIT:
    fputs("await ", out);
    print_location(test, i->local[0], out);
    fputs(" =", out);
    print_operands(test, i, 1, out);
    break;
  case LITMUS_POLL:
  case LITMUS_RFENCE:
    fprintf(out, "%s %" PRIu32, i->kind == LITMUS_POLL ? "poll" : "rfence", i->node);
    break;
  case LITMUS_PUT:
    print_put(test, i, out);
    break;
  case LITMUS_GET:
    fputs("get ", out);
    print_words(test, i->local, i->words, out);
    fputs(" <- ", out);
    print_words(test, i->remote, i->words, out);
    break;
  case LITMUS_RCAS:
  case LITMUS_RFAA:
    print_atomic(test, i, out);
    break;
  }
}
