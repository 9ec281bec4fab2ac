/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OpenSSL's DANE as a function: a chain, a host, a TLSA RRset and a time in, a verdict out. Owns
 * the one SSL_CTX this needs, which has no CA, is never changed after it was made, and makes no
 * connection.
 */
#include "trust/match.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <pthread.h>

#define USAGE_DANE_TA 2
#define NO_END "99991231235959Z" /* RFC 5280 section 4.1.2.5 */

static pthread_once_t context_once = PTHREAD_ONCE_INIT;
static SSL_CTX *context; /* lives until the process ends; NULL when it could not be made */

static void
context_make(void)
{
        SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

        if (!ctx)
                return;
        if (SSL_CTX_dane_enable(ctx) <= 0) {
                SSL_CTX_free(ctx);
                return;
        }
        /* RFC 7671 section 5.1: for DANE-EE the name is the TLSA owner's, not the certificate's. */
        SSL_CTX_dane_set_flags(ctx, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
        context = ctx;
}

void
pdane_chain_clear(struct pdane_chain *ch)
{
        for (size_t i = 0; i < ch->n; i++) {
                pdane_cert_unref(ch->certs[i]);
                ch->certs[i] = NULL;
        }
        ch->n = 0;
}

/* Adds what is usable, of DANE-TA alone when ta_only. How many were taken, or -ENOMEM. A record
 * that OpenSSL finds unusable is left out. */
static int
add_records(SSL *ssl, const struct pdane_tlsa_set *set, bool ta_only)
{
        int n = 0;

        for (size_t i = 0; i < pdane_tlsa_set_count(set); i++) {
                const struct pdane_tlsa *t = pdane_tlsa_set_get(set, i);
                int r;

                if (!pdane_tlsa_usable(t) || (ta_only && t->usage != USAGE_DANE_TA))
                        continue;
                r = SSL_dane_tlsa_add(ssl, t->usage, t->selector, t->matching, t->data, t->len);
                if (r < 0)
                        return -ENOMEM;
                n += r > 0;
        }
        return n;
}

/* A verification of leaf with ssl's TLSA records and nothing else to believe in. */
static X509_STORE_CTX *
verification_new(SSL *ssl, X509 *leaf, const char *host, int64_t now, STACK_OF(X509) * untrusted)
{
        X509_STORE_CTX *ctx = X509_STORE_CTX_new();
        X509_VERIFY_PARAM *param;

        if (!ctx)
                return NULL;
        if (!X509_STORE_CTX_init(ctx, SSL_CTX_get_cert_store(context), leaf, untrusted) ||
            !X509_STORE_CTX_set_default(ctx, "ssl_server"))
                goto fail;
        X509_STORE_CTX_set0_dane(ctx, SSL_get0_dane(ssl));
        param = X509_STORE_CTX_get0_param(ctx);
        X509_VERIFY_PARAM_set_time(param, (time_t)now);
        X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        /*
         * How strong a key must be is each client's own rule, and each applies it to what it is
         * shown. The digest in DNS names this key, weak or not: level 0 has no opinion.
         */
        X509_VERIFY_PARAM_set_auth_level(param, 0);
        if (!X509_VERIFY_PARAM_set1_host(param, host, 0))
                goto fail;
        return ctx;
fail:
        X509_STORE_CTX_free(ctx);
        return NULL;
}

static STACK_OF(X509) * untrusted_new(X509 *const *certs, size_t n)
{
        STACK_OF(X509) *sk = sk_X509_new_null();

        for (size_t i = 1; sk && i < n; i++)
                if (!sk_X509_push(sk, certs[i])) { /* borrowed */
                        sk_X509_free(sk);
                        return NULL;
                }
        return sk;
}

static enum pdane_reason
reason_for(int error)
{
        switch (error) {
        case X509_V_ERR_DANE_NO_MATCH:
                return PDANE_REASON_NO_MATCH;
        case X509_V_ERR_HOSTNAME_MISMATCH:
                return PDANE_REASON_NAME_MISMATCH;
        default:
                return PDANE_REASON_CHAIN_ERROR;
        }
}

/* Which record it was that matched. False when OpenSSL names none that is in the set. */
static bool
find_record(SSL *ssl, const struct pdane_tlsa_set *set, struct pdane_match *m)
{
        uint8_t usage, selector, matching;
        const unsigned char *data = NULL;
        size_t len = 0;
        int depth = SSL_get0_dane_tlsa(ssl, &usage, &selector, &matching, &data, &len);

        if (depth < 0 || !data)
                return false;
        for (size_t i = 0; i < pdane_tlsa_set_count(set); i++) {
                const struct pdane_tlsa *t = pdane_tlsa_set_get(set, i);

                if (t->usage == usage && t->selector == selector && t->matching == matching &&
                    t->len == len && memcmp(t->data, data, len) == 0) {
                        m->depth = depth;
                        m->record = i;
                        return true;
                }
        }
        return false;
}

/* The key id by which the top of the chain names its issuer: NSS takes no anchor that lacks it. */
static bool
copy_authority_key_id(X509 *stand_in, const X509 *top)
{
        const ASN1_OCTET_STRING *id = X509_get0_authority_key_id((X509 *)(uintptr_t)top);

        return !id || X509_add1_ext_i2d(stand_in, NID_subject_key_identifier, (void *)(uintptr_t)id,
                                        0, X509V3_ADD_DEFAULT) == 1;
}

/*
 * A certificate for a trust anchor of which DNS has only the key: what an anchor is made from,
 * never shown to anybody. Its signature is by a key that nobody keeps.
 */
static X509 *
stand_in_new(const X509 *top, EVP_PKEY *key)
{
        X509 *x = X509_new();
        EVP_PKEY *throwaway = EVP_EC_gen("P-256");

        if (x && throwaway && X509_set_version(x, X509_VERSION_3) &&
            ASN1_INTEGER_set(X509_get_serialNumber(x), 1) &&
            X509_set_subject_name(x, X509_get_issuer_name(top)) &&
            X509_set_issuer_name(x, X509_get_issuer_name(top)) &&
            X509_time_adj_ex(X509_getm_notBefore(x), 0, 0, NULL) &&
            ASN1_TIME_set_string(X509_getm_notAfter(x), NO_END) && X509_set_pubkey(x, key) &&
            copy_authority_key_id(x, top) && X509_sign(x, throwaway, EVP_sha256()) > 0) {
                EVP_PKEY_free(throwaway);
                return x;
        }
        EVP_PKEY_free(throwaway);
        X509_free(x);
        return NULL;
}

static int
find_authority(SSL *ssl, X509_STORE_CTX *ctx, struct pdane_cert **ret)
{
        STACK_OF(X509) *built = X509_STORE_CTX_get0_chain(ctx);
        X509 *cert = NULL, *stand_in = NULL;
        EVP_PKEY *key = NULL;
        int r;

        if (SSL_get0_dane_authority(ssl, &cert, &key) < 0 || sk_X509_num(built) < 1)
                return -EIO;
        if (!cert && key)
                cert = stand_in = stand_in_new(sk_X509_value(built, sk_X509_num(built) - 1), key);
        r = cert ? pdane_cert_new_x509(cert, ret) : -ENOMEM;
        X509_free(stand_in);
        return r;
}

/* An authority that cannot be had takes the match with it, unless memory is what is lacking. */
static int
take_authority(SSL *ssl, X509_STORE_CTX *ctx, const struct pdane_tlsa_set *set,
               struct pdane_match *m, struct pdane_cert **ret)
{
        int r;

        if (pdane_tlsa_set_get(set, m->record)->usage != USAGE_DANE_TA)
                return 0;
        r = find_authority(ssl, ctx, ret);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                *m = (struct pdane_match){.reason = PDANE_REASON_CHAIN_ERROR, .depth = -1};
        return 0;
}

struct task {
        X509 *const *certs;
        size_t n_certs;
        const char *host;
        const struct pdane_tlsa_set *set;
        int64_t now;
        bool ta_only;
        struct pdane_match match;
        struct pdane_cert **authority; /* NULL: not wanted */
};

static int
verify(SSL *ssl, struct task *t)
{
        struct pdane_match *m = &t->match;
        STACK_OF(X509) *untrusted = untrusted_new(t->certs, t->n_certs);
        X509_STORE_CTX *ctx = NULL;
        int verified, r = -ENOMEM;

        if (!untrusted)
                goto out;
        ctx = verification_new(ssl, t->certs[0], t->host, t->now, untrusted);
        if (!ctx)
                goto out;
        verified = X509_verify_cert(ctx);
        m->openssl_error = X509_STORE_CTX_get_error(ctx);
        if (m->openssl_error == X509_V_ERR_OUT_OF_MEM)
                goto out;
        r = 0;
        if (verified == 1 && m->openssl_error == X509_V_OK && find_record(ssl, t->set, m))
                m->reason = PDANE_REASON_ACCEPTED;
        else
                m->reason = reason_for(m->openssl_error);
        if (m->reason == PDANE_REASON_ACCEPTED && t->authority)
                r = take_authority(ssl, ctx, t->set, m, t->authority);
out:
        X509_STORE_CTX_free(ctx);
        sk_X509_free(untrusted);
        return r;
}

static int
match(SSL *ssl, struct task *t)
{
        int n;

        if (SSL_dane_enable(ssl, t->host) <= 0)
                return -ENOMEM;
        n = add_records(ssl, t->set, t->ta_only);
        if (n < 0)
                return n;
        /* Without a record OpenSSL would verify as if there were no DANE at all. */
        if (n == 0) {
                t->match.reason = PDANE_REASON_UNUSABLE;
                return 0;
        }
        return verify(ssl, t);
}

/* t: all but match and authority filled. */
static int
do_task(struct task *t, struct pdane_match *ret, struct pdane_cert **ret_authority)
{
        struct pdane_cert *authority = NULL;
        SSL *ssl;
        int r = 0;

        t->match = (struct pdane_match){.depth = -1};
        t->authority = ret_authority ? &authority : NULL;
        if (t->n_certs == 0) {
                t->match.reason = PDANE_REASON_CHAIN_ERROR;
        } else {
                ERR_set_mark();
                pthread_once(&context_once, context_make);
                ssl = context ? SSL_new(context) : NULL;
                r = ssl ? match(ssl, t) : -ENOMEM;
                SSL_free(ssl);
                ERR_pop_to_mark();
        }
        t->authority = NULL; /* it was ours */
        if (r < 0) {
                pdane_cert_unref(authority);
                return r;
        }
        *ret = t->match;
        if (ret_authority)
                *ret_authority = authority;
        return 0;
}

int
pdane_match_certs(X509 *const *certs, size_t n, const char *host, const struct pdane_tlsa_set *set,
                  int64_t now, struct pdane_match *ret, struct pdane_cert **ret_authority)
{
        struct task t = {.certs = certs, .n_certs = n, .host = host, .set = set, .now = now};

        return do_task(&t, ret, ret_authority);
}

/* None of them when there is no memory for one. */
static size_t
chain_certs(const struct pdane_chain *chain, X509 *ret[PDANE_CHAIN_MAX])
{
        size_t n = chain->n <= PDANE_CHAIN_MAX ? chain->n : 0;

        for (size_t i = 0; i < n; i++) {
                ret[i] = pdane_cert_x509(chain->certs[i]);
                if (!ret[i])
                        return 0;
        }
        return n;
}

int
pdane_match_chain(const struct pdane_chain *chain, const char *host,
                  const struct pdane_tlsa_set *set, int64_t now, struct pdane_match *ret,
                  struct pdane_cert **ret_authority)
{
        X509 *certs[PDANE_CHAIN_MAX];

        return pdane_match_certs(certs, chain_certs(chain, certs), host, set, now, ret,
                                 ret_authority);
}

int
pdane_match_authority(const struct pdane_chain *chain, const char *host,
                      const struct pdane_tlsa_set *set, int64_t now, struct pdane_match *ret,
                      struct pdane_cert **ret_authority)
{
        X509 *certs[PDANE_CHAIN_MAX];
        struct task t = {.certs = certs,
                         .n_certs = chain_certs(chain, certs),
                         .host = host,
                         .set = set,
                         .now = now,
                         .ta_only = true};

        return do_task(&t, ret, ret_authority);
}
