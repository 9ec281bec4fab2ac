/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes what the public web looks like: a root, an authority below it, and many certificates of
 * one key for www.public.test which that authority signed. They differ in their serial, and with
 * "each" in their DN as well, as certificates of different sites do: nobody remembers one of them.
 *
 * usage: bench_chain DIRECTORY ec|rsa NUMBER same|each
 *
 * Writes root.pem, middle.der, leaves.der (chain.h) and key.pem (the key of all leaves). ec is
 * P-256 throughout; rsa is 2048 bits throughout.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "chain.h"

struct signer {
        X509 *cert; /* NULL: the certificate signs itself */
        EVP_PKEY *key;
};

static const char *directory;

static _Noreturn void
fail(void)
{
        ERR_print_errors_fp(stderr);
        exit(1);
}

static EVP_PKEY *
make_key(const char *kind)
{
        EVP_PKEY *key = strcmp(kind, "ec") == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);

        if (!key)
                fail();
        return key;
}

static void
extend(X509 *x, X509 *issuer, int nid, const char *value)
{
        X509V3_CTX ctx;
        X509_EXTENSION *e;

        X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
        e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
        if (!e || X509_add_ext(x, e, -1) != 1)
                fail();
        X509_EXTENSION_free(e);
}

static void
set_serial(X509 *x)
{
        uint8_t octets[16];
        BIGNUM *n;

        if (RAND_bytes(octets, sizeof(octets)) != 1)
                fail();
        octets[0] = (uint8_t)((octets[0] & 0x7f) | 0x40);
        n = BN_bin2bn(octets, sizeof(octets), NULL);
        if (!n || !BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)))
                fail();
        BN_free(n);
}

static X509 *
make_cert(const char *cn, EVP_PKEY *key, const struct signer *by, bool is_ca)
{
        X509 *x = X509_new();
        X509_NAME *name = X509_NAME_new();
        X509 *issuer = by->cert ? by->cert : x;

        if (!x || !name || X509_set_version(x, 2) != 1 || X509_set_pubkey(x, key) != 1 ||
            !X509_gmtime_adj(X509_getm_notBefore(x), -3600) ||
            !X509_gmtime_adj(X509_getm_notAfter(x), 30L * 24 * 3600))
                fail();
        set_serial(x);
        if (is_ca && X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
                                                (const uint8_t *)"Public Trust", -1, -1, 0) != 1)
                fail();
        if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)cn, -1, -1, 0) !=
                    1 ||
            X509_set_subject_name(x, name) != 1 ||
            X509_set_issuer_name(x, X509_get_subject_name(issuer)) != 1)
                fail();
        X509_NAME_free(name);
        extend(x, issuer, NID_basic_constraints, is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
        extend(x, issuer, NID_key_usage,
               is_ca ? "critical,keyCertSign,cRLSign"
                     : "critical,digitalSignature,keyEncipherment");
        extend(x, issuer, NID_subject_key_identifier, "hash");
        if (by->cert)
                extend(x, issuer, NID_authority_key_identifier, "keyid");
        if (!is_ca) {
                extend(x, issuer, NID_ext_key_usage, "serverAuth");
                extend(x, issuer, NID_subject_alt_name, "DNS:" BENCH_CHAIN_HOST ",DNS:localhost");
        }
        if (X509_sign(x, by->key, EVP_sha256()) <= 0)
                fail();
        return x;
}

static FILE *
create(const char *name)
{
        char path[4096];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", directory, name);
        f = fopen(path, "wb");
        if (!f)
                bench_fail(path);
        return f;
}

static void
make_leaves(const char *kind, const struct signer *by, unsigned long n, bool each)
{
        EVP_PKEY *key = make_key(kind);
        FILE *to = create("leaves.der"), *key_to = create("key.pem");

        for (unsigned long i = 0; i < n; i++) {
                char cn[64] = BENCH_CHAIN_HOST;
                X509 *leaf;

                if (each)
                        snprintf(cn, sizeof(cn), "w%lu.public.test", i);
                leaf = make_cert(cn, key, by, false);
                if (i2d_X509_fp(to, leaf) != 1)
                        fail();
                X509_free(leaf);
        }
        if (PEM_write_PrivateKey(key_to, key, NULL, NULL, 0, NULL, NULL) != 1 || fclose(to) != 0 ||
            fclose(key_to) != 0)
                fail();
        EVP_PKEY_free(key);
}

int
main(int argc, char **argv)
{
        struct signer root = {0}, middle = {0};
        FILE *f;

        if (argc != 5) {
                fprintf(stderr, "usage: bench_chain DIRECTORY ec|rsa NUMBER same|each\n");
                return 64;
        }
        directory = argv[1];
        root.key = make_key(argv[2]);
        root.cert = make_cert("Bench Root", root.key, &root, true);
        middle.key = make_key(argv[2]);
        middle.cert = make_cert("Bench Authority", middle.key, &root, true);
        f = create("root.pem");
        if (PEM_write_X509(f, root.cert) != 1 || fclose(f) != 0)
                fail();
        f = create("middle.der");
        if (i2d_X509_fp(f, middle.cert) != 1 || fclose(f) != 0)
                fail();
        make_leaves(argv[2], &middle, strtoul(argv[3], NULL, 10), strcmp(argv[4], "each") == 0);
        X509_free(root.cert);
        X509_free(middle.cert);
        EVP_PKEY_free(root.key);
        EVP_PKEY_free(middle.key);
        return 0;
}
