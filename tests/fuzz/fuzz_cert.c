/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One certificate as a server sends it (cert.c, cert_names.c). The list of names is compared with
 * what OpenSSL's own matchers make of the certificate: whatever host they take it for is in the
 * list, or there is no list.
 */
#include "fuzz.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "trust/cert.h"

static bool
is_listed(const struct pdane_cert *c, const char *host)
{
        char lower[PDANE_NAME_MAX + 1];
        size_t n = strlen(host);
        struct pdane_name name;

        for (size_t i = 0; i <= n; i++)
                lower[i] = (char)(host[i] >= 'A' && host[i] <= 'Z' ? host[i] | 0x20 : host[i]);
        if (n > 1 && lower[n - 1] == '.') /* the same host, spelled absolutely */
                lower[n - 1] = '\0';
        for (size_t i = 0; pdane_cert_name(c, i, &name); i++)
                if (pdane_name_covers(&name, lower))
                        return true;
        return false;
}

/* No program can connect to a name of other characters, U-labels aside. */
static bool
could_be_host(const char *host)
{
        static const char characters[] =
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

        return host[strspn(host, characters)] == '\0' && strchr(host, '.');
}

/* Every text in it is tried as a host: as it is, and with a label for the asterisk. */
static void
try_host(const struct pdane_cert *c, const unsigned char *text, size_t len)
{
        char host[PDANE_NAME_MAX + 1];
        size_t at = 0;
        bool accepted;

        if (len == 0 || len >= sizeof host - 1)
                return;
        if (text[0] == '*') {
                host[at++] = 'x';
                text++;
                len--;
        }
        memcpy(host + at, text, len);
        host[at + len] = '\0';
        if (strlen(host) != at + len || host[0] == '.')
                return;
        /* The subject as well, even where there are dNSNames: some programs look at both. */
        accepted = X509_check_host(pdane_cert_x509(c), host, 0,
                                   X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT, NULL) == 1;
        if (accepted && could_be_host(host))
                FUZZ_CHECK(is_listed(c, host));
}

static void
try_subject(const struct pdane_cert *c)
{
        const X509_NAME *dn = X509_get_subject_name(pdane_cert_x509(c));

        for (int i = 0; i < X509_NAME_entry_count(dn); i++) {
                const ASN1_STRING *s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(dn, i));
                unsigned char *utf8 = NULL;
                int n = ASN1_STRING_to_UTF8(&utf8, s);

                try_host(c, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
                if (n > 0)
                        try_host(c, utf8, (size_t)n);
                OPENSSL_free(utf8);
        }
}

static void
try_alternatives(const struct pdane_cert *c)
{
        GENERAL_NAMES *list =
                X509_get_ext_d2i(pdane_cert_x509(c), NID_subject_alt_name, NULL, NULL);

        for (int i = 0; i < sk_GENERAL_NAME_num(list); i++) {
                int type;
                const ASN1_STRING *s =
                        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(list, i), &type);

                FUZZ_CHECK(type != GEN_IPADD);
                if (type == GEN_DNS)
                        try_host(c, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
        }
        GENERAL_NAMES_free(list);
}

static void
check_list(const struct pdane_cert *c)
{
        const char *text = "";
        enum pdane_reason reason = pdane_cert_names_reason(c, &text);
        size_t n = pdane_cert_n_names(c);
        struct pdane_name all[PDANE_CERT_NAMES_MAX], name;

        FUZZ_CHECK(reason != PDANE_REASON_UNKNOWN);
        FUZZ_CHECK(!pdane_cert_name(c, n, &name) && pdane_cert_names(c, all) == n);
        if (text)
                for (const char *p = text; *p; p++)
                        FUZZ_CHECK(*p > 0x20 && *p < 0x7f);
        if (reason != PDANE_REASON_ACCEPTED) {
                FUZZ_CHECK(n == 0);
                return;
        }
        FUZZ_CHECK(!text && n >= 1 && n <= PDANE_CERT_NAMES_MAX);
        for (size_t i = 0; i < n; i++) {
                FUZZ_CHECK(pdane_cert_name(c, i, &name) && pdane_name_equal(&name, &all[i]));
                FUZZ_CHECK(pdane_cert_has_name(c, &name));
                FUZZ_CHECK(!pdane_name_is_address(name.text, strlen(name.text)));
                for (size_t k = 0; k < i; k++)
                        FUZZ_CHECK(!pdane_name_equal(&name, &all[k]));
        }
        try_subject(c);
        try_alternatives(c);
}

/* What is handed out is what OpenSSL reads from the same bytes. */
static void
check_parts(const struct pdane_cert *c, const uint8_t *data, size_t len)
{
        const struct pdane_bytes der = {data, len}, id = pdane_cert_key_id(c);
        const unsigned char *p = pdane_cert_subject(c).data;
        X509_NAME *subject = d2i_X509_NAME(NULL, &p, (long)pdane_cert_subject(c).len);
        uint8_t sum = 0;

        FUZZ_CHECK(pdane_bytes_equal(pdane_cert_der(c), der));
        FUZZ_CHECK(subject &&
                   X509_NAME_cmp(subject, X509_get_subject_name(pdane_cert_x509(c))) == 0);
        X509_NAME_free(subject);
        FUZZ_CHECK(memmem(data, len, pdane_cert_subject(c).data, pdane_cert_subject(c).len));
        FUZZ_CHECK(memmem(data, len, pdane_cert_issuer(c).data, pdane_cert_issuer(c).len));
        FUZZ_CHECK(memmem(data, len, pdane_cert_serial(c).data, pdane_cert_serial(c).len));
        FUZZ_CHECK(memmem(data, len, pdane_cert_spki(c).data, pdane_cert_spki(c).len));
        FUZZ_CHECK(pdane_cert_serial(c).len <= PDANE_SERIAL_MAX && pdane_cert_serial(c).len >= 3);
        FUZZ_CHECK(pdane_cert_sha1(c).len == 20 && pdane_cert_sha256(c).len == 32);
        FUZZ_CHECK(id.len >= 1 && id.len <= PDANE_ID_MAX);
        for (size_t i = 0; i < id.len; i++)
                sum |= id.data[i];
        FUZZ_CHECK(sum != 0);
        FUZZ_CHECK(pdane_cert_version(c) >= 1 && pdane_cert_version(c) <= 3);
        FUZZ_CHECK(X509_get_version(pdane_cert_x509(c)) == pdane_cert_version(c) - 1);
        FUZZ_CHECK(!pdane_cert_self_signed(c) || pdane_cert_self_issued(c));
        (void)pdane_cert_openssl_ca(c);
        (void)pdane_cert_has_key_id(c);
        (void)pdane_cert_publicly_issued(c);
        (void)pdane_cert_not_before(c);
        (void)pdane_cert_not_after(c);
}

