/*
 * Read ahead of each primitive where TRACE=1: it then calls a door that logs, and that calls the door. The text of the
 * primitives and of the door stays as it is.
 */
/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TRACED_H
#define TRACED_H
#define WIRE_SPARSE
#include "../wire.h"

uint64_t traced_load(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j);
int traced_reached(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t want);
void traced_copy_words(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t *buf, uint64_t n);
void traced_borrow_words(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t *buf,
                         uint64_t n);
void traced_borrow_bytes(const struct wire *w, const struct rows *r, uint64_t off, uint32_t j, uint64_t where,
                         unsigned char *buf, uint64_t at, uint64_t n);
void traced_refer_bytes(const struct wire *w, const struct rows *r, uint64_t off, const unsigned char *buf, uint64_t at,
                        uint64_t n);
void traced_fill_words(const struct wire *w, const struct rows *r, uint64_t off, const uint64_t *buf, uint64_t n);
void traced_fill_bytes(const struct wire *w, const struct rows *r, uint64_t off, const unsigned char *buf, uint64_t at,
                       uint64_t n);
int traced_signal(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t v);
int traced_put(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len);
int traced_lend(struct wire *w, uint32_t i, const struct rows *r, uint64_t off, uint64_t len);
int traced_write(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t len);
int traced_write_word(struct wire *w, uint32_t i, uint64_t to, uint64_t v);
int traced_read(struct wire *w, uint32_t i, uint64_t to, uint64_t from, uint64_t len);
int traced_flush(struct wire *w, uint32_t i);
uint64_t traced_completed(struct wire *w, uint32_t i);

#define wire_load traced_load
#define wire_reached traced_reached
#define wire_copy_words traced_copy_words
#define wire_borrow_words traced_borrow_words
#define wire_borrow_bytes traced_borrow_bytes
#define wire_refer_bytes traced_refer_bytes
#define wire_fill_words traced_fill_words
#define wire_fill_bytes traced_fill_bytes
#define wire_signal traced_signal
#define wire_put traced_put
#define wire_lend traced_lend
#define wire_write traced_write
#define wire_write_word traced_write_word
#define wire_read traced_read
#define wire_flush traced_flush
#define wire_completed traced_completed
#endif
