/* SPDX-License-Identifier: BSD-3-Clause */
#include "core_fixture.h"

#include <openssl/sha.h>

struct core core;

static bool
dn_reserved(void *arg, struct pdane_bytes dn)
{
        (void)arg;
        return core.reserves_all || pdane_bytes_equal(core.reserved_dn, dn);
}

void
core_address(const char *host)
{
        static const uint8_t v4[] = {10, 53, 1, 1};
        fake_resolver_set(host, TYPE_A, PDANE_DNS_SECURE, TEST_NOW + TTL, false, v4, sizeof v4);
}

void
core_spki_sha256(const struct pdane_cert *c, uint8_t ret[32])
{
        struct pdane_bytes spki = pdane_cert_spki(c);
        SHA256(spki.data, spki.len, ret);
}

void
core_tlsa(const char *owner, const struct pdane_cert *c, enum pdane_dns_verdict verdict,
          bool synthesised)
{
        uint8_t rdata[3 + 32] = {3, 1, 1};
        core_spki_sha256(c, rdata + 3);
        fake_resolver_set(owner, TYPE_TLSA, verdict, TEST_NOW + TTL, synthesised, rdata,
                          sizeof rdata);
}

void
core_tlsa_too(const char *owner, const struct pdane_cert *c)
{
        uint8_t rdata[3 + 32] = {3, 1, 1};
        core_spki_sha256(c, rdata + 3);
        fake_resolver_add(owner, TYPE_TLSA, rdata, sizeof rdata);
}

void
core_serve(const struct test_spec *spec)
{
        pdane_cert_unref(core.leaf);
        core.leaf = test_cert(spec);
        core_tlsa(HOST_TLSA, core.leaf, PDANE_DNS_SECURE, false);
        fake_prober_set(&core.leaf, 1);
}

int
core_setup(void **state)
{
        struct test_spec good = {
                .cn = HOST, .dns = TEST_LIST(HOST), .bc = TEST_BC_FALSE, .serial = 0x1234};
        (void)state;
        memset(&core, 0, sizeof core);
        core.base = event_base_new();
        fake_clock_set(TEST_NOW);
        fake_resolver_reset(core.base);
        fake_prober_reset(core.base);
        char *none[] = {NULL}, *deny[] = {(char[]){"denied.test"}, NULL}, *error = NULL;
        const struct pdane_config cfg = {
                .allow_domains = none, .deny_domains = deny, .deny_programs = none};
        if (pdane_access_new(&cfg, "test.conf", &core.access, &error) < 0)
                return -1;
        const struct pdane_run_env env = {
                .access = core.access,
                .base = core.base,
                .resolver = fake_resolver(),
                .prober = fake_prober(),
                .policy = {dn_reserved, NULL},
        };
        if (pdane_store_new(&core.store) < 0 || pdane_merger_new(core.store, &core.merger) < 0 ||
            pdane_hints_new(&core.hints) < 0 || pdane_hosts_new(&env, core.store, &core.hosts) < 0)
                return -1;
        core_address(HOST);
        core_serve(&good);
        return 0;
}

int
core_teardown(void **state)
{
        (void)state;
        pdane_hosts_free(core.hosts);
        pdane_access_free(core.access);
        pdane_hints_free(core.hints);
        pdane_merger_free(core.merger);
        pdane_store_free(core.store);
        pdane_cert_unref(core.leaf);
        fake_prober_reset(core.base);
        assert_int_equal(fake_resolver_open(), 0);
        event_base_free(core.base);
        return 0;
}

struct pdane_question_env
core_questions(void)
{
        return (struct pdane_question_env){
                .base = core.base,
                .hosts = core.hosts,
                .store = core.store,
                .merger = core.merger,
                .hints = core.hints,
                .access = core.access,
                .ports = {443},
                .n_ports = 1,
                .deadline_ms = 4000,
                .name_deadline_ms = 1500,
                .hint_deadline_ms = 250,
                .legacy_sha1 = true,
        };
}

void
core_run(void)
{
        /* Every step of the scripted world is a timer of no length: a bounded number of rounds
         * reaches the end. */
        for (int i = 0; i < 100; i++)
                event_base_loop(core.base, EVLOOP_NONBLOCK);
}

struct pdane_host *
core_touch(const char *host)
{
        struct pdane_name name;
        struct pdane_host *h = NULL;
        assert_int_equal(pdane_name_parse(host, strlen(host), &name), 0);
        assert_int_equal(pdane_hosts_touch(core.hosts, &name, 443, &h), 0);
        return h;
}

size_t
core_found(void)
{
        struct pdane_found f[8];
        struct pdane_wanted w = {.issuer = pdane_cert_issuer(core.leaf),
                                 .serial = pdane_cert_serial(core.leaf)};
        return pdane_store_find(core.store, &w, TEST_NOW, f, 8);
}
