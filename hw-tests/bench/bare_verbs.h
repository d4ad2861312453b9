/* Ranks that are connected by queue pairs, without Sacred: what the bare barrier and the bare broadcast have in common. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BARE_VERBS_H
#define BARE_VERBS_H
#include "bench.h"
#include <infiniband/verbs.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { RANKS = 64, DEPTH = 128, LINE = 64, INLINE = 64, PSN = 7 };

static void must(int good, const char *what)
{
  if (good)
    return;
  fprintf(stderr, "bare: %s\n", what);
  exit(1);
}

/* Where the processes tell each other their queue pairs: one host, so shared memory. */
static struct acquaintance {
  _Atomic uint32_t told, connected;
  struct {
    uint64_t address;
    uint32_t key, pair[RANKS];
    union ibv_gid gid;
    uint16_t lid;
  } rank[RANKS];
} * known;

struct peer {
  struct ibv_qp *qp;
  struct ibv_sge word;
  struct ibv_send_wr write; /* of a word: made once */
  uint64_t posted, completed;
};

/* The bare looks, looks with a pause, looks that give the processor up, and then the time of a sleep. */
static struct policy {
  uint32_t spins, pauses, yields;
  long sleep_ns;
} policy;

static int rank, ranks;
static struct ibv_context *context;
static struct ibv_cq *cq;
static struct ibv_pd *pd;
static uint8_t gid_index;
static struct peer peers[RANKS];
static struct {
  _Alignas(LINE) _Atomic uint64_t word;
} * line;            /* a word of each rank, that it writes; and behind those of RANKS what else is registered */
static uint32_t key; /* of all that, here */

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

/* With `more` bytes behind the words. */
static void open_all(char *names, size_t more)
{
  struct ibv_port_attr port;
  context = open_device(names);
  must(context != NULL, "there is no such device");
  must(ibv_query_port(context, 1, &port) == 0, "the port cannot be queried");
  pd = ibv_alloc_pd(context);
  cq = ibv_create_cq(context, DEPTH * ranks, NULL, NULL, 0);
  line = mmap(NULL, RANKS * sizeof *line + more, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must(line != MAP_FAILED, "no memory for the words");
  struct ibv_mr *mr =
      ibv_reg_mr(pd, line, RANKS * sizeof *line + more, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE);
  must(cq && mr, "no completion queue, or no registration");
  known->rank[rank].address = (uintptr_t)line;
  key = mr->lkey;
  known->rank[rank].key = mr->rkey;
  known->rank[rank].gid = address();
  known->rank[rank].lid = port.lid;
  for (int i = 0; i < ranks; i++) {
    struct ibv_qp_init_attr attr = {.send_cq = cq, .recv_cq = cq, .qp_type = IBV_QPT_RC};
    attr.cap = (struct ibv_qp_cap){
        .max_send_wr = DEPTH, .max_recv_wr = 1, .max_send_sge = 2, .max_recv_sge = 1, .max_inline_data = INLINE};
    peers[i].qp = i == rank ? NULL : ibv_create_qp(pd, &attr);
    must(i == rank || peers[i].qp != NULL, "no queue pair");
    known->rank[rank].pair[i] = i == rank ? 0 : peers[i].qp->qp_num;
  }
}

static void connect_to(int i, enum ibv_mtu mtu, uint8_t timeout)
{
  int access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE;
  struct ibv_qp_attr init = {.qp_state = IBV_QPS_INIT, .port_num = 1, .qp_access_flags = (unsigned)access};
  struct ibv_qp_attr receive = {.qp_state = IBV_QPS_RTR,
                                .path_mtu = mtu,
                                .dest_qp_num = known->rank[i].pair[rank],
                                .rq_psn = PSN,
                                .max_dest_rd_atomic = 1,
                                .min_rnr_timer = 12};
  struct ibv_qp_attr send = {
      .qp_state = IBV_QPS_RTS, .timeout = timeout, .retry_cnt = 6, .sq_psn = PSN, .max_rd_atomic = 1};
  receive.ah_attr =
      (struct ibv_ah_attr){.port_num = 1, .dlid = known->rank[i].lid, .is_global = known->rank[i].lid == 0};
  receive.ah_attr.grh = (struct ibv_global_route){.dgid = known->rank[i].gid, .sgid_index = gid_index, .hop_limit = 64};
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
  meet(&known->told);
  for (int i = 0; i < ranks; i++) {
    struct peer *p = &peers[i];
    if (i == rank)
      continue;
    connect_to(i, port.active_mtu, timeout);
    p->word = (struct ibv_sge){.length = sizeof(uint64_t)};
    p->write = (struct ibv_send_wr){.sg_list = &p->word, .num_sge = 1, .opcode = IBV_WR_RDMA_WRITE};
    p->write.wr.rdma.rkey = known->rank[i].key;
    p->write.wr.rdma.remote_addr = known->rank[i].address + (uint64_t)rank * LINE;
  }
  meet(&known->connected);
}

/* -- posting and waiting -------------------------------------------------------------------- */

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

/* Inline, where it may be. */
static void post(int i, struct ibv_send_wr *write, int may_inline)
{
  struct peer *p = &peers[i];
  struct ibv_send_wr *bad;
  while (p->posted - p->completed >= DEPTH - 1)
    poll_once();
  write->wr_id = (uint64_t)i;
  write->send_flags = (may_inline ? IBV_SEND_INLINE : 0) | (++p->posted % (DEPTH / 2) == 0 ? IBV_SEND_SIGNALED : 0);
  must(ibv_post_send(p->qp, write, &bad) == 0, "a write cannot be posted");
}

/* My word at rank i. */
static void tell(int i, uint64_t value)
{
  peers[i].word.addr = (uintptr_t)&value;
  post(i, &peers[i].write, 1);
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

/* Until rank i's word here is `value`; `look` looks were before, and it is told how many are. */
static uint64_t hear(int i, uint64_t value, uint64_t look)
{
  while (atomic_load_explicit(&line[i].word, memory_order_acquire) < value)
    relax(look++);
  return look;
}

/* -- begin and end ------------------------------------------------------------------ */

/* How many, on which devices, the timeout of their queue pairs, and how they wait: from here on there is a process for each. */
static void begin(const char *how_many, const char *wait)
{
  ranks = atoi(how_many);
  must(ranks >= 2 && ranks <= RANKS, "2 to 64 ranks");
  must(sscanf(wait, "%u,%u,%u,%ld", &policy.spins, &policy.pauses, &policy.yields, &policy.sleep_ns) == 4,
       "how to wait: spins,pauses,yields,nanoseconds");
  known = mmap(NULL, sizeof *known, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must(known != MAP_FAILED, "no memory to meet in");
  for (int r = 1; r < ranks && rank == 0; r++)
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      rank = r;
    }
}

static int end(void)
{
  int status, bad = 0;
  usleep(300000); /* what the others still wait for is acknowledged before my queue pairs go */
  while (rank == 0 && wait(&status) > 0)
    bad |= status;
  return bad != 0;
}
#endif
