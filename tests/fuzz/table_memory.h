/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory that tables are in, for fuzz_table.c: what maps it (through --wrap) leaves room behind
 * that must not be touched, and fails when the input says so (faults.h); and tables whose bytes are
 * the input's.
 */
#ifndef PDANE_FUZZ_TABLE_MEMORY_H
#define PDANE_FUZZ_TABLE_MEMORY_H

#include "common/table.h"
#include "fuzz.h"

/* How many calls to map, unmap and look at descriptors there were. */
size_t table_memory_calls(void);
/* Around one input: random numbers begin anew, and nothing is left mapped. Who drives us maps
 * memory as well. */
void table_memory_begin(void);
void table_memory_end(void);

/* Which memory a descriptor is of. */
uint64_t table_memory_id(int fd);

/* A table that anybody may have made; the descriptor and the mapping are its owner's. */
struct table_forged {
        int fd;
        struct pdane_table *table; /* NULL: there are no bytes */
        size_t size;
        bool sealed;
};

/* What it is, its head, its size, its bytes and its seals from the input. */
void table_forge(struct fuzz_input *in, uint64_t now_ms, struct table_forged *ret);
/* Whether a reader is to take it for a table; slowly. */
bool table_forged_good(const struct table_forged *f);
/* Some of its bytes change. */
void table_forged_scribble(struct table_forged *f, struct fuzz_input *in);
void table_forged_free(struct table_forged *f);

#endif
