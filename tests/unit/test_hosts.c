/* SPDX-License-Identifier: BSD-3-Clause */
/* hosts.c and run.c together: every way a lookup can end, and what remains in the store. */
#include "core_fixture.h"

#include <errno.h>

#include "fake_clock.h"

/* One lookup, to its end. */
static void
look(const char *host)
{
        core_touch(host);
        core_run();
}

/* A certificate for HOST and for other.test. */
static void
serve_two_names(void)
{
        struct test_spec two = {
                .cn = HOST, .dns = TEST_LIST(HOST, "other.test"), .bc = TEST_BC_FALSE, .serial = 9};
        core_serve(&two);
}

/* The server's other certificate. */
static struct pdane_cert *
rsa_for_host(void)
{
        struct test_spec rsa = {.cn = HOST,
                                .dns = TEST_LIST(HOST),
                                .bc = TEST_BC_FALSE,
                                .serial = 5,
                                .key = test_key_rsa()};
        return test_cert(&rsa);
}

static void
accepted(void **state)
{
        (void)state;
        struct pdane_host *h = core_touch(HOST);
        assert_true(pdane_host_running(h));
        assert_int_equal(core_found(), 0);
        core_run();
        assert_false(pdane_host_running(h));
        assert_false(pdane_host_failed(h));
        assert_int_equal(core_found(), 1);
        assert_string_equal(fake_prober_last_host(), HOST);
}

static void
one_lookup_for_many(void **state)
{
        (void)state;
        for (int i = 0; i < 50; i++)
                look(HOST);
        for (int i = 0; i < 50; i++)
                look(HOST);
        assert_int_equal(fake_resolver_count(HOST_TLSA, TYPE_TLSA), 1);
        assert_int_equal(fake_prober_count(), 1); /* the record names what was shown */
        assert_int_equal(pdane_hosts_count(core.hosts), 1);
}

/* Nothing but secure, matching TLSA leaves anything in the store. */
static void
not_secure(void **state)
{
        static const enum pdane_dns_verdict bad[] = {PDANE_DNS_UNKNOWN,  PDANE_DNS_NO_RECORDS,
                                                     PDANE_DNS_INSECURE, PDANE_DNS_BOGUS,
                                                     PDANE_DNS_TIMEOUT,  PDANE_DNS_UNREACHABLE};
        (void)state;
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                core_tlsa(HOST_TLSA, core.leaf, bad[i], false);
                core_touch(HOST);
                core_run();
                assert_int_equal(core_found(), 0);
                fake_clock_advance(
                        TTL + 1000); /* past every retry delay; the store is asked as of TEST_NOW */
        }
        assert_int_equal(fake_prober_count(), 0);
        assert_int_equal(fake_resolver_count(HOST_TLSA, TYPE_TLSA), sizeof bad / sizeof *bad);
}

static void
insecure_address(void **state)
{
        static const uint8_t v4[] = {10, 53, 1, 1};
        (void)state;
        fake_resolver_set(HOST, TYPE_A, PDANE_DNS_INSECURE, TEST_NOW + TTL, false, v4, sizeof v4);
        look(HOST);
        assert_int_equal(core_found(), 0);
        assert_int_equal(fake_resolver_count(HOST_TLSA, TYPE_TLSA), 0);
}

static void
no_match(void **state)
{
        struct test_spec other = {.cn = HOST,
                                  .dns = TEST_LIST(HOST),
                                  .bc = TEST_BC_FALSE,
                                  .serial = 5,
                                  .key = test_key(1)};
        struct pdane_cert *c = test_cert(&other);
        (void)state;
        core_tlsa(HOST_TLSA, c, PDANE_DNS_SECURE, false);
        pdane_cert_unref(c);
        look(HOST);
        assert_int_equal(fake_prober_count(), 2);
        assert_int_equal(pdane_store_count(core.store), 0);
}

