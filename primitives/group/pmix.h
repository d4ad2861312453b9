/* The meeting under PMIx: an allgather of a job, or of some of its ranks. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SACRED_PMIX_H
#define SACRED_PMIX_H
#include "bootstrap.h"

/*
 * Ranks of the job that gather among themselves, by a list of them; every one of them gives the same list. Under Slurm
 * (22.05 to 26.05 at least) a list that is not the whole job has to be of ranks of one node: its plugin does not tell
 * the list to other nodes, and the gathering ends with a timeout.
 */
struct pmix_members;

/* `ranks` are of the job of pmix_begin(), n of them in rising order, and I am one. NULL where there is no memory. */
struct pmix_members *pmix_members(const struct bootstrap *job, const uint32_t *ranks, uint32_t n);

/* A gathering of theirs, as struct bootstrap says. */
int pmix_gather(struct pmix_members *m, const void *mine, void *all, size_t size, uint64_t deadline);
#endif
