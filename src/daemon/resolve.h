/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What DNS says of one host at one port: its addresses first, then its TLSA RRset, both validated
 * (design section 4). Knows the order of the questions and what stops them; knows no certificates. One thread.
 */
#ifndef PDANE_RESOLVE_H
#define PDANE_RESOLVE_H

#include <sys/socket.h>

#include "daemon/resolver.h"
#include "trust/tlsa.h"

struct pdane_resolve;

struct pdane_host_facts {
        enum pdane_dns_verdict address_verdict; /* SECURE when that of A or of AAAA is */
        struct sockaddr_storage addresses[PDANE_ADDRESSES_MAX]; /* the secure ones, in the order of arrival */
        size_t n_addresses;
        enum pdane_dns_verdict tlsa_verdict; /* UNKNOWN when it was not asked */
        struct pdane_tlsa_set *tlsa;         /* when SECURE; owned */
        bool synthesised;                    /* what was found comes from a wildcard beside the host or above it, so it is said of the
                                                host's siblings too. A wildcard below the host, or one that an alias leads to, is not that */
        int64_t not_after;                   /* of the last answer that decided; seconds since 1970 */
        char why[128];                       /* untrusted text for logs: why bogus, what failed */
};
void pdane_host_facts_clear(struct pdane_host_facts *f);

/* One answer on the way there, for explaining. */
struct pdane_resolve_step {
        const char *base; /* the host asked about, without _PORT._tcp. */
        uint16_t type;
        enum pdane_dns_verdict verdict; /* what was made of the answer */
        bool decides;                   /* TLSA: this is the one that counts */
        const struct pdane_dns_answer *answer;
};

struct pdane_resolve_request {
        struct event_base *base;
        const char *host; /* normal form; copied */
        uint16_t port;
        bool need_address; /* false: an absent address (secure denial) does not stop the TLSA question */
        unsigned timeout_ms; /* for each DNS question */
        /* Called once, last, from the event loop, never from inside pdane_resolve_start. facts is borrowed; may be emptied. */
        void (*done)(void *arg, struct pdane_host_facts *facts);
        void (*step)(void *arg, const struct pdane_resolve_step *step); /* NULL: not told; must not cancel */
        void *arg;
        unsigned min_ttl_s; /* what a TLSA answer lives at least, within its signatures */
};

/* 0 or negative errno, as pdane_resolver_query. */
int pdane_resolve_start(struct pdane_resolver *r, const struct pdane_resolve_request *req, struct pdane_resolve **ret);
void pdane_resolve_cancel(struct pdane_resolve *rs); /* NULL-safe; no callback after this */

#endif
