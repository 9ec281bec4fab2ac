/* SPDX-License-Identifier: BSD-3-Clause */
/* The name-constrained anchor: its form, and what OpenSSL accepts and refuses under it. */
#include <errno.h>
#include <openssl/ecdsa.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "certs.h"
#include "test.h"
#include "trust/anchor.h"

#define HOST "host.example"
#define FROM (TEST_NOW - TEST_DAY)
#define UNTIL (TEST_NOW + 3600)

static size_t
parse_all(const char *const *text, struct pdane_name *ret)
{
        size_t n = 0;

        for (; text[n]; n++)
                assert_int_equal(pdane_name_parse(text[n], strlen(text[n]), &ret[n]), 0);
        return n;
}

static struct pdane_cert *
anchor_for(X509 *signer, const char *const *names)
{
        struct pdane_name parsed[PDANE_CERT_NAMES_MAX];
        size_t n = parse_all(names, parsed);
        struct pdane_cert *s = NULL, *a = NULL;

        assert_int_equal(pdane_cert_new_x509(signer, &s), 0);
        assert_int_equal(pdane_anchor_new(s, parsed, n, FROM, UNTIL, &a), 0);
        pdane_cert_unref(s);
        return a;
}

static X509 *
private_ca(EVP_PKEY *key)
{
        return test_x509(&(struct test_spec){.cn = "Private CA",
                                             .bc = TEST_BC_TRUE,
                                             .key = key,
                                             .key_id = true,
                                             .authority_key_id = true});
}

/* ---- form ---- */

static int
critical(X509 *x, int nid)
{
        int at = X509_get_ext_by_NID(x, nid, -1);

        assert_true(at >= 0);
        return X509_EXTENSION_get_critical(X509_get_ext(x, at));
}

static void
identity(void **state)
{
        X509 *ca = private_ca(test_key_rsa());
        struct pdane_cert *signer = test_cert_take(X509_dup(ca));
        struct pdane_cert *a = anchor_for(ca, TEST_LIST(HOST)),
                          *b = anchor_for(ca, TEST_LIST(HOST));
        X509 *x = pdane_cert_x509(a);

        (void)state;
        assert_int_equal(pdane_cert_version(a), 3);
        assert_true(pdane_cert_self_issued(a));
        assert_false(pdane_cert_self_signed(a));
        assert_true(pdane_bytes_equal(pdane_cert_subject(a), pdane_cert_subject(signer)));
        assert_true(pdane_bytes_equal(pdane_cert_spki(a), pdane_cert_spki(signer)));
        assert_true(pdane_bytes_equal(pdane_cert_key_id(a), pdane_cert_key_id(signer)));
        assert_true(pdane_cert_has_key_id(a));
        assert_int_equal(X509_get_ext_by_NID(x, NID_authority_key_identifier, -1), -1);
        assert_int_equal(X509_get_signature_nid(x), NID_sha256WithRSAEncryption);
        assert_int_equal(pdane_cert_not_before(a), FROM);
        assert_int_equal(pdane_cert_not_after(a), UNTIL);
        assert_int_equal(pdane_cert_serial(a).len, 18); /* 16 octets of content, so positive */
        assert_true(pdane_cert_serial(a).data[2] >= 0x40 && pdane_cert_serial(a).data[2] <= 0x7f);
        assert_false(pdane_bytes_equal(pdane_cert_serial(a), pdane_cert_serial(b)));
        assert_false(pdane_bytes_equal(pdane_cert_serial(a), pdane_cert_serial(signer)));
        pdane_cert_unref(a);
        pdane_cert_unref(b);
        pdane_cert_unref(signer);
        X509_free(ca);
}

