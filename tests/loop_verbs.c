/* A device that is none, between processes: what one posts is done at once in the memory of the other. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libibverbs' functions, as far as the wire uses them. Memory that is registered is a
 * file without a name, made by the mmap() below, which other processes open by /proc:
 * they share nothing else but the table of queue pairs and registrations, as devices
 * share a network. A queue pair whose process has ended, or that was destroyed, does
 * not answer, and who posts to it hears RETRY_EXC after 300 ms, or LOOP_SILENCE. Every
 * key and range is checked. LOOP_NET=file: the table, for processes that are not
 * forked from one. LOOP_CUT=2>0,1>2: what SACRED_RANK=2 posts to rank 0 does not
 * arrive, and the rest; LOOP_APART=2>0: nor can it connect to it. LOOP_LATE=seed: a thread does it later, each queue pair at its own
 * pace, and reads what is not inline only then. A datagram goes to any place of a box that
 * its receiver's queue pair has, so that they come in any order, and to none where it is
 * full; LOOP_LOSS=20 loses so many of a hundred, and LOOP_TWICE=20 has so many come twice.
 */
#include <errno.h>
#include <fcntl.h>
#include <infiniband/verbs.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { ENTRIES = 16384, MAPPED = 512, PENDING = 512, MOST_INLINE = 256, LOOK_EVERY_NS = 100000 };
enum { BOXES = 1024, LETTERS = 32, LETTER = 1024, RECEIVES = 256, GRH = 40 };

struct entry {
  _Atomic uint32_t taken; /* by 1 + how often it was */
  _Atomic int32_t pid;    /* 0: free */
  int32_t fd;             /* of a registration: the file behind it, there */
  int32_t rank;           /* of a queue pair: the SACRED_RANK that has it */
  uint64_t address, length, offset;
};

/* Where datagrams wait for the queue pair `owner`. */
struct box {
  _Atomic uint32_t owner;
  struct letter {
    _Atomic uint32_t state; /* 0: free; 1: being written; 2: full */
    uint32_t from, bytes;
    unsigned char text[LETTER];
  } letter[LETTERS];
};

static struct net {
  _Atomic uint32_t next;
  struct entry entry[ENTRIES];
  struct box box[BOXES];
} * net;

static uint64_t silence = 300000000;

static uint64_t now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void __attribute__((constructor)) join(void)
{
  const char *path = getenv("LOOP_NET"), *milliseconds = getenv("LOOP_SILENCE");
  if (milliseconds)
    silence = strtoull(milliseconds, NULL, 10) * 1000000;
  int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : memfd_create("net", MFD_CLOEXEC);
  if (fd < 0 || ftruncate(fd, sizeof *net) != 0)
    abort();
  net = mmap(NULL, sizeof *net, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (net == MAP_FAILED)
    abort();
  close(fd);
}

/* A free entry is mine; its number, with how often it was taken above, is a queue pair's, or a key. */
static uint32_t take(uint32_t *number)
{
  for (uint32_t k = 0; k < ENTRIES; k++) {
    uint32_t i = net->next++ % ENTRIES;
    int32_t free = 0;
    if (i != 0 && atomic_compare_exchange_strong(&net->entry[i].pid, &free, getpid())) {
      *number = (++net->entry[i].taken % 512) * ENTRIES + i;
      return i;
    }
  }
  fprintf(stderr, "loop: all entries are taken\n");
  abort();
}

/* The entry of a number, NULL where that is not taken any more. */
static struct entry *entry_of(uint32_t number)
{
  struct entry *e = &net->entry[number % ENTRIES];
  return number % ENTRIES != 0 && e->pid != 0 && e->taken % 512 == number / ENTRIES ? e : NULL;
}

/* -- memory that others can open ---------------------------------------------------- */

static struct mapped {
  void *at;
  size_t length;
  int fd;
} mine[MAPPED];

void *__real_mmap(void *at, size_t length, int prot, int flags, int fd, off_t offset);
int __real_munmap(void *at, size_t length);
void *__wrap_mmap(void *at, size_t length, int prot, int flags, int fd, off_t offset);
int __wrap_munmap(void *at, size_t length);

void *__wrap_mmap(void *at, size_t length, int prot, int flags, int fd, off_t offset)
{
  int k = 0;
  if ((flags & (MAP_SHARED | MAP_ANONYMOUS)) != (MAP_SHARED | MAP_ANONYMOUS))
    return __real_mmap(at, length, prot, flags, fd, offset);
  while (k < MAPPED && mine[k].at)
    k++;
  fd = memfd_create("memory", MFD_CLOEXEC);
  if (k == MAPPED || fd < 0 || ftruncate(fd, (off_t)length) != 0)
    abort();
  void *p = __real_mmap(at, length, prot, flags & ~MAP_ANONYMOUS, fd, 0);
  if (p == MAP_FAILED)
    close(fd);
  else
    mine[k] = (struct mapped){p, length, fd};
  return p;
}

int __wrap_munmap(void *at, size_t length)
{
  for (int k = 0; k < MAPPED; k++)
    if (mine[k].at == at) {
      close(mine[k].fd);
      mine[k].at = NULL;
    }
  return __real_munmap(at, length);
}

/* Where the memory of a registration of another process is in mine. */
static struct seen {
  uint32_t key;
  unsigned char *at;
  uint64_t length;
} seen[MAPPED];

static unsigned char *reach(uint32_t key, const struct entry *e)
{
  struct seen *s = &seen[key % MAPPED];
  char path[64];
  if (s->key == key)
    return s->at;
  if (s->key != 0)
    __real_munmap(s->at, s->length);
  s->key = 0;
  snprintf(path, sizeof path, "/proc/%d/fd/%d", e->pid, e->fd);
  int fd = open(path, O_RDWR | O_CLOEXEC);
  void *p =
      fd < 0 ? MAP_FAILED : __real_mmap(NULL, e->length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)e->offset);
  if (fd >= 0)
    close(fd);
  if (p == MAP_FAILED)
    return NULL;
  *s = (struct seen){key, p, e->length};
  return p;
}

