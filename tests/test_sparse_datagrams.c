/* Groups of many ranks on a device that is none: what is told by datagrams. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "sparse_ranks.h"

/* -- a network ---------------------------------------------------------------------------- */

/* Datagrams on their way. */
enum { WAY = 256 };
static struct letter {
  uint32_t from, to, bytes; /* to: number of a queue pair; bytes 0: none */
  unsigned char text[VERBS_DATAGRAM];
} way[WAY];

static void arrive(const struct letter *l)
{
  for (uint32_t i = 0; i < NODES; i++)
    if (node[i].datagrams->qp.qp_num == l->to)
      fake_arrive(node[i].datagrams, l->from, l->text, l->bytes);
}

/* What is posted goes on its way, or is lost, or goes twice; some of what is on its way arrives. */
static void move(uint64_t lost, uint64_t twice, uint64_t late)
{
  for (uint32_t i = 0; i < NODES; i++)
    for (struct fake_qp *q = node[i].datagrams; q->performed < q->posted; fake_perform(q, 1)) {
      const struct fake_post *p = &q->posts[q->performed % FAKE_POSTS];
      for (int n = draw(100) < twice ? 2 : 1; n > 0; n--) {
        struct letter *l = &way[draw(WAY)]; /* what was there is lost as well */
        if (draw(100) < lost)
          continue;
        *l = (struct letter){.from = q->qp.qp_num, .to = p->wr.wr.ud.remote_qpn, .bytes = p->sge.length};
        assert_true(l->bytes <= VERBS_DATAGRAM);
        memcpy(l->text, (void *)(uintptr_t)p->sge.addr, l->bytes);
      }
    }
  for (int k = 0; k < WAY; k++)
    if (way[k].bytes > 0 && draw(100) >= late) {
      arrive(&way[k]);
      way[k].bytes = 0;
    }
}

/* Exchange after exchange: what each gives is what all take, whatever the network does. */
static void exchange_much(uint64_t lost, uint64_t twice, uint64_t late, uint64_t rounds)
{
  unsigned char mine[CONTROL_MESSAGE], theirs[CONTROL_MESSAGE];
  uint64_t done[NODES] = {0}, until = sacred_in(60000 * MS);
  memset(way, 0, sizeof way);
  open_all();
  for (uint32_t over = 0; over < NODES && sacred_now() < until;) {
    move(lost, twice, late);
    over = 0;
    for (uint32_t i = 0; i < NODES; i++) {
      struct sacred_group *g = &node[i].g;
      board_datagrams_look(g, sacred_now());
      if (done[i] == g->x.said && done[i] < rounds) { /* give the next */
        memset(mine, (int)(31 * (done[i] + 1) + i), sizeof mine);
        group_give(g, mine, sizeof mine);
      } else if (done[i] < rounds && exchange_over(&g->x)) {
        done[i]++;
        for (uint32_t k = 0; k < NODES; k++) {
          exchange_take(&g->x, k, theirs, sizeof theirs);
          for (size_t b = 0; b < sizeof theirs; b++)
            assert_int_equal(theirs[b], (31 * done[i] + k) & 0xff);
        }
      }
      over += done[i] == rounds;
    }
  }
  for (uint32_t i = 0; i < NODES; i++)
    assert_int_equal(done[i], rounds);
  close_all(NODES);
}

static void datagrams_come_whole(void **state)
{
  (void)state;
  exchange_much(0, 0, 0, 300);
}

static void loss_repetition_and_disorder_do_no_harm(void **state)
{
  (void)state;
  exchange_much(30, 30, 60, 60);
}

/* Each message is in several datagrams. */
static void what_is_longer_than_a_datagram_goes_in_several(void **state)
{
  (void)state;
  setenv("SACRED_MTU", "256", 1);
  exchange_much(0, 0, 0, 100);
  set_up(NULL);
  setenv("SACRED_MTU", "256", 1);
  exchange_much(20, 20, 50, 30);
}

