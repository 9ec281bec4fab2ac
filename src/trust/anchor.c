/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes the name-constrained anchor. Owns its form; what it is handed out for is offer.c's.
 *
 * dNSName constraints (RFC 5280 section 4.2.1.10): "host" permits host and all below it; excluding
 * ".host" as well leaves host alone. A permitted ".P", which is in no RFC, was measured:
 * OpenSSL 3.0, GnuTLS 3.7.9 and NSS 3.87 (its classic verifier and libpkix) all accept a.P, *.P and
 * a.b.P under it and refuse P. So it is never wider than what *.P asks for but in depth, which
 * cannot be limited.
 */
#include "trust/anchor.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdint.h>

#define SERIAL_BYTES 16u
#define SIGNATURE_MAX 128u

/* Can the other name, or what it stands for, be below plain name n? */
static bool
lies_below(const struct pdane_name *other, const struct pdane_name *n)
{
        size_t len = strlen(n->text), other_len = strlen(other->text);

        if (other->wildcard && strcmp(other->text, n->text) == 0)
                return true;
        return other_len > len && other->text[other_len - len - 1] == '.' &&
               strcmp(other->text + other_len - len, n->text) == 0;
}

static bool
has_name_below(const struct pdane_name *names, size_t n_names, const struct pdane_name *n)
{
        for (size_t i = 0; i < n_names; i++)
                if (lies_below(&names[i], n))
                        return true;
        return false;
}

bool
pdane_anchor_exact(const struct pdane_name *names, size_t n_names)
{
        for (size_t i = 0; i < n_names; i++)
                if (names[i].wildcard || has_name_below(names, n_names, &names[i]))
                        return false;
        return n_names > 0;
}

/* Takes base in every case. */
static bool
push_subtree_take(STACK_OF(GENERAL_SUBTREE) * list, GENERAL_NAME *base)
{
        GENERAL_SUBTREE *t = base ? GENERAL_SUBTREE_new() : NULL;

        if (!t) {
                GENERAL_NAME_free(base);
                return false;
        }
        GENERAL_NAME_free(t->base);
        t->base = base;
        if (!sk_GENERAL_SUBTREE_push(list, t)) {
                GENERAL_SUBTREE_free(t);
                return false;
        }
        return true;
}

/* A GeneralName of a string type: dNSName from text, iPAddress from bytes. */
static GENERAL_NAME *
general_name_new(int type, int string_type, const void *data, size_t len)
{
        GENERAL_NAME *gn = GENERAL_NAME_new();
        ASN1_STRING *s = ASN1_STRING_type_new(string_type);

        if (!gn || !s || !ASN1_STRING_set(s, data, (int)len)) {
                GENERAL_NAME_free(gn);
                ASN1_STRING_free(s);
                return NULL;
        }
        GENERAL_NAME_set0_value(gn, type, s);
        return gn;
}

/* Everything below name: ".name". */
static bool
push_below(STACK_OF(GENERAL_SUBTREE) * list, const struct pdane_name *n)
{
        char text[PDANE_NAME_MAX + 2] = ".";
        size_t len = strlen(n->text);

        memcpy(text + 1, n->text, len);
        return push_subtree_take(list, general_name_new(GEN_DNS, V_ASN1_IA5STRING, text, len + 1));
}

static bool
add_permitted(NAME_CONSTRAINTS *nc, const struct pdane_name *n)
{
        if (n->wildcard)
                return push_below(nc->permittedSubtrees, n);
        return push_subtree_take(nc->permittedSubtrees, general_name_new(GEN_DNS, V_ASN1_IA5STRING,
                                                                         n->text, strlen(n->text)));
}

/* A dNSName constraint does not stop addresses, so all of them are excluded. */
static bool
exclude_addresses(NAME_CONSTRAINTS *nc)
{
        static const unsigned char all[32]; /* address and mask, both zero */

        return push_subtree_take(nc->excludedSubtrees,
                                 general_name_new(GEN_IPADD, V_ASN1_OCTET_STRING, all, 8)) &&
               push_subtree_take(nc->excludedSubtrees,
                                 general_name_new(GEN_IPADD, V_ASN1_OCTET_STRING, all, 32));
}

static NAME_CONSTRAINTS *
constraints_new(const struct pdane_name *names, size_t n_names)
{
        NAME_CONSTRAINTS *nc = NAME_CONSTRAINTS_new();
        bool ok;

        if (!nc)
                return NULL;
        nc->permittedSubtrees = sk_GENERAL_SUBTREE_new_null();
        nc->excludedSubtrees = sk_GENERAL_SUBTREE_new_null();
        ok = nc->permittedSubtrees && nc->excludedSubtrees;
        for (size_t i = 0; ok && i < n_names; i++) {
                ok = add_permitted(nc, &names[i]);
                if (ok && !names[i].wildcard && !has_name_below(names, n_names, &names[i]))
                        ok = push_below(nc->excludedSubtrees, &names[i]);
        }
        if (!ok || !exclude_addresses(nc)) {
                NAME_CONSTRAINTS_free(nc);
                return NULL;
        }
        return nc;
}