/* A server with an RSA and an ECDSA certificate; each has a record, or only one. */
static void
two_certificates(void **state)
{
        struct pdane_cert *other = rsa_for_host();
        (void)state;
        fake_prober_set_other(other);
        look(HOST);
        assert_int_equal(pdane_store_count(core.store), 1); /* the record is the ECDSA one's */
        assert_int_equal(core_found(), 1);

        fake_clock_advance(TTL);
        core_tlsa(HOST_TLSA, other, PDANE_DNS_SECURE, false);
        fake_resolver_set_not_after(HOST_TLSA, TYPE_TLSA, TEST_NOW + 2 * TTL);
        look(HOST);
        assert_int_equal(pdane_store_count(core.store), 1); /* the old one has run out */
        struct pdane_wanted w = {.issuer = pdane_cert_issuer(other),
                                 .serial = pdane_cert_serial(other)};
        struct pdane_found f[4];
        assert_int_equal(pdane_store_find(core.store, &w, TEST_NOW + TTL, f, 4), 1);
        w = (struct pdane_wanted){.issuer = pdane_cert_issuer(core.leaf),
                                  .serial = pdane_cert_serial(core.leaf)};
        assert_int_equal(pdane_store_find(core.store, &w, TEST_NOW + TTL, f, 4), 0);
        pdane_cert_unref(other);
}

/* Both have records: the server is asked for the one that it did not show. */
static void
both_certificates(void **state)
{
        struct pdane_cert *other = rsa_for_host();
        (void)state;
        fake_prober_set_other(other);
        core_tlsa_too(HOST_TLSA, other);
        look(HOST);
        assert_int_equal(fake_prober_count(), 2);
        assert_int_equal(pdane_store_count(core.store), 2);
        pdane_cert_unref(other);
}

/* Two addresses, two certificates with the same key, hence one record: both are found, and stay. */
static void
other_address(void **state)
{
        struct test_spec spec = {
                .cn = HOST, .dns = TEST_LIST(HOST), .bc = TEST_BC_FALSE, .serial = 0x99};
        struct pdane_cert *second = test_cert(&spec);
        (void)state;
        fake_prober_set_second(second);
        struct pdane_host *h = core_touch(HOST);
        core_run();
        assert_int_equal(pdane_store_count(core.store), 2);
        /* Once more, with nothing new to be found: all of it stays. */
        fake_clock_advance(5);
        pdane_host_surprised(h, true, 5000);
        core_run();
        assert_int_equal(pdane_store_count(core.store), 2);
        assert_int_equal(core_found(), 1);
        pdane_cert_unref(second);
}

/* The other address shows what no record matches: that is no reason to doubt the first. */
static void
other_address_does_not_match(void **state)
{
        struct test_spec spec = {.cn = HOST,
                                 .dns = TEST_LIST(HOST),
                                 .bc = TEST_BC_FALSE,
                                 .serial = 0x99,
                                 .key = test_key(3)};
        struct pdane_cert *second = test_cert(&spec);
        (void)state;
        fake_prober_set_second(second);
        struct pdane_host *h = core_touch(HOST);
        core_run();
        fake_clock_advance(5);
        pdane_host_surprised(h, true, 5000);
        core_run();
        assert_int_equal(core_found(), 1);
        pdane_cert_unref(second);
}

static void
tlsa_with_certificate(const struct pdane_cert *c)
{
        uint8_t rdata[2048] = {3, 0, 0};
        struct pdane_bytes der = pdane_cert_der(c);
        assert_true(der.len <= sizeof rdata - 3);
        memcpy(rdata + 3, der.data, der.len);
        fake_resolver_set(HOST_TLSA, TYPE_TLSA, PDANE_DNS_SECURE, TEST_NOW + TTL, false, rdata,
                          der.len + 3);
}

/* The record holds the whole certificate: the server is not asked. */
static void
without_probe(void **state)
{
        (void)state;
        tlsa_with_certificate(core.leaf);
        fake_prober_set(NULL, 0);
        look(HOST);
        assert_int_equal(core_found(), 1);
        assert_int_equal(fake_prober_count(), 0);
}

/* One that another key signed could be anybody's: the server must show that it has its key. */
static void
copied_into_a_record(void **state)
{
        X509 *ca = test_x509(&(struct test_spec){.cn = "CA", .bc = TEST_BC_TRUE});
        struct test_spec issued = {.cn = HOST,
                                   .dns = TEST_LIST(HOST),
                                   .bc = TEST_BC_FALSE,
                                   .key = test_key(1),
                                   .signer = ca,
                                   .signer_key = test_key(0)};
        (void)state;
        core_serve(&issued);
        tlsa_with_certificate(core.leaf);
        look(HOST);
        assert_int_equal(core_found(), 1);

        issued.serial = 9;
        core_serve(&issued);
        tlsa_with_certificate(core.leaf);
        fake_prober_set(NULL, 0);
        fake_clock_advance(400);
        look(HOST);
        assert_int_equal(core_found(), 0);
        X509_free(ca);
}

