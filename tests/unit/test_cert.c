/* SPDX-License-Identifier: BSD-3-Clause */
/* One certificate: the bytes and facts that come out, and what is refused as a certificate at all.
 */
#include <errno.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <pthread.h>

#include "certs.h"
#include "test.h"

/* What OpenSSL kept of it is made again when it is needed, and what clients compare never goes. */
static void
shrunk(void **state)
{
        const struct test_spec spec = {.cn = "host.test",
                                       .dns = TEST_LIST("host.test"),
                                       .bc = TEST_BC_TRUE,
                                       .key_id = true};
        struct pdane_cert *c = test_cert(&spec);
        struct pdane_bytes subject = pdane_cert_subject(c), der = pdane_cert_der(c);
        (void)state;
        pdane_cert_shrink(c);
        pdane_cert_shrink(c);
        assert_true(pdane_cert_subject(c).data == subject.data);
        assert_true(pdane_cert_der(c).data == der.data);
        assert_true(subject.data > der.data && subject.data < der.data + der.len);
        struct pdane_name name;
        assert_true(pdane_cert_name(c, 0, &name));
        assert_string_equal(name.text, "host.test");
        assert_true(pdane_cert_has_key_id(c));
        assert_true(pdane_cert_openssl_ca(c));
        X509 *x = pdane_cert_x509(c);
        assert_non_null(x);
        assert_true(pdane_cert_x509(c) == x);
        assert_int_equal(X509_get_version(x), 2);
        pdane_cert_unref(c);
}

static void
bytes_of_a_certificate(void **state)
{
        X509 *x = test_x509(&(struct test_spec){.cn = "host.example",
                                                .dns = TEST_LIST("host.example"),
                                                .serial = 0x8001,
                                                .key_id = true});
        static const uint8_t serial[] = {0x02, 0x03, 0x00, 0x80, 0x01};
        struct pdane_bytes der = test_der(x);
        struct pdane_cert *c = NULL;
        uint8_t digest[SHA256_DIGEST_LENGTH];
        unsigned char *p = NULL;
        int n;

        (void)state;
        assert_int_equal(pdane_cert_new(der.data, der.len, &c), 0);
        assert_bytes(pdane_cert_der(c), der.data, der.len);
        assert_bytes(pdane_cert_serial(c), serial, sizeof(serial));
        SHA1(der.data, der.len, digest);
        assert_bytes(pdane_cert_sha1(c), digest, SHA_DIGEST_LENGTH);
        SHA256(der.data, der.len, digest);
        assert_bytes(pdane_cert_sha256(c), digest, SHA256_DIGEST_LENGTH);
        n = i2d_X509_NAME(X509_get_subject_name(x), &p);
        assert_bytes(pdane_cert_subject(c), p, (size_t)n);
        assert_bytes(pdane_cert_issuer(c), p, (size_t)n);
        OPENSSL_free(p);
        p = NULL;
        n = i2d_PUBKEY(test_key(0), &p);
        assert_bytes(pdane_cert_spki(c), p, (size_t)n);
        OPENSSL_free(p);
        assert_int_equal(pdane_cert_not_before(c), TEST_NOW - TEST_DAY);
        assert_int_equal(pdane_cert_not_after(c), TEST_NOW + 365 * TEST_DAY);
        assert_int_equal(X509_cmp(pdane_cert_x509(c), x), 0);
        pdane_cert_unref(c);
        test_der_free(der);
        X509_free(x);
}

static void
dates_beyond_2050(void **state)
{
        struct pdane_cert *c = test_cert(&(struct test_spec){
                .cn = "h.example", .not_before = INT64_C(1), .not_after = INT64_C(253402300799)});

        (void)state;
        assert_int_equal(pdane_cert_not_before(c), 1);
        assert_int_equal(pdane_cert_not_after(c), INT64_C(253402300799)); /* year 9999 */
        pdane_cert_unref(c);
}

