/* SPDX-License-Identifier: BSD-3-Clause */
/* A bounded array of objects, the least recently used displaced first. Knows nothing of attributes.
 */
#include "object_table.h"

#include <errno.h>

static void
drop(struct pdane_object_table *t, size_t i)
{
        struct pdane_held *held = t->objects[i].held;

        t->bytes -= held->size;
        t->objects[i] = t->objects[--t->n];
        t->objects[t->n] = (struct pdane_object){0};
        pdane_held_unref(held);
}

static void
make_room(struct pdane_object_table *t, size_t size)
{
        while (t->n == PDANE_OBJECTS_MAX || (t->n > 0 && t->bytes + size > PDANE_OBJECTS_BYTES)) {
                size_t oldest = 0;

                for (size_t i = 1; i < t->n; i++) {
                        if (t->objects[i].used < t->objects[oldest].used)
                                oldest = i;
                }
                drop(t, oldest);
        }
}

static struct pdane_object *
find_same(struct pdane_object_table *t, CK_OBJECT_CLASS class, const struct pdane_held *held)
{
        for (size_t i = 0; i < t->n; i++) {
                if (t->objects[i].class == class && pdane_held_equal(t->objects[i].held, held))
                        return &t->objects[i];
        }
        return NULL;
}

int
pdane_object_table_put(struct pdane_object_table *t, CK_OBJECT_CLASS class, struct pdane_held *held,
                       CK_OBJECT_HANDLE *ret_handle)
{
        struct pdane_object *o = find_same(t, class, held);

        if (!o) {
                if (t->last == (CK_OBJECT_HANDLE)-1)
                        return -ENOSPC;
                make_room(t, held->size);
                o = &t->objects[t->n++];
                *o = (struct pdane_object){++t->last, pdane_held_ref(held), (uint32_t) class, 0};
                t->bytes += held->size;
        }
        o->used = ++t->uses;
        *ret_handle = o->handle;
        return 0;
}

const struct pdane_object *
pdane_object_table_get(struct pdane_object_table *t, CK_OBJECT_HANDLE handle)
{
        for (size_t i = 0; i < t->n; i++) {
                if (t->objects[i].handle == handle) {
                        t->objects[i].used = ++t->uses;
                        return &t->objects[i];
                }
        }
        return NULL;
}

void
pdane_object_table_clear(struct pdane_object_table *t)
{
        while (t->n > 0)
                drop(t, t->n - 1);
}
