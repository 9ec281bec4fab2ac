/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pdane_match_chain against OpenSSL's DANE as a TLS client has it: thousands of chains and TLSA
 * RRsets from a fixed seed, each also sent through a TLS handshake in memory. A verdict, a depth, a
 * record or an authority that differs must be one of the differences that explained() knows.
 */
#include "differential_sample.h"
#include "test.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#define CASES 2600u
#define SEED UINT64_C(0x70313164616e6531)

struct verdict {
        enum pdane_reason reason;
        int depth;
        struct record record; /* when accepted */
        X509 *authority;      /* usage 2, a certificate; owned */
        EVP_PKEY *key;        /* usage 2, a bare key; owned */
};

static void
verdict_clear(struct verdict *v)
{
        X509_free(v->authority);
        EVP_PKEY_free(v->key);
        *v = (struct verdict){.depth = -1};
}

/* ---- ours ---- */

static void
ask_ours(const struct sample *s, struct verdict *v)
{
        struct pdane_chain chain = {.n = 0};
        struct pdane_tlsa_set *set = NULL;
        struct pdane_cert *authority = NULL;
        struct pdane_match m;

        assert_int_equal(pdane_tlsa_set_new(&set), 0);
        for (size_t i = 0; i < s->n_records; i++)
                assert_int_equal(pdane_tlsa_set_add(set, s->records[i].rdata, s->records[i].len),
                                 0);
        for (size_t i = 0; i < s->n_chain; i++)
                assert_int_equal(pdane_cert_new_x509(s->chain[i], &chain.certs[chain.n++]), 0);
        assert_int_equal(pdane_match_chain(&chain, s->host, set, s->now, &m, &authority), 0);
        *v = (struct verdict){.reason = m.reason, .depth = m.depth};
        if (m.reason == PDANE_REASON_ACCEPTED)
                v->record = s->records[m.record];
        if (authority)
                assert_non_null(v->authority = X509_dup(pdane_cert_x509(authority)));
        pdane_cert_unref(authority);
        pdane_chain_clear(&chain);
        pdane_tlsa_set_free(set);
}

/* ---- OpenSSL's ---- */

static SSL_CTX *
context_new(const SSL_METHOD *method)
{
        SSL_CTX *ctx = SSL_CTX_new(method);

        assert_non_null(ctx);
        SSL_CTX_set_security_level(ctx, 0);
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_num_tickets(ctx, 0);
        return ctx;
}

static SSL *
server_new(const struct sample *s)
{
        static SSL_CTX *ctx;
        SSL *ssl;

        if (!ctx)
                ctx = context_new(TLS_server_method());
        ssl = SSL_new(ctx);
        assert_non_null(ssl);
        SSL_set_mode(ssl, SSL_MODE_NO_AUTO_CHAIN);
        assert_int_equal(SSL_use_certificate(ssl, s->chain[0]), 1);
        assert_int_equal(SSL_use_PrivateKey(ssl, s->key), 1);
        for (size_t i = 1; i < s->n_chain; i++)
                assert_int_equal(SSL_add1_chain_cert(ssl, s->chain[i]), 1);
        SSL_set_accept_state(ssl);
        return ssl;
}

/* With the records of usages 2 and 3, and the others too if pkix. *ret_usable: how many it took. */
static SSL *
client_new(const struct sample *s, bool pkix, size_t *ret_usable)
{
        static SSL_CTX *ctx;
        SSL *ssl;

        if (!ctx) {
                ctx = context_new(TLS_client_method());
                assert_true(SSL_CTX_dane_enable(ctx) > 0);
        }
        ssl = SSL_new(ctx);
        assert_non_null(ssl);
        assert_true(SSL_dane_enable(ssl, s->host) > 0);
        SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
        X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl), (time_t)s->now);
        *ret_usable = 0;
        for (size_t i = 0; i < s->n_records; i++) {
                const struct record *r = &s->records[i];
                int added;

                if (r->rdata[0] < 2 && !pkix)
                        continue;
                added = SSL_dane_tlsa_add(ssl, r->rdata[0], r->rdata[1], r->rdata[2], r->rdata + 3,
                                          r->len - 3);
                assert_true(added >= 0);
                *ret_usable += added > 0;
        }
        SSL_set_connect_state(ssl);
        return ssl;
}

