/* SPDX-License-Identifier: BSD-3-Clause */
/* The key of a certificate, and its identifier: what is its own, and what is refused. */
#include <errno.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>

#include "certs.h"
#include "test.h"

/* Those that follow from the key, and those that do not. */
static void
own_key_ids(void **state)
{
        struct pdane_cert *plain = test_cert(&(struct test_spec){.cn = "h.example"});
        const ASN1_BIT_STRING *key = X509_get0_pubkey_bitstr(pdane_cert_x509(plain));
        struct pdane_bytes bits = {key->data, (size_t)key->length}, spki = pdane_cert_spki(plain);
        const EVP_MD *md[] = {EVP_sha1(), EVP_sha256(), EVP_sha384(), EVP_sha512()};
        uint8_t value[2 + 64] = {0x04};

        (void)state;
        assert_true(pdane_cert_key_id_is_own(plain));
        for (int i = 0; i < 4 * 2 * 2 * 2 + 2; i++) {
                unsigned n = 20;
                bool wrong = i & 8;
                if (i >= 32) { /* the short form: 0100 and 60 bits of SHA-1 */
                        uint8_t d[20];
                        EVP_Digest(bits.data, bits.len, d, NULL, EVP_sha1(), NULL);
                        memcpy(value + 2, d + 12, 8);
                        value[2] = (uint8_t)((value[2] & 0x0f) | (i == 32 ? 0x40 : 0x50));
                        n = 8;
                        wrong = i != 32;
                } else {
                        struct pdane_bytes of = i & 4 ? bits : spki;
                        EVP_Digest(of.data, of.len, value + 2, &n, md[i & 3], NULL);
                        if (i & 16 && n > 20)
                                n = 20;
                        value[2 + n - 1] ^= wrong;
                }
                value[1] = (uint8_t)n;
                X509 *x = test_x509(&(struct test_spec){.cn = "h.example"});
                test_add_extension(x, "2.5.29.14", false, value, n + 2, test_key(0));
                struct pdane_cert *c = test_cert_take(x);
                assert_int_equal(pdane_cert_key_id_is_own(c), !wrong);
                pdane_cert_unref(c);
        }
        /* There, but nothing in it. */
        value[1] = 0;
        X509 *x = test_x509(&(struct test_spec){.cn = "h.example"});
        test_add_extension(x, "2.5.29.14", false, value, 2, test_key(0));
        struct pdane_cert *c = test_cert_take(x);
        assert_false(pdane_cert_key_id_is_own(c));
        pdane_cert_unref(c);
        pdane_cert_unref(plain);
}

static void
key_ids(void **state)
{
        struct pdane_cert *own = test_cert(&(struct test_spec){.cn = "h.example", .key_id = true});
        struct pdane_cert *none = test_cert(&(struct test_spec){.cn = "h.example"});
        uint8_t id[2 + PDANE_ID_MAX + 1] = {0x04, PDANE_ID_MAX, [2] = 1};
        uint8_t zero[2 + 20] = {0x04, 20};
        X509 *x;
        struct pdane_cert *c;

        (void)state;
        assert_true(pdane_cert_has_key_id(own));
        assert_false(pdane_cert_has_key_id(none));
        /* "hash" in OpenSSL's configuration is the same SHA-1 of the key bits. */
        assert_int_equal(pdane_cert_key_id(own).len, 20);
        assert_true(pdane_bytes_equal(pdane_cert_key_id(own), pdane_cert_key_id(none)));

        x = test_x509(&(struct test_spec){.cn = "h.example"});
        test_add_extension(x, "2.5.29.14", false, id, 2 + PDANE_ID_MAX, test_key(0));
        c = test_cert_take(x);
        assert_bytes(pdane_cert_key_id(c), id + 2, PDANE_ID_MAX);
        pdane_cert_unref(c);

        /* One octet more than PKCS#11 clients are given, or nothing but zeros: not usable as an id.
         */
        id[1]++;
        x = test_x509(&(struct test_spec){.cn = "h.example"});
        test_add_extension(x, "2.5.29.14", false, id, sizeof(id), test_key(0));
        c = test_cert_take(x);
        assert_true(pdane_cert_has_key_id(c));
        assert_true(pdane_bytes_equal(pdane_cert_key_id(c), pdane_cert_key_id(none)));
        pdane_cert_unref(c);
        x = test_x509(&(struct test_spec){.cn = "h.example"});
        test_add_extension(x, "2.5.29.14", false, zero, sizeof(zero), test_key(0));
        c = test_cert_take(x);
        assert_true(pdane_bytes_equal(pdane_cert_key_id(c), pdane_cert_key_id(none)));
        pdane_cert_unref(c);
        pdane_cert_unref(own);
        pdane_cert_unref(none);
}

