/* A group behind its handle: wire, transport, control area, heap. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GROUP_H
#define GROUP_H
#include "../wire/transport.h"
#include "control.h"
#include "number.h"
#include <sacred/verbs.h>

enum object_kind {
  OBJECT_FLAG = 1,
  OBJECT_TABLE,
  OBJECT_BARRIER,
  OBJECT_BROADCAST,
  OBJECT_FENCE,
  OBJECT_REGION,
  OBJECT_CLOSE /* not an object: the group's end, told in the same exchange */
};

/* What a rank says when it makes an object. */
struct making {
  uint64_t argument, at, bytes, epoch; /* epoch: SACRED_TEST_EPOCH, of a barrier */
  uint64_t brief; /* with radix, which is `few`, and many: the trees of a broadcast, see tuning.h */
  uint32_t kind;  /* enum object_kind */
  int32_t status;
  uint32_t key;                /* over verbs: opens this object's memory at me */
  uint32_t local, radix, many; /* local, radix: of a barrier, see tuning.h */
};

/* How far the connecting of a sparse group's queue pairs has come, for an object: see connect.h. */
struct connecting {
  uint32_t *peers;       /* whom the object posts to, or hears of: [count] */
  uint32_t count, first; /* the next numbers that are told are of peers[first] and on */
  int paired;            /* peers[2k] and peers[2k + 1] are as far ahead as behind; else peers[k] is k */
  int given;             /* I have given to the exchange that goes on */
  int32_t status;        /* how it went here */
};

/* What is pending of a making. */
enum { MAKING_NONE, MAKING_TOLD, MAKING_CONNECTS, MAKING_SETTLES };

struct sacred_group {
  struct wire w;
  struct transport t;
  struct exchange x;
  struct control *control; /* mapped apart from the heaps; with a board, my copy */
  struct board *board;     /* of a group over several hosts, NULL where the ranks share memory; see board.h */
  int fd;                  /* of the group's file: control area, then the heaps; -1: there is a board */
  uint64_t used, backed;   /* of my heap: given to objects, and sure to have pages */
  uint32_t crowd;          /* ranks of this job on this host */
  uint64_t host;           /* the same on all ranks of this one's host; see hello.h */
  uint32_t *first, hosts;  /* [j]: the first rank of rank j's host; how many hosts there are */
  struct parts *parts;     /* the groups within it that barriers of hosts need, NULL before the first; see parts.h */
  uint32_t turn;           /* of this rank, where ranks take turns at devices */
  int pending;             /* the making below is told and not over: MAKING_ */
  int result;              /* of a making that settles: all have given, and some may not have heard it */
  uint64_t settles;        /* since when */
  struct connecting connecting;
  struct news *news; /* who is gone, in a sparse group; see news.h */
  struct making making;
  char unmade[WIRE_WORDS];     /* why I could not, in words: what comes between may have others */
  uint64_t *heeded;            /* [j]: splits of rank j that are no news to me */
  struct splitting *splitting; /* a split that has timed out, or NULL */
  struct kept *kept;           /* all memory of this group's objects */
  struct sacred_group *next;
};

/* -- environment ------------------------------------------------------------ */

/* Is it set, and not to nothing? */
int group_environment_has(const char *name);

/* Read a decimal number that K, M or G may follow; *value is set where it is one, and below 2^64. */
enum number group_number(const char *text, uint64_t *value);

/* The number in variable `name`, from least to most; `otherwise` where it is not set. K, M, G are suffixes. */
int group_environment_number(const char *name, uint64_t least, uint64_t most, uint64_t otherwise, uint64_t *value);

/* -- errors ----------------------------------------------------------------- */