/* -- queue pairs ---------------------------------------------------------------------- */

struct loop_cq {
  struct ibv_cq cq;
  struct loop_qp *first;
  uint64_t in, out;
  uint32_t length;
  struct ibv_wc wc[];
};

/* A work request, and what of it is inline. */
struct post {
  struct ibv_send_wr wr;
  struct ibv_sge sge[2];
  uint64_t copy[MOST_INLINE / 8];
};

struct loop_qp {
  struct ibv_qp qp;             /* first: what the caller holds */
  struct loop_qp *next, *later; /* of the same completion queue; of all */
  struct loop_cq *cq;
  uint32_t to; /* the number of the other end */
  int pidfd;   /* of its process */
  bool erred;
  uint64_t looked; /* when that was asked for its end */
  uint64_t silent; /* since then it has not answered, and what is posted waits */
  struct post post[PENDING];
  uint64_t posted, done;
  struct box *box; /* of datagrams; NULL: it is a connected one */
  struct receive {
    uint64_t wr_id;
    unsigned char *at;
  } receive[RECEIVES];
  uint64_t receives, received;
};

/* The caller's thread and the late one. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct loop_qp *all;
static uint64_t late;

static void complete(struct loop_qp *q, uint64_t wr_id, enum ibv_wc_status status)
{
  struct loop_cq *cq = q->cq;
  if (cq->in - cq->out >= cq->length) {
    fprintf(stderr, "loop: the completion queue overruns\n");
    abort();
  }
  cq->wc[cq->in++ % cq->length] = (struct ibv_wc){.wr_id = wr_id, .status = status};
}

static void fail(struct loop_qp *q, enum ibv_wc_status status)
{
  for (; q->done < q->posted; q->done++, status = IBV_WC_WR_FLUSH_ERR)
    complete(q, q->post[q->done % PENDING].wr.wr_id, status);
  q->silent = 0;
  q->erred = true;
}

static int32_t my_rank(void)
{
  const char *rank = getenv("SACRED_RANK");
  return rank ? atoi(rank) : -1;
}

/* Is the way from me to the rank that has this queue pair in the list of `variable`? */
static bool is_listed(const char *variable, const struct entry *e)
{
  const char *list = getenv(variable);
  char way[32];
  if (!list || my_rank() < 0)
    return false;
  snprintf(way, sizeof way, "%d>%d", my_rank(), e->rank);
  for (size_t n = strlen(way); (list = strstr(list, way)); list += n)
    if (list[n] == ',' || list[n] == '\0')
      return true;
  return false;
}

/* Does the other end answer? */
static bool answers(struct loop_qp *q)
{
  const struct entry *e = entry_of(q->to);
  if (!e || is_listed("LOOP_CUT", e))
    return false;
  if (q->pidfd < 0)
    q->pidfd = (int)syscall(SYS_pidfd_open, e->pid, 0);
  if (now() - q->looked < LOOK_EVERY_NS)
    return true;
  q->looked = now();
  struct pollfd ended = {.fd = q->pidfd, .events = POLLIN};
  return q->pidfd >= 0 && poll(&ended, 1, 0) == 0;
}

