/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One lookup of one host at one port, from the first DNS question to the decision: address, TLSA,
 * probe, TLSA of every other name in the certificate, pdane_decide; then once more for the
 * certificate of the other key family, since a client may be shown either. Remembers nothing. One
 * thread.
 */
#ifndef PDANE_RUN_H
#define PDANE_RUN_H

#include "daemon/access.h"
#include "daemon/evidence.h"
#include "daemon/probe.h"
#include "daemon/resolve.h"
#include "daemon/resolver.h"

struct pdane_counters;
struct pdane_run;

/* What lookups need from the daemon. Borrowed; outlives every run. */
struct pdane_run_env {
        struct event_base *base;
        struct pdane_resolver *resolver;
        struct pdane_prober *prober;
        struct pdane_policy policy;
        const struct pdane_access *access; /* may be replaced between lookups */
        bool allow_loopback;
        unsigned min_ttl_s, max_ttl_s; /* of what DNS says; both 0: the defaults */
        struct pdane_counters *counters; /* NULL: nothing is counted */
};

struct pdane_run_result {
        enum pdane_outcome outcome;     /* ACCEPTED when evidence was made */
        struct pdane_decision decision; /* meaningful for ACCEPTED and REFUSED */
        int64_t not_after; /* how long DNS says that this will stay so; seconds since 1970, 0
                              unknown */
        const char *why;   /* printable; "" when the outcome says all */
};

/* A candidate that was decided about. */
struct pdane_run_case {
        const char *host;     /* as it was asked about */
        bool from_dns;        /* a record holds it; otherwise the server showed it ... */
        bool of_other_family; /* ... when asked for the other kind of key */
        const struct pdane_chain *chain;
        const struct pdane_proof *proofs;
        size_t n_proofs;
        const struct pdane_decision *decision;
        int64_t now; /* when it fell */
};

/* Told what a lookup finds, for explaining it. Everything is borrowed; nothing may cancel the run.
 */
struct pdane_run_observer {
        void (*step)(void *arg, const struct pdane_resolve_step *step);
        void (*facts)(void *arg, const struct pdane_host_facts *facts); /* all is known of DNS */
        void (*probed)(void *arg, enum pdane_key_family family, enum pdane_outcome outcome,
                       const char *why);
        void (*decided)(void *arg, const struct pdane_run_case *c);
};

struct pdane_run_request {
        const struct pdane_run_env *env;
        struct pdane_name name; /* a wildcard is looked up by a random label under it */
        uint16_t port;
        uid_t uid; /* whose share of DNS it takes; PDANE_DNS_NOBODY: no one's */
        void (*has_tlsa)(
                void *arg); /* secure, usable TLSA records exist; must not cancel the run */
        /* There is evidence for this certificate already: others are judged before it. */
        bool (*is_known)(void *arg, const struct pdane_cert *leaf);
        /* Everything that the server shows of its own choice, at whatever address answers, has been
         * judged; what may follow is the certificate of the other key family. Must not cancel the
         * run. Not called by a run that ends before. */
        void (*looked)(void *arg);
        /* A certificate was accepted; takes a reference of its own; must not cancel the run. The
         * run may go on for more. */
        void (*evidence)(void *arg, struct pdane_evidence *e);
        /* Called once, last, from the event loop, never from inside pdane_run_start. */
        void (*done)(void *arg, const struct pdane_run_result *result);
        void *arg;
        const struct pdane_run_observer *observer; /* NULL: none; borrowed until done or cancel */
        void *observer_arg;
};

int pdane_run_start(const struct pdane_run_request *req,
                    struct pdane_run **ret);  /* 0 or negative errno */
void pdane_run_cancel(struct pdane_run *run); /* NULL-safe; no callback after this */

#endif
