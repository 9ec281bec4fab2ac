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

/* Adds what is usable. How many were taken, or -ENOMEM. A record that OpenSSL finds unusable is
 * left out. */
static int
add_records(SSL *ssl, const struct pdane_tlsa_set *set)
{
        int n = 0;

        for (size_t i = 0; i < pdane_tlsa_set_count(set); i++) {
                const struct pdane_tlsa *t = pdane_tlsa_set_get(set, i);
                int r;

                if (!pdane_tlsa_usable(t))
                        continue;
                r = SSL_dane_tlsa_add(ssl, t->usage, t->selector, t->matching, t->data, t->len);
                if (r < 0)
                        return -ENOMEM;
                n += r > 0;
        }
        return n;
}

/* A verification of chain with ssl's TLSA records and nothing else to believe in. */
static X509_STORE_CTX *
verification_new(SSL *ssl, const struct pdane_chain *chain, const char *host, int64_t now,
                 STACK_OF(X509) * untrusted)
{
        X509_STORE_CTX *ctx = X509_STORE_CTX_new();
        X509_VERIFY_PARAM *param;

        if (!ctx)
                return NULL;
        if (!X509_STORE_CTX_init(ctx, SSL_CTX_get_cert_store(context),
                                 pdane_cert_x509(chain->certs[0]), untrusted) ||
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

static STACK_OF(X509) * untrusted_new(const struct pdane_chain *chain)
{
        STACK_OF(X509) *sk = sk_X509_new_null();

        for (size_t i = 1; sk && i < chain->n; i++)
                if (!sk_X509_push(sk, pdane_cert_x509(chain->certs[i]))) { /* borrowed */
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

static int
verify(SSL *ssl, const struct pdane_chain *chain, const char *host,
       const struct pdane_tlsa_set *set, int64_t now, struct pdane_match *m)
{
        STACK_OF(X509) *untrusted = untrusted_new(chain);
        X509_STORE_CTX *ctx = NULL;
        int verified, r = -ENOMEM;

        if (!untrusted)
                goto out;
        ctx = verification_new(ssl, chain, host, now, untrusted);
        if (!ctx)
                goto out;
        verified = X509_verify_cert(ctx);
        m->openssl_error = X509_STORE_CTX_get_error(ctx);
        if (m->openssl_error == X509_V_ERR_OUT_OF_MEM)
                goto out;
        r = 0;
        if (verified == 1 && m->openssl_error == X509_V_OK && find_record(ssl, set, m))
                m->reason = PDANE_REASON_ACCEPTED;
        else
                m->reason = reason_for(m->openssl_error);
out:
        X509_STORE_CTX_free(ctx);
        sk_X509_free(untrusted);
        return r;
}

static int
match(SSL *ssl, const struct pdane_chain *chain, const char *host, const struct pdane_tlsa_set *set,
      int64_t now, struct pdane_match *m)
{
        int n;

        if (SSL_dane_enable(ssl, host) <= 0)
                return -ENOMEM;
        n = add_records(ssl, set);
        if (n < 0)
                return n;
        /* Without a record OpenSSL would verify as if there were no DANE at all. */
        if (n == 0) {
                m->reason = PDANE_REASON_UNUSABLE;
                return 0;
        }
        return verify(ssl, chain, host, set, now, m);
}

int
pdane_match_chain(const struct pdane_chain *chain, const char *host,
                  const struct pdane_tlsa_set *set, int64_t now, struct pdane_match *ret)
{
        struct pdane_match m = {.reason = PDANE_REASON_UNKNOWN, .depth = -1};
        SSL *ssl;
        int r;

        if (chain->n == 0 || chain->n > PDANE_CHAIN_MAX) {
                m.reason = PDANE_REASON_CHAIN_ERROR;
                *ret = m;
                return 0;
        }
        ERR_set_mark();
        pthread_once(&context_once, context_make);
        ssl = context ? SSL_new(context) : NULL;
        r = ssl ? match(ssl, chain, host, set, now, &m) : -ENOMEM;
        SSL_free(ssl);
        ERR_pop_to_mark();
        if (r == 0)
                *ret = m;
        return r;
}
