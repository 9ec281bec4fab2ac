/* SPDX-License-Identifier: BSD-3-Clause */
/* Names in their own length, one behind the other, in one piece of memory. */
#include "trust/name_list.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct pdane_name_list {
        uint16_t n;
        uint16_t at[]; /* where each begins, from here; '*' for a wildcard or '-', its text, NUL */
};

#define ROOM_MAX (PDANE_CERT_NAMES_MAX * (sizeof(uint16_t) + 1u + PDANE_NAME_MAX + 1u))
_Static_assert(ROOM_MAX <= UINT16_MAX, "places are 16 bits");

static const char *
kept(const struct pdane_name_list *l, size_t i)
{
        return (const char *)l->at + l->at[i];
}

static char
mark(const struct pdane_name *name)
{
        return name->wildcard ? '*' : '-';
}

int
pdane_name_list_new(const struct pdane_name *names, size_t n, struct pdane_name_list **ret)
{
        struct pdane_name_list *l;
        size_t at = n * sizeof(uint16_t), room = at;

        if (n > PDANE_CERT_NAMES_MAX)
                return -EINVAL;
        if (n == 0) {
                *ret = NULL;
                return 0;
        }
        for (size_t i = 0; i < n; i++)
                room += 1 + strlen(names[i].text) + 1;
        l = malloc(sizeof(*l) + room);
        if (!l)
                return -ENOMEM;
        l->n = (uint16_t)n;
        for (size_t i = 0; i < n; i++) {
                size_t size = strlen(names[i].text) + 1;
                char *to = (char *)l->at + at;

                l->at[i] = (uint16_t)at;
                to[0] = mark(&names[i]);
                memcpy(to + 1, names[i].text, size);
                at += 1 + size;
        }
        *ret = l;
        return 0;
}

void
pdane_name_list_free(struct pdane_name_list *l)
{
        free(l);
}

size_t
pdane_name_list_count(const struct pdane_name_list *l)
{
        return l ? l->n : 0;
}

bool
pdane_name_list_get(const struct pdane_name_list *l, size_t i, struct pdane_name *ret)
{
        const char *from;

        if (i >= pdane_name_list_count(l))
                return false;
        from = kept(l, i);
        ret->wildcard = from[0] == '*';
        memcpy(ret->text, from + 1, strlen(from + 1) + 1);
        return true;
}

bool
pdane_name_list_has(const struct pdane_name_list *l, const struct pdane_name *name)
{
        for (size_t i = 0; i < pdane_name_list_count(l); i++)
                if (kept(l, i)[0] == mark(name) && strcmp(kept(l, i) + 1, name->text) == 0)
                        return true;
        return false;
}