/* Whole words are copied whole. */
static void copy(unsigned char *to, const unsigned char *from, uint64_t n)
{
  atomic_thread_fence(memory_order_seq_cst);
  if (((uintptr_t)to | (uintptr_t)from) % 8 == 0)
    for (; n >= 8; n -= 8, to += 8, from += 8)
      __atomic_store_n((uint64_t *)(void *)to, __atomic_load_n((const uint64_t *)(const void *)from, __ATOMIC_RELAXED),
                       __ATOMIC_RELAXED);
  for (; n > 0; n--)
    __atomic_store_n(to++, __atomic_load_n(from++, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
  atomic_thread_fence(memory_order_seq_cst);
}

/* Is [at, at + n) within this registration of that process? */
static bool within(const struct entry *e, int32_t pid, uint64_t at, uint64_t n)
{
  return e && e->pid == pid && e->length > 0 && at >= e->address && n <= e->length && at - e->address <= e->length - n;
}

/* A piece of a source, or the place of what is read: n bytes, `at` bytes behind where the work request begins there. */
static enum ibv_wc_status perform_piece(const struct entry *e, const struct ibv_send_wr *wr, const struct ibv_sge *s,
                                        uint64_t at)
{
  if (!(wr->send_flags & IBV_SEND_INLINE) && !within(entry_of(s->lkey), getpid(), s->addr, s->length))
    return IBV_WC_LOC_PROT_ERR;
  unsigned char *there = reach(wr->wr.rdma.rkey, e), *here = (unsigned char *)(uintptr_t)s->addr;
  if (!there)
    return IBV_WC_RETRY_EXC_ERR;
  there += wr->wr.rdma.remote_addr - e->address + at;
  if (wr->opcode == IBV_WR_RDMA_READ)
    copy(here, there, s->length);
  else
    copy(there, here, s->length);
  return IBV_WC_SUCCESS;
}

static enum ibv_wc_status perform(struct loop_qp *q, const struct ibv_send_wr *wr)
{
  const struct entry *other = entry_of(q->to), *e = entry_of(wr->wr.rdma.rkey);
  uint64_t n = 0, at = 0;
  for (int k = 0; k < wr->num_sge; k++)
    n += wr->sg_list[k].length;
  if (!other || !within(e, other->pid, wr->wr.rdma.remote_addr, n))
    return IBV_WC_REM_ACCESS_ERR;
  enum ibv_wc_status status = IBV_WC_SUCCESS;
  for (int k = 0; k < wr->num_sge && status == IBV_WC_SUCCESS; k++) {
    if (wr->sg_list[k].length > 0)
      status = perform_piece(e, wr, &wr->sg_list[k], at);
    at += wr->sg_list[k].length;
  }
  return status;
}

/* Do the first of what is posted; false where there is none, or it is not answered. */
static bool do_one(struct loop_qp *q)
{
  if (q->done == q->posted || q->silent != 0)
    return false;
  const struct ibv_send_wr *wr = &q->post[q->done % PENDING].wr;
  enum ibv_wc_status status = answers(q) ? perform(q, wr) : IBV_WC_RETRY_EXC_ERR;
  if (status == IBV_WC_RETRY_EXC_ERR) {
    q->silent = now();
    return false;
  }
  if (status != IBV_WC_SUCCESS) {
    fail(q, status);
    return false;
  }
  if (wr->send_flags & IBV_SEND_SIGNALED)
    complete(q, wr->wr_id, status);
  q->done++;
  return true;
}

static uint64_t draw(void)
{
  late = late * 6364136223846793005u + 1442695040888963407u;
  return late >> 33;
}

static void *be_late(void *nothing)
{
  for (;;) {
    pthread_mutex_lock(&lock);
    for (struct loop_qp *q = all; q; q = q->later)
      for (uint64_t n = draw() % 4; n > 0 && do_one(q); n--)
        ;
    pthread_mutex_unlock(&lock);
    struct timespec nap = {0, (long)(draw() % 8 == 0 ? draw() % 500000 : 1000)};
    nanosleep(&nap, NULL);
  }
  return nothing;
}

/* -- datagrams ------------------------------------------------------------------------- */

/* Does it happen, so many times of a hundred? */
static bool happens(const char *variable)
{
  const char *percent = getenv(variable);
  static _Thread_local uint64_t seed; /* groups of several threads send at once */
  if (seed == 0)
    seed = now() ^ (uint64_t)gettid() << 32;
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return percent && seed >> 33 & 0x7fffffff && (seed >> 33) % 100 < strtoull(percent, NULL, 10);
}

static struct box *box_of(uint32_t number)
{
  for (int k = 0; k < BOXES; k++)
    if (net->box[k].owner == number)
      return &net->box[k];
  return NULL;
}

static struct box *take_box(uint32_t number)
{
  for (int k = 0; k < BOXES; k++) {
    struct box *b = &net->box[k];
    uint32_t owner = b->owner;
    const struct entry *e = owner ? entry_of(owner) : NULL;
    bool free = !e || (kill(e->pid, 0) != 0 && errno == ESRCH);
    if (free && atomic_compare_exchange_strong(&b->owner, &owner, number)) {
      for (int l = 0; l < LETTERS; l++)
        b->letter[l].state = 0;
      return b;
    }
  }
  fprintf(stderr, "loop: all boxes are taken\n");
  abort();
}

/* Into a box, if it is there and has room. */
static void deliver(const struct loop_qp *q, const struct ibv_send_wr *wr)
{
  const struct entry *e = entry_of(wr->wr.ud.remote_qpn);
  struct box *b = e && !is_listed("LOOP_CUT", e) ? box_of(wr->wr.ud.remote_qpn) : NULL;
  static _Thread_local unsigned start;
  for (unsigned k = 0; b && k < LETTERS; k++) {
    struct letter *l = &b->letter[(start + k) % LETTERS];
    uint32_t free = 0;
    if (!atomic_compare_exchange_strong(&l->state, &free, 1))
      continue;
    l->from = q->qp.qp_num;
    l->bytes = wr->sg_list->length;
    memcpy(l->text, (void *)(uintptr_t)wr->sg_list->addr, l->bytes);
    l->state = 2;
    start += 7 + k;
    return;
  }
}

static void send_datagram(struct loop_qp *q, const struct ibv_send_wr *wr)
{
  for (int k = happens("LOOP_TWICE") ? 2 : 1; k > 0; k--)
    if (!happens("LOOP_LOSS"))
      deliver(q, wr);
  complete(q, wr->wr_id, q->erred ? IBV_WC_WR_FLUSH_ERR : IBV_WC_SUCCESS);
}

/* What has come for it, as far as there are places for it. */
static void receive(struct loop_qp *q)
{
  for (int k = 0; k < LETTERS && q->received < q->receives; k++) {
    struct letter *l = &q->box->letter[k];
    if (l->state != 2)
      continue;
    struct receive *r = &q->receive[q->received++ % RECEIVES];
    memset(r->at, 0xee, GRH);
    memcpy(r->at + GRH, l->text, l->bytes);
    complete(q, r->wr_id, IBV_WC_SUCCESS);
    struct ibv_wc *wc = &q->cq->wc[(q->cq->in - 1) % q->cq->length];
    wc->src_qp = l->from;
    wc->byte_len = GRH + l->bytes;
    l->state = 0;
  }
}

static int post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
  struct loop_qp *q = (struct loop_qp *)qp;
  if (q->receives - q->received == RECEIVES || wr->sg_list->length < GRH + LETTER ||
      !within(entry_of(wr->sg_list->lkey), getpid(), wr->sg_list->addr, wr->sg_list->length)) {
    *bad = wr;
    return ENOMEM;
  }
  q->receive[q->receives++ % RECEIVES] = (struct receive){wr->wr_id, (unsigned char *)(uintptr_t)wr->sg_list->addr};
  return 0;
}

struct ibv_ah *ibv_create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr)
{
  (void)attr;
  struct ibv_ah *ah = calloc(1, sizeof *ah);
  ah->pd = pd;
  return ah;
}

