/* SPDX-License-Identifier: BSD-3-Clause */
/* Certificates for tests. Uses OpenSSL directly, so that the code under test does not judge itself.
 */
#include "certs.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#define KEYS 8u
#define MUST(ok)                                                                                   \
        do {                                                                                       \
                if (!(ok))                                                                         \
                        die(__LINE__, #ok);                                                        \
        } while (0)

static void
die(int line, const char *what)
{
        fprintf(stderr, "certs.c:%d: %s\n", line, what);
        ERR_print_errors_fp(stderr);
        abort();
}

EVP_PKEY *
test_key(unsigned i)
{
        static EVP_PKEY *keys[KEYS];

        MUST(i < KEYS);
        if (!keys[i])
                MUST(keys[i] = EVP_EC_gen("P-256"));
        return keys[i];
}

EVP_PKEY *
test_key_rsa(void)
{
        static EVP_PKEY *key;

        if (!key)
                MUST(key = EVP_RSA_gen(2048));
        return key;
}

EVP_PKEY *
test_key_weak(void)
{
        static EVP_PKEY *key;

        if (!key)
                MUST(key = EVP_RSA_gen(512));
        return key;
}

X509_NAME *
test_dn(const char *const *pairs)
{
        X509_NAME *dn = X509_NAME_new();

        MUST(dn);
        for (; pairs && *pairs; pairs += 2)
                MUST(X509_NAME_add_entry_by_txt(dn, pairs[0], MBSTRING_UTF8,
                                                (const unsigned char *)pairs[1], -1, -1, 0));
        return dn;
}

X509_NAME *
test_dn_typed(const char *attribute, int type, const void *data, size_t len)
{
        X509_NAME *dn = X509_NAME_new();

        MUST(dn && X509_NAME_add_entry_by_txt(dn, attribute, type, data, (int)len, -1, 0));
        return dn;
}

void
test_add_extension(X509 *x, const char *oid, bool critical, const void *value, size_t len,
                   EVP_PKEY *key)
{
        ASN1_OBJECT *object = OBJ_txt2obj(oid, 0);
        ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
        X509_EXTENSION *ext;

        MUST(object && octets && ASN1_OCTET_STRING_set(octets, value, (int)len));
        ext = X509_EXTENSION_create_by_OBJ(NULL, object, critical, octets);
        MUST(ext && X509_add_ext(x, ext, -1));
        X509_EXTENSION_free(ext);
        ASN1_OCTET_STRING_free(octets);
        ASN1_OBJECT_free(object);
        if (key)
                MUST(X509_sign(x, key, EVP_sha256()) > 0);
}

static void
add_conf(X509 *x, X509 *signer, int nid, const char *value)
{
        X509V3_CTX ctx;
        X509_EXTENSION *ext;

        X509V3_set_ctx(&ctx, signer, x, NULL, NULL, 0);
        ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
        MUST(ext && X509_add_ext(x, ext, -1));
        X509_EXTENSION_free(ext);
}

static void
push_name(GENERAL_NAMES *list, int type, const char *value)
{
        GENERAL_NAME *gn = a2i_GENERAL_NAME(NULL, NULL, NULL, type, value, 0);

        MUST(gn && sk_GENERAL_NAME_push(list, gn));
}

static void
push_more(GENERAL_NAMES *list, const char *text)
{
        char kind[16] = "";
        const char *colon = strchr(text, ':');

        MUST(colon && (size_t)(colon - text) < sizeof(kind));
        memcpy(kind, text, (size_t)(colon - text));
        if (strcmp(kind, "email") == 0)
                push_name(list, GEN_EMAIL, colon + 1);
        else if (strcmp(kind, "URI") == 0)
                push_name(list, GEN_URI, colon + 1);
        else
                push_name(list, GEN_RID, colon + 1);
}

static void
add_san(X509 *x, const struct test_spec *spec)
{
        GENERAL_NAMES *list = GENERAL_NAMES_new();
        const char *const *p;

        MUST(list);
        for (p = spec->dns; p && *p; p++)
                push_name(list, GEN_DNS, *p);
        for (p = spec->ip; p && *p; p++)
                push_name(list, GEN_IPADD, *p);
        for (p = spec->more; p && *p; p++)
                push_more(list, *p);
        if (sk_GENERAL_NAME_num(list) > 0)
                MUST(X509_add1_ext_i2d(x, NID_subject_alt_name, list, 0, X509V3_ADD_DEFAULT) == 1);
        GENERAL_NAMES_free(list);
}

static void
add_extensions(X509 *x, X509 *signer, const struct test_spec *spec)
{
        if (spec->bc != TEST_BC_NONE)
                add_conf(x, signer, NID_basic_constraints,
                         spec->bc == TEST_BC_TRUE ? "critical,CA:TRUE" : "CA:FALSE");
        if (spec->key_id)
                add_conf(x, signer, NID_subject_key_identifier, "hash");
        if (spec->authority_key_id &&
            X509_get_ext_by_NID(signer, NID_subject_key_identifier, -1) >= 0)
                add_conf(x, signer, NID_authority_key_identifier, "keyid:always");
        if (spec->eku)
                add_conf(x, signer, NID_ext_key_usage, spec->eku);
        if (spec->san)
                test_add_extension(x, "2.5.29.17", false, spec->san, spec->san_len, NULL);
        else
                add_san(x, spec);
}

static void
set_names(X509 *x, const struct test_spec *spec)
{
        X509_NAME *dn = test_dn(spec->cn ? TEST_LIST("CN", spec->cn) : NULL);
        const X509_NAME *subject = spec->subject ? spec->subject : dn;
        const X509_NAME *issuer = subject;

        if (spec->signer)
                issuer = X509_get_subject_name(spec->signer);
        if (spec->issuer)
                issuer = spec->issuer;
        MUST(X509_set_subject_name(x, subject) && X509_set_issuer_name(x, issuer));
        X509_NAME_free(dn);
}

X509 *
test_x509(const struct test_spec *spec)
{
        EVP_PKEY *key = spec->key ? spec->key : test_key(0);
        X509 *x = X509_new();
        int64_t from = spec->not_before ? spec->not_before : TEST_NOW - TEST_DAY;
        int64_t to = spec->not_after ? spec->not_after : TEST_NOW + 365 * TEST_DAY;

        MUST(x && X509_set_version(x, (spec->version ? spec->version : 3) - 1));
        MUST(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), spec->serial ? spec->serial : 1));
        MUST(ASN1_TIME_set(X509_getm_notBefore(x), (time_t)from));
        MUST(ASN1_TIME_set(X509_getm_notAfter(x), (time_t)to));
        MUST(X509_set_pubkey(x, key));
        set_names(x, spec);
        add_extensions(x, spec->signer ? spec->signer : x, spec);
        MUST(X509_sign(x, spec->signer ? spec->signer_key : key, EVP_sha256()) > 0);
        return x;
}

