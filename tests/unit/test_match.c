/* SPDX-License-Identifier: BSD-3-Clause */
/* Chains against TLSA RRsets: what matches, where, by which record, and what never does. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>

#include "certs.h"
#include "test.h"

#define HOST "host.example"
#define WRONG32 "0000000000000000000000000000000000000000000000000000000000000000"

struct pki {
        X509 *leaf;                /* self-signed for HOST */
        X509 *ca, *middle, *under; /* ca signs middle, which signs under, a leaf for HOST */
};

static int
setup(void **state)
{
        static struct pki p;

        p.leaf = test_x509(
                &(struct test_spec){.cn = HOST, .dns = TEST_LIST(HOST), .bc = TEST_BC_FALSE});
        p.ca = test_x509(&(struct test_spec){
                .cn = "CA", .bc = TEST_BC_TRUE, .key = test_key(1), .key_id = true});
        p.middle = test_x509(&(struct test_spec){.cn = "Middle",
                                                 .bc = TEST_BC_TRUE,
                                                 .key = test_key(2),
                                                 .key_id = true,
                                                 .signer = p.ca,
                                                 .signer_key = test_key(1)});
        p.under = test_x509(&(struct test_spec){.cn = HOST,
                                                .dns = TEST_LIST(HOST),
                                                .bc = TEST_BC_FALSE,
                                                .key = test_key(3),
                                                .signer = p.middle,
                                                .signer_key = test_key(2)});
        *state = &p;
        return 0;
}

static int
teardown(void **state)
{
        struct pki *p = *state;

        X509_free(p->leaf);
        X509_free(p->ca);
        X509_free(p->middle);
        X509_free(p->under);
        return 0;
}

static void
chain_of(struct pdane_chain *ch, X509 *a, X509 *b, X509 *c)
{
        X509 *all[] = {a, b, c};

        ch->n = 0;
        for (size_t i = 0; i < 3 && all[i]; i++)
                assert_int_equal(pdane_cert_new_x509(all[i], &ch->certs[ch->n++]), 0);
}

static struct pdane_match
match_at(const struct pdane_chain *ch, const char *host, const struct pdane_tlsa_set *set,
         int64_t now)
{
        struct pdane_match m = {0};

        assert_int_equal(pdane_match_chain(ch, host, set, now, &m, NULL), 0);
        assert_int_equal(ERR_peek_error(), 0);
        if (m.reason != PDANE_REASON_ACCEPTED)
                assert_int_equal(m.depth, -1);
        return m;
}

static void
check(struct pdane_match m, enum pdane_reason reason, int depth, size_t record)
{
        assert_string_equal(pdane_reason_string(m.reason), pdane_reason_string(reason));
        assert_int_equal(m.depth, depth);
        assert_int_equal(m.record, record);
}

/* Matches once with set and the chain a, b, c, and frees set. */
static struct pdane_match
once_take(struct pdane_tlsa_set *set, X509 *a, X509 *b, X509 *c)
{
        struct pdane_chain ch;
        struct pdane_match m;

        chain_of(&ch, a, b, c);
        m = match_at(&ch, HOST, set, TEST_NOW);
        pdane_chain_clear(&ch);
        assert_int_equal(ch.n, 0);
        pdane_tlsa_set_free(set);
        return m;
}

static struct pdane_tlsa_set *
text_set(const char *const *records)
{
        struct pdane_tlsa_set *set = NULL;

        assert_int_equal(pdane_tlsa_set_new(&set), 0);
        for (; *records; records++)
                assert_int_equal(pdane_tlsa_set_add_text(set, *records), 0);
        return set;
}

static void
dane_ee_of_every_kind(void **state)
{
        struct pki *p = *state;

        for (uint8_t selector = 0; selector <= 1; selector++) {
                for (uint8_t matching = 0; matching <= 2; matching++) {
                        check(once_take(test_tlsa(p->leaf, 3, selector, matching), p->leaf, NULL,
                                        NULL),
                              PDANE_REASON_ACCEPTED, 0, 0);
                        check(once_take(test_tlsa(p->under, 3, selector, matching), p->under,
                                        p->middle, NULL),
                              PDANE_REASON_ACCEPTED, 0, 0);
                        check(once_take(test_tlsa(p->under, 3, selector, matching), p->leaf, NULL,
                                        NULL),
                              PDANE_REASON_NO_MATCH, -1, 0);
                }
        }
}

