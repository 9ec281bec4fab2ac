/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The decision, top to bottom. Each rule refuses; only what passes them all is accepted, and
 * nothing is accepted by default. Owns no state.
 */
#include "trust/decide.h"

#include <errno.h>
#include <string.h>

#define USAGE_DANE_TA 2
#define USAGE_DANE_EE 3

struct question {
        const struct pdane_chain *chain;
        const struct pdane_cert *leaf;
        const struct pdane_proof *proofs;
        size_t n_proofs;
        int64_t now;
};

static struct question
question_of(const struct pdane_chain *chain, const struct pdane_proof *proofs, size_t n_proofs,
            int64_t now)
{
        return (struct question){
                .chain = chain,
                .leaf = chain->n > 0 ? chain->certs[0] : NULL,
                .proofs = proofs,
                .n_proofs = n_proofs,
                .now = now,
        };
}

/* The one proof of this name. Two of one name repeat or contradict each other: neither counts. */
static const struct pdane_proof *
find_proof(const struct question *q, const struct pdane_name *name)
{
        const struct pdane_proof *found = NULL;

        for (size_t i = 0; i < q->n_proofs; i++) {
                if (!pdane_name_equal(&q->proofs[i].name, name))
                        continue;
                if (found)
                        return NULL;
                found = &q->proofs[i];
        }
        return found;
}

/* Is this an answer that counts, to the question that its name needs? */
static enum pdane_reason
check_proof(const struct pdane_proof *p, int64_t now)
{
        if (!p || p->tlsa_verdict != PDANE_DNS_SECURE || !p->tlsa)
                return PDANE_REASON_NOT_COVERED;
        if (!pdane_name_covers(&p->name, p->asked))
                return PDANE_REASON_NOT_COVERED;
        if (p->name.wildcard && !p->synthesised)
                return PDANE_REASON_NOT_COVERED;
        if (p->not_after <= now)
                return PDANE_REASON_EXPIRED_EVIDENCE;
        return PDANE_REASON_ACCEPTED;
}

/* How a name's records vouch for the chain: by DANE-EE for the leaf, or by DANE-TA for an authority
 * (owned). */
struct vouching {
        struct pdane_match match;
        struct pdane_cert *authority; /* NULL: by DANE-EE, or not at all */
};

static int
check_match(const struct question *q, const struct pdane_proof *p, struct vouching *v,
            enum pdane_reason *ret)
{
        int r = pdane_match_chain(q->chain, p->asked, p->tlsa, q->now, &v->match, &v->authority);
        uint8_t usage;

        if (r < 0)
                return r;
        *ret = v->match.reason;
        if (*ret != PDANE_REASON_ACCEPTED)
                return 0;
        usage = pdane_tlsa_set_get(p->tlsa, v->match.record)->usage;
        if (usage == USAGE_DANE_EE ? v->match.depth != 0 : usage != USAGE_DANE_TA || !v->authority)
                *ret = PDANE_REASON_UNSUPPORTED;
        return 0;
}

/* Does DNS vouch for this chain under this name? *v is filled if it came to comparing. */
static int
check_name(const struct question *q, const struct pdane_name *name, struct vouching *v,
           enum pdane_reason *ret)
{
        const struct pdane_proof *p = find_proof(q, name);

        *ret = check_proof(p, q->now);
        if (*ret != PDANE_REASON_ACCEPTED)
                return 0;
        return check_match(q, p, v, ret);
}

static void
blame(struct pdane_decision *d, const struct question *q, const struct pdane_name *name)
{
        const struct pdane_proof *p = find_proof(q, name);

        pdane_name_format(name, d->culprit);
        d->culprit_verdict = p ? p->tlsa_verdict : PDANE_DNS_UNKNOWN;
}

/* The host that was looked up: its own reason is the answer. */
static int
check_host(const struct question *q, const char *host, struct pdane_decision *d)
{
        struct pdane_name name = {0};
        struct vouching v = {.match = {.depth = -1}};
        int r;

        if (!q->leaf || strlen(host) > PDANE_NAME_MAX) {
                d->reason = PDANE_REASON_CHAIN_ERROR;
                return 0;
        }
        memcpy(name.text, host, strlen(host) + 1);
        r = check_name(q, &name, &v, &d->reason);
        d->match = v.match;
        d->authority = v.authority;
        if (r < 0)
                return r;
        if (d->reason == PDANE_REASON_ACCEPTED)
                d->not_after = find_proof(q, &name)->not_after;
        else
                blame(d, q, &name);
        return 0;
}

