/* SPDX-License-Identifier: BSD-3-Clause */
/* A resolver that asks a server in this process, for a signed root with names of every kind. */
#ifndef PDANE_TEST_RESOLVER_FIXTURE_H
#define PDANE_TEST_RESOLVER_FIXTURE_H

#include <event2/event.h>

#include "daemon/resolver.h"
#include "dns_server.h"
#include "dns_zone.h"

/* What a server does besides the zone. */
struct server {
        struct dns_server *dns;
        bool strips_dnssec; /* like many home routers */
        bool silent;
        unsigned queries;
        /* Of names below quiet.example nothing but addresses is told: how many questions of other
         * types were not answered. */
        bool quiet_asked[256][3];
        unsigned quiet;
        int64_t failing_since_ms; /* when late-servfail.example was first asked for */
        char asked[64][64];       /* the first of them: "NAME TYPE" */
};

/* How often the server was asked for it. */
unsigned server_asked(const struct server *s, const char *name, uint16_t type);

struct fixture {
        struct event_base *base;
        struct server server; /* the forwarder */
        struct server other;  /* what recursion comes to */
        struct pdane_config cfg;
        struct pdane_resolver *resolver;
        char directory[64];
        char anchor_file[128], unbound_conf[128], resolv_conf[128];
        size_t descriptors;
};
extern struct fixture fixture;

/* What a query came to, copied. */
struct asked {
        struct pdane_query *query;
        bool started; /* pdane_resolver_query has returned */
        unsigned answers;
        enum pdane_dns_verdict verdict;
        bool nxdomain, alias, synthesised;
        size_t n_rdata;
        uint8_t first[64];
        size_t first_len;
        char final_name[256], why[256];
        int64_t not_after;
};

int fixture_setup(void **state);    /* no resolver yet */
int fixture_teardown(void **state); /* no descriptor may be left */

/* Writes text to a file; returns path. */
const char *write_file(const char *path, const char *text);

/* Sets unbound-conf to lines that every test needs, and more. */
void use_conf(const char *more);

void make_resolver(void);           /* from fixture.cfg */
int try_resolver(char **ret_error); /* the same, where it may fail */
void free_resolver(void);

void on_answer(void *arg, const struct pdane_dns_answer *answer); /* arg: struct asked */
void ask(struct asked *a, const char *name, uint16_t type, unsigned timeout_ms);
void ask_and_wait(struct asked *a, const char *name, uint16_t type);
void wait_for(struct asked *a);
void loop_for_ms(unsigned ms);

/* Secure, and the one address that all names of the zone have. */
void assert_address(const struct asked *a);
/* That verdict, and nothing that anyone could trust. */
void assert_nothing(const struct asked *a, enum pdane_dns_verdict verdict);

/* Seconds since 1970. */
int64_t wall(void);

#endif