static void
extensions(void **state)
{
        X509 *ca = private_ca(test_key(1));
        struct pdane_cert *a = anchor_for(ca, TEST_LIST(HOST));
        X509 *x = pdane_cert_x509(a);
        BASIC_CONSTRAINTS *bc = X509_get_ext_d2i(x, NID_basic_constraints, NULL, NULL);

        (void)state;
        assert_int_equal(X509_get_ext_count(x), 5);
        assert_true(critical(x, NID_basic_constraints));
        assert_true(critical(x, NID_key_usage));
        assert_true(critical(x, NID_name_constraints));
        assert_false(critical(x, NID_ext_key_usage));
        assert_false(critical(x, NID_subject_key_identifier));
        assert_int_equal(bc->ca, 0xff);
        assert_null(bc->pathlen);
        assert_int_equal(X509_get_key_usage(x), KU_KEY_CERT_SIGN);
        assert_int_equal(X509_get_extended_key_usage(x), XKU_SSL_SERVER);
        BASIC_CONSTRAINTS_free(bc);
        pdane_cert_unref(a);
        X509_free(ca);
}

static void
key_id_of_the_key_where_the_signer_has_none(void **state)
{
        X509 *leaf = test_x509(&(struct test_spec){.cn = HOST});
        struct pdane_cert *a = anchor_for(leaf, TEST_LIST(HOST));

        (void)state;
        assert_true(pdane_cert_has_key_id(a));
        assert_true(pdane_cert_key_id_is_own(a));
        pdane_cert_unref(a);
        X509_free(leaf);
}

/* The subtrees as text: dNSName as it is, iPAddress as its number of octets, all of them zero. */
static void
show_subtrees(const STACK_OF(GENERAL_SUBTREE) * list, char *out, size_t cap)
{
        out[0] = '\0';
        for (int i = 0; i < sk_GENERAL_SUBTREE_num(list); i++) {
                const GENERAL_SUBTREE *t = sk_GENERAL_SUBTREE_value(list, i);
                int type;
                const ASN1_STRING *s = GENERAL_NAME_get0_value(t->base, &type);
                size_t len = strlen(out);

                assert_null(t->minimum);
                assert_null(t->maximum);
                if (type == GEN_DNS) {
                        assert_int_equal(ASN1_STRING_type(s), V_ASN1_IA5STRING);
                        snprintf(out + len, cap - len, "%.*s ", ASN1_STRING_length(s),
                                 (const char *)ASN1_STRING_get0_data(s));
                } else {
                        assert_int_equal(type, GEN_IPADD);
                        for (int j = 0; j < ASN1_STRING_length(s); j++)
                                assert_int_equal(ASN1_STRING_get0_data(s)[j], 0);
                        snprintf(out + len, cap - len, "ip/%d ", ASN1_STRING_length(s));
                }
        }
}

static void
check_constraints(const char *const *names, const char *permitted, const char *excluded)
{
        X509 *ca = private_ca(test_key(1));
        struct pdane_cert *a = anchor_for(ca, names);
        NAME_CONSTRAINTS *nc =
                X509_get_ext_d2i(pdane_cert_x509(a), NID_name_constraints, NULL, NULL);
        char text[1024];

        assert_non_null(nc);
        show_subtrees(nc->permittedSubtrees, text, sizeof(text));
        assert_string_equal(text, permitted);
        show_subtrees(nc->excludedSubtrees, text, sizeof(text));
        assert_string_equal(text, excluded);
        NAME_CONSTRAINTS_free(nc);
        pdane_cert_unref(a);
        X509_free(ca);
}

static void
constraints(void **state)
{
        (void)state;
        check_constraints(TEST_LIST(HOST), "host.example ", ".host.example ip/8 ip/32 ");
        check_constraints(TEST_LIST("a.example", "b.example"), "a.example b.example ",
                          ".a.example .b.example ip/8 ip/32 ");
        check_constraints(TEST_LIST("example", "www.example"), "example www.example ",
                          ".www.example ip/8 ip/32 ");
        /* Not below it: only the same letters at the end. */
        check_constraints(TEST_LIST("host.example", "myhost.example"),
                          "host.example myhost.example ",
                          ".host.example .myhost.example ip/8 ip/32 ");
        check_constraints(TEST_LIST("*.w.example"), ".w.example ", "ip/8 ip/32 ");
        check_constraints(TEST_LIST("*.w.example", "w.example", "a.w.example"),
                          ".w.example w.example a.w.example ", ".a.w.example ip/8 ip/32 ");
        check_constraints(TEST_LIST("example", "*.w.example"), "example .w.example ",
                          "ip/8 ip/32 ");
}

