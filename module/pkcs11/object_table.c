/* SPDX-License-Identifier: BSD-3-Clause */
/* A bounded array of objects, the least recently used displaced first. Knows nothing of attributes.
 */
#include "object_table.h"

#include <errno.h>
#include <stdlib.h>

static size_t
size_of(const struct pdane_held *held)
{
        return sizeof(struct pdane_object) + held->size;
}

static void
drop(struct pdane_object_table *t, size_t i)
{
        struct pdane_object *o = t->objects[i];

        t->bytes -= size_of(o->held);
        t->objects[i] = t->objects[--t->n];
        t->objects[t->n] = NULL;
        pdane_held_unref(o->held);
        free(o);
}

static void
make_room(struct pdane_object_table *t, size_t size)
{
        while (t->n == PDANE_OBJECTS_MAX || (t->n > 0 && t->bytes + size > PDANE_OBJECTS_BYTES)) {
                size_t oldest = 0;

                for (size_t i = 1; i < t->n; i++) {
                        if (t->objects[i]->used < t->objects[oldest]->used)
                                oldest = i;
                }
                drop(t, oldest);
        }
}

static struct pdane_object *
find_same(struct pdane_object_table *t, CK_OBJECT_CLASS class, const struct pdane_held *held)
{
        for (size_t i = 0; i < t->n; i++) {
                if (t->objects[i]->class == class && pdane_held_equal(t->objects[i]->held, held))
                        return t->objects[i];
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
                o = malloc(sizeof(*o));
                if (!o)
                        return -ENOMEM;
                make_room(t, size_of(held));
                *o = (struct pdane_object){++t->last, class, pdane_held_ref(held), 0};
                t->objects[t->n++] = o;
                t->bytes += size_of(held);
        }
        o->used = ++t->uses;
        *ret_handle = o->handle;
        return 0;
}

const struct pdane_object *
pdane_object_table_get(struct pdane_object_table *t, CK_OBJECT_HANDLE handle)
{
        for (size_t i = 0; i < t->n; i++) {
                if (t->objects[i]->handle == handle) {
                        t->objects[i]->used = ++t->uses;
                        return t->objects[i];
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
