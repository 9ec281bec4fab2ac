/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One certificate: parsed once, then read only. Owns the bytes that clients compare. What its names
 * are is cert_names.c's, and whether all read it alike cert_der.c's; whether it may be trusted is
 * decide.c's.
 */
#include "trust/cert.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "trust/cert_impl.h"
#include "trust/name_list.h"

/* Where something stands in a certificate's data. */
struct part {
        uint16_t at, len;
};
_Static_assert(PDANE_CERT_MAX + PDANE_ID_MAX <= UINT16_MAX, "places are 16 bits");

enum answer { NOT_ASKED = 0, NO, YES };

/* There are two for each host with evidence: no octet is kept that need not be. */
struct pdane_cert {
        atomic_uint refs;
        bool self_issued, has_key_id, openssl_ca;
        _Atomic(uint8_t) self_signed; /* an enum answer */
        _Atomic(X509 *) x;            /* NULL: not needed at the moment */
        struct pdane_name_list *names;
        char *names_text; /* NULL: nothing to show */
        int64_t not_before, not_after;
        struct part der, key_id;
        struct part subject, issuer, serial, spki; /* within der */
        enum pdane_reason names_reason;
        uint8_t version, ca; /* the latter is an enum pdane_ca_flag */
        uint8_t sha1[SHA_DIGEST_LENGTH];
        uint8_t sha256[SHA256_DIGEST_LENGTH];
        uint8_t data[]; /* the certificate, and behind it the key identifier */
};

static struct pdane_bytes
part_of(const struct pdane_cert *c, struct part p)
{
        return (struct pdane_bytes){c->data + p.at, p.len};
}

/*
 * Where in the certificate what an i2d function made of a part of it stands; frees it. OpenSSL may
 * have tidied it up (it clears unused bits of the key's BIT STRING), but others compare what stands
 * there.
 */
static int
part_take(const struct pdane_cert *c, unsigned char *data, int len, size_t max, struct part *ret)
{
        const uint8_t *at;
        int r = 0;

        if (len < 0 || !data)
                return -ENOMEM;
        at = memmem(c->data, c->der.len, data, (size_t)len);
        if ((size_t)len > max)
                r = -EMSGSIZE;
        else if (!at)
                r = -EBADMSG;
        else
                *ret = (struct part){(uint16_t)(at - c->data), (uint16_t)len};
        OPENSSL_free(data);
        return r;
}

static int
read_parts(struct pdane_cert *c)
{
        X509 *x = c->x;
        unsigned char *p;
        int n, r;

        p = NULL;
        n = i2d_X509_NAME(X509_get_subject_name(x), &p);
        r = part_take(c, p, n, PDANE_DN_MAX, &c->subject);
        if (r < 0)
                return r;
        p = NULL;
        n = i2d_X509_NAME(X509_get_issuer_name(x), &p);
        r = part_take(c, p, n, PDANE_DN_MAX, &c->issuer);
        if (r < 0)
                return r;
        p = NULL;
        n = i2d_ASN1_INTEGER(X509_get0_serialNumber(x), &p);
        r = part_take(c, p, n, PDANE_SERIAL_MAX, &c->serial);
        if (r < 0)
                return r;
        p = NULL;
        n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &p);
        return part_take(c, p, n, PDANE_SPKI_MAX, &c->spki);
}

/*
 * RFC 5480 section 2.1.1 forbids curves that are spelled out. Over one of one's own choice anybody
 * has the private key to any public key: its octets, and so its identifier, would be a public CA's.
 */
static bool
curve_has_a_name(const X509 *x)
{
        const ASN1_OBJECT *algorithm;
        X509_ALGOR *key = NULL;
        int parameters;

        if (!X509_PUBKEY_get0_param(NULL, NULL, NULL, &key, X509_get_X509_PUBKEY(x)))
                return false;
        X509_ALGOR_get0(&algorithm, &parameters, NULL, key);
        return OBJ_obj2nid(algorithm) != NID_X9_62_id_ecPublicKey || parameters == V_ASN1_OBJECT;
}

