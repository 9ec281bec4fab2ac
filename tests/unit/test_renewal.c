/* SPDX-License-Identifier: BSD-3-Clause */
/* Evidence in use is renewed before its end, and what clients were shown of the old one stays good.
 */
#include "core_fixture.h"
#include "daemon/clock.h"
#include "daemon/hosts_forget.h"

#define SOON (TTL - PDANE_RENEW_S) /* from the first lookup until the renewal */

/* The anchor that clients get now; the caller unrefs. */
static struct pdane_cert *
shown_anchor(void)
{
        struct pdane_found f[4];
        struct pdane_wanted w = {.subject = pdane_cert_subject(core.leaf)};
        size_t n = pdane_store_find(core.store, &w, pdane_clock_wall(), f, 4);
        for (size_t i = 0; i < n; i++)
                if (f[i].anchor)
                        return pdane_cert_ref(
                                pdane_store_anchor(core.store, f[i].evidence, pdane_clock_wall()));
        return NULL;
}

static size_t
found_by_serial(const struct pdane_cert *c)
{
        struct pdane_found f[4];
        struct pdane_wanted w = {.issuer = pdane_cert_issuer(c), .serial = pdane_cert_serial(c)};
        return pdane_store_find(core.store, &w, pdane_clock_wall(), f, 4);
}

static size_t
found_by_value(const struct pdane_cert *c)
{
        struct pdane_found f[4];
        struct pdane_wanted w = {.value = pdane_cert_der(c)};
        return pdane_store_find(core.store, &w, pdane_clock_wall(), f, 4);
}

static size_t
anchors_by_subject(void)
{
        struct pdane_found f[4];
        struct pdane_wanted w = {.subject = pdane_cert_subject(core.leaf)};
        size_t n = pdane_store_find(core.store, &w, pdane_clock_wall(), f, 4), anchors = 0;
        for (size_t i = 0; i < n; i++)
                anchors += f[i].anchor;
        return anchors;
}

static void
set_dns_end(int64_t not_after)
{
        fake_resolver_set_not_after(HOST, TYPE_A, not_after);
        fake_resolver_set_not_after(HOST_TLSA, TYPE_TLSA, not_after);
}

/* The first lookup, its anchor as clients know it, and the clock where the renewal is due. */
static struct pdane_cert *
first_lookup(void)
{
        core_touch(HOST);
        core_run();
        struct pdane_cert *anchor = shown_anchor();
        assert_non_null(anchor);
        fake_clock_advance(SOON - 1);
        assert_false(pdane_host_running(core_touch(HOST)));
        fake_clock_advance(1);
        return anchor;
}

static void
ahead_of_its_end(void **state)
{
        (void)state;
        struct pdane_cert *old = first_lookup();
        set_dns_end(TEST_NOW + 2 * TTL);
        assert_true(pdane_host_running(core_touch(HOST)));
        assert_int_equal(core_found(), 1); /* as before, meanwhile */
        core_run();

        struct pdane_cert *renewed = shown_anchor();
        assert_false(pdane_bytes_equal(pdane_cert_der(old), pdane_cert_der(renewed)));
        assert_int_equal(core_found(), 1); /* the leaf once, not twice */
        assert_int_equal(anchors_by_subject(), 1);
        assert_int_equal(found_by_serial(old), 1); /* a client may be in the middle of it */
        assert_int_equal(found_by_value(old), 1);
        assert_int_equal(found_by_serial(renewed), 1);

        fake_clock_advance(PDANE_RENEW_S); /* the old one has run out */
        assert_int_equal(found_by_serial(old), 0);
        assert_int_equal(found_by_value(old), 0);
        assert_int_equal(found_by_serial(renewed), 1);
        fake_clock_advance(TTL - PDANE_RENEW_S);
        core_touch(HOST);
        core_run();
        assert_int_equal(pdane_store_count(core.store), 2);
        pdane_cert_unref(old);
        pdane_cert_unref(renewed);
}

