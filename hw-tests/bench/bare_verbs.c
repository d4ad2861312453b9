/*
 * The least that a barrier of n ranks over verbs can do, without Sacred: each rank writes a counter to each other, inline,
 * and waits until all of theirs have come; or, given a radix, does so round by round as dissemination does. It posts what
 * that barrier posts and waits as a group of Sacred does by default; it hears of no error but those of its own posts, watches nobody, and has no deadline.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"
#include <infiniband/verbs.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { RANKS = 64, DEPTH = 128, LINE = 64, PSN = 7 };

static void must(int good, const char *what)
{
  if (good)
    return;
  fprintf(stderr, "bare_verbs: %s\n", what);
  exit(1);
}

/* Where the processes tell each other their queue pairs: one host, so shared memory. */
static struct meeting {
  _Atomic uint32_t told, connected;
  struct {
    uint64_t address;
    uint32_t key, pair[RANKS];
    union ibv_gid gid;
    uint16_t lid;
  } rank[RANKS];
} * meeting;

struct peer {
  struct ibv_qp *qp;
  struct ibv_sge word;
  struct ibv_send_wr write; /* made once */
  uint64_t posted, completed;
};

/* The bare looks, looks with a pause, looks that give the processor up, and then the time of a sleep. */
static struct policy {
  uint32_t spins, pauses, yields;
  long sleep_ns;
} policy;

static int rank, ranks, radix; /* radix: ranks or more: all to all */
static struct ibv_context *context;
static struct ibv_cq *cq;
static struct ibv_pd *pd;
static uint8_t gid_index;
static struct peer peers[RANKS];
static struct {
  _Alignas(LINE) _Atomic uint64_t word;
} * line; /* a word of each rank, that it writes */

/* -- connecting ------------------------------------------------------------------- */

/* The rank-th of the names, which take turns. */
static struct ibv_context *open_device(char *names)
{
  char *each[RANKS];
  int named = 0, found = 0;
  for (char *name = strtok(names, ","); name && named < RANKS; name = strtok(NULL, ","))
    each[named++] = name;
  must(named > 0, "no device is named");
  struct ibv_device **list = ibv_get_device_list(&found);
  for (int k = 0; k < found; k++)
    if (strcmp(ibv_get_device_name(list[k]), each[rank % named]) == 0)
      return ibv_open_device(list[k]);
  return NULL;
}

/* The first routable address of RoCE v2, else the first of all. */
static union ibv_gid address(void)
{
  struct ibv_gid_entry all[256];
  ssize_t n = ibv_query_gid_table(context, all, 256, 0), best = 0;
  must(n > 0, "the port has no address");
  for (ssize_t k = n; k-- > 0;)
    if (all[k].port_num == 1 && all[k].gid_type == IBV_GID_TYPE_ROCE_V2 && all[k].gid.raw[0] != 0xfe)
      best = k;
  gid_index = (uint8_t)all[best].gid_index;
  return all[best].gid;
}

