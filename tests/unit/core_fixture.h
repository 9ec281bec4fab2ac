/* SPDX-License-Identifier: BSD-3-Clause */
/* The daemon's core with one good site in its scripted world: host.test, self-signed CA:FALSE, "3 1 1". */
#ifndef PDANE_CORE_FIXTURE_H
#define PDANE_CORE_FIXTURE_H

#include <event2/event.h>

#include "certs.h"
#include "daemon/hints.h"
#include "daemon/hosts.h"
#include "daemon/merge.h"
#include "daemon/question.h"
#include "fake_clock.h"
#include "fake_prober.h"
#include "fake_resolver.h"
#include "test.h"

#define TYPE_A 1
#define TYPE_AAAA 28
#define TYPE_TLSA 52
#define HOST "host.test"
#define HOST_TLSA "_443._tcp.host.test"
#define TTL 300

struct core {
        struct event_base *base;
        struct pdane_store *store;
        struct pdane_merger *merger;
        struct pdane_hints *hints;
        struct pdane_access *access; /* denies denied.test */
        struct pdane_hosts *hosts;
        struct pdane_cert *leaf; /* of the good site; the scripted server presents it */
        struct pdane_bytes reserved_dn;
        bool reserves_all;
};

extern struct core core;

int core_setup(void **state);
int core_teardown(void **state);
void core_run(void);                        /* until nothing but far timers is left to do */
void core_address(const char *host);        /* a secure A record */
void core_tlsa(const char *owner, const struct pdane_cert *c, enum pdane_dns_verdict verdict, bool synthesised);
void core_tlsa_too(const char *owner, const struct pdane_cert *c); /* another record beside that one */
void core_serve(const struct test_spec *spec); /* another certificate for the good site; TLSA at HOST follows it */
void core_spki_sha256(const struct pdane_cert *c, uint8_t ret[32]);
struct pdane_host *core_touch(const char *host);
struct pdane_question_env core_questions(void); /* of this core, at port 443, with the default deadlines */
size_t core_found(void); /* how much is found by issuer and serial of core.leaf */

#endif