/* A record of usage 3 names the server's own certificate, not one above it. */
static void
dane_ee_is_for_the_leaf_only(void **state)
{
        struct pki *p = *state;

        check(once_take(test_tlsa(p->ca, 3, 1, 1), p->under, p->middle, p->ca),
              PDANE_REASON_NO_MATCH, -1, 0);
        check(once_take(test_tlsa(p->under, 3, 1, 1), p->leaf, p->under, NULL),
              PDANE_REASON_NO_MATCH, -1, 0);
}

/* RFC 7671 section 5.1. */
static void
dane_ee_looks_at_no_dates_and_no_names(void **state)
{
        X509 *x = test_x509(&(struct test_spec){.cn = "other.example",
                                                .dns = TEST_LIST("other.example"),
                                                .not_before = TEST_NOW - 9 * TEST_DAY,
                                                .not_after = TEST_NOW - 8 * TEST_DAY});
        X509 *client = test_x509(&(struct test_spec){.cn = HOST, .eku = "clientAuth"});

        (void)state;
        check(once_take(test_tlsa(x, 3, 1, 1), x, NULL, NULL), PDANE_REASON_ACCEPTED, 0, 0);
        check(once_take(test_tlsa(client, 3, 1, 1), client, NULL, NULL), PDANE_REASON_ACCEPTED, 0,
              0);
        X509_free(x);
        X509_free(client);
}

/* The strength of a key is for each client to judge. */
static void
dane_ee_has_no_opinion_of_keys(void **state)
{
        X509 *weak = test_x509(&(struct test_spec){.cn = HOST, .key = test_key_weak()});

        (void)state;
        check(once_take(test_tlsa(weak, 3, 1, 1), weak, NULL, NULL), PDANE_REASON_ACCEPTED, 0, 0);
        X509_free(weak);
}

static void
nothing_usable(void **state)
{
        struct pki *p = *state;
        X509 *leaf = p->leaf;

        check(once_take(text_set(TEST_LIST(NULL)), leaf, NULL, NULL), PDANE_REASON_UNUSABLE, -1, 0);
        check(once_take(test_tlsa(leaf, 0, 1, 1), leaf, NULL, NULL), PDANE_REASON_UNUSABLE, -1, 0);
        check(once_take(test_tlsa(leaf, 1, 1, 1), leaf, NULL, NULL), PDANE_REASON_UNUSABLE, -1, 0);
        check(once_take(test_tlsa(leaf, 4, 1, 1), leaf, NULL, NULL), PDANE_REASON_UNUSABLE, -1, 0);
        check(once_take(text_set(TEST_LIST("3 9 1 " WRONG32, "3 1 9 " WRONG32, "3 1 1 00",
                                           "3 1 2 " WRONG32)),
                        leaf, NULL, NULL),
              PDANE_REASON_UNUSABLE, -1, 0);
        /* Usable in form, but OpenSSL finds no certificate or key in it. */
        check(once_take(text_set(TEST_LIST("3 0 0 0102", "3 1 0 3000")), leaf, NULL, NULL),
              PDANE_REASON_UNUSABLE, -1, 0);
}

static void
unusable_records_do_not_spoil_the_set(void **state)
{
        struct pki *p = *state;
        struct pdane_tlsa_set *set = text_set(
                TEST_LIST("3 0 0 0102", "3 9 1 " WRONG32, "3 1 1 " WRONG32, "1 1 1 " WRONG32));

        test_tlsa_add(set, p->leaf, 3, 1, 1);
        test_tlsa_add(set, p->leaf, 3, 0, 1);
        check(once_take(set, p->leaf, NULL, NULL), PDANE_REASON_ACCEPTED, 0, 4);
}

