/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of sessions. Knows handles of objects only as numbers. */
#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What leads to the session: NULL lies there when it does not exist. */
static struct pdane_session **
link_to(struct pdane_session_table *t, CK_SESSION_HANDLE handle)
{
        struct pdane_session **link = &t->chains[handle % PDANE_SESSION_CHAINS];

        while (*link && (*link)->handle != handle)
                link = &(*link)->chained;
        return link;
}

static struct pdane_session *
session_of(struct pdane_session_table *t, CK_SESSION_HANDLE handle)
{
        return *link_to(t, handle);
}

int
pdane_session_open(struct pdane_session_table *t, CK_SESSION_HANDLE *ret_handle)
{
        struct pdane_session *s;

        if (t->n == PDANE_SESSIONS_MAX || t->last == (CK_SESSION_HANDLE)-1)
                return -EMFILE;
        s = calloc(1, sizeof(*s));
        if (!s)
                return -ENOMEM;
        s->handle = ++t->last;
        *link_to(t, s->handle) = s;
        t->n++;
        *ret_handle = s->handle;
        return 0;
}

int
pdane_session_close(struct pdane_session_table *t, CK_SESSION_HANDLE handle)
{
        struct pdane_session **link = link_to(t, handle), *s = *link;

        if (!s)
                return -EBADF;
        *link = s->chained;
        t->n--;
        free(s);
        return 0;
}

int
pdane_session_check(const struct pdane_session_table *t, CK_SESSION_HANDLE handle)
{
        const struct pdane_session *s = t->chains[handle % PDANE_SESSION_CHAINS];

        while (s && s->handle != handle)
                s = s->chained;
        return s ? 0 : -EBADF;
}

int
pdane_session_begin(struct pdane_session_table *t, CK_SESSION_HANDLE handle)
{
        struct pdane_session *s = session_of(t, handle);

        if (!s)
                return -EBADF;
        if (s->state != PDANE_SEARCH_IDLE)
                return -EBUSY;
        s->state = PDANE_SEARCH_ASKING;
        return 0;
}

int
pdane_session_found(struct pdane_session_table *t, CK_SESSION_HANDLE handle,
                    const CK_OBJECT_HANDLE *found, unsigned n)
{
        struct pdane_session *s = session_of(t, handle);

        if (!s)
                return -EBADF;
        if (n > 0)
                memcpy(s->found, found, n * sizeof(found[0]));
        s->n = n;
        s->next = 0;
        s->state = PDANE_SEARCH_READY;
        return 0;
}

int
pdane_session_next(struct pdane_session_table *t, CK_SESSION_HANDLE handle,
                   CK_OBJECT_HANDLE *objects, CK_ULONG max, CK_ULONG *ret_n)
{
        struct pdane_session *s = session_of(t, handle);
        CK_ULONG n = 0;

        if (!s)
                return -EBADF;
        if (s->state != PDANE_SEARCH_READY)
                return -ENOMSG;
        while (n < max && s->next < s->n)
                objects[n++] = s->found[s->next++];
        *ret_n = n;
        return 0;
}

int
pdane_session_end(struct pdane_session_table *t, CK_SESSION_HANDLE handle)
{
        struct pdane_session *s = session_of(t, handle);

        if (!s)
                return -EBADF;
        if (s->state != PDANE_SEARCH_READY)
                return -ENOMSG;
        s->state = PDANE_SEARCH_IDLE;
        return 0;
}

void
pdane_session_table_clear(struct pdane_session_table *t)
{
        for (size_t i = 0; i < PDANE_SESSION_CHAINS; i++) {
                struct pdane_session *s = t->chains[i], *next;

                for (; s; s = next) {
                        next = s->chained;
                        free(s);
                }
                t->chains[i] = NULL;
        }
        t->n = 0;
}
