/* SPDX-License-Identifier: BSD-3-Clause */
/* Whoever has none left has no place. */
#include "daemon/tally.h"

void
pdane_tally_init(struct pdane_tally *t, struct pdane_tally_user *users, size_t places)
{
        *t = (struct pdane_tally){.users = users, .places = places};
}

/* n_users: none. */
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
        if (i < t->n_users)
                return t->users[i].n;
        return i < t->places ? 0 : t->others;
}

unsigned
pdane_tally_most(const struct pdane_tally *t)
{
        unsigned most = t->others;
        for (size_t i = 0; i < t->n_users; i++)
                if (t->users[i].n > most)
                        most = t->users[i].n;
        return most;
}

void
pdane_tally_add(struct pdane_tally *t, uid_t uid)
{
        size_t i = place_of(t, uid);
        t->total++;
        if (i == t->places) {
                t->others++;
                return;
        }
        if (i == t->n_users)
                t->users[t->n_users++] = (struct pdane_tally_user){uid, 0};
        t->users[i].n++;
}

/* Of a user who found a place later than the first ones, its own go first: what is left then is
 * what was counted with others. One that was never added is not missed. */
void
pdane_tally_remove(struct pdane_tally *t, uid_t uid)
{
        size_t i = place_of(t, uid);
        if (i < t->n_users) {
                if (--t->users[i].n == 0)
                        t->users[i] = t->users[--t->n_users];
        } else if (t->others > 0) {
                t->others--;
        } else {
                return;
        }
        t->total--;
}