static bool
all_zero(const unsigned char *p, size_t len)
{
        for (size_t i = 0; i < len; i++)
                if (p[i] != 0)
                        return false;
        return true;
}

/* A key id that PKCS#11 can carry: the certificate's own, or else RFC 5280 section 4.2.1.2
 * method 1. Returns its length, 0 without memory. */
static size_t
read_key_id(X509 *x, uint8_t ret[PDANE_ID_MAX])
{
        const ASN1_OCTET_STRING *own;
        unsigned n = 0;

        /* Fills OpenSSL's cache: while that fails for want of memory it would look as if there were
         * none. */
        (void)X509_get_extension_flags(x);
        own = X509_get0_subject_key_id(x);
        if (own) {
                const unsigned char *p = ASN1_STRING_get0_data(own);
                size_t len = (size_t)ASN1_STRING_length(own);

                if (len > 0 && len <= PDANE_ID_MAX && !all_zero(p, len)) {
                        memcpy(ret, p, len);
                        return len;
                }
        }
        return X509_pubkey_digest(x, EVP_sha1(), ret, &n) ? n : 0;
}

static int
read_time(const ASN1_TIME *t, int64_t *ret)
{
        struct tm tm;

        if (!t || !ASN1_TIME_to_tm(t, &tm))
                return -EBADMSG;
        *ret = (int64_t)timegm(&tm);
        return 0;
}

/* There are three. Verifiers differ about others, and about how many octets of the number count. */
static int
read_version(struct pdane_cert *c)
{
        long v = X509_get_version(c->x);

        if (v < X509_VERSION_1 || v > X509_VERSION_3)
                return -EBADMSG;
        c->version = (uint8_t)(v + 1);
        return 0;
}

static void
read_flags(struct pdane_cert *c)
{
        uint32_t flags = X509_get_extension_flags(c->x);

        if (flags & EXFLAG_CA)
                c->ca = PDANE_CA_TRUE;
        else if (flags & EXFLAG_BCONS)
                c->ca = PDANE_CA_FALSE;
        else
                c->ca = PDANE_CA_ABSENT;
        c->self_issued = pdane_bytes_equal(pdane_cert_subject(c), pdane_cert_issuer(c));
        atomic_init(&c->self_signed, c->self_issued ? NOT_ASKED : NO);
        c->has_key_id = X509_get_ext_by_NID(c->x, NID_subject_key_identifier, -1) >= 0;
        c->openssl_ca = X509_check_ca(c->x) != 0;
}

static int
read_names(struct pdane_cert *c)
{
        struct pdane_cert_names found = {0};
        int r = pdane_cert_names_read(c->x, &found);

        if (r == 0 && found.text[0]) {
                c->names_text = strdup(found.text);
                if (!c->names_text)
                        r = -ENOMEM;
        }
        if (r == 0)
                r = pdane_name_list_new(found.names, found.n, &c->names);
        c->names_reason = found.reason;
        pdane_cert_names_clear(&found);
        return r;
}

static int
read_all(struct pdane_cert *c)
{
        int r = curve_has_a_name(c->x) ? read_parts(c) : -EBADMSG;

        if (r < 0)
                return r;
        r = read_version(c);
        if (r < 0)
                return r;
        r = read_time(X509_get0_notBefore(c->x), &c->not_before);
        if (r < 0)
                return r;
        r = read_time(X509_get0_notAfter(c->x), &c->not_after);
        if (r < 0)
                return r;
        read_flags(c);
        if (!EVP_Digest(c->data, c->der.len, c->sha1, NULL, EVP_sha1(), NULL) ||
            !EVP_Digest(c->data, c->der.len, c->sha256, NULL, EVP_sha256(), NULL))
                return -ENOMEM;
        return read_names(c);
}