/*
 * What stands in the way whatever DNS says: its form, somebody else's DN or key identifier, its
 * list of names. With the DN and the key identifier of a public intermediate, which no list of ours
 * holds, OpenSSL and NSS would try it in the intermediate's place, and refuse every site below.
 */
static enum pdane_reason
leaf_reason(const struct pdane_cert *leaf, const struct pdane_policy *policy, const char **ret_text)
{
        if (pdane_cert_version(leaf) != 3)
                return PDANE_REASON_NOT_V3;
        if (!policy || !policy->dn_reserved)
                return PDANE_REASON_RESERVED_DN;
        if (policy->dn_reserved(policy->arg, pdane_cert_subject(leaf)) ||
            policy->dn_reserved(policy->arg, pdane_cert_issuer(leaf)))
                return PDANE_REASON_RESERVED_DN;
        if (!pdane_cert_key_id_is_own(leaf))
                return PDANE_REASON_FOREIGN_KEY_ID;
        return pdane_cert_names_reason(leaf, ret_text);
}

/*
 * Does a certificate above the leaf, the authority among them, bear a name of the system's trust
 * store, or one that it issued? Then the system trusts what is below it already, and an anchor for
 * it would stand in the way of every other site there.
 */
static bool
is_below_reserved(const struct question *q, const struct pdane_cert *authority,
                  const struct pdane_policy *policy)
{
        if (policy->dn_reserved(policy->arg, pdane_cert_subject(authority)) ||
            policy->dn_reserved(policy->arg, pdane_cert_issuer(authority)))
                return true;
        for (size_t i = 1; i < q->chain->n; i++)
                if (policy->dn_reserved(policy->arg, pdane_cert_subject(q->chain->certs[i])) ||
                    policy->dn_reserved(policy->arg, pdane_cert_issuer(q->chain->certs[i])))
                        return true;
        return false;
}

/* The same for an authority that DNS vouches for. policy has passed leaf_reason. */
static enum pdane_reason
authority_reason(const struct question *q, const struct pdane_cert *authority,
                 const struct pdane_policy *policy)
{
        if (is_below_reserved(q, authority, policy))
                return PDANE_REASON_RESERVED_DN;
        if (pdane_cert_publicly_issued(q->leaf))
                return PDANE_REASON_PUBLIC_CA;
        if (!pdane_cert_key_id_is_own(authority))
                return PDANE_REASON_FOREIGN_KEY_ID;
        return PDANE_REASON_ACCEPTED;
}

static void
check_leaf(const struct question *q, const struct pdane_policy *policy, struct pdane_decision *d)
{
        const char *text = NULL;

        d->reason = leaf_reason(q->leaf, policy, &text);
        if (d->reason == PDANE_REASON_ACCEPTED && d->authority)
                d->reason = authority_reason(q, d->authority, policy);
        if (text)
                memcpy(d->culprit, text, strnlen(text, sizeof(d->culprit) - 1));
}

/* Is it the same thing that is vouched for: the leaf both times, or one and the same authority? */
static bool
same_subject_of_trust(const struct pdane_cert *a, const struct pdane_cert *b)
{
        if (!a || !b)
                return a == b;
        return pdane_bytes_equal(pdane_cert_subject(a), pdane_cert_subject(b)) &&
               pdane_bytes_equal(pdane_cert_spki(a), pdane_cert_spki(b));
}

/* One name: by records of its own, and for the same as the host is. */
static int
cover(const struct question *q, const struct pdane_name *name, const struct pdane_cert *authority,
      struct pdane_coverage *ret)
{
        struct vouching v = {.match = {.depth = -1}};
        int r = check_name(q, name, &v, &ret->reason);

        if (ret->reason == PDANE_REASON_ACCEPTED && !same_subject_of_trust(v.authority, authority))
                ret->reason = PDANE_REASON_NOT_COVERED;
        ret->match = v.match;
        ret->proof = find_proof(q, name);
        pdane_cert_unref(v.authority);
        return r;
}

static int
check_covered(const struct question *q, const struct pdane_name *name, struct pdane_decision *d)
{
        struct pdane_coverage c;
        int r = cover(q, name, d->authority, &c);

        if (r < 0)
                return r;
        if (c.reason != PDANE_REASON_ACCEPTED) {
                d->reason = c.reason == PDANE_REASON_EXPIRED_EVIDENCE
                                    ? PDANE_REASON_EXPIRED_EVIDENCE
                                    : PDANE_REASON_NOT_COVERED;
                blame(d, q, name);
        } else if (c.proof->not_after < d->not_after) {
                d->not_after = c.proof->not_after;
        }
        return 0;
}

