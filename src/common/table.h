/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table that the daemon publishes: memory that it alone writes and every client may read, so
 * that "nothing is known of this certificate, and nothing is under way" is learned without a system
 * call (docs/protocol.md). It can say nothing but "ask" and "do not bother": no trust comes from
 * here. It holds no names, and of evidence only which bits of a filter its keyed hashes set. Links
 * libc only. Whatever lies in the memory, reading it ends and stays within it.
 */
#ifndef PDANE_TABLE_H
#define PDANE_TABLE_H

#include <stdatomic.h>

#include "common/siphash.h"

#define PDANE_TABLE_MAGIC 0x50444e4554414231u /* in the order of the machine's bytes */
#define PDANE_TABLE_BITS_MIN 65536u           /* of the filter; powers of two */
#define PDANE_TABLE_BITS_MAX 16777216u
/* A "no" is never good for longer than that, so what is further away was not meant for this clock.
 */
#define PDANE_TABLE_HORIZON_MS 1000u

/* How the memory begins; the filter follows. All in the order of the machine's bytes. */
struct pdane_table {
        uint64_t magic;
        uint64_t bits;
        struct pdane_siphash_key key;
        _Atomic uint64_t superseded;  /* not 0: another table has taken this one's place, or none */
        _Atomic uint64_t epoch;       /* another one: what was settled for a while is so no more */
        _Atomic uint64_t turn;        /* counts changes */
        _Atomic uint64_t no_until_ms; /* milliseconds since boot; 0: ask */
        _Atomic uint64_t filter[];
};

/* What a certificate may be asked for by. The numbers go into the hashes. */
enum pdane_table_kind { PDANE_TABLE_ISSUER_SERIAL = 1, PDANE_TABLE_SUBJECT = 2 };

/* Bytes of a table with that many bits, which are a power of two within the limits. */
size_t pdane_table_size(uint64_t bits);

/* ---- reading ---- */

/* One table, with copies of what must not change while it is used. */
struct pdane_table_view {
        const struct pdane_table *table; /* NULL: there is none */
        uint64_t bits;
        struct pdane_siphash_key key;
};

/* 0; -EBADMSG for what is no table of exactly that size. *ret borrows the memory. */
int pdane_table_view(const void *memory, size_t size, struct pdane_table_view *ret);

/* What a look at the table saw. */
struct pdane_table_look {
        uint64_t epoch, turn;
};

/* Begins a look. False: ask the daemon. */
bool pdane_table_look(const struct pdane_table_view *v, uint64_t now_ms,
                      struct pdane_table_look *ret);

/* False: no evidence can be found by this. b: the serial's content octets, for its kind. */
bool pdane_table_may_hold(const struct pdane_table_view *v, enum pdane_table_kind kind,
                          struct pdane_bytes a, struct pdane_bytes b);

/* Ends a look. False: something changed meanwhile, ask the daemon. */
bool pdane_table_held_still(const struct pdane_table_view *v, const struct pdane_table_look *l);

/* ---- writing ---- */

#define PDANE_TABLE_PLACES 4u
/* The bits that stand for a key: all different, all below bits. */
struct pdane_table_places {
        uint64_t bit[PDANE_TABLE_PLACES];
};
struct pdane_table_places pdane_table_places(const struct pdane_siphash_key *key, uint64_t bits,
                                             enum pdane_table_kind kind, struct pdane_bytes a,
                                             struct pdane_bytes b);

#endif
