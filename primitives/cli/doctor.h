/* What the parts of `sacred doctor` have of each other. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DOCTOR_H
#define DOCTOR_H

/* A line for what is well, and two for what is not, with what to do about it: the latter are counted. */
void doctor_fine(const char *what, const char *detail);
void doctor_problem(const char *what, const char *remedy);

/*
 * Where a launcher has started this as a rank, or SACRED_ROOT is set: does each rank of the job reach each other one
 * over RDMA? Collective; blocks until all have come and answered, a minute at most for each of its steps.
 */
void doctor_peers(void);
#endif