/* Every name that the leaf could be used for: whatever is wrong with its proof, it is not covered.
 */
static int
check_coverage(const struct question *q, struct pdane_decision *d)
{
        struct pdane_name name;
        int r = 0;

        for (size_t i = 0; pdane_cert_name(q->leaf, i, &name); i++) {
                r = check_covered(q, &name, d);
                if (r < 0 || d->reason != PDANE_REASON_ACCEPTED)
                        break;
        }
        return r;
}

/* The authority that this name's DANE-TA records match; NULL when they match none. */
static int
authority_of(const struct question *q, const struct pdane_name *name, struct pdane_cert **ret)
{
        const struct pdane_proof *p = find_proof(q, name);
        struct pdane_match m = {.depth = -1};

        *ret = NULL;
        if (check_proof(p, q->now) != PDANE_REASON_ACCEPTED)
                return 0;
        return pdane_match_authority(q->chain, p->asked, p->tlsa, q->now, &m, ret);
}

/*
 * What DANE-EE vouches for may stand below an authority that DANE-TA vouches for under every one of
 * the same names. Then that is said, too: there are clients that can be told of an authority only.
 */
static int
find_authority_too(const struct question *q, const char *host, const struct pdane_policy *policy,
                   struct pdane_decision *d)
{
        struct pdane_cert *found = NULL, *other = NULL;
        struct pdane_name name = {0};
        bool same = true;
        int r;

        memcpy(name.text, host, strlen(host) + 1);
        r = authority_of(q, &name, &found);
        for (size_t i = 0; r == 0 && found && same && pdane_cert_name(q->leaf, i, &name); i++) {
                r = authority_of(q, &name, &other);
                if (r < 0)
                        break;
                same = other && same_subject_of_trust(found, other);
                pdane_cert_unref(other);
        }
        if (r == 0 && found && same &&
            authority_reason(q, found, policy) == PDANE_REASON_ACCEPTED) {
                d->authority = found;
                d->leaf_too = true;
                return 0;
        }
        pdane_cert_unref(found);
        return r;
}

/* The anchor that is made for it says nothing of its own end, which RFC 7671 section 5.2 has
 * checked. */
static void
end_with_authority(struct pdane_decision *d)
{
        if (d->authority && pdane_cert_not_after(d->authority) < d->not_after)
                d->not_after = pdane_cert_not_after(d->authority);
}

void
pdane_decision_clear(struct pdane_decision *d)
{
        pdane_cert_unref(d->authority);
        *d = (struct pdane_decision){.match = {.depth = -1}};
}

int
pdane_decide(const struct pdane_chain *chain, const char *host, const struct pdane_proof *proofs,
             size_t n_proofs, const struct pdane_policy *policy, int64_t now,
             struct pdane_decision *ret)
{
        const struct question q = question_of(chain, proofs, n_proofs, now);
        struct pdane_decision d = {.match = {.depth = -1}};
        int r;

        r = check_host(&q, host, &d);
        if (r == 0 && d.reason == PDANE_REASON_ACCEPTED)
                check_leaf(&q, policy, &d);
        if (r == 0 && d.reason == PDANE_REASON_ACCEPTED)
                r = check_coverage(&q, &d);
        if (r == 0 && d.reason == PDANE_REASON_ACCEPTED && !d.authority)
                r = find_authority_too(&q, host, policy, &d);
        end_with_authority(&d);
        if (r < 0) {
                pdane_decision_clear(&d);
                return r;
        }
        if (d.reason != PDANE_REASON_ACCEPTED) {
                d.not_after = 0;
                pdane_cert_unref(d.authority);
                d.authority = NULL;
        }
        *ret = d;
        return 0;
}

int
pdane_decide_coverage(const struct pdane_chain *chain, const char *host,
                      const struct pdane_proof *proofs, size_t n_proofs, int64_t now,
                      struct pdane_coverage *ret, size_t max, size_t *ret_n)
{
        const struct question q = question_of(chain, proofs, n_proofs, now);
        struct pdane_decision d = {.match = {.depth = -1}};
        size_t n = q.leaf ? pdane_cert_n_names(q.leaf) : 0;
        struct pdane_name name;
        int r = check_host(&q, host, &d);

        n = n < max ? n : max;
        for (size_t i = 0; r == 0 && i < n && pdane_cert_name(q.leaf, i, &name); i++)
                r = cover(&q, &name, d.authority, &ret[i]);
        pdane_decision_clear(&d);
        if (r == 0)
                *ret_n = n;
        return r;
}
