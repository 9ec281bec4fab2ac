/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Object handles. A handle stays usable after its search has ended, in every session, until enough
 * newer ones have displaced it; it is never used for another object.
 */
#ifndef PDANE_OBJECT_TABLE_H
#define PDANE_OBJECT_TABLE_H

#include "cryptoki.h"
#include "held.h"
#include "module_limits.h"

struct pdane_object {
        CK_OBJECT_HANDLE handle;
        struct pdane_held *held;
        uint32_t class; /* ours all fit */
        uint32_t used;  /* the count of uses when it was last used; if that ever wraps, another goes
                         */
};

/* Starts zeroed. The caller locks. */
struct pdane_object_table {
        size_t n;
        size_t bytes;
        uint32_t uses;
        CK_OBJECT_HANDLE last; /* the newest handle; survives pdane_object_table_clear() */
        struct pdane_object objects[PDANE_OBJECTS_MAX];
};

/*
 * The handle of the item as an object of the class: the same one as before while it is in the
 * table. 0; -ENOSPC when no handle is left (the table stays as it is).
 */
int pdane_object_table_put(struct pdane_object_table *t, CK_OBJECT_CLASS class,
                           struct pdane_held *held, CK_OBJECT_HANDLE *ret_handle);

/* The object, which stays there until the next put or clear; NULL when the handle is not (or no
 * longer) one. */
const struct pdane_object *pdane_object_table_get(struct pdane_object_table *t,
                                                  CK_OBJECT_HANDLE handle);

/* Forgets all objects. No handle of before becomes another object's. */
void pdane_object_table_clear(struct pdane_object_table *t);

#endif
