/* Rank 0's door to the rendezvous: who connects shows the job's key, or is refused and harms nobody. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef RENDEZVOUS_GUARD_H
#define RENDEZVOUS_GUARD_H
#include "rendezvous.h"

/* Listen at every address of SACRED_ROOT that is here; stop it, and drop who has not shown the key. */
int guard_listen(struct rendezvous *r);
void guard_close(struct rendezvous *r);

/* Accept who connects, go on with the handshakes, and move those who have the key to r->root.peers. Never blocks. */
void guard_step(struct rendezvous *r);
#endif
