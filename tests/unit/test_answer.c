/* SPDX-License-Identifier: BSD-3-Clause */
#include "certs.h"
#include "daemon/answer.h"
#include "test.h"

static struct pdane_store *store;
static struct pdane_evidence *e;

static void
keep(enum test_bc bc)
{
        struct test_spec spec = {
                .cn = "a.test", .dns = TEST_LIST("a.test"), .bc = bc, .serial = 0x4711};
        struct pdane_cert *leaf = test_cert(&spec);
        struct pdane_decision d = {.reason = PDANE_REASON_ACCEPTED, .not_after = TEST_NOW + 100};
        assert_int_equal(pdane_evidence_new("a.test", 443, leaf, &d, TEST_NOW, &e), 0);
        assert_int_equal(pdane_store_add(store, e), 0);
        pdane_cert_unref(leaf);
}

static struct pdane_question
by_serial(enum pdane_client client)
{
        return (struct pdane_question){.client = client,
                                       .issuer = pdane_cert_issuer(e->leaf),
                                       .serial = pdane_cert_serial(e->leaf)};
}

static struct pdane_question
by_subject(enum pdane_client client)
{
        return (struct pdane_question){.client = client, .subject = pdane_cert_subject(e->leaf)};
}

static void
ask(struct pdane_question q, struct pdane_answer_set *set)
{
        static uint8_t buf[PDANE_WIRE_MAX_REPLY];
        size_t len;
        pdane_answer_build(store, &q, true, TEST_NOW, set);
        /* Whatever is built must fit the wire. */
        assert_int_equal(pdane_answer_encode(&set->answer, buf, sizeof buf, &len), 0);
}

static void
firefox(void **state)
{
        struct pdane_answer_set s;
        (void)state;
        keep(TEST_BC_FALSE);
        ask(by_serial(PDANE_CLIENT_MOZPKIX), &s);
        assert_int_equal(s.answer.n_items, 1);
        assert_int_equal(s.answer.items[0].trust, PDANE_TRUST_ANCHOR);
        assert_false(s.answer.items[0].flags & PDANE_ITEM_CERTIFICATE);
        assert_int_equal(s.answer.remember_s, PDANE_REMEMBER_YES_S);
        assert_int_equal(s.answer.items[0].expires_s, 100);
        assert_memory_equal(s.answer.items[0].label.data, "DANE: a.test", 12);
        ask(by_subject(PDANE_CLIENT_MOZPKIX), &s);
        assert_int_equal(s.answer.items[0].flags & PDANE_ITEM_CERTIFICATE, 0);
}

/* What Firefox would let sign for anybody it is never told of. */
static void
firefox_gets_no_ca(void **state)
{
        struct pdane_answer_set s;
        (void)state;
        keep(TEST_BC_TRUE);
        ask(by_serial(PDANE_CLIENT_MOZPKIX), &s);
        assert_int_equal(s.answer.n_items, 0);
        assert_int_equal(s.answer.remember_s, PDANE_REMEMBER_NO_S);
}

static void
chromium(void **state)
{
        struct pdane_answer_set s;
        (void)state;
        keep(TEST_BC_TRUE);
        ask(by_serial(PDANE_CLIENT_CHROMIUM), &s);
        assert_int_equal(s.answer.n_items, 1);
        assert_int_equal(s.answer.items[0].trust, PDANE_TRUST_PEER);
        assert_true(s.answer.items[0].flags & PDANE_ITEM_CERTIFICATE);
}

static void
gnutls(void **state)
{
        struct pdane_answer_set s;
        (void)state;
        keep(TEST_BC_TRUE);
        ask(by_serial(PDANE_CLIENT_GNUTLS), &s);
        assert_int_equal(s.answer.n_items, 0);
        ask(by_subject(PDANE_CLIENT_GNUTLS), &s);
        assert_int_equal(s.answer.n_items, 1);
        assert_true(pdane_bytes_equal(s.answer.items[0].value, pdane_cert_der(e->anchor)));
        assert_int_equal(s.answer.items[0].flags,
                         PDANE_ITEM_CERTIFICATE | PDANE_ITEM_TRUSTED | PDANE_ITEM_AUTHORITY);
        assert_int_equal(s.answer.items[0].trust, PDANE_TRUST_NONE);
}

static void
legacy_hash_is_a_choice(void **state)
{
        struct pdane_answer_set s;
        (void)state;
        keep(TEST_BC_FALSE);
        struct pdane_question q = by_serial(PDANE_CLIENT_NSS);
        pdane_answer_build(store, &q, false, TEST_NOW, &s);
        assert_int_equal(s.answer.n_items, 1);
        assert_false(s.answer.items[0].flags & PDANE_ITEM_LEGACY_SHA1);
        pdane_answer_build(store, &q, true, TEST_NOW, &s);
        assert_true(s.answer.items[0].flags & PDANE_ITEM_LEGACY_SHA1);
        pdane_answer_build(store, &q, true, TEST_NOW + 90, &s);
        assert_int_equal(s.answer.remember_s, 10);
        pdane_answer_build(store, &q, true, TEST_NOW + 100, &s);
        assert_int_equal(s.answer.n_items, 0);
}

/* More evidence than an answer holds is cut, not overrun. */
static void
full_answer(void **state)
{
        struct pdane_evidence *more[PDANE_ANSWER_MAX_ITEMS + 2];
        struct pdane_answer_set s;
        (void)state;
        keep(TEST_BC_FALSE);
        struct pdane_decision d = {.reason = PDANE_REASON_ACCEPTED, .not_after = TEST_NOW + 100};
        for (size_t i = 0; i < PDANE_ANSWER_MAX_ITEMS + 2; i++) {
                assert_int_equal(pdane_evidence_new("a.test", 443, e->leaf, &d, TEST_NOW, &more[i]),
                                 0);
                assert_int_equal(pdane_store_add(store, more[i]), 0);
        }
        ask(by_serial(PDANE_CLIENT_NSS), &s);
        assert_int_equal(s.answer.n_items, PDANE_ANSWER_MAX_ITEMS);
        for (size_t i = 0; i < PDANE_ANSWER_MAX_ITEMS + 2; i++) {
                pdane_store_remove(store, more[i]);
                pdane_evidence_unref(more[i]);
        }
}

static int
setup(void **state)
{
        (void)state;
        return pdane_store_new(&store);
}

static int
teardown(void **state)
{
        (void)state;
        pdane_store_remove(store, e);
        pdane_evidence_unref(e);
        pdane_store_free(store);
        return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(firefox), TEST(firefox_gets_no_ca),      TEST(chromium),
                TEST(gnutls),  TEST(legacy_hash_is_a_choice), TEST(full_answer)};
        return cmocka_run_group_tests(tests, NULL, NULL);
}
