/* SPDX-License-Identifier: BSD-3-Clause */
/* After what a server has shown: may a TLSA record mean another certificate of its? */
#include "trust/settled.h"

#include "certs.h"
#include "test.h"

#define HOST "host.example"
#define OTHER32 "1111111111111111111111111111111111111111111111111111111111111111"

static X509 *ec, *renewed, *rsa; /* renewed: another certificate with ec's key */
static struct pdane_chain shown[2];

static X509 *
leaf(EVP_PKEY *key, uint64_t serial)
{
        return test_x509(&(struct test_spec){.cn = HOST,
                                             .dns = TEST_LIST(HOST),
                                             .bc = TEST_BC_FALSE,
                                             .key = key,
                                             .serial = serial});
}

static int
setup(void **state)
{
        (void)state;
        ec = leaf(test_key(0), 1);
        renewed = leaf(test_key(0), 2);
        rsa = leaf(test_key_rsa(), 3);
        return 0;
}

static int
teardown(void **state)
{
        (void)state;
        X509_free(ec);
        X509_free(renewed);
        X509_free(rsa);
        return 0;
}

/* Frees the set. */
static bool
settled(struct pdane_tlsa_set *set, const X509 *first, const X509 *second)
{
        const X509 *all[] = {first, second};
        size_t n = 0;
        for (size_t i = 0; i < 2 && all[i]; i++) {
                assert_int_equal(pdane_cert_new_x509(all[i], &shown[n].certs[0]), 0);
                shown[n++].n = 1;
        }
        bool r = pdane_tlsa_settled(set, shown, n);
        for (size_t i = 0; i < n; i++)
                pdane_chain_clear(&shown[i]);
        pdane_tlsa_set_free(set);
        return r;
}

static struct pdane_tlsa_set *
and_text(struct pdane_tlsa_set *set, const char *text)
{
        assert_int_equal(pdane_tlsa_set_add_text(set, text), 0);
        return set;
}

static struct pdane_tlsa_set *
and_record(struct pdane_tlsa_set *set, const X509 *x, uint8_t usage, uint8_t selector,
           uint8_t matching)
{
        test_tlsa_add(set, x, usage, selector, matching);
        return set;
}

static void
every_kind(void **state)
{
        (void)state;
        for (uint8_t selector = 0; selector < 2; selector++)
                for (uint8_t matching = 0; matching < 3; matching++) {
                        assert_true(settled(test_tlsa(ec, 3, selector, matching), ec, NULL));
                        assert_false(settled(test_tlsa(rsa, 3, selector, matching), ec, NULL));
                        assert_false(settled(test_tlsa(ec, 3, selector, matching), NULL, NULL));
                }
}

/* A key is of one family; a certificate is one certificate. */
static void
same_key(void **state)
{
        (void)state;
        assert_true(settled(test_tlsa(renewed, 3, 1, 1), ec, NULL));
        assert_false(settled(test_tlsa(renewed, 3, 0, 1), ec, NULL));
}

/* The server's other certificate, or the next key: either way there may be more to see. */
static void
every_record(void **state)
{
        (void)state;
        assert_false(settled(and_record(test_tlsa(ec, 3, 1, 1), rsa, 3, 1, 1), ec, NULL));
        assert_true(settled(and_record(test_tlsa(ec, 3, 1, 1), rsa, 3, 1, 1), ec, rsa));
        assert_true(settled(and_record(test_tlsa(ec, 3, 1, 1), rsa, 3, 1, 1), rsa, ec));
        assert_true(settled(and_record(test_tlsa(ec, 3, 1, 1), ec, 3, 0, 2), ec, NULL));
        assert_false(settled(and_text(test_tlsa(ec, 3, 1, 1), "3 1 1 " OTHER32), ec, NULL));
}

/* An authority signs whatever key. */
static void
authority(void **state)
{
        (void)state;
        for (uint8_t selector = 0; selector < 2; selector++)
                assert_false(settled(test_tlsa(ec, 2, selector, 1), ec, NULL));
        assert_false(settled(and_record(test_tlsa(ec, 3, 1, 1), ec, 2, 1, 1), ec, NULL));
}

/* What cannot be used cannot match. */
static void
unusable(void **state)
{
        (void)state;
        assert_true(settled(and_text(test_tlsa(ec, 3, 1, 1), "3 9 1 " OTHER32), ec, NULL));
        assert_true(settled(and_text(test_tlsa(ec, 3, 1, 1), "1 1 1 " OTHER32), ec, NULL));
        assert_true(settled(and_text(test_tlsa(ec, 3, 1, 1), "3 1 1 11"), ec, NULL));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_kind),   cmocka_unit_test(same_key),
                cmocka_unit_test(every_record), cmocka_unit_test(authority),
                cmocka_unit_test(unusable),
        };
        return cmocka_run_group_tests(tests, setup, teardown);
}