/* Not every certificate that a record holds is accepted for that. */
static void
without_probe_but_uncovered(void **state)
{
        (void)state;
        serve_two_names();
        tlsa_with_certificate(core.leaf);
        look(HOST);
        assert_int_equal(pdane_store_count(core.store), 0);
        assert_int_equal(fake_prober_count(), 0);
}

static void
no_server(void **state)
{
        (void)state;
        fake_prober_set(NULL, 0);
        look(HOST);
        assert_int_equal(pdane_store_count(core.store), 0);
}

static void
every_name_needs_its_own_records(void **state)
{
        (void)state;
        serve_two_names();
        look(HOST);
        assert_int_equal(pdane_store_count(core.store), 0);

        core_tlsa("_443._tcp.other.test", core.leaf, PDANE_DNS_INSECURE, false);
        fake_clock_advance(400);
        look(HOST);
        assert_int_equal(pdane_store_count(core.store), 0);
}

static void
every_name_has_its_own_records(void **state)
{
        (void)state;
        serve_two_names();
        core_tlsa("_443._tcp.other.test", core.leaf, PDANE_DNS_SECURE, false);
        look(HOST);
        assert_int_equal(core_found(), 1);
        assert_int_equal(fake_resolver_count("_443._tcp.other.test", TYPE_TLSA), 1);
}

static void
many_names(void **state)
{
        const char *names[PDANE_CERT_NAMES_MAX + 2] = {HOST};
        static char text[PDANE_CERT_NAMES_MAX][32];
        struct test_spec spec = {.cn = HOST, .dns = names, .bc = TEST_BC_FALSE, .serial = 9};
        uint8_t rdata[35] = {3, 1, 1};
        (void)state;
        for (size_t i = 1; i < 40; i++) {
                snprintf(text[i], sizeof text[i], "n%zu.many.test", i);
                names[i] = text[i];
        }
        core_serve(&spec);
        /* The script's table is smaller than the number of names: one suffix answers for all. */
        core_tlsa("_443._tcp.x", core.leaf, PDANE_DNS_SECURE, false);
        core_spki_sha256(core.leaf, rdata + 3);
        fake_resolver_set_suffix(".many.test", TYPE_TLSA, PDANE_DNS_SECURE, TEST_NOW + TTL, false,
                                 rdata, sizeof rdata);
        fake_resolver_set_suffix(".many.test", TYPE_A, PDANE_DNS_NO_RECORDS, TEST_NOW + TTL, false,
                                 NULL, 0);
        fake_resolver_set_suffix(".many.test", TYPE_AAAA, PDANE_DNS_NO_RECORDS, TEST_NOW + TTL,
                                 false, NULL, 0);
        look(HOST);
        assert_int_equal(core_found(), 1);
}

static void
wildcard(void **state)
{
        struct test_spec wild = {.cn = "*.wild.test",
                                 .dns = TEST_LIST("*.wild.test"),
                                 .bc = TEST_BC_FALSE,
                                 .serial = 3};
        static const uint8_t v4[] = {10, 53, 1, 1};
        uint8_t rdata[35] = {3, 1, 1};
        (void)state;
        core_serve(&wild);
        core_spki_sha256(core.leaf, rdata + 3);
        fake_resolver_set_suffix(".wild.test", TYPE_A, PDANE_DNS_SECURE, TEST_NOW + TTL, true, v4,
                                 sizeof v4);
        fake_resolver_set_suffix(".wild.test", TYPE_AAAA, PDANE_DNS_NO_RECORDS, TEST_NOW + TTL,
                                 false, NULL, 0);
        fake_resolver_set_suffix(".wild.test", TYPE_TLSA, PDANE_DNS_SECURE, TEST_NOW + TTL, false,
                                 rdata, sizeof rdata);
        look("*.wild.test");
        assert_int_equal(core_found(), 0); /* the records were not synthesised */

        fake_resolver_set_suffix(".wild.test", TYPE_TLSA, PDANE_DNS_SECURE, TEST_NOW + TTL, true,
                                 rdata, sizeof rdata);
        fake_clock_advance(400);
        fake_resolver_set_suffix(".wild.test", TYPE_TLSA, PDANE_DNS_SECURE, TEST_NOW + 1000, true,
                                 rdata, sizeof rdata);
        look("*.wild.test");
        assert_int_equal(core_found(), 1);
        const char *asked = fake_prober_last_host();
        assert_string_equal(asked + strlen(asked) - strlen(".wild.test"), ".wild.test");
        assert_true(strlen(asked) > strlen("aaaaaaaaaaaaaaaa.wild.test"));
}