struct pdane_cert *
test_cert_take(X509 *x)
{
        struct pdane_cert *c = NULL;

        MUST(pdane_cert_new_x509(x, &c) == 0);
        X509_free(x);
        return c;
}

X509 *
test_leaf(const char *const *dns, const char *const *ip, X509 *signer, EVP_PKEY *signer_key)
{
        return test_x509(&(struct test_spec){.cn = dns[0],
                                             .dns = dns,
                                             .ip = ip,
                                             .bc = TEST_BC_FALSE,
                                             .key = test_key(3),
                                             .authority_key_id = true,
                                             .signer = signer,
                                             .signer_key = signer_key});
}

struct pdane_bytes
test_der(X509 *x)
{
        unsigned char *der = NULL;
        int len = i2d_X509(x, &der);
        MUST(len > 0);
        return (struct pdane_bytes){der, (size_t)len};
}

void
test_der_free(struct pdane_bytes der)
{
        OPENSSL_free((void *)(uintptr_t)der.data);
}

struct pdane_cert *
test_cert(const struct test_spec *spec)
{
        return test_cert_take(test_x509(spec));
}

void
test_tlsa_add(struct pdane_tlsa_set *set, const X509 *x, uint8_t usage, uint8_t selector,
              uint8_t matching)
{
        unsigned char *der = NULL;
        int len = selector ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der) : i2d_X509(x, &der);
        uint8_t rdata[3 + PDANE_TLSA_DATA_MAX] = {usage, selector, matching};
        unsigned n = (unsigned)len;

        MUST(len > 0 && n <= PDANE_TLSA_DATA_MAX);
        if (matching == 0)
                memcpy(rdata + 3, der, n);
        else
                MUST(EVP_Digest(der, n, rdata + 3, &n, matching == 1 ? EVP_sha256() : EVP_sha512(),
                                NULL));
        MUST(pdane_tlsa_set_add(set, rdata, 3 + (size_t)n) == 0);
        OPENSSL_free(der);
}

struct pdane_tlsa_set *
test_tlsa(const X509 *x, uint8_t usage, uint8_t selector, uint8_t matching)
{
        struct pdane_tlsa_set *set = NULL;

        MUST(pdane_tlsa_set_new(&set) == 0);
        test_tlsa_add(set, x, usage, selector, matching);
        return set;
}
