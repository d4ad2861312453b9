/* Compares the machine that the primitives run on with the operational model of litmus tests, on random programs. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "../litmus/program.h"
#include "door_model.h"
#include "explore.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "usage: explore-agree N SEED [FILE.litmus]...\n"
                            "N random programs in the words of the door, and those of the files that are in them\n";

enum outcome { AGREE, DISAGREE, TOO_LARGE };

struct counts {
  uint64_t programs, files, too_large, not_full, finals, states;
};

static struct counts counts;

static bool same(const struct model_result *a, const struct model_result *b)
{
  return outcomes_equal(&a->outcomes, &b->outcomes) && (a->blocked > 0) == (b->blocked > 0);
}

static enum outcome judge(const struct model_result *model, const struct model_result *reduced,
                          const struct model_result *full)
{
  if (model->limit || reduced->limit)
    return TOO_LARGE;
  if (!same(model, reduced))
    return DISAGREE;
  counts.finals += model->outcomes.count;
  counts.states += model->explored + reduced->explored + full->explored;
  counts.not_full += full->limit != NULL;
  return full->limit || same(model, full) ? AGREE : DISAGREE;
}

/* The model, and the machine both reduced and with every step for itself. */
static enum outcome compare(const struct litmus *test)
{
  struct model_result model, reduced, full;
  struct model_options options = {.reduce = true, .max_states = 200000};
  operational(test, &options, &model);
  door_model(test, &options, &reduced);
  options.reduce = false;
  options.max_states = 20000;
  door_model(test, &options, &full);
  enum outcome outcome = judge(&model, &reduced, &full);
  outcomes_free(&model.outcomes);
  outcomes_free(&reduced.outcomes);
  outcomes_free(&full.outcomes);
  return outcome;
}

static enum outcome compare_program(const struct program *p)
{
  static struct litmus test;
  struct litmus_error error;
  char text[PROGRAM_TEXT];
  program_write(p, "random", "a random program", NULL, text);
  if (!litmus_parse(text, strlen(text), &test, &error) || !door_can_say(&test))
    return AGREE; /* of a program that was shrunk too far */
  return compare(&test);
}

static bool disagrees(const struct program *p, void *unused)
{
  (void)unused;
  return compare_program(p) == DISAGREE;
}

static int disagree(struct program *p, uint64_t seed)
{
  char text[PROGRAM_TEXT];
  program_shrink(p, disagrees, NULL);
  program_write(p, "disagreement", "a random program, shrunk", NULL, text);
  printf("the machine of the primitives and the model disagree; N=1 SEED=%" PRIu64 " draws it again; shrunk:\n%s", seed,
         text);
  return 1;
}

static int try_programs(uint64_t n, uint64_t seed)
{
  struct program p;
  for (; counts.programs < n; counts.programs++) {
    program_draw_door(&p, seed + counts.programs);
    enum outcome outcome = compare_program(&p);
    counts.too_large += outcome == TOO_LARGE;
    if (outcome == DISAGREE)
      return disagree(&p, seed + counts.programs);
  }
  return 0;
}

static int try_file(const char *path)
{
  static struct litmus test;
  struct litmus_error error;
  if (!litmus_read(path, &test, &error)) {
    fprintf(stderr, "%s:%u: %s\n", path, error.line, error.text);
    return 2;
  }
  if (!door_can_say(&test))
    return 0;
  counts.files++;
  enum outcome outcome = compare(&test);
  counts.too_large += outcome == TOO_LARGE;
  if (outcome == DISAGREE)
    printf("the machine of the primitives and the model disagree on %s\n", path);
  return outcome == DISAGREE;
}

int main(int argc, char **argv)
{
  if (argc < 3) {
    fputs(usage, stderr);
    return 2;
  }
  uint64_t n = strtoull(argv[1], NULL, 10), seed = strtoull(argv[2], NULL, 10);
  printf("SEED=%" PRIu64 "\n", seed);
  int status = 0;
  for (int k = 3; k < argc && status == 0; k++)
    status = try_file(argv[k]);
  if (status == 0)
    status = try_programs(n, seed);
  if (status == 0)
    printf("%" PRIu64 " programs and %" PRIu64
           " tests of the catalogue, no disagreement. Too large to compare: %" PRIu64
           "; with every step for itself: %" PRIu64 ".\n%" PRIu64 " final states, %" PRIu64 " states.\n",
           counts.programs, counts.files, counts.too_large, counts.not_full, counts.finals, counts.states);
  return status;
}
