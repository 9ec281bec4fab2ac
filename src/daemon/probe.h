/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fetches the certificate chain that a server presents for a host name. It verifies nothing: what is made of the
 * chain is the caller's business. Non-blocking TLS by OpenSSL on the event loop (libevent bufferevents). One thread.
 */
#ifndef PDANE_PROBE_H
#define PDANE_PROBE_H

#include <sys/socket.h>

#include "daemon/starttls.h"
#include "trust/match.h"
#include "trust/verdict.h"

struct event_base;
struct pdane_prober; /* what probes share: the SSL_CTX, limits */
struct pdane_probe;  /* one under way */

int pdane_prober_new(struct event_base *base, struct pdane_prober **ret);
void pdane_prober_free(struct pdane_prober *p); /* NULL-safe; no probe may be under way */

/* Which of a server's certificates is wanted. A server with one certificate only may answer with it or not at all. */
enum pdane_key_family {
        PDANE_KEY_ANY = 0, /* the server's choice */
        PDANE_KEY_RSA,
        PDANE_KEY_ECC, /* ECDSA and EdDSA */
};

struct pdane_probe_request {
        enum pdane_key_family family;
        enum pdane_starttls_protocol starttls; /* what is said before TLS; AUTO: what the port calls for */
        const char *host;   /* SNI; normal form; copied */
        uint16_t port;
        const struct sockaddr_storage *addresses; /* port field ignored; copied; tried in this order, staggered (RFC 8305, 250 ms) */
        size_t n_addresses; /* 1..PDANE_ADDRESSES_MAX */
        bool allow_loopback; /* otherwise loopback, link-local, unspecified, multicast, broadcast and v4-mapped forms of them are skipped */
        unsigned deadline_ms; /* for the whole probe */
        /*
         * What every address has is wanted: they are tried side by side, and once one was taken the others have
         * PDANE_PROBE_OTHERS_MS more, so that one that does not answer costs no more than that.
         */
        bool every;
        /*
         * Called with each chain that a server presents. True: that is one, stop unless every one is wanted. False: try
         * the other addresses. The chain is borrowed. Must not free the probe.
         */
        bool (*take)(void *arg, const struct pdane_chain *chain);
        /*
         * Called once, last, from the event loop, never from inside pdane_probe_start; the probe is gone then. chain: the
         * last that was taken, otherwise the last that came, otherwise n == 0. outcome: ACCEPTED (taken), REFUSED (chains came, none taken), SERVER_UNREACHABLE,
         * SERVER_TIMEOUT. why: one line about the last failure, or "".
         */
        void (*done)(void *arg, enum pdane_outcome outcome, const struct pdane_chain *chain, const char *why);
        void *arg;
};

/* 0; -EINVAL; -EBUSY (PDANE_PROBES_MAX under way); -ENOMEM. When every address is refused by policy, done says SERVER_UNREACHABLE with why "address-refused". */
#define PDANE_PROBES_MAX 256u
int pdane_probe_start(struct pdane_prober *p, const struct pdane_probe_request *req, struct pdane_probe **ret);
void pdane_probe_cancel(struct pdane_probe *p); /* NULL-safe; no callback after this */

/* True when policy forbids to connect there (see allow_loopback). */
bool pdane_address_refused(const struct sockaddr *sa);

#endif
