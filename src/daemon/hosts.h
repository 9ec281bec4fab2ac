/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hosts that were asked about, each with its lookup under way, its last outcome and its
 * evidence. One lookup per host and port however many ask; evidence that has run out or that DNS no
 * longer bears out leaves the store here. One thread.
 */
#ifndef PDANE_HOSTS_H
#define PDANE_HOSTS_H

#include <sys/queue.h>
#include <sys/types.h>

#include "daemon/run.h"
#include "daemon/store.h"

struct pdane_hosts;
struct pdane_host;

/* env is copied; store is borrowed and outlives the table. */
int pdane_hosts_new(const struct pdane_run_env *env, struct pdane_store *store,
                    struct pdane_hosts **ret);
void pdane_hosts_free(struct pdane_hosts *hs); /* NULL-safe; nobody may wait any more */

/*
 * The host, made if need be, with a lookup started unless there is valid evidence, one is under
 * way, or the last one ended in a way that is not asked again yet. 0; -EACCES (denied by [policy]);
 * -EBUSY when too much is under way; -ENOMEM. The pointer is good until the event loop is next
 * reached, or as long as somebody waits for it.
 */
int pdane_hosts_touch(struct pdane_hosts *hs, const struct pdane_name *name, uint16_t port,
                      struct pdane_host **ret);

/*
 * A client met a certificate that could be this host's and is none of those known: a host with
 * valid evidence is looked up again, unless that happened for this reason less than pause_ms ago.
 * Servers change their certificates, and some have several. named: the certificate names the host;
 * the others, which somebody meets while the host happens to be looked up, leave that a look of its
 * own.
 */
#define PDANE_HINTED_PAUSE_MS 30000u /* where somebody just happened to look it up */
void pdane_host_surprised(struct pdane_host *h, bool named, unsigned pause_ms);
/*
 * A program that cannot ask is about to meet this host: a host with valid evidence is looked up
 * again, unless its last lookup began less than pause_ms ago.
 */
void pdane_host_look_again(struct pdane_host *h, unsigned pause_ms);
bool pdane_host_has_evidence(const struct pdane_host *h); /* valid now */

/* Keeps a host looked up for as long as the daemon runs (watch=). 0 or negative errno. */
int pdane_hosts_watch(struct pdane_hosts *hs, const struct pdane_name *name, uint16_t port);
void pdane_hosts_unwatch_all(struct pdane_hosts *hs);

/* Calls fn for every watched host. */
void pdane_hosts_each_watched(struct pdane_hosts *hs, void (*fn)(void *arg, struct pdane_host *h),
                              void *arg);

/* The machine slept, and timers stood still: what was due meanwhile is done, some of it now and the
 * rest in the next turns of the event loop. */
void pdane_hosts_wake(struct pdane_hosts *hs);

/* Looks at all evidence again: what policy reserves by now is found no more (pdane_store_find), and
 * dropped, some of it now and the rest in the next turns of the event loop. */
void pdane_hosts_recheck(struct pdane_hosts *hs);
/* Is that, or the same for pdane_hosts_set_access(), not done yet? fn is called each time it is:
 * from within the call that began it, or from the event loop. fn NULL: nobody is told. */
bool pdane_hosts_rechecking(const struct pdane_hosts *hs);
void pdane_hosts_follow_recheck(struct pdane_hosts *hs, void (*fn)(void *arg), void *arg);

/* Changes what later lookups use; those under way go on with what they have. The resolver is
 * borrowed. */
void pdane_hosts_set_allow_loopback(struct pdane_hosts *hs, bool allow);
void pdane_hosts_set_ttl(struct pdane_hosts *hs, unsigned min_ttl_s, unsigned max_ttl_s);
/* Hosts that access denies now are not looked up, nor is their evidence found, nor others' that
 * names denied ones; it is dropped as for pdane_hosts_recheck(). access is borrowed; the old one
 * may go once no lookup is under way. */
void pdane_hosts_set_access(struct pdane_hosts *hs, const struct pdane_access *access);
void pdane_hosts_set_resolver(struct pdane_hosts *hs, struct pdane_resolver *r);

/*
 * Some program looks this host up: for hint_ms its state decides what others may be told without
 * asking. lost: the host that should be noted could not be had.
 */
void pdane_host_hinted(struct pdane_host *h, unsigned hint_ms);
void pdane_hosts_hint_lost(struct pdane_hosts *hs, unsigned hint_ms);