static void
cert_free(struct pdane_cert *c)
{
        X509_free(c->x);
        pdane_name_list_free(c->names);
        free(c->names_text);
        free(c);
}

/* One with the bytes that x was read from, and nothing else yet. Takes x when it succeeds. */
static int
cert_with_data(X509 *x, struct pdane_cert **ret)
{
        uint8_t key_id[PDANE_ID_MAX], *end;
        size_t id_len = read_key_id(x, key_id);
        int len = i2d_X509(x, NULL);
        struct pdane_cert *c;

        if (len < 0 || id_len == 0)
                return -ENOMEM;
        if ((size_t)len > PDANE_CERT_MAX)
                return -EMSGSIZE;
        c = calloc(1, sizeof(*c) + (size_t)len + id_len);
        if (!c)
                return -ENOMEM;
        end = c->data;
        if (i2d_X509(x, &end) != len) {
                free(c);
                return -ENOMEM;
        }
        memcpy(end, key_id, id_len);
        c->der = (struct part){0, (uint16_t)len};
        c->key_id = (struct part){(uint16_t)len, (uint16_t)id_len};
        atomic_init(&c->refs, 1);
        c->x = x;
        *ret = c;
        return 0;
}

/* Takes x, also when it fails. NULL: it could not be parsed. */
static int
cert_of_take(X509 *x, struct pdane_cert **ret)
{
        struct pdane_cert *c = NULL;
        int r;

        if (!x)
                return -EBADMSG;
        ERR_set_mark();
        r = cert_with_data(x, &c);
        if (r < 0)
                X509_free(x);
        else
                r = read_all(c);
        ERR_pop_to_mark();
        if (r < 0) {
                if (c)
                        cert_free(c);
                return r;
        }
        *ret = c;
        return 0;
}

int
pdane_cert_new(const uint8_t *der, size_t len, struct pdane_cert **ret)
{
        X509 *x;

        if (len > PDANE_CERT_MAX)
                return -EMSGSIZE;
        ERR_set_mark();
        x = pdane_cert_parse(der, len);
        ERR_pop_to_mark();
        return cert_of_take(x, ret);
}

int
pdane_cert_new_x509(const X509 *x, struct pdane_cert **ret)
{
        unsigned char *der = NULL;
        int len = i2d_X509(x, &der);
        int r;

        if (len < 0)
                return -EBADMSG;
        r = pdane_cert_new(der, (size_t)len, ret);
        OPENSSL_free(der);
        return r;
}

int
pdane_cert_share_x509(X509 *x, struct pdane_cert **ret)
{
        int r;

        ERR_set_mark();
        r = pdane_cert_check_encoding(x);
        ERR_pop_to_mark();
        if (r < 0)
                return r;
        return X509_up_ref(x) ? cert_of_take(x, ret) : -ENOMEM;
}

int
pdane_cert_new_made(X509 *x, struct pdane_cert **ret)
{
        struct pdane_cert *c = NULL;
        int r = pdane_cert_share_x509(x, &c);

        if (r < 0)
                return r;
        pdane_cert_shrink(c);
        *ret = c;
        return 0;
}

struct pdane_cert *
pdane_cert_ref(struct pdane_cert *c)
{
        atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
        return c;
}

void
pdane_cert_unref(struct pdane_cert *c)
{
        if (c && atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) == 1)
                cert_free(c);
}

struct pdane_bytes
pdane_cert_der(const struct pdane_cert *c)
{
        return part_of(c, c->der);
}

struct pdane_bytes
pdane_cert_subject(const struct pdane_cert *c)
{
        return part_of(c, c->subject);
}

struct pdane_bytes
pdane_cert_issuer(const struct pdane_cert *c)
{
        return part_of(c, c->issuer);
}

struct pdane_bytes
pdane_cert_serial(const struct pdane_cert *c)
{
        return part_of(c, c->serial);
}

struct pdane_bytes
pdane_cert_spki(const struct pdane_cert *c)
{
        return part_of(c, c->spki);
}

