/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The anchor as GnuTLS reads it: the only thing in its trust list. Here it stands for self-signed
 * leaves of every kind too, which OpenSSL would not look past.
 */
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <time.h>

#include "certs.h"
#include "test.h"
#include "trust/anchor.h"

#define HOST "host.example"
#define FROM (TEST_NOW - TEST_DAY)
#define UNTIL (TEST_NOW + 3600)

static time_t clock_now = (time_t)TEST_NOW;

static time_t
fixed_clock(time_t *t)
{
        if (t)
                *t = clock_now;
        return clock_now;
}

static gnutls_x509_crt_t
import(struct pdane_bytes der)
{
        gnutls_datum_t d = {(unsigned char *)(uintptr_t)der.data, (unsigned)der.len};
        gnutls_x509_crt_t crt = NULL;

        assert_int_equal(gnutls_x509_crt_init(&crt), 0);
        assert_int_equal(gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_DER), 0);
        return crt;
}

static bool
accepts(const struct pdane_cert *anchor, X509 *const *chain, unsigned n, const char *host)
{
        gnutls_x509_trust_list_t list = NULL;
        gnutls_x509_crt_t ca = import(pdane_cert_der(anchor)), crts[4] = {NULL};
        gnutls_typed_vdata_st check[2] = {
                {.type = GNUTLS_DT_DNS_HOSTNAME, .data = (unsigned char *)(uintptr_t)host},
                {.type = GNUTLS_DT_KEY_PURPOSE_OID,
                 .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER},
        };
        unsigned status = ~0u;
        int r;

        assert_int_equal(gnutls_x509_trust_list_init(&list, 0), 0);
        assert_int_equal(gnutls_x509_trust_list_add_cas(list, &ca, 1, 0), 1);
        for (unsigned i = 0; i < n; i++) {
                struct pdane_cert *c = test_cert_take(X509_dup(chain[i]));

                crts[i] = import(pdane_cert_der(c));
                pdane_cert_unref(c);
        }
        r = gnutls_x509_trust_list_verify_crt2(list, crts, n, check, 2, 0, &status, NULL);
        for (unsigned i = 0; i < n; i++)
                gnutls_x509_crt_deinit(crts[i]);
        gnutls_x509_trust_list_deinit(list, 1);
        return r == 0 && status == 0;
}

static struct pdane_cert *
anchor_for(X509 *signer, const char *const *names)
{
        struct pdane_name parsed[8];
        struct pdane_cert *s = test_cert_take(X509_dup(signer)), *a = NULL;
        size_t n = 0;

        for (; names[n]; n++)
                assert_int_equal(pdane_name_parse(names[n], strlen(names[n]), &parsed[n]), 0);
        assert_int_equal(pdane_anchor_new(s, parsed, n, FROM, UNTIL, &a), 0);
        pdane_cert_unref(s);
        return a;
}

/* A leaf with these names signed by signer's key, sent alone or with signer. */
static bool
accepts_signed(const struct pdane_cert *anchor, X509 *signer, EVP_PKEY *key, const char *const *dns,
               const char *const *ip, const char *host)
{
        X509 *leaf = test_leaf(dns, ip, signer, key);
        X509 *chain[] = {leaf, signer};
        bool alone = accepts(anchor, chain, 1, host);

        assert_int_equal(accepts(anchor, chain, 2, host), alone);
        X509_free(leaf);
        return alone;
}

static void
check_signer(X509 *signer, EVP_PKEY *key)
{
        struct pdane_cert *a = anchor_for(signer, TEST_LIST(HOST));

        assert_true(accepts_signed(a, signer, key, TEST_LIST(HOST), NULL, HOST));
        assert_false(
                accepts_signed(a, signer, key, TEST_LIST("bank.example"), NULL, "bank.example"));
        assert_false(accepts_signed(a, signer, key, TEST_LIST("myhost.example"), NULL,
                                    "myhost.example"));
        assert_false(accepts_signed(a, signer, key, TEST_LIST(HOST, "bank.example"), NULL, HOST));
        assert_false(accepts_signed(a, signer, key, TEST_LIST("www." HOST), NULL, "www." HOST));
        assert_false(accepts_signed(a, signer, key, TEST_LIST("*." HOST), NULL, "www." HOST));
        assert_false(accepts_signed(a, signer, key, TEST_LIST(HOST), TEST_LIST("192.0.2.1"), HOST));
        assert_false(accepts_signed(a, signer, key, TEST_LIST(HOST), TEST_LIST("192.0.2.1"),
                                    "192.0.2.1"));
        assert_false(accepts_signed(a, signer, key, TEST_LIST(HOST), TEST_LIST("2001:db8::1"),
                                    "2001:db8::1"));
        pdane_cert_unref(a);
}

static void
private_ca(void **state)
{
        X509 *ca = test_x509(&(struct test_spec){
                .cn = "Private CA", .bc = TEST_BC_TRUE, .key = test_key(1), .key_id = true});

        (void)state;
        check_signer(ca, test_key(1));
        X509_free(ca);
}