static void
reserved_dn(void **state)
{
        (void)state;
        core.reserved_dn = pdane_cert_subject(core.leaf);
        look(HOST);
        assert_int_equal(pdane_store_count(core.store), 0);
}

/* The system's store changed while evidence is there. */
static void
reserved_later(void **state)
{
        (void)state;
        look(HOST);
        pdane_hosts_recheck(core.hosts);
        assert_int_equal(core_found(), 1);
        core.reserved_dn = pdane_cert_subject(core.leaf);
        pdane_hosts_recheck(core.hosts);
        assert_int_equal(core_found(), 0);
}

/* Many are looked at in several turns, and none is passed over for being used, or going, meanwhile.
 */
static void
reserved_later_in_turns(void **state)
{
        enum { N = 70 };
        static char names[N][16];
        struct test_spec spec = {.bc = TEST_BC_FALSE};
        (void)state;
        for (unsigned i = 0; i < N; i++) {
                char owner[40];
                snprintf(names[i], sizeof names[i], "m%u.test", i);
                snprintf(owner, sizeof owner, "_443._tcp.m%u.test", i);
                const char *dns[] = {names[i], NULL};
                spec.cn = names[i];
                spec.dns = dns;
                spec.serial = 5000 + i;
                struct pdane_cert *leaf = test_cert(&spec);
                core_address(names[i]);
                core_tlsa(owner, leaf, PDANE_DNS_SECURE, false);
                fake_prober_set(&leaf, 1);
                core_touch(names[i]);
                core_run();
                pdane_cert_unref(leaf);
        }
        assert_int_equal(pdane_store_count(core.store), N);
        core.reserves_all = true;
        pdane_hosts_recheck(core.hosts);
        size_t left = pdane_store_count(core.store);
        assert_in_range(left, 1, N - 1);
        core_touch(names[N - left]); /* the next one */
        core_touch(names[N - left + 7]);
        core_touch(names[N - 1]); /* the last one, which stays where it is */
        core_run();
        assert_int_equal(pdane_store_count(core.store), 0);
}

static void
evidence_ends_with_its_ttl(void **state)
{
        struct pdane_found f[4];
        (void)state;
        look(HOST);
        struct pdane_wanted w = {.issuer = pdane_cert_issuer(core.leaf),
                                 .serial = pdane_cert_serial(core.leaf)};
        assert_int_equal(pdane_store_find(core.store, &w, TEST_NOW + TTL - 1, f, 4), 1);
        assert_int_equal(pdane_store_find(core.store, &w, TEST_NOW + TTL, f, 4), 0);
}

/* Looked up again after its end: withdrawn records end it, a network that is away does not revive
 * it. */
static void
withdrawn(void **state)
{
        (void)state;
        look(HOST);
        assert_int_equal(core_found(), 1);
        fake_clock_advance(TTL);
        core_tlsa(HOST_TLSA, core.leaf, PDANE_DNS_NO_RECORDS, false);
        look(HOST);
        assert_int_equal(pdane_store_count(core.store), 0);
        assert_int_equal(fake_resolver_count(HOST_TLSA, TYPE_TLSA), 2);
}

/* A failure is not asked again at once, and longer each time. */
static void
backs_off(void **state)
{
        (void)state;
        core_tlsa(HOST_TLSA, core.leaf, PDANE_DNS_BOGUS, false);
        for (int i = 0; i < 5; i++) {
                core_touch(HOST);
                core_run();
        }
        assert_int_equal(fake_resolver_count(HOST_TLSA, TYPE_TLSA), 1);
        fake_clock_advance(5);
        look(HOST);
        assert_int_equal(fake_resolver_count(HOST_TLSA, TYPE_TLSA), 2);
        fake_clock_advance(5);
        look(HOST);
        assert_int_equal(fake_resolver_count(HOST_TLSA, TYPE_TLSA), 2);
        fake_clock_advance(5);
        look(HOST);
        assert_int_equal(fake_resolver_count(HOST_TLSA, TYPE_TLSA), 3);
}

