/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which names a TLS client may match a certificate against. The list must hold whatever any client
 * could match; a certificate in which that is not certain has no list but a reason. Also the host
 * names that a distinguished name suggests. Knows nothing of DNS.
 */
#include "trust/cert_impl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the list under construction ---- */

/* Printable ASCII as it is, everything else as \xHH, cut where the room ends. */
static void
escape(const unsigned char *in, size_t len, char *out, size_t cap)
{
        size_t pos = 0;

        for (size_t i = 0; i < len && pos + 5 <= cap; i++) {
                if (in[i] > 0x20 && in[i] < 0x7f && in[i] != '\\')
                        out[pos++] = (char)in[i];
                else
                        pos += (size_t)snprintf(out + pos, cap - pos, "\\x%02x", in[i]);
        }
        out[pos] = '\0';
}

/* The first refusal stands. */
static void
refuse(struct pdane_cert_names *names, enum pdane_reason why, const void *text, size_t len)
{
        if (names->reason != PDANE_REASON_UNKNOWN)
                return;
        names->reason = why;
        escape(text, len, names->text, sizeof(names->text));
}

static bool
refused(const struct pdane_cert_names *names)
{
        return names->reason != PDANE_REASON_UNKNOWN;
}

static int
add_name(struct pdane_cert_names *names, const struct pdane_name *n)
{
        for (size_t i = 0; i < names->n; i++)
                if (pdane_name_equal(&names->names[i], n))
                        return 0;
        if (names->n >= PDANE_CERT_NAMES_MAX) {
                refuse(names, PDANE_REASON_TOO_LARGE, "", 0);
                return 0;
        }
        if (names->n % 8 == 0) {
                struct pdane_name *more =
                        reallocarray(names->names, names->n + 8, sizeof(*names->names));

                if (!more)
                        return -ENOMEM;
                names->names = more;
        }
        names->names[names->n++] = *n;
        return 0;
}

/* ---- subjectAltName ---- */

static int
add_dns_name(struct pdane_cert_names *names, const ASN1_STRING *s)
{
        const char *text = (const char *)ASN1_STRING_get0_data(s);
        size_t len = (size_t)ASN1_STRING_length(s);
        struct pdane_name n;

        if (pdane_name_is_address(text, len)) {
                refuse(names, PDANE_REASON_IP_NAME, text, len);
                return 0;
        }
        /* RFC 5280 section 7.2 has A-labels here; what clients make of other bytes differs. */
        for (size_t i = 0; i < len; i++)
                if ((unsigned char)text[i] >= 0x80) {
                        refuse(names, PDANE_REASON_MALFORMED, text, len);
                        return 0;
                }
        if (pdane_name_parse(text, len, &n) < 0) {
                refuse(names, PDANE_REASON_MALFORMED, text, len);
                return 0;
        }
        return add_name(names, &n);
}

static void
refuse_ip(struct pdane_cert_names *names, const ASN1_STRING *s)
{
        char text[INET6_ADDRSTRLEN] = "";
        const unsigned char *p = ASN1_STRING_get0_data(s);
        int len = ASN1_STRING_length(s);

        if (len == 4)
                inet_ntop(AF_INET, p, text, sizeof(text));
        else if (len == 16)
                inet_ntop(AF_INET6, p, text, sizeof(text));
        refuse(names, PDANE_REASON_IP_NAME, text, strlen(text));
}

/* The extension's value, when it is exactly one GeneralNames in DER. */
static GENERAL_NAMES *
parse_general_names(const ASN1_OCTET_STRING *value)
{
        const unsigned char *data = ASN1_STRING_get0_data(value);
        const unsigned char *p = data;
        int len = ASN1_STRING_length(value);
        GENERAL_NAMES *list = d2i_GENERAL_NAMES(NULL, &p, len);
        unsigned char *again = NULL;

        if (!list)
                return NULL;
        if (p != data + len || i2d_GENERAL_NAMES(list, &again) != len ||
            memcmp(again, data, (size_t)len) != 0) {
                GENERAL_NAMES_free(list);
                list = NULL;
        }
        OPENSSL_free(again);
        return list;
}

