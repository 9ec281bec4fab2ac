/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How messages and their fields lie in bytes (docs/protocol.md): what wire.c and wire_report.c have
 * in common. Knows no message. Links libc only; any thread.
 */
#ifndef PDANE_WIRE_FIELDS_H
#define PDANE_WIRE_FIELDS_H

#include "common/bytes.h"
#include "common/wire.h"

#define PDANE_FIELD_HEADER 4u
#define PDANE_FIELDS_MAX 16u /* fields of one message, counted from 1: tags up to 15 */

/* One row for each tag; row 0 is unused. */
struct pdane_field {
        uint16_t min, max; /* bytes */
        bool required;
        uint8_t repeat; /* how often it may come; 0 stands for once */
};

struct pdane_writer {
        uint8_t *buf;
        size_t cap;
        size_t len;
        int error; /* sticks: nothing is written after it */
};

void pdane_wire_store_be(uint8_t *to, uint64_t v, size_t n);
uint64_t pdane_wire_load_be(const uint8_t *from, size_t n); /* n at most 8 */

void pdane_wire_put_header(struct pdane_writer *w, uint8_t type);
void pdane_wire_put_bytes(struct pdane_writer *w, const void *data, size_t n);
void pdane_wire_put_uint(struct pdane_writer *w, uint64_t v, size_t n);
/* An absent value is left out, unless it is required. */
void pdane_wire_put_field(struct pdane_writer *w, const struct pdane_field *fields, uint16_t tag,
                          struct pdane_bytes v);
/* As many octets as the field has at most, which is 8 or fewer. */
void pdane_wire_put_field_uint(struct pdane_writer *w, const struct pdane_field *fields,
                               uint16_t tag, uint64_t v);
/* Sets the header's length. 0 with *ret_len, or what went wrong. */
int pdane_wire_finish(struct pdane_writer *w, size_t *ret_len);

/* 0; -EPROTONOSUPPORT; -EBADMSG for what is not one whole message. Any type is one. */
int pdane_wire_type(const uint8_t *buf, size_t len, uint8_t *ret_type);
/* The same for one type, with what follows the header. */
int pdane_wire_open_message(const uint8_t *buf, size_t len, uint8_t want,
                            struct pdane_bytes *ret_body);

/*
 * Splits body into fields: found[tag] is the one with that tag. The one that may repeat is counted
 * in *ret_repeats and stands in repeated[], in order. -EBADMSG for anything that fields does not
 * allow.
 */
int pdane_wire_split_fields(struct pdane_bytes body, const struct pdane_field *fields, uint16_t end,
                            struct pdane_bytes found[PDANE_FIELDS_MAX],
                            struct pdane_bytes *repeated, size_t *ret_repeats);

/* Both, of a message in which no field repeats. */
int pdane_wire_read(const uint8_t *buf, size_t len, uint8_t want, const struct pdane_field *fields,
                    uint16_t end, struct pdane_bytes found[PDANE_FIELDS_MAX]);

#endif