int ibv_destroy_ah(struct ibv_ah *ah)
{
  free(ah);
  return 0;
}

/* -- queues ------------------------------------------------------------------------------ */

static int post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad)
{
  struct loop_qp *q = (struct loop_qp *)qp;
  if (q->box) {
    send_datagram(q, wr);
    return 0;
  }
  pthread_mutex_lock(&lock);
  int status = q->posted - q->done == PENDING ? ENOMEM : 0;
  if (status != 0) {
    *bad = wr;
  } else if (q->erred) {
    complete(q, wr->wr_id, IBV_WC_WR_FLUSH_ERR);
  } else {
    struct post *p = &q->post[q->posted++ % PENDING];
    p->wr = *wr;
    for (int s = 0; s < 2; s++)
      p->sge[s] = wr->num_sge > s ? wr->sg_list[s] : (struct ibv_sge){.length = 0};
    if (wr->send_flags & IBV_SEND_INLINE) {
      memcpy(p->copy, (void *)(uintptr_t)p->sge[0].addr, p->sge[0].length);
      p->sge[0].addr = (uintptr_t)p->copy;
    }
    p->wr.sg_list = p->sge;
    while (late == 0 && do_one(q))
      ;
  }
  pthread_mutex_unlock(&lock);
  return status;
}