static unsigned changes;

static void
on_changed(void *arg)
{
        (void)arg;
        changes++;
}

static void
waiters_are_told(void **state)
{
        struct pdane_host_waiter w = {.changed = on_changed};
        (void)state;
        changes = 0;
        fake_prober_hold(true);
        struct pdane_host *h = core_touch(HOST);
        pdane_host_wait(h, &w);
        core_run();
        assert_int_equal(changes, 1); /* there is TLSA */
        assert_true(pdane_host_has_tlsa(h));
        fake_prober_release();
        core_run();
        assert_int_equal(changes, 4); /* evidence, all looked at, and an end */
        assert_false(pdane_host_has_tlsa(h));
        pdane_host_unwait(&w);
        pdane_host_unwait(&w);
}

static void
freed_in_the_middle(void **state)
{
        (void)state;
        fake_prober_hold(true);
        core_touch(HOST);
        fake_resolver_hold("slow.test", TYPE_A);
        core_touch("slow.test");
        core_run();
        /* core_teardown frees the table with both under way. */
        assert_int_equal(pdane_hosts_count(core.hosts), 2);
}

static void
bounds(void **state)
{
        struct pdane_host *h;
        struct pdane_name name;
        char text[32];
        (void)state;
        fake_resolver_set_suffix(".flood.test", TYPE_A, PDANE_DNS_INSECURE, TEST_NOW + TTL, false,
                                 NULL, 0);
        fake_resolver_set_suffix(".flood.test", TYPE_AAAA, PDANE_DNS_INSECURE, TEST_NOW + TTL,
                                 false, NULL, 0);
        for (unsigned i = 0; i < PDANE_HOSTS_MAX + 100; i++) {
                snprintf(text, sizeof text, "h%u.flood.test", i);
                assert_int_equal(pdane_name_parse(text, strlen(text), &name), 0);
                assert_int_equal(pdane_hosts_touch(core.hosts, &name, 443, &h), 0);
                if (i % PDANE_RUNS_MAX == PDANE_RUNS_MAX / 2)
                        event_base_loop(core.base, EVLOOP_NONBLOCK);
                if (i % 64 == 0)
                        core_run();
        }
        assert_int_equal(pdane_hosts_count(core.hosts), PDANE_HOSTS_MAX);
}

/* [policy] min-ttl and max-ttl, for lookups that begin later. */
static void
configured_ttl(void **state)
{
        struct pdane_found f;
        const struct pdane_wanted w = {.issuer = pdane_cert_issuer(core.leaf),
                                       .serial = pdane_cert_serial(core.leaf)};
        (void)state;
        pdane_hosts_set_ttl(core.hosts, 100, 200);
        look(HOST);
        assert_int_equal(pdane_store_find(core.store, &w, TEST_NOW, &f, 1), 1);
        assert_int_equal(f.evidence->not_after, TEST_NOW + 200); /* DNS says 300 */

        fake_clock_advance(200);
        core_run();
        fake_resolver_set_not_after(HOST_TLSA, TYPE_TLSA, TEST_NOW + 205);
        look(HOST);
        assert_int_equal(pdane_store_find(core.store, &w, TEST_NOW + 200, &f, 1), 1);
        assert_int_equal(f.evidence->not_after, TEST_NOW + 300); /* 5 s */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, core_setup, core_teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(configured_ttl),
                TEST(accepted),
                TEST(one_lookup_for_many),
                TEST(not_secure),
                TEST(insecure_address),
                TEST(no_match),
                TEST(both_certificates),
                TEST(two_certificates),
                TEST(other_address),
                TEST(other_address_does_not_match),
                TEST(without_probe),
                TEST(copied_into_a_record),
                TEST(without_probe_but_uncovered),
                TEST(no_server),
                TEST(every_name_needs_its_own_records),
                TEST(every_name_has_its_own_records),
                TEST(many_names),
                TEST(wildcard),
                TEST(reserved_dn),
                TEST(reserved_later),
                TEST(reserved_later_in_turns),
                TEST(evidence_ends_with_its_ttl),
                TEST(withdrawn),
                TEST(backs_off),
                TEST(waiters_are_told),
                TEST(freed_in_the_middle),
                TEST(bounds),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
