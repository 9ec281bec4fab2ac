/* SPDX-License-Identifier: BSD-3-Clause */
/* One item of an answer in memory of its own, shared by the memory of answers and by object
 * handles. */
#ifndef PDANE_HELD_H
#define PDANE_HELD_H

#include <stddef.h>

#include "common/wire.h"

/* Read-only once made. Not locked: whoever shares one holds the module's lock while counting. */
struct pdane_held {
        size_t refs;
        size_t size;            /* bytes that it occupies */
        struct pdane_item item; /* points into bytes */
        uint8_t bytes[];
};

/* A copy of item, owned by the caller (one reference); NULL when there is no memory. */
struct pdane_held *pdane_held_new(const struct pdane_item *item);

/* Another reference to h. */
struct pdane_held *pdane_held_ref(struct pdane_held *h);

/* Gives a reference back. NULL is fine. */
void pdane_held_unref(struct pdane_held *h);

/* True when both say the same of the same certificate; how long they last does not matter. */
bool pdane_held_equal(const struct pdane_held *a, const struct pdane_held *b);

#endif
