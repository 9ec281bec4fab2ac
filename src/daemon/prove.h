/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What DNS says of every name in a certificate, at one port: the proofs that pdane_decide wants.
 * Decides nothing. One thread.
 */
#ifndef PDANE_PROVE_H
#define PDANE_PROVE_H

#include "daemon/access.h"
#include "daemon/resolve.h"
#include "trust/decide.h"

struct pdane_prove;

struct pdane_prove_request {
        struct event_base *base;
        struct pdane_resolver *resolver;
        const struct pdane_access
                *access; /* names that it denies are not asked about: they are not covered */
        struct pdane_cert *leaf; /* referenced */
        const char *host;        /* what was looked up, in normal form; copied */
        uint16_t port;
        unsigned min_ttl_s, max_ttl_s; /* of each proof */
        const struct pdane_host_facts
                *facts; /* what is known of host already; borrowed until done or cancel */
        /*
         * Called once, last, from the event loop, never from inside pdane_prove_start. proofs:
         * first that of host, then those of all other names; borrowed.
         */
        void (*done)(void *arg, const struct pdane_proof *proofs, size_t n);
        void *arg;
};

/* 0 or negative errno. At most PDANE_PROOFS_AT_ONCE names are asked about side by side. */
int pdane_prove_start(const struct pdane_prove_request *req, struct pdane_prove **ret);
void pdane_prove_cancel(struct pdane_prove *p); /* NULL-safe; no callback after this */

/* A random label under parent: what answers for it is a wildcard. ret: PDANE_NAME_MAX + 1 bytes. 0
 * or negative errno. */
int pdane_random_label(const char *parent, char *ret);

#endif