/* Both ends by turns until both are done. */
static void
shake_hands(SSL *client, SSL *server)
{
        BIO *near, *far;

        assert_int_equal(BIO_new_bio_pair(&near, 0, &far, 0), 1);
        SSL_set_bio(client, near, near);
        SSL_set_bio(server, far, far);
        for (unsigned turn = 0; turn < 20; turn++) {
                int c = SSL_do_handshake(client), e = SSL_get_error(client, c);
                int d;

                assert_true(c == 1 || e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE);
                d = SSL_do_handshake(server);
                e = SSL_get_error(server, d);
                assert_true(d == 1 || e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE);
                if (c == 1 && d == 1)
                        return;
        }
        fail_msg("the handshake does not end");
}

static void
read_match(SSL *client, struct verdict *v)
{
        uint8_t *r = v->record.rdata;
        const unsigned char *data = NULL;
        size_t len = 0;
        X509 *authority = NULL;
        EVP_PKEY *key = NULL;

        v->depth = SSL_get0_dane_authority(client, &authority, &key);
        assert_int_equal(SSL_get0_dane_tlsa(client, &r[0], &r[1], &r[2], &data, &len), v->depth);
        assert_true(v->depth >= 0);
        memcpy(r + 3, data, len);
        v->record.len = 3 + len;
        if (r[0] != 2)
                return;
        if (authority)
                assert_non_null(v->authority = X509_dup(authority));
        else if (key && EVP_PKEY_up_ref(key))
                v->key = key;
}

static void
ask_openssl(const struct sample *s, bool pkix, struct verdict *v)
{
        size_t usable;
        SSL *client = client_new(s, pkix, &usable), *server;
        long result;

        *v = (struct verdict){.depth = -1, .reason = PDANE_REASON_UNUSABLE};
        if (usable == 0) {
                SSL_free(client);
                return;
        }
        server = server_new(s);
        shake_hands(client, server);
        result = SSL_get_verify_result(client);
        if (result == X509_V_OK) {
                v->reason = PDANE_REASON_ACCEPTED;
                read_match(client, v);
        } else if (result == X509_V_ERR_DANE_NO_MATCH) {
                v->reason = PDANE_REASON_NO_MATCH;
        } else if (result == X509_V_ERR_HOSTNAME_MISMATCH) {
                v->reason = PDANE_REASON_NAME_MISMATCH;
        } else {
                v->reason = PDANE_REASON_CHAIN_ERROR;
        }
        SSL_free(client);
        SSL_free(server);
}

/* ---- the comparison ---- */

static bool
same_authority(const struct verdict *ours, const struct verdict *theirs)
{
        if (!ours->authority)
                return !theirs->authority && !theirs->key;
        if (theirs->authority)
                return X509_cmp(ours->authority, theirs->authority) == 0;
        /* Of a bare key we make a certificate. */
        return theirs->key && EVP_PKEY_eq(X509_get0_pubkey(ours->authority), theirs->key) == 1;
}

static bool
same(const struct verdict *ours, const struct verdict *theirs)
{
        if (ours->reason != theirs->reason || ours->depth != theirs->depth)
                return false;
        if (ours->reason != PDANE_REASON_ACCEPTED)
                return true;
        return ours->record.len == theirs->record.len &&
               memcmp(ours->record.rdata, theirs->record.rdata, ours->record.len) == 0 &&
               same_authority(ours, theirs);
}

static bool
has_pkix(const struct sample *s)
{
        for (size_t i = 0; i < s->n_records; i++)
                if (s->records[i].rdata[0] < 2)
                        return true;
        return false;
}

static bool
lends_certificate(const struct sample *s)
{
        for (size_t i = 0; i < s->n_records; i++)
                if (s->records[i].rdata[0] == 0 && s->records[i].rdata[1] == 0 &&
                    s->records[i].rdata[2] == 0)
                        return true;
        return false;
}

/*
 * Why the verdicts may differ, or NULL.
 * - "h*.dane.example": RFC 6125 section 6.4.3 lets a client refuse a wildcard that is part of a
 * label, as browsers do and we do; OpenSSL takes it unless told otherwise. Only for usage 2.
 * - usages 0 and 1: s_client counts them as usable, and fails for want of a public CA; we leave
 *   them out. Both refuse, for another reason.
 * - "0 0 0": OpenSSL builds the chain with that record's certificate, so that the digest of a CA in
 *   another record of usage 2 can match what the server did not send. We know only of those CAs
 *   that the server or a record of usage 2 shows, and refuse.
 */
