/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz_decide.c with steps that fail: what is accepted then is accepted without. The chain is read
 * anew, under the same faults.
 */
#include <errno.h>
#include <openssl/err.h>

#include "faults.h"
#include "scene.h"
#include "trust/offer.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
        (void)argc;
        (void)argv;
        fuzz_faults_install();
        scene_warm_up();
        return 0;
}

static int
read_chain(const struct scene *s, struct pdane_chain *chain)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < s->n_sent; i++) {
                r = pdane_cert_new_x509(s->certs[i].x, &chain->certs[i]);
                chain->n += r == 0;
        }
        return r;
}

static int
decide(const struct scene *s, const struct pdane_chain *chain, struct pdane_decision *d)
{
        return pdane_decide(chain, s->host, s->proofs, s->n_proofs, &s->policy, SCENE_NOW, d);
}

static bool
is_part(uint32_t flags, enum pdane_trust trust, uint32_t all_flags, enum pdane_trust all_trust)
{
        return (flags & ~all_flags) == 0 && (trust == all_trust || trust == PDANE_TRUST_NONE);
}

/* What verifiers are handed does not grow with what failed meanwhile. */
static void
check_offers(const struct pdane_cert *want, const struct pdane_cert *got,
             enum pdane_vouched vouched)
{
        for (int client = PDANE_CLIENT_MOZPKIX; client <= PDANE_CLIENT_LAST; client++) {
                struct pdane_offer a = pdane_offer((enum pdane_client)client, want, vouched, true);
                struct pdane_offer b = pdane_offer((enum pdane_client)client, got, vouched, true);

                FUZZ_CHECK(is_part(b.leaf_flags, b.leaf_trust, a.leaf_flags, a.leaf_trust));
                FUZZ_CHECK(is_part(b.anchor_flags, b.anchor_trust, a.anchor_flags, a.anchor_trust));
        }
        if (pdane_offer_openssl(got, vouched) != PDANE_OPENSSL_NOTHING)
                FUZZ_CHECK(pdane_offer_openssl(want, vouched) == pdane_offer_openssl(got, vouched));
}

static void
check_same(const struct scene *s, const struct pdane_chain *chain,
           const struct pdane_decision *want, const struct pdane_decision *got)
{
        FUZZ_CHECK(want->reason == PDANE_REASON_ACCEPTED && scene_may_accept(s));
        FUZZ_CHECK(want->not_after == got->not_after);
        /* Of what is vouched for twice the leaf may remain. */
        if (got->authority || !want->leaf_too)
                FUZZ_CHECK(!want->authority == !got->authority && want->leaf_too == got->leaf_too);
        if (got->authority)
                FUZZ_CHECK(pdane_bytes_equal(pdane_cert_spki(want->authority),
                                             pdane_cert_spki(got->authority)));
        check_offers(s->chain.certs[0], chain->certs[0],
                     !got->authority ? PDANE_VOUCHED_LEAF
                     : got->leaf_too ? PDANE_VOUCHED_BOTH
                                     : PDANE_VOUCHED_AUTHORITY);
}

static void
decide_once(const struct scene *s, const struct pdane_decision *want)
{
        struct pdane_decision got = {.reason = PDANE_REASON_UNKNOWN};
        struct pdane_chain chain = {.n = 0};
        int r;

        fuzz_faults_start();
        r = read_chain(s, &chain);
        if (r == 0)
                r = decide(s, &chain, &got);
        fuzz_faults_stop();
        if (r == 0 && got.reason == PDANE_REASON_ACCEPTED)
                check_same(s, &chain, want, &got);
        if (r < 0)
                FUZZ_CHECK(got.reason == PDANE_REASON_UNKNOWN && !got.authority);
        pdane_decision_clear(&got);
        pdane_chain_clear(&chain);
        ERR_clear_error();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};
        struct pdane_decision want;
        struct scene *s;

        fuzz_faults_read(&in);
        s = scene_new(&in);
        FUZZ_CHECK(decide(s, &s->chain, &want) == 0);
        do
                decide_once(s, &want);
        while (fuzz_faults_again());
        pdane_decision_clear(&want);
        scene_free(s);
        return 0;
}