struct pdane_bytes
pdane_cert_key_id(const struct pdane_cert *c)
{
        return part_of(c, c->key_id);
}

bool
pdane_cert_has_key_id(const struct pdane_cert *c)
{
        return c->has_key_id;
}

struct pdane_bytes
pdane_cert_sha1(const struct pdane_cert *c)
{
        return (struct pdane_bytes){c->sha1, sizeof(c->sha1)};
}

struct pdane_bytes
pdane_cert_sha256(const struct pdane_cert *c)
{
        return (struct pdane_bytes){c->sha256, sizeof(c->sha256)};
}

X509 *
pdane_cert_x509(const struct pdane_cert *c)
{
        /* The bytes stay the same: reading them again changes nothing for anyone. */
        struct pdane_cert *own = (struct pdane_cert *)(uintptr_t)c;
        X509 *x = atomic_load(&own->x), *fresh;

        if (x)
                return x;
        fresh = pdane_cert_parse(c->data, c->der.len);
        if (fresh)
                (void)X509_get_extension_flags(fresh); /* fills its cache before others see it */
        if (!fresh || atomic_compare_exchange_strong(&own->x, &x, fresh))
                return fresh;
        X509_free(fresh);
        return x;
}

void
pdane_cert_shrink(struct pdane_cert *c)
{
        X509_free(atomic_exchange(&c->x, NULL));
}

void
pdane_cert_forget_names(struct pdane_cert *c)
{
        pdane_name_list_free(c->names);
        free(c->names_text);
        c->names = NULL;
        c->names_text = NULL;
        c->names_reason = PDANE_REASON_NO_NAMES;
}

int
pdane_cert_version(const struct pdane_cert *c)
{
        return c->version;
}

enum pdane_ca_flag
pdane_cert_ca(const struct pdane_cert *c)
{
        return c->ca;
}

bool
pdane_cert_self_issued(const struct pdane_cert *c)
{
        return c->self_issued;
}

/* A signature is not verified before somebody asks, and once. */
bool
pdane_cert_self_signed(const struct pdane_cert *c)
{
        struct pdane_cert *own = (struct pdane_cert *)(uintptr_t)c;
        uint8_t known = atomic_load(&own->self_signed);
        X509 *x, *parsed = NULL;

        if (known != NOT_ASKED)
                return known == YES;
        ERR_set_mark();
        x = atomic_load(&own->x);
        if (!x)
                x = parsed = pdane_cert_parse(c->data, c->der.len);
        if (x) {
                known = X509_self_signed(x, 1) == 1 ? YES : NO;
                atomic_store(&own->self_signed, known);
        }
        X509_free(parsed);
        ERR_pop_to_mark();
        return known == YES;
}

bool
pdane_cert_openssl_ca(const struct pdane_cert *c)
{
        return c->openssl_ca;
}

int64_t
pdane_cert_not_before(const struct pdane_cert *c)
{
        return c->not_before;
}

int64_t
pdane_cert_not_after(const struct pdane_cert *c)
{
        return c->not_after;
}

enum pdane_reason
pdane_cert_names_reason(const struct pdane_cert *c, const char **ret_text)
{
        *ret_text = c->names_text;
        return c->names_reason;
}

size_t
pdane_cert_n_names(const struct pdane_cert *c)
{
        return pdane_name_list_count(c->names);
}

bool
pdane_cert_name(const struct pdane_cert *c, size_t i, struct pdane_name *ret)
{
        return pdane_name_list_get(c->names, i, ret);
}

size_t
pdane_cert_names(const struct pdane_cert *c, struct pdane_name ret[PDANE_CERT_NAMES_MAX])
{
        size_t n = 0;

        while (n < PDANE_CERT_NAMES_MAX && pdane_cert_name(c, n, &ret[n]))
                n++;
        return n;
}

bool
pdane_cert_has_name(const struct pdane_cert *c, const struct pdane_name *name)
{
        return pdane_name_list_has(c->names, name);
}