static const char *
explained(const struct sample *s, bool pkix, const struct verdict *ours,
          const struct verdict *theirs)
{
        bool we_refuse = ours->reason != PDANE_REASON_ACCEPTED;

        if (s->partial_wildcard && ours->reason == PDANE_REASON_NAME_MISMATCH &&
            (theirs->reason != PDANE_REASON_ACCEPTED || theirs->record.rdata[0] == 2))
                return "partial wildcard";
        if (pkix && we_refuse && theirs->reason != PDANE_REASON_ACCEPTED)
                return "usages 0 and 1";
        if (pkix && we_refuse && lends_certificate(s) && theirs->record.rdata[0] == 2)
                return "certificate of 0 0 0";
        return NULL;
}

struct tally {
        unsigned same, partial_wildcards, pkix, lent;
        unsigned by_reason[PDANE_REASON_UNSUPPORTED + 1];
        unsigned by_usage[4], at_depth[CHAIN_MOST + 1];
};

static void
compare(const struct sample *s, bool pkix, const struct verdict *ours, struct tally *t)
{
        struct verdict theirs;
        const char *why;

        ask_openssl(s, pkix, &theirs);
        if (same(ours, &theirs)) {
                t->same++;
        } else {
                why = explained(s, pkix, ours, &theirs);
                if (!why)
                        fail_msg("case %u: %s at depth %d, where OpenSSL says %s at depth %d",
                                 s->number, pdane_reason_string(ours->reason), ours->depth,
                                 pdane_reason_string(theirs.reason), theirs.depth);
                t->partial_wildcards += why && *why == 'p';
                t->pkix += why && *why == 'u';
                t->lent += why && *why == 'c';
        }
        verdict_clear(&theirs);
}

static void
count(const struct verdict *ours, struct tally *t)
{
        t->by_reason[ours->reason]++;
        if (ours->reason != PDANE_REASON_ACCEPTED)
                return;
        t->by_usage[ours->record.rdata[0]]++;
        t->at_depth[ours->depth]++;
}

static void
every_difference_is_explained(void **state)
{
        static struct sample s;
        struct tally t = {0};

        (void)state;
        sample_seed(SEED);
        for (unsigned i = 0; i < CASES; i++) {
                struct verdict ours;

                sample_make(&s, i);
                ask_ours(&s, &ours);
                compare(&s, false, &ours, &t);
                if (has_pkix(&s))
                        compare(&s, true, &ours, &t);
                count(&ours, &t);
                verdict_clear(&ours);
                sample_clear(&s);
        }
        print_message("%u cases: %u comparisons equal, %u partial wildcards, %u with usages 0 and "
                      "1, %u with the certificate of 0 0 0\n",
                      CASES, t.same, t.partial_wildcards, t.pkix, t.lent);
        for (unsigned r = 0; r <= PDANE_REASON_UNSUPPORTED; r++)
                if (t.by_reason[r])
                        print_message("  %-14s %u\n", pdane_reason_string((enum pdane_reason)r),
                                      t.by_reason[r]);
        print_message("  by usage 2: %u, 3: %u; at depth 0: %u, 1: %u, 2: %u, 3: %u\n",
                      t.by_usage[2], t.by_usage[3], t.at_depth[0], t.at_depth[1], t.at_depth[2],
                      t.at_depth[3]);
        /* Cases that all come to one thing would compare nothing. */
        assert_true(t.by_reason[PDANE_REASON_ACCEPTED] > CASES / 5);
        assert_true(t.by_reason[PDANE_REASON_NO_MATCH] > CASES / 10);
        assert_true(t.by_reason[PDANE_REASON_UNUSABLE] > CASES / 50);
        assert_true(t.by_reason[PDANE_REASON_NAME_MISMATCH] > CASES / 50);
        assert_true(t.by_reason[PDANE_REASON_CHAIN_ERROR] > CASES / 50);
        assert_true(t.by_usage[2] > CASES / 20 && t.by_usage[3] > CASES / 20);
        assert_true(t.at_depth[1] > 0 && t.at_depth[2] > 0);
        assert_true(t.partial_wildcards > 0 && t.pkix > 0);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_difference_is_explained),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
