/* SPDX-License-Identifier: BSD-3-Clause */
/* A certificate that OpenSSL has parsed already, or made: the same facts as from its octets. */
#include <errno.h>

#include "certs.h"
#include "test.h"

#define HOST "host.example"

/* Parsed from its octets, as a handshake does. */
static X509 *
parsed(const struct test_spec *spec)
{
        X509 *made = test_x509(spec), *x;
        unsigned char *der = NULL;
        const unsigned char *p;
        int n = i2d_X509(made, &der);
        assert_true(n > 0);
        p = der;
        x = d2i_X509(NULL, &p, n);
        assert_non_null(x);
        OPENSSL_free(der);
        X509_free(made);
        return x;
}

static void
assert_same(const struct pdane_cert *a, const struct pdane_cert *b)
{
        const char *text;
        assert_true(pdane_bytes_equal(pdane_cert_der(a), pdane_cert_der(b)));
        assert_true(pdane_bytes_equal(pdane_cert_subject(a), pdane_cert_subject(b)));
        assert_true(pdane_bytes_equal(pdane_cert_issuer(a), pdane_cert_issuer(b)));
        assert_true(pdane_bytes_equal(pdane_cert_serial(a), pdane_cert_serial(b)));
        assert_true(pdane_bytes_equal(pdane_cert_spki(a), pdane_cert_spki(b)));
        assert_true(pdane_bytes_equal(pdane_cert_key_id(a), pdane_cert_key_id(b)));
        assert_true(pdane_bytes_equal(pdane_cert_sha1(a), pdane_cert_sha1(b)));
        assert_true(pdane_bytes_equal(pdane_cert_sha256(a), pdane_cert_sha256(b)));
        assert_int_equal(pdane_cert_version(a), pdane_cert_version(b));
        assert_int_equal(pdane_cert_ca(a), pdane_cert_ca(b));
        assert_int_equal(pdane_cert_self_issued(a), pdane_cert_self_issued(b));
        assert_int_equal(pdane_cert_self_signed(a), pdane_cert_self_signed(b));
        assert_int_equal(pdane_cert_not_before(a), pdane_cert_not_before(b));
        assert_int_equal(pdane_cert_not_after(a), pdane_cert_not_after(b));
        assert_int_equal(pdane_cert_names_reason(a, &text), pdane_cert_names_reason(b, &text));
        assert_int_equal(pdane_cert_n_names(a), pdane_cert_n_names(b));
        struct pdane_name mine, other;
        for (size_t i = 0; pdane_cert_name(a, i, &mine); i++)
                assert_true(pdane_cert_name(b, i, &other) && pdane_name_equal(&mine, &other));
}

static void
shared(void **state)
{
        X509 *ca = test_x509(&(struct test_spec){.cn = "CA", .bc = TEST_BC_TRUE});
        const struct test_spec all[] = {
                {.cn = HOST, .dns = TEST_LIST(HOST, "*.example"), .bc = TEST_BC_FALSE},
                {.cn = HOST, .dns = TEST_LIST(HOST), .key = test_key_rsa(), .key_id = true},
                {.cn = "CA", .bc = TEST_BC_TRUE, .key_id = true},
                {.cn = HOST, .version = 1},
                {.cn = HOST, .ip = TEST_LIST("10.53.0.1")},
                {.cn = HOST, .signer = ca, .signer_key = test_key(0), .key = test_key(1)},
        };
        (void)state;
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
                struct pdane_cert *a = NULL, *b = NULL;
                X509 *x = parsed(&all[i]);
                assert_int_equal(pdane_cert_share_x509(x, &a), 0);
                assert_int_equal(pdane_cert_new_x509(x, &b), 0);
                assert_ptr_equal(pdane_cert_x509(a), x);
                X509_free(x); /* one reference is a's */
                assert_same(a, b);
                assert_non_null(X509_get0_pubkey(pdane_cert_x509(a)));
                pdane_cert_unref(a);
                pdane_cert_unref(b);
        }
        X509_free(ca);
}

/* Nothing is kept that would know no key. */
static void
made(void **state)
{
        X509 *x = test_x509(&(struct test_spec){.cn = HOST, .dns = TEST_LIST(HOST)});
        struct pdane_cert *a = NULL, *b = NULL;
        (void)state;
        assert_int_equal(X509_sign(x, test_key(1), EVP_sha256()) > 0, 1); /* another key */
        assert_int_equal(pdane_cert_new_made(x, &a), 0);
        assert_int_equal(pdane_cert_new_x509(x, &b), 0);
        assert_same(a, b);
        assert_false(pdane_cert_self_signed(a));
        assert_ptr_not_equal(pdane_cert_x509(a), x);
        assert_non_null(X509_get0_pubkey(pdane_cert_x509(a)));
        X509_free(x);
        assert_same(a, b);
        pdane_cert_unref(a);
        pdane_cert_unref(b);
}

/* Inside the part that OpenSSL keeps as it came, the subject's length takes an octet more. */
static void
lengths_must_be_der(void **state)
{
        X509 *good =
                test_x509(&(struct test_spec){.cn = "h.example",
                                              .dns = TEST_LIST("one.h.example", "two.h.example"),
                                              .key_id = true,
                                              .bc = TEST_BC_FALSE});
        unsigned char *der = NULL, *ber, *at;
        int len = i2d_X509(good, &der);
        struct pdane_cert *c = NULL;
        const unsigned char *p;
        (void)state;
        at = memmem(der, (size_t)len, "\x30\x14\x31\x12", 4);
        ber = malloc((size_t)len + 1);
        assert_non_null(at);
        assert_non_null(ber);
        size_t pos = (size_t)(at - der);
        memcpy(ber, der, pos + 1);
        ber[pos + 1] = 0x81;
        memcpy(ber + pos + 2, der + pos + 1, (size_t)len - pos - 1);
        assert_int_equal(ber[1], 0x82);
        assert_int_equal(ber[5], 0x82);
        ber[3]++; /* Certificate and TBSCertificate are one longer */
        ber[7]++;
        p = ber;
        X509 *bad = d2i_X509(NULL, &p, len + 1);
        assert_non_null(bad); /* OpenSSL takes it */
        assert_int_equal(pdane_cert_share_x509(bad, &c), -EBADMSG);
        assert_null(c);
        X509_free(bad);
        X509_free(good);
        OPENSSL_free(der);
        free(ber);
}

static void
size_limit(void **state)
{
        static uint8_t pad[PDANE_CERT_MAX];
        X509 *x = test_x509(&(struct test_spec){.cn = HOST});
        struct pdane_cert *c = NULL;
        (void)state;
        test_add_extension(x, "1.2.3.4", false, pad, sizeof pad, test_key(0));
        assert_int_equal(pdane_cert_share_x509(x, &c), -EMSGSIZE);
        assert_null(c);
        X509_free(x);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(shared),
                cmocka_unit_test(made),
                cmocka_unit_test(lengths_must_be_der),
                cmocka_unit_test(size_limit),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