static void
check_exact(const char *const *names, bool exact)
{
        struct pdane_name parsed[8];
        size_t n = parse_all(names, parsed);

        assert_int_equal(pdane_anchor_exact(parsed, n), exact);
}

static void
exactness(void **state)
{
        (void)state;
        check_exact(TEST_LIST(NULL), false);
        check_exact(TEST_LIST(HOST), true);
        check_exact(TEST_LIST("a.example", "b.example"), true);
        check_exact(TEST_LIST("host.example", "myhost.example"), true);
        check_exact(TEST_LIST("example", "www.example"), false);
        check_exact(TEST_LIST("a.b.example", "example"), false);
        check_exact(TEST_LIST("*.example"), false);
}

static void
bad_arguments_and_limits(void **state)
{
        static struct pdane_name many[PDANE_CERT_NAMES_MAX + 1];
        struct pdane_cert *signer = test_cert(&(struct test_spec){.cn = HOST});
        struct pdane_cert *a = NULL;

        (void)state;
        for (size_t i = 0; i <= PDANE_CERT_NAMES_MAX; i++)
                snprintf(many[i].text, sizeof(many[i].text), "n%zu.example", i);
        assert_int_equal(pdane_anchor_new(signer, many, 0, FROM, UNTIL, &a), -EINVAL);
        assert_int_equal(pdane_anchor_new(signer, many, 1, UNTIL, UNTIL, &a), -EINVAL);
        assert_int_equal(pdane_anchor_new(signer, many, 1, UNTIL, FROM, &a), -EINVAL);
        assert_int_equal(pdane_anchor_new(signer, many, PDANE_CERT_NAMES_MAX + 1, FROM, UNTIL, &a),
                         -EMSGSIZE);
        assert_null(a);
        assert_int_equal(pdane_anchor_new(signer, many, PDANE_CERT_NAMES_MAX, FROM, UNTIL, &a), 0);
        pdane_cert_unref(a);
        a = NULL;
        /* A hundred names of full length do not fit a certificate. */
        for (size_t i = 0; i < PDANE_CERT_NAMES_MAX; i++) {
                size_t len = strlen(many[i].text);

                memset(many[i].text + len, 'x', PDANE_NAME_MAX - len);
                many[i].text[PDANE_NAME_MAX] = '\0';
        }
        assert_int_equal(pdane_anchor_new(signer, many, PDANE_CERT_NAMES_MAX, FROM, UNTIL, &a),
                         -EMSGSIZE);
        assert_null(a);
        pdane_cert_unref(signer);
}

/* ---- what OpenSSL makes of it: only the anchor in the store, no partial chain, host and purpose
 * checked ---- */

static int
verify(const struct pdane_cert *anchor, X509 *leaf, X509 *middle, const char *host, int64_t now)
{
        X509_STORE *store = X509_STORE_new();
        X509_STORE_CTX *ctx = X509_STORE_CTX_new();
        STACK_OF(X509) *untrusted = sk_X509_new_null();
        X509_VERIFY_PARAM *param;
        int error;

        assert_true(X509_STORE_add_cert(store, pdane_cert_x509(anchor)));
        if (middle)
                assert_true(sk_X509_push(untrusted, middle));
        assert_true(X509_STORE_CTX_init(ctx, store, leaf, untrusted));
        assert_true(X509_STORE_CTX_set_default(ctx, "ssl_server"));
        param = X509_STORE_CTX_get0_param(ctx);
        X509_VERIFY_PARAM_set_time(param, (time_t)now);
        X509_VERIFY_PARAM_set_auth_level(param, 2);
        assert_true(X509_VERIFY_PARAM_set1_host(param, host, 0));
        X509_verify_cert(ctx);
        error = X509_STORE_CTX_get_error(ctx);
        X509_STORE_CTX_free(ctx);
        X509_STORE_free(store);
        sk_X509_free(untrusted);
        return error;
}

