/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libunbound's event API, made safe to use: the one place that includes <unbound.h>. Sets the
 * options that validation depends on, bounds what is under way, and turns libunbound's log into
 * ours. Knows nothing of timeouts, upstream choice or what a packet holds.
 */
#ifndef PDANE_RESOLVER_UNBOUND_H
#define PDANE_RESOLVER_UNBOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/resolver_anchor.h"
#include "daemon/resolver_share.h"
#include "daemon/resolver_upstream.h"

struct event_base;
struct pdane_ub;
struct pdane_ub_query;

struct pdane_ub_options {
        const char *unbound_conf; /* "" : none */
        const struct pdane_anchor *anchor;
        const struct pdane_forwarders *forwarders; /* NULL or none: full recursion */
};

enum pdane_ub_security {
        PDANE_UB_UNSIGNED = 0, /* insecure or indeterminate */
        PDANE_UB_BOGUS,
        PDANE_UB_SECURE,
};

/* Lives as long as the callback. */
struct pdane_ub_reply {
        int rcode; /* 0: packet is there. Otherwise look at nothing else. */
        enum pdane_ub_security security;
        const uint8_t *packet;
        size_t len;
        const char *why; /* for BOGUS; never NULL */
};

/* For whom: a user, and whether it belongs to what has begun (resolver_share.h). */
struct pdane_ub_asker {
        uid_t uid;
        bool goes_on;
};

typedef void (*pdane_ub_cb)(void *arg, const struct pdane_ub_reply *reply);

/*
 * 0, or negative errno with one line for a person in *ret_error. What is wrong with the options
 * shows here: the configuration is applied before this returns.
 */
int pdane_ub_new(struct event_base *base, const struct pdane_ub_options *o, struct pdane_ub **ret,
                 char **ret_error);

/* Calls nobody back. Never from inside a callback. NULL-safe. */
void pdane_ub_free(struct pdane_ub *ub);

/*
 * Asks. cb may be called from inside (the cache, local data): *ret is NULL then. A forgotten query
 * goes on inside libunbound until that gives up and counts until then. 0; -EBUSY
 * (PDANE_UB_QUERIES_MAX, or more than the asker's share); -ENOMEM; -EIO.
 */
#define PDANE_UB_QUERIES_MAX 8192u
int pdane_ub_ask(struct pdane_ub *ub, const char *name, uint16_t type, struct pdane_ub_asker asker,
                 pdane_ub_cb cb, void *arg, struct pdane_ub_query **ret);

/*
 * Asks for the sake of libunbound's cache alone: what comes of it nobody is told. Nothing happens
 * when PDANE_UB_WARMING_MAX of these are under way, fewer than there are sockets.
 */
#define PDANE_UB_WARMING_MAX 64u
void pdane_ub_warm(struct pdane_ub *ub, const char *name, uint16_t type);

/*
 * The same for what a server may drop: libunbound goes on asking for a minute, and takes nothing
 * back. So these have places of their own, of which whoever asks leaves as many as are asked for
 * the same user already, and they count as that user's share.
 */
#define PDANE_UB_AHEAD_MAX 64u
void pdane_ub_ahead(struct pdane_ub *ub, const char *name, uint16_t type,
                    struct pdane_ub_asker asker);

/* No callback after this. NULL-safe. */
void pdane_ub_forget(struct pdane_ub_query *q);

#endif
