/* SPDX-License-Identifier: BSD-3-Clause */
/* What every test of the probe stands on: an event loop, a prober, certificates, servers. */
#ifndef PDANE_TEST_PROBE_FIXTURE_H
#define PDANE_TEST_PROBE_FIXTURE_H

#include <event2/event.h>

#include "certs.h"
#include "daemon/probe.h"
#include "tls_server.h"

#define HOST "www.example"
#define CERTS 16

struct fixture {
        struct event_base *base;
        struct pdane_prober *prober;
        X509 *certs[CERTS]; /* for HOST, all of test_key(0) */
        size_t descriptors;
};
extern struct fixture fixture;

/* What a probe came to. */
struct run {
        struct pdane_probe *probe;
        unsigned take_from; /* how many chains are refused before one is taken */
        const X509 *take_only; /* NULL: whatever comes then */
        unsigned offered, finished;
        bool started; /* pdane_probe_start has returned */
        enum pdane_outcome outcome;
        char why[256];
        size_t n;
        uint8_t sha256[PDANE_CHAIN_MAX][32];
        int64_t ms;
};

int fixture_make_certs(void **state);
int fixture_free_certs(void **state);
int fixture_setup(void **state);
int fixture_teardown(void **state); /* no descriptor may be left */

/* A request that run follows. Both must live until the probe has ended. */
struct pdane_probe_request request(struct run *run, const struct sockaddr_storage *addresses,
                                   size_t n, uint16_t port);
/* As pdane_probe_request.done; stops the loop. */
void request_done(void *arg, enum pdane_outcome outcome, const struct pdane_chain *chain,
                  const char *why);

void start(const struct pdane_probe_request *req);
void finish(const struct pdane_probe_request *req); /* start, and loop until it is done */
void probe_server(struct run *run, const struct tls_server *s);
void loop_for_ms(unsigned ms);

/* n certificates from first on, at any port. */
struct tls_server *server(enum tls_server_kind kind, size_t first, size_t n);
/* The same port of another address, one certificate. */
struct tls_server *beside(const struct tls_server *first, const char *address,
                          enum tls_server_kind kind, size_t cert);

#endif
