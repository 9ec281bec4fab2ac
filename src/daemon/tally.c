/* SPDX-License-Identifier: BSD-3-Clause */
/* Whoever has none left has no place. */
#include "daemon/tally.h"

static size_t
place_of(const struct pdane_tally *t, uid_t uid)
{
        size_t i = 0;
        while (i < t->n_users && t->users[i].uid != uid)
                i++;
        return i;
}

unsigned
pdane_tally_of(const struct pdane_tally *t, uid_t uid)
{
        size_t i = place_of(t, uid);
        return i < t->n_users ? t->users[i].n : 0;
}

void
pdane_tally_add(struct pdane_tally *t, uid_t uid)
{
        size_t i = place_of(t, uid);
        if (i == PDANE_TALLY_MAX)
                return; /* cannot be: there are no more things than places */
        if (i == t->n_users)
                t->users[t->n_users++] = (struct pdane_tally_user){uid, 0};
        t->users[i].n++;
}

void
pdane_tally_remove(struct pdane_tally *t, uid_t uid)
{
        size_t i = place_of(t, uid);
        if (i < t->n_users && --t->users[i].n == 0)
                t->users[i] = t->users[--t->n_users];
}
