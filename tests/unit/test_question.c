/* SPDX-License-Identifier: BSD-3-Clause */
/* Who waits, for what, and what comes of it. */
#include "question_fixture.h"

/* A certificate whose DN names nobody. */
static void
serve_nameless(void)
{
        struct test_spec spec = {.dns = TEST_LIST(HOST), .bc = TEST_BC_FALSE, .serial = 8};
        core_serve(&spec);
}

/* The probe ends, and with it the wait. */
static void
release_and_wait(void)
{
        fake_prober_release();
        run_until_done();
}

static void
cold_then_warm(void **state)
{
        struct pdane_answer a;
        (void)state;
        assert_false(ask(question(), &a));
        assert_int_equal(wait_ms, 4000);
        run_until_done();
        assert_int_equal(late.n_items, 1);
        done_count = 0;
        assert_true(ask(question(), &a));
        assert_int_equal(a.n_items, 1);
        assert_int_equal(a.items[0].trust, PDANE_TRUST_PEER);
}

static void
names_nobody(void **state)
{
        static const uint8_t dn[] = {0x30, 0x00};
        struct pdane_answer a;
        struct pdane_question q = question();
        (void)state;
        q.issuer = (struct pdane_bytes){dn, sizeof dn};
        assert_true(ask(q, &a));
        assert_int_equal(a.n_items, 0);
        assert_int_equal(pdane_hosts_count(core.hosts), 0);
}

/* A certificate with the good site's names but another serial: the lookup is waited for, and does
 * not help it. */
static void
another_serial(void **state)
{
        static const uint8_t serial[] = {0x02, 0x01, 0x55};
        struct pdane_answer a;
        struct pdane_question q = question();
        (void)state;
        q.serial = (struct pdane_bytes){serial, sizeof serial};
        assert_false(ask(q, &a));
        run_until_done();
        assert_int_equal(late.n_items, 0);
        assert_int_equal(core_found(), 1);
}

static void
many_wait_for_one(void **state)
{
        struct pdane_waiting *w[20];
        struct pdane_question q = question();
        (void)state;
        for (size_t i = 0; i < 20; i++) {
                assert_int_equal(pdane_question_ask(&env, ME, &q, reply, sizeof reply, &reply_len,
                                                    &w[i], &wait_ms, on_done, NULL),
                                 0);
                assert_non_null(w[i]);
        }
        for (int i = 0; i < 1000 && done_count < 20; i++)
                event_base_loop(core.base, EVLOOP_ONCE);
        assert_int_equal(done_count, 20);
        core_run();
        assert_int_equal(fake_prober_count(), 1); /* one lookup; its record names what was shown */
}

/* The answer to "is there TLSA?" does not come: the question ends by itself, with nothing. */
static void
name_deadline(void **state)
{
        struct pdane_answer a;
        (void)state;
        env.name_deadline_ms = 20;
        fake_resolver_hold(HOST_TLSA, TYPE_TLSA);
        assert_false(ask(question(), &a));
        core_run();
        assert_int_equal(done_count, 0);
        fake_clock_advance(1);
        run_until_done();
        assert_int_equal(late.n_items, 0);
}

/* With secure TLSA known the longer deadline holds. */
static void
tlsa_deadline(void **state)
{
        struct pdane_answer a;
        (void)state;
        env.name_deadline_ms = 20;
        fake_prober_hold(true);
        assert_false(ask(question(), &a));
        core_run();
        fake_clock_advance(2); /* past the name deadline, within the other */
        core_run();
        assert_int_equal(done_count, 0);
        release_and_wait();
        assert_int_equal(late.n_items, 1);
}

static void
insecure_is_answered_at_once(void **state)
{
        struct pdane_answer a;
        (void)state;
        fake_resolver_set(HOST, TYPE_A, PDANE_DNS_INSECURE, TEST_NOW + TTL, false, NULL, 0);
        assert_false(ask(question(), &a));
        run_until_done();
        assert_int_equal(late.n_items, 0);
        done_count = 0;
        assert_true(ask(question(), &a)); /* known by now */
        assert_int_equal(a.n_items, 0);
}

/* The watch list makes up for a DN that names nobody. */
/* A new certificate behind known evidence: the question for it brings a new lookup, and is answered
 * right. */