/* RFC 5280's and RFC 7093's identifiers, by one-shot digests over copies. */
static bool
id_is_own(const struct pdane_cert *c, struct pdane_bytes id)
{
        const EVP_MD *const digests[] = {EVP_sha1(), EVP_sha256(), EVP_sha384(), EVP_sha512()};
        const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(pdane_cert_x509(c));
        size_t n = (size_t)bits->length;
        struct pdane_bytes spki = pdane_cert_spki(c);
        uint8_t *copy = calloc(1, n + 1), d[EVP_MAX_MD_SIZE];
        bool own = false;

        FUZZ_CHECK(copy);
        memcpy(copy + 1, bits->data, n); /* with a zero before it: unused bits */
        for (size_t i = 0; i < 12; i++) {
                unsigned len;
                const uint8_t *from = i % 3 == 0 ? copy + 1 : i % 3 == 1 ? copy : spki.data;
                size_t much = i % 3 == 0 ? n : i % 3 == 1 ? n + 1 : spki.len;

                FUZZ_CHECK(EVP_Digest(from, much, d, &len, digests[i / 3], NULL));
                own |= (id.len == len || id.len == 20) && memcmp(id.data, d, id.len) == 0;
        }
        FUZZ_CHECK(EVP_Digest(copy + 1, n, d, NULL, EVP_sha1(), NULL));
        own |= id.len == 8 && id.data[0] == (0x40 | (d[12] & 15)) &&
               memcmp(id.data + 1, d + 13, 7) == 0;
        free(copy);
        return own;
}

static void
check_key_id(const struct pdane_cert *c)
{
        X509 *x = pdane_cert_x509(c);
        const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(x);
        bool there = X509_get_ext_by_NID(x, NID_subject_key_identifier, -1) >= 0;

        FUZZ_CHECK(pdane_cert_has_key_id(c) == there);
        if (!there)
                FUZZ_CHECK(pdane_cert_key_id_is_own(c));
        else if (!id) /* it cannot be read */
                FUZZ_CHECK(!pdane_cert_key_id_is_own(c));
        else
                FUZZ_CHECK(pdane_cert_key_id_is_own(c) ==
                           id_is_own(c, (struct pdane_bytes){ASN1_STRING_get0_data(id),
                                                             (size_t)ASN1_STRING_length(id)}));
}

/* What OpenSSL kept is let go, and read again. */
static void
check_shrunk(struct pdane_cert *c)
{
        bool own = pdane_cert_key_id_is_own(c), ca = pdane_cert_openssl_ca(c);

        pdane_cert_shrink(c);
        FUZZ_CHECK(pdane_cert_key_id_is_own(c) == own && pdane_cert_openssl_ca(c) == ca);
        FUZZ_CHECK(pdane_cert_x509(c) && pdane_cert_x509(c) == pdane_cert_x509(c));
}

static void
check_hosts(struct pdane_bytes dn)
{
        struct pdane_name hosts[PDANE_DN_HOSTS_MAX];
        size_t n = pdane_dn_hosts(dn, hosts, PDANE_DN_HOSTS_MAX);

        FUZZ_CHECK(n <= PDANE_DN_HOSTS_MAX);
        for (size_t i = 0; i < n; i++) {
                char shown[PDANE_NAME_MAX + 3];
                struct pdane_name again;

                pdane_name_format(&hosts[i], shown);
                FUZZ_CHECK(pdane_name_parse(shown, strlen(shown), &again) == 0);
                FUZZ_CHECK(hosts[i].wildcard || strchr(hosts[i].text, '.'));
                for (size_t k = 0; k < i; k++)
                        FUZZ_CHECK(!pdane_name_equal(&hosts[i], &hosts[k]));
        }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct pdane_cert *c = NULL, *again = NULL;
        int r = pdane_cert_new(data, len, &c);

        FUZZ_CHECK(ERR_peek_error() == 0);
        check_hosts((struct pdane_bytes){data, len});
        if (r < 0) {
                FUZZ_CHECK(!c && (r == -EBADMSG || r == -EMSGSIZE));
                return 0;
        }
        check_parts(c, data, len);
        check_list(c);
        check_key_id(c);
        check_shrunk(c);
        check_hosts(pdane_cert_subject(c));
        check_hosts(pdane_cert_issuer(c));
        FUZZ_CHECK(pdane_cert_new_x509(pdane_cert_x509(c), &again) == 0);
        FUZZ_CHECK(pdane_bytes_equal(pdane_cert_der(c), pdane_cert_der(again)));
        pdane_cert_unref(again);
        pdane_cert_unref(pdane_cert_ref(c));
        pdane_cert_unref(c);
        ERR_clear_error();
        return 0;
}