/* Nobody was shown an anchor: nothing of what was superseded stays. */
static void
ahead_of_its_end_unseen(void **state)
{
        (void)state;
        core_touch(HOST);
        core_run();
        fake_clock_advance(SOON);
        set_dns_end(TEST_NOW + 2 * TTL);
        core_touch(HOST);
        core_run();
        assert_int_equal(pdane_store_count(core.store), 1);
        assert_int_equal(core_found(), 1);
        assert_int_equal(anchors_by_subject(), 1);
}

/* Withdrawn: what was superseded goes with what superseded it. */
static void
withdrawn_while_superseded(void **state)
{
        (void)state;
        struct pdane_cert *old = first_lookup();
        set_dns_end(TEST_NOW + TTL + 1);
        core_touch(HOST);
        core_run();
        assert_int_equal(pdane_store_count(core.store), 2);
        pdane_host_surprised(core_touch(HOST), false, 0);
        core_tlsa(HOST_TLSA, core.leaf, PDANE_DNS_NO_RECORDS, false);
        core_run();
        assert_int_equal(pdane_store_count(core.store), 0);
        assert_int_equal(found_by_serial(old), 0);
        pdane_cert_unref(old);
}

static void
withdrawn_at_renewal(void **state)
{
        (void)state;
        struct pdane_cert *old = first_lookup();
        core_tlsa(HOST_TLSA, core.leaf, PDANE_DNS_NO_RECORDS, false);
        core_touch(HOST);
        core_run();
        assert_int_equal(pdane_store_count(core.store), 0);
        assert_int_equal(found_by_serial(old), 0);
        pdane_cert_unref(old);
}

/* The network is away: the evidence holds until its end and no longer, and is tried again soon. */
static void
renewal_fails(void **state)
{
        (void)state;
        struct pdane_cert *old = first_lookup();
        fake_prober_set(NULL, 0);
        core_touch(HOST);
        core_run();
        assert_int_equal(found_by_serial(old), 1);
        assert_false(pdane_host_failed(core_touch(HOST)));
        assert_int_equal(fake_resolver_count(HOST_TLSA, TYPE_TLSA), 2);
        fake_clock_advance(PDANE_RENEW_S);
        assert_int_equal(found_by_serial(core.leaf), 0);
        assert_true(pdane_host_running(core_touch(HOST)));
        core_run();
        assert_int_equal(found_by_serial(core.leaf), 0);
        assert_int_equal(fake_resolver_count(HOST_TLSA, TYPE_TLSA), 3);
        pdane_cert_unref(old);
}

/* A renewal that brings nothing later is not repeated without pause. */
static void
nothing_later(void **state)
{
        (void)state;
        struct pdane_cert *old = first_lookup();
        fake_resolver_set_signed(HOST_TLSA, TYPE_TLSA, TEST_NOW + TTL);
        for (int i = 0; i < 5; i++) {
                core_touch(HOST);
                core_run();
        }
        assert_int_equal(fake_resolver_count(HOST_TLSA, TYPE_TLSA), 2);
        assert_int_equal(pdane_store_count(core.store), 1);
        assert_int_equal(found_by_serial(old), 1);
        pdane_cert_unref(old);
}

/* With time left, looking again changes nothing that clients know. */
static void
stable_while_valid(void **state)
{
        (void)state;
        struct pdane_host *h = core_touch(HOST);
        core_run();
        struct pdane_cert *old = shown_anchor();
        fake_clock_advance(60);
        set_dns_end(TEST_NOW + 2 * TTL);
        pdane_host_surprised(h, false, 0);
        core_run();
        struct pdane_cert *now = shown_anchor();
        assert_true(pdane_bytes_equal(pdane_cert_der(old), pdane_cert_der(now)));
        assert_int_equal(pdane_store_count(core.store), 1);
        pdane_cert_unref(old);
        pdane_cert_unref(now);
}