/* A leaf with these names, signed by ca, under the anchor: OpenSSL's error for host. */
static int
verify_leaf(const struct pdane_cert *anchor, X509 *ca, const char *const *dns,
            const char *const *ip, const char *host)
{
        X509 *leaf = test_leaf(dns, ip, ca, test_key(1));
        int error = verify(anchor, leaf, NULL, host, TEST_NOW);

        X509_free(leaf);
        return error;
}

static void
openssl_hosts(void **state)
{
        X509 *ca = private_ca(test_key(1));
        struct pdane_cert *a = anchor_for(ca, TEST_LIST(HOST));

        (void)state;
        assert_int_equal(verify_leaf(a, ca, TEST_LIST(HOST), NULL, HOST), X509_V_OK);
        assert_int_equal(verify_leaf(a, ca, TEST_LIST(HOST), NULL, "other.example"),
                         X509_V_ERR_HOSTNAME_MISMATCH);
        assert_int_equal(verify_leaf(a, ca, TEST_LIST("other.example"), NULL, "other.example"),
                         X509_V_ERR_PERMITTED_VIOLATION);
        assert_int_equal(verify_leaf(a, ca, TEST_LIST("myhost.example"), NULL, "myhost.example"),
                         X509_V_ERR_PERMITTED_VIOLATION);
        assert_int_equal(verify_leaf(a, ca, TEST_LIST("www." HOST), NULL, "www." HOST),
                         X509_V_ERR_EXCLUDED_VIOLATION);
        assert_int_equal(verify_leaf(a, ca, TEST_LIST("*." HOST), NULL, "www." HOST),
                         X509_V_ERR_EXCLUDED_VIOLATION);
        assert_int_equal(verify_leaf(a, ca, TEST_LIST(HOST, "bank.example"), NULL, HOST),
                         X509_V_ERR_PERMITTED_VIOLATION);
        assert_int_equal(verify_leaf(a, ca, TEST_LIST(HOST), TEST_LIST("192.0.2.1"), HOST),
                         X509_V_ERR_EXCLUDED_VIOLATION);
        assert_int_equal(verify_leaf(a, ca, TEST_LIST(HOST), TEST_LIST("2001:db8::1"), HOST),
                         X509_V_ERR_EXCLUDED_VIOLATION);
        pdane_cert_unref(a);
        X509_free(ca);
}

static void
openssl_names_below_each_other(void **state)
{
        X509 *ca = private_ca(test_key(1));
        struct pdane_cert *a = anchor_for(ca, TEST_LIST(HOST, "www." HOST));

        (void)state;
        assert_int_equal(verify_leaf(a, ca, TEST_LIST(HOST, "www." HOST), NULL, "www." HOST),
                         X509_V_OK);
        assert_int_equal(verify_leaf(a, ca, TEST_LIST("x.www." HOST), NULL, "x.www." HOST),
                         X509_V_ERR_EXCLUDED_VIOLATION);
        /* Why pdane_anchor_exact says no: the upper name permits all that is below it. */
        assert_int_equal(verify_leaf(a, ca, TEST_LIST("mail." HOST), NULL, "mail." HOST),
                         X509_V_OK);
        pdane_cert_unref(a);
        X509_free(ca);
}

static void
openssl_wildcard(void **state)
{
        X509 *ca = private_ca(test_key(1));
        struct pdane_cert *a = anchor_for(ca, TEST_LIST("*.w.example"));

        (void)state;
        assert_int_equal(verify_leaf(a, ca, TEST_LIST("*.w.example"), NULL, "a.w.example"),
                         X509_V_OK);
        assert_int_equal(verify_leaf(a, ca, TEST_LIST("a.w.example"), NULL, "a.w.example"),
                         X509_V_OK);
        assert_int_equal(verify_leaf(a, ca, TEST_LIST("w.example"), NULL, "w.example"),
                         X509_V_ERR_PERMITTED_VIOLATION);
        assert_int_equal(verify_leaf(a, ca, TEST_LIST("xw.example"), NULL, "xw.example"),
                         X509_V_ERR_PERMITTED_VIOLATION);
        /* Why pdane_anchor_exact says no. */
        assert_int_equal(verify_leaf(a, ca, TEST_LIST("a.b.w.example"), NULL, "a.b.w.example"),
                         X509_V_OK);
        pdane_cert_unref(a);
        X509_free(ca);
}

