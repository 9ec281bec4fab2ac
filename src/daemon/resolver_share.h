/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose questions libunbound is at work on, those that nobody waits for any more among them: what
 * silent servers are asked goes on for a minute, each question with a socket of its own, and cannot
 * be taken back. So a user may ask another one only while there are more sockets left than that
 * user has: however many take all they can, as much as any of them has is left for the next. A few
 * are never refused, nor what belongs to a lookup that has begun. Users beyond a number that no
 * machine has at a time are one user among them. Knows nothing of DNS. One thread.
 */
#ifndef PDANE_RESOLVER_SHARE_H
#define PDANE_RESOLVER_SHARE_H

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/tally.h"

#define PDANE_DNS_SOCKETS 1024 /* outgoing-range */
/* What users share; the rest is for the daemon's own questions, and for keys. */
#define PDANE_DNS_SHARED 896u
#define PDANE_DNS_FEW 16u            /* of one user: lookups of several hosts */
#define PDANE_DNS_USERS_MAX 4096u    /* counted each for itself; all others together */
#define PDANE_DNS_NOBODY ((uid_t)-1) /* the daemon's own: not counted here */

struct pdane_dns_shares {
        struct pdane_tally tally;
        struct pdane_tally_user users[PDANE_DNS_USERS_MAX];
};

void pdane_dns_shares_init(struct pdane_dns_shares *s);

/*
 * Takes one, or returns false; goes_on: what it belongs to has begun, it counts and is not refused.
 */
bool pdane_dns_shares_take(struct pdane_dns_shares *s, uid_t uid, bool goes_on);
void pdane_dns_shares_give(struct pdane_dns_shares *s, uid_t uid); /* one that was taken */

#endif