/* Every kind of leaf stands under its own anchor, and its key signs for nobody else. */
static void
check_self_signed(const struct test_spec *spec)
{
        X509 *leaf = test_x509(spec);
        struct pdane_cert *a = anchor_for(leaf, TEST_LIST(HOST));

        assert_true(accepts(a, &leaf, 1, HOST));
        assert_false(accepts(a, &leaf, 1, "other.example"));
        check_signer(leaf, spec->key ? spec->key : test_key(0));
        pdane_cert_unref(a);
        X509_free(leaf);
}

static void
self_signed_leaves(void **state)
{
        static const enum test_bc kinds[] = {TEST_BC_NONE, TEST_BC_FALSE, TEST_BC_TRUE};

        (void)state;
        for (size_t i = 0; i < 3; i++) {
                check_self_signed(
                        &(struct test_spec){.cn = HOST, .dns = TEST_LIST(HOST), .bc = kinds[i]});
                check_self_signed(&(struct test_spec){
                        .cn = HOST, .dns = TEST_LIST(HOST), .bc = kinds[i], .key = test_key_rsa()});
                check_self_signed(&(struct test_spec){.cn = HOST,
                                                      .dns = TEST_LIST(HOST),
                                                      .bc = kinds[i],
                                                      .key_id = true,
                                                      .authority_key_id = true});
                check_self_signed(&(struct test_spec){.cn = HOST, .bc = kinds[i]});
                check_self_signed(&(struct test_spec){.dns = TEST_LIST(HOST), .bc = kinds[i]});
        }
}

static void
several_names(void **state)
{
        X509 *leaf =
                test_x509(&(struct test_spec){.cn = HOST, .dns = TEST_LIST(HOST, "b.example")});
        struct pdane_cert *a = anchor_for(leaf, TEST_LIST(HOST, "b.example"));

        (void)state;
        assert_true(accepts(a, &leaf, 1, HOST));
        assert_true(accepts(a, &leaf, 1, "b.example"));
        assert_false(accepts_signed(a, leaf, test_key(0), TEST_LIST("x.b.example"), NULL,
                                    "x.b.example"));
        pdane_cert_unref(a);
        a = anchor_for(leaf, TEST_LIST(HOST));
        assert_false(accepts(a, &leaf, 1, HOST));
        pdane_cert_unref(a);
        X509_free(leaf);
}

static void
names_below_each_other(void **state)
{
        X509 *leaf =
                test_x509(&(struct test_spec){.cn = HOST, .dns = TEST_LIST(HOST, "www." HOST)});
        struct pdane_cert *a = anchor_for(leaf, TEST_LIST(HOST, "www." HOST));

        (void)state;
        assert_true(accepts(a, &leaf, 1, HOST));
        assert_true(accepts(a, &leaf, 1, "www." HOST));
        assert_false(accepts_signed(a, leaf, test_key(0), TEST_LIST("x.www." HOST), NULL,
                                    "x.www." HOST));
        /* Why pdane_anchor_exact says no: the upper name permits all that is below it. */
        assert_true(
                accepts_signed(a, leaf, test_key(0), TEST_LIST("mail." HOST), NULL, "mail." HOST));
        pdane_cert_unref(a);
        X509_free(leaf);
}

static void
wildcard(void **state)
{
        X509 *leaf = test_x509(
                &(struct test_spec){.cn = "*.w.example", .dns = TEST_LIST("*.w.example")});
        struct pdane_cert *a = anchor_for(leaf, TEST_LIST("*.w.example"));

        (void)state;
        assert_true(accepts(a, &leaf, 1, "a.w.example"));
        assert_true(accepts_signed(a, leaf, test_key(0), TEST_LIST("a.w.example"), NULL,
                                   "a.w.example"));
        assert_false(
                accepts_signed(a, leaf, test_key(0), TEST_LIST("w.example"), NULL, "w.example"));
        assert_false(
                accepts_signed(a, leaf, test_key(0), TEST_LIST("xw.example"), NULL, "xw.example"));
        /* Why pdane_anchor_exact says no. */
        assert_true(accepts_signed(a, leaf, test_key(0), TEST_LIST("a.b.w.example"), NULL,
                                   "a.b.w.example"));
        pdane_cert_unref(a);
        X509_free(leaf);
}

static void
dates(void **state)
{
        X509 *leaf = test_x509(&(struct test_spec){
                .cn = HOST, .dns = TEST_LIST(HOST), .not_before = TEST_NOW - 9 * TEST_DAY});
        struct pdane_cert *a = anchor_for(leaf, TEST_LIST(HOST));
        static const struct {
                int64_t now;
                bool ok;
        } times[] = {{FROM - 1, false},
                     {FROM, true},
                     {TEST_NOW, true},
                     {UNTIL, true},
                     {UNTIL + 1, false}};

        (void)state;
        for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
                clock_now = (time_t)times[i].now;
                assert_int_equal(accepts(a, &leaf, 1, HOST), times[i].ok);
        }
        clock_now = (time_t)TEST_NOW;
        pdane_cert_unref(a);
        X509_free(leaf);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(private_ca),    cmocka_unit_test(self_signed_leaves),
                cmocka_unit_test(several_names), cmocka_unit_test(names_below_each_other),
                cmocka_unit_test(wildcard),      cmocka_unit_test(dates),
        };

        gnutls_global_set_time_function(fixed_clock);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
