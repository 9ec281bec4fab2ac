/* SPDX-License-Identifier: BSD-3-Clause */
/* The decision (decide.c, match.c) and what is offered on it (offer.c), against scene_oracle.c. */
#include "fuzz.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "scene.h"
#include "trust/anchor.h"
#include "trust/offer.h"

/* Is one of the names a wildcard, or below another? */
static bool
is_wide(const struct pdane_cert *c)
{
        struct pdane_name a, b;

        for (size_t i = 0; pdane_cert_name(c, i, &a); i++) {
                size_t len = strlen(a.text);

                if (a.wildcard)
                        return true;
                for (size_t k = 0; pdane_cert_name(c, k, &b); k++) {
                        size_t more = strlen(b.text);

                        if (more > len + 1 && b.text[more - len - 1] == '.' &&
                            strcmp(b.text + more - len, a.text) == 0)
                                return true;
                }
        }
        return false;
}

/* Design section 3, "what must never be handed out". */
static void
check_offer(const struct pdane_cert *leaf, enum pdane_vouched vouched, bool legacy)
{
        for (int client = PDANE_CLIENT_MOZPKIX; client <= PDANE_CLIENT_LAST + 1; client++) {
                struct pdane_offer o =
                        pdane_offer((enum pdane_client)client, leaf, vouched, legacy);
                bool ca_false = pdane_cert_ca(leaf) == PDANE_CA_FALSE;

                if (client > PDANE_CLIENT_LAST || pdane_cert_version(leaf) != 3)
                        FUZZ_CHECK(!o.leaf_flags && !o.leaf_trust && !o.anchor_flags &&
                                   !o.anchor_trust);
                if (is_wide(leaf))
                        FUZZ_CHECK(!o.anchor_flags && !o.anchor_trust);
                FUZZ_CHECK(!(o.leaf_flags & PDANE_ITEM_AUTHORITY));
                if (o.leaf_flags & PDANE_ITEM_TRUSTED)
                        FUZZ_CHECK(client == PDANE_CLIENT_GNUTLS && ca_false &&
                                   o.leaf_flags & PDANE_ITEM_EXACT);
                if (o.leaf_trust == PDANE_TRUST_ANCHOR)
                        FUZZ_CHECK(client == PDANE_CLIENT_MOZPKIX &&
                                   pdane_cert_ca(leaf) != PDANE_CA_TRUE);
                if (client != PDANE_CLIENT_CHROMIUM && client != PDANE_CLIENT_GNUTLS)
                        FUZZ_CHECK(!(o.leaf_flags & PDANE_ITEM_CERTIFICATE));
                if (!legacy)
                        FUZZ_CHECK(!((o.leaf_flags | o.anchor_flags) & PDANE_ITEM_LEGACY_SHA1));
        }
        if (pdane_offer_openssl(leaf, vouched) == PDANE_OPENSSL_LEAF)
                FUZZ_CHECK(X509_check_ca(pdane_cert_x509(leaf)) == 0);
        if (pdane_offer_openssl(leaf, vouched) == PDANE_OPENSSL_ANCHOR)
                FUZZ_CHECK(vouched != PDANE_VOUCHED_LEAF && !is_wide(leaf));
}

static void
check_decision(const struct scene *s, const struct pdane_decision *d)
{
        bool accepted = d->reason == PDANE_REASON_ACCEPTED;

        FUZZ_CHECK(d->reason != PDANE_REASON_UNKNOWN);
        FUZZ_CHECK(!accepted || scene_may_accept(s));
        if (scene_is_plain(s))
                FUZZ_CHECK(accepted == scene_may_accept(s));
        FUZZ_CHECK(accepted == (d->not_after != 0));
        FUZZ_CHECK(accepted || !d->authority);
        FUZZ_CHECK(memchr(d->culprit, '\0', sizeof d->culprit));
        FUZZ_CHECK(!d->leaf_too || d->authority);
        if (!accepted)
                return;
        if (d->authority)
                FUZZ_CHECK(scene_may_accept_authority(s));
        if (!d->authority || d->leaf_too)
                FUZZ_CHECK(scene_may_accept_leaf(s));
        FUZZ_CHECK(d->not_after > SCENE_NOW && d->culprit[0] == '\0');
        FUZZ_CHECK(d->match.reason == PDANE_REASON_ACCEPTED && d->match.depth >= 0);
        /* A key in a record of usage 2 counts for the certificate that it signed. */
        FUZZ_CHECK(d->match.depth == 0 || d->authority);
        /* No proof of a name in the leaf runs out earlier. */
        for (size_t i = 0; i < s->n_proofs; i++)
                if (pdane_cert_has_name(s->chain.certs[0], &s->proofs[i].name))
                        FUZZ_CHECK(d->not_after <= s->proofs[i].not_after);
}

/* The explanation agrees with the decision. */
static void
check_coverage(const struct scene *s, const struct pdane_decision *d)
{
        struct pdane_coverage names[PDANE_CERT_NAMES_MAX];
        size_t n = 77;

        FUZZ_CHECK(pdane_decide_coverage(&s->chain, s->host, s->proofs, s->n_proofs, SCENE_NOW,
                                         names, PDANE_CERT_NAMES_MAX, &n) == 0);
        FUZZ_CHECK(n == (s->n_sent > 0 ? pdane_cert_n_names(s->chain.certs[0]) : 0));
        for (size_t i = 0; i < n; i++) {
                FUZZ_CHECK(d->reason != PDANE_REASON_ACCEPTED ||
                           names[i].reason == PDANE_REASON_ACCEPTED);
                if (names[i].reason == PDANE_REASON_ACCEPTED) {
                        struct pdane_name name;

                        FUZZ_CHECK(pdane_cert_name(s->chain.certs[0], i, &name));
                        FUZZ_CHECK(scene_has_proof(s, &name));
                }
        }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};
        struct scene *s = scene_new(&in);
        struct pdane_decision d;

        memset(&d, 0xa5, sizeof d);
        FUZZ_CHECK(pdane_decide(&s->chain, s->host, s->proofs, s->n_proofs, &s->policy, SCENE_NOW,
                                &d) == 0);
        FUZZ_CHECK(ERR_peek_error() == 0);
        if (getenv("FUZZ_VERBOSE"))
                fprintf(stderr, "%s %s\n", pdane_reason_string(d.reason), d.culprit);
        check_decision(s, &d);
        check_coverage(s, &d);
        for (size_t i = 0; i < s->n_sent; i++) {
                for (unsigned v = PDANE_VOUCHED_LEAF; v <= PDANE_VOUCHED_BOTH; v++)
                        check_offer(s->chain.certs[i], (enum pdane_vouched)v, len & 1);
        }
        pdane_decision_clear(&d);
        FUZZ_CHECK(d.reason == PDANE_REASON_UNKNOWN && !d.authority);
        scene_free(s);
        ERR_clear_error();
        return 0;
}
