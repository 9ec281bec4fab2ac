/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * THE decision. Nothing in this project adds trust except on PDANE_REASON_ACCEPTED from
 * pdane_decide (design sections 3 and 4). Pure: no clock, no network, no globals.
 */
#ifndef PDANE_DECIDE_H
#define PDANE_DECIDE_H

#include "trust/match.h"
#include "trust/verdict.h"

/* What DNS says of one name of the certificate, at the port where the certificate was found. */
struct pdane_proof {
        struct pdane_name name;              /* as the certificate has it, wildcard included */
        char asked[PDANE_NAME_MAX + 1];      /* host whose TLSA was asked: the name itself; for a
                                                wildcard a random label under it */
        enum pdane_dns_verdict tlsa_verdict; /* of the TLSA RRset at _PORT._tcp.asked */
        const struct pdane_tlsa_set *tlsa; /* borrowed; only looked at when the verdict is SECURE */
        bool synthesised;  /* the answer came from a wildcard beside asked or above it, not below
                              (RRSIG labels field, RFC 4034 section 3.1.3): it is the same for
                              every label in asked's place */
        int64_t not_after; /* end of this evidence, seconds since 1970: min(TTL, RRSIG expiry) of
                              all it rests on */
};

struct pdane_policy {
        /* True when this DER Name is a subject or issuer in the system's trust store. Required:
         * NULL refuses everything. */
        bool (*dn_reserved)(void *arg, struct pdane_bytes dn);
        void *arg;
};

struct pdane_decision {
        enum pdane_reason reason; /* ACCEPTED, or the first thing that stands in the way: host,
                                     leaf, then each name */
        char culprit[PDANE_NAME_MAX + 3];       /* the name at fault, in printable form, or "" */
        enum pdane_dns_verdict culprit_verdict; /* for NOT_COVERED: what DNS said of it */
        struct pdane_match match;               /* of the host that was looked up */
        int64_t not_after; /* ACCEPTED: end of the evidence, the earliest of all proofs and of
                              authority */
        /*
         * ACCEPTED by DANE-TA: the trust anchor that every name's records matched, owned. NULL:
         * accepted by DANE-EE, and it is the leaf itself that is vouched for.
         */
        struct pdane_cert *authority;
        /* With an authority: DANE-EE, by which match is, vouches for the leaf itself as well, under
         * every name. */
        bool leaf_too;
};
void pdane_decision_clear(struct pdane_decision *d); /* all zero afterwards: a refusal */

/*
 * chain: what the server of host sent. proofs: one for each name of the leaf (any order; a missing
 * one is not covered) and one for host itself if the leaf does not name it (its match is what
 * counts first). now: seconds since 1970.
 *
 * ACCEPTED only when all hold: the leaf is v3; neither its subject nor its issuer DN is reserved;
 * its list of names is complete, without addresses and not empty; the proof of host is secure and
 * the chain matches, by DANE-EE at depth 0 or by DANE-TA; every name has its own proof that is
 * secure, unexpired, and matches the same leaf by DANE-EE, or the same trust anchor by DANE-TA (for
 * a wildcard: asked is one label under it and the RRset was synthesised).
 *
 * With DANE-TA also: no subject or issuer above the leaf is reserved, and the leaf does not show
 * the marks of a public CA (a policy of the CA/Browser Forum, embedded certificate timestamps).
 * What a public CA signed needs nothing from us, and an anchor for a public intermediate would
 * stand in the way of every other site below it.
 *
 * Where DANE-EE is what was accepted, and DANE-TA by itself would be, for one authority under every
 * name and with all these refusals, the decision says both (RFC 7671 section 5: either may vouch).
 * It accepts nothing that DANE-EE would not.
 *
 * 0 with *ret filled (pdane_decision_clear it), or -ENOMEM (untouched: the caller treats it as
 * refused).
 */
int pdane_decide(const struct pdane_chain *chain, const char *host,
                 const struct pdane_proof *proofs, size_t n_proofs,
                 const struct pdane_policy *policy, int64_t now, struct pdane_decision *ret);

/* How one name of the leaf stands by the same rules. */
struct pdane_coverage {
        enum pdane_reason reason; /* ACCEPTED: covered */
        struct pdane_match match; /* of the name's own records; depth -1 when none were compared */
        const struct pdane_proof *proof; /* the one that counts, borrowed; NULL: there is none */
};

/*
 * For explaining: every name of the leaf, ret[i] for pdane_cert_name(leaf, i), whatever stands in
 * the way of the first one. At most max, *ret_n of them. It decides nothing, but asks what
 * pdane_decide asks. 0 or -ENOMEM.
 */
int pdane_decide_coverage(const struct pdane_chain *chain, const char *host,
                          const struct pdane_proof *proofs, size_t n_proofs, int64_t now,
                          struct pdane_coverage *ret, size_t max, size_t *ret_n);

#endif