/*
 * Until when (pdane_clock_ms) no hinted or watched host could make a question wait, or a question
 * start a lookup of one, if nothing else happens: 0 not now; INT64_MAX for ever.
 */
int64_t pdane_hosts_quiet_until_ms(struct pdane_hosts *hs);
/* Counts the times when a host may have been asked for again sooner than pdane_host_settled_ms()
 * had said. */
uint64_t pdane_hosts_doubts(const struct pdane_hosts *hs);
/* One follower is told of whatever could change either. It may not change hosts. fn NULL: nobody.
 */
void pdane_hosts_follow(struct pdane_hosts *hs, void (*fn)(void *arg), void *arg);

size_t pdane_hosts_count(const struct pdane_hosts *hs);

/* True while a lookup is under way that could change what is known of the host. */
bool pdane_host_running(const struct pdane_host *h);
bool
pdane_host_has_tlsa(const struct pdane_host *h); /* this lookup found secure, usable TLSA records */
/* This lookup has judged what the server shows of its own choice, at whatever address answers. */
bool pdane_host_looked(const struct pdane_host *h);
/* pdane_clock_ms when somebody first waited for the lookup under way, however many have since; and
 * whether that one named the host. */
int64_t pdane_host_waited_ms(const struct pdane_host *h);
bool pdane_host_waited_by_name(const struct pdane_host *h);
/* A lookup has ended without evidence: what is under way now is one more try. */
bool pdane_host_failed(const struct pdane_host *h);

/* Milliseconds for which touching the host starts nothing, no lookup is under way and there is no
 * evidence; 0 when that is not so now. */
int64_t pdane_host_settled_ms(const struct pdane_host *h);

/* ---- who, and what came of it (hosts_view.c) ---- */

struct pdane_counters;
struct pdane_events;
struct pdane_report;

/* Tells events of what comes of lookups, and counts them; borrowed, each may be NULL. */
void pdane_hosts_observe(struct pdane_hosts *hs, struct pdane_events *events,
                         struct pdane_counters *counters);

/* A program of this user brought the host up: the user may see it. */
void pdane_host_claim(struct pdane_host *h, uid_t uid);
bool pdane_host_shown_to(const struct pdane_host *h, uid_t uid); /* root sees all */

/* What the lookup found that made what is known. Borrowed; NULL: it is not kept any more, or there
 * was none. */
struct pdane_report *pdane_host_report(const struct pdane_host *h);
int64_t pdane_host_holds_until(const struct pdane_host *h); /* the evidence's end; 0: none */

/* The host, if it is known; NULL otherwise. Nothing is started. */
struct pdane_host *pdane_hosts_find(const struct pdane_hosts *hs, const struct pdane_name *name,
                                    uint16_t port);

/* A new lookup, whatever is known, unless one is under way. 0 or -EBUSY. */
int pdane_host_renew(struct pdane_host *h);
/* What is known of it goes; it is looked up again when it is next asked about. */
void pdane_host_forget(struct pdane_host *h);

/*
 * uid wants the host forgotten, root for everyone. Other users give up their claim only: what
 * others' programs or the watch list brought up stays. Returns whether it was theirs to forget.
 */
bool pdane_host_flush(struct pdane_host *h, uid_t uid);
bool pdane_host_is(const struct pdane_host *h, const struct pdane_name *name,
                   uint16_t port); /* name NULL: any; port 0: any */

/* One host as it is to be listed; borrowed. */
struct pdane_host_view {
        struct pdane_name name;
        uint16_t port;
        bool watched;
        struct pdane_evidence *const *evidence; /* PDANE_HOST_EVIDENCE_MAX; NULL where none is */
};
struct pdane_host_view pdane_host_view(const struct pdane_host *h);

/* What lookups use now; for one that is not this table's. */
const struct pdane_run_env *pdane_hosts_env(const struct pdane_hosts *hs);

#define PDANE_WAITER_NOBODY ((uid_t)-1)
/* Told whenever the above changes. One waiter has at most one of these per host. */
struct pdane_host_waiter {
        LIST_ENTRY(pdane_host_waiter) entries;
        struct pdane_host *host;
        bool by_name; /* what waits named this host */
        uid_t uid;    /* for whom; PDANE_WAITER_NOBODY: for no user in particular */
        void (*changed)(
                void *arg); /* may remove this waiter and others of its own, not those of another */
        void *arg;
};
void pdane_host_wait(struct pdane_host *h, struct pdane_host_waiter *w);
void pdane_host_unwait(struct pdane_host_waiter *w); /* nothing happens when it does not wait */

#endif
