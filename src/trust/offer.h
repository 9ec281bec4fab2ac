/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What each verifier is handed for a certificate that pdane_decide accepted: the last table of
 * design section 3 as one const table. Pure.
 */
#ifndef PDANE_OFFER_H
#define PDANE_OFFER_H

#include "common/wire.h"
#include "trust/cert.h"

/* What a verifier may be given for one accepted leaf. All zero: nothing (for every combination that
 * the table lacks). */
struct pdane_offer {
        uint32_t leaf_flags;         /* PDANE_ITEM_* for the leaf; 0 with trust NONE: not offered */
        enum pdane_trust leaf_trust; /* its trust object */
        uint32_t anchor_flags; /* PDANE_ITEM_* for the name-constrained anchor; 0: not offered */
        enum pdane_trust anchor_trust;
};

/* What DNS vouches for. */
enum pdane_vouched {
        PDANE_VOUCHED_LEAF = 0,
        PDANE_VOUCHED_AUTHORITY, /* what signed it */
        PDANE_VOUCHED_BOTH,      /* each by records of its own */
};

/*
 * Self-signed leaf:
 *   mozpkix   CA:FALSE or absent: trust object ANCHOR, no certificate object; CA:TRUE: nothing
 *   nss       any: trust object PEER, no certificate object
 *   chromium  any: certificate object and PEER; where it is exact, the anchor with ANCHOR too
 *   gnutls    CA:FALSE: the leaf, TRUSTED and EXACT; otherwise the anchor, TRUSTED, where it is
 * exact
 *
 * CA-issued leaf with CA:FALSE:
 *   mozpkix ANCHOR; nss PEER; chromium certificate object and PEER; gnutls leaf, TRUSTED and EXACT
 * CA-issued leaf otherwise: nothing.
 *
 * A leaf below an authority that DNS vouches for: where it is exact, the anchor for
 * every verifier, a certificate object with ANCHOR for the NSS kinds and TRUSTED for gnutls. nss
 * and gnutls try one of several anchors with the same subject: they get a CA:FALSE leaf as well,
 * nss as PEER, gnutls TRUSTED and EXACT. Where the anchor is not exact: as a CA-issued leaf.
 *
 * Both vouched for: with CA:FALSE as a CA-issued leaf, which asks least of the client; otherwise as
 * below the authority.
 *
 * An anchor is exact when it permits the leaf's names and no others (pdane_anchor_exact): not with
 * a wildcard, nor when one name lies below another. legacy_sha1 adds PDANE_ITEM_LEGACY_SHA1
 * wherever there is a trust object.
 */
struct pdane_offer pdane_offer(enum pdane_client client, const struct pdane_cert *leaf,
                               enum pdane_vouched vouched, bool legacy_sha1);

/*
 * What OpenSSL programs find in their certificate directory. It trusts whatever lies there as a CA
 * if it can be one: a leaf that could (pdane_cert_openssl_ca) is never put there, whoever signed
 * it. Where both are vouched for, it is the anchor, if that is exact: a leaf that is not
 * self-signed is the end of a chain only for programs that have partial chains.
 */
enum pdane_openssl_offer {
        PDANE_OPENSSL_NOTHING = 0,
        PDANE_OPENSSL_LEAF,
        PDANE_OPENSSL_ANCHOR,
};
enum pdane_openssl_offer pdane_offer_openssl(const struct pdane_cert *leaf,
                                             enum pdane_vouched vouched);

#endif