static void
openssl_dates(void **state)
{
        X509 *ca = private_ca(test_key(1));
        struct pdane_cert *a = anchor_for(ca, TEST_LIST(HOST));
        X509 *leaf = test_x509(&(struct test_spec){.cn = HOST,
                                                   .dns = TEST_LIST(HOST),
                                                   .key = test_key(3),
                                                   .not_before = TEST_NOW - 9 * TEST_DAY,
                                                   .signer = ca,
                                                   .signer_key = test_key(1)});

        (void)state;
        assert_int_equal(verify(a, leaf, NULL, HOST, FROM), X509_V_OK);
        assert_int_equal(verify(a, leaf, NULL, HOST, UNTIL - 1), X509_V_OK);
        assert_int_equal(verify(a, leaf, NULL, HOST, UNTIL + 1), X509_V_ERR_CERT_HAS_EXPIRED);
        assert_int_equal(verify(a, leaf, NULL, HOST, FROM - 1), X509_V_ERR_CERT_NOT_YET_VALID);
        pdane_cert_unref(a);
        X509_free(leaf);
        X509_free(ca);
}

static void
openssl_another_signer(void **state)
{
        X509 *ca = private_ca(test_key(1)), *twin = private_ca(test_key(2));
        struct pdane_cert *a = anchor_for(ca, TEST_LIST(HOST));
        X509 *leaf = test_x509(&(struct test_spec){.dns = TEST_LIST(HOST),
                                                   .key = test_key(3),
                                                   .signer = twin,
                                                   .signer_key = test_key(2)});
        X509 *client = test_x509(&(struct test_spec){.dns = TEST_LIST(HOST),
                                                     .key = test_key(3),
                                                     .eku = "clientAuth",
                                                     .signer = ca,
                                                     .signer_key = test_key(1)});

        (void)state;
        assert_int_equal(verify(a, leaf, NULL, HOST, TEST_NOW), X509_V_ERR_CERT_SIGNATURE_FAILURE);
        assert_int_equal(verify(a, client, NULL, HOST, TEST_NOW), X509_V_ERR_INVALID_PURPOSE);
        pdane_cert_unref(a);
        X509_free(leaf);
        X509_free(client);
        X509_free(ca);
        X509_free(twin);
}

/* The constraint holds for what an intermediate CA signs too. */
static void
openssl_intermediate(void **state)
{
        X509 *ca = private_ca(test_key(1));
        struct pdane_cert *a = anchor_for(ca, TEST_LIST(HOST));
        X509 *middle = test_x509(&(struct test_spec){.cn = "M",
                                                     .bc = TEST_BC_TRUE,
                                                     .key = test_key(2),
                                                     .signer = ca,
                                                     .signer_key = test_key(1)});
        X509 *good = test_x509(&(struct test_spec){.dns = TEST_LIST(HOST),
                                                   .key = test_key(3),
                                                   .signer = middle,
                                                   .signer_key = test_key(2)});
        X509 *bad = test_x509(&(struct test_spec){.dns = TEST_LIST("bank.example"),
                                                  .key = test_key(3),
                                                  .signer = middle,
                                                  .signer_key = test_key(2)});

        (void)state;
        assert_int_equal(verify(a, good, middle, HOST, TEST_NOW), X509_V_OK);
        assert_int_equal(verify(a, bad, middle, "bank.example", TEST_NOW),
                         X509_V_ERR_PERMITTED_VIOLATION);
        pdane_cert_unref(a);
        X509_free(good);
        X509_free(bad);
        X509_free(middle);
        X509_free(ca);
}

/* Without partial chains OpenSSL ends a chain only at what counts as self-signed: Python, s_client.
 */
