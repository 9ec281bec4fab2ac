/* SPDX-License-Identifier: BSD-3-Clause */
/* How long questions wait: all those about one lookup together. */
#include "question_fixture.h"

/* Another question about the same host does not get the whole time again. */
static void
one_budget_for_a_lookup(void **state)
{
        struct pdane_answer a;
        (void)state;
        fake_resolver_hold(HOST_TLSA, TYPE_TLSA);
        assert_false(ask(question(), &a));
        pdane_waiting_cancel(waiting);
        fake_clock_advance(1);
        assert_false(ask(question(), &a));
        pdane_waiting_cancel(waiting);
        fake_clock_advance(1); /* 2 s after its start */
        assert_true(ask(question(), &a));
        assert_int_equal(a.n_items, 0);
}

/* A DN that names nobody, so that only a hint tells the host. */
static void
serve_unnamed(void)
{
        struct test_spec spec = {.dns = TEST_LIST(HOST), .bc = TEST_BC_FALSE, .serial = 8};
        core_serve(&spec);
}

/*
 * The client that hinted was looking up the address itself meanwhile: its time begins with its
 * first question, and all of its questions share it.
 */
static void
hint_budget_begins_with_the_question(void **state)
{
        struct pdane_answer a;
        (void)state;
        env.hint_deadline_ms = 1500;
        serve_unnamed();
        fake_resolver_hold(HOST_TLSA, TYPE_TLSA);
        hint(ME, HOST, false);
        core_run();
        fake_clock_advance(5);
        hint(ME, HOST, false); /* again: nobody waits yet */
        fake_clock_advance(5);
        for (int i = 0; i < 2; i++) {
                assert_false(ask(question(), &a));
                pdane_waiting_cancel(waiting);
                fake_clock_advance(1);
        }
        assert_true(ask(question(), &a)); /* 2 s after the first question */
        assert_int_equal(a.n_items, 0);
}

/* The same for a host that the DN names as well, with the time that names have. */
static void
name_budget_begins_with_the_question(void **state)
{
        struct pdane_answer a;
        (void)state;
        fake_resolver_hold(HOST_TLSA, TYPE_TLSA);
        hint(ME, HOST, false);
        core_run();
        fake_clock_advance(5);
        assert_false(ask(question(), &a));
        pdane_waiting_cancel(waiting);
        fake_clock_advance(2);
        assert_true(ask(question(), &a));
        assert_int_equal(a.n_items, 0);
}

/*
 * A public CA's certificate names its host as the subject. Verifiers ask about the issuer first,
 * and what a later question names does not make the time longer than a hint's; an issuer's name
 * does, and so does a subject's when nobody has waited before.
 */
static void
subject_after_issuer(void **state)
{
        static const uint8_t ca[] = {0x30, 0x00};
        struct pdane_answer a;
        struct pdane_question issuer = {.client = PDANE_CLIENT_GNUTLS, .subject = {ca, sizeof ca}};
        struct pdane_question leaf = {.client = PDANE_CLIENT_GNUTLS,
                                      .subject = pdane_cert_subject(core.leaf)};
        (void)state;
        env.hint_deadline_ms = 500;
        fake_resolver_hold(HOST_TLSA, TYPE_TLSA);
        hint(ME, HOST, false);
        assert_false(ask(issuer, &a));
        pdane_waiting_cancel(waiting);
        fake_clock_advance(1);
        assert_true(ask(leaf, &a));
        assert_false(ask(question(), &a)); /* self-signed: its issuer's name */
        pdane_waiting_cancel(waiting);

        fake_resolver_set("other.test", TYPE_A, PDANE_DNS_TIMEOUT, 0, false, NULL, 0);
        struct test_spec spec = {.cn = "other.test", .dns = TEST_LIST("other.test"), .serial = 9};
        struct pdane_cert *other = test_cert(&spec);
        fake_resolver_hold("other.test", TYPE_A);
        leaf.subject = pdane_cert_subject(other);
        for (int i = 0; i < 2; i++) {
                assert_false(ask(leaf, &a)); /* the first question, and again */
                pdane_waiting_cancel(waiting);
                fake_clock_advance(i == 0);
        }
        pdane_cert_unref(other);
}

/* Each lookup has its time: that of the one before says nothing. */
static void
budget_of_the_next_lookup(void **state)
{
        struct pdane_answer a;
        (void)state;
        env.hint_deadline_ms = 1500;
        serve_unnamed();
        fake_resolver_set(HOST, TYPE_A, PDANE_DNS_TIMEOUT, 0, false, NULL, 0);
        hint(ME, HOST, false);
        assert_false(ask(question(), &a));
        run_until_done();
        done_count = 0;
        fake_clock_advance(20);
        fake_resolver_hold(HOST, TYPE_A);
        hint(ME, HOST, false); /* the next try */
        fake_clock_advance(5);
        assert_false(ask(question(), &a));
        pdane_waiting_cancel(waiting);
}

/* What a zone is known not to have is not waited for again. */
static void
hinted_without_tlsa(void **state)
{
        static const enum pdane_dns_verdict tlsa[] = {PDANE_DNS_NO_RECORDS, PDANE_DNS_INSECURE};
        struct pdane_answer a;
        (void)state;
        serve_unnamed();
        for (size_t i = 0; i < 2; i++) {
                if (tlsa[i] == PDANE_DNS_INSECURE)
                        fake_resolver_set(HOST, TYPE_A, PDANE_DNS_INSECURE, TEST_NOW + 10 * TTL,
                                          false, NULL, 0);
                fake_resolver_set(HOST_TLSA, TYPE_TLSA, tlsa[i], TEST_NOW + 10 * TTL, false, NULL,
                                  0);
                fake_clock_advance((int)i * 2 * TTL);
                hint(ME, HOST, false);
                assert_false(ask(question(), &a));
                run_until_done();
                assert_int_equal(late.n_items, 0);
                done_count = 0;
                hint(ME, HOST, false);
                assert_true(ask(question(), &a));
                assert_int_equal(a.n_items, 0);
        }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, question_setup, core_teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(one_budget_for_a_lookup),
                TEST(hint_budget_begins_with_the_question),
                TEST(name_budget_begins_with_the_question),
                TEST(subject_after_issuer),
                TEST(budget_of_the_next_lookup),
                TEST(hinted_without_tlsa),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
