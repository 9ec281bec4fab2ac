/* SPDX-License-Identifier: BSD-3-Clause */
#include "certs.h"
#include "daemon/answer.h"
#include "test.h"

static struct pdane_store *store;
static struct pdane_merger *merger;
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
        pdane_answer_build(store, merger, &q, true, TEST_NOW, set);
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
        pdane_answer_build(store, merger, &q, false, TEST_NOW, &s);
        assert_int_equal(s.answer.n_items, 1);
        assert_false(s.answer.items[0].flags & PDANE_ITEM_LEGACY_SHA1);
        pdane_answer_build(store, merger, &q, true, TEST_NOW, &s);
        assert_true(s.answer.items[0].flags & PDANE_ITEM_LEGACY_SHA1);
        pdane_answer_build(store, merger, &q, true, TEST_NOW + 90, &s);
        assert_int_equal(s.answer.remember_s, 10);
        pdane_answer_build(store, merger, &q, true, TEST_NOW + 100, &s);
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

/* Evidence for a host below the CA that key 1 is. */
static struct pdane_evidence *
below(const char *host, int64_t not_after)
{
        X509 *ca = test_x509(&(struct test_spec){
                .cn = "CA", .bc = TEST_BC_TRUE, .key = test_key(1), .key_id = true});
        struct test_spec spec = {
                .cn = host, .dns = TEST_LIST(host), .signer = ca, .signer_key = test_key(1)};
        struct pdane_cert *leaf = test_cert(&spec);
        struct pdane_decision d = {.reason = PDANE_REASON_ACCEPTED,
                                   .not_after = not_after,
                                   .authority = test_cert_take(ca)};
        struct pdane_evidence *made = NULL;
        assert_int_equal(pdane_evidence_new(host, 443, leaf, &d, TEST_NOW, &made), 0);
        assert_int_equal(pdane_store_add(store, made), 0);
        pdane_decision_clear(&d);
        pdane_cert_unref(leaf);
        return made;
}

static struct pdane_answer_set
ask_for_ca(enum pdane_client client, int64_t now)
{
        struct pdane_answer_set set;
        struct pdane_question q = {.client = client,
                                   .subject = pdane_cert_subject(pdane_evidence_signer(e))};
        pdane_answer_build(store, merger, &q, true, now, &set);
        return set;
}

static bool
permits(struct pdane_bytes der, const char *name)
{
        return memmem(der.data, der.len, name, strlen(name)) != NULL;
}

/* Two hosts, one CA: one anchor for both, the same bytes each time, found by all that a client asks
 * with. */
static void
shared_authority(void **state)
{
        static uint8_t first[PDANE_CERT_MAX];
        (void)state;
        e = below("a.test", TEST_NOW + 100);
        struct pdane_answer_set alone = ask_for_ca(PDANE_CLIENT_GNUTLS, TEST_NOW);
        assert_int_equal(alone.answer.n_items, 1);
        assert_true(pdane_bytes_equal(alone.answer.items[0].value, pdane_cert_der(e->anchor)));

        struct pdane_evidence *b = below("b.test", TEST_NOW + 60);
        for (int client = PDANE_CLIENT_MOZPKIX; client <= PDANE_CLIENT_LAST; client++) {
                struct pdane_answer_set s = ask_for_ca((enum pdane_client)client, TEST_NOW);
                assert_int_equal(s.answer.n_items, 1);
                struct pdane_bytes der = s.answer.items[0].value;
                assert_true(permits(der, "a.test") && permits(der, "b.test"));
                assert_int_equal(s.answer.items[0].expires_s, 60);
                if (client == PDANE_CLIENT_MOZPKIX)
                        memcpy(first, der.data, der.len);
                else
                        assert_memory_equal(first, der.data, der.len);
        }
        struct pdane_answer_set s = ask_for_ca(PDANE_CLIENT_MOZPKIX, TEST_NOW);
        struct pdane_question again = {.client = PDANE_CLIENT_MOZPKIX,
                                       .issuer = s.answer.items[0].issuer,
                                       .serial = s.answer.items[0].serial};
        struct pdane_answer_set t;
        ask(again, &t);
        assert_int_equal(t.answer.n_items, 1);
        assert_int_equal(t.answer.items[0].trust, PDANE_TRUST_ANCHOR);
        again = (struct pdane_question){.client = PDANE_CLIENT_CHROMIUM,
                                        .value = s.answer.items[0].value};
        ask(again, &t);
        assert_int_equal(t.answer.n_items, 1);

        /* One of them has run out: the other stands alone again. */
        s = ask_for_ca(PDANE_CLIENT_NSS, TEST_NOW + 60);
        assert_int_equal(s.answer.n_items, 1);
        assert_false(permits(s.answer.items[0].value, "b.test"));
        pdane_store_remove(store, b);
        pdane_evidence_unref(b);
}