static int
read_san(const X509 *x, struct pdane_cert_names *names)
{
        int at = X509_get_ext_by_NID(x, NID_subject_alt_name, -1);
        GENERAL_NAMES *list;
        int r = 0;

        if (at < 0)
                return 0;
        list = parse_general_names(X509_EXTENSION_get_data(X509_get_ext(x, at)));
        if (!list || sk_GENERAL_NAME_num(list) == 0)
                refuse(names, PDANE_REASON_MALFORMED, "", 0);
        for (int i = 0; r == 0 && !refused(names) && i < sk_GENERAL_NAME_num(list); i++) {
                int type;
                const void *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(list, i), &type);

                if (type == GEN_DNS)
                        r = add_dns_name(names, value);
                else if (type == GEN_IPADD)
                        refuse_ip(names, value);
                /* Other types are not matched by TLS clients (design section 3). */
        }
        GENERAL_NAMES_free(list);
        return r;
}

/* ---- commonName ---- */

static bool
has_control(const char *text, size_t len)
{
        for (size_t i = 0; i < len; i++)
                if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
                        return true;
        return false;
}

/*
 * Made of what host names are made of, with a dot or an asterisk, spaces around it aside. When such
 * a text is not a name, some matcher may still make something of it ("f*o.example", "a..example").
 */
static bool
resembles_host(const char *text, size_t len)
{
        bool structured = false;

        while (len > 0 && text[0] == ' ') {
                text++;
                len--;
        }
        while (len > 0 && text[len - 1] == ' ')
                len--;
        for (size_t i = 0; i < len; i++) {
                unsigned char c = (unsigned char)text[i];
                bool alnum = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');

                if (c == '.' || c == '*')
                        structured = true;
                else if (c < 0x80 && !alnum && c != '-' && c != '_')
                        return false;
        }
        return structured;
}

/* Some programs compare the stored octets, not the text they stand for. */
static bool
octets_mislead(const ASN1_STRING *s, const char *text, size_t len)
{
        const char *raw = (const char *)ASN1_STRING_get0_data(s);
        size_t raw_len = (size_t)ASN1_STRING_length(s);

        if (raw_len == len && memcmp(raw, text, len) == 0)
                return false;
        return pdane_name_is_host_like(raw, raw_len) || resembles_host(raw, raw_len);
}

/* Clients look at the commonName when there is no dNSName; older ones always did. */
static int
add_common_name(struct pdane_cert_names *names, const char *text, size_t len, bool has_dns)
{
        bool single = !memchr(text, '.', len) && !memchr(text, ':', len);
        struct pdane_name n;

        if (has_control(text, len)) {
                refuse(names, PDANE_REASON_MALFORMED, text, len);
                return 0;
        }
        if (pdane_name_is_address(text, len)) {
                if (!single || !has_dns)
                        refuse(names, PDANE_REASON_IP_NAME, text, len);
                return 0;
        }
        if (pdane_name_parse(text, len, &n) == 0) {
                single = !n.wildcard && !strchr(n.text, '.');
                return single && has_dns ? 0 : add_name(names, &n);
        }
        if (resembles_host(text, len))
                refuse(names, PDANE_REASON_MALFORMED, text, len);
        return 0;
}