/* Another network: what failed on the way is tried at once; what DNS or the server said is not, and
 * evidence stays. */
static void
another_network(void **state)
{
        static const enum pdane_dns_verdict on_the_way[] = {PDANE_DNS_BOGUS, PDANE_DNS_TIMEOUT,
                                                            PDANE_DNS_UNREACHABLE};
        unsigned asked = 0;
        (void)state;
        for (size_t i = 0; i < 3; i++) {
                core_tlsa(HOST_TLSA, core.leaf, on_the_way[i], false);
                core_touch(HOST);
                core_run();
                assert_false(pdane_host_running(core_touch(HOST)));
                pdane_hosts_try_again(core.hosts);
                assert_int_equal(fake_resolver_count(HOST_TLSA, TYPE_TLSA), ++asked);
        }
        core_tlsa(HOST_TLSA, core.leaf, PDANE_DNS_SECURE, false);
        core_touch(HOST);
        core_run();
        assert_int_equal(core_found(), 1);
        pdane_hosts_try_again(core.hosts);
        assert_false(pdane_host_running(core_touch(HOST)));
        assert_int_equal(core_found(), 1);

        core_tlsa("_443._tcp.none.test", core.leaf, PDANE_DNS_NO_RECORDS, false);
        core_address("none.test");
        core_touch("none.test");
        core_run();
        pdane_hosts_try_again(core.hosts);
        assert_false(pdane_host_running(core_touch("none.test")));
}

/* A watched host is not waited for until somebody asks. */
static void
another_network_watched(void **state)
{
        struct pdane_name name;
        (void)state;
        assert_int_equal(pdane_name_parse(HOST, strlen(HOST), &name), 0);
        core_tlsa(HOST_TLSA, core.leaf, PDANE_DNS_UNREACHABLE, false);
        assert_int_equal(pdane_hosts_watch(core.hosts, &name, 443), 0);
        core_run();
        core_tlsa(HOST_TLSA, core.leaf, PDANE_DNS_SECURE, false);
        pdane_hosts_try_again(core.hosts);
        core_run();
        assert_int_equal(core_found(), 1);
}

/* The server changed its certificate within the old one's TTL: looked up again when a client met
 * it, but not too often. */
static void
surprised(void **state)
{
        (void)state;
        struct pdane_host *h = core_touch(HOST);
        core_run();
        pdane_host_surprised(
                h, true, 5000); /* right after the first lookup: a server may show either of two */
        assert_true(pdane_host_running(h));
        core_run();
        pdane_host_surprised(h, true, 5000);
        assert_false(pdane_host_running(h));
        fake_clock_advance(5);
        pdane_host_surprised(h, true, 5000);
        assert_true(pdane_host_running(h));
        core_run();
        assert_int_equal(core_found(), 1);
}

/* A certificate that has nothing to do with the host, and one that names it a moment later: the
 * first does not use up the second's look. */
static void
surprised_twice(void **state)
{
        (void)state;
        struct pdane_host *h = core_touch(HOST);
        core_run();
        pdane_host_surprised(h, false, PDANE_HINTED_PAUSE_MS);
        assert_true(pdane_host_running(h));
        core_run();
        pdane_host_surprised(h, false, PDANE_HINTED_PAUSE_MS);
        assert_false(pdane_host_running(h));
        pdane_host_surprised(h, true, 5000);
        assert_true(pdane_host_running(h));
        core_run();
        pdane_host_surprised(h, true, 5000);
        assert_false(pdane_host_running(h));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, core_setup, core_teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(surprised),
                TEST(surprised_twice),
                TEST(ahead_of_its_end),
                TEST(ahead_of_its_end_unseen),
                TEST(withdrawn_while_superseded),
                TEST(withdrawn_at_renewal),
                TEST(renewal_fails),
                TEST(nothing_later),
                TEST(stable_while_valid),
                TEST(another_network),
                TEST(another_network_watched),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
