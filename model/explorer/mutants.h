/* Deliberate mistakes in the machine, one rule dropped or added each: compiled in for tests only. */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MUTANTS_H
#define MUTANTS_H
#include <stdbool.h>

/* X(name, what the mistaken machine does) */
#define MUTANTS(X)                                                                                                     \
  X(LOAD_SKIPS_BUFFER, "a load does not see its thread's own buffered store")                                          \
  X(STORE_AT_ONCE, "a store is in memory at once")                                                                     \
  X(CAS_KEEPS_BUFFER, "cas does not wait for the store buffer")                                                        \
  X(MFENCE_KEEPS_BUFFER, "mfence does not wait for the store buffer")                                                  \
  X(MFENCE_KEEPS_POSTS, "mfence waits for stores, and not for posts behind them")                                      \
  X(POST_OVERTAKES_STORES, "a post does not wait for the stores before it")                                            \
  X(POLL_FREE, "poll does not wait for a completion")                                                                  \
  X(POLL_WAITS_BUFFER, "poll waits for the store buffer")                                                              \
  X(PUT_READS_AT_POST, "the source of a put is read when it enters the pipe")                                          \
  X(LOCAL_READ_FREE, "nlR does not wait for older puts to be read")                                                    \
  X(LOCAL_READ_PASSES_FENCE, "nlR does not wait for an rfence")                                                        \
  X(LOCAL_READ_PASSES_LANDING, "nlR does not wait for data in wbL")                                                    \
  X(LOCAL_READ_BEHIND_GET, "nlR waits for older gets")                                                                 \
  X(REMOTE_WRITE_FREE, "nrW does not wait for older puts")                                                             \
  X(REMOTE_WRITE_PASSES_FENCE, "nrW does not wait for an rfence")                                                      \
  X(REMOTE_WRITE_PASSES_ATOMIC, "nrW does not wait for older atomics")                                                 \
  X(REMOTE_WRITE_BEHIND_GET, "nrW waits for older gets")                                                               \
  X(REMOTE_READ_PASSES_PUT, "nrR does not wait for older puts")                                                        \
  X(REMOTE_READ_PASSES_FENCE, "nrR does not wait for an rfence")                                                       \
  X(REMOTE_READ_PASSES_ATOMIC, "nrR does not wait for older atomics")                                                  \
  X(REMOTE_READ_PASSES_WRITES, "nrR does not wait for wbR")                                                            \
  X(REMOTE_READ_PUSHES_ALL, "nrR waits for the wbR of every queue pair to its node")                                   \
  X(ATOMIC_PASSES_PUT, "nAR does not wait for older puts")                                                             \
  X(ATOMIC_PASSES_FENCE, "nAR does not wait for an rfence")                                                            \
  X(ATOMIC_PASSES_ATOMIC, "nAR does not wait for older atomics")                                                       \
  X(ATOMIC_PASSES_WRITES, "nAR does not wait for wbR")                                                                 \
  X(ATOMIC_WITHOUT_LOCK, "nAR does not wait for the lock of its word")                                                 \
  X(ATOMIC_LOCKS_NODE, "the lock of an atomic is its node's")                                                          \
  X(ATOMIC_LOCKS_STORES, "a CPU store waits for the lock of its word")                                                 \
  X(ATOMIC_IN_MEMORY, "an atomic's write is in memory at once")                                                        \
  X(FAILED_RCAS_WRITES, "a rcas that fails writes the old value back")                                                 \
  X(COMPLETION_OVERTAKES, "a put may be acknowledged before older operations")                                         \
  X(COMPLETION_IS_PLACED, "a put is acknowledged when wbR is empty")                                                   \
  X(LANDING_OVERTAKES, "a get may land before older operations")                                                       \
  X(COMPLETION_PASSES_DATA, "a get's completion may overtake its data")                                                \
  X(RFENCE_FREE, "an rfence orders nothing")                                                                           \
  X(RFENCE_WAITS_WRITES, "an rfence waits for wbR")                                                                    \
  X(RFENCE_WAITS_LANDING, "an rfence waits for wbL")                                                                   \
  X(RFENCE_ALL_PAIRS, "an rfence holds back what is posted to any queue pair")                                         \
  X(WRITES_UNORDERED, "wbR is not a FIFO")                                                                             \
  X(LANDINGS_UNORDERED, "wbL is not a FIFO")                                                                           \
  X(WORDS_IN_ORDER, "the words of an operation are copied in order")                                                   \
  X(WORDS_TOGETHER, "the words of a put reach memory all at once")                                                     \
  X(GETS_ORDERED, "gets are read in order whatever the option says")                                                   \
  X(GETS_UNORDERED, "gets are read in any order whatever the option says")

#define MUTANTS_ENUM(name, text) MUTANT_##name,
enum mutant { MUTANT_NONE, MUTANTS(MUTANTS_ENUM) MUTANT_COUNT };

/* In the program that ships this is false, and the mistakes are not there. */
static inline bool is_mutant(unsigned chosen, enum mutant mistake)
{
#ifdef LITMUS_MUTANTS
  return chosen == mistake;
#else
  (void)chosen;
  (void)mistake;
  return false;
#endif
}
#endif