/* The last is 3 to whoever looks at 32 bits of it. */
static void
no_such_version(void **state)
{
        static const long versions[] = {-2, -1, 3, 4, 255, 1L << 32, (1L << 32) + 2};

        (void)state;
        for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
                X509 *x = test_x509(&(struct test_spec){.cn = "h.example"});
                struct pdane_cert *c = NULL;

                assert_true(X509_set_version(x, versions[i]));
                assert_int_equal(pdane_cert_new_x509(x, &c), -EBADMSG);
                assert_null(c);
                X509_free(x);
        }
}

static void
versions_and_ca_flags(void **state)
{
        static const struct {
                enum test_bc bc;
                enum pdane_ca_flag ca;
        } flags[] = {
                {TEST_BC_NONE, PDANE_CA_ABSENT},
                {TEST_BC_FALSE, PDANE_CA_FALSE},
                {TEST_BC_TRUE, PDANE_CA_TRUE},
        };

        (void)state;
        for (int version = 1; version <= 3; version++) {
                struct pdane_cert *c =
                        test_cert(&(struct test_spec){.cn = "h.example", .version = version});

                assert_int_equal(pdane_cert_version(c), version);
                assert_int_equal(pdane_cert_ca(c), PDANE_CA_ABSENT);
                pdane_cert_unref(c);
        }
        for (size_t i = 0; i < 3; i++) {
                struct pdane_cert *c =
                        test_cert(&(struct test_spec){.cn = "h.example", .bc = flags[i].bc});

                assert_int_equal(pdane_cert_ca(c), flags[i].ca);
                assert_int_equal(pdane_cert_version(c), 3);
                pdane_cert_unref(c);
        }
}

static void
check_self(const struct test_spec *spec, bool issued, bool is_signed)
{
        struct pdane_cert *c = test_cert(spec);

        assert_int_equal(pdane_cert_self_issued(c), issued);
        assert_int_equal(pdane_cert_self_signed(c), is_signed);
        pdane_cert_unref(c);
}

static void
self_signed_or_not(void **state)
{
        X509 *ca =
                test_x509(&(struct test_spec){.cn = "CA", .bc = TEST_BC_TRUE, .key = test_key(1)});
        X509 *twin = test_x509(&(struct test_spec){.cn = "h.example", .key = test_key(1)});
        X509_NAME *upper = test_dn(TEST_LIST("CN", "H.example"));

        (void)state;
        check_self(&(struct test_spec){.cn = "h.example"}, true, true);
        check_self(&(struct test_spec){0}, true, true);
        check_self(&(struct test_spec){.cn = "h.example", .key = test_key_rsa()}, true, true);
        check_self(&(struct test_spec){.cn = "h.example", .signer = ca, .signer_key = test_key(1)},
                   false, false);
        /* The same DN on both sides, but another key signed. */
        check_self(
                &(struct test_spec){.cn = "h.example", .signer = twin, .signer_key = test_key(1)},
                true, false);
        /* Names that only compare as equal: clients look at the octets. */
        check_self(&(struct test_spec){.cn = "h.example", .issuer = upper}, false, false);
        X509_NAME_free(upper);
        X509_free(twin);
        X509_free(ca);
}

static void
exactly_one_certificate(void **state)
{
        X509 *x = test_x509(&(struct test_spec){.cn = "h.example", .bc = TEST_BC_FALSE});
        struct pdane_bytes der = test_der(x);
        struct pdane_cert *c = NULL;
        uint8_t *more = calloc(1, der.len + 1);

        (void)state;
        memcpy(more, der.data, der.len);
        assert_int_equal(pdane_cert_new(more, der.len + 1, &c), -EBADMSG);
        for (size_t len = 0; len < der.len; len++)
                assert_int_equal(pdane_cert_new(der.data, len, &c), -EBADMSG);
        assert_null(c);
        assert_int_equal(pdane_cert_new(more, der.len, &c), 0);
        pdane_cert_unref(c);
        pdane_cert_unref(NULL);
        free(more);
        test_der_free(der);
        X509_free(x);
}

/* Whatever one changed octet does, it must not be a crash, and what is taken comes out as it went
 * in. */
