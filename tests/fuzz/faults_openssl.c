/* SPDX-License-Identifier: BSD-3-Clause */
/* OpenSSL's memory, and its calls that may fail for other reasons, as they say that they failed. */
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "faults.h"

#define WRAP(result, name, parameters, arguments, failure)                                         \
        result __real_##name parameters;                                                           \
        result __wrap_##name parameters;                                                           \
        result __wrap_##name parameters                                                            \
        {                                                                                          \
                return fuzz_fault() ? (failure) : __real_##name arguments;                         \
        }

/* The call fails or is done: no step within it fails. */
#define WRAP_WHOLE(result, name, parameters, arguments, failure)                                   \
        result __real_##name parameters;                                                           \
        result __wrap_##name parameters;                                                           \
        result __wrap_##name parameters                                                            \
        {                                                                                          \
                if (fuzz_fault())                                                                  \
                        return failure;                                                            \
                bool on = fuzz_faults_pause(false);                                                \
                result ret = __real_##name arguments;                                              \
                (void)fuzz_faults_pause(on);                                                       \
                return ret;                                                                        \
        }

WRAP(SSL *, SSL_new, (SSL_CTX * ctx), (ctx), NULL)
WRAP(int, SSL_dane_enable, (SSL * s, const char *host), (s, host), -1)
WRAP(int, SSL_dane_tlsa_add,
     (SSL * s, uint8_t usage, uint8_t selector, uint8_t matching, const unsigned char *data,
      size_t len),
     (s, usage, selector, matching, data, len), -1)
WRAP(X509_STORE_CTX *, X509_STORE_CTX_new, (void), (), NULL)
WRAP(int, X509_STORE_CTX_init,
     (X509_STORE_CTX * ctx, X509_STORE *store, X509 *x, STACK_OF(X509) * chain),
     (ctx, store, x, chain), 0)
WRAP(int, X509_STORE_CTX_set_default, (X509_STORE_CTX * ctx, const char *name), (ctx, name), 0)
WRAP(int, X509_VERIFY_PARAM_set1_host, (X509_VERIFY_PARAM * param, const char *name, size_t len),
     (param, name, len), 0)
WRAP(int, X509_verify_cert, (X509_STORE_CTX * ctx), (ctx), -1)
WRAP(int, SSL_get0_dane_authority, (SSL * s, X509 **cert, EVP_PKEY **key), (s, cert, key), -1)
WRAP(X509 *, d2i_X509, (X509 * *x, const unsigned char **in, long len), (x, in, len), NULL)
WRAP(int, i2d_X509, (const X509 *x, unsigned char **out), (x, out), -1)
WRAP(GENERAL_NAMES *, d2i_GENERAL_NAMES, (GENERAL_NAMES * *a, const unsigned char **in, long len),
     (a, in, len), NULL)
WRAP(int, ASN1_STRING_to_UTF8, (unsigned char **out, const ASN1_STRING *in), (out, in), -1)
WRAP(int, ASN1_TIME_to_tm, (const ASN1_TIME *t, struct tm *tm), (t, tm), 0)
WRAP(int, X509_pubkey_digest, (const X509 *x, const EVP_MD *type, unsigned char *md, unsigned *len),
     (x, type, md, len), 0)
WRAP(int, EVP_Digest,
     (const void *data, size_t n, unsigned char *md, unsigned *len, const EVP_MD *type, ENGINE *e),
     (data, n, md, len, type, e), 0)
WRAP(int, X509_self_signed, (X509 * x, int verify), (x, verify), -1)
/* WORKAROUND: OpenSSL 3.0's ASN1_item_sign_ctx frees the middle of the certificate when it has no
 * memory for the algorithm's name; drop when it does not. */
WRAP_WHOLE(int, X509_sign, (X509 * x, EVP_PKEY *key, const EVP_MD *md), (x, key, md), 0)
WRAP(int, X509_add1_ext_i2d, (X509 * x, int nid, void *value, int critical, unsigned long flags),
     (x, nid, value, critical, flags), 0)
WRAP(int, RAND_bytes, (unsigned char *buf, int n), (buf, n), 0)

/* ---- memory: malloc and realloc are wrapped here as everywhere ---- */

static void *
openssl_malloc(size_t n, const char *file, int line)
{
        (void)file;
        (void)line;
        return n == 0 ? NULL : malloc(n);
}

static void *
openssl_realloc(void *p, size_t n, const char *file, int line)
{
        (void)file;
        (void)line;
        if (n == 0) {
                free(p);
                return NULL;
        }
        return realloc(p, n);
}

static void
openssl_free(void *p, const char *file, int line)
{
        (void)file;
        (void)line;
        free(p);
}

void
fuzz_faults_install(void)
{
        FUZZ_CHECK(CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1);
}
