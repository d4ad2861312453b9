/* Parameters of the network from a file: given by hand, or measured. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"
#include <jansson.h>
#include <string.h>

struct parameter {
  const char *name;
  uint64_t *time;
};

/* What is read, for errors. */
struct reading {
  const char *option, *file;
};

static int bad(const struct reading *r, const char *name, const char *why)
{
  char what[180];
  snprintf(what, sizeof what, "%.20s %.100s%s%.40s", r->option, r->file, name ? ": " : "", name ? name : "");
  return options_bad(what, NULL, why);
}

static int take(const struct reading *r, const char *name, const json_t *value, const struct parameter *p)
{
  while (p->name && strcmp(p->name, name) != 0)
    p++;
  if (!p->name)
    return bad(r, name, "no parameter: give latency, overhead, gap, gap_per_byte and measured");
  if (!json_is_number(value) || !picoseconds(json_number_value(value), p->time))
    return bad(r, name, "give nanoseconds, a number from 0 to 1000000000");
  return EXIT_OK;
}

/* Words that can be printed, also in a plot. */
static int take_measured(const struct reading *r, const json_t *value, char *measured)
{
  const char *text = json_string_value(value), *c = text;
  while (c && *c >= ' ' && *c <= '~')
    c++;
  if (!c || *c != '\0' || c - text > MEASURED_MAX)
    return bad(r, "measured", "give how, in at most 250 printable ASCII characters");
  strcpy(measured, text);
  return EXIT_OK;
}

int parameters_read(const char *option, const char *file, struct loggp *p, struct source *from)
{
  const struct reading r = {option, file};
  const struct parameter all[] = {
      {"latency", &p->latency}, {"overhead", &p->overhead}, {"gap", &p->gap}, {"gap_per_byte", &p->byte}, {NULL, NULL}};
  json_error_t error;
  json_t *root = json_load_file(file, JSON_REJECT_DUPLICATES, &error), *value;
  const char *name;
  int status = EXIT_OK;
  if (!json_is_object(root))
    status = bad(&r, NULL, root ? "give an object, as in {\"latency\": 1000}" : error.text);
  from->file = file;
  from->measured[0] = '\0';
  json_object_foreach(root, name, value) if (status == EXIT_OK) status =
      strcmp(name, "measured") == 0 ? take_measured(&r, value, from->measured) : take(&r, name, value, all);
  json_decref(root);
  return status;
}
