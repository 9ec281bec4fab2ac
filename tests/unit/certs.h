/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Certificates of every kind for tests, made on the spot with OpenSSL. Whatever fails here ends the
 * test program. Everything returned is the caller's unless "cached" is said.
 */
#ifndef PDANE_TEST_CERTS_H
#define PDANE_TEST_CERTS_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "trust/match.h"

#define TEST_NOW INT64_C(1800000000) /* the clock of all tests: 2027-01-15 */
#define TEST_DAY INT64_C(86400)

enum test_bc {
        TEST_BC_NONE = 0, /* no basicConstraints */
        TEST_BC_FALSE,
        TEST_BC_TRUE,
};

/* All zero is a self-signed v3 certificate with an empty DN, no extensions, valid a day ago to a
 * year ahead. */
struct test_spec {
        const char *cn;           /* subject "CN=cn" */
        const X509_NAME *subject; /* instead of cn */
        const X509_NAME *issuer;  /* instead of signer's subject */
        int version;              /* 1, 2 or 3; 0 is 3 */
        const char *const *dns;   /* NULL-terminated dNSNames */
        const char *const *ip;    /* NULL-terminated iPAddresses, as text */
        const char *const
                *more;   /* NULL-terminated further subjectAltNames, "email:a@b" and so on */
        const void *san; /* instead of these: the extension's value as it is */
        size_t san_len;
        enum test_bc bc;
        bool key_id;                   /* subjectKeyIdentifier */
        bool authority_key_id;         /* the signer's subjectKeyIdentifier, if it has one */
        const char *eku;               /* as in openssl.cnf, or NULL */
        uint64_t serial;               /* 0: 1 */
        int64_t not_before, not_after; /* 0: the default */
        EVP_PKEY *key;                 /* borrowed; NULL: test_key(0) */
        X509 *signer;                  /* borrowed; NULL: self-signed */
        EVP_PKEY *signer_key;          /* with signer */
};

X509 *test_x509(const struct test_spec *spec);
struct pdane_cert *test_cert(const struct test_spec *spec);
struct pdane_cert *test_cert_take(X509 *x); /* frees x */
/* A server's, with CA:FALSE, for these names and addresses; the first name is its CN too. */
X509 *test_leaf(const char *const *dns, const char *const *ip, X509 *signer, EVP_PKEY *signer_key);
struct pdane_bytes test_der(X509 *x);
void test_der_free(struct pdane_bytes der);

/* Adds an extension to a certificate and signs it again with key. */
void test_add_extension(X509 *x, const char *oid, bool critical, const void *value, size_t len,
                        EVP_PKEY *key);

EVP_PKEY *test_key(unsigned i); /* P-256, cached, i < 8 */
EVP_PKEY *test_key_rsa(void);   /* RSA-2048, cached */
EVP_PKEY *test_key_weak(void);  /* RSA-512, cached */

/* A DN from NULL-terminated pairs: "CN", "host", "O", "Acme", NULL. */
X509_NAME *test_dn(const char *const *pairs);
/* One RDN with a string of a given ASN.1 type, V_ASN1_BMPSTRING and so on; bytes as they are. */
X509_NAME *test_dn_typed(const char *attribute, int type, const void *data, size_t len);

/* Appends the TLSA record of that kind for x. */
void test_tlsa_add(struct pdane_tlsa_set *set, const X509 *x, uint8_t usage, uint8_t selector,
                   uint8_t matching);
/* A set of one. */
struct pdane_tlsa_set *test_tlsa(const X509 *x, uint8_t usage, uint8_t selector, uint8_t matching);

#define TEST_LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

#endif