static void
any_octet_changed(void **state)
{
        X509 *x = test_x509(&(struct test_spec){.cn = "h.example",
                                                .dns = TEST_LIST("h.example"),
                                                .bc = TEST_BC_FALSE,
                                                .key_id = true});
        struct pdane_bytes der = test_der(x);
        uint8_t *copy = malloc(der.len);

        (void)state;
        assert_non_null(copy);
        for (size_t i = 0; i < der.len; i++) {
                for (unsigned bit = 0; bit < 8; bit++) {
                        struct pdane_cert *c = NULL;

                        memcpy(copy, der.data, der.len);
                        copy[i] = (uint8_t)(copy[i] ^ (1u << bit));
                        if (pdane_cert_new(copy, der.len, &c) == 0)
                                assert_bytes(pdane_cert_der(c), copy, der.len);
                        else
                                assert_null(c);
                        pdane_cert_unref(c);
                }
        }
        free(copy);
        test_der_free(der);
        X509_free(x);
}

/* The same certificate with the outermost length in a longer form, or indefinite. */
static void
lengths_must_be_der(void **state)
{
        X509 *x = test_x509(&(struct test_spec){.cn = "h.example"});
        struct pdane_bytes der = test_der(x);
        struct pdane_cert *c = NULL;
        size_t body = der.len - 4;
        uint8_t *ber = calloc(1, der.len + 8);

        (void)state;
        assert_int_equal(der.data[1], 0x82);
        memcpy(ber, (const uint8_t[]){0x30, 0x83, 0x00, der.data[2], der.data[3]}, 5);
        memcpy(ber + 5, der.data + 4, body);
        assert_int_equal(pdane_cert_new(ber, body + 5, &c), -EBADMSG);
        memcpy(ber, (const uint8_t[]){0x30, 0x80}, 2);
        memcpy(ber + 2, der.data + 4, body);
        ber[body + 2] = ber[body + 3] = 0;
        assert_int_equal(pdane_cert_new(ber, body + 4, &c), -EBADMSG);
        free(ber);
        test_der_free(der);
        X509_free(x);
}

/* Inside the part that OpenSSL keeps as it came: the subject's SEQUENCE with a two-octet length. */
static void
lengths_inside_must_be_der(void **state)
{
        X509_NAME *dn = test_dn(TEST_LIST("CN", "h.example"));
        X509 *x = test_x509(&(struct test_spec){.subject = dn,
                                                .dns = TEST_LIST("one.h.example", "two.h.example"),
                                                .key_id = true,
                                                .bc = TEST_BC_FALSE});
        struct pdane_bytes der = test_der(x);
        struct pdane_cert *c = NULL;
        uint8_t *ber = malloc(der.len + 1), *at;
        size_t pos;

        (void)state;
        assert_non_null(ber);
        at = memmem(der.data, der.len, "\x30\x14\x31\x12", 4); /* Name, its first RDN */
        assert_non_null(at);
        pos = (size_t)(at - der.data);
        memcpy(ber, der.data, pos + 1);
        ber[pos + 1] = 0x81;
        memcpy(ber + pos + 2, der.data + pos + 1, der.len - pos - 1);
        assert_int_equal(ber[1], 0x82);
        assert_int_equal(ber[5], 0x82);
        ber[3]++; /* Certificate and TBSCertificate are one longer */
        ber[5 + 2]++;
        assert_int_not_equal(ber[3], 0);
        assert_int_not_equal(ber[7], 0);
        assert_int_equal(pdane_cert_new(ber, der.len + 1, &c), -EBADMSG);
        free(ber);
        test_der_free(der);
        X509_free(x);
        X509_NAME_free(dn);
}