/* RFC 7671 section 9: where there is a stronger digest, the weaker ones do not count. */
static void
digest_agility(void **state)
{
        struct pki *p = *state;
        struct pdane_tlsa_set *set = test_tlsa(p->under, 3, 1, 2);

        test_tlsa_add(set, p->leaf, 3, 1, 1);
        check(once_take(set, p->leaf, NULL, NULL), PDANE_REASON_NO_MATCH, -1, 0);
        set = test_tlsa(p->under, 3, 1, 1);
        test_tlsa_add(set, p->leaf, 3, 1, 2);
        check(once_take(set, p->leaf, NULL, NULL), PDANE_REASON_ACCEPTED, 0, 1);
        /* Per selector: the digest over the certificate stands for itself. */
        set = test_tlsa(p->under, 3, 1, 2);
        test_tlsa_add(set, p->leaf, 3, 0, 1);
        check(once_take(set, p->leaf, NULL, NULL), PDANE_REASON_ACCEPTED, 0, 1);
}

static void
dane_ta(void **state)
{
        struct pki *p = *state;
        struct pdane_tlsa_set *set;

        check(once_take(test_tlsa(p->ca, 2, 1, 1), p->under, p->middle, p->ca),
              PDANE_REASON_ACCEPTED, 2, 0);
        check(once_take(test_tlsa(p->middle, 2, 0, 1), p->under, p->middle, NULL),
              PDANE_REASON_ACCEPTED, 1, 0);
        check(once_take(test_tlsa(p->ca, 2, 0, 0), p->under, p->middle, NULL),
              PDANE_REASON_ACCEPTED, 2, 0);
        check(once_take(test_tlsa(p->ca, 2, 0, 1), p->under, p->middle, NULL),
              PDANE_REASON_NO_MATCH, -1, 0);
        check(once_take(test_tlsa(p->ca, 2, 1, 1), p->leaf, p->ca, NULL), PDANE_REASON_NO_MATCH, -1,
              0);
        /* With both, the leaf's own record comes first. */
        set = test_tlsa(p->ca, 2, 1, 1);
        test_tlsa_add(set, p->under, 3, 1, 1);
        check(once_take(set, p->under, p->middle, p->ca), PDANE_REASON_ACCEPTED, 0, 1);
        /* The CA is there, the certificate that it should have signed is not its. */
        check(once_take(test_tlsa(p->middle, 2, 1, 1), p->under, p->ca, NULL),
              PDANE_REASON_NO_MATCH, -1, 0);
}

static struct pdane_match
dane_ta_at(struct pki *p, const char *host, int64_t now)
{
        struct pdane_tlsa_set *set = test_tlsa(p->ca, 2, 1, 1);
        struct pdane_chain ch;
        struct pdane_match m;

        chain_of(&ch, p->under, p->middle, p->ca);
        m = match_at(&ch, host, set, now);
        pdane_chain_clear(&ch);
        pdane_tlsa_set_free(set);
        return m;
}

/* RFC 7671 section 5.2: here names and dates count. */
static void
dane_ta_looks_at_names_and_dates(void **state)
{
        struct pki *p = *state;
        struct pdane_match m;

        check(dane_ta_at(p, HOST, TEST_NOW), PDANE_REASON_ACCEPTED, 2, 0);
        m = dane_ta_at(p, "other.example", TEST_NOW);
        check(m, PDANE_REASON_NAME_MISMATCH, -1, 0);
        assert_int_equal(m.openssl_error, X509_V_ERR_HOSTNAME_MISMATCH);
        m = dane_ta_at(p, HOST, TEST_NOW + 366 * TEST_DAY);
        check(m, PDANE_REASON_CHAIN_ERROR, -1, 0);
        assert_int_equal(m.openssl_error, X509_V_ERR_CERT_HAS_EXPIRED);
        check(dane_ta_at(p, HOST, TEST_NOW - 2 * TEST_DAY), PDANE_REASON_CHAIN_ERROR, -1, 0);
}