/* A list of a split of 1024 ranks, and the words around it: never the new word above half of the list. */
static void a_long_list_is_there_before_its_word(void **state)
{
  (void)state;
  open_alone(1024);
  struct sacred_group *g = &node[0].g;
  struct control_rank *r = &g->control->rank[0];
  unsigned char *copy = calloc(1, control_bytes(1024));
  struct control *theirs = (struct control *)(void *)copy;
  uint64_t list_at = (uint64_t)((unsigned char *)control_list(g->control, 0) - (unsigned char *)g->control), number = 0;
  uint32_t letters = 0;
  for (uint32_t k = 0; k < 1024; k++)
    control_list(g->control, 0)[k] = 1023 - k;
  r->n = 1024;
  r->split = 4 * 1 + 1;

  board_tell(g, 700, BOARD_MAIL);
  for (; !board_has(g, 700) && letters < 100; letters++) {
    const struct fake_post *p = &node[0].datagrams->posts[node[0].datagrams->posted - 1];
    const unsigned char *text = (unsigned char *)(uintptr_t)p->sge.addr, *at = text + 32;
    assert_int_equal(p->wr.wr.ud.remote_qpn, 5700);
    memcpy(&number, text + 16, 8);
    while (at < text + p->sge.length) {
      uint32_t write[2];
      memcpy(write, at, sizeof write);
      memcpy(copy + write[0], at + 8, write[1]);
      at += 8 + (write[1] + 7) / 8 * 8;
    }
    if (theirs->rank[0].split == 5)
      assert_memory_equal(copy + list_at, control_list(g->control, 0), 4096);
    fake_perform(node[0].datagrams, 1);
    struct {
      uint64_t group;
      uint32_t from, bytes;
      uint64_t number, heard;
    } answer = {GROUP, 700, 0, 0, number};
    assert_true(fake_arrive(node[0].datagrams, 5700, &answer, sizeof answer));
    board_datagrams_look(g, sacred_now());
  }

  assert_int_equal(theirs->rank[0].split, 5);
  assert_int_equal(letters, 5); /* 4096 bytes of list, and less than a hundred of words */
  free(copy);
  close_all(1);
}

/* -- one datagram at a time ------------------------------------------------------------------ */

static void each_is_applied_once_and_in_order_and_is_answered(void **state)
{
  (void)state;
  open_alone(3);
  struct sacred_group *g = &node[0].g;
  struct fake_qp *q = node[0].datagrams;
  struct told first = tell_of_1(g, 1, 11), second = tell_of_1(g, 2, 22);

  hear(&node[0], 5001, &second, sizeof second); /* it comes too early */
  assert_int_equal(said_by_1(g), 0);
  assert_int_equal(q->posted, 0);
  hear(&node[0], 5001, &first, sizeof first);
  assert_int_equal(said_by_1(g), 11);
  assert_int_equal(q->posted, 1);
  hear(&node[0], 5001, &second, sizeof second);
  assert_int_equal(said_by_1(g), 22);
  hear(&node[0], 5001, &first, sizeof first); /* again: answered, and not applied */
  assert_int_equal(said_by_1(g), 22);

  assert_int_equal(q->posted, 3);
  uint64_t heard;
  memcpy(&heard, (unsigned char *)(uintptr_t)q->posts[2].sge.addr + 24, 8);
  assert_int_equal(heard, 2);
  close_all(1);
}

static void what_is_of_a_stranger_or_not_well_formed_is_passed_over(void **state)
{
  (void)state;
  open_alone(3);
  struct sacred_group *g = &node[0].g;
  uint64_t bytes = control_bytes(3);
  unsigned char *before = malloc(bytes);
  const struct told good = tell_of_1(g, 1, 11);
  memcpy(before, g->control, bytes);

  for (uint32_t n = 0; n < sizeof good; n += 4) /* cut off */
    hear(&node[0], 5001, &good, n);
  hear(&node[0], 5002, &good, sizeof good); /* of another rank's queue pair */
  hear(&node[0], 4711, &good, sizeof good); /* of nobody's */
  struct told bad = good;
  bad.group ^= 1;
  hear(&node[0], 5001, &bad, sizeof bad);
  static const uint32_t nobody[] = {0, 2, 3, UINT32_MAX};
  for (int k = 0; k < 4; k++) {
    bad = good;
    bad.from = nobody[k];
    hear(&node[0], 5001, &bad, sizeof bad);
  }
  static const uint32_t lengths[] = {0, 4, 15, 24, UINT32_MAX};
  for (int k = 0; k < 5; k++) {
    bad = good;
    bad.bytes = lengths[k];
    hear(&node[0], 5001, &bad, sizeof bad);
  }
  const uint32_t list = (uint32_t)((unsigned char *)control_list(g->control, 1) - (unsigned char *)g->control);
  const uint32_t row = (uint32_t)((unsigned char *)&g->control->rank[1] - (unsigned char *)g->control);
  const uint32_t places[] = {0,        row - 8,  row - 1,    row + (uint32_t)sizeof(struct control_rank) - 4,
                             list - 4, list + 8, UINT32_MAX, UINT32_MAX - 7};
  for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
    bad = good;
    bad.at = places[k];
    hear(&node[0], 5001, &bad, sizeof bad);
  }
  static const uint32_t writes[] = {9, 16, 1 << 20, UINT32_MAX - 6, UINT32_MAX};
  for (int k = 0; k < 5; k++) {
    bad = good;
    bad.length = writes[k];
    hear(&node[0], 5001, &bad, sizeof bad);
  }
  for (uint32_t n = 0; n < 2000; n++) { /* noise behind a good head */
    unsigned char noise[200];
    struct told t = good;
    uint32_t length = 33 + (uint32_t)draw(160);
    for (size_t k = 0; k < sizeof noise; k++)
      noise[k] = (unsigned char)(draw(3) ? draw(256) : 0);
    t.bytes = length - 32;
    t.number = 2; /* well-formed or not: it is not its turn */
    memcpy(noise, &t, 32);
    hear(&node[0], 5001, noise, length);
  }

  assert_memory_equal(before, g->control, bytes);
  assert_int_equal(node[0].datagrams->posted, 0);
  hear(&node[0], 5001, &good, sizeof good);
  assert_int_equal(said_by_1(g), 11);
  free(before);
  close_all(1);
}