static void open_all(char *names)
{
  struct ibv_port_attr port;
  context = open_device(names);
  must(context != NULL, "there is no such device");
  must(ibv_query_port(context, 1, &port) == 0, "the port cannot be queried");
  pd = ibv_alloc_pd(context);
  cq = ibv_create_cq(context, DEPTH * ranks, NULL, NULL, 0);
  line = mmap(NULL, RANKS * sizeof *line, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must(line != MAP_FAILED, "no memory for the words");
  struct ibv_mr *mr = ibv_reg_mr(pd, line, RANKS * sizeof *line, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE);
  must(cq && mr, "no completion queue, or no registration");
  meeting->rank[rank].address = (uintptr_t)line;
  meeting->rank[rank].key = mr->rkey;
  meeting->rank[rank].gid = address();
  meeting->rank[rank].lid = port.lid;
  for (int i = 0; i < ranks; i++) {
    struct ibv_qp_init_attr attr = {.send_cq = cq, .recv_cq = cq, .qp_type = IBV_QPT_RC};
    attr.cap = (struct ibv_qp_cap){.max_send_wr = DEPTH,
                                   .max_recv_wr = 1,
                                   .max_send_sge = 1,
                                   .max_recv_sge = 1,
                                   .max_inline_data = sizeof(uint64_t)};
    peers[i].qp = i == rank ? NULL : ibv_create_qp(pd, &attr);
    must(i == rank || peers[i].qp != NULL, "no queue pair");
    meeting->rank[rank].pair[i] = i == rank ? 0 : peers[i].qp->qp_num;
  }
}

static void connect_to(int i, enum ibv_mtu mtu, uint8_t timeout)
{
  int access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE;
  struct ibv_qp_attr init = {.qp_state = IBV_QPS_INIT, .port_num = 1, .qp_access_flags = (unsigned)access};
  struct ibv_qp_attr receive = {.qp_state = IBV_QPS_RTR,
                                .path_mtu = mtu,
                                .dest_qp_num = meeting->rank[i].pair[rank],
                                .rq_psn = PSN,
                                .max_dest_rd_atomic = 1,
                                .min_rnr_timer = 12};
  struct ibv_qp_attr send = {
      .qp_state = IBV_QPS_RTS, .timeout = timeout, .retry_cnt = 6, .sq_psn = PSN, .max_rd_atomic = 1};
  receive.ah_attr =
      (struct ibv_ah_attr){.port_num = 1, .dlid = meeting->rank[i].lid, .is_global = meeting->rank[i].lid == 0};
  receive.ah_attr.grh =
      (struct ibv_global_route){.dgid = meeting->rank[i].gid, .sgid_index = gid_index, .hop_limit = 64};
  must(ibv_modify_qp(peers[i].qp, &init, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS) == 0 &&
           ibv_modify_qp(peers[i].qp, &receive,
                         IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
                             IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER) == 0 &&
           ibv_modify_qp(peers[i].qp, &send,
                         IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN |
                             IBV_QP_MAX_QP_RD_ATOMIC) == 0,
       "a queue pair cannot be connected");
}

static void meet(_Atomic uint32_t *count)
{
  atomic_fetch_add(count, 1);
  while (atomic_load(count) < (uint32_t)ranks)
    usleep(1000);
}

static void connect_all(uint8_t timeout)
{
  struct ibv_port_attr port;
  must(ibv_query_port(context, 1, &port) == 0, "the port cannot be queried");
  meet(&meeting->told);
  for (int i = 0; i < ranks; i++) {
    struct peer *p = &peers[i];
    if (i == rank)
      continue;
    connect_to(i, port.active_mtu, timeout);
    p->word = (struct ibv_sge){.length = sizeof(uint64_t)};
    p->write = (struct ibv_send_wr){.sg_list = &p->word, .num_sge = 1, .opcode = IBV_WR_RDMA_WRITE};
    p->write.wr.rdma.rkey = meeting->rank[i].key;
    p->write.wr.rdma.remote_addr = meeting->rank[i].address + (uint64_t)rank * LINE;
  }
  meet(&meeting->connected);
}

/* -- the barrier -------------------------------------------------------------------- */

/* Each DEPTH/2-th asks for a completion, and stands for all before it. */
static void poll_once(void)
{
  struct ibv_wc wc[16];
  int n = ibv_poll_cq(cq, 16, wc);
  for (int k = 0; k < n; k++) {
    must(wc[k].status == IBV_WC_SUCCESS, ibv_wc_status_str(wc[k].status));
    peers[wc[k].wr_id].completed += DEPTH / 2;
  }
}

static void tell(int i, uint64_t epoch)
{
  struct peer *p = &peers[i];
  struct ibv_send_wr *bad;
  while (p->posted - p->completed >= DEPTH - 1)
    poll_once();
  p->word.addr = (uintptr_t)&epoch;
  p->write.wr_id = (uint64_t)i;
  p->write.send_flags = IBV_SEND_INLINE | (++p->posted % (DEPTH / 2) == 0 ? IBV_SEND_SIGNALED : 0);
  must(ibv_post_send(p->qp, &p->write, &bad) == 0, "a write cannot be posted");
}

/* Between two looks, of which `look` were before. */
static void relax(uint64_t look)
{
  struct timespec nap = {0, policy.sleep_ns};
  uint64_t pauses = (uint64_t)policy.spins + policy.pauses;
  if (look < pauses) {
#if defined(__x86_64__)
    if (look >= policy.spins)
      __builtin_ia32_pause();
#elif defined(__aarch64__)
    if (look >= policy.spins)
      __asm__ volatile("isb");
#endif
  } else if (look < pauses + policy.yields || policy.sleep_ns == 0)
    sched_yield();
  else
    nanosleep(&nap, NULL);
}

/* In a round: to all that are so many digits of the radix ahead of me, then from all that are as far behind. */
static uint64_t one_round(int far, uint64_t epoch, uint64_t look)
{
  for (int d = far; d < ranks && d < far * radix; d += far)
    tell((rank + d) % ranks, epoch);
  for (int d = far; d < ranks && d < far * radix; d += far)
    while (atomic_load_explicit(&line[(rank + ranks - d) % ranks].word, memory_order_acquire) < epoch)
      relax(look++);
  return look;
}

static void barrier(uint64_t epoch)
{
  uint64_t looks = 0;
  for (int far = 1; far < ranks; far *= radix)
    looks = one_round(far, epoch, looks);
}

int main(int argc, char **argv)
{
  must(argc == 7, "usage: bare_verbs count ranks device,device timeout spins,pauses,yields,nanoseconds radix|0");
  uint64_t count = bench_count(argc, argv), warm = count / 10 + 1;
  ranks = atoi(argv[2]);
  must(ranks >= 2 && ranks <= RANKS, "2 to 64 ranks");
  must(sscanf(argv[5], "%u,%u,%u,%ld", &policy.spins, &policy.pauses, &policy.yields, &policy.sleep_ns) == 4,
       "how to wait: spins,pauses,yields,nanoseconds");
  radix = atoi(argv[6]) ? atoi(argv[6]) : ranks;
  must(radix >= 2, "a radix is 2 or more, or 0 for all to all");
  meeting = mmap(NULL, sizeof *meeting, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must(meeting != MAP_FAILED, "no memory to meet in");
  for (int r = 1; r < ranks && rank == 0; r++)
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      rank = r;
    }
  open_all(argv[3]);
  connect_all((uint8_t)atoi(argv[4]));
  bench_pin(rank);
  for (uint64_t k = 1; k <= warm; k++)
    barrier(k);
  uint64_t begin = bench_now();
  for (uint64_t k = warm + 1; k <= warm + count; k++)
    barrier(k);
  if (rank == 0)
    bench_say(begin, count);
  usleep(300000); /* what the others still wait for is acknowledged before my queue pairs go */
  int status, bad = 0;
  while (rank == 0 && wait(&status) > 0)
    bad |= status;
  return bad != 0;
}