static int poll_cq(struct ibv_cq *ibv_cq, int n, struct ibv_wc *wc)
{
  struct loop_cq *cq = (struct loop_cq *)ibv_cq;
  int k = 0;
  pthread_mutex_lock(&lock);
  for (struct loop_qp *q = cq->first; q; q = q->next)
    if (q->silent != 0 && now() - q->silent > silence)
      fail(q, IBV_WC_RETRY_EXC_ERR);
  if (cq->first && cq->first->box)
    receive(cq->first);
  for (; k < n && cq->out != cq->in; k++)
    wc[k] = cq->wc[cq->out++ % cq->length];
  pthread_mutex_unlock(&lock);
  return k;
}

/* -- libibverbs ------------------------------------------------------------------------ */

static struct ibv_device device = {.transport_type = IBV_TRANSPORT_IB};

struct ibv_device **ibv_get_device_list(int *n)
{
  struct ibv_device **list = calloc(2, sizeof *list);
  list[0] = &device;
  if (n)
    *n = 1;
  return list;
}

void ibv_free_device_list(struct ibv_device **list)
{
  free(list);
}

const char *ibv_get_device_name(struct ibv_device *d)
{
  (void)d;
  return "loop0";
}

struct ibv_context *ibv_open_device(struct ibv_device *d)
{
  struct ibv_context *c = calloc(1, sizeof *c);
  static pid_t started; /* the process that has the thread */
  const char *seed = getenv("LOOP_LATE");
  pthread_t thread;
  if (seed && *seed && started != getpid()) {
    started = getpid();
    late = strtoull(seed, NULL, 0) + (uint64_t)started + 1;
    if (pthread_create(&thread, NULL, be_late, NULL) != 0)
      abort();
    pthread_detach(thread);
  }
  c->device = d;
  c->async_fd = eventfd(0, EFD_CLOEXEC);
  c->ops.post_send = post_send;
  c->ops.post_recv = post_recv;
  c->ops.poll_cq = poll_cq;
  return c;
}

int ibv_close_device(struct ibv_context *context)
{
  close(context->async_fd);
  free(context);
  return 0;
}

int ibv_query_device(struct ibv_context *context, struct ibv_device_attr *attr)
{
  (void)context;
  *attr = (struct ibv_device_attr){
      .max_cqe = 1 << 20, .max_qp_wr = PENDING, .max_qp_rd_atom = 16, .max_qp_init_rd_atom = 16, .phys_port_cnt = 1};
  return 0;
}

#undef ibv_query_port
int ibv_query_port(struct ibv_context *context, uint8_t number, struct _compat_ibv_port_attr *compat)
{
  struct ibv_port_attr *attr = (struct ibv_port_attr *)compat;
  (void)context, (void)number;
  attr->state = IBV_PORT_ACTIVE;
  attr->active_mtu = IBV_MTU_4096;
  attr->link_layer = IBV_LINK_LAYER_ETHERNET;
  attr->max_msg_sz = 1 << 20;
  return 0;
}

