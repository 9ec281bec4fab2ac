/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What each verifier is handed for an accepted leaf, as one table (design section 3). A combination
 * that is not in it gets nothing.
 */
#include "trust/offer.h"

#include "trust/anchor.h"

#define EMPTY_NAME 2u /* octets of a DER Name without anything in it */

/*
 * What is vouched for, and whether an anchor for it would permit exactly the leaf's names. It would
 * not with a wildcard, nor when one name lies below another: then it permits names that nobody
 * vouches for.
 */
enum kind {
        SELF_EXACT,
        SELF_WIDE,
        ISSUED,      /* signed by another key, and vouched for itself */
        BELOW_EXACT, /* signed by an authority that is vouched for */
        BELOW_WIDE,
        BOTH_EXACT, /* the same, and vouched for itself */
        BOTH_WIDE,
        KINDS,
};

enum what {
        NONE = 0,
        LEAF_C,  /* trust object "anchor": mozilla::pkix lets only a CA:TRUE one sign for others */
        LEAF_P,  /* trust object "peer": signs for nobody anywhere, whatever it says of itself */
        OBJ_P,   /* the same with the certificate: Chromium asks for trust only after finding it */
        OBJ_P_A, /* and the anchor, as a CA */
        ANCHOR,  /* the anchor alone, for GnuTLS */
        P_A, /* the anchor and trust in the leaf, for NSS's own verifiers: they too may try another
                host's anchor */
        OBJ_A,   /* the anchor alone, for NSS */
        EXACT_A, /* the anchor and the leaf, for GnuTLS: it takes one anchor for a subject, which
                    may be another host's */
        EXACT,   /* the leaf, found only by its very own bytes */
        WHATS,
};

static const struct pdane_offer offers[WHATS] = {
        [LEAF_C] = {.leaf_trust = PDANE_TRUST_ANCHOR},
        [LEAF_P] = {.leaf_trust = PDANE_TRUST_PEER},
        [OBJ_P] = {.leaf_flags = PDANE_ITEM_CERTIFICATE, .leaf_trust = PDANE_TRUST_PEER},
        [OBJ_P_A] = {.leaf_flags = PDANE_ITEM_CERTIFICATE,
                     .leaf_trust = PDANE_TRUST_PEER,
                     .anchor_flags = PDANE_ITEM_CERTIFICATE | PDANE_ITEM_AUTHORITY,
                     .anchor_trust = PDANE_TRUST_ANCHOR},
        [ANCHOR] = {.anchor_flags =
                            PDANE_ITEM_CERTIFICATE | PDANE_ITEM_TRUSTED | PDANE_ITEM_AUTHORITY},
        [P_A] = {.leaf_trust = PDANE_TRUST_PEER,
                 .anchor_flags = PDANE_ITEM_CERTIFICATE | PDANE_ITEM_AUTHORITY,
                 .anchor_trust = PDANE_TRUST_ANCHOR},
        [OBJ_A] = {.anchor_flags = PDANE_ITEM_CERTIFICATE | PDANE_ITEM_AUTHORITY,
                   .anchor_trust = PDANE_TRUST_ANCHOR},
        [EXACT_A] = {.leaf_flags = PDANE_ITEM_CERTIFICATE | PDANE_ITEM_TRUSTED | PDANE_ITEM_EXACT,
                     .anchor_flags =
                             PDANE_ITEM_CERTIFICATE | PDANE_ITEM_TRUSTED | PDANE_ITEM_AUTHORITY},
        [EXACT] = {.leaf_flags = PDANE_ITEM_CERTIFICATE | PDANE_ITEM_TRUSTED | PDANE_ITEM_EXACT},
};

/*
 * An anchor is offered only where it is exact. GnuTLS takes any trusted leaf that does not say
 * CA:FALSE for a CA, so those need an anchor; one that does is better off without: a server may
 * have two keys. A leaf below an authority, where the anchor would say too much, is offered itself,
 * as if it were vouched for itself: that says less.
 */
