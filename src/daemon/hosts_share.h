/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose lookups may be under way: a user whose names are answered by nobody must not keep others
 * from theirs, nor must many such users together. While there is room each begins what it likes,
 * up to a limit of its own. Once there is none, whoever has most gives one up to whoever has at
 * least two fewer, so that all have equal shares in the end, and nobody queues; and what nobody
 * waits for any more goes to whoever has fewer at all. Knows nothing of DNS or sockets. One thread.
 */
#ifndef PDANE_HOSTS_SHARE_H
#define PDANE_HOSTS_SHARE_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/limits.h"
#include "daemon/hosts.h"
#include "daemon/tally.h"

/* The daemon itself: what is watched. A user among users, without a limit of its own. */
#define PDANE_ASKER_NOBODY PDANE_WAITER_NOBODY

struct pdane_shares {
        struct pdane_tally tally;
        struct pdane_tally_user users[PDANE_RUNS_MAX];
        struct pdane_host *running[PDANE_RUNS_MAX]; /* each with its lookup, in no order */
        size_t n_running;
};

void pdane_shares_init(struct pdane_shares *s); /* zeroed before; nothing is under way */

/*
 * Lookups that begin from now on are that user's, until the next call, and there are no more than
 * max of that user's. PDANE_ASKER_NOBODY: of what is renewed whoever the last lookup was for has
 * the burden.
 */
void pdane_hosts_set_asker(struct pdane_hosts *hs, uid_t uid, unsigned max);

/*
 * Takes a share for the host's lookup, or returns false: there is none. Another host's lookup may
 * end for it (pdane_host_give_way). pdane_host_run_ended gives it back.
 */
bool pdane_host_run_begins(struct pdane_host *h);
void pdane_host_run_ended(struct pdane_host *h);

#endif
