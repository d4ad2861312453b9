/*
 * The least that a broadcast from rank 0 over verbs can do, without Sacred. The bytes land where they stay: nothing is copied,
 * nothing is looked at but that they have come, nobody is watched, and there is no deadline.
 *     2 writes  what Sacred posts: each chunk with a header, its number behind it, and thanks for it, without which no
 *               more than four are on their way.
 *     1 write   a chunk with its number at its end, and no thanks. That is no broadcast: the number says that
 *               the bytes before it are here only where a device places them from front to back, and who sends again
 *               may overwrite what nobody has taken yet. But the ranks meet between the calls, and no broadcast by
 *               writes can post less.
 * Up to `border` bytes rank 0 writes to everybody, above it each rank to the next, as Sacred does.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "broadcast.h"
#include "bare_verbs.h"

enum { CHUNK = 65536, HEAD = 64, PLACE = HEAD + CHUNK + LINE, WINDOW = 4 };

static uint64_t border, number; /* of the chunk at hand, from 1 */
static int writes;
static unsigned char *places; /* one for each chunk of a call: header, bytes, and where there is one write its number */

/* Where a chunk's number is, with one write. */
static _Atomic uint64_t *number_at(unsigned char *place, uint64_t length)
{
  return (_Atomic uint64_t *)(void *)(place + HEAD + (length + 7) / 8 * 8);
}

/* What lies at `place` to the same place at rank i. */
static void give(int i, unsigned char *place, uint64_t length)
{
  unsigned char *from = writes == 2 ? place : place + HEAD;
  uint64_t all = writes == 2 ? HEAD + length : (length + 7) / 8 * 8 + sizeof number;
  struct ibv_sge piece = {(uintptr_t)from, (uint32_t)all, key};
  struct ibv_send_wr write = {.sg_list = &piece, .num_sge = 1, .opcode = IBV_WR_RDMA_WRITE};
  write.wr.rdma.rkey = known->rank[i].key;
  write.wr.rdma.remote_addr = known->rank[i].address + (uint64_t)(from - (unsigned char *)line);
  post(i, &write, all <= INLINE);
  if (writes == 2)
    tell(i, number);
}

/* To the children: everybody else, the last first as Sacred does, or the next rank. They meet before a call's first chunk. */
static uint64_t give_all(unsigned char *place, uint64_t length, int chain, uint64_t looks)
{
  int last = chain ? rank + 1 : rank == 0 ? ranks - 1 : 0;
  for (int i = last; i > rank && i < ranks; i--) {
    if (writes == 2 && place >= places + WINDOW * PLACE)
      looks = hear(i, number - WINDOW, looks);
    give(i, place, length);
  }
  return looks;
}

/* From the parent. */
static uint64_t take(unsigned char *place, uint64_t length, int chain, uint64_t looks)
{
  int parent = chain ? rank - 1 : 0;
  if (writes == 2) {
    looks = hear(parent, number, looks);
    tell(parent, number);
  }
  while (writes == 1 && atomic_load_explicit(number_at(place, length), memory_order_acquire) != number)
    relax(looks++);
  return looks;
}

static void run(struct broadcast *b, uint64_t size)
{
  unsigned char *place = places, *first = place + HEAD, *last = NULL;
  uint64_t looks = 0;
  int chain = size > border;
  if (rank == 0) /* of the bytes, those that are looked at */
    *first = b->buffer[0];
  for (uint64_t left = size; left > 0; place += PLACE) {
    uint64_t length = left < CHUNK ? left : CHUNK;
    left -= length;
    number++;
    last = place + HEAD + length - 1;
    if (rank == 0) {
      if (left == 0)
        *last = b->buffer[size - 1];
      atomic_store_explicit(number_at(place, length), number, memory_order_release);
    } else
      looks = take(place, length, chain, looks);
    looks = give_all(place, length, chain, looks);
  }
  b->buffer[0] = *first;
  b->buffer[size - 1] = *last;
}

int main(int argc, char **argv)
{
  must(argc == 9, "usage: bare_broadcast - size:count,size:count ranks device,device timeout "
                  "spins,pauses,yields,nanoseconds border 1|2");
  uint64_t most = broadcast_most(argv[2]), all = (most + CHUNK - 1) / CHUNK * PLACE;
  border = strtoull(argv[7], NULL, 10);
  writes = atoi(argv[8]);
  must(writes == 1 || writes == 2, "1 or 2 writes a chunk");
  struct meeting *meeting = meeting_at(argv[1]);
  begin(argv[3], argv[6]);
  open_all(argv[4], all);
  places = (unsigned char *)(line + RANKS);
  connect_all((uint8_t)atoi(argv[5]));
  bench_pin(rank);
  struct broadcast b = {meeting, (uint32_t)rank, (uint32_t)ranks, 0, broadcast_buffer(most), run};
  broadcast_list(&b, argv[2]);
  free(b.buffer);
  return end();
}