static void who_does_not_answer_is_told_again_and_again_until_the_deadline(void **state)
{
  (void)state;
  open_alone(3);
  struct sacred_group *g = &node[0].g;
  struct fake_qp *q = node[0].datagrams;
  uint64_t begin = sacred_now(), number, first = 0;

  board_tell_all(g, BOARD_CLOSE);
  assert_int_equal(q->posted, 2);
  memcpy(&first, (unsigned char *)(uintptr_t)q->posts[0].sge.addr + 16, 8);
  begin = sacred_now();
  for (uint64_t ms = 0; ms <= 300; ms++) {
    fake_perform(q, UINT32_MAX);
    board_datagrams_look(g, begin + ms * MS);
  }
  assert_int_equal(q->posted, 2 * 8); /* at 0, 2, 6, 14, 30, 62, 126, 254 ms */
  for (uint32_t k = 0; k < q->posted; k++) {
    memcpy(&number, (unsigned char *)(uintptr_t)q->posts[k].sge.addr + 16, 8);
    assert_int_equal(number, first);
  }
  assert_false(board_has(g, 1));

  begin = sacred_now();
  board_settle(g, begin + 50 * MS); /* blocks until then */
  assert_true(sacred_now() >= begin + 50 * MS);
  struct told answer = {.group = GROUP, .from = 1, .heard = first};
  fake_perform(q, UINT32_MAX);
  hear(&node[0], 5001, &answer, 32);
  assert_true(board_has(g, 1));
  assert_false(board_has(g, 2));
  close_all(1);
}

static void a_failed_queue_pair_for_datagrams_is_made_to_work_again(void **state)
{
  (void)state;
  open_alone(3);
  struct sacred_group *g = &node[0].g;
  struct fake_qp *q = node[0].datagrams;
  struct told good = tell_of_1(g, 1, 11);

  board_tell(g, 1, BOARD_CLOSE);
  fake_fail(q, IBV_WC_LOC_QP_OP_ERR);
  for (uint64_t until = sacred_in(20000 * MS); (q->erred || q->posted < 2) && sacred_now() < until;)
    board_datagrams_look(g, sacred_now());

  assert_false(q->erred);
  assert_true(q->posted >= 2); /* it was told again */
  hear(&node[0], 5001, &good, sizeof good);
  assert_int_equal(said_by_1(g), 11);
  close_all(1);
}

/* More ranks than address handles and sends that there can be: all are told, with no more of either. */
static void many_ranks_are_told_by_few_handles(void **state)
{
  (void)state;
  open_alone(1024);
  struct sacred_group *g = &node[0].g;
  struct fake_qp *q = node[0].datagrams;
  unsigned char told[1024] = {0};
  uint32_t seen = 0, ranks = 0;

  board_tell_all(g, BOARD_CLOSE);
  for (uint64_t until = sacred_in(20000 * MS); ranks < 1023 && sacred_now() < until;) {
    for (; seen < q->posted; seen++) {
      uint32_t i = q->posts[seen % FAKE_POSTS].wr.wr.ud.remote_qpn - 5000;
      ranks += !told[i];
      told[i] = 1;
      g->board->rank[i].part = 0; /* as if it had answered */
    }
    assert_true(q->posted - q->performed <= 32);
    fake_perform(q, UINT32_MAX);
    board_datagrams_look(g, sacred_now());
  }

  assert_int_equal(ranks, 1023);
  assert_true(fake.handles <= 256);
  close_all(1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      CASE(datagrams_come_whole),
      CASE(loss_repetition_and_disorder_do_no_harm),
      CASE(what_is_longer_than_a_datagram_goes_in_several),
      CASE(a_long_list_is_there_before_its_word),
      CASE(each_is_applied_once_and_in_order_and_is_answered),
      CASE(what_is_of_a_stranger_or_not_well_formed_is_passed_over),
      CASE(who_does_not_answer_is_told_again_and_again_until_the_deadline),
      CASE(a_failed_queue_pair_for_datagrams_is_made_to_work_again),
      CASE(many_ranks_are_told_by_few_handles),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