/* Note why an open or split fails, for sacred_open_error(). Returns status. */
int group_open_say(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "rank 3", "ranks 3, 5 to 9": all those below `size` for which `is` says so, however many. */
enum { GROUP_LIST = 16 + 6 * CONTROL_RANKS_MAX };
const char *group_rank_list(char text[GROUP_LIST], uint32_t size, int (*is)(const void *arg, uint32_t i),
                            const void *arg);

/* -- heap ------------------------------------------------------------------- */

/* A file with the control area of `size` ranks in it; -1 and errno. What to do about it, "" where that is plain. */
int group_file_create(uint32_t size, uint64_t cookie);
const char *group_file_remedy(int error);

/* Take `bytes` of the heap, on a cache line of their own, and over verbs what opens them; give back what was taken last. */
int group_heap_take(struct sacred_group *g, uint64_t bytes, uint64_t *at, uint32_t *key);
void group_heap_give_back(struct sacred_group *g, uint64_t at);

/* Zeroed memory that stays until the process ends. */
void *group_keep(struct sacred_group *g, size_t bytes);
void group_unkeep(struct sacred_group *g, void *memory);

/* -- opening ---------------------------------------------------------------- */

struct opening {
  uint32_t rank, size;
  int fd; /* of the group's file; -1: rank 0 makes one */
  uint64_t cookie, split;
  struct sacred_group *parent;      /* or NULL */
  const struct sacred_verbs *verbs; /* what the caller brings, or NULL */
  const uint32_t *ranks;            /* with a parent that has a board: my list */
  uint32_t wire;                    /* enum wire_kind that it is to be, whatever SACRED_WIRE says; 0: as that says */
  int of_job;                       /* a bootstrap knows these ranks as well */
  /* 0 or a status, with words in group_open_say(); after SACRED_TIMEOUT the same gathering goes on */
  int (*gather)(void *arg, const void *mine, void *all, size_t size);
  void *arg;
  int last;               /* the gathering is the last one: who has it has a group */
  int over;               /* it was, and all have come to its end, well or not */
  struct half_open *half; /* what SACRED_TIMEOUT has left; NULL at first */
};

/* After SACRED_TIMEOUT, the same again goes on. group_open_drop: it is not to go on. */
int group_open(struct opening *o, struct sacred_group **group);
void group_open_drop(struct opening *o);

/* -- the wire ------------------------------------------------------------------ */

/* What SACRED_WIRE asks for: WIRE_SHM, WIRE_VERBS, or 0: nothing. */
int group_wire_kind(uint32_t *kind);

/* Up to how many ranks are all connected when a group opens over verbs. Words in sacred_open_error(). */
int group_connect_all(uint64_t *most);

/* How far the connecting of a group over verbs has come. */
struct wiring {
  int shown, able; /* all have told what they have, and all can go on */
  int tried;       /* the queue pairs were connected, or could not be */
  uint32_t first;  /* rank that the next numbers of queue pairs are for */
  uint64_t seed;   /* of the group, the same on all ranks */
};

/* Go on with it. *status is how it went here; what is returned is how the gatherings went. */
int group_wire_up(struct wiring *u, struct sacred_group *g, const struct opening *o, void *all, int32_t *status);

/* sacred_group_split() over a wire of this kind; 0: whatever SACRED_WIRE says. */
int group_split(struct sacred_group *parent, const uint32_t *ranks, uint32_t n, uint32_t wire,
                struct sacred_group **group, uint64_t deadline);

/* Give up a split that has timed out, if there is one. */
void group_split_drop(struct sacred_group *parent);

/* Gather over a control area: the opening's, where there is one before the group. */
struct gathering {
  struct exchange x;
  uint64_t deadline;
  int given;                         /* what I give is given, and the gathering not over */
  int (*check)(struct gathering *g); /* SACRED_OK: go on waiting */
  void *arg;
};

int gathering_run(void *gathering, const void *mine, void *all, size_t size);

/* Spend a while, longer after many looks. */
void group_doze(uint64_t looks);

/* Look now who lives, and let go on what goes on by itself. */
void group_look(struct sacred_group *g);

/* -- collective steps ------------------------------------------------------- */

/* Give to the next exchange, and tell it to those who do not see it. */
void group_give(struct sacred_group *g, const void *mine, size_t size);

/* Until everybody has given to the exchange, or an error. What for is `kind`. */
int group_await(struct sacred_group *g, uint32_t kind, uint64_t deadline);

/*
 * Is what I gave last heard by all that are not lost? It always is but by datagrams: then who goes on, and does not look
 * after them any more, would leave another waiting. Who does not answer for a second has left by itself. 0: not by the deadline.
 */
int group_settle(struct sacred_group *g, uint64_t deadline);
enum { LEFT_BY_NS = 1000000000 };

const char *group_object_name(uint32_t kind);

/* -- the making of objects: objects.c ----------------------------------------- */

/* Memory for an object of a group that can make one; otherwise NULL, and why. */
void *object_begin(struct sacred_group *g, const void *handle, size_t bytes, int *status);

/*
 * Make the object that is wanted, with its bytes of heap at *at, together with all
 * ranks. An argument that is not allowed is told as well, as its status: who gave
 * another one hears of it, and does not wait for a rank that will not come. On
 * SACRED_TIMEOUT the making stays told, and the same call goes on with it.
 */
int object_make(struct sacred_group *g, struct making want, uint64_t deadline, uint64_t *at);

/* The status of an argument. */
int32_t object_allow(int allowed);
#endif