static const enum what table[PDANE_CLIENT_LAST + 1][KINDS][PDANE_CA_TRUE + 1] = {
        /* Rows SELF_EXACT, SELF_WIDE, ISSUED, BELOW_EXACT, BELOW_WIDE, BOTH_EXACT, BOTH_WIDE;
           columns no basicConstraints, CA:FALSE, CA:TRUE. */
        [PDANE_CLIENT_MOZPKIX] = {{LEAF_C, LEAF_C, NONE},
                                  {LEAF_C, LEAF_C, NONE},
                                  {NONE, LEAF_C, NONE},
                                  {OBJ_A, OBJ_A, OBJ_A},
                                  {NONE, LEAF_C, NONE},
                                  {OBJ_A, LEAF_C, OBJ_A},
                                  {NONE, LEAF_C, NONE}},
        [PDANE_CLIENT_NSS] = {{LEAF_P, LEAF_P, LEAF_P},
                              {LEAF_P, LEAF_P, LEAF_P},
                              {NONE, LEAF_P, NONE},
                              {OBJ_A, P_A, OBJ_A},
                              {NONE, LEAF_P, NONE},
                              {OBJ_A, LEAF_P, OBJ_A},
                              {NONE, LEAF_P, NONE}},
        [PDANE_CLIENT_CHROMIUM] = {{OBJ_P_A, OBJ_P_A, OBJ_P_A},
                                   {OBJ_P, OBJ_P, OBJ_P},
                                   {NONE, OBJ_P, NONE},
                                   {OBJ_A, OBJ_A, OBJ_A},
                                   {NONE, OBJ_P, NONE},
                                   {OBJ_A, OBJ_P, OBJ_A},
                                   {NONE, OBJ_P, NONE}},
        [PDANE_CLIENT_GNUTLS] = {{ANCHOR, EXACT, ANCHOR},
                                 {NONE, EXACT, NONE},
                                 {NONE, EXACT, NONE},
                                 {ANCHOR, EXACT_A, ANCHOR},
                                 {NONE, EXACT, NONE},
                                 {ANCHOR, EXACT, ANCHOR},
                                 {NONE, EXACT, NONE}},
};

/* With a leaf that is vouched for itself taken for self-signed: see is_issued. */
static enum kind
kind_of(const struct pdane_cert *leaf, enum pdane_vouched vouched)
{
        struct pdane_name names[PDANE_CERT_NAMES_MAX];
        bool exact = pdane_anchor_exact(names, pdane_cert_names(leaf, names));

        if (vouched == PDANE_VOUCHED_AUTHORITY)
                return exact ? BELOW_EXACT : BELOW_WIDE;
        if (vouched == PDANE_VOUCHED_BOTH)
                return exact ? BOTH_EXACT : BOTH_WIDE;
        return exact ? SELF_EXACT : SELF_WIDE;
}

/* It takes a signature to verify: asked only where what is offered depends on it. */
static bool
is_issued(enum kind kind, const struct pdane_cert *leaf)
{
        return (kind == SELF_EXACT || kind == SELF_WIDE) && !pdane_cert_self_signed(leaf);
}

static enum what
look_up(enum pdane_client client, const struct pdane_cert *leaf, enum pdane_vouched vouched)
{
        enum pdane_ca_flag ca = pdane_cert_ca(leaf);
        enum kind kind = kind_of(leaf, vouched);
        enum what issued = table[client][ISSUED][ca], w = table[client][kind][ca];

        return w != issued && is_issued(kind, leaf) ? issued : w;
}

struct pdane_offer
pdane_offer(enum pdane_client client, const struct pdane_cert *leaf, enum pdane_vouched vouched,
            bool legacy_sha1)
{
        struct pdane_offer offer = {0};
        const char *text;

        if ((unsigned)client > PDANE_CLIENT_LAST || (unsigned)pdane_cert_ca(leaf) > PDANE_CA_TRUE)
                return offer;
        if (pdane_cert_version(leaf) != 3 ||
            pdane_cert_names_reason(leaf, &text) != PDANE_REASON_ACCEPTED)
                return offer;
        offer = offers[look_up(client, leaf, vouched)];
        if (legacy_sha1 && offer.leaf_trust != PDANE_TRUST_NONE)
                offer.leaf_flags |= PDANE_ITEM_LEGACY_SHA1;
        if (legacy_sha1 && offer.anchor_trust != PDANE_TRUST_NONE)
                offer.anchor_flags |= PDANE_ITEM_LEGACY_SHA1;
        return offer;
}