/* A usage 2 record never makes a leaf that cannot sign into an authority. */
static void
dane_ta_signer_must_be_a_ca(void **state)
{
        struct pki *p = *state;
        X509 *x = test_x509(&(struct test_spec){.cn = "x",
                                                .dns = TEST_LIST(HOST),
                                                .key = test_key(4),
                                                .signer = p->leaf,
                                                .signer_key = test_key(0)});

        assert_int_not_equal(once_take(test_tlsa(p->leaf, 2, 1, 1), x, p->leaf, NULL).reason,
                             PDANE_REASON_ACCEPTED);
        X509_free(x);
}

/* Nothing is believed but the TLSA records: not a root in the chain, and not the machine's store.
 */
static void
no_other_trust(void **state)
{
        struct pki *p = *state;
        X509 *root = test_x509(
                &(struct test_spec){.cn = HOST, .dns = TEST_LIST(HOST), .bc = TEST_BC_TRUE});

        setenv("SSL_CERT_DIR", "/etc/ssl/certs", 1);
        check(once_take(text_set(TEST_LIST("3 1 1 " WRONG32)), root, NULL, NULL),
              PDANE_REASON_NO_MATCH, -1, 0);
        check(once_take(text_set(TEST_LIST("2 1 1 " WRONG32)), p->under, p->middle, p->ca),
              PDANE_REASON_NO_MATCH, -1, 0);
        unsetenv("SSL_CERT_DIR");
        X509_free(root);
}

static void
chain_length(void **state)
{
        struct pki *p = *state;
        struct pdane_tlsa_set *set = test_tlsa(p->leaf, 3, 1, 1);
        struct pdane_chain ch = {0};

        check(match_at(&ch, HOST, set, TEST_NOW), PDANE_REASON_CHAIN_ERROR, -1, 0);
        for (ch.n = 0; ch.n < PDANE_CHAIN_MAX; ch.n++)
                assert_int_equal(pdane_cert_new_x509(p->leaf, &ch.certs[ch.n]), 0);
        check(match_at(&ch, HOST, set, TEST_NOW), PDANE_REASON_ACCEPTED, 0, 0);
        ch.n = PDANE_CHAIN_MAX + 1;
        check(match_at(&ch, HOST, set, TEST_NOW), PDANE_REASON_CHAIN_ERROR, -1, 0);
        ch.n = PDANE_CHAIN_MAX;
        pdane_chain_clear(&ch);
        pdane_tlsa_set_free(set);
}

struct shared {
        const struct pdane_chain *ch;
        const struct pdane_tlsa_set *set;
};

static void *
match_often(void *arg)
{
        const struct shared *s = arg;

        for (int i = 0; i < 200; i++) {
                struct pdane_match m;

                if (pdane_match_chain(s->ch, HOST, s->set, TEST_NOW, &m, NULL) != 0 ||
                    m.reason != PDANE_REASON_ACCEPTED)
                        abort();
        }
        return NULL;
}

static void
from_many_threads(void **state)
{
        struct pki *p = *state;
        struct pdane_tlsa_set *set = test_tlsa(p->ca, 2, 1, 1);
        struct pdane_chain ch;
        struct shared s = {&ch, set};
        pthread_t threads[4];

        chain_of(&ch, p->under, p->middle, p->ca);
        for (size_t i = 0; i < 4; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, match_often, &s), 0);
        for (size_t i = 0; i < 4; i++)
                pthread_join(threads[i], NULL);
        pdane_chain_clear(&ch);
        pdane_tlsa_set_free(set);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(dane_ee_of_every_kind),
                cmocka_unit_test(dane_ee_is_for_the_leaf_only),
                cmocka_unit_test(dane_ee_looks_at_no_dates_and_no_names),
                cmocka_unit_test(dane_ee_has_no_opinion_of_keys),
                cmocka_unit_test(nothing_usable),
                cmocka_unit_test(unusable_records_do_not_spoil_the_set),
                cmocka_unit_test(digest_agility),
                cmocka_unit_test(dane_ta),
                cmocka_unit_test(dane_ta_looks_at_names_and_dates),
                cmocka_unit_test(dane_ta_signer_must_be_a_ca),
                cmocka_unit_test(no_other_trust),
                cmocka_unit_test(chain_length),
                cmocka_unit_test(from_many_threads),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
