/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 6698 section 2.1: what a record says of a certificate, compared with certificates at hand. */
#include "trust/settled.h"

#include <openssl/sha.h>

#define USAGE_DANE_EE 3
#define SELECTOR_CERT 0
#define MATCHING_FULL 0
#define MATCHING_SHA256 1
#define MATCHING_SHA512 2

static bool
is_data(const struct pdane_tlsa *t, struct pdane_bytes b)
{
        return pdane_bytes_equal((struct pdane_bytes){t->data, t->len}, b);
}

static bool
names_leaf(const struct pdane_tlsa *t, const struct pdane_cert *leaf)
{
        unsigned char digest[SHA512_DIGEST_LENGTH];
        struct pdane_bytes about =
                t->selector == SELECTOR_CERT ? pdane_cert_der(leaf) : pdane_cert_spki(leaf);
        switch (t->matching) {
        case MATCHING_FULL:
                return is_data(t, about);
        case MATCHING_SHA256:
                return SHA256(about.data, about.len, digest) &&
                       is_data(t, (struct pdane_bytes){digest, SHA256_DIGEST_LENGTH});
        case MATCHING_SHA512:
                return SHA512(about.data, about.len, digest) &&
                       is_data(t, (struct pdane_bytes){digest, SHA512_DIGEST_LENGTH});
        default:
                return false;
        }
}

static bool
names_any(const struct pdane_tlsa *t, const struct pdane_chain *chains, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (chains[i].n && names_leaf(t, chains[i].certs[0]))
                        return true;
        return false;
}

bool
pdane_tlsa_settled(const struct pdane_tlsa_set *set, const struct pdane_chain *chains, size_t n)
{
        for (size_t i = 0; i < pdane_tlsa_set_count(set); i++) {
                const struct pdane_tlsa *t = pdane_tlsa_set_get(set, i);
                if (pdane_tlsa_usable(t) && (t->usage != USAGE_DANE_EE || !names_any(t, chains, n)))
                        return false;
        }
        return true;
}
