/* SPDX-License-Identifier: BSD-3-Clause */
/* One item of an answer in memory of its own, shared by the memory of answers and by object
 * handles. */
#ifndef PDANE_HELD_H
#define PDANE_HELD_H

#include <stddef.h>

#include "common/wire.h"

#define PDANE_HELD_PARTS 9u

/*
 * Read-only once made. Not locked: whoever shares one holds the module's lock while counting. A
 * browser keeps hundreds, so parts are places in bytes, and what none of the item's objects shows
 * is left out.
 */
struct pdane_held {
        uint32_t refs;
        uint32_t size; /* bytes that it occupies */
        uint8_t flags;
        uint8_t trust;
        struct pdane_held_part {
                uint16_t at, len;
        } parts[PDANE_HELD_PARTS];
        uint8_t bytes[];
};

/* A copy of item, owned by the caller (one reference); NULL when there is no memory. */
struct pdane_held *pdane_held_new(const struct pdane_item *item);

/*
 * What it is a copy of, which lives as long as h. Absent: when it expires; the certificate, its
 * subject, key and identifier where no certificate is presented; hashes that no trust object has.
 */
struct pdane_item pdane_held_item(const struct pdane_held *h);

/* Another reference to h. */
struct pdane_held *pdane_held_ref(struct pdane_held *h);

/* Gives a reference back. NULL is fine. */
void pdane_held_unref(struct pdane_held *h);

/* True when all that is kept is the same: to whoever reads them their objects are one. */
bool pdane_held_equal(const struct pdane_held *a, const struct pdane_held *b);

#endif