static bool
add_constraints(X509 *x, const struct pdane_name *names, size_t n_names)
{
        NAME_CONSTRAINTS *nc = constraints_new(names, n_names);
        bool ok = nc && X509_add1_ext_i2d(x, NID_name_constraints, nc, 1, X509V3_ADD_DEFAULT) == 1;

        NAME_CONSTRAINTS_free(nc);
        return ok;
}

static bool
add_basic_constraints(X509 *x)
{
        BASIC_CONSTRAINTS *bc = BASIC_CONSTRAINTS_new();
        bool ok = false;

        if (bc) {
                bc->ca = 0xff;
                ok = X509_add1_ext_i2d(x, NID_basic_constraints, bc, 1, X509V3_ADD_DEFAULT) == 1;
        }
        BASIC_CONSTRAINTS_free(bc);
        return ok;
}

static bool
add_key_usage(X509 *x)
{
        ASN1_BIT_STRING *ku = ASN1_BIT_STRING_new();
        bool ok = ku && ASN1_BIT_STRING_set_bit(ku, 5, 1) && /* keyCertSign */
                  X509_add1_ext_i2d(x, NID_key_usage, ku, 1, X509V3_ADD_DEFAULT) == 1;

        ASN1_BIT_STRING_free(ku);
        return ok;
}

static bool
add_extended_key_usage(X509 *x)
{
        EXTENDED_KEY_USAGE *eku = EXTENDED_KEY_USAGE_new();
        bool ok = eku && sk_ASN1_OBJECT_push(eku, OBJ_nid2obj(NID_server_auth)) > 0 &&
                  X509_add1_ext_i2d(x, NID_ext_key_usage, eku, 0, X509V3_ADD_DEFAULT) == 1;

        EXTENDED_KEY_USAGE_free(eku);
        return ok;
}

/*
 * NSS drops an issuer without one when the leaf's authority key id asks for it, so it is copied.
 * Where there is none it is made of the key: an anchor without one would be tried for every leaf
 * below a CA of the same name, whichever key that leaf's authority key id asks for.
 */
static bool
make_key_id(X509 *x)
{
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned n = 0;
        ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
        bool ok = id && X509_pubkey_digest(x, EVP_sha1(), digest, &n) == 1 &&
                  ASN1_OCTET_STRING_set(id, digest, (int)n) == 1 &&
                  X509_add1_ext_i2d(x, NID_subject_key_identifier, id, 0, X509V3_ADD_DEFAULT) == 1;

        ASN1_OCTET_STRING_free(id);
        return ok;
}

static bool
copy_key_id(X509 *x, const X509 *signer)
{
        int at = X509_get_ext_by_NID(signer, NID_subject_key_identifier, -1);
        X509_EXTENSION *ext;
        bool ok;

        if (at < 0)
                return make_key_id(x);
        ext = X509_EXTENSION_create_by_NID(NULL, NID_subject_key_identifier, 0,
                                           X509_EXTENSION_get_data(X509_get_ext(signer, at)));
        ok = ext && X509_add_ext(x, ext, -1) == 1;
        X509_EXTENSION_free(ext);
        return ok;
}

/* Copies the encoding, not the key: a verifier may compare SubjectPublicKeyInfo octets. */
static bool
copy_public_key(X509 *x, const X509 *signer)
{
        const unsigned char *bits;
        unsigned char *copy;
        int len;
        X509_ALGOR *from, *to;
        ASN1_OBJECT *oid, *oid_copy;
        X509_PUBKEY *key = X509_get_X509_PUBKEY(x);

        if (!X509_PUBKEY_get0_param(&oid, &bits, &len, &from, X509_get_X509_PUBKEY(signer)))
                return false;
        copy = OPENSSL_memdup(bits, (size_t)len);
        oid_copy = OBJ_dup(oid);
        if (!copy || !oid_copy ||
            !X509_PUBKEY_set0_param(key, oid_copy, V_ASN1_UNDEF, NULL, copy, len)) {
                OPENSSL_free(copy);
                ASN1_OBJECT_free(oid_copy);
                return false;
        }
        return X509_PUBKEY_get0_param(NULL, NULL, NULL, &to, key) && X509_ALGOR_copy(to, from);
}

static bool
set_serial(X509 *x)
{
        unsigned char bytes[SERIAL_BYTES];
        BIGNUM *bn;
        bool ok;

        if (RAND_bytes(bytes, sizeof(bytes)) != 1)
                return false;
        bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40); /* positive, always 16 octets */
        bn = BN_bin2bn(bytes, sizeof(bytes), NULL);
        ok = bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x));
        BN_free(bn);
        return ok;
}

/*
 * The signature that an anchor bears. Of the signer's kind: OpenSSL counts a certificate as
 * self-signed only if its signature algorithm fits its key, and ends a chain without partial chains
 * only there.
 */
struct form {
        int key, algorithm; /* NIDs */
        int parameters;     /* V_ASN1_NULL where the algorithm has NULL for them (RFC 4055) */
        size_t len;         /* octets: of each of two integers for EC, of the whole for others */
};

