/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One question to pdane_decide, good as it is set up. Each test changes one thing, so that a rule
 * that is missing turns exactly its test red.
 */
#ifndef PDANE_TEST_SCENE_H
#define PDANE_TEST_SCENE_H

#include "certs.h"
#include "test.h"
#include "trust/decide.h"

#define HOST "host.example"
#define PROOFS_MAX (PDANE_CERT_NAMES_MAX + 2)

/* One question, good as it is set up: a self-signed leaf for HOST, vouched for by 3 1 1. */
struct scene {
        struct pdane_chain chain;
        struct pdane_tlsa_set *good, *wrong;
        struct pdane_proof proofs[PROOFS_MAX];
        size_t n_proofs;
        const char *host;
        struct pdane_policy policy;
        struct pdane_bytes reserved;
        struct pdane_decision d;
};

static inline bool
is_reserved(void *arg, struct pdane_bytes dn)
{
        const struct scene *s = arg;

        return pdane_bytes_equal(s->reserved, dn);
}

static inline struct pdane_proof *
add_proof(struct scene *s, const char *name, const char *asked)
{
        struct pdane_proof *p = &s->proofs[s->n_proofs++];

        assert_true(s->n_proofs <= PROOFS_MAX);
        *p = (struct pdane_proof){
                .tlsa_verdict = PDANE_DNS_SECURE, .tlsa = s->good, .not_after = TEST_NOW + 3600};
        assert_int_equal(pdane_name_parse(name, strlen(name), &p->name), 0);
        snprintf(p->asked, sizeof(p->asked), "%s", asked);
        p->synthesised = p->name.wildcard;
        return p;
}

static inline struct scene *
scene_with(const struct test_spec *spec)
{
        struct scene *s = calloc(1, sizeof(*s));
        X509 *other = test_x509(&(struct test_spec){.cn = "other", .key = test_key(5)});
        X509 *x = test_x509(spec);

        assert_non_null(s);
        s->good = test_tlsa(x, 3, 1, 1);
        s->wrong = test_tlsa(other, 3, 1, 1);
        s->chain.certs[s->chain.n++] = test_cert_take(x);
        s->host = HOST;
        s->policy = (struct pdane_policy){is_reserved, s};
        add_proof(s, HOST, HOST);
        X509_free(other);
        return s;
}

static inline struct scene *
scene_new(const char *const *dns)
{
        return scene_with(&(struct test_spec){.cn = HOST, .dns = dns, .bc = TEST_BC_FALSE});
}

static inline void
scene_free(struct scene *s)
{
        pdane_chain_clear(&s->chain);
        pdane_tlsa_set_free(s->good);
        pdane_tlsa_set_free(s->wrong);
        pdane_decision_clear(&s->d);
        free(s);
}

static inline void
judge(struct scene *s)
{
        pdane_decision_clear(&s->d);
        memset(&s->d, 0xee, sizeof(s->d));
        assert_int_equal(pdane_decide(&s->chain, s->host, s->proofs, s->n_proofs, &s->policy,
                                      TEST_NOW, &s->d),
                         0);
}

static inline void
check(struct scene *s, enum pdane_reason reason, const char *culprit)
{
        judge(s);
        assert_string_equal(pdane_reason_string(s->d.reason), pdane_reason_string(reason));
        assert_string_equal(s->d.culprit, culprit);
        if (reason == PDANE_REASON_ACCEPTED) {
                assert_int_equal(s->d.match.reason, PDANE_REASON_ACCEPTED);
                assert_int_equal(s->d.match.depth == 0, s->d.authority == NULL);
                assert_true(s->d.not_after > TEST_NOW);
        } else {
                assert_int_equal(s->d.not_after, 0);
                assert_null(s->d.authority);
        }
}

static inline void
accepted(struct scene *s)
{
        check(s, PDANE_REASON_ACCEPTED, "");
}

#endif