static void
counts_as_self_signed(void **state)
{
        EVP_PKEY *edwards = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        EVP_PKEY *keys[] = {test_key(1), test_key_rsa(), edwards};

        (void)state;
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
                X509 *donor = private_ca(test_key(2)), *signer = X509_dup(donor);
                struct pdane_cert *a;

                assert_int_equal(X509_set_pubkey(signer, keys[i]), 1);
                assert_true(X509_sign(signer, test_key(2), EVP_sha256()) > 0);
                a = anchor_for(signer, TEST_LIST(HOST));
                assert_true(X509_get_extension_flags(pdane_cert_x509(a)) & EXFLAG_SS);
                pdane_cert_unref(a);
                X509_free(signer);
                X509_free(donor);
        }
        EVP_PKEY_free(edwards);
}

/* An octet string, or two integers, of that length: what a verifier that parses it expects. */
static void
check_signature_form(const X509 *x, int nid, int len)
{
        const ASN1_BIT_STRING *bits;
        const X509_ALGOR *outer;

        X509_get0_signature(&bits, &outer, x);
        assert_int_equal(X509_get_signature_nid(x), nid);
        assert_int_equal(X509_ALGOR_cmp(outer, X509_get0_tbs_sigalg(x)), 0);
        assert_int_equal(bits->flags & 7, 0); /* no unused bits */
        if (nid == NID_ecdsa_with_SHA256) {
                const unsigned char *p = ASN1_STRING_get0_data(bits);
                ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, ASN1_STRING_length(bits));

                assert_non_null(sig);
                assert_ptr_equal(p, ASN1_STRING_get0_data(bits) + ASN1_STRING_length(bits));
                assert_int_equal(BN_num_bytes(ECDSA_SIG_get0_r(sig)), len);
                assert_int_equal(BN_num_bytes(ECDSA_SIG_get0_s(sig)), len);
                assert_false(BN_is_negative(ECDSA_SIG_get0_r(sig)));
                assert_false(BN_is_negative(ECDSA_SIG_get0_s(sig)));
                ECDSA_SIG_free(sig);
        } else {
                assert_int_equal(ASN1_STRING_length(bits), len);
        }
}

/* No key signs an anchor: its signature is another each time, and the signer's key did not make it.
 */
static void
signature_is_chance(void **state)
{
        EVP_PKEY *ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        EVP_PKEY *ed448 = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
        const struct {
                EVP_PKEY *key;
                int nid, len;
        } kinds[] = {
                {test_key(1), NID_ecdsa_with_SHA256, 32},
                {test_key_rsa(), NID_sha256WithRSAEncryption, 128},
                {ed25519, NID_ED25519, 64},
                {ed448, NID_ED448, 114},
        };

        (void)state;
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
                X509 *signer = private_ca(test_key(2));
                const ASN1_BIT_STRING *one, *other;

                assert_int_equal(X509_set_pubkey(signer, kinds[i].key), 1);
                assert_true(X509_sign(signer, test_key(2), EVP_sha256()) > 0);
                struct pdane_cert *a = anchor_for(signer, TEST_LIST(HOST)),
                                  *b = anchor_for(signer, TEST_LIST(HOST));
                check_signature_form(pdane_cert_x509(a), kinds[i].nid, kinds[i].len);
                X509_get0_signature(&one, NULL, pdane_cert_x509(a));
                X509_get0_signature(&other, NULL, pdane_cert_x509(b));
                assert_int_not_equal(ASN1_STRING_cmp(one, other), 0);
                assert_int_not_equal(X509_verify(pdane_cert_x509(a), kinds[i].key), 1);
                pdane_cert_unref(a);
                pdane_cert_unref(b);
                X509_free(signer);
        }
        EVP_PKEY_free(ed25519);
        EVP_PKEY_free(ed448);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(identity),
                cmocka_unit_test(extensions),
                cmocka_unit_test(counts_as_self_signed),
                cmocka_unit_test(signature_is_chance),
                cmocka_unit_test(key_id_of_the_key_where_the_signer_has_none),
                cmocka_unit_test(constraints),
                cmocka_unit_test(exactness),
                cmocka_unit_test(bad_arguments_and_limits),
                cmocka_unit_test(openssl_hosts),
                cmocka_unit_test(openssl_names_below_each_other),
                cmocka_unit_test(openssl_wildcard),
                cmocka_unit_test(openssl_dates),
                cmocka_unit_test(openssl_another_signer),
                cmocka_unit_test(openssl_intermediate),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
