/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One certificate: parsed once, then read only. Owns the bytes that clients compare. What its names
 * are is cert_names.c's; whether it may be trusted is decide.c's.
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

/* Memory from OpenSSL. */
struct blob {
        unsigned char *data;
        size_t len;
};

struct pdane_cert {
        atomic_uint refs;
        _Atomic(X509 *) x; /* NULL: not needed at the moment */
        struct blob der;
        struct pdane_bytes subject, issuer, serial, spki; /* within der */
        unsigned char key_id[PDANE_ID_MAX];
        size_t key_id_len;
        unsigned char sha1[SHA_DIGEST_LENGTH];
        unsigned char sha256[SHA256_DIGEST_LENGTH];
        int version;
        enum pdane_ca_flag ca;
        bool self_issued, self_signed, has_key_id, openssl_ca;
        int64_t not_before, not_after;
        enum pdane_reason names_reason;
        char *names_text; /* NULL: nothing to show */
        struct pdane_name *names;
        size_t n_names;
};

/*
 * True when every length is definite and minimal, so that a strict and a lenient parser see the
 * same certificate. Structure was checked by OpenSSL; OCTET STRINGs are not looked into.
 */
static bool
lengths_are_der(const uint8_t *p, size_t len)
{
        size_t pos = 0;

        while (pos < len) {
                bool constructed = (p[pos] & 0x20) != 0;
                size_t n_len, value = 0;

                if ((p[pos] & 0x1f) == 0x1f || len - pos < 2) /* X.509 has no high tag numbers */
                        return false;
                n_len = p[pos + 1] < 0x80 ? 0 : (size_t)(p[pos + 1] & 0x7f);
                value = p[pos + 1] & 0x7f;
                pos += 2;
                if (p[pos - 1] >= 0x80) {
                        if (n_len == 0 || n_len > 3 || len - pos < n_len || p[pos] == 0)
                                return false;
                        value = 0;
                        for (size_t i = 0; i < n_len; i++)
                                value = value << 8 | p[pos++];
                        if (value < 0x80)
                                return false;
                }
                if (value > len - pos)
                        return false;
                if (!constructed)
                        pos += value;
        }
        return true;
}

static X509 *
parse_exactly(const uint8_t *der, size_t len)
{
        const unsigned char *p = der;
        X509 *x = d2i_X509(NULL, &p, (long)len);
        unsigned char *again = NULL;
        int n;

        if (!x)
                return NULL;
        n = i2d_X509(x, &again);
        if (p != der + len || n < 0 || (size_t)n != len || memcmp(again, der, len) != 0 ||
            !lengths_are_der(der, len)) {
                X509_free(x);
                x = NULL;
        }
        OPENSSL_free(again);
        return x;
}

/* Takes what an i2d function made. */
static int
blob_take(struct blob *b, unsigned char *data, int len, size_t max)
{
        if (len < 0 || !data)
                return -ENOMEM;
        b->data = data;
        b->len = (size_t)len;
        return b->len > max ? -EMSGSIZE : 0;
}

/*
 * Where in the certificate what an i2d function made of a part of it stands; frees it. OpenSSL may
 * have tidied it up (it clears unused bits of the key's BIT STRING), but others compare what stands
 * there.
 */
static int
part_take(const struct pdane_cert *c, unsigned char *data, int len, size_t max,
          struct pdane_bytes *ret)
{
        const uint8_t *at;
        int r = 0;

        if (len < 0 || !data)
                return -ENOMEM;
        at = memmem(c->der.data, c->der.len, data, (size_t)len);
        if ((size_t)len > max)
                r = -EMSGSIZE;
        else if (!at)
                r = -EBADMSG;
        else
                *ret = (struct pdane_bytes){at, (size_t)len};
        OPENSSL_free(data);
        return r;
}