/* One host's name lies below another's: one anchor for both would permit their neighbours too. */
static void
nested_hosts(void **state)
{
        (void)state;
        e = below("a.test", TEST_NOW + 100);
        struct pdane_evidence *b = below("www.a.test", TEST_NOW + 100),
                              *c = below("b.test", TEST_NOW + 100);
        struct pdane_answer_set s = ask_for_ca(PDANE_CLIENT_NSS, TEST_NOW);
        assert_int_equal(s.answer.n_items, 2);
        for (size_t i = 0; i < 2; i++) {
                struct pdane_bytes der = s.answer.items[i].value;
                bool upper = !permits(der, "www.a.test");
                assert_int_equal(permits(der, ".a.test"),
                                 true); /* excluded, or part of www.a.test */
                assert_int_equal(upper && permits(der, "\x82\x07.a.test"), upper);
        }
        pdane_store_remove(store, b);
        pdane_store_remove(store, c);
        pdane_evidence_unref(b);
        pdane_evidence_unref(c);
}

/* A host withdraws its records: the anchor that was good for it too is gone at once, by whatever it
 * is asked for. */
static void
withdrawn_from_shared(void **state)
{
        static uint8_t value[PDANE_CERT_MAX];
        (void)state;
        e = below("a.test", TEST_NOW + 100);
        struct pdane_evidence *b = below("b.test", TEST_NOW + 100);
        struct pdane_answer_set s = ask_for_ca(PDANE_CLIENT_CHROMIUM, TEST_NOW);
        struct pdane_bytes der = s.answer.items[0].value;
        memcpy(value, der.data, der.len);
        struct pdane_question q = {.client = PDANE_CLIENT_CHROMIUM, .value = {value, der.len}};
        ask(q, &s);
        assert_int_equal(s.answer.n_items, 1);
        pdane_store_remove(store, b);
        ask(q, &s);
        assert_int_equal(s.answer.n_items, 0);
        s = ask_for_ca(PDANE_CLIENT_CHROMIUM, TEST_NOW);
        assert_int_equal(s.answer.n_items, 1);
        assert_false(permits(s.answer.items[0].value, "b.test"));
        pdane_evidence_unref(b);
}

/* More hosts than one anchor has room for: several anchors, each host in one of them. */
static void
many_below_one_authority(void **state)
{
        enum { HOSTS = PDANE_CERT_NAMES_MAX + 20 };
        static struct pdane_evidence *all[HOSTS];
        char host[32];
        (void)state;
        for (unsigned i = 0; i < HOSTS; i++) {
                snprintf(host, sizeof host, "host-%03u.test", i);
                all[i] = below(host, TEST_NOW + 100);
        }
        e = pdane_evidence_ref(all[0]);
        struct pdane_answer_set s = ask_for_ca(PDANE_CLIENT_NSS, TEST_NOW);
        assert_int_equal(s.answer.n_items, 2);
        for (unsigned i = 0; i < HOSTS; i++) {
                snprintf(host, sizeof host, "host-%03u.test", i);
                assert_true(permits(s.answer.items[0].value, host) !=
                            permits(s.answer.items[1].value, host));
        }
        for (unsigned i = 1; i < HOSTS; i++) {
                pdane_store_remove(store, all[i]);
                pdane_evidence_unref(all[i]);
        }
        pdane_evidence_unref(all[0]);
}

static int
setup(void **state)
{
        (void)state;
        return pdane_store_new(&store) < 0 ? -1 : pdane_merger_new(store, &merger);
}

static int
teardown(void **state)
{
        (void)state;
        pdane_store_remove(store, e);
        pdane_evidence_unref(e);
        pdane_merger_free(merger);
        pdane_store_free(store);
        return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {TEST(firefox),
                                           TEST(firefox_gets_no_ca),
                                           TEST(chromium),
                                           TEST(gnutls),
                                           TEST(legacy_hash_is_a_choice),
                                           TEST(full_answer),
                                           TEST(shared_authority),
                                           TEST(nested_hosts),
                                           TEST(withdrawn_from_shared),
                                           TEST(many_below_one_authority)};
        return cmocka_run_group_tests(tests, NULL, NULL);
}