ssize_t _ibv_query_gid_table(struct ibv_context *context, struct ibv_gid_entry *entries, size_t most, uint32_t flags,
                             size_t size)
{
  (void)context, (void)most, (void)flags;
  struct ibv_gid_entry e = {.port_num = 1, .gid_type = IBV_GID_TYPE_ROCE_V2};
  memcpy(e.gid.raw, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\1", sizeof e.gid.raw);
  memcpy(entries, &e, size < sizeof e ? size : sizeof e);
  return 1;
}

struct ibv_pd *ibv_alloc_pd(struct ibv_context *context)
{
  struct ibv_pd *pd = calloc(1, sizeof *pd);
  pd->context = context;
  return pd;
}

int ibv_dealloc_pd(struct ibv_pd *pd)
{
  free(pd);
  return 0;
}

struct ibv_cq *ibv_create_cq(struct ibv_context *context, int cqe, void *arg, struct ibv_comp_channel *channel,
                             int vector)
{
  (void)arg, (void)channel, (void)vector;
  struct loop_cq *cq = calloc(1, sizeof *cq + (size_t)cqe * sizeof *cq->wc);
  cq->cq.context = context;
  cq->length = (uint32_t)cqe;
  return &cq->cq;
}

int ibv_destroy_cq(struct ibv_cq *cq)
{
  free(cq);
  return 0;
}

struct ibv_qp *ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr)
{
  if (attr->cap.max_inline_data > MOST_INLINE) {
    errno = EINVAL;
    return NULL;
  }
  struct loop_qp *q = calloc(1, sizeof *q);
  q->qp.context = pd->context;
  q->cq = (struct loop_cq *)attr->send_cq;
  q->next = q->cq->first;
  q->cq->first = q;
  q->pidfd = -1;
  struct entry *e = &net->entry[take(&q->qp.qp_num)];
  e->length = 0; /* no registration */
  e->rank = my_rank();
  if (attr->qp_type == IBV_QPT_UD)
    q->box = take_box(q->qp.qp_num);
  pthread_mutex_lock(&lock);
  q->later = all;
  all = q;
  pthread_mutex_unlock(&lock);
  return &q->qp;
}

int ibv_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask)
{
  struct loop_qp *q = (struct loop_qp *)qp;
  const struct entry *e = attr->qp_state == IBV_QPS_RTR ? entry_of(attr->dest_qp_num) : NULL;
  (void)mask;
  if (e && is_listed("LOOP_APART", e))
    return ENETUNREACH;
  pthread_mutex_lock(&lock);
  if (attr->qp_state == IBV_QPS_RTR)
    q->to = attr->dest_qp_num;
  if (attr->qp_state == IBV_QPS_ERR)
    fail(q, IBV_WC_WR_FLUSH_ERR);
  if (attr->qp_state == IBV_QPS_RESET) {
    q->erred = false;
    q->receives = q->received = 0;
  }
  pthread_mutex_unlock(&lock);
  return 0;
}

static void give_back(uint32_t number)
{
  struct entry *e = entry_of(number);
  if (e)
    e->pid = 0;
}

int ibv_destroy_qp(struct ibv_qp *qp)
{
  struct loop_qp *q = (struct loop_qp *)qp, **at = &q->cq->first, **later = &all;
  if (q->box)
    q->box->owner = 0;
  give_back(qp->qp_num);
  pthread_mutex_lock(&lock);
  while (*at != q)
    at = &(*at)->next;
  *at = q->next;
  while (*later != q)
    later = &(*later)->later;
  *later = q->later;
  pthread_mutex_unlock(&lock);
  if (q->pidfd >= 0)
    close(q->pidfd);
  free(q);
  return 0;
}

int ibv_query_qp_data_in_order(struct ibv_qp *qp, enum ibv_wr_opcode op, uint32_t flags)
{
  (void)qp, (void)op, (void)flags;
  return 0;
}

#undef ibv_reg_mr
struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *addr, size_t length, int access)
{
  const struct mapped *m = mine;
  uint32_t key;
  (void)access;
  while (m < mine + MAPPED &&
         !(m->at && (char *)addr >= (char *)m->at && (char *)addr + length <= (char *)m->at + m->length))
    m++;
  if (m == mine + MAPPED) {
    errno = EFAULT;
    return NULL;
  }
  struct ibv_mr *mr = calloc(1, sizeof *mr);
  struct entry *e = &net->entry[take(&key)];
  e->fd = m->fd;
  e->address = (uintptr_t)addr;
  e->offset = (uint64_t)((char *)addr - (char *)m->at);
  e->length = length;
  *mr = (struct ibv_mr){.pd = pd, .addr = addr, .length = length, .lkey = key, .rkey = key};
  return mr;
}

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova, unsigned int access)
{
  (void)iova;
  return ibv_reg_mr(pd, addr, length, (int)access);
}

int ibv_dereg_mr(struct ibv_mr *mr)
{
  give_back(mr->rkey);
  free(mr);
  return 0;
}

int ibv_get_async_event(struct ibv_context *context, struct ibv_async_event *event)
{
  (void)context, (void)event;
  return -1;
}

void ibv_ack_async_event(struct ibv_async_event *event)
{
  (void)event;
}