/* The public key of other on a curve of our own, whose base point it is: the private key is 1. */
static EVP_PKEY *
same_octets(EVP_PKEY *other)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
        const EC_KEY *theirs = EVP_PKEY_get0_EC_KEY(other);
        const EC_GROUP *named = EC_KEY_get0_group(theirs);
        BIGNUM *p = BN_new(), *a = BN_new(), *b = BN_new(), *x = BN_new(), *y = BN_new();
        EC_KEY *own = EC_KEY_new();
        EVP_PKEY *key = EVP_PKEY_new();
        EC_GROUP *curve;
        EC_POINT *point;

        assert_true(
                EC_GROUP_get_curve(named, p, a, b, NULL) &&
                EC_POINT_get_affine_coordinates(named, EC_KEY_get0_public_key(theirs), x, y, NULL));
        curve = EC_GROUP_new_curve_GFp(p, a, b, NULL);
        point = EC_POINT_new(curve);
        assert_true(
                EC_POINT_set_affine_coordinates(curve, point, x, y, NULL) &&
                EC_GROUP_set_generator(curve, point, EC_GROUP_get0_order(named), BN_value_one()));
        EC_GROUP_set_asn1_flag(curve, OPENSSL_EC_EXPLICIT_CURVE);
        assert_true(EC_KEY_set_group(own, curve) && EC_KEY_set_private_key(own, BN_value_one()) &&
                    EC_KEY_set_public_key(own, point) && EVP_PKEY_assign_EC_KEY(key, own));
        BN_free(p);
        BN_free(a);
        BN_free(b);
        BN_free(x);
        BN_free(y);
        EC_POINT_free(point);
        EC_GROUP_free(curve);
        return key;
#pragma GCC diagnostic pop
}

/* With it anybody signs for a key, and a key identifier, that look like a public CA's. */
static void
curve_of_ones_own(void **state)
{
        EVP_PKEY *key = same_octets(test_key(1));
        X509 *theirs =
                test_x509(&(struct test_spec){.cn = "CA", .key_id = true, .key = test_key(1)});
        X509 *x = test_x509(&(struct test_spec){.cn = "CA", .key_id = true, .key = key});
        struct pdane_cert *c = NULL;
        unsigned char *der = NULL;
        int len = i2d_X509(x, &der);

        (void)state;
        assert_int_equal(ASN1_OCTET_STRING_cmp(X509_get0_subject_key_id(x),
                                               X509_get0_subject_key_id(theirs)),
                         0);
        assert_int_equal(X509_self_signed(x, 1), 1);
        assert_int_equal(pdane_cert_new(der, (size_t)len, &c), -EBADMSG);
        assert_null(c);
        OPENSSL_free(der);
        X509_free(x);
        X509_free(theirs);
        EVP_PKEY_free(key);
}

/* Unused bits that are set: OpenSSL clears them, others compare what stands there. */
static void
unused_bits_in_a_key(void **state)
{
        X509 *x = test_x509(&(struct test_spec){.cn = "host.example"});
        struct pdane_bytes der = test_der(x);
        uint8_t *copy = malloc(der.len), *at;
        struct pdane_cert *c = NULL;

        (void)state;
        assert_non_null(copy);
        memcpy(copy, der.data, der.len);
        at = memmem(copy, der.len, "\x03\x42\x00\x04", 4); /* BIT STRING, an uncompressed point */
        assert_non_null(at);
        assert_int_equal(pdane_cert_new(copy, der.len, &c), 0);
        pdane_cert_unref(c);
        at[2] = 4;
        at[3 + 64] |= 0x01; /* the last octet */
        c = NULL;
        assert_int_equal(pdane_cert_new(copy, der.len, &c), -EBADMSG);
        assert_null(c);
        free(copy);
        test_der_free(der);
        X509_free(x);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(own_key_ids),
                cmocka_unit_test(key_ids),
                cmocka_unit_test(curve_of_ones_own),
                cmocka_unit_test(unused_bits_in_a_key),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
