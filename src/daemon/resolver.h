/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Validated DNS answers, by libunbound's event API on the daemon's event loop. The only file pair
 * that includes <unbound.h>. Knows RRsets, TTLs and signatures; knows nothing of TLSA or hosts.
 * One thread: the event loop's.
 */
#ifndef PDANE_RESOLVER_H
#define PDANE_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/bytes.h"
#include "common/config.h"
#include "daemon/resolver_share.h"
#include "trust/verdict.h"

#define PDANE_RESOLV_CONF "/etc/resolv.conf" /* where the system names its resolvers */

struct event_base;
struct pdane_resolver;
struct pdane_query;

#define PDANE_ANSWER_RDATA_MAX 512u /* records of one answer that are passed on */

/* One answer. Everything in it lives only as long as the callback runs. */
struct pdane_dns_answer {
        enum pdane_dns_verdict verdict;
        bool nxdomain;          /* NO_RECORDS because the name does not exist */
        size_t n_rdata;         /* SECURE: records of the type asked for, at the end of any CNAME chain */
        const struct pdane_bytes *rdata; /* wire RDATA, uncompressed */
        const char *final_name; /* owner of those records in normal form: differs from the name asked after a CNAME or DNAME */
        bool alias;             /* a CNAME or DNAME was followed */
        bool synthesised;       /* the final RRset came from a wildcard: RRSIG labels < owner labels (RFC 4034 3.1.3). For showing only. */
        unsigned labels;        /* the labels field of what stands at the name asked itself, which after an alias is the alias: as many as that
                                   name has, fewer when a wildcard below that many labels made it. What a DNAME made counts as no wildcard's. */
        int64_t not_after;      /* seconds since 1970: now + the least TTL, capped by the earliest RRSIG expiration, over all of the answer's
                                   sections that it rests on (answer; authority too for a denial or wildcard). 0 when it may not be kept */
        int64_t signed_until;   /* the earliest RRSIG expiration among these alone; 0 when not_after is */
        int64_t alias_not_after, alias_signed_until; /* the same over the aliases alone; 0 without one */
        const char *signer;     /* the zone that signed the final RRset, or the denial; "." the root, "" not known. For showing only. */
        const char *why;        /* BOGUS: libunbound's why_bogus; UNREACHABLE, TIMEOUT: what failed; else "" . Untrusted text. */
};

typedef void (*pdane_query_cb)(void *arg, const struct pdane_dns_answer *answer);

/*
 * Makes a resolver from [dns] of cfg (unbound-conf, trust-anchor-file or RFC 5011 state in state-dir, forward).
 * With forward=auto it first asks the system's resolvers (resolv.conf) for a signed denial through validation, and goes
 * over to full recursion when they do not pass DNSSEC; queries made meanwhile wait for that (at most ~2 s). cfg is borrowed for the call only.
 * 0, or negative errno with one line for a person in *ret_error (malloc'd).
 */
int pdane_resolver_new(struct event_base *base, const struct pdane_config *cfg, struct pdane_resolver **ret,
                       char **ret_error);

/* Cancels every query without calling back, then frees. Must not be called from inside a query's callback. NULL-safe. */
void pdane_resolver_free(struct pdane_resolver *r);

/*
 * Asks for name/type, class IN. cb is called exactly once, always from the event loop and never from inside this call,
 * at the latest timeout_ms from now (verdict TIMEOUT), unless the query is cancelled. Inside cb the query is already gone.
 * 0; -EINVAL (not a name); -EBUSY (too many at once, PDANE_QUERIES_MAX); -ENOMEM; -EIO.
 */
#define PDANE_QUERIES_MAX 2048u
int pdane_resolver_query(struct pdane_resolver *r, const char *name, uint16_t type, unsigned timeout_ms,
                         pdane_query_cb cb, void *arg, struct pdane_query **ret);
void pdane_query_cancel(struct pdane_query *q); /* NULL-safe; no callback after this */

/*
 * What is asked from now on is for this user (PDANE_DNS_NOBODY, as at first: the daemon itself), until the next call, and
 * is refused (-EBUSY) when others have a right to the room, unless goes_on. What is asked from inside a query's callback is
 * for whom that query was, and goes on.
 */
void pdane_resolver_set_asker(struct pdane_resolver *r, uid_t uid, bool goes_on);

/*
 * name/type, which lies below host, will be asked for if host's address is secure. It is asked for now, for the cache's sake:
 * nobody is told, nothing is trusted for it, and the question proper waits a round trip less. Not so where the zone is known to
 * be unsigned, nor, while nothing is known of it, for more than one of its hosts; with tlsa-ahead=no only where it gave
 * secure addresses lately. Never waited for; refused in silence when the asker has many such questions open.
 */
void pdane_resolver_foresee(struct pdane_resolver *r, const char *host, const char *name, uint16_t type);

/* Which upstream is in use, for logs and status: "recursion", "forward 192.0.2.1", "checking". Owned by r. */
const char *pdane_resolver_upstream(const struct pdane_resolver *r);
/* Whether the system's resolvers pass DNSSEC: "yes"; "no", and recursion took their place; "checking";
 * "not-checked": the administrator named them; "not-needed": there are none. */
const char *pdane_resolver_upstream_check(const struct pdane_resolver *r);
/* The file of trust anchors. Owned by r. */
const char *pdane_resolver_anchor_path(const struct pdane_resolver *r);

#endif
