/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many of something each user has: a short list, for there are few users at a time. One thread.
 */
#ifndef PDANE_TALLY_H
#define PDANE_TALLY_H

#include <stddef.h>
#include <sys/types.h>

#include "common/limits.h"

#define PDANE_TALLY_MAX PDANE_PEERS_MAX /* in all: never more are added */

struct pdane_tally {
        struct pdane_tally_user {
                uid_t uid;
                unsigned n; /* at least one */
        } users[PDANE_TALLY_MAX];
        size_t n_users;
};

/* A zeroed struct is ready. */
unsigned pdane_tally_of(const struct pdane_tally *t, uid_t uid);
void pdane_tally_add(struct pdane_tally *t, uid_t uid);
void pdane_tally_remove(struct pdane_tally *t, uid_t uid); /* one that was added */

#endif
