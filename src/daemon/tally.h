/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many of something each user has: a short list, for there are few users at a time. Whoever
 * finds the list full is counted with all others who do, as if they were one user: so nobody goes
 * uncounted, and nobody has to wait for longer than until one of theirs ends or a place is free.
 * Knows not what is counted. One thread.
 */
#ifndef PDANE_TALLY_H
#define PDANE_TALLY_H

#include <stddef.h>
#include <sys/types.h>

struct pdane_tally_user {
        uid_t uid;
        unsigned n; /* at least one */
};

struct pdane_tally {
        struct pdane_tally_user *users;
        size_t n_users, places;
        unsigned others; /* of all who found no place */
        unsigned total;
};

/* Nobody has any. users has room for so many, is borrowed, and need not be cleared. */
void pdane_tally_init(struct pdane_tally *t, struct pdane_tally_user *users, size_t places);

/* What the user's next one is counted with: one's own; where there is no place, others'. */
unsigned pdane_tally_of(const struct pdane_tally *t, uid_t uid);
unsigned pdane_tally_most(const struct pdane_tally *t); /* of any user, or of others together */
void pdane_tally_add(struct pdane_tally *t, uid_t uid);
void pdane_tally_remove(struct pdane_tally *t, uid_t uid); /* one that was added */

#endif
