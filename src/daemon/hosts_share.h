/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many lookups each user may have under way: a user whose names are answered by nobody must
 * not keep others from theirs. Knows nothing of DNS or sockets. One thread.
 */
#ifndef PDANE_HOSTS_SHARE_H
#define PDANE_HOSTS_SHARE_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/limits.h"
#include "daemon/hosts.h"

/* The daemon itself: renewals, and what is watched. */
#define PDANE_ASKER_NOBODY ((uid_t)-1)

struct pdane_shares {
        struct pdane_share {
                uid_t uid;
                unsigned n;
        } of[PDANE_RUNS_MAX];
        size_t n_users;
};

/*
 * Lookups that begin from now on are that user's, until the next call; none begins while that user
 * has max of them. PDANE_ASKER_NOBODY: no one's, however many.
 */
void pdane_hosts_set_asker(struct pdane_hosts *hs, uid_t uid, unsigned max);

/* Takes a share for the host's lookup, or returns false: there is none. pdane_host_run_ended gives
 * it back. */
bool pdane_host_run_begins(struct pdane_host *h);
void pdane_host_run_ended(struct pdane_host *h);

#endif
