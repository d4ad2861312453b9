/* Parameters of the network from a file: given by hand, or measured. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"
#include <jansson.h>
#include <string.h>

struct parameter {
  const char *name;
  uint64_t *time;
};

static int bad(const char *file, const char *name, const char *why)
{
  char what[160];
  snprintf(what, sizeof what, "--parameters %.100s%s%.40s", file, name ? ": " : "", name ? name : "");
  return options_bad(what, NULL, why);
}

static int take(const char *file, const char *name, const json_t *value, const struct parameter *p)
{
  while (p->name && strcmp(p->name, name) != 0)
    p++;
  if (!p->name)
    return bad(file, name, "no parameter: give latency, overhead, gap, gap_per_byte and measured");
  if (!json_is_number(value) || !picoseconds(json_number_value(value), p->time))
    return bad(file, name, "give nanoseconds, a number from 0 to 1000000000");
  return EXIT_OK;
}

/* Words that can be printed, also in a plot. */
static int take_measured(const char *file, const json_t *value, char *measured)
{
  const char *text = json_string_value(value), *c = text;
  while (c && *c >= ' ' && *c <= '~')
    c++;
  if (!c || *c != '\0' || c - text > MEASURED_MAX)
    return bad(file, "measured", "give how, in at most 250 printable ASCII characters");
  strcpy(measured, text);
  return EXIT_OK;
}

int parameters_read(struct options *o, const char *file)
{
  struct setting *s = &o->setting;
  const struct parameter all[] = {
      {"latency", &s->latency}, {"overhead", &s->overhead}, {"gap", &s->gap}, {"gap_per_byte", &s->byte}, {NULL, NULL}};
  json_error_t error;
  json_t *root = json_load_file(file, JSON_REJECT_DUPLICATES, &error), *value;
  const char *name;
  int status = EXIT_OK;
  if (!json_is_object(root))
    status = bad(file, NULL, root ? "give an object, as in {\"latency\": 1000}" : error.text);
  o->measured[0] = '\0';
  json_object_foreach(root, name, value) if (status == EXIT_OK) status =
      strcmp(name, "measured") == 0 ? take_measured(file, value, o->measured) : take(file, name, value, all);
  json_decref(root);
  return status;
}
