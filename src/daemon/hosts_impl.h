/* SPDX-License-Identifier: BSD-3-Clause */
/* Between hosts.c, which looks hosts up, and hosts_quiet.c, which says when nothing is to be looked
 * up, and hosts_view.c, which shows them: what a host is. */
#ifndef PDANE_HOSTS_IMPL_H
#define PDANE_HOSTS_IMPL_H

#include "common/siphash.h"
#include "daemon/claims.h"
#include "daemon/hosts.h"
#include "daemon/hosts_due.h"
#include "daemon/hosts_share.h"
#include "daemon/hosts_sweep.h"
#include "daemon/report.h"
#include "daemon/shelf.h"

/* There may be very many: no room is left between what is kept of each. */
struct pdane_host {
        struct pdane_hosts *table;
        struct pdane_host *chained; /* what else is at its place in the index */
        uint32_t hash;
        uid_t run_for; /* whose share the lookup under way takes, or the last one took */
        struct pdane_run *run;
        struct pdane_shelf shelf;
        enum pdane_outcome outcome;
        unsigned failures;
        int64_t retry_at_ms, used_ms, started_ms;   /* pdane_clock_ms */
        int64_t surprised_ms, surprised_by_name_ms; /* the same; each has a pause of its own */
        int64_t waited_ms; /* when somebody first waited for this lookup; -1: nobody has */
        int64_t due_ms;    /* hosts_due.c */
        struct pdane_report *making; /* of the lookup under way */
        struct pdane_report *report; /* of the one that made what is known; may go any time */
        LIST_HEAD(, pdane_host_waiter) waiters;
        TAILQ_ENTRY(pdane_host) by_use; /* most recent first */
        TAILQ_ENTRY(pdane_host) by_age; /* the oldest first */
        LIST_ENTRY(pdane_host) watched_entries;
        int64_t hinted_until_ms; /* 0: not in the list of hinted hosts */
        TAILQ_ENTRY(pdane_host) hinted_entries;
        struct pdane_claims claims;
        uint32_t due_at; /* 0: it is not planned */
        uint16_t port;
        bool watched, waited_by_name, has_tlsa, looked, settled;
        bool wildcard; /* the name is "*.P", and this is P */
        char name[];
};

struct pdane_hosts {
        struct pdane_run_env env;
        struct pdane_store *store;
        struct pdane_reports *reports;
        struct pdane_events *events; /* NULL: nobody is told */
        struct pdane_siphash_key key;
        struct pdane_host **buckets; /* by name and port */
        size_t count;
        LIST_HEAD(, pdane_sweep) sweeps;      /* all of them, whoever's */
        struct pdane_sweep *recheck, *waking; /* NULL: not under way */
        bool rechecks_access, rechecks_reserved;
        void (*rechecked)(void *arg);
        void *rechecked_arg;
        struct pdane_shares shares;
        struct pdane_dues dues;
        uid_t asker;
        unsigned asker_max;
        TAILQ_HEAD(host_list, pdane_host) by_use, by_age;
        LIST_HEAD(, pdane_host) watched;
        TAILQ_HEAD(, pdane_host) hinted; /* the one that was hinted longest ago first */
        size_t n_hinted;
        int64_t hint_lost_until_ms;
        uint64_t doubts;
        void (*follower)(void *arg);
        void *follower_arg;
};

/* ---- by name and port (hosts_index.c) ---- */

int
pdane_hosts_index_new(struct pdane_hosts *hs); /* 0, -EIO or -ENOMEM; buckets is freed with hs */
void pdane_hosts_index_add(struct pdane_hosts *hs,
                           struct pdane_host *h); /* one that is not there */
void pdane_hosts_index_remove(struct pdane_hosts *hs, const struct pdane_host *h);
bool pdane_host_has_name(const struct pdane_host *h, const struct pdane_name *name);
struct pdane_name pdane_host_name(const struct pdane_host *h);

/* Something changed that others may have been told of. */
void pdane_hosts_tell(const struct pdane_hosts *hs);
/* What was said of when a host would be asked for again no longer holds. */
void pdane_hosts_doubt(struct pdane_hosts *hs);

/* Tells who waits for it, and others, that something has changed. */
void pdane_host_notify(struct pdane_host *h);
/* Plans what comes next. */
void pdane_host_plan(struct pdane_host *h);
/* A visit (hosts_sweep.h): what is due is done, if anything is planned. */
unsigned pdane_host_wake(void *arg, struct pdane_host *h);

/* It is about to go. */
void pdane_host_leaves(const struct pdane_host *h);
/* Those of the table itself. */
void pdane_hosts_end_sweeps(struct pdane_hosts *hs);

void pdane_host_set_watched(struct pdane_host *h, bool watched);
/* lost: its time is not over, so some question may still make it anew. */
void pdane_host_forget_hint(struct pdane_host *h, bool lost);

/* Milliseconds until evidence with that many seconds left is to be renewed. */
int64_t pdane_host_until_renewal_ms(const struct pdane_host *h, int64_t left);

/* Logs and counts what a lookup came to, and tells those who may see it. */
void pdane_host_tell(const struct pdane_host *h, const struct pdane_run_result *r);

/* The lookup under way ends, for another one that has a better right to its place: it says nothing
 * of the host, and is due when somebody next asks. */
void pdane_host_give_way(struct pdane_host *h);

/* The lookup that it was to be the report of is not to be explained any more. */
void pdane_host_drop_making(struct pdane_host *h);
/* It has ended: its report is what explains the host from now on. conclusive: the lookup said
 * something about the host, and not only that it could not be made. */
void pdane_host_take_report(struct pdane_host *h, const struct pdane_run_result *r,
                            bool conclusive);

#endif