static void
rotated(void **state)
{
        struct test_spec spec = {
                .cn = HOST, .dns = TEST_LIST(HOST), .bc = TEST_BC_FALSE, .serial = 0x77};
        struct pdane_answer a;
        (void)state;
        assert_false(ask(question(), &a));
        run_until_done();
        done_count = 0;
        core_run();
        core_serve(&spec); /* the same key: its record matches both */
        fake_clock_advance(5);
        assert_false(ask(question(), &a));
        run_until_done();
        assert_int_equal(late.n_items, 1);
        assert_int_equal(pdane_store_count(core.store), 2);
}

/* Firefox can not be told of a CA:TRUE leaf: that there is nothing to say is no reason to look
 * again. */
static void
known_but_unspeakable(void **state)
{
        struct test_spec spec = {
                .cn = HOST, .dns = TEST_LIST(HOST), .bc = TEST_BC_TRUE, .serial = 0x77};
        struct pdane_answer a;
        (void)state;
        core_serve(&spec);
        struct pdane_question q = question();
        q.client = PDANE_CLIENT_MOZPKIX;
        assert_false(ask(q, &a));
        run_until_done();
        assert_int_equal(late.n_items, 0);
        done_count = 0;
        core_run();
        fake_clock_advance(60);
        assert_true(ask(q, &a));
        assert_int_equal(a.n_items, 0);
}

static void
watched(void **state)
{
        struct pdane_name name;
        struct pdane_answer a;
        (void)state;
        serve_nameless();
        assert_int_equal(pdane_host_parse(HOST, strlen(HOST), &name), 0);
        fake_prober_hold(true);
        assert_int_equal(pdane_hosts_watch(core.hosts, &name, 443), 0);
        core_run();
        assert_false(ask(question(), &a));
        release_and_wait();
        assert_int_equal(late.n_items, 1);
}

/* Its evidence has run out and is being renewed: no gap in which it is refused. */
static void
watched_and_renewed(void **state)
{
        struct pdane_name name;
        struct pdane_answer a;
        (void)state;
        serve_nameless();
        assert_int_equal(pdane_host_parse(HOST, strlen(HOST), &name), 0);
        assert_int_equal(pdane_hosts_watch(core.hosts, &name, 443), 0);
        core_run();
        assert_int_equal(core_found(), 1);
        fake_clock_advance(TTL);
        fake_resolver_set_not_after(HOST_TLSA, TYPE_TLSA, TEST_NOW + 2 * TTL);
        fake_prober_hold(true);
        assert_int_equal(pdane_hosts_watch(core.hosts, &name, 443), 0);
        core_run();
        assert_false(ask(question(), &a));
        release_and_wait();
        assert_int_equal(late.n_items, 1);
}

/* A watched host that never answers is waited for by nobody after its first lookup. */
static void
watched_but_dead(void **state)
{
        static const uint8_t dn[] = {0x30, 0x00};
        struct pdane_name name;
        struct pdane_answer a;
        struct pdane_question q = question();
        (void)state;
        q.issuer = (struct pdane_bytes){dn, sizeof dn};
        fake_prober_set(NULL, 0);
        assert_int_equal(pdane_host_parse(HOST, strlen(HOST), &name), 0);
        assert_int_equal(pdane_hosts_watch(core.hosts, &name, 443), 0);
        core_run();
        fake_clock_advance(1000);
        fake_prober_hold(true);
        assert_true(pdane_host_running(core_touch(HOST)));
        core_run();
        assert_true(ask(q, &a));
        assert_int_equal(a.n_items, 0);
}

/* A DN that names nobody: what this user's programs looked up makes up for it, what another's did
 * does not. */
static void
hinted(void **state)
{
        struct pdane_answer a;
        (void)state;
        serve_nameless();
        fake_prober_hold(true);
        hint(ME, HOST, false);
        assert_null(waiting);
        core_run();
        struct pdane_question q = question();
        assert_int_equal(pdane_question_ask(&env, OTHER_USER, &q, reply, sizeof reply, &reply_len,
                                            &waiting, &wait_ms, on_done, NULL),
                         0);
        assert_null(waiting);
        assert_false(ask(question(), &a));
        release_and_wait();
        assert_int_equal(late.n_items, 1);
}

static void
hint_runs_out(void **state)
{
        struct pdane_answer a;
        (void)state;
        serve_nameless();
        fake_prober_hold(true);
        hint(ME, HOST, false);
        fake_clock_advance(30);
        assert_true(ask(question(), &a));
        assert_int_equal(a.n_items, 0);
}

static void
hint_that_waits(void **state)
{
        (void)state;
        fake_prober_hold(true);
        hint(ME, HOST, true);
        assert_non_null(waiting);
        core_run();
        assert_int_equal(done_count, 0);
        release_and_wait();
        assert_int_equal(core_found(), 1);
        done_count = 0;
        hint(ME, HOST, true);
        assert_null(waiting); /* known */

        fake_resolver_set("plain.test", TYPE_A, PDANE_DNS_INSECURE, TEST_NOW + TTL, false, NULL, 0);
        hint(ME, "plain.test", true);
        run_until_done();
}