static int
read_der(struct pdane_cert *c)
{
        X509 *x = c->x;
        unsigned char *p;
        int n, r;

        p = NULL;
        n = i2d_X509(x, &p);
        r = blob_take(&c->der, p, n, PDANE_CERT_MAX);
        if (r < 0)
                return r;
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
 * method 1. */
static int
read_key_id(struct pdane_cert *c)
{
        const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(c->x);
        unsigned n = 0;

        if (own) {
                const unsigned char *p = ASN1_STRING_get0_data(own);
                size_t len = (size_t)ASN1_STRING_length(own);

                if (len > 0 && len <= PDANE_ID_MAX && !all_zero(p, len)) {
                        memcpy(c->key_id, p, len);
                        c->key_id_len = len;
                        return 0;
                }
        }
        if (!X509_pubkey_digest(c->x, EVP_sha1(), c->key_id, &n))
                return -ENOMEM;
        c->key_id_len = n;
        return 0;
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
        c->version = (int)v + 1;
        return 0;
}

static void
read_flags(struct pdane_cert *c)
{
        uint32_t flags = X509_get_extension_flags(c->x); /* also fills OpenSSL's cache, once */

        if (flags & EXFLAG_CA)
                c->ca = PDANE_CA_TRUE;
        else if (flags & EXFLAG_BCONS)
                c->ca = PDANE_CA_FALSE;
        else
                c->ca = PDANE_CA_ABSENT;
        c->self_issued = pdane_bytes_equal(pdane_cert_subject(c), pdane_cert_issuer(c));
        c->self_signed = c->self_issued && X509_self_signed(c->x, 1) == 1;
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
        if (r < 0) {
                pdane_cert_names_clear(&found);
                return r;
        }
        c->names_reason = found.reason;
        c->names = found.n ? reallocarray(found.names, found.n, sizeof(*found.names)) : NULL;
        if (!c->names) /* none, or no less could be had */
                c->names = found.names;
        c->n_names = found.n;
        return 0;
}

static int
read_all(struct pdane_cert *c)
{
        int r = curve_has_a_name(c->x) ? read_der(c) : -EBADMSG;

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
        r = read_key_id(c);
        if (r < 0)
                return r;
        if (!EVP_Digest(c->der.data, c->der.len, c->sha1, NULL, EVP_sha1(), NULL) ||
            !EVP_Digest(c->der.data, c->der.len, c->sha256, NULL, EVP_sha256(), NULL))
                return -ENOMEM;
        return read_names(c);
}

static void
cert_free(struct pdane_cert *c)
{
        X509_free(c->x);
        OPENSSL_free(c->der.data);
        free(c->names);
        free(c->names_text);
        free(c);
}

/* Takes x, also when it fails. NULL: it could not be parsed. */
static int
cert_of_take(X509 *x, struct pdane_cert **ret)
{
        struct pdane_cert *c = calloc(1, sizeof(*c));
        int r = -EBADMSG;

        if (!c) {
                X509_free(x);
                return -ENOMEM;
        }
        atomic_init(&c->refs, 1);
        c->x = x;
        ERR_set_mark();
        if (x)
                r = read_all(c);
        ERR_pop_to_mark();
        if (r < 0) {
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
        x = parse_exactly(der, len);
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

/* What parse_exactly asks for beyond parsing: x is what its own encoding parses to. */
static int
check_encoding(const X509 *x)
{
        unsigned char *der = NULL;
        int len = i2d_X509(x, &der), r = 0;

        if (len < 0)
                return -EBADMSG;
        if ((size_t)len > PDANE_CERT_MAX)
                r = -EMSGSIZE;
        else if (!lengths_are_der(der, (size_t)len))
                r = -EBADMSG;
        OPENSSL_free(der);
        return r;
}

int
pdane_cert_share_x509(X509 *x, struct pdane_cert **ret)
{
        int r;

        ERR_set_mark();
        r = check_encoding(x);
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

static struct pdane_bytes
bytes_of(const struct blob *b)
{
        return (struct pdane_bytes){b->data, b->len};
}

struct pdane_bytes
pdane_cert_der(const struct pdane_cert *c)
{
        return bytes_of(&c->der);
}

struct pdane_bytes
pdane_cert_subject(const struct pdane_cert *c)
{
        return c->subject;
}

struct pdane_bytes
pdane_cert_issuer(const struct pdane_cert *c)
{
        return c->issuer;
}

struct pdane_bytes
pdane_cert_serial(const struct pdane_cert *c)
{
        return c->serial;
}

struct pdane_bytes
pdane_cert_spki(const struct pdane_cert *c)
{
        return c->spki;
}

struct pdane_bytes
pdane_cert_key_id(const struct pdane_cert *c)
{
        return (struct pdane_bytes){c->key_id, c->key_id_len};
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
        fresh = parse_exactly(c->der.data, c->der.len);
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
        free(c->names);
        free(c->names_text);
        c->names = NULL;
        c->names_text = NULL;
        c->n_names = 0;
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

bool
pdane_cert_self_signed(const struct pdane_cert *c)
{
        return c->self_signed;
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
        return c->n_names;
}

const struct pdane_name *
pdane_cert_name(const struct pdane_cert *c, size_t i)
{
        return i < c->n_names ? &c->names[i] : NULL;
}