/* A certificate of exactly len octets, made so by an extension that nobody knows. */
static struct pdane_bytes
certificate_of_size(size_t len)
{
        static uint8_t pad[PDANE_CERT_MAX + 64];
        size_t n = len - 400;

        for (int tries = 0; tries < 50; tries++) {
                X509 *x = test_x509(&(struct test_spec){.cn = "h.example", .key = test_key_rsa()});
                struct pdane_bytes der;

                test_add_extension(x, "1.3.6.1.4.1.55555.1", false, pad, n, test_key_rsa());
                der = test_der(x);
                X509_free(x);
                if (der.len == len)
                        return der;
                n = der.len < len ? n + (len - der.len) : n - (der.len - len);
                test_der_free(der);
        }
        fail_msg("no certificate of %zu octets", len);
        return (struct pdane_bytes){0};
}

static void
size_limit(void **state)
{
        struct pdane_bytes most = certificate_of_size(PDANE_CERT_MAX);
        struct pdane_bytes more = certificate_of_size(PDANE_CERT_MAX + 1);
        struct pdane_cert *c = NULL;

        (void)state;
        assert_int_equal(pdane_cert_new(more.data, more.len, &c), -EMSGSIZE);
        assert_int_equal(pdane_cert_new(most.data, most.len, &c), 0);
        assert_int_equal(pdane_cert_der(c).len, PDANE_CERT_MAX);
        pdane_cert_unref(c);
        test_der_free(most);
        test_der_free(more);
}

/* A Name of exactly len octets, filled up with an attribute that nobody knows. */
static X509_NAME *
name_of_size(size_t len)
{
        static uint8_t fill[PDANE_DN_MAX + 64];

        memset(fill, 'x', sizeof(fill));
        for (size_t n = len - 100; n < len; n++) {
                X509_NAME *dn = test_dn_typed("1.3.6.1.4.1.55555.2", V_ASN1_UTF8STRING, fill, n);

                if (i2d_X509_NAME(dn, NULL) == (int)len)
                        return dn;
                X509_NAME_free(dn);
        }
        fail_msg("no name of %zu octets", len);
        return NULL;
}

static void
name_limit(void **state)
{
        (void)state;
        for (size_t len = PDANE_DN_MAX; len <= PDANE_DN_MAX + 1; len++) {
                X509_NAME *dn = NULL;
                struct pdane_cert *c = NULL;
                struct pdane_bytes der;
                X509 *x;

                dn = name_of_size(len);
                assert_int_equal(i2d_X509_NAME(dn, NULL), len);
                x = test_x509(&(struct test_spec){.subject = dn});
                der = test_der(x);
                assert_int_equal(pdane_cert_new(der.data, der.len, &c),
                                 len > PDANE_DN_MAX ? -EMSGSIZE : 0);
                pdane_cert_unref(c);
                test_der_free(der);
                X509_free(x);
                X509_NAME_free(dn);
        }
}

static void *
count_references(void *arg)
{
        for (int i = 0; i < 10000; i++) {
                struct pdane_cert *c = pdane_cert_ref(arg);

                if (pdane_cert_version(c) != 3)
                        abort();
                pdane_cert_unref(c);
        }
        pdane_cert_unref(arg);
        return NULL;
}

static void
references_from_threads(void **state)
{
        struct pdane_cert *c = test_cert(&(struct test_spec){.cn = "h.example"});
        pthread_t threads[4];

        (void)state;
        for (size_t i = 0; i < 4; i++)
                assert_int_equal(
                        pthread_create(&threads[i], NULL, count_references, pdane_cert_ref(c)), 0);
        pdane_cert_unref(c);
        for (size_t i = 0; i < 4; i++)
                pthread_join(threads[i], NULL);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(bytes_of_a_certificate),
                cmocka_unit_test(shrunk),
                cmocka_unit_test(dates_beyond_2050),
                cmocka_unit_test(no_such_version),
                cmocka_unit_test(versions_and_ca_flags),
                cmocka_unit_test(self_signed_or_not),
                cmocka_unit_test(exactly_one_certificate),
                cmocka_unit_test(any_octet_changed),
                cmocka_unit_test(lengths_must_be_der),
                cmocka_unit_test(lengths_inside_must_be_der),
                cmocka_unit_test(size_limit),
                cmocka_unit_test(name_limit),
                cmocka_unit_test(references_from_threads),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
