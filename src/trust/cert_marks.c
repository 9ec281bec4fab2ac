/* SPDX-License-Identifier: BSD-3-Clause */
/* What a certificate says of itself that may be somebody else's: its key identifier, and the marks
 * of a public CA. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "trust/cert.h"

/* Is id what the digest makes of data, whole or cut to 160 bits? prefix: octets before it. */
static bool
is_digest(struct pdane_bytes id, const EVP_MD *digest, size_t prefix, struct pdane_bytes data)
{
        static const unsigned char zero[1];
        unsigned char d[EVP_MAX_MD_SIZE];
        unsigned n = 0;
        EVP_MD_CTX *md = EVP_MD_CTX_new();
        bool ok = md && EVP_DigestInit_ex(md, digest, NULL) && EVP_DigestUpdate(md, zero, prefix) &&
                  EVP_DigestUpdate(md, data.data, data.len) && EVP_DigestFinal_ex(md, d, &n);

        EVP_MD_CTX_free(md);
        return ok && (id.len == n || id.len == SHA_DIGEST_LENGTH) &&
               memcmp(id.data, d, id.len) == 0;
}

/* RFC 5280's second method: 0100, and the last 60 bits of the SHA-1. */
static bool
is_short_form(struct pdane_bytes id, struct pdane_bytes bits)
{
        unsigned char d[SHA_DIGEST_LENGTH];

        if (id.len != 8 || !EVP_Digest(bits.data, bits.len, d, NULL, EVP_sha1(), NULL))
                return false;
        d[12] = (unsigned char)((d[12] & 0x0f) | 0x40);
        return memcmp(id.data, d + 12, 8) == 0;
}

#define KEY_ID_DIGESTS 4 /* RFC 5280's and RFC 7093's */

bool
pdane_cert_key_id_is_own(const struct pdane_cert *c)
{
        const EVP_MD *const digests[KEY_ID_DIGESTS] = {EVP_sha1(), EVP_sha256(), EVP_sha384(),
                                                       EVP_sha512()};
        X509 *x = pdane_cert_x509(c);
        const ASN1_BIT_STRING *key = x ? X509_get0_pubkey_bitstr(x) : NULL;
        const ASN1_OCTET_STRING *own;
        struct pdane_bytes bits, id;

        if (!key)
                return false;
        if (!pdane_cert_has_key_id(c))
                return true;
        own = X509_get0_subject_key_id(x);
        if (!own)
                return false;
        id = (struct pdane_bytes){ASN1_STRING_get0_data(own), (size_t)ASN1_STRING_length(own)};
        bits = (struct pdane_bytes){key->data, (size_t)key->length};
        for (size_t i = 0; i < KEY_ID_DIGESTS; i++)
                if (is_digest(id, digests[i], 0, bits) || is_digest(id, digests[i], 1, bits) ||
                    is_digest(id, digests[i], 0, pdane_cert_spki(c)))
                        return true;
        return is_short_form(id, bits);
}

/* 2.23.140.1, the CA/Browser Forum's arc for certificate policies, and what is below it. */
static bool
is_forum_policy(const ASN1_OBJECT *policy)
{
        static const unsigned char arc[] = {0x67, 0x81, 0x0c, 0x01};

        return OBJ_length(policy) >= sizeof(arc) &&
               memcmp(OBJ_get0_data(policy), arc, sizeof(arc)) == 0;
}

bool
pdane_cert_publicly_issued(const struct pdane_cert *c)
{
        X509 *x = pdane_cert_x509(c);
        CERTIFICATEPOLICIES *policies;
        bool found = !x || X509_get_ext_by_NID(x, NID_ct_precert_scts, -1) >= 0;
        int absent;

        if (found)
                return true;
        ERR_set_mark();
        policies = X509_get_ext_d2i(x, NID_certificate_policies, &absent, NULL);
        ERR_pop_to_mark();
        if (!policies && absent != -1) /* malformed, or no memory: they may say anything */
                found = true;
        for (int i = 0; !found && i < sk_POLICYINFO_num(policies); i++)
                found = is_forum_policy(sk_POLICYINFO_value(policies, i)->policyid);
        CERTIFICATEPOLICIES_free(policies);
        return found;
}