static int
read_common_names(const X509 *x, struct pdane_cert_names *names)
{
        const X509_NAME *subject = X509_get_subject_name(x);
        bool has_dns = names->n > 0;
        int at = -1, r = 0;

        while (r == 0 && !refused(names) &&
               (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0) {
                const ASN1_STRING *s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
                unsigned char *utf8 = NULL;
                int len = ASN1_STRING_to_UTF8(&utf8, s);

                if (len < 0 || octets_mislead(s, (const char *)utf8, (size_t)len))
                        refuse(names, PDANE_REASON_MALFORMED, ASN1_STRING_get0_data(s),
                               (size_t)ASN1_STRING_length(s));
                else
                        r = add_common_name(names, (const char *)utf8, (size_t)len, has_dns);
                OPENSSL_free(utf8);
        }
        return r;
}

/* ---- extensions that parsers could read differently ---- */

static bool
has_duplicate_extension(const X509 *x)
{
        for (int i = 0; i < X509_get_ext_count(x); i++)
                if (X509_get_ext_by_OBJ(x, X509_EXTENSION_get_object(X509_get_ext(x, i)), i) >= 0)
                        return true;
        return false;
}

/* basicConstraints decides who may sign, so it must read the same to everyone. */
static bool
basic_constraints_exact(const X509 *x)
{
        static const unsigned char explicit_false[] = {0x30, 0x03, 0x01, 0x01, 0x00};
        int at = X509_get_ext_by_NID(x, NID_basic_constraints, -1);
        const ASN1_OCTET_STRING *value;
        const unsigned char *data, *p;
        unsigned char *again = NULL;
        BASIC_CONSTRAINTS *bc;
        int len;
        bool exact;

        if (at < 0)
                return true;
        value = X509_EXTENSION_get_data(X509_get_ext(x, at));
        p = data = ASN1_STRING_get0_data(value);
        len = ASN1_STRING_length(value);
        if (len == sizeof(explicit_false) &&
            memcmp(data, explicit_false, sizeof(explicit_false)) == 0)
                return true; /* not DER, but common, and plain to all */
        bc = d2i_BASIC_CONSTRAINTS(NULL, &p, len);
        exact = bc && (bc->ca == 0 || bc->ca == 0xff) && i2d_BASIC_CONSTRAINTS(bc, &again) == len &&
                memcmp(again, data, (size_t)len) == 0;
        OPENSSL_free(again);
        BASIC_CONSTRAINTS_free(bc);
        return exact;
}

static bool
extensions_sound(X509 *x)
{
        return !(X509_get_extension_flags(x) & EXFLAG_INVALID) && !has_duplicate_extension(x) &&
               basic_constraints_exact(x);
}

int
pdane_cert_names_read(X509 *x, struct pdane_cert_names *names)
{
        int r = 0;

        if (!extensions_sound(x))
                refuse(names, PDANE_REASON_MALFORMED, "", 0);
        if (!refused(names))
                r = read_san(x, names);
        if (r == 0 && !refused(names))
                r = read_common_names(x, names);
        if (r < 0)
                return r;
        if (!refused(names) && names->n == 0)
                refuse(names, PDANE_REASON_NO_NAMES, "", 0);
        if (refused(names)) {
                free(names->names);
                names->names = NULL;
                names->n = 0;
        } else {
                names->reason = PDANE_REASON_ACCEPTED;
        }
        return 0;
}

void
pdane_cert_names_clear(struct pdane_cert_names *names)
{
        free(names->names);
        *names = (struct pdane_cert_names){0};
}

/* ---- host names that a DN suggests ---- */

static size_t
add_host(struct pdane_name *hosts, size_t n, size_t max, const char *text, size_t len)
{
        struct pdane_name name;

        if (n >= max || pdane_name_is_address(text, len) || pdane_name_parse(text, len, &name) < 0)
                return n;
        if (!name.wildcard && !strchr(name.text, '.'))
                return n;
        for (size_t i = 0; i < n; i++)
                if (pdane_name_equal(&hosts[i], &name))
                        return n;
        hosts[n] = name;
        return n + 1;
}

static size_t
add_common_names(const X509_NAME *dn, struct pdane_name *hosts, size_t n, size_t max)
{
        int at = -1;

        while (n < max && (at = X509_NAME_get_index_by_NID(dn, NID_commonName, at)) >= 0) {
                unsigned char *utf8 = NULL;
                int len = ASN1_STRING_to_UTF8(
                        &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(dn, at)));

                if (len >= 0)
                        n = add_host(hosts, n, max, (const char *)utf8, (size_t)len);
                OPENSSL_free(utf8);
        }
        return n;
}

/* RFC 4519 section 2.4: the components run from the root, so the name is read from the last. */
static size_t
add_domain_components(const X509_NAME *dn, struct pdane_name *hosts, size_t n, size_t max)
{
        char text[PDANE_NAME_MAX + 2];
        size_t pos = 0;

        for (int i = X509_NAME_entry_count(dn) - 1; i >= 0; i--) {
                const X509_NAME_ENTRY *e = X509_NAME_get_entry(dn, i);
                const ASN1_STRING *s = X509_NAME_ENTRY_get_data(e);
                size_t len = (size_t)ASN1_STRING_length(s);

                if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(e)) != NID_domainComponent)
                        continue;
                if (pos + len + 1 > sizeof(text) || memchr(ASN1_STRING_get0_data(s), '.', len))
                        return n;
                memcpy(text + pos, ASN1_STRING_get0_data(s), len);
                pos += len;
                text[pos++] = '.';
        }
        return pos > 0 ? add_host(hosts, n, max, text, pos) : n;
}

size_t
pdane_dn_hosts(struct pdane_bytes dn, struct pdane_name *ret, size_t max)
{
        const unsigned char *p = dn.data;
        X509_NAME *name;
        size_t n = 0;

        if (!dn.data || dn.len > PDANE_DN_MAX)
                return 0;
        ERR_set_mark();
        name = d2i_X509_NAME(NULL, &p, (long)dn.len);
        if (name && p == dn.data + dn.len) {
                n = add_common_names(name, ret, n, max);
                n = add_domain_components(name, ret, n, max);
        }
        X509_NAME_free(name);
        ERR_pop_to_mark();
        return n;
}
