/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Questions about certificates whose names and serials are numbers, so that the same ones come up
 * again; for fuzz_table.c.
 */
#ifndef PDANE_FUZZ_TABLE_QUESTION_H
#define PDANE_FUZZ_TABLE_QUESTION_H

#include "common/wire.h"
#include "fuzz.h"

#define TABLE_DNS 1024u /* numbers of DNs */
#define TABLE_NO_DN TABLE_DNS

struct table_bytes {
        uint8_t len;
        uint8_t data[15];
};

struct table_question {
        struct table_bytes issuer, subject, serial, value;
        unsigned issuer_number, subject_number; /* TABLE_NO_DN: absent, or none of ours */
        struct pdane_question q;                /* points into this */
};

/* The DN with that number. */
struct table_bytes table_dn(unsigned number);
/* The content octets of a serial: some look like a DER INTEGER themselves. */
struct table_bytes table_serial(uint8_t number);
struct pdane_bytes table_borrow(const struct table_bytes *b);

/* Flags (issuer, serial, subject, value, serial as DER, serial and subject as in the input), then
 * what they name. */
void table_question_read(struct fuzz_input *in, struct table_question *ret);

/* Whether the question's serial can mean these content octets. */
bool table_serial_means(const struct pdane_question *q, const struct table_bytes *content);

#endif
