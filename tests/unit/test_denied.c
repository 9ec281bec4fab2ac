/* SPDX-License-Identifier: BSD-3-Clause */
/* [policy] allow-domains and deny-domains, as far as hosts and their evidence go. */
#include <errno.h>

#include "core_fixture.h"

/* [policy] deny-domains: not looked up, not covered, and dropped when it comes later. */
static void
denied(void **state)
{
        struct test_spec two = {.cn = HOST,
                                .dns = TEST_LIST(HOST, "www.denied.test"),
                                .bc = TEST_BC_FALSE,
                                .serial = 9};
        struct pdane_name name;
        struct pdane_host *h;
        (void)state;
        assert_int_equal(pdane_name_parse("www.denied.test", 15, &name), 0);
        assert_int_equal(pdane_hosts_touch(core.hosts, &name, 443, &h), -EACCES);
        core_serve(&two);
        core_tlsa("_443._tcp.www.denied.test", core.leaf, PDANE_DNS_SECURE, false);
        core_touch(HOST);
        core_run();
        assert_int_equal(pdane_store_count(core.store), 0);
        assert_int_equal(fake_resolver_count("_443._tcp.www.denied.test", TYPE_TLSA), 0);
}

static void
denied_later(void **state)
{
        char *none[] = {NULL}, *deny[] = {(char[]){"test"}, NULL}, *error = NULL;
        const struct pdane_config cfg = {
                .allow_domains = none, .deny_domains = deny, .deny_programs = none};
        struct pdane_access *strict = NULL;
        (void)state;
        core_touch(HOST);
        core_run();
        assert_int_equal(core_found(), 1);
        assert_int_equal(pdane_access_new(&cfg, "test.conf", &strict, &error), 0);
        pdane_hosts_set_access(core.hosts, strict);
        assert_int_equal(core_found(), 0);
        pdane_access_free(core.access);
        core.access = strict;
}

static void
deny(const char *domain)
{
        char *none[] = {NULL}, text[64], *list[] = {text, NULL}, *error = NULL;
        const struct pdane_config cfg = {
                .allow_domains = none, .deny_domains = list, .deny_programs = none};
        struct pdane_access *strict = NULL;
        snprintf(text, sizeof text, "%s", domain);
        assert_int_equal(pdane_access_new(&cfg, "test.conf", &strict, &error), 0);
        pdane_hosts_set_access(core.hosts, strict);
        pdane_access_free(core.access);
        core.access = strict;
}

/* A wildcard would have what is denied trusted with the rest. */
static void
denied_below_a_wildcard(void **state)
{
        struct test_spec wild = {.cn = HOST,
                                 .dns = TEST_LIST(HOST, "*.host.test"),
                                 .bc = TEST_BC_FALSE,
                                 .serial = 9};
        uint8_t rdata[35] = {3, 1, 1};
        (void)state;
        core_serve(&wild);
        core_spki_sha256(core.leaf, rdata + 3);
        fake_resolver_set_suffix(".host.test", TYPE_A, PDANE_DNS_NO_RECORDS, TEST_NOW + TTL, true,
                                 NULL, 0);
        fake_resolver_set_suffix(".host.test", TYPE_TLSA, PDANE_DNS_SECURE, TEST_NOW + TTL, true,
                                 rdata, sizeof rdata);
        core_touch(HOST);
        core_run();
        assert_int_equal(core_found(), 1);
        deny("secret.other.test");
        assert_int_equal(core_found(), 1);
        deny("secret.host.test"); /* HOST itself is not denied */
        assert_int_equal(core_found(), 0);
        fake_clock_advance(10);
        struct pdane_host *h = core_touch(HOST);
        core_run();
        assert_int_equal(core_found(), 0);
        assert_true(pdane_host_failed(h)); /* and that is what is said of it */
}

/* A lookup goes on with the lists that it began with: what it finds is held to those of now. */
static void
denied_meanwhile(void **state)
{
        struct test_spec two = {.cn = HOST,
                                .dns = TEST_LIST(HOST, "www.other.test"),
                                .bc = TEST_BC_FALSE,
                                .serial = 9};
        struct pdane_access *old = core.access;
        (void)state;
        core_serve(&two);
        core_tlsa("_443._tcp.www.other.test", core.leaf, PDANE_DNS_SECURE, false);
        fake_resolver_hold("_443._tcp.www.other.test", TYPE_TLSA);
        core_touch(HOST);
        core_run();
        assert_int_equal(fake_resolver_open(), 1);
        core.access = NULL; /* the lookup uses it */
        deny("www.other.test");
        fake_resolver_release();
        core_run();
        assert_int_equal(pdane_store_count(core.store), 0);
        pdane_access_free(old);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, core_setup, core_teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(denied),
                TEST(denied_later),
                TEST(denied_below_a_wildcard),
                TEST(denied_meanwhile),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
