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
        X509 *x;
        struct blob der, subject, issuer, serial, spki;
        unsigned char key_id[PDANE_ID_MAX];
        size_t key_id_len;
        unsigned char sha1[SHA_DIGEST_LENGTH];
        unsigned char sha256[SHA256_DIGEST_LENGTH];
        int version;
        enum pdane_ca_flag ca;
        bool self_issued, self_signed;
        int64_t not_before, not_after;
        struct pdane_cert_names names;
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

static int
read_der(struct pdane_cert *c)
{
        unsigned char *p;
        int n, r;

        p = NULL;
        n = i2d_X509(c->x, &p);
        r = blob_take(&c->der, p, n, PDANE_CERT_MAX);
        if (r < 0)
                return r;
        p = NULL;
        n = i2d_X509_NAME(X509_get_subject_name(c->x), &p);
        r = blob_take(&c->subject, p, n, PDANE_DN_MAX);
        if (r < 0)
                return r;
        p = NULL;
        n = i2d_X509_NAME(X509_get_issuer_name(c->x), &p);
        r = blob_take(&c->issuer, p, n, PDANE_DN_MAX);
        if (r < 0)
                return r;
        p = NULL;
        n = i2d_ASN1_INTEGER(X509_get0_serialNumber(c->x), &p);
        r = blob_take(&c->serial, p, n, PDANE_SERIAL_MAX);
        if (r < 0)
                return r;
        p = NULL;
        n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x), &p);
        r = blob_take(&c->spki, p, n, PDANE_SPKI_MAX);
        if (r < 0)
                return r;
        /* OpenSSL clears unused bits of the key's BIT STRING; others compare what stands there. */
        return memmem(c->der.data, c->der.len, c->spki.data, c->spki.len) ? 0 : -EBADMSG;
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

static void
read_flags(struct pdane_cert *c)
{
        uint32_t flags = X509_get_extension_flags(c->x); /* also fills OpenSSL's cache, once */

        c->version = (int)X509_get_version(c->x) + 1;
        if (flags & EXFLAG_CA)
                c->ca = PDANE_CA_TRUE;
        else if (flags & EXFLAG_BCONS)
                c->ca = PDANE_CA_FALSE;
        else
                c->ca = PDANE_CA_ABSENT;
        c->self_issued = pdane_bytes_equal(pdane_cert_subject(c), pdane_cert_issuer(c));
        c->self_signed = c->self_issued && X509_self_signed(c->x, 1) == 1;
}

static int
read_all(struct pdane_cert *c)
{
        int r = read_der(c);

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
        return pdane_cert_names_read(c->x, &c->names);
}

static void
cert_free(struct pdane_cert *c)
{
        X509_free(c->x);
        OPENSSL_free(c->der.data);
        OPENSSL_free(c->subject.data);
        OPENSSL_free(c->issuer.data);
        OPENSSL_free(c->serial.data);
        OPENSSL_free(c->spki.data);
        pdane_cert_names_clear(&c->names);
        free(c);
}

int
pdane_cert_new(const uint8_t *der, size_t len, struct pdane_cert **ret)
{
        struct pdane_cert *c;
        int r = -EBADMSG;

        if (len > PDANE_CERT_MAX)
                return -EMSGSIZE;
        c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        atomic_init(&c->refs, 1);
        ERR_set_mark();
        c->x = parse_exactly(der, len);
        if (c->x)
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
        return bytes_of(&c->subject);
}

struct pdane_bytes
pdane_cert_issuer(const struct pdane_cert *c)
{
        return bytes_of(&c->issuer);
}

struct pdane_bytes
pdane_cert_serial(const struct pdane_cert *c)
{
        return bytes_of(&c->serial);
}

struct pdane_bytes
pdane_cert_spki(const struct pdane_cert *c)
{
        return bytes_of(&c->spki);
}

struct pdane_bytes
pdane_cert_key_id(const struct pdane_cert *c)
{
        return (struct pdane_bytes){c->key_id, c->key_id_len};
}

bool
pdane_cert_has_key_id(const struct pdane_cert *c)
{
        return X509_get_ext_by_NID(c->x, NID_subject_key_identifier, -1) >= 0;
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
        return c->x;
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
        return X509_check_ca(c->x) != 0;
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
        CERTIFICATEPOLICIES *policies;
        bool found = X509_get_ext_by_NID(c->x, NID_ct_precert_scts, -1) >= 0;
        int absent;

        ERR_set_mark();
        policies = X509_get_ext_d2i(c->x, NID_certificate_policies, &absent, NULL);
        ERR_pop_to_mark();
        if (!policies && absent != -1) /* malformed, or no memory: they may say anything */
                found = true;
        for (int i = 0; !found && i < sk_POLICYINFO_num(policies); i++)
                found = is_forum_policy(sk_POLICYINFO_value(policies, i)->policyid);
        CERTIFICATEPOLICIES_free(policies);
        return found;
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
        *ret_text = c->names.text[0] ? c->names.text : NULL;
        return c->names.reason;
}

size_t
pdane_cert_n_names(const struct pdane_cert *c)
{
        return c->names.n;
}

const struct pdane_name *
pdane_cert_name(const struct pdane_cert *c, size_t i)
{
        return i < c->names.n ? &c->names.names[i] : NULL;
}