static struct form
form_for(const X509 *signer)
{
        static const struct form forms[] = {
                {EVP_PKEY_RSA, NID_sha256WithRSAEncryption, V_ASN1_NULL, 128},
                {EVP_PKEY_ED25519, NID_ED25519, V_ASN1_UNDEF, 64},
                {EVP_PKEY_ED448, NID_ED448, V_ASN1_UNDEF, 114},
        };
        const EVP_PKEY *own = X509_get0_pubkey(signer);
        int kind = own ? EVP_PKEY_get_base_id(own) : EVP_PKEY_NONE;

        for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
                if (forms[i].key == kind)
                        return forms[i];
        return (struct form){EVP_PKEY_EC, NID_ecdsa_with_SHA256, V_ASN1_UNDEF, 32};
}

/* Ecdsa-Sig-Value (RFC 3279 section 2.2.3) of two random integers of len octets each. */
static size_t
random_integers(unsigned char *to, size_t len)
{
        unsigned char *p = to;

        *p++ = V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED;
        *p++ = (unsigned char)(2 * (2 + len));
        for (int i = 0; i < 2; i++) {
                *p++ = V_ASN1_INTEGER;
                *p++ = (unsigned char)len;
                if (RAND_bytes(p, (int)len) != 1)
                        return 0;
                p[0] = (unsigned char)((p[0] & 0x7f) | 0x40); /* positive, of that length */
                p += len;
        }
        return (size_t)(p - to);
}

/*
 * No verifier checks an anchor's own signature, so none is made: octets of chance stand there, as
 * good as those of a key that nobody knows, and there is no key that could be found or misused.
 */
static bool
sign_with_chance(X509 *x, const X509 *signer)
{
        const struct form form = form_for(signer);
        const X509_ALGOR *inner = X509_get0_tbs_sigalg(x), *outer;
        const ASN1_BIT_STRING *bits;
        unsigned char octets[SIGNATURE_MAX];
        size_t len = form.len;

        if (form.key == EVP_PKEY_EC)
                len = random_integers(octets, len);
        else if (RAND_bytes(octets, (int)len) != 1)
                len = 0;
        if (len == 0)
                return false;
        octets[len - 1] |= 1; /* a bit string's trailing zeros would be cut off */
        X509_get0_signature(&bits, &outer, x);
        /* They are x's own, and it is not const. */
        return X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)inner, OBJ_nid2obj(form.algorithm),
                               form.parameters, NULL) &&
               X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)outer, OBJ_nid2obj(form.algorithm),
                               form.parameters, NULL) &&
               ASN1_BIT_STRING_set((ASN1_BIT_STRING *)(uintptr_t)bits, octets, (int)len);
}

static X509 *
anchor_make(const X509 *signer, const struct pdane_name *names, size_t n_names, int64_t not_before,
            int64_t not_after)
{
        X509 *x = X509_new();

        if (!x)
                return NULL;
        if (X509_set_version(x, X509_VERSION_3) && set_serial(x) &&
            X509_set_issuer_name(x, X509_get_subject_name(signer)) &&
            X509_set_subject_name(x, X509_get_subject_name(signer)) &&
            ASN1_TIME_set(X509_getm_notBefore(x), (time_t)not_before) &&
            ASN1_TIME_set(X509_getm_notAfter(x), (time_t)not_after) && copy_public_key(x, signer) &&
            add_basic_constraints(x) && add_key_usage(x) && add_extended_key_usage(x) &&
            add_constraints(x, names, n_names) && copy_key_id(x, signer) &&
            sign_with_chance(x, signer))
                return x;
        X509_free(x);
        return NULL;
}

/* Clients look the anchor up by these octets. For want of memory it may have been read back wrong.
 */
static bool
stands_for(const struct pdane_cert *anchor, const struct pdane_cert *signer)
{
        return pdane_cert_self_issued(anchor) && pdane_cert_ca(anchor) == PDANE_CA_TRUE &&
               pdane_bytes_equal(pdane_cert_subject(anchor), pdane_cert_subject(signer)) &&
               pdane_bytes_equal(pdane_cert_spki(anchor), pdane_cert_spki(signer));
}

int
pdane_anchor_new(const struct pdane_cert *signer, const struct pdane_name *names, size_t n_names,
                 int64_t not_before, int64_t not_after, struct pdane_cert **ret)
{
        struct pdane_cert *anchor = NULL;
        const X509 *from;
        X509 *x;
        int r = -EIO;

        if (n_names == 0 || not_after <= not_before)
                return -EINVAL;
        if (n_names > PDANE_CERT_NAMES_MAX)
                return -EMSGSIZE;
        from = pdane_cert_x509(signer);
        if (!from)
                return -ENOMEM;
        ERR_set_mark();
        x = anchor_make(from, names, n_names, not_before, not_after);
        if (x)
                r = pdane_cert_new_made(x, &anchor);
        X509_free(x);
        ERR_pop_to_mark();
        if (r == -EBADMSG)
                r = -EIO;
        if (r < 0)
                return r;
        if (!stands_for(anchor, signer)) {
                pdane_cert_unref(anchor);
                return -EIO;
        }
        *ret = anchor;
        return 0;
}