/*
 * Two hosts below one CA: while the second one's lookup is under way, a question for the CA is not
 * answered with the first one's anchor alone.
 */
static void
second_host_below_one_ca(void **state)
{
        X509 *ca_x =
                test_x509(&(struct test_spec){.cn = "CA", .bc = TEST_BC_TRUE, .key = test_key(1)});
        struct test_spec one = {
                .cn = HOST, .dns = TEST_LIST(HOST), .signer = ca_x, .signer_key = test_key(1)};
        struct test_spec two = {.cn = "two.test",
                                .dns = TEST_LIST("two.test"),
                                .signer = ca_x,
                                .signer_key = test_key(1)};
        struct pdane_cert *second = test_cert(&two);
        struct pdane_cert *chain[2] = {test_cert(&one), test_cert_take(ca_x)};
        struct pdane_question q = {.client = PDANE_CLIENT_NSS,
                                   .subject = pdane_cert_subject(chain[1])};
        uint8_t rdata[35] = {2, 1, 1};
        struct pdane_answer a;
        (void)state;
        core_spki_sha256(chain[1], rdata + 3);
        fake_resolver_set(HOST_TLSA, TYPE_TLSA, PDANE_DNS_SECURE, TEST_NOW + TTL, false, rdata,
                          sizeof rdata);
        fake_resolver_set("_443._tcp.two.test", TYPE_TLSA, PDANE_DNS_SECURE, TEST_NOW + TTL, false,
                          rdata, sizeof rdata);
        core_address("two.test");
        fake_prober_set(chain, 2);
        hint(ME, HOST, false);
        core_run();
        assert_true(ask(q, &a));
        assert_int_equal(a.n_items, 1);

        struct pdane_cert *chain2[2] = {second, chain[1]};
        fake_prober_set(chain2, 2);
        fake_prober_hold(true);
        hint(ME, "two.test", false);
        core_run();
        assert_false(ask(q, &a));
        release_and_wait();
        assert_int_equal(late.n_items, 1);
        assert_non_null(memmem(late.items[0].value.data, late.items[0].value.len, "two.test", 8));
        assert_non_null(
                memmem(late.items[0].value.data, late.items[0].value.len, HOST, strlen(HOST)));
        pdane_cert_unref(chain[0]);
        pdane_cert_unref(chain[1]);
        pdane_cert_unref(second);
}

static void
cancelled(void **state)
{
        struct pdane_answer a;
        (void)state;
        assert_false(ask(question(), &a));
        pdane_waiting_cancel(waiting);
        pdane_waiting_cancel(NULL);
        core_run();
        assert_int_equal(done_count, 0);
        assert_int_equal(core_found(), 1); /* the lookup itself went on */
}

/* By value, as Chromium asks, and by subject, as GnuTLS does. */
static void
other_ways_to_ask(void **state)
{
        struct test_spec spec = {.cn = HOST, .dns = TEST_LIST(HOST), .serial = 0x77};
        struct pdane_answer a;
        (void)state;
        core_serve(&spec);
        struct pdane_question by_value = {.client = PDANE_CLIENT_CHROMIUM,
                                          .value = pdane_cert_der(core.leaf)};
        assert_false(ask(by_value, &a));
        run_until_done();
        assert_int_equal(late.n_items, 1);
        done_count = 0;
        struct pdane_question by_subject = {.client = PDANE_CLIENT_GNUTLS,
                                            .subject = pdane_cert_subject(core.leaf)};
        assert_true(ask(by_subject, &a));
        assert_int_equal(a.n_items, 1);
        assert_true(a.items[0].flags & PDANE_ITEM_AUTHORITY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, question_setup, core_teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(cold_then_warm),
                TEST(names_nobody),
                TEST(another_serial),
                TEST(many_wait_for_one),
                TEST(name_deadline),
                TEST(tlsa_deadline),
                TEST(insecure_is_answered_at_once),
                TEST(rotated),
                TEST(known_but_unspeakable),
                TEST(watched),
                TEST(watched_and_renewed),
                TEST(watched_but_dead),
                TEST(hinted),
                TEST(hint_runs_out),
                TEST(hint_that_waits),
                TEST(second_host_below_one_ca),
                TEST(cancelled),
                TEST(other_ways_to_ask),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