/* A subject that no CA bears: an empty one, or one that names a host of the certificate's own. */
static bool
subject_is_own(const struct pdane_cert *leaf)
{
        struct pdane_name hosts[PDANE_DN_HOSTS_MAX];
        size_t n = pdane_dn_hosts(pdane_cert_subject(leaf), hosts, PDANE_DN_HOSTS_MAX);

        if (pdane_cert_subject(leaf).len == EMPTY_NAME)
                return true;
        for (size_t i = 0; i < n; i++)
                if (pdane_cert_has_name(leaf, &hosts[i]))
                        return true;
        return false;
}

/*
 * OpenSSL tries a file for every certificate whose issuer is the file's subject, unless their key
 * identifiers differ, and gives up when it was the wrong one. So a leaf that has none is given to
 * it only where the subject cannot be a CA's (a public intermediate's, say).
 */
static bool
could_pass_for_a_ca(const struct pdane_cert *leaf)
{
        return !pdane_cert_key_id_is_own(leaf) ||
               (!pdane_cert_has_key_id(leaf) && !subject_is_own(leaf));
}

enum pdane_openssl_offer
pdane_offer_openssl(const struct pdane_cert *leaf, enum pdane_vouched vouched)
{
        static const enum pdane_openssl_offer table_openssl[KINDS][PDANE_CA_TRUE + 1] = {
                /* No basicConstraints, CA:FALSE, CA:TRUE. */
                [SELF_EXACT] = {PDANE_OPENSSL_LEAF, PDANE_OPENSSL_LEAF, PDANE_OPENSSL_NOTHING},
                [SELF_WIDE] = {PDANE_OPENSSL_LEAF, PDANE_OPENSSL_LEAF, PDANE_OPENSSL_NOTHING},
                [ISSUED] = {PDANE_OPENSSL_NOTHING, PDANE_OPENSSL_LEAF, PDANE_OPENSSL_NOTHING},
                [BELOW_EXACT] = {PDANE_OPENSSL_ANCHOR, PDANE_OPENSSL_ANCHOR, PDANE_OPENSSL_ANCHOR},
                [BELOW_WIDE] = {PDANE_OPENSSL_NOTHING, PDANE_OPENSSL_LEAF, PDANE_OPENSSL_NOTHING},
                [BOTH_EXACT] = {PDANE_OPENSSL_ANCHOR, PDANE_OPENSSL_ANCHOR, PDANE_OPENSSL_ANCHOR},
                [BOTH_WIDE] = {PDANE_OPENSSL_NOTHING, PDANE_OPENSSL_LEAF, PDANE_OPENSSL_NOTHING},
        };
        const char *text;
        enum pdane_openssl_offer o, issued;
        enum kind kind;

        if (pdane_cert_version(leaf) != 3 || (unsigned)pdane_cert_ca(leaf) > PDANE_CA_TRUE ||
            pdane_cert_names_reason(leaf, &text) != PDANE_REASON_ACCEPTED)
                return PDANE_OPENSSL_NOTHING;
        kind = kind_of(leaf, vouched);
        o = table_openssl[kind][pdane_cert_ca(leaf)];
        issued = table_openssl[ISSUED][pdane_cert_ca(leaf)];
        if (o != issued && is_issued(kind, leaf))
                o = issued;
        if (o == PDANE_OPENSSL_LEAF && (pdane_cert_openssl_ca(leaf) || could_pass_for_a_ca(leaf)))
                return PDANE_OPENSSL_NOTHING;
        return o;
}
